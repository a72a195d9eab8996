"""What a report says of a signature beside the verdict: who, with what, at which claimed time."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import datetime as dt
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.pades.increment import VIETNAM
from signing.pades.integrity import BROKEN, Integrity
from signing.pades.judge import serial
from signing.pades.report import iso
from signing.trust import path as paths

SEVEN_HOURS = dt.timedelta(hours=7)
_QUIRK_WINDOW = dt.timedelta(minutes=30)
_SCHEMES = {"rsassa_pkcs1v15": "RSA PKCS#1 v1.5", "rsassa_pss": "RSA-PSS", "ecdsa": "ECDSA"}


def identity(certificate: x509.Certificate) -> dict[str, Any]:
    """What a report says of the certificate itself."""
    return {
        "signer": paths.common_name(certificate.subject),
        "organisation": ", ".join(_attributes(certificate, NameOID.ORGANIZATION_NAME)),
        "units": tuple(_attributes(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)),
        "email": _email(certificate),
        "serial": serial(certificate),
        "issuer": paths.common_name(certificate.issuer),
        "not_before": iso(certificate.not_valid_before_utc),
        "not_after": iso(certificate.not_valid_after_utc),
        "key_size": _key_size(certificate),
        "certificate_sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }


def claimed_time(embedded: EmbeddedPdfSignature, notices: list[str]) -> dt.datetime | None:
    """The signing time that the file claims, aware; None when there is none."""
    try:
        if embedded.sig_object_type == "/DocTimeStamp":
            content = embedded.signed_data["encap_content_info"]["content"].parsed
            made = content["gen_time"].native
            return made if isinstance(made, dt.datetime) else None
        claimed = embedded.self_reported_timestamp
    except BROKEN:
        notices.append("Không đọc được thời điểm ký ghi trong chữ ký.")
        return None
    if isinstance(claimed, dt.datetime) and claimed.tzinfo is None:
        notices.append("Thời điểm ký không ghi múi giờ; được hiểu là giờ Việt Nam.")
        return claimed.replace(tzinfo=VIETNAM)
    return claimed


def seven_hours_apart(
    embedded: EmbeddedPdfSignature, claimed: dt.datetime | None, stamped: dt.datetime | None
) -> bool:
    """Some tools write local time and call it UTC (legal.md 6.4): a note, never an error."""
    other = stamped
    if other is None and claimed is not None:
        try:
            other = _pdf_time(embedded)
        except BROKEN:
            return False
    if claimed is None or other is None:
        return False
    return abs(abs(claimed - other) - SEVEN_HOURS) < _QUIRK_WINDOW


def _pdf_time(embedded: EmbeddedPdfSignature) -> dt.datetime | None:
    if "/M" not in embedded.sig_object:
        return None
    made = parse_pdf_date(embedded.sig_object["/M"], strict=False)
    return made if made.tzinfo else made.replace(tzinfo=VIETNAM)


def algorithm(embedded: EmbeddedPdfSignature, found: Integrity) -> str:
    """Scheme and digest in words; what is too weak to conclude from becomes a doubt."""
    info = embedded.signer_info
    digest = str(info["digest_algorithm"]["algorithm"].native).lower()
    scheme = str(info["signature_algorithm"].signature_algo)
    inner = str(info["signature_algorithm"].hash_algo or digest).lower()
    if {digest, inner} & {"sha1", "md5", "md2"}:
        weak = digest if digest in ("sha1", "md5", "md2") else inner
        found.doubts.append(
            f"Chữ ký dùng hàm băm cũ ({weak.upper().replace('SHA', 'SHA-')}), không còn an toàn và "
            "không đáp ứng tiêu chuẩn bắt buộc; không thể kết luận hợp lệ."
        )
    if not any(
        attribute["type"].native in ("signing_certificate", "signing_certificate_v2")
        for attribute in info["signed_attrs"] or ()
    ):
        text = "Chữ ký không ràng buộc chứng thư của người ký (signing-certificate)"
        if str(embedded.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached":
            found.doubts.append(f"{text}, trái với chuẩn PAdES.")
        else:
            found.notices.append(f"{text}: kiểu cũ, trước PAdES.")
    return f"{_SCHEMES.get(scheme, scheme)}, {digest.upper().replace('SHA', 'SHA-')}"


def _key_size(certificate: x509.Certificate) -> int:
    key = certificate.public_key()
    return key.key_size if isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) else 0


def _attributes(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(a.value) for a in certificate.subject.get_attributes_for_oid(oid)]


def _email(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return next(iter(names.get_values_for_type(x509.RFC822Name)), "")
    except (x509.ExtensionNotFound, ValueError):
        return next(iter(_attributes(certificate, NameOID.EMAIL_ADDRESS)), "")
