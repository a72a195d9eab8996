"""The working days of Vietnamese offices: calculated holidays, and what an administrator entered.

Calculated (library `holidays`): the days of Điều 112 Bộ luật Lao động 2019, days off in lieu of a
week-end, and the exchanges of working days that the library has read. What it does not know is said
in docs/decisions/0012-holidays.md; the table `calendar_day` has the last word on every day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from holidays.countries.vietnam import VN
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import Refused, transaction
from rules.working_days import WorkingCalendar
from schema.law import CalendarDay

NOUN = "calendar_day"
FIRST_YEAR, YEARS_AHEAD = 2020, 6
AWAITING_LAW = (11, 24)
"""Ngày Văn hóa Việt Nam: wanted by a resolution of 2026, not in the Điều 112 that was read. Counted
as a working day until an administrator enters it: then our own periods end early, never late."""


@dataclass(frozen=True)
class DayOff:
    """One day that differs from an ordinary week; `source` is "" for a calculated one."""

    day: date
    is_working: bool
    name: str
    source: str = ""
    entered: bool = False


def _library(year: int) -> VN:
    return VN(years=year, language="vi")  # type: ignore[no-untyped-call] # ships no such types


@lru_cache(maxsize=64)
def calculated(year: int) -> Mapping[date, DayOff]:
    """What the library says of one year, days worked in exchange included."""
    days = _library(year)
    found = {
        day: DayOff(day, False, name)
        for day, name in days.items()
        if day.year == year and (day.month, day.day) != AWAITING_LAW
    }
    found |= {
        day: DayOff(day, True, "Ngày làm việc bù")
        for day in days.weekend_workdays
        if day.year == year
    }
    return MappingProxyType(dict(sorted(found.items())))


def awaiting(year: int) -> date | None:
    """The day of a year that the library calls a holiday and that no law we read has; or None."""
    day = date(year, *AWAITING_LAW)
    return day if day in _library(year) else None


def entered(session: Session) -> tuple[DayOff, ...]:
    """The days that an administrator entered, in their order; one statement."""
    rows = session.scalars(select(CalendarDay).order_by(CalendarDay.day))
    return tuple(DayOff(row.day, row.is_working, row.name, row.source, True) for row in rows)


def year_of(session: Session, year: int) -> tuple[DayOff, ...]:
    """Every special day of one year as it counts, entered ones in place of calculated ones."""
    days = dict(calculated(year))
    days |= {one.day: one for one in entered(session) if one.day.year == year}
    return tuple(days[day] for day in sorted(days))


def working_calendar(session: Session, *, today: date) -> WorkingCalendar:
    """The calendar on which periods are counted; one statement.

    It knows the years from 2020 until some years after `today`; later days count as ordinary.
    """
    return _calendar(today.year, entered(session))


@lru_cache(maxsize=8)
def _calendar(year: int, own: tuple[DayOff, ...]) -> WorkingCalendar:
    days: dict[date, DayOff] = {}
    for one in range(FIRST_YEAR, year + YEARS_AHEAD):
        days |= calculated(one)
    days |= {one.day: one for one in own}
    return WorkingCalendar(
        days_off=_days(days.values(), working=False), days_worked=_days(days.values(), working=True)
    )


def _days(days: Iterable[DayOff], *, working: bool) -> frozenset[date]:
    return frozenset(one.day for one in days if one.is_working is working)


def enter_day(session: Session, *, actor: Actor, day: DayOff) -> None:
    """Enter a day off or a day worked, in place of what is calculated or was entered before.

    Raises `Refused` without a name or without the notice it comes from.
    """
    if not day.name.strip() or not day.source.strip():
        raise Refused("Hãy ghi tên ngày và văn bản thông báo làm căn cứ.")
    with transaction(session):
        row = session.get(CalendarDay, day.day) or CalendarDay(day=day.day)
        row.is_working, row.name, row.source = day.is_working, day.name.strip(), day.source.strip()
        session.add(row)
        _record(session, actor, day.day, working=day.is_working)


def forget_day(session: Session, *, actor: Actor, day: date) -> None:
    """Take an entered day away, so that the calculated calendar counts again. Raises `Refused`."""
    with transaction(session):
        row = session.get(CalendarDay, day)
        if row is None:
            raise Refused("Ngày này không còn trong bảng nhập tay.")
        session.delete(row)
        _record(session, actor, day, working=None)


def _record(session: Session, actor: Actor, day: date, *, working: bool | None) -> None:
    audit.record(
        session,
        "calendar.changed",
        actor=actor,
        noun=NOUN,
        object_id=day.isoformat(),
        day=day.isoformat(),
        working=working,
    )
