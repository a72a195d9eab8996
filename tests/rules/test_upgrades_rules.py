"""When and how far signatures are raised to a higher PAdES level."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.upgrades import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    RENEW_AGAIN_AFTER,
    RENEW_BEFORE,
    PadesLevel,
    at_least,
    next_try,
    reachable,
    renewal_due,
)
from signing.pades.report import Level

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def test_the_levels_are_those_of_the_verification_report() -> None:
    assert [(one.name, one.value) for one in PadesLevel] == [(one.name, one.value) for one in Level]


@pytest.mark.parametrize("level", PadesLevel)
def test_until_all_have_signed_nothing_is_added_behind_the_file(level: PadesLevel) -> None:
    assert reachable(level, finished=True) is level
    assert reachable(level, finished=False) is (
        PadesLevel.B_B if level is PadesLevel.B_B else PadesLevel.B_T
    )
    assert at_least(level, reachable(level, finished=False))


def test_tries_come_later_and_later_until_a_person_is_asked() -> None:
    pauses = [next_try(number, AT) - AT for number in range(1, MOST_ATTEMPTS)]
    assert pauses[:4] == [FIRST_PAUSE * 2**number for number in range(4)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert timedelta(days=3) < sum(pauses, timedelta()) < timedelta(days=6)
    assert next_try(0, AT) == AT + FIRST_PAUSE
    assert next_try(MOST_ATTEMPTS, AT) is None


def test_an_archive_stamp_is_renewed_in_time_but_not_over_and_over() -> None:
    ends = AT + timedelta(days=400)
    assert renewal_due(ends, AT) == ends - RENEW_BEFORE
    assert renewal_due(AT + timedelta(days=10), AT) == AT + RENEW_AGAIN_AFTER
