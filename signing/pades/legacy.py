"""Two kinds of PDF signature from before PAdES, both bound to SHA-1: named, checked, never valid.

`adbe.pkcs7.sha1` signs the SHA-1 of the document, `adbe.x509.rsa_sha1` is a bare RSA signature with
the certificate beside it (ISO 32000-1, 12.8.3). Collisions of SHA-1 can be bought since 2017, so an
intact one is "chưa xác định" at best; a broken one is invalid.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import hashlib
from typing import Any

from asn1crypto import cms as asn1_cms
from asn1crypto import core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    validate_sig_integrity,
)

from signing.pades import integrity
from signing.pades.report import SignatureReport, Verdict
from signing.trust.certificates import load as load_certificate
from signing.trust.path import common_name

PKCS7_SHA1, X509_RSA_SHA1 = "/adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1"
KINDS = (PKCS7_SHA1, X509_RSA_SHA1)

_WEAK = (
    "Chữ ký kiểu cũ “{kind}” dùng hàm băm SHA-1, không còn an toàn và không đáp ứng tiêu chuẩn "
    "bắt buộc; không thể kết luận hợp lệ."
)
_BROKEN = "Nội dung được ký đã bị thay đổi: tệp không còn nguyên vẹn."


def judge(name: str, value: Any, pdf: bytes) -> SignatureReport:
    """The report on a legacy signature. Raises what a parser raises for a hostile file."""
    kind = str(value["/SubFilter"])
    numbers = [int(number) for number in value["/ByteRange"]]
    contents = _octets(value["/Contents"])
    problem = integrity.hole_problem(pdf, numbers, contents)
    signer = ""
    if not problem:
        _, before, after, rest = numbers
        signed = pdf[:before] + pdf[after : after + rest]
        if kind == PKCS7_SHA1:
            sound, signer = _pkcs7(contents, signed)
        else:
            sound, signer = _bare(value, contents, signed)
        problem = "" if sound else _BROKEN
    weak = _WEAK.format(kind=kind.lstrip("/"))
    return SignatureReport(
        field=name,
        signer=signer,
        intact=not problem,
        covers_whole_file=not problem and numbers[2] + numbers[3] == len(pdf),
        verdict=Verdict.INVALID if problem else Verdict.UNDECIDED,
        reasons=(problem,) if problem else (weak,),
        notices=(weak,) if problem else (),
        sub_filter=kind,
        algorithm="RSA PKCS#1 v1.5, SHA-1",
    )


def _octets(contents: Any) -> bytes:
    return bytes(contents.original_bytes if hasattr(contents, "original_bytes") else contents)


def _pkcs7(contents: bytes, signed: bytes) -> tuple[bool, str]:
    signed_data = asn1_cms.ContentInfo.load(contents)["content"]
    body = signed_data["encap_content_info"]["content"].native
    digest = hashlib.sha1(signed, usedforsecurity=False).digest()
    info = extract_signer_info(signed_data)
    certificate = extract_certs_for_validation(signed_data).signer_cert
    algorithm = info["digest_algorithm"]["algorithm"].native
    inner = hashlib.new(algorithm, digest, usedforsecurity=False).digest()
    same, valid = validate_sig_integrity(info, certificate, "data", inner)
    return body == digest and same and valid, _name(certificate.dump())


def _bare(value: Any, contents: bytes, signed: bytes) -> tuple[bool, str]:
    listed = value["/Cert"]
    first = listed[0] if isinstance(listed, (list, tuple)) else listed
    der = _octets(first)
    public = load_certificate(der).public_key()
    raw = core.OctetString.load(contents).native
    if not isinstance(public, rsa.RSAPublicKey):
        return False, _name(der)
    try:
        public.verify(raw, signed, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  # an old signature is what is checked
    except (InvalidSignature, UnsupportedAlgorithm):
        return False, _name(der)
    return True, _name(der)


def _name(der: bytes) -> str:
    return common_name(load_certificate(der).subject)
