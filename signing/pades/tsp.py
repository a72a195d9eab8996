"""Time stamps asked for and received (RFC 3161; Điều 29 khoản 4 NĐ 68/2024).

Only a digest leaves the house. The public server of the authority was measured to take 2 to 131
seconds, so a question waits long and is asked again once.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from asn1crypto import tsp as asn1_tsp
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from signing.pades.errors import TsaAnswerBad, TsaUnreachable
from signing.pades.integrity import BROKEN, binding_problem, stamp_is_sound
from signing.trust.fetching import Fetch, FetchFailed

TIMEOUT = 150.0
ATTEMPTS = 2

LIKELY_TOKEN = 2 * 1024
"""Less room than this is not worth asking the server for a token."""

_MAX_TOKEN = 64 * 1024


@dataclass(frozen=True)
class Tsa:
    """A time-stamp server: address, seconds to wait for it, and how often to ask."""

    url: str
    timeout: float = TIMEOUT
    attempts: int = ATTEMPTS


def obtain(stamped: bytes, tsa: Tsa, fetch: Fetch) -> bytes:
    """A token over the SHA-256 of some bytes, DER. Raises TsaUnreachable, TsaAnswerBad."""
    return obtain_for(imprint(stamped), tsa, fetch)


def imprint(stamped: bytes) -> bytes:
    """The digest that a token is asked for: the SHA-256 of what is to be stamped."""
    return hashlib.sha256(stamped).digest()


def obtain_for(digest: bytes, tsa: Tsa, fetch: Fetch) -> bytes:
    """A token over a SHA-256 digest, DER. Raises TsaUnreachable, TsaAnswerBad."""
    nonce = secrets.randbits(63)
    query = request(digest, nonce)
    failure: FetchFailed | None = None
    for _ in range(max(1, tsa.attempts)):
        try:
            return read(fetch(tsa.url, query, tsa.timeout), digest, nonce)
        except FetchFailed as error:
            failure = error
    raise TsaUnreachable(str(failure)) from failure


def request(digest: bytes, nonce: int) -> bytes:
    """The DER of a request that wants the server's certificates beside the token."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    query = {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    return bytes(asn1_tsp.TimeStampReq(query).dump())


def read(response: bytes, digest: bytes, nonce: int) -> bytes:
    """The token of a response, checked against the request. Raises TsaAnswerBad.

    Whether its authority is to be believed is for verification to say, then and later.
    """
    try:
        answer = asn1_tsp.TimeStampResp.load(response, strict=True)
        status = answer["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise TsaAnswerBad(f"status {status}")
        token = answer["time_stamp_token"]
        _check(token, digest, nonce)
        made = bytes(token.dump())
    except TsaAnswerBad:
        raise
    except BROKEN as error:
        raise TsaAnswerBad(f"unreadable: {type(error).__name__}") from error
    if len(made) > _MAX_TOKEN:
        raise TsaAnswerBad(f"{len(made)} bytes")
    return made


def _check(token: Any, digest: bytes, nonce: int) -> None:
    signed_data = token["content"]
    info = signed_data["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise TsaAnswerBad("another digest algorithm")
    if imprint["hashed_message"].native != digest:
        raise TsaAnswerBad("a stamp over something else")
    if info["nonce"].native != nonce:
        raise TsaAnswerBad("an answer to another question")
    certificate = extract_certs_for_validation(signed_data).signer_cert
    signer = extract_signer_info(signed_data)
    if binding_problem(signer, certificate) or not stamp_is_sound(signed_data, signer, certificate):
        raise TsaAnswerBad("the stamp does not verify")
