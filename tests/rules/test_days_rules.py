"""Civil days in Vietnam and the legal days of a certificate."""

from datetime import UTC, date, datetime

import pytest

from rules import days


def test_the_example_of_the_design_gives_its_three_days() -> None:
    expires_on = days.expires_on(datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC))

    assert days.written(expires_on) == "12/03/2030"
    assert days.written(days.last_receipt_on(expires_on)) == "10/02/2030"
    assert days.written(days.file_by_on(expires_on)) == "26/01/2030"
    assert days.days_left(expires_on, date(2030, 2, 10)) == 30


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2030, 3, 12, 16, 59, 59, tzinfo=UTC), date(2030, 3, 12)),
        (datetime(2030, 3, 12, 17, 0, 0, tzinfo=UTC), date(2030, 3, 13)),
        (datetime(2030, 12, 31, 17, 0, 0, tzinfo=UTC), date(2031, 1, 1)),
    ],
)
def test_the_day_turns_at_midnight_in_vietnam(instant: datetime, day: date) -> None:
    assert days.expires_on(instant) == day


def test_a_naive_instant_has_no_day() -> None:
    with pytest.raises(ValueError, match="aware"):
        days.vietnam_day(datetime(2030, 3, 12))  # noqa: DTZ001 - the naive instant is the point


def test_an_agency_may_choose_its_own_margin() -> None:
    assert days.file_by_on(date(2030, 3, 12), margin_days=60) == date(2030, 1, 11)


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2027, 3, 12), date(2030, 3, 12)),
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2025, 2, 28), date(2028, 2, 28)),
    ],
)
def test_three_years_later_is_the_same_day_or_the_last_of_february(day: date, later: date) -> None:
    assert days.add_years(day, 3) == later
