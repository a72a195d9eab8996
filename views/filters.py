"""How values are written on screen: Vietnamese dates, numbers and serials."""

from datetime import UTC, date, datetime

from flask import Flask
from markupsafe import Markup

import clock
import labels
from rules.serials import display_serial

NON_BREAKING = "\u00a0"


def ngay(value: date | datetime | None) -> str:
    """Civil day as dd/MM/yyyy; an instant is first moved to Việt Nam. Empty for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = _here(value).date()
    return value.strftime("%d/%m/%Y")


def _here(value: datetime) -> datetime:
    """An instant in Việt Nam. The end of the year 9999, with which certificates of authorities say
    that no end is known (RFC 5280, 4.1.2.5), has no day here and stays as it is.
    """
    try:
        return value.astimezone(clock.VIETNAM)
    except OverflowError:
        return value


def gio(value: datetime | None) -> str:
    """Instant as dd/MM/yyyy HH:mm in Việt Nam."""
    if value is None:
        return ""
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return _here(value).strftime("%d/%m/%Y %H:%M")


def giay(value: datetime | None) -> str:
    """Instant as dd/MM/yyyy HH:mm:ss in Việt Nam."""
    if value is None:
        return ""
    return _here(value).strftime("%d/%m/%Y %H:%M:%S")


def so(value: int | None) -> str:
    """Whole number with the Vietnamese thousands point: 1.000."""
    return "" if value is None else f"{value:,}".replace(",", ".")


def serial(value: str | None) -> str:
    """Serial number in groups that can be read aloud, or "chưa xác định"."""
    return display_serial(value) if value else "chưa xác định"


def co_chu(size: int) -> str:
    """Size of a file in KB or MB."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))}{NON_BREAKING}KB"
    return f"{size / 1_000_000:.1f}{NON_BREAKING}MB".replace(".", ",")


def nhan(member: object) -> str:
    """The Vietnamese word of an enum member (`labels.py`)."""
    return labels.label(member)  # type: ignore[arg-type] # any StrEnum of rules


def ngat(value: str, every: int = 16) -> Markup:
    """Let a long unbroken value (a hash) wrap after every `every` characters."""
    pieces = (value[start : start + every] for start in range(0, len(value), every))
    return Markup("<wbr>").join(pieces)


def register_filters(app: Flask) -> None:
    """Make the filters known to the templates."""
    for function in (ngay, gio, giay, so, serial, co_chu, nhan, ngat):
        app.add_template_filter(function)
