"""The clock of whoever must answer a request: boundary days, Tết, and what is said about them."""

from datetime import date, timedelta

import pytest

import regulations
from rules.deadlines import (
    Progress,
    answer_clock,
    answer_period,
    check_progress,
    last_overdue_receipt,
)
from rules.findings import Severity
from rules.requests import RequestKind
from rules.working_days import WorkingCalendar

LAW = regulations.load()
TET = WorkingCalendar(
    days_off=frozenset(date(2026, 2, day) for day in range(16, 21)),
    days_worked=frozenset({date(2026, 2, 28)}),
)
ISSUANCE, RENEWAL = RequestKind.ISSUANCE, RequestKind.RENEWAL


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 3, 2), date(2026, 3, 5)),  # Monday to Thursday
        (date(2026, 3, 5), date(2026, 3, 10)),  # over a week-end
        (date(2026, 2, 13), date(2026, 2, 25)),  # the Friday before Tết
        (date(2026, 2, 14), date(2026, 2, 25)),  # a Saturday counts from its next day
        (date(2026, 2, 25), date(2026, 2, 28)),  # with a Saturday that is worked
        (date(2026, 12, 30), date(2027, 1, 4)),  # over a year's end, no holiday entered
    ],
)
def test_three_working_days_begin_on_the_day_after_the_receipt(received: date, due: date) -> None:
    clock = answer_clock(ISSUANCE, received, on=received, law=LAW, calendar=TET)

    assert clock is not None
    assert (clock.working_days, clock.due_on) == (3, due)
    assert clock.provision.citation.startswith("khoản 2 Điều 11")


@pytest.mark.parametrize(
    ("on", "left", "overdue"),
    [
        (date(2026, 2, 24), 1, False),
        (date(2026, 2, 25), 0, False),
        (date(2026, 2, 26), -1, True),
        (date(2026, 2, 27), -2, True),
    ],
)
def test_it_is_overdue_on_the_day_after_the_last_day(on: date, left: int, overdue: bool) -> None:
    clock = answer_clock(ISSUANCE, date(2026, 2, 13), on=on, law=LAW, calendar=TET)

    assert clock is not None
    assert (clock.working_days_left, clock.is_overdue) == (left, overdue)


def test_a_day_off_after_the_last_day_is_late_already() -> None:
    friday = date(2026, 3, 6)
    clock = answer_clock(
        ISSUANCE, date(2026, 3, 3), on=friday + timedelta(days=1), law=LAW, calendar=TET
    )

    assert clock is not None
    assert clock.due_on == friday
    assert clock.is_overdue


def test_only_the_period_of_a_first_issue_is_certain_and_an_unlock_has_none() -> None:
    on = date(2026, 3, 2)
    certain = {
        kind: clock and not clock.is_expected
        for kind in RequestKind
        for clock in [answer_clock(kind, on, on=on, law=LAW, calendar=TET)]
    }

    assert certain == {
        RequestKind.ISSUANCE: True,
        RequestKind.RENEWAL: False,
        RequestKind.AMENDMENT: False,
        RequestKind.REVOCATION: False,
        RequestKind.UNLOCK: None,
    }
    assert answer_period(RequestKind.UNLOCK, on=on, law=LAW) is None


@pytest.mark.parametrize("on", [date(2026, 2, 13) + timedelta(days=n) for n in range(20)])
def test_the_list_of_overdue_ones_and_the_rule_agree(on: date) -> None:
    last = last_overdue_receipt(3, on=on, calendar=TET)

    for received in (last - timedelta(days=1), last, last + timedelta(days=1)):
        if received > on:
            continue
        clock = answer_clock(ISSUANCE, received, on=on, law=LAW, calendar=TET)
        assert clock is not None
        assert clock.is_overdue is (received <= last)


def said(on: date, **more: object) -> dict[str, tuple[Severity, str, str]]:
    facts = {
        "kind": RENEWAL,
        "sent_on": date(2026, 3, 2),
        "received_on": None,
        "dossier_code": "",
        "open_lines": 1,
        **more,
    }
    found = check_progress(Progress(**facts), on=on, law=LAW, calendar=TET)  # type: ignore[arg-type]
    return {one.code: (one.severity, one.message, one.remedy) for one in found}


def test_what_is_not_received_after_some_working_days_is_asked_about() -> None:
    assert said(date(2026, 3, 5))["progress.not_received"][0] is Severity.INFO
    weight, words, remedy = said(date(2026, 3, 6))["progress.not_received"]
    assert weight is Severity.SHOULD
    assert "4 ngày làm việc" in words
    assert "mã hồ sơ" in remedy


def test_a_period_of_the_old_procedure_is_called_expected() -> None:
    _, words, _ = said(date(2026, 3, 3), received_on=date(2026, 3, 2))["progress.waiting"]
    assert "dự kiến, theo thủ tục cũ: 03 ngày làm việc" in words
    certain = said(date(2026, 3, 3), received_on=date(2026, 3, 2), kind=ISSUANCE)
    assert "dự kiến" not in certain["progress.waiting"][1]


def test_an_overdue_one_says_how_late_and_whom_to_ask() -> None:
    weight, words, remedy = said(
        date(2026, 3, 9), received_on=date(2026, 3, 2), dossier_code="HS-1"
    )["progress.overdue"]
    assert weight is Severity.SHOULD
    assert "quá hạn trả lời 2 ngày làm việc (hạn 05/03/2026" in words
    assert "theo mã hồ sơ HS-1" in remedy
    without = said(date(2026, 3, 9), received_on=date(2026, 3, 2))["progress.overdue"]
    assert "theo mã hồ sơ" not in without[2]


def test_without_a_period_nothing_is_invented() -> None:
    found = said(date(2026, 3, 9), received_on=date(2026, 3, 2), kind=RequestKind.UNLOCK)
    assert "Chưa tìm được thời hạn" in found["progress.no_period"][1]


def test_a_copy_is_owed_until_it_is_sent_even_when_all_lines_are_answered() -> None:
    under = LAW.under("bac_ninh_60_2025")
    facts = Progress(RENEWAL, date(2026, 3, 2), date(2026, 3, 2), "", 0, ("Sở Khoa học",))
    (owed,) = check_progress(facts, on=date(2026, 3, 9), law=under, calendar=TET)
    assert owed.severity is Severity.SHOULD
    assert "khoản 1 Điều 6" in owed.basis
    (house,) = check_progress(facts, on=date(2026, 3, 9), law=LAW, calendar=TET)
    assert house.provision is None
    assert said(date(2026, 3, 9), open_lines=0) == {}
