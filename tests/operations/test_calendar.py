"""The working days of Vietnamese offices by year, and what an administrator enters over them."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

import audit
from operations import calendar
from operations.transactions import Refused
from tests.cast import Cast

MakeActor = Callable[..., audit.Actor]
TODAY = date(2026, 11, 21)


def days(year: int, month: int, *numbers: int) -> set[date]:
    return {date(year, month, number) for number in numbers}


OFF = {
    2024: days(2024, 1, 1)
    | days(2024, 2, 8, 9, 12, 13, 14)
    | days(2024, 4, 18, 29, 30)
    | days(2024, 5, 1)
    | days(2024, 9, 2, 3),
    2025: days(2025, 1, 1, 27, 28, 29, 30, 31)
    | days(2025, 4, 7, 30)
    | days(2025, 5, 1, 2)
    | days(2025, 9, 1, 2),
    2026: days(2026, 1, 1)
    | days(2026, 2, 16, 17, 18, 19, 20)
    | days(2026, 4, 27, 30)
    | days(2026, 5, 1)
    | days(2026, 8, 31)
    | days(2026, 9, 1, 2),
    2027: days(2027, 1, 1)
    | days(2027, 2, 4, 5, 8, 9, 10)
    | days(2027, 4, 16, 30)
    | days(2027, 5, 3)
    | days(2027, 9, 2, 3),
}
WORKED = {2024: days(2024, 5, 4), 2025: days(2025, 4, 26), 2026: days(2026, 8, 22), 2027: set()}


@pytest.mark.parametrize("year", OFF)
def test_week_days_off_and_saturdays_worked_are_those_of_the_labour_code(year: int) -> None:
    found = calendar.calculated(year).values()
    assert {one.day for one in found if not one.is_working and one.day.weekday() < 5} == OFF[year]
    assert {one.day for one in found if one.is_working} == WORKED[year]


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 2, 13), date(2026, 2, 27)),  # over the five days of Tết and two week-ends
        (date(2026, 2, 15), date(2026, 2, 27)),
        (date(2026, 8, 21), date(2026, 8, 27)),  # the Saturday that is worked counts
        (date(2026, 4, 24), date(2026, 5, 6)),  # Giỗ Tổ in lieu, 30/4 and 1/5
        (date(2026, 12, 29), date(2027, 1, 6)),
    ],
)
def test_five_working_days_go_round_holidays(
    db_session: Session, cast: Cast, received: date, due: date
) -> None:
    assert calendar.working_calendar(db_session, today=TODAY).deadline(received, 5) == due


def test_the_day_that_waits_for_a_law_is_worked_until_somebody_enters_it(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    day = date(2026, 11, 24)
    assert calendar.awaiting(2026) == day
    assert calendar.awaiting(2025) is None
    assert calendar.working_calendar(db_session, today=TODAY).is_working(day)
    entered = calendar.DayOff(day, False, "Ngày Văn hóa Việt Nam", "Luật số …")
    calendar.enter_day(db_session, actor=actor(cast.dung), day=entered)
    assert not calendar.working_calendar(db_session, today=TODAY).is_working(day)


def test_an_entered_day_has_the_last_word_and_can_be_taken_away(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    who = actor(cast.dung)
    tet = date(2027, 2, 4)
    nameless = calendar.DayOff(tet, True, "Làm việc", " ")
    with pytest.raises(Refused, match="căn cứ"):
        calendar.enter_day(db_session, actor=who, day=nameless)
    for working in (True, False, True):
        one = calendar.DayOff(tet, working, "Làm việc", "Thông báo 1")
        calendar.enter_day(db_session, actor=who, day=one)
    assert calendar.working_calendar(db_session, today=TODAY).is_working(tet)
    assert next(one for one in calendar.year_of(db_session, 2027) if one.day == tet).entered
    calendar.forget_day(db_session, actor=who, day=tet)
    assert not calendar.working_calendar(db_session, today=TODAY).is_working(tet)
    with pytest.raises(Refused, match="không còn"):
        calendar.forget_day(db_session, actor=who, day=tet)
    assert audit.verify(db_session).sound
