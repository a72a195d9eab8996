"""What is written in a certificate, as plain values: Điều 7 NĐ 68/2024/NĐ-CP and RFC 5280, 4.1."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CertificateContent:
    """The contents of one X.509 certificate, read but not judged.

    Names are written as "CN=…, OU=…, O=…"; `serial_number` is in the
    notation of `rules.serials`; hashes are lower-case hexadecimal SHA-256.
    """

    der: bytes
    sha256: str
    issuer: str
    issuer_name: str
    subject: str
    common_name: str
    organisation: str
    organisational_units: tuple[str, ...]
    locality: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    public_key_sha256: str
    key_type: str
    key_bits: int
    signature_algorithm: str
    email: str | None
    limits: str
    is_authority: bool
