"""What is missing in the life of a device."""

from datetime import date

import pytest

import regulations
from rules.device_gaps import Step, gaps
from rules.devices import DeviceKind
from rules.evidence import Evidence
from rules.findings import Severity
from rules.lifecycle import CustodyAct

A, E = CustodyAct, Evidence
TOKEN = DeviceKind.PKI_TOKEN
ON = date(2026, 5, 1)
LAW = regulations.load()


def day(number: int) -> date:
    return date(2026, 3, number)


def codes(*steps: Step, kind: DeviceKind = TOKEN) -> list[str]:
    return [one.code for one in gaps(kind, steps, on=ON, law=LAW)]


def test_a_life_with_all_its_papers_has_no_gap() -> None:
    assert (
        codes(
            Step(A.RECEIVE, day(1), E.SCAN),
            Step(A.HAND_OVER, day(2), E.DIGITAL),
            Step(A.CONFIRM_RECEIPT, day(2), E.INTERIM),
            Step(A.RECALL, day(5), E.SCAN),
            Step(A.SEND_TO_AUTHORITY, day(6)),
            Step(A.AUTHORITY_RECEIVED, day(9), E.SCAN),
        )
        == []
    )
    assert codes() == []


def test_an_opening_balance_stays_open_until_the_minutes_of_confirmation_are_signed() -> None:
    opening = Step(A.OPENING_BALANCE, day(1))
    click = Step(A.CONFIRM_STATUS, day(2), E.INTERIM)
    paper = Step(A.CONFIRM_STATUS, day(3), E.SCAN)

    assert codes(opening) == ["gap.opening"]
    assert codes(opening, click) == ["gap.opening", "gap.interim"]
    assert codes(opening, click, paper) == []
    assert codes(opening, paper) == []


def test_the_signed_paper_that_puts_a_token_in_use_proves_its_handover() -> None:
    received = Step(A.RECEIVE, day(1), E.SCAN)
    handed = Step(A.HAND_OVER, day(2))
    assert codes(received, handed) == ["gap.paper"]
    assert codes(received, handed, Step(A.PUT_IN_USE, day(4), E.SCAN)) == []


def test_a_fresh_confirmation_is_told_and_an_old_one_is_a_gap() -> None:
    steps = [Step(A.RECEIVE, day(1), E.SCAN), Step(A.HAND_OVER, day(2), E.INTERIM)]
    fresh = gaps(TOKEN, steps, on=day(4), law=LAW)
    old = gaps(TOKEN, steps, on=day(20), law=LAW)

    assert [one.severity for one in fresh] == [Severity.INFO]
    assert [one.severity for one in old] == [Severity.SHOULD]
    assert "Mẫu số 07" in old[0].message


def test_a_parcel_that_nobody_confirmed_is_told() -> None:
    steps = [Step(A.OPENING_BALANCE, day(1), E.SCAN), Step(A.RECALL, day(2), E.SCAN)]
    sent = Step(A.SEND_TO_AUTHORITY, day(3), E.SCAN)
    assert codes(*steps, sent) == ["gap.not_received"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([A.RECEIVE, A.CONFIRM_RECEIPT, A.RECALL], ["history.broken"]),
        ([A.RECEIVE, A.SEND_TO_AUTHORITY, A.AUTHORITY_RECEIVED], ["history.broken"]),
        ([A.OPENING_BALANCE, A.REPORT_MISSING, A.CONFIRM_LOSS, A.FOUND, A.REPORT_LOCK], []),
        ([A.RECEIVE, A.FOUND, A.HAND_OVER], ["history.broken", "history.broken"]),
        ([A.RECEIVE, A.OPEN_ACCOUNT, A.HAND_OVER], ["history.broken", "history.broken"]),
    ],
)
def test_a_step_that_does_not_join_is_pointed_out_once(
    steps: list[CustodyAct], expected: list[str]
) -> None:
    found = codes(*(Step(act, day(1), E.DIGITAL) for act in steps))
    assert [one for one in found if one == "history.broken"] == expected


def test_days_that_run_backwards_are_pointed_out() -> None:
    found = codes(Step(A.RECEIVE, day(9), E.SCAN), Step(A.HAND_OVER, day(2), E.SCAN))
    assert found == ["history.order"]
