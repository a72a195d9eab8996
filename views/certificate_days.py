"""Where a certificate stands today and what its days mean, in words for lists and pages."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_

from models import Certificate
from rules.certificates import (
    CertificateFacts,
    CertificateState,
    StateWindow,
    certificate_state,
    state_window,
)
from rules.days import RENEWAL_DUE_DAYS, file_by_on, last_receipt_on, vietnam_day
from views.finding import Columns, Condition, Register, hidden

_NO_MORE_RENEWAL = frozenset(
    {
        CertificateState.TOO_LATE,
        CertificateState.REPLACEMENT_DUE,
        CertificateState.EXPIRED,
        CertificateState.REVOKED,
    }
)


@dataclass(frozen=True)
class Standing:
    """The state of one certificate, and its days where they still matter."""

    state: CertificateState
    expires_on: date
    file_by_on: date | None
    last_receipt_on: date | None
    then: str
    """What happens after the last day, or has happened already."""

    @classmethod
    def of(cls, row: Certificate, now: datetime, margin: int) -> "Standing":
        """Where the certificate stands at an instant, by the margin of the agency that asks."""
        facts = CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)
        state = certificate_state(facts, at=now, margin_days=margin)
        renewable = state not in _NO_MORE_RENEWAL and not row.renewals
        return cls(
            state,
            row.expires_on,
            file_by_on(row.expires_on, margin) if renewable else None,
            last_receipt_on(row.expires_on) if renewable else None,
            _then(row, state),
        )


def _then(row: Certificate, state: CertificateState) -> str:
    if state is CertificateState.REVOKED:
        return f"đã thu hồi ngày {vietnam_day(row.revoked_at):%d/%m/%Y}" if row.revoked_at else ""
    if state is CertificateState.EXPIRED:
        return "đã hết hạn, chỉ còn cấp mới"
    if state is CertificateState.TOO_LATE:
        return "không kịp gia hạn, chỉ còn cấp mới"
    if row.renewals:
        return "đã gia hạn một lần, sau đó chỉ còn cấp mới"
    if state is CertificateState.HISTORY_UNKNOWN:
        return "cần xác nhận lịch sử gia hạn"
    if state is CertificateState.ACTIVE:
        due = row.expires_on - timedelta(days=RENEWAL_DUE_DAYS)
        return f"đến kỳ gia hạn từ {due:%d/%m/%Y}"
    return "sau đó chỉ còn cấp mới"


# States as conditions of a list -------------------------------------------------------------------


def register(model: Any, noun: str, order: str, at: datetime) -> Register:
    """The register of certificates at an instant, in the order of a column.

    `ends_today` is notAfter where it can decide, on its last day: elsewhere the day alone decides,
    and lists need not read the row for it.
    """
    today = vietnam_day(_just_before(at))
    ends = case((hidden(model, "expires_on") == today, model.not_after))
    return Register(model, noun, order, {"ends_today": ends})


READS = ("revoked_at", "not_before", "expires_on", "renewals", "ends_today")


def in_state(
    state: CertificateState, at: datetime, margin: int, *, by_day: bool = False
) -> Condition:
    """The certificates in one state, as `rules.certificates.state_window` says it.

    `by_day`: the list is ordered by the last day, so that the window is a piece of its index.
    """
    window = state_window(state, at=at, margin_days=margin)
    today = vietnam_day(_just_before(at))

    def build(seek: Columns, rest: Columns) -> ColumnElement[bool]:
        return and_(*_conditions(window, today, seek, rest))

    return Condition(build, READS, ordered=by_day and _has_days(window))


def _just_before(at: datetime) -> datetime:
    return at - timedelta(microseconds=1)


def _has_days(window: StateWindow) -> bool:
    return window.not_after_gt is not None or window.not_after_le is not None


def _conditions(
    window: StateWindow, today: date, seek: Columns, rest: Columns
) -> list[ColumnElement[bool]]:
    """The window in SQL; only its most telling columns may be sought in an index."""
    found: list[ColumnElement[bool]] = []
    if window.revoked is True:
        # A comparison, not IS NOT NULL, which SQLite does not look up in an index.
        found.append(seek("revoked_at") >= datetime(1970, 1, 1, tzinfo=UTC))
    elif window.revoked is False:
        found.append(rest("revoked_at").is_(None))
    if window.not_before_gt is not None:
        found.append(seek("not_before") > window.not_before_gt)
    if window.not_before_le is not None:
        found.append(rest("not_before") <= window.not_before_le)
    if window.not_after_gt is not None:
        found.append(seek("expires_on") >= max(today, window.expires_on_ge or today))
        found.append(or_(rest("expires_on") > today, rest("ends_today") > window.not_after_gt))
    if window.not_after_le is not None:
        found.append(seek("expires_on") <= today)
        found.append(or_(rest("expires_on") < today, rest("ends_today") <= window.not_after_le))
    if window.expires_on_le is not None:
        found.append(seek("expires_on") <= window.expires_on_le)
    return found + _renewals(window, seek, rest)


def _renewals(window: StateWindow, seek: Columns, rest: Columns) -> list[ColumnElement[bool]]:
    if window.renewals == "none":
        return [seek("renewals") == 0]
    if window.renewals == "unknown":
        return [seek("renewals").is_(None)]
    if window.renewals == "some":
        return [rest("renewals") >= 1]
    if window.renewals == "known":
        return [rest("renewals") >= 0]
    if window.renewals == "none_or_unknown":
        return [or_(rest("renewals") == 0, rest("renewals").is_(None))]
    return []
