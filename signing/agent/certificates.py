"""A certificate in the words that the agent's pages and its PIN window show."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from signing.errors import (
    CertExpired,
    CertKeyUsage,
    CertNotYetValid,
    CertPathBroken,
    CertUnreadable,
    SigningError,
)
from signing.tokens.types import PinState
from signing.trust.certificates import load as load_certificate

_VIETNAM = timezone(timedelta(hours=7))
"""Vietnam has had one zone without summer time since 1975 (IANA Asia/Ho_Chi_Minh)."""


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """What a person needs to recognise a certificate. `serial` is upper-case hexadecimal."""

    holder: str
    organisation: str
    issuer: str
    serial: str
    valid_from: str
    valid_until: str
    sha256: str


def describe(der: bytes) -> ShownCertificate:
    """Reads the certificate; raises `CertUnreadable`."""
    try:
        certificate = load_certificate(der)
        return ShownCertificate(
            holder=_name(certificate.subject, NameOID.COMMON_NAME),
            organisation=_name(certificate.subject, NameOID.ORGANIZATION_NAME),
            issuer=_name(certificate.issuer, NameOID.COMMON_NAME),
            serial=format(certificate.serial_number, "X"),
            valid_from=_day(certificate.not_valid_before_utc),
            valid_until=_day(certificate.not_valid_after_utc),
            sha256=hashlib.sha256(der).hexdigest(),
        )
    except ValueError as error:
        raise CertUnreadable(type(error).__name__) from error


def unfit(der: bytes, chain: Sequence[bytes], at: datetime) -> SigningError | None:
    """Why this certificate may not sign at this instant, or None: the agent's own look before the
    key is touched (NĐ 68/2024, Điều 31.1 and 32).

    Term and purpose of the certificate, then each link of the path that the server named (`chain`,
    the issuers in order). Revocation is not looked at: lists and answers are the server's, which
    shows what it found as evidence of the job.
    """
    try:
        path = [load_certificate(each) for each in (der, *chain)]
        own = path[0]
        if at > own.not_valid_after_utc:
            return CertExpired()
        if at < own.not_valid_before_utc:
            return CertNotYetValid()
        if not _may_sign(own):
            return CertKeyUsage()
        for lower, upper in pairwise(path):
            lower.verify_directly_issued_by(upper)
            if not upper.not_valid_before_utc <= at <= upper.not_valid_after_utc:
                return CertPathBroken("term")
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError) as error:
        return CertPathBroken(type(error).__name__)
    return None


def _may_sign(certificate: x509.Certificate) -> bool:
    """Older certificates name no purpose at all, and those of VGCA not always non-repudiation."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def _name(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    return ", ".join(str(part.value) for part in name.get_attributes_for_oid(kind))


def _day(instant: datetime) -> str:
    return instant.astimezone(_VIETNAM).strftime("%d/%m/%Y")


def clock_words(instant: datetime) -> str:
    """An instant as a person in Vietnam reads it: `08:30 ngày 21/11/2026`."""
    return instant.astimezone(_VIETNAM).strftime("%H:%M ngày %d/%m/%Y")


def span_words(span: timedelta) -> str:
    """A length of time as one says it: `40 giây`, `3 phút`, `1 giờ 20 phút`."""
    seconds = int(span.total_seconds())
    if seconds < 90:
        return f"{max(seconds, 1)} giây"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} giờ {minutes} phút" if hours else f"{minutes} phút"


def pin_words(pin: PinState) -> tuple[str, bool]:
    """The state of the PIN in one sentence, and whether it is a warning."""
    if pin.locked:
        return "Thiết bị đã bị khóa mã PIN: không ký được cho đến khi mở khóa.", True
    if not pin.initialised and not pin.protected_path:
        return "Thiết bị chưa được đặt mã PIN.", True
    if pin.last_try:
        return "Chỉ còn một lần nhập: nếu sai mã PIN lần này, thiết bị sẽ bị khóa.", True
    if pin.wrong_entries:
        told = f"Mã PIN đã bị nhập sai {pin.wrong_entries} lần liên tiếp trên máy này."
        return f"{told} Hãy nhớ kỹ trước khi nhập.", True
    if pin.count_low:
        told = "Thiết bị báo mã PIN đã bị nhập sai ít nhất một lần (có thể ở máy khác)."
        return f"{told} Hãy nhớ kỹ trước khi nhập.", True
    if pin.to_be_changed:
        return "Mã PIN đang là mã ban đầu; nên đổi bằng phần mềm quản lý thiết bị.", True
    if pin.protected_path:
        return "Mã PIN nhập trên bàn phím của thiết bị; máy tính không thấy mã PIN.", False
    return "Mã PIN bình thường, chưa ghi nhận lần nhập sai nào.", False
