"""Real X.509 certificates for tests, made in milliseconds with elliptic keys; all names made up."""

from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.cast import NOW


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same key for the same name within one test process."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    common_name: str,
    email: str | None = None,
    *,
    key_name: str | None = None,
    serial: int = 0x5A0102030405060A,
    days: int = 100,
    begins: datetime | None = None,
    ends: datetime | None = None,
    authority: bool = False,
) -> bytes:
    """The DER of one certificate that ends `days` days after the tests' instant, or at `ends`."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "THỬ NGHIỆM"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA THỬ NGHIỆM")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key(key_name or common_name).public_key())
        .serial_number(serial)
        .not_valid_before(begins or NOW - timedelta(days=400))
        .not_valid_after(ends or NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if email:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.RFC822Name(email)]), critical=False
        )
    return builder.sign(key("CA"), hashes.SHA256()).public_bytes(Encoding.DER)


def parsed(der: bytes) -> x509.Certificate:
    """The certificate as the library knows it."""
    return x509.load_der_x509_certificate(der)


def pem(*ders: bytes) -> bytes:
    """The certificates as one PEM text."""
    return b"".join(parsed(der).public_bytes(Encoding.PEM) for der in ders)
