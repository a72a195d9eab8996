"""Time-stamp tokens inside a signature (RFC 3161; Điều 29 khoản 4): the only proof of the time."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from signing.pades.integrity import BROKEN, binding_problem, stamp_is_sound
from signing.trust import path as paths
from signing.trust import revocation
from signing.trust.certificates import load as load_certificate
from signing.trust.crl import IndexedCrl
from signing.trust.ocsp import OcspAnswer
from signing.trust.store import TrustStore

_CLOCK_SKEW = dt.timedelta(minutes=10)


class StampRefused(ValueError):
    """The token proves nothing; the text says why, in Vietnamese."""


@dataclass(frozen=True)
class Proof:
    """A time that a trusted authority vouches for; `practice`: only a practice root trusts it."""

    time: dt.datetime
    authority: str
    practice: bool = False


@dataclass(frozen=True)
class Beside:
    """What helps to judge stamps: the store, the moment, and what the document brings along."""

    store: TrustStore
    at: dt.datetime
    lists: Sequence[IndexedCrl] = ()
    answers: Sequence[OcspAnswer] = ()
    certificates: Sequence[x509.Certificate] = ()


def proven_time(
    signer_info: Any, beside: Beside, later_proof: dt.datetime | None = None
) -> Proof | None:
    """The time that a trusted authority puts on a signature; None without a token.

    `later_proof` is a time at which the token itself is proven to have existed. Raises StampRefused
    when there is a token that must not be believed.
    """
    token = _token(signer_info)
    if token is None:
        return None
    try:
        signed_data = token["content"]
        return check_token(signed_data, signer_info["signature"].native, beside, later_proof)
    except StampRefused:
        raise
    except BROKEN as error:
        raise StampRefused("Không đọc được dấu thời gian kèm theo chữ ký.") from error


def check_token(
    signed_data: Any, stamped: bytes | None, beside: Beside, later_proof: dt.datetime | None
) -> Proof:
    """Judge a token; `stamped` is what it must be about (None: compared elsewhere).

    Raises StampRefused, and what a parser raises for a hostile token.
    """
    info = signed_data["encap_content_info"]["content"].parsed
    imprint = info["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm in ("md5", "sha1"):
        raise StampRefused("Dấu thời gian dùng hàm băm cũ, không còn an toàn.")
    if stamped is not None:
        actual = hashlib.new(algorithm, stamped, usedforsecurity=False).digest()
        if actual != imprint["hashed_message"].native:
            raise StampRefused("Dấu thời gian không thuộc về chữ ký này.")
    made = info["gen_time"].native
    if not isinstance(made, dt.datetime):
        raise StampRefused("Dấu thời gian không ghi thời điểm.")
    certificates = extract_certs_for_validation(signed_data)
    signer = certificates.signer_cert
    signer_info = extract_signer_info(signed_data)
    if binding_problem(signer_info, signer) or not stamp_is_sound(signed_data, signer_info, signer):
        raise StampRefused("Dấu thời gian không còn nguyên vẹn.")
    authority = load_certificate(signer.dump())
    others = [load_certificate(c.dump()) for c in certificates.other_certs[:32]]
    practice = check_stamp_authority(authority, others, beside, made, later_proof)
    return Proof(made, paths.common_name(authority.subject), practice)


@dataclass(frozen=True)
class Looked:
    """What a token says, and why it would not be believed ("" when it would be)."""

    time: dt.datetime
    authority: str
    issuer: str
    not_after: dt.datetime
    refused: str


def look_at(token: bytes, beside: Beside) -> Looked:
    """What a token (DER) that was just received says. Raises StampRefused when it is unreadable."""
    try:
        signed_data = asn1_cms.ContentInfo.load(token, strict=True)["content"]
        made = signed_data["encap_content_info"]["content"].parsed["gen_time"].native
        signer = load_certificate(extract_certs_for_validation(signed_data).signer_cert.dump())
    except BROKEN as error:
        raise StampRefused("Không đọc được dấu thời gian.") from error
    refused = ""
    try:
        check_token(signed_data, None, beside, None)
    except StampRefused as error:
        refused = str(error)
    except BROKEN as error:
        refused = f"Không đọc được dấu thời gian ({type(error).__name__})."
    return Looked(
        made,
        paths.common_name(signer.subject),
        paths.common_name(signer.issuer),
        signer.not_valid_after_utc,
        refused,
    )


def _token(signer_info: Any) -> Any:
    attributes = signer_info["unsigned_attrs"]
    for attribute in (attributes.native and attributes) or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return asn1_cms.ContentInfo.load(attribute["values"][0].dump())
    return None


def check_stamp_authority(
    authority: x509.Certificate,
    others: Sequence[x509.Certificate],
    beside: Beside,
    made: dt.datetime,
    later_proof: dt.datetime | None = None,
) -> bool:
    """Raise StampRefused unless the certificate may stamp, was valid, trusted and not revoked.

    Returns whether it is trusted by a practice root only.

    A stamping key that was revoked later may have made old stamps anew: unless the token is proven
    to be older than the revocation, nothing of that authority is believed (RFC 3161, 4).
    """
    try:
        usage = authority.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        usage = None
    if usage is None or ExtendedKeyUsageOID.TIME_STAMPING not in usage.value:
        raise StampRefused("Chứng thư cấp dấu thời gian không được cấp cho mục đích đó.")
    if not authority.not_valid_before_utc <= made <= authority.not_valid_after_utc:
        raise StampRefused("Chứng thư cấp dấu thời gian không có hiệu lực vào thời điểm cấp dấu.")
    if made > beside.at + _CLOCK_SKEW:
        raise StampRefused("Dấu thời gian ghi một thời điểm ở tương lai.")
    store = beside.store.for_stamps()
    path = paths.build_path(authority, store, [*others, *beside.certificates])
    if not path.trusted or paths.period_problems(path, made):
        raise StampRefused("Dấu thời gian không do tổ chức được tin cậy cấp.")
    for certificate, issuer in zip(path.certificates, path.certificates[1:], strict=False):
        state = revocation.check(
            certificate,
            issuer,
            beside.store,
            signing_time=made,
            proven=made,
            at=beside.at,
            extra=beside.lists,
            answers=beside.answers,
        )
        if state.state is not revocation.Revocation.GOOD:
            raise StampRefused(f"Chưa tin được dấu thời gian: {state.reason}")
        if state.revoked_at is not None and (later_proof or beside.at) >= state.revoked_at:
            raise StampRefused(
                f"Chưa tin được dấu thời gian: chứng thư của “{state.subject}” đã bị thu hồi."
            )
    return path.practice
