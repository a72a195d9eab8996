"""What may enter the trust directory: certificates of authorities, and revocation lists.

A root counts because a person compared its fingerprint; an issuing authority also has to be signed
by an authority that counts already. A list has to be signed by an authority that counts, be no
older than the one in use, and not come from the future (RFC 5280, 6.3.3).
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.trust.certificates import is_authority, issued_by
from signing.trust.crl import IndexedCrl
from signing.trust.der import DerError
from signing.trust.path import common_name
from signing.trust.store import TrustStore, list_files, read_certificates, read_list

ROOTS, PRACTICE_ROOTS, INTERMEDIATES, LISTS = "roots", "practice-roots", "intermediates", "crls"
STAMP_ROOTS = "stamp-roots"
CERTIFICATE_FOLDERS = (ROOTS, PRACTICE_ROOTS, STAMP_ROOTS, INTERMEDIATES)
_SKEW = dt.timedelta(minutes=10)
_MOST = 20


class NotTaken(Exception):
    """The file may not enter; the message is a Vietnamese sentence."""


@dataclass(frozen=True)
class AuthorityFile:
    """One certificate of an authority in the trust directory."""

    folder: str
    name: str
    certificate: x509.Certificate

    @property
    def sha256(self) -> str:
        return fingerprint(self.certificate)


@dataclass(frozen=True)
class ListFile:
    """One revocation list in the trust directory; `issuer` is who signed it, if we know them."""

    name: str
    crl: IndexedCrl
    issuer: x509.Certificate | None


@dataclass(frozen=True)
class NewList:
    """A list that may enter, and the files of lists that it takes the place of."""

    crl: IndexedCrl
    issuer: x509.Certificate
    replaces: tuple[str, ...]


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, lower-case hexadecimal."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def authorities(directory: Path) -> list[AuthorityFile]:
    """Every readable certificate of the directory, roots first."""
    found = []
    for folder in CERTIFICATE_FOLDERS:
        for file in sorted((directory / folder).glob("*")):
            try:
                each = read_certificates(file.read_bytes())
            except (ValueError, OSError):
                continue  # `TrustStore.problems` names it.
            found += [AuthorityFile(folder, file.name, one) for one in each]
    return found


def lists(directory: Path, store: TrustStore) -> list[ListFile]:
    """Every readable revocation list of the directory with its signer."""
    return [ListFile(name, crl, _signer(crl, store)) for name, crl in list_files(directory / LISTS)]


def _signer(crl: IndexedCrl, store: TrustStore) -> x509.Certificate | None:
    known = store.for_stamps().named(crl.issuer)
    return next((one for one in known if crl.signed_by(one)), None)


def read_authorities(data: bytes) -> list[x509.Certificate]:
    """The authorities' certificates of an uploaded file. Raises NotTaken."""
    try:
        found = read_certificates(data)
    except ValueError as error:
        raise NotTaken("Tệp không phải chứng thư đọc được (.cer, .crt, .pem, .p7b).") from error
    able = [one for one in found[:_MOST] if is_authority(one)]
    if not able:
        raise NotTaken("Tệp không có chứng thư của cơ quan chứng thực (CA).")
    return able


def place_of(certificate: x509.Certificate, store: TrustStore, at: dt.datetime) -> str:
    """The folder for a certificate: roots sign themselves, others are signed by known ones.

    Raises NotTaken for one that is out of date, or signed by nobody we know.
    """
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise NotTaken("Chứng thư này chưa có hiệu lực hoặc đã hết hạn.")
    if certificate.issuer == certificate.subject:
        if not issued_by(certificate, certificate):
            raise NotTaken("Chứng thư tự ký nhưng chữ ký trên đó không đúng.")
        return ROOTS
    for issuer in store.for_stamps().named(certificate.issuer.public_bytes()):
        if issued_by(certificate, issuer):
            return INTERMEDIATES
    raise NotTaken(
        f"Chưa có chứng thư của cơ quan cấp trên “{common_name(certificate.issuer)}”; hãy nhập "
        "chứng thư gốc trước."
    )


def read_new_list(data: bytes, directory: Path, at: dt.datetime) -> NewList:
    """An uploaded or fetched list, judged. Raises NotTaken."""
    try:
        crl = read_list(data)
    except (DerError, binascii.Error) as error:
        raise NotTaken("Tệp không phải danh sách thu hồi (CRL) dùng được.") from error
    store = TrustStore.load(directory)
    issuer = _signer(crl, store)
    if issuer is None:
        raise NotTaken(
            "Danh sách này không do cơ quan chứng thực nào trong thư mục tin cậy ký; hãy nhập "
            "chứng thư của cơ quan đó trước."
        )
    if crl.this_update > at + _SKEW:
        raise NotTaken("Danh sách ghi thời điểm phát hành ở tương lai.")
    same = [
        (name, other)
        for name, other in list_files(directory / LISTS)
        if (other.issuer, other.scope, other.delta_of is None)
        == (crl.issuer, crl.scope, crl.delta_of is None)
        and other.signed_by(issuer)
    ]
    for _, other in same:
        if other.sha256 == crl.sha256:
            raise NotTaken("Danh sách này đã có.")
        if other.this_update > crl.this_update or (other.number or 0) > (crl.number or 0):
            raise NotTaken("Danh sách này cũ hơn danh sách đang dùng nên không nhận.")
    return NewList(crl, issuer, tuple(name for name, _ in same))
