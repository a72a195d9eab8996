"""Was a certificate revoked? (Điều 31 khoản 2 NĐ 68/2024; RFC 5280, 6.3)

Decided here, because the law only says "at the time of signing":

- A list counts when the issuer of the certificate itself signed it, its scope covers the
  certificate and it is not from the future.
- Without a time stamp the signing time is only a claim, and a stolen key can claim any past day.
  So the newest list must still be current (nextUpdate) at the time of checking; otherwise "chưa
  kiểm tra".
- With a time stamp it is enough that a list was current at that time or was issued later.
- A list issued after the certificate had expired proves nothing, as expired entries are dropped,
  unless the list says that it keeps them.
- An entry dated at or before the signing time: revoked. Dated later: harmless when a time stamp
  proves the time, otherwise undecided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from signing.trust.crl import Entry, IndexedCrl
from signing.trust.path import common_name
from signing.trust.store import TrustStore

_CLOCK_SKEW = dt.timedelta(minutes=10)
_HANOI = dt.timezone(dt.timedelta(hours=7))


class Revocation(StrEnum):
    """The state that Điều 31 asks for, in the words of the screen."""

    GOOD = "hợp lệ"
    REVOKED = "đã thu hồi"
    UNCHECKED = "chưa kiểm tra"


@dataclass(frozen=True)
class RevocationStatus:
    """What the lists say about one certificate, with the evidence.

    `conclusive` is False when the certificate is revoked, but only after a signing time that nobody
    but the signer vouches for.
    """

    subject: str
    state: Revocation
    reason: str = ""
    conclusive: bool = True
    revoked_at: dt.datetime | None = None
    list_issuer: str = ""
    this_update: dt.datetime | None = None
    next_update: dt.datetime | None = None


def check(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    store: TrustStore,
    *,
    signing_time: dt.datetime,
    time_is_proven: bool,
    at: dt.datetime,
    extra: Iterable[IndexedCrl] = (),
) -> RevocationStatus:
    """The state of a certificate at the signing time, seen from `at` (both aware)."""
    subject = common_name(certificate.subject)
    named = [*store.lists_of(issuer.subject.public_bytes())]
    named += [crl for crl in extra if crl.issuer == issuer.subject.public_bytes()]
    usable = [crl for crl in named if _usable(crl, certificate, issuer, at)]
    usable.sort(key=lambda crl: crl.this_update, reverse=True)
    if not usable:
        return RevocationStatus(
            subject, Revocation.UNCHECKED, _why_none(named, subject, issuer, at)
        )
    found = _find(usable, certificate.serial_number)
    if found is not None:
        return _revoked(subject, issuer, *found, signing_time, time_is_proven)
    return _not_listed(subject, certificate, issuer, usable, signing_time, time_is_proven, at)


def _usable(
    crl: IndexedCrl, certificate: x509.Certificate, issuer: x509.Certificate, at: dt.datetime
) -> bool:
    return (
        crl.this_update <= at + _CLOCK_SKEW
        and crl.next_update is not None
        and _covers(crl, certificate)
        and crl.signed_by(issuer)
    )


def _covers(crl: IndexedCrl, certificate: x509.Certificate) -> bool:
    try:
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        is_ca = False
    if (crl.scope.user_only and is_ca) or (crl.scope.ca_only and not is_ca):
        return False
    if crl.scope.places is None:
        return True
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    places = {str(name.value) for point in points for name in point.full_name or ()}
    return bool(places & crl.scope.places)


def _why_none(
    named: list[IndexedCrl], subject: str, issuer: x509.Certificate, at: dt.datetime
) -> str:
    name = common_name(issuer.subject)
    if not named:
        return f"Không có danh sách thu hồi của “{name}” để kiểm tra chứng thư của “{subject}”."
    if not any(crl.signed_by(issuer) for crl in named):
        return f"Danh sách thu hồi mang tên “{name}” không do chính cơ quan đó ký nên không dùng."
    if all(crl.this_update > at + _CLOCK_SKEW for crl in named):
        return f"Danh sách thu hồi của “{name}” có thời điểm phát hành ở tương lai."
    return f"Danh sách thu hồi của “{name}” không áp dụng cho chứng thư của “{subject}”."


def _find(usable: list[IndexedCrl], serial: int) -> tuple[Entry, IndexedCrl] | None:
    """The newest word on a serial number. A suspension that the newest list lifted is forgotten."""
    for position, crl in enumerate(usable):
        entry = crl.find(serial)
        if entry is not None and (position == 0 or not entry.hold):
            return entry, crl
    return None


def _revoked(
    subject: str,
    issuer: x509.Certificate,
    entry: Entry,
    crl: IndexedCrl,
    signing_time: dt.datetime,
    time_is_proven: bool,
) -> RevocationStatus:
    day = show(entry.revoked_at)
    what = "tạm dừng" if entry.hold else "thu hồi"
    state, conclusive = Revocation.REVOKED, True
    if entry.revoked_at <= signing_time:
        reason = f"Chứng thư của “{subject}” đã bị {what} từ {day}, trước thời điểm ký."
    elif time_is_proven:
        state = Revocation.GOOD
        reason = f"Chứng thư của “{subject}” bị {what} ngày {day}, sau thời điểm ký."
    else:
        conclusive = False
        reason = (
            f"Chứng thư của “{subject}” bị {what} ngày {day}, sau thời điểm ký được khai; "
            "không có dấu thời gian để chứng minh thời điểm ký."
        )
    return RevocationStatus(
        subject,
        state,
        reason,
        conclusive,
        entry.revoked_at,
        common_name(issuer.subject),
        crl.this_update,
        crl.next_update,
    )


def _not_listed(
    subject: str,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    usable: list[IndexedCrl],
    signing_time: dt.datetime,
    time_is_proven: bool,
    at: dt.datetime,
) -> RevocationStatus:
    expiry = certificate.not_valid_after_utc
    speaking = [crl for crl in usable if crl.keeps_expired or crl.this_update <= expiry]
    newest = speaking[0] if speaking else usable[0]
    next_update = newest.next_update or newest.this_update
    if not speaking:
        state, reason = (
            Revocation.UNCHECKED,
            f"Danh sách thu hồi hiện có phát hành sau khi chứng thư của “{subject}” hết hạn.",
        )
    elif time_is_proven and signing_time <= next_update:
        state, reason = Revocation.GOOD, ""
    elif not time_is_proven and at <= next_update:
        state, reason = Revocation.GOOD, ""
    else:
        state = Revocation.UNCHECKED
        reason = (
            f"Danh sách thu hồi của “{common_name(issuer.subject)}” đã quá hạn cập nhật "
            f"({show(next_update)}); cần nạp danh sách mới."
        )
    return RevocationStatus(
        subject,
        state,
        reason,
        list_issuer=common_name(issuer.subject),
        this_update=newest.this_update,
        next_update=newest.next_update,
    )


def show(instant: dt.datetime) -> str:
    """An instant as people read it here: 21/11/2026 10:08:05 (giờ Việt Nam)."""
    return instant.astimezone(_HANOI).strftime("%d/%m/%Y %H:%M:%S")
