"""The façade's TLS certificate: made on this computer for this user, and for nobody else.

It is a leaf: it cannot issue other certificates, and names 127.0.0.1 and localhost alone. The key
never leaves the agent's folder, so a stolen copy of our program is worth nothing.
"""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing.agent.state import write_private

LIFETIME = timedelta(days=397)
"""Browsers refuse leaves that live longer than 398 days."""
_RENEW_BEFORE = timedelta(days=14)
FILE = "cong-tuong-thich-tls.pem"


class OwnCertificate:
    """The certificate with its key in one file of the agent's folder."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        """Opens the file, or makes a new key and certificate. Raises `OSError`."""
        self.path = folder / FILE
        found = _still_good(self.path, clock())
        if found is None:
            found, pem = _make(clock())
            write_private(self.path, pem)
        self._certificate = found

    @property
    def der(self) -> bytes:
        """The certificate alone."""
        return self._certificate.public_bytes(Encoding.DER)

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the DER, as browsers show it."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def until(self) -> datetime:
        """When it ends."""
        return self._certificate.not_valid_after_utc

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 and later with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # No tickets after the handshake: nobody resumes, and both sides may read and write at once.
        context.num_tickets = 0
        context.load_cert_chain(self.path)
        return context


def _still_good(path: Path, now: datetime) -> x509.Certificate | None:
    try:
        pem = path.read_bytes()
        found = x509.load_pem_x509_certificate(pem)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except (OSError, ValueError):
        return None  # None there yet, or damaged: a new one is made and its fingerprint shown.
    good = found.not_valid_before_utc <= now < found.not_valid_after_utc - _RENEW_BEFORE
    return found if good else None


def _make(now: datetime) -> tuple[x509.Certificate, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "Trinh ky so - 127.0.0.1 - rieng may nay")]
    )
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate, written + certificate.public_bytes(Encoding.PEM)
