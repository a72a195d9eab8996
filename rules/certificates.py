"""States of a certificate, derived from its facts and an instant; never stored.

The same table is given twice, and tests/property shows that both agree on every row: once as a
decision about one certificate (`certificate_state`), once as windows over plain columns
(`state_window`) by which SQL filters without knowing any rule. Suspension is not modelled: the
decree knows no such request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from rules.days import (
    DEFAULT_MARGIN_DAYS,
    MIN_DAYS_LEFT,
    RENEWAL_DUE_DAYS,
    days_left,
    expires_on,
    vietnam_day,
)


class SubscriberKind(StrEnum):
    """Thuê bao; each kind has its own form for a first issue (Điều 11 NĐ 68/2024/NĐ-CP)."""

    INDIVIDUAL = "individual"
    ORGANISATION = "organisation"
    SYSTEM = "system"


class CertificateOrigin(StrEnum):
    """How a certificate came to be; UNKNOWN until its history is known or attested."""

    ISSUED = "issued"
    RENEWED = "renewed"
    AMENDED = "amended"
    UNKNOWN = "unknown"


class CertificateState(StrEnum):
    """What a person must know about a certificate today."""

    NOT_YET_VALID = "not_yet_valid"
    ACTIVE = "active"
    RENEWAL_DUE = "renewal_due"
    URGENT = "urgent"
    TOO_LATE = "too_late"
    REPLACEMENT_DUE = "replacement_due"
    HISTORY_UNKNOWN = "history_unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class CertificateFacts:
    """What decides the state. `renewals` counts them along the whole chain; None is unknown."""

    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    renewals: int | None


# Conditions on the column `renewals`: = 0; >= 1; IS NULL; IS NOT NULL; IS NULL OR = 0.
RenewalsCondition = Literal["none", "some", "unknown", "known", "none_or_unknown"]


@dataclass(frozen=True)
class StateWindow:
    """The certificates in one state, as conditions over plain columns; None asks nothing.

    `revoked` is about `revoked_at` being set. Instants compare with `not_before` and `not_after`
    (gt: greater than, le: at most), dates with `expires_on` (ge: at least, le: at most); `renewals`
    is a `RenewalsCondition`. All conditions hold together.
    """

    revoked: bool | None = None
    not_before_gt: datetime | None = None
    not_before_le: datetime | None = None
    not_after_gt: datetime | None = None
    not_after_le: datetime | None = None
    expires_on_ge: date | None = None
    expires_on_le: date | None = None
    renewals: RenewalsCondition | None = None


def certificate_state(
    facts: CertificateFacts, *, at: datetime, margin_days: int = DEFAULT_MARGIN_DAYS
) -> CertificateState:
    """The one state of a certificate at an instant; days are counted in Vietnam.

    notAfter itself still belongs to the validity (RFC 5280, 4.1.2.5). Whoever is revoked stays
    revoked, whatever the instant asked about. Raises ValueError for a margin outside 30..120 days.
    """
    _check_margin(margin_days)
    if facts.revoked_at is not None:
        return CertificateState.REVOKED
    if at < facts.not_before:
        return CertificateState.NOT_YET_VALID
    if at > facts.not_after:
        return CertificateState.EXPIRED
    left = days_left(expires_on(facts.not_after), vietnam_day(at))
    if facts.renewals:
        # Renewed once already: no second renewal (Điều 12), only a new issue (Điều 21).
        due = left <= RENEWAL_DUE_DAYS
        return CertificateState.REPLACEMENT_DUE if due else CertificateState.ACTIVE
    if left < MIN_DAYS_LEFT:
        return CertificateState.TOO_LATE
    if facts.renewals is None:
        return CertificateState.HISTORY_UNKNOWN
    if left > RENEWAL_DUE_DAYS:
        return CertificateState.ACTIVE
    return CertificateState.RENEWAL_DUE if left > margin_days else CertificateState.URGENT


def state_window(
    state: CertificateState, *, at: datetime, margin_days: int = DEFAULT_MARGIN_DAYS
) -> StateWindow:
    """The state as conditions over plain columns; the windows of all states partition all rows.

    Must say the same as `certificate_state`. Raises ValueError for a margin outside 30..120 days.
    """
    _check_margin(margin_days)
    # Instants are kept to the microsecond, so "> at - 1 µs" is "at or after at", which keeps
    # notAfter itself inside the validity.
    just_before = at - timedelta(microseconds=1)
    if state is CertificateState.REVOKED:
        return StateWindow(revoked=True)
    if state is CertificateState.NOT_YET_VALID:
        return StateWindow(revoked=False, not_before_gt=at)
    if state is CertificateState.EXPIRED:
        return StateWindow(revoked=False, not_before_le=at, not_after_le=just_before)
    renewals, least, most = _days_and_renewals(state, margin_days)
    today = vietnam_day(at)
    return StateWindow(
        revoked=False,
        not_before_le=at,
        not_after_gt=just_before,
        expires_on_ge=None if least is None else today + timedelta(days=least),
        expires_on_le=None if most is None else today + timedelta(days=most),
        renewals=renewals,
    )


def renewals_along(origins: Sequence[CertificateOrigin]) -> int | None:
    """Renewals along a chain given from its first certificate on; None when one origin is unknown.

    A re-issue (Điều 21 NĐ 68/2024/NĐ-CP) starts a new chain, so ISSUED is expected first only; an
    amendment (Điều 14) does not count.
    """
    if CertificateOrigin.UNKNOWN in origins:
        return None
    return sum(origin is CertificateOrigin.RENEWED for origin in origins)


def _days_and_renewals(
    state: CertificateState, margin_days: int
) -> tuple[RenewalsCondition, int | None, int | None]:
    """Condition on renewals, least and most days left of a state between notBefore and notAfter."""
    ranges: dict[CertificateState, tuple[RenewalsCondition, int | None, int | None]] = {
        CertificateState.ACTIVE: ("known", RENEWAL_DUE_DAYS + 1, None),
        CertificateState.RENEWAL_DUE: ("none", margin_days + 1, RENEWAL_DUE_DAYS),
        CertificateState.URGENT: ("none", MIN_DAYS_LEFT, margin_days),
        CertificateState.TOO_LATE: ("none_or_unknown", None, MIN_DAYS_LEFT - 1),
        CertificateState.REPLACEMENT_DUE: ("some", None, RENEWAL_DUE_DAYS),
        CertificateState.HISTORY_UNKNOWN: ("unknown", MIN_DAYS_LEFT, None),
    }
    return ranges[state]


def _check_margin(margin_days: int) -> None:
    if not MIN_DAYS_LEFT <= margin_days <= RENEWAL_DUE_DAYS:
        raise ValueError(f"margin_days must lie within {MIN_DAYS_LEFT}..{RENEWAL_DUE_DAYS}")
