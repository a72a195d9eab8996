"""Time-stamp tokens inside a signature (RFC 3161; Điều 29 khoản 4): the only proof of the time."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from signing.pades.integrity import BROKEN, stamp_is_sound
from signing.trust import path as paths
from signing.trust import revocation
from signing.trust.store import TrustStore


class StampRefused(ValueError):
    """The token proves nothing; the text says why, in Vietnamese."""


def proven_time(signer_info: Any, store: TrustStore, at: dt.datetime) -> dt.datetime | None:
    """The time that a trusted authority puts on a signature; None without a token.

    Raises StampRefused when there is a token that must not be believed.
    """
    token = _token(signer_info)
    if token is None:
        return None
    try:
        signed_data = token["content"]
        info = signed_data["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        value = signer_info["signature"].native
        actual = hashlib.new(algorithm, value, usedforsecurity=False).digest()
        if actual != imprint["hashed_message"].native:
            raise StampRefused("Dấu thời gian không thuộc về chữ ký này.")
        made = info["gen_time"].native
        _check_authority(signed_data, store, made, at)
    except StampRefused:
        raise
    except BROKEN as error:
        raise StampRefused("Không đọc được dấu thời gian kèm theo chữ ký.") from error
    return made if isinstance(made, dt.datetime) else None


def _token(signer_info: Any) -> Any:
    attributes = signer_info["unsigned_attrs"]
    for attribute in (attributes.native and attributes) or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return asn1_cms.ContentInfo.load(attribute["values"][0].dump())
    return None


def _check_authority(
    signed_data: Any, store: TrustStore, made: dt.datetime, at: dt.datetime
) -> None:
    certificates = extract_certs_for_validation(signed_data)
    if not stamp_is_sound(signed_data, extract_signer_info(signed_data), certificates.signer_cert):
        raise StampRefused("Dấu thời gian không còn nguyên vẹn.")
    authority = x509.load_der_x509_certificate(certificates.signer_cert.dump())
    check_stamp_authority(
        authority,
        [x509.load_der_x509_certificate(c.dump()) for c in certificates.other_certs],
        store,
        made,
        at,
    )


def check_stamp_authority(
    authority: x509.Certificate,
    others: list[x509.Certificate],
    store: TrustStore,
    made: dt.datetime,
    at: dt.datetime,
) -> None:
    """Raise StampRefused unless the certificate may stamp, was valid, trusted and not revoked."""
    try:
        usage = authority.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        usage = None
    if usage is None or ExtendedKeyUsageOID.TIME_STAMPING not in usage.value:
        raise StampRefused("Chứng thư cấp dấu thời gian không được cấp cho mục đích đó.")
    if not authority.not_valid_before_utc <= made <= authority.not_valid_after_utc or made > at:
        raise StampRefused("Chứng thư cấp dấu thời gian không có hiệu lực vào thời điểm cấp dấu.")
    path = paths.build_path(authority, store, others)
    if not path.trusted or paths.period_problems(path, made):
        raise StampRefused("Dấu thời gian không do tổ chức được tin cậy cấp.")
    for certificate, issuer in zip(path.certificates, path.certificates[1:], strict=False):
        state = revocation.check(
            certificate, issuer, store, signing_time=made, time_is_proven=True, at=at
        )
        if state.state is not revocation.Revocation.GOOD:
            raise StampRefused(f"Chưa tin được dấu thời gian: {state.reason}")
