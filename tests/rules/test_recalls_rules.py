"""Thu hồi thiết bị: 05 ngày làm việc from the receipt of the notice (Điều 20 NĐ 68/2024/NĐ-CP)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.devices import DeviceKind, DeviceState
from rules.findings import Severity
from rules.recalls import (
    CertificateOnDevice,
    RecallFacts,
    RecallStage,
    check_recall,
    check_return,
    recall_clock,
)
from rules.working_days import WorkingCalendar

LAW = regulations.load()
CALENDAR = WorkingCalendar(days_off=frozenset({date(2030, 4, 30), date(2030, 5, 1)}))
MUST, SHOULD, INFO = Severity.MUST, Severity.SHOULD, Severity.INFO
Stage = RecallStage
ONE = CertificateOnDevice(datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC))
LATER = CertificateOnDevice(datetime(2033, 3, 11, 16, 36, 53, tzinfo=UTC))
REVOKED = replace(LATER, revoked_at=datetime(2030, 4, 1, 18, tzinfo=UTC))  # 02/04 ở Việt Nam
FACTS = RecallFacts("Token 01", DeviceKind.PKI_TOKEN, DeviceState.IN_USE, (ONE,))
NOTICE = replace(FACTS, notice_received_on=date(2030, 4, 25))  # thứ Năm


def stage(facts: RecallFacts, on: date) -> RecallStage:
    return recall_clock(facts, on=on, law=LAW, calendar=CALENDAR).stage


def codes(facts: RecallFacts, on: date) -> list[tuple[str, Severity]]:
    found = check_recall(facts, on=on, law=LAW, calendar=CALENDAR)
    return [(one.code, one.severity) for one in found]


@pytest.mark.parametrize(
    ("facts", "on", "expected"),
    [
        (FACTS, date(2030, 3, 11), Stage.NOT_DUE),
        (FACTS, date(2030, 3, 12), Stage.PROMPTED),
        (FACTS, date(2030, 12, 31), Stage.PROMPTED),
        # Midnight in Vietnam while it is still the 12th in UTC.
        (
            replace(
                FACTS,
                certificates=(CertificateOnDevice(datetime(2030, 3, 12, 17, tzinfo=UTC)),),
            ),
            date(2030, 3, 12),
            Stage.NOT_DUE,
        ),
        # A renewed certificate on the same device keeps it in use.
        (replace(FACTS, certificates=(ONE, LATER)), date(2030, 3, 20), Stage.NOT_DUE),
        (replace(FACTS, certificates=(ONE, REVOKED)), date(2030, 4, 1), Stage.NOT_DUE),
        (replace(FACTS, certificates=(ONE, REVOKED)), date(2030, 4, 2), Stage.PROMPTED),
        (replace(FACTS, certificates=()), date(2030, 4, 2), Stage.NOT_DUE),
        (replace(FACTS, kind=DeviceKind.SIM_PKI), date(2030, 3, 12), Stage.PROMPTED),
        (replace(FACTS, kind=DeviceKind.HSM), date(2030, 3, 12), Stage.NOTHING_TO_RECALL),
        (replace(FACTS, kind=DeviceKind.CENTRAL), date(2030, 3, 12), Stage.NOTHING_TO_RECALL),
        (replace(FACTS, state=DeviceState.LOST), date(2030, 3, 12), Stage.LOST),
    ],
)
def test_the_reminder_starts_when_the_last_certificate_on_the_device_ends(
    facts: RecallFacts, on: date, expected: RecallStage
) -> None:
    assert stage(facts, on) is expected


@pytest.mark.parametrize(
    ("notice", "due"),
    [
        (date(2030, 4, 15), date(2030, 4, 22)),
        (date(2030, 4, 19), date(2030, 4, 26)),  # thứ Sáu
        (date(2030, 4, 20), date(2030, 4, 26)),  # thứ Bảy
        (date(2030, 4, 25), date(2030, 5, 6)),  # qua 30/4, 01/5
        (date(2030, 12, 27), date(2031, 1, 3)),  # qua năm
        (date(2032, 2, 26), date(2032, 3, 4)),  # năm nhuận
    ],
)
def test_five_working_days_run_from_the_receipt_of_the_notice(notice: date, due: date) -> None:
    facts = replace(FACTS, notice_received_on=notice)
    the_day_before, on, after = (date.fromordinal(due.toordinal() + n) for n in (-1, 0, 1))

    assert recall_clock(facts, on=on, law=LAW, calendar=CALENDAR).due_on == due
    assert codes(facts, the_day_before) == [("recall.running", SHOULD)]
    assert codes(facts, on) == [("recall.running", SHOULD)]
    assert codes(facts, after) == [("recall.overdue", MUST)]


@pytest.mark.parametrize(
    ("facts", "on", "expected"),
    [
        (FACTS, date(2030, 3, 11), []),
        (FACTS, date(2030, 3, 12), [("recall.prompt", SHOULD)]),
        (FACTS, date(2040, 3, 12), [("recall.prompt", SHOULD)]),  # không có thông báo: không MUST
        (NOTICE, date(2030, 4, 24), [("recall.prompt", SHOULD)]),  # thông báo chưa đến
        (NOTICE, date(2030, 4, 25), [("recall.running", SHOULD)]),
        (
            replace(NOTICE, certificates=(LATER,)),
            date(2030, 4, 25),
            [("recall.running", SHOULD), ("recall.end_not_recorded", SHOULD)],
        ),
        (
            replace(NOTICE, certificates=(LATER,)),
            date(2030, 5, 7),
            [("recall.overdue", MUST), ("recall.end_not_recorded", SHOULD)],
        ),
        (replace(NOTICE, handed_over_on=date(2030, 5, 6)), date(2030, 5, 6), []),
        (
            replace(NOTICE, handed_over_on=date(2030, 5, 7)),
            date(2030, 5, 6),
            [("recall.running", SHOULD)],
        ),
        (
            replace(NOTICE, handed_over_on=date(2030, 5, 7)),
            date(2030, 5, 7),
            [("recall.late", INFO)],
        ),
        (replace(FACTS, handed_over_on=date(2030, 5, 7)), date(2030, 5, 7), []),
        (replace(FACTS, state=DeviceState.LOST), date(2030, 5, 7), [("recall.lost", INFO)]),
        (replace(FACTS, kind=DeviceKind.HSM), date(2030, 5, 7), []),
    ],
)
def test_only_a_notice_that_has_run_out_is_a_breach(
    facts: RecallFacts, on: date, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(facts, on) == expected


def test_the_sentence_tells_the_days() -> None:
    (running,) = check_recall(NOTICE, on=date(2030, 4, 29), law=LAW, calendar=CALENDAR)
    (overdue,) = check_recall(NOTICE, on=date(2030, 5, 8), law=LAW, calendar=CALENDAR)

    assert "chậm nhất ngày 06/05/2030" in running.message
    assert "còn 3 ngày làm việc" in running.message
    assert "đã quá 2 ngày làm việc" in overdue.message
    assert overdue.basis == "Điều 20 Nghị định số 68/2024/NĐ-CP"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeviceState.IN_USE, "Thu lại thiết bị từ thuê bao"),
        (DeviceState.RECALLED, "Chờ thông báo thu hồi"),
        (DeviceState.IN_STOCK, "Chờ thông báo thu hồi"),
    ],
)
def test_before_the_notice_the_next_step_depends_on_who_has_the_device(
    state: DeviceState, words: str
) -> None:
    facts = replace(FACTS, state=state)
    (told,) = check_recall(facts, on=date(2030, 3, 20), law=LAW, calendar=CALENDAR)
    assert words in told.remedy
    assert ("chưa nộp về Cục" in told.message) is (state is not DeviceState.IN_USE)


@pytest.mark.parametrize(
    ("facts", "on", "expected"),
    [
        (FACTS, date(2030, 3, 11), [("return.certificate_still_valid", MUST)]),
        (FACTS, date(2030, 3, 12), []),
        (NOTICE, date(2030, 4, 25), []),
        (
            replace(FACTS, notice_received_on=date(2030, 3, 1)),
            date(2030, 3, 2),
            [],
        ),
        (
            replace(FACTS, state=DeviceState.MISSING),
            date(2030, 3, 12),
            [("return.device_lost", MUST)],
        ),
        (
            replace(FACTS, kind=DeviceKind.HSM),
            date(2030, 3, 12),
            [("return.nothing_to_return", SHOULD)],
        ),
    ],
)
def test_only_a_device_whose_certificates_ended_goes_into_form_08(
    facts: RecallFacts, on: date, expected: list[tuple[str, Severity]]
) -> None:
    found = check_return(facts, on=on, law=LAW)

    assert [(one.code, one.severity) for one in found] == expected
