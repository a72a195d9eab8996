"""The two clocks of a certificate, on their boundary days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rules.certificates import CertificateFacts
from rules.clocks import (
    EXAMPLES,
    ClockStage,
    Example,
    clocks,
    expiries_starting_in,
    starts_on,
)

Stage = ClockStage
BEGINS = datetime(2025, 3, 13, 16, 36, 53, tzinfo=UTC)
ENDS = datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC)
NEVER = CertificateFacts(BEGINS, ENDS, None, 0)
ONCE = CertificateFacts(BEGINS, ENDS, None, 1)
UNKNOWN = CertificateFacts(BEGINS, ENDS, None, None)
REVOKED = CertificateFacts(BEGINS, ENDS, datetime(2027, 1, 1, tzinfo=UTC), 1)


def noon(day: date) -> datetime:
    """Noon in Vietnam."""
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def stages(facts: CertificateFacts, at: datetime, **rest: int) -> tuple[ClockStage, ClockStage]:
    both = clocks(facts, at=at, **rest)
    return both.renewal.stage, both.replacement.stage


@pytest.mark.parametrize(
    ("left", "never", "once", "unknown"),
    [
        (
            121,
            (Stage.WAITING, Stage.STOPPED),
            (Stage.STOPPED, Stage.WAITING),
            Stage.HISTORY_UNKNOWN,
        ),
        (120, (Stage.DUE, Stage.STOPPED), (Stage.STOPPED, Stage.DUE), Stage.HISTORY_UNKNOWN),
        (46, (Stage.DUE, Stage.STOPPED), (Stage.STOPPED, Stage.DUE), Stage.HISTORY_UNKNOWN),
        (45, (Stage.URGENT, Stage.STOPPED), (Stage.STOPPED, Stage.URGENT), Stage.HISTORY_UNKNOWN),
        (30, (Stage.URGENT, Stage.STOPPED), (Stage.STOPPED, Stage.URGENT), Stage.HISTORY_UNKNOWN),
        (29, (Stage.PASSED, Stage.URGENT), (Stage.STOPPED, Stage.URGENT), Stage.PASSED),
        (0, (Stage.PASSED, Stage.URGENT), (Stage.STOPPED, Stage.URGENT), Stage.PASSED),
        (-1, (Stage.STOPPED, Stage.PASSED), (Stage.STOPPED, Stage.PASSED), Stage.STOPPED),
    ],
)
def test_the_days_left_move_the_clocks(
    left: int,
    never: tuple[ClockStage, ClockStage],
    once: tuple[ClockStage, ClockStage],
    unknown: ClockStage,
) -> None:
    at = noon(date(2030, 3, 12) - timedelta(days=left))

    assert stages(NEVER, at) == never
    assert stages(ONCE, at) == once
    assert stages(UNKNOWN, at)[0] is unknown
    assert clocks(NEVER, at=at).days_left == left


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (ENDS, (Stage.PASSED, Stage.URGENT)),  # notAfter itself still belongs to the validity
        (ENDS + timedelta(microseconds=1), (Stage.STOPPED, Stage.PASSED)),
        (BEGINS - timedelta(seconds=1), (Stage.WAITING, Stage.STOPPED)),
    ],
)
def test_the_very_instant_of_not_after_ends_the_first_clock(
    at: datetime, expected: tuple[ClockStage, ClockStage]
) -> None:
    assert stages(NEVER, at) == expected


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        # 16:59:59 UTC is still the last day of receipt in Vietnam, a second later it is the next.
        (datetime(2030, 2, 10, 16, 59, 59, tzinfo=UTC), Stage.URGENT),
        (datetime(2030, 2, 10, 17, 0, 0, tzinfo=UTC), Stage.PASSED),
    ],
)
def test_the_day_turns_at_midnight_in_vietnam(instant: datetime, expected: ClockStage) -> None:
    assert stages(NEVER, instant)[0] is expected


def test_the_days_of_the_example_in_the_design() -> None:
    both = clocks(NEVER, at=noon(date(2026, 11, 21)))

    assert both.expires_on == date(2030, 3, 12)
    assert both.renewal.due_on == date(2029, 11, 12)
    assert both.renewal.file_by_on == date(2030, 1, 26)
    assert both.renewal.last_receipt_on == date(2030, 2, 10)
    # Never renewed: a new issue is prepared only once the renewal was missed.
    assert both.replacement.prepare_from_on == date(2030, 2, 11)
    assert both.replacement.ready_by_on == date(2030, 2, 11)
    assert both.replacement.file_from_on == date(2030, 3, 13)


def test_after_a_renewal_the_new_issue_is_prepared_early() -> None:
    replacement = clocks(ONCE, at=noon(date(2026, 11, 21)), margin_days=60).replacement

    assert replacement.prepare_from_on == date(2029, 11, 12)
    assert replacement.ready_by_on == date(2030, 1, 11)


@pytest.mark.parametrize("facts", [NEVER, ONCE, UNKNOWN])
def test_a_certificate_with_a_successor_has_no_clock(facts: CertificateFacts) -> None:
    for left in (200, 100, 40, 10, -5):
        both = clocks(facts, at=noon(date(2030, 3, 12) - timedelta(days=left)), superseded=True)
        assert (both.renewal.stage, both.replacement.stage) == (Stage.STOPPED, Stage.STOPPED)


def test_a_revoked_certificate_has_no_clock() -> None:
    assert stages(REVOKED, noon(date(2030, 1, 1))) == (Stage.STOPPED, Stage.STOPPED)


@pytest.mark.parametrize(
    ("year", "month", "starting"),
    [
        (2026, 11, (date(2027, 3, 1), date(2027, 3, 30))),
        (2027, 12, (date(2028, 3, 30), date(2028, 4, 29))),
        # A leap year: February has 29 days.
        (2028, 2, (date(2028, 5, 31), date(2028, 6, 28))),
    ],
)
def test_a_month_selects_the_expiries_whose_work_starts_in_it(
    year: int, month: int, starting: tuple[date, date]
) -> None:
    assert expiries_starting_in(year, month) == starting
    assert [starts_on(day).month for day in starting] == [month, month]


def test_an_agency_may_choose_its_own_margin() -> None:
    early = clocks(NEVER, at=noon(date(2026, 11, 21)), margin_days=60)

    usual = clocks(NEVER, at=noon(date(2026, 11, 21)))
    assert (usual.renewal.file_by_on - early.renewal.file_by_on).days == 15
    with pytest.raises(ValueError, match="margin_days"):
        clocks(NEVER, at=noon(date(2026, 11, 21)), margin_days=29)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_worked_examples_of_the_help_are_true(example: Example) -> None:
    both = clocks(example.facts, at=example.at)

    assert (both.renewal.stage, both.replacement.stage) == (example.renewal, example.replacement)
    assert f"{example.on:%d/%m/%Y}" in example.explanation or example.renewals is None
    assert example.explanation.endswith(".")


def test_the_examples_show_every_stage() -> None:
    shown = {one.renewal for one in EXAMPLES} | {one.replacement for one in EXAMPLES}

    assert shown == set(ClockStage)
