"""The server's own TLS certificate: the office's, put into instance/tls/, or one generated there.

Both the browser and the agent pin or are shown its SHA-256 fingerprint, so a self-signed
certificate is enough inside an office; the office may replace both files at any time.
"""

import ipaddress
import os
import socket
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import clock

#: Browsers refuse server certificates that run for longer than this (CA/Browser Forum, 398 days).
VALID_FOR = timedelta(days=397)


def own_names() -> tuple[list[str], list[str]]:
    """Return (DNS names, IP addresses) under which this computer can be reached on its LAN."""
    host = socket.gethostname()
    names = ["localhost", host] if host else ["localhost"]
    addresses = {"127.0.0.1", "::1"}
    try:
        addresses.update(str(info[4][0]).split("%")[0] for info in socket.getaddrinfo(host, None))
    except OSError:
        pass  # A computer whose own name cannot be resolved still has its loopback addresses.
    return sorted(set(names)), sorted(addresses)


def ensure(folder: Path) -> tuple[Path, Path]:
    """Return (cert.pem, key.pem) in the folder, generating them when neither exists yet.

    Raises FileNotFoundError when only one of the two is there (an office's half-copied pair must
    not be overwritten), OSError when the folder cannot be written.
    """
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    if key_path.exists() and not cert_path.exists() and (folder / "cert.new").exists():
        os.replace(folder / "cert.new", cert_path)  # A run was killed between the two renames.
    if cert_path.exists() != key_path.exists():
        missing = key_path if cert_path.exists() else cert_path
        raise FileNotFoundError(
            f"Thiếu tệp {missing}: chứng thư TLS cần đủ cặp cert.pem và key.pem."
        )
    if not cert_path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = _generate()
        (folder / "cert.new").write_bytes(certificate)
        (folder / "key.new").unlink(missing_ok=True)
        descriptor = os.open(folder / "key.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        os.replace(folder / "key.new", key_path)
        os.replace(folder / "cert.new", cert_path)
    return cert_path, key_path


def fingerprint(cert_path: Path) -> str:
    """Return the SHA-256 fingerprint of the first certificate in a PEM file, as AA:BB:…"""
    certificate = x509.load_pem_x509_certificate(cert_path.read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _generate() -> tuple[bytes, bytes]:
    """Return (certificate, private key) in PEM: ECDSA P-256, self-signed, for own_names()."""
    key = ec.generate_private_key(ec.SECP256R1())
    names, addresses = own_names()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"So Token {names[-1]}"[:64])])
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
    start = clock.now() - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
