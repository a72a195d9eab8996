"""One X.509 certificate, from its DER to plain values."""

import hashlib
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from rules.certificate_content import CertificateContent
from rules.names import nfc
from rules.serials import serial_of

# Key usages in the order of RFC 5280, 4.2.1.3, with the words shown to people.
_USAGES = {
    "digital_signature": "chữ ký số",
    "content_commitment": "chống chối bỏ",
    "key_encipherment": "mã hóa khóa",
    "data_encipherment": "mã hóa dữ liệu",
    "key_agreement": "thỏa thuận khóa",
    "key_cert_sign": "ký chứng thư",
    "crl_sign": "ký danh sách thu hồi",
}
_EXTENDED_USAGES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "xác thực máy khách",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "bảo vệ thư điện tử",
    ExtendedKeyUsageOID.SMARTCARD_LOGON: "đăng nhập bằng thiết bị",
    ExtendedKeyUsageOID.SERVER_AUTH: "xác thực máy chủ",
    ExtendedKeyUsageOID.CODE_SIGNING: "ký mã phần mềm",
}

_ALGORITHMS = {
    SignatureAlgorithmOID.RSA_WITH_SHA1: "sha1WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA256: "sha256WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA384: "sha384WithRSAEncryption",
    SignatureAlgorithmOID.RSA_WITH_SHA512: "sha512WithRSAEncryption",
    SignatureAlgorithmOID.RSASSA_PSS: "rsassaPss",
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: "ecdsa-with-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: "ecdsa-with-SHA384",
    SignatureAlgorithmOID.ED25519: "Ed25519",
}


_FIRST_YEAR, _LAST_YEAR = 1950, 9000
"""Of terms that are counted with: RFC 5280 (4.1.2.5) begins in 1950 and writes the end of the year
9999 where no end is known, which in Việt Nam lies on a day that no calendar here has."""


class UnreadableCertificate(Exception):
    """Not a certificate that can be kept; the message is a Vietnamese sentence."""


def describe(der: bytes) -> CertificateContent:
    """Read one certificate.

    Raises `UnreadableCertificate` when the bytes are no X.509 certificate, or one whose names,
    dates or key cannot be read.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _describe(certificate, der)
    except UnreadableCertificate:
        raise
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise UnreadableCertificate("Nội dung không phải là chứng thư X.509 đọc được.") from error


def _describe(certificate: x509.Certificate, der: bytes) -> CertificateContent:
    key_type, key_bits = _key(certificate)
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    subject = certificate.subject
    names = _values(subject, NameOID.COMMON_NAME)
    if not names:
        raise UnreadableCertificate("Chứng thư không ghi tên thuê bao (CN).")
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not (_FIRST_YEAR <= begins.year <= ends.year <= _LAST_YEAR):
        raise UnreadableCertificate("Chứng thư không ghi thời hạn sử dụng xác định.")
    return CertificateContent(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        issuer=_written(certificate.issuer),
        issuer_name=_first(_values(certificate.issuer, NameOID.COMMON_NAME)),
        subject=_written(subject),
        common_name=names[0],
        organisation=_first(_values(subject, NameOID.ORGANIZATION_NAME)),
        organisational_units=tuple(_values(subject, NameOID.ORGANIZATIONAL_UNIT_NAME)),
        locality=_first(_values(subject, NameOID.LOCALITY_NAME)),
        serial_number=serial_of(certificate.serial_number),
        not_before=begins,
        not_after=ends,
        public_key_sha256=hashlib.sha256(public).hexdigest(),
        key_type=key_type,
        key_bits=key_bits,
        signature_algorithm=_algorithm(certificate),
        email=_email(certificate),
        limits=_limits(certificate),
        is_authority=_is_authority(certificate),
    )


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ECDSA", key.curve.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    raise UnreadableCertificate("Chứng thư dùng loại khóa mà phần mềm chưa biết.")


def _values(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [nfc(str(attribute.value)) for attribute in name.get_attributes_for_oid(oid)]


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def _written(name: x509.Name) -> str:
    parts = [f"{part.rfc4514_attribute_name}={part.value!s}" for part in name]
    return nfc(", ".join(reversed(parts)))


def _algorithm(certificate: x509.Certificate) -> str:
    oid = certificate.signature_algorithm_oid
    return _ALGORITHMS.get(oid, oid.dotted_string)


def _email(certificate: x509.Certificate) -> str | None:
    """E-mail of the subscriber: in the SAN, else in the name; lower case."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        found = extension.value.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        found = []
    found = found or _values(certificate.subject, NameOID.EMAIL_ADDRESS)
    return nfc(found[0]).strip().lower() if found else None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _limits(certificate: x509.Certificate) -> str:
    """Limits of purpose and scope (Điều 7, last content): key usages, extended usages, policies."""
    lines = []
    extensions = certificate.extensions
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.KeyUsage):
            used = [words for name, words in _USAGES.items() if getattr(value, name)]
            lines.append("Mục đích khóa: " + ", ".join(used))
        elif isinstance(value, x509.ExtendedKeyUsage):
            used = [_EXTENDED_USAGES.get(oid, oid.dotted_string) for oid in value]
            lines.append("Mục đích mở rộng: " + ", ".join(used))
        elif isinstance(value, x509.CertificatePolicies):
            policies = [policy.policy_identifier.dotted_string for policy in value]
            lines.append("Chính sách chứng thư: " + ", ".join(policies))
    return "\n".join(lines)
