"""Counting: by several people, with the network gone for a while."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

import regulations
from rules.devices import DeviceState
from rules.findings import Severity
from rules.stocktakes import (
    FOLLOW_UPS,
    Closing,
    Count,
    CountOutcome,
    Expected,
    FollowUpAct,
    Item,
    check_closing,
    check_count,
    distinct,
    follow_ups,
    merge,
    self_confirmation_fits,
    totals,
)

O, S = CountOutcome, DeviceState  # noqa: E741
T = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
BOOKS = (Expected(1, S.IN_USE, 10), Expected(2, S.IN_USE, 20), Expected(3, S.IN_STOCK))


def seen(client_id: str, device_id: int | None = 1, minute: int = 0, **more: object) -> Count:
    at = T + timedelta(minutes=minute)
    return Count(client_id, 7, at, device_id, **more)  # type: ignore[arg-type]


def items(*counts: Count) -> dict[int | None, Item]:
    return {one.device_id: one for one in merge(BOOKS, counts)}


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ([], O.NOT_COUNTED),
        ([seen("a")], O.RIGHT),
        ([seen("a", found_holder_id=10)], O.RIGHT),
        ([seen("a", found_holder_id=20)], O.WRONG_HOLDER),
        ([seen("a", damaged=True)], O.DAMAGED),
        ([seen("a", seen=False)], O.MISSING),
        ([seen("a", seen=False), seen("b", minute=5)], O.RIGHT),
        ([seen("a"), seen("b", damaged=True)], O.DAMAGED),
        ([seen("a", found_holder_id=20), seen("b", corrects=frozenset({"a"}))], O.RIGHT),
    ],
)
def test_what_the_counts_of_one_device_say(counts: list[Count], outcome: CountOutcome) -> None:
    item = items(*counts)[1]
    assert (item.outcome, item.in_conflict) == (outcome, False)


def test_not_counted_is_not_missing_and_a_thing_in_no_book_is_surplus() -> None:
    found = items(seen("a"), seen("x", None, code="LẠ-1"), seen("y", None, code="LẠ-1"))

    assert found[2].outcome is O.NOT_COUNTED
    assert (found[None].outcome, found[None].code) == (O.SURPLUS, "LẠ-1")
    assert len(found[None].counts) == 2
    assert items(seen("z", 99))[99].outcome is O.SURPLUS


def test_a_damaged_device_that_the_books_call_damaged_is_right() -> None:
    (item,) = merge([Expected(5, S.DAMAGED)], [seen("a", 5, damaged=True)])
    assert item.outcome is O.RIGHT


def test_two_people_who_name_two_holders_contradict_each_other() -> None:
    item = items(seen("a", found_holder_id=10), seen("b", found_holder_id=20))[1]
    assert (item.in_conflict, item.found_holder_id) == (True, None)


def test_repeated_uploads_count_once_in_whatever_order_they_arrive() -> None:
    counts = [seen("a"), seen("b", 2, 1), seen("a"), seen("c", 3, 2, seen=False)]
    expected = merge(BOOKS, counts[:2] + counts[3:])

    for order in permutations(counts):
        assert sorted(merge(BOOKS, order), key=str) == sorted(expected, key=str)
    assert [one.client_id for one in distinct(counts)] == ["a", "b", "c"]


def test_one_id_sent_by_two_keeps_the_earlier_count() -> None:
    later = replace(seen("a", minute=9), counted_by_id=8)
    assert distinct([later, seen("a")]) == distinct([seen("a"), later]) == (seen("a"),)


def test_two_hundred_tokens_counted_by_two_at_once_with_a_drop_in_the_middle() -> None:
    books = [Expected(number, S.IN_USE, number) for number in range(200)]
    first = [seen(f"first-{number}", number, number) for number in range(120)]
    second = [seen(f"second-{number}", number, number) for number in range(80, 200)]
    # The telephone sends again what it is not sure of, after the network came back.
    arrived = first[:60] + second + first[40:]

    sums = totals(merge(books, arrived))
    assert (sums.by_books, sums.counted, sums.difference) == (200, 200, 0)
    assert sums.by_outcome[O.RIGHT] == 200


def test_the_three_columns_of_the_minutes() -> None:
    sums = totals(merge(BOOKS, [seen("a"), seen("b", 2, seen=False), seen("x", None, code="LẠ-1")]))
    assert (sums.by_books, sums.counted, sums.difference) == (3, 2, -1)
    assert sums.by_outcome[O.NOT_COUNTED] == 1


def test_every_outcome_but_the_right_one_has_something_that_follows() -> None:
    assert set(FOLLOW_UPS) == set(CountOutcome)
    found = follow_ups(merge(BOOKS, [seen("a"), seen("b", 2, found_holder_id=10)]))
    assert [(one.device_id, act) for one, act in found] == [
        (2, FollowUpAct.CORRECT_HOLDER),
        (3, FollowUpAct.COUNT_LATER),
    ]


def test_nothing_is_counted_in_the_future_or_after_the_closing() -> None:
    assert check_count(seen("a"), closed_at=None, now=T) == ()
    (future,) = check_count(seen("a", minute=5), closed_at=None, now=T)
    (locked,) = check_count(seen("a"), closed_at=T, now=T)
    assert (future.code, locked.code) == ("stocktake.future_count", "stocktake.locked")
    assert future.severity is locked.severity is Severity.MUST


ALL = [seen("a"), seen("b", 2), seen("c", 3)]
CLOSING = Closing(date(2026, 7, 1), date(2026, 7, 10), frozenset({4}), 4)


def closing(facts: Closing, counts: list[Count], on: date = date(2026, 7, 2)) -> list[str]:
    law = regulations.load().under("tuyen_quang_06_2026")
    return [one.code for one in check_closing(facts, merge(BOOKS, counts), on=on, law=law)]


def test_a_complete_count_may_be_closed_by_the_committee() -> None:
    assert closing(CLOSING, ALL) == []


def test_what_stands_against_closing() -> None:
    contradiction = [seen("a", found_holder_id=10), seen("d", found_holder_id=11), *ALL[1:]]
    assert closing(CLOSING, contradiction) == ["stocktake.conflict"]
    assert closing(CLOSING, ALL[1:]) == ["stocktake.not_counted"]
    assert closing(replace(CLOSING, closed=True), ALL) == ["stocktake.closed_already"]
    assert closing(CLOSING, ALL, date(2026, 6, 30)) == ["stocktake.closed_too_early"]
    assert closing(CLOSING, ALL, date(2026, 7, 11)) == ["stocktake.overdue"]
    assert closing(replace(CLOSING, member_ids=frozenset()), ALL) == ["stocktake.no_committee"]
    assert closing(replace(CLOSING, closing_person_id=5), ALL) == ["stocktake.not_a_member"]
    assert closing(replace(CLOSING, expects_late_counts=True), ALL) == ["stocktake.late_counts"]


def test_only_who_has_it_by_the_books_is_asked_whether_it_is_there() -> None:
    assert self_confirmation_fits(BOOKS[0], 10)
    assert not self_confirmation_fits(BOOKS[0], 20)
    assert not self_confirmation_fits(Expected(9, S.RETURNED_TO_CA, 10), 10)
