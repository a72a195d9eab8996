"""A made-up certification authority for tests, shaped like the real one (legal.md 6.2).

Root RSA-4096, issuing CA RSA-3072, an agency and two persons (RSA-3072 and ECDSA P-256), 8-byte
serials, the key usages, policy, CRL and AIA fields of the real certificates. Making RSA keys is
slow, so keys are made once per process.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
NOW = dt.datetime(2026, 11, 21, 3, 8, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
POLICY = ObjectIdentifier("2.16.704.1.1.1.1.1")


@cache
def key(name: str, bits: int = 3072) -> PrivateKey:
    """A private key, the same for the same name in one process; 256 and 384 bits mean ECDSA."""
    if bits in (256, 384):
        return ec.generate_private_key(ec.SECP256R1() if bits == 256 else ec.SECP384R1())
    return rsa.generate_private_key(65537, bits)


def serial(name: str) -> int:
    """Eight bytes that look like a real serial, fixed by the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") & (2**63 - 1) | 2**61


@dataclass(frozen=True)
class Holder:
    """A certificate with its key and the certificates above it, nearest first."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def chain(self) -> tuple[bytes, ...]:
        return tuple(c.public_bytes(serialization.Encoding.DER) for c in self.above)

    def sign(self, data: bytes) -> bytes:
        """The raw signature, as a token gives it (ECDSA as a DER sequence)."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def sign_pss(self, data: bytes) -> bytes:
        """The same with RSASSA-PSS."""
        filling = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.key.sign(data, filling, hashes.SHA256())


def _name(common: str, *units: str, organisation: str = "Ban Mật mã THỬ NGHIỆM") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*names: str) -> x509.KeyUsage:
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    ).split()
    return x509.KeyUsage(**{name: name in names for name in every})


def authority(
    common: str,
    issuer: Holder | None = None,
    *,
    bits: int = 3072,
    not_before: dt.datetime = NOW - 2000 * DAY,
    not_after: dt.datetime = NOW + 5000 * DAY,
    path_length: int | None = None,
    ca: bool = True,
    extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> Holder:
    """A root (no issuer) or a subordinate certification authority."""
    own = key(common, bits)
    subject = _name(common)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(serial(common))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    signer = issuer.key if issuer else own
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(signer, hashes.SHA256())
    return Holder(certificate, own, (issuer.certificate, *issuer.above) if issuer else ())


def _subscriber_extensions(common: str) -> tuple[x509.ExtensionType, ...]:
    """What the real authority writes into every certificate, with addresses that lead nowhere."""
    mail = hashlib.sha256(common.encode()).hexdigest()[:8] + "@thunghiem.gov.vn"
    crl_address = x509.UniformResourceIdentifier("http://ca.example.vn/pub/crl/thu.crl")
    ocsp_address = x509.UniformResourceIdentifier("http://ocsp.ca.example.vn")
    return (
        x509.ExtendedKeyUsage(
            [
                ExtendedKeyUsageOID.CLIENT_AUTH,
                ExtendedKeyUsageOID.EMAIL_PROTECTION,
                ExtendedKeyUsageOID.SMARTCARD_LOGON,
            ]
        ),
        x509.SubjectAlternativeName([x509.RFC822Name(mail)]),
        x509.CertificatePolicies(
            [x509.PolicyInformation(POLICY, ["https://ca.example.vn/pki/pub/policies/CP"])]
        ),
        x509.CRLDistributionPoints([x509.DistributionPoint([crl_address], None, None, None)]),
        x509.AuthorityInformationAccess(
            [x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.OCSP, ocsp_address)]
        ),
    )


def subscriber(
    common: str,
    issuer: Holder,
    *units: str,
    bits: int = 3072,
    not_before: dt.datetime = NOW - 400 * DAY,
    not_after: dt.datetime = NOW + 1400 * DAY,
    usages: Iterable[str] = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
    ),
    number: int | None = None,
) -> Holder:
    """A certificate of a person or an agency."""
    own = key(common, bits)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common, *units, organisation="UBND tỉnh Thử Nghiệm"))
        .issuer_name(issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(number or serial(common))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_usage(*usages), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    for extension in _subscriber_extensions(common):
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(issuer.key, hashes.SHA256())
    return Holder(certificate, own, (issuer.certificate, *issuer.above))


def crl(
    issuer: Holder,
    revoked: Iterable[tuple[int, dt.datetime]] = (),
    *,
    this_update: dt.datetime = NOW - DAY,
    next_update: dt.datetime | None = NOW + 6 * DAY,
    signer: Holder | None = None,
    extension: tuple[x509.ExtensionType, bool] | None = None,
    number: int = 7,
    reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
) -> bytes:
    """A revocation list, DER. `signer` other than the issuer makes a forgery."""
    entries = [
        x509.RevokedCertificateBuilder()
        .serial_number(listed)
        .revocation_date(when)
        .add_extension(x509.CRLReason(reason), critical=False)
        .build()
        for listed, when in revoked
    ]
    builder = x509.CertificateRevocationListBuilder(
        issuer.certificate.subject, this_update, next_update or this_update + DAY, [], entries
    )
    builder = builder.add_extension(x509.CRLNumber(number), critical=False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
    )
    if extension:
        builder = builder.add_extension(extension[0], critical=extension[1])
    made = builder.sign((signer or issuer).key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


@lru_cache(maxsize=1)
def large_crl(issuer_of: Callable[[], Holder], entries: int = 50_000) -> bytes:
    """A list with many strangers on it."""
    return crl(
        issuer_of(), [(serial(f"người lạ {i}"), NOW - (i % 900 + 2) * DAY) for i in range(entries)]
    )


@dataclass(frozen=True)
class Pki:
    root: Holder
    issuing: Holder
    leader: Holder
    agency: Holder
    staff: Holder


@lru_cache(maxsize=1)
def pki() -> Pki:
    """The usual authority with a leader, an agency and a member of staff (ECDSA)."""
    root = authority("RootCA THỬ NGHIỆM", bits=4096)
    issuing = authority("CA phục vụ các cơ quan THỬ NGHIỆM", root, path_length=0)
    return Pki(
        root=root,
        issuing=issuing,
        leader=subscriber("Nguyễn Thị Ánh Dương", issuing, "UBND xã Đồi Mẫu"),
        agency=subscriber("UBND XÃ ĐỒI MẪU", issuing),
        staff=subscriber("Đỗ Văn Thử", issuing, "UBND xã Đồi Mẫu", bits=256),
    )


def issuing_authority() -> Holder:
    return pki().issuing


def write_trust(
    directory: Path,
    *,
    roots: Iterable[Holder] = (),
    practice_roots: Iterable[Holder] = (),
    intermediates: Iterable[Holder] = (),
    crls: Iterable[bytes] = (),
) -> Path:
    """A trust directory in the shape that `TrustStore.load` reads."""
    for folder, holders in (
        ("roots", roots),
        ("practice-roots", practice_roots),
        ("intermediates", intermediates),
    ):
        (directory / folder).mkdir(parents=True, exist_ok=True)
        for number, holder in enumerate(holders):
            (directory / folder / f"{number}.crt").write_bytes(holder.der)
    (directory / "crls").mkdir(exist_ok=True)
    for number, data in enumerate(crls):
        (directory / "crls" / f"{number}.crl").write_bytes(data)
    return directory


def usual_trust(directory: Path, *, practice: bool = False) -> Path:
    """The usual root, the issuing CA and fresh, empty lists of both."""
    made = pki()
    return write_trust(
        directory,
        roots=() if practice else (made.root,),
        practice_roots=(made.root,) if practice else (),
        intermediates=(made.issuing,),
        crls=(crl(made.root), crl(made.issuing)),
    )
