"""Civil days in Vietnam and the legal days of a certificate, all counted from one origin.

The origin is `expires_on`, the day in Asia/Ho_Chi_Minh of the certificate's notAfter. Civil dates
end in `_on`; instants are aware datetimes.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone

# Vietnam has kept UTC+7 since 1975; a fixed offset needs no time zone files, which Windows lacks.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

# Days. Điều 12 Nghị định số 68/2024/NĐ-CP. Must agree with renewal.min_days_left in
# regulations/decree_68_2024.toml; tests/rules/test_law_rules.py compares the two.
MIN_DAYS_LEFT = 30
# Days; the agency's own margin before expiry, a setting. House rule.
DEFAULT_MARGIN_DAYS = 45
# Days before expiry from which a renewal is due. House rule.
RENEWAL_DUE_DAYS = 120


def vietnam_day(at: datetime) -> date:
    """The civil day in Vietnam of an aware instant; ValueError when the instant is naive."""
    if at.tzinfo is None:
        raise ValueError("an aware instant is needed")
    return at.astimezone(VIETNAM).date()


def expires_on(not_after: datetime) -> date:
    """The civil day in Vietnam on which a certificate with this notAfter (RFC 5280) expires."""
    return vietnam_day(not_after)


def last_receipt_on(expires_on: date) -> date:
    """The last day a renewal may be received: at least 30 days left (Điều 12 NĐ 68/2024/NĐ-CP).

    The decree does not say on which day the days are counted; the day of receipt is the safe
    reading.
    """
    return expires_on - timedelta(days=MIN_DAYS_LEFT)


def file_by_on(expires_on: date, margin_days: int = DEFAULT_MARGIN_DAYS) -> date:
    """The day by which the agency wants to have filed, `margin_days` before expiry (house rule)."""
    return expires_on - timedelta(days=margin_days)


def days_left(expires_on: date, on: date) -> int:
    """Days from `on` until the day of expiry; 0 on that day, negative after it."""
    return (expires_on - on).days


def add_years(day: date, years: int) -> date:
    """The same day of a later year; 29 February becomes 28 February in a common year."""
    year = day.year + years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def written(day: date) -> str:
    """A day as people here write it, dd/MM/yyyy."""
    return f"{day:%d/%m}/{day.year:04d}"
