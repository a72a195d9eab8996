"""The practice certification authority: shaped like the real one, under names that cannot be taken
for it.

Its profile follows public certificates of the real authority (RSA-3072, 8-byte serial numbers,
e-mail in the SAN, the policy, AIA and CRL fields); every name says THỬ NGHIỆM and every host ends
in .invalid (RFC 6761), so that nothing of it can be taken for real or be called over the network.
Keys are made at random per installation and never leave `practice/authority`.
"""

import os
import secrets
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_BITS = 3072
PUBLIC_EXPONENT = 65537
ORGANISATION = "Ban Cơ yếu Chính phủ THỬ NGHIỆM"
ROOT_NAME = "RootCA chuyên dùng Chính phủ THỬ NGHIỆM"
ISSUING_NAME = "CA phục vụ các cơ quan Nhà nước THỬ NGHIỆM"
CRL_LIFE = timedelta(days=365)
"""How long a practice list counts. The real ones are renewed within days; nobody renews these
while the computer is switched off."""
CRL_MARGIN = timedelta(days=180)

_HOST = "http://ca.thunghiem.invalid/pki/pub"
_POLICY = x509.ObjectIdentifier("2.16.704.1.1.1.1.1")
_CPS = f"{_HOST}/policies/CP"
_OCSP = "http://ocsp.thunghiem.invalid"
_ROOT_AGE, _ROOT_LIFE = timedelta(days=12 * 365), timedelta(days=30 * 365)
_ISSUING_AGE, _ISSUING_LIFE = timedelta(days=11 * 365), timedelta(days=26 * 365)


@dataclass(frozen=True)
class Subscriber:
    """What goes into one certificate. `units` are the OU attributes from the outside in."""

    common_name: str
    organisation: str
    locality: str
    units: tuple[str, ...]
    email: str | None
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class Revoked:
    """One entry of the revocation list."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags


@dataclass(frozen=True)
class Authority:
    """Root and issuing authority with their private keys."""

    root_key: rsa.RSAPrivateKey
    root: x509.Certificate
    issuing_key: rsa.RSAPrivateKey
    issuing: x509.Certificate

    def issue(self, subscriber: Subscriber, public_key: rsa.RSAPublicKey) -> x509.Certificate:
        """Issue a certificate with the extensions of the real profile."""
        names = [
            (NameOID.COUNTRY_NAME, "VN"),
            (NameOID.LOCALITY_NAME, subscriber.locality),
            (NameOID.ORGANIZATION_NAME, subscriber.organisation),
            *((NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in subscriber.units),
            (NameOID.COMMON_NAME, subscriber.common_name),
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in names]))
            .issuer_name(self.issuing.subject)
            .serial_number(serial_number())
            .not_valid_before(subscriber.not_before)
            .not_valid_after(subscriber.not_after)
            .public_key(public_key)
            .add_extension(_usage(end_entity=True), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage(
                    [
                        ExtendedKeyUsageOID.CLIENT_AUTH,
                        ExtendedKeyUsageOID.EMAIL_PROTECTION,
                        ExtendedKeyUsageOID.SMARTCARD_LOGON,
                    ]
                ),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        )
        if subscriber.email:
            alternative = x509.SubjectAlternativeName([x509.RFC822Name(subscriber.email)])
            builder = builder.add_extension(alternative, critical=False)
        builder = _with_addresses(builder, self.issuing_key.public_key(), "cpca")
        return builder.sign(self.issuing_key, hashes.SHA256())

    def revocation_lists(
        self, revoked: Iterable[Revoked], *, at: datetime, number: int
    ) -> dict[str, bytes]:
        """Both lists as DER by file name; `number` must grow with each issue (RFC 5280, 5.2.3)."""
        issuing = _list(self.issuing, self.issuing_key, revoked, at, number)
        return {
            CRL_FILES[0]: issuing,
            CRL_FILES[1]: _list(self.root, self.root_key, (), at, number),
        }

    def save(self, folder: Path) -> None:
        """Write keys and certificates into a folder that only its owner may enter."""
        folder.mkdir(mode=0o700)
        for name, key in (("root", self.root_key), ("issuing", self.issuing_key)):
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(folder / f"{name}.key", pem)
        for name, certificate in (("root", self.root), ("issuing", self.issuing)):
            (folder / f"{name}.cer").write_bytes(certificate.public_bytes(Encoding.DER))


CRL_FILES = ("thu-nghiem-cpca.crl", "thu-nghiem-rootca.crl")
ROOT_FILE = "thu-nghiem-rootca.cer"
ISSUING_FILE = "thu-nghiem-cpca.cer"


def create(at: datetime, workers: Executor) -> Authority:
    """Make a new authority with random keys."""
    root_key, issuing_key = workers.map(lambda _: new_key(), range(2))
    root_name = _name(ROOT_NAME)
    root = (
        _authority_certificate(root_name, root_name, root_key.public_key(), path_length=1)
        .not_valid_before(at - _ROOT_AGE)
        .not_valid_after(at - _ROOT_AGE + _ROOT_LIFE)
        .sign(root_key, hashes.SHA256())
    )
    issuing = (
        _with_addresses(
            _authority_certificate(
                _name(ISSUING_NAME), root_name, issuing_key.public_key(), path_length=0
            ),
            root_key.public_key(),
            "rootca",
        )
        .not_valid_before(at - _ISSUING_AGE)
        .not_valid_after(at - _ISSUING_AGE + _ISSUING_LIFE)
        .sign(root_key, hashes.SHA256())
    )
    return Authority(root_key, root, issuing_key, issuing)


def load(folder: Path) -> Authority:
    """Read an authority that `save` wrote. Raises OSError or ValueError when it is damaged."""

    def key(name: str) -> rsa.RSAPrivateKey:
        found = load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
        if not isinstance(found, rsa.RSAPrivateKey):
            raise ValueError(f"{name}.key is not an RSA key")
        return found

    def certificate(name: str) -> x509.Certificate:
        return x509.load_der_x509_certificate((folder / f"{name}.cer").read_bytes())

    return Authority(key("root"), certificate("root"), key("issuing"), certificate("issuing"))


def new_key() -> rsa.RSAPrivateKey:
    """A random key of the size that the real authority uses."""
    return rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS)


def serial_number() -> int:
    """A random positive serial number of exactly 8 bytes, as the real authority prints them."""
    return secrets.randbelow(0x7000_0000_0000_0000) + 0x1000_0000_0000_0000


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read; on Windows the folder's rules are inherited.

    Raises FileExistsError when the file is there.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


_BINARY = getattr(os, "O_BINARY", 0)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _authority_certificate(
    subject: x509.Name, issuer: x509.Name, public_key: rsa.RSAPublicKey, *, path_length: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(serial_number())
        .public_key(public_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(end_entity=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, end_entity: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=end_entity,
        content_commitment=end_entity,
        key_encipherment=end_entity,
        data_encipherment=end_entity,
        key_agreement=False,
        key_cert_sign=not end_entity,
        crl_sign=not end_entity,
        encipher_only=False,
        decipher_only=False,
    )


def _with_addresses(
    builder: x509.CertificateBuilder, issuer_key: rsa.RSAPublicKey, issuer: str
) -> x509.CertificateBuilder:
    """Add what a certificate says about its issuer: key, policy, and where to ask about it."""
    where = [
        x509.AccessDescription(
            Access.CA_ISSUERS, x509.UniformResourceIdentifier(f"{_HOST}/crt/{issuer}.crt")
        ),
        x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier(_OCSP)),
    ]
    crl = x509.UniformResourceIdentifier(f"{_HOST}/crl/{issuer}.crl")
    return (
        builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(_POLICY, [_CPS])]), critical=False
        )
        .add_extension(x509.AuthorityInformationAccess(where), critical=False)
        .add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]),
            critical=False,
        )
    )


def _list(
    issuer: x509.Certificate,
    key: rsa.RSAPrivateKey,
    revoked: Iterable[Revoked],
    at: datetime,
    number: int,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(at)
        .next_update(at + CRL_LIFE)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(entry.serial)
            .revocation_date(entry.at)
            .add_extension(x509.CRLReason(entry.reason), critical=False)
            .build()
        )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
