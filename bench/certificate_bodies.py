"""A few certificate bodies of the real size (RSA-3072), for the data sets of the benches."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def bodies(count: int) -> list[bytes]:
    """DER of `count` made-up certificates, all under one key, which is thrown away."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    return [_body(key, number) for number in range(1, count + 1)]


def _body(key: rsa.RSAPrivateKey, number: int) -> bytes:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Nguyễn Văn Thử {number}"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ủy ban nhân dân xã Thử Nghiệm"),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number((1 << 62) + number)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2029, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)
