"""Ngày làm việc: weekends, the lunar New Year, make-up days, and where a period ends."""

from datetime import date

import pytest

from rules.working_days import WorkingCalendar

PLAIN = WorkingCalendar()
# Tết 2027: Mồng Một falls on 06/02/2027. One Saturday is worked to make up for a day.
TET = WorkingCalendar(
    days_off=frozenset(date(2027, 2, day) for day in range(5, 12)),
    days_worked=frozenset({date(2027, 2, 20)}),
)


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        (PLAIN, date(2026, 11, 20), True),  # thứ Sáu
        (PLAIN, date(2026, 11, 21), False),  # thứ Bảy
        (PLAIN, date(2026, 11, 22), False),  # Chủ nhật
        (PLAIN, date(2026, 11, 23), True),  # thứ Hai
        (TET, date(2027, 2, 4), True),
        (TET, date(2027, 2, 5), False),
        (TET, date(2027, 2, 11), False),
        (TET, date(2027, 2, 12), True),
        (TET, date(2027, 2, 20), True),  # làm bù
        (TET, date(2027, 2, 27), False),
    ],
)
def test_offices_work_from_monday_to_friday_but_for_holidays_and_make_up_days(
    calendar: WorkingCalendar, day: date, works: bool
) -> None:
    assert calendar.is_working(day) is works


@pytest.mark.parametrize(
    ("calendar", "event_on", "days", "ends"),
    [
        (PLAIN, date(2026, 11, 16), 0, date(2026, 11, 16)),
        (PLAIN, date(2026, 11, 16), 1, date(2026, 11, 17)),
        (PLAIN, date(2026, 11, 16), 5, date(2026, 11, 23)),
        (PLAIN, date(2026, 11, 20), 1, date(2026, 11, 23)),  # thứ Sáu -> thứ Hai
        (PLAIN, date(2026, 11, 21), 1, date(2026, 11, 23)),  # sự kiện vào thứ Bảy
        (PLAIN, date(2026, 11, 22), 5, date(2026, 11, 27)),
        (PLAIN, date(2026, 12, 30), 3, date(2027, 1, 4)),  # qua năm, không có ngày lễ
        (PLAIN, date(2028, 2, 28), 1, date(2028, 2, 29)),  # năm nhuận
        (PLAIN, date(2028, 2, 28), 2, date(2028, 3, 1)),
        (PLAIN, date(2027, 2, 26), 1, date(2027, 3, 1)),  # năm thường, 27 và 28/2 là cuối tuần
        (TET, date(2027, 2, 4), 1, date(2027, 2, 12)),
        (TET, date(2027, 2, 3), 5, date(2027, 2, 17)),
        (TET, date(2027, 2, 16), 5, date(2027, 2, 22)),  # thứ Bảy 20/2 làm bù
    ],
)
def test_a_period_starts_on_the_day_after_the_event(
    calendar: WorkingCalendar, event_on: date, days: int, ends: date
) -> None:
    assert calendar.deadline(event_on, days) == ends
    if days:
        assert calendar.working_days_between(event_on, ends) == days


def test_a_day_both_off_and_worked_is_worked() -> None:
    day = date(2027, 2, 5)

    assert WorkingCalendar(frozenset({day}), frozenset({day})).is_working(day)


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (date(2026, 11, 20), date(2026, 11, 22), 0),
        (date(2026, 11, 20), date(2026, 11, 23), 1),
        (date(2026, 11, 23), date(2026, 11, 20), -1),
        (date(2026, 11, 27), date(2026, 11, 20), -5),
    ],
)
def test_working_days_between_two_days_count_the_second_and_not_the_first(
    after: date, until: date, days: int
) -> None:
    assert PLAIN.working_days_between(after, until) == days


def test_a_period_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="fewer"):
        PLAIN.deadline(date(2026, 11, 20), -1)
