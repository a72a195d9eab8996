"""Reminders: each stage once, whatever happens to the server in between."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reminders import (
    TIMETABLES,
    Audience,
    CertificateClock,
    Clock,
    Matter,
    certificate_matters,
    due,
    sentence,
)

# Expires on 2026-12-31 in Vietnam: filed by 16/11, received by 01/12.
NOT_AFTER = datetime(2026, 12, 31, 9, 0, tzinfo=UTC)
ENDS = date(2026, 12, 31)
LONG_AGO = date(2026, 1, 1)
END_OF_TIME = date(2027, 6, 1)


def clock(renewals: int | None = 0, **more: date) -> CertificateClock:
    facts = {"known_on": LONG_AGO, **more}
    return CertificateClock(5, NOT_AFTER, renewals, **facts)


def stages(facts: CertificateClock, margin: int = 45) -> list[tuple[str, int, str]]:
    """Clock, days before expiry, stage."""
    found = due(certificate_matters(facts, margin_days=margin), since=LONG_AGO, until=END_OF_TIME)
    return [(one.matter.clock.value, (ENDS - one.stage_on).days, one.stage) for one in found]


def test_the_stages_of_a_renewal_count_the_margin_once() -> None:
    assert stages(clock())[:6] == [
        ("renewal", 120, "75_days_before"),
        ("renewal", 90, "45_days_before"),
        ("renewal", 60, "15_days_before"),
        ("renewal", 45, "on_the_day"),
        ("renewal", 38, "7_days_late"),
        ("renewal", 30, "last_receipt"),
    ]
    assert [days for _, days, _ in stages(clock(), 60)][:4] == [120, 105, 75, 60]


def test_when_it_is_too_late_to_renew_the_other_clock_takes_over() -> None:
    assert stages(clock())[6:] == [
        ("replacement", 29, "15_days_late"),
        ("replacement", 14, "14_days_to_expiry"),
        ("replacement", 0, "expiry"),
    ]
    assert stages(clock(None)) == stages(clock())


def test_a_certificate_renewed_once_only_prepares_for_a_new_issue() -> None:
    assert [(name, days) for name, days, _ in stages(clock(1))] == [
        ("replacement", 120),
        ("replacement", 90),
        ("replacement", 60),
        ("replacement", 45),
        ("replacement", 30),
        ("replacement", 14),
        ("replacement", 0),
    ]


def test_a_letter_sent_in_time_ends_both_clocks_and_a_late_one_does_not() -> None:
    sent = stages(clock(renewal_sent_on=date(2026, 10, 15)))
    late = stages(clock(renewal_sent_on=date(2026, 12, 5)))

    assert [days for _, days, _ in sent] == [120, 90]
    assert late == stages(clock())
    early = clock(renewal_sent_on=date(2026, 10, 15), settled_on=date(2026, 9, 10))
    assert [days for _, days, _ in stages(early)] == [120]


def test_with_the_least_margin_two_stages_of_one_day_are_said_as_one() -> None:
    assert [one for one in stages(clock(), 30) if one[1] == 30] == [("renewal", 30, "last_receipt")]


def test_what_had_begun_before_it_was_known_comes_once_on_the_day_it_is_known() -> None:
    found = stages(clock(known_on=date(2026, 11, 1)))  # 60 days before expiry: on a stage itself
    assert found[0] == ("renewal", 60, "15_days_before")
    found = stages(clock(known_on=date(2026, 11, 4)))
    assert found[:2] == [("renewal", 57, "15_days_before"), ("renewal", 45, "on_the_day")]


def test_ten_days_of_downtime_are_caught_up_once() -> None:
    matters = certificate_matters(clock())
    start = date(2026, 11, 10)
    missed = due(matters, since=start, until=start + timedelta(days=10))

    assert [one.stage for one in missed] == ["on_the_day"]
    assert Audience.LEADER in missed[0].audiences
    assert due(matters, since=start + timedelta(days=10), until=start + timedelta(days=10)) == ()


def matter(name: Clock, **more: date) -> Matter:
    return Matter(name, "thing", 3, date(2026, 7, 10), date(2026, 7, 10), LONG_AGO, **more)


def test_what_stays_undone_is_said_again_every_week_to_the_leader_too() -> None:
    found = due([matter(Clock.DEVICE_RETURN)], since=date(2026, 7, 10), until=date(2026, 7, 26))

    assert [(one.stage, one.stage_on.day) for one in found] == [
        ("late", 11),
        ("late_2", 18),
        ("late_3", 25),
    ]
    assert all(Audience.LEADER in one.audiences for one in found)
    settled = matter(Clock.DEVICE_RETURN, settled_on=date(2026, 7, 18))
    assert len(due([settled], since=date(2026, 7, 10), until=date(2026, 7, 26))) == 1


def test_every_clock_has_its_stages_in_order_and_grows_in_weight() -> None:
    assert set(TIMETABLES) == set(Clock)
    for table in TIMETABLES.values():
        days = [stage.days for stage in table.stages]
        assert days == sorted(set(days))
        assert len({stage.name for stage in table.stages}) == len(days)
        assert set(table.stages[0].audiences) <= {*table.stages[-1].audiences}


@pytest.mark.parametrize("name", list(Clock))
def test_every_reminder_says_what_to_do_by_when(name: Clock) -> None:
    (first, *_) = due([matter(name)], since=LONG_AGO, until=END_OF_TIME)
    words = sentence(first, "thiết bị TB-00001")
    assert words.startswith("Thiết bị TB-00001 ")
    assert "10/07/2026" in words


def test_a_renewal_names_the_day_to_file_and_the_last_day_of_receipt() -> None:
    (first, *_) = due(certificate_matters(clock()), since=LONG_AGO, until=END_OF_TIME)
    words = sentence(first, "chứng thư của Nguyễn Thị Mẫu")
    assert "16/11/2026" in words
    assert "01/12/2026" in words


def test_the_days_must_be_the_right_way_round() -> None:
    with pytest.raises(ValueError, match="since"):
        due([], since=date(2026, 7, 2), until=date(2026, 7, 1))


@given(
    st.lists(st.integers(0, 400), max_size=8),
    st.sampled_from(Clock),
    st.integers(0, 300),
    st.integers(30, 120),
    st.sampled_from([None, 0, 1]),
)
def test_asking_often_or_seldom_gives_the_same_reminders_each_with_a_key_of_its_own(
    asked: list[int], name: Clock, known: int, margin: int, renewals: int | None
) -> None:
    start = date(2026, 6, 1)
    facts = CertificateClock(5, NOT_AFTER, renewals, start + timedelta(days=known))
    other = Matter(name, "thing", 3, date(2026, 8, 1), date(2026, 8, 1), facts.known_on)
    matters = (*certificate_matters(facts, margin_days=margin), other)
    days = [start + timedelta(days=number) for number in (0, *sorted(asked), 400)]

    piecewise = [
        one for since, until in pairwise(days) for one in due(matters, since=since, until=until)
    ]
    assert sorted(piecewise, key=lambda one: (one.stage_on, one.key)) == list(
        due(matters, since=days[0], until=days[-1])
    )
    assert len({one.key for one in piecewise}) == len(piecewise)
