"""Thất lạc: Mẫu số 09 and Mẫu số 05 together, and a device that turns up again."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.devices import DeviceKind
from rules.findings import Severity
from rules.law import LawError
from rules.losses import LossFacts, check_loss, may_be_used_again
from rules.recalls import CertificateOnDevice

LAW = regulations.load()
MUST, SHOULD = Severity.MUST, Severity.SHOULD
LIVE = CertificateOnDevice(datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC))
REVOKED = replace(LIVE, revoked_at=datetime(2026, 11, 25, 17, tzinfo=UTC))  # 26/11 ở Việt Nam
FACTS = LossFacts(
    label="Token 01",
    kind=DeviceKind.PKI_TOKEN,
    certificates=(LIVE,),
    reported_on=date(2026, 11, 20),
    lost_on=date(2026, 11, 19),
    circumstances="Rơi trên đường đi họp.",
)
MINUTES = replace(FACTS, minutes_on=date(2026, 11, 21))
SENT = replace(MINUTES, revocation_sent_on=date(2026, 11, 23))


def codes(facts: LossFacts, on: date) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in check_loss(facts, on=on, law=LAW)]


@pytest.mark.parametrize(
    ("facts", "on", "expected"),
    [
        (
            FACTS,
            date(2026, 11, 21),
            [("loss.minutes_missing", SHOULD), ("loss.revocation_missing", SHOULD)],
        ),
        (
            MINUTES,
            date(2026, 11, 20),
            [("loss.minutes_missing", SHOULD), ("loss.revocation_missing", SHOULD)],
        ),
        (MINUTES, date(2026, 11, 21), [("loss.revocation_missing", SHOULD)]),
        (SENT, date(2026, 11, 22), [("loss.revocation_missing", SHOULD)]),
        (SENT, date(2026, 11, 23), []),
        (replace(SENT, minutes_on=None), date(2026, 11, 23), [("loss.minutes_missing", MUST)]),
        (replace(MINUTES, certificates=(REVOKED,)), date(2026, 11, 26), []),
        (MINUTES, date(2030, 3, 11), [("loss.revocation_missing", SHOULD)]),
        (MINUTES, date(2030, 3, 12), []),  # hết hạn: không còn gì để thu hồi
        (
            replace(SENT, circumstances=""),
            date(2026, 11, 23),
            [("loss.circumstances_missing", SHOULD)],
        ),
        (
            replace(SENT, kind=DeviceKind.CENTRAL),
            date(2026, 11, 23),
            [("loss.nothing_to_lose", SHOULD)],
        ),
        (
            replace(SENT, lost_on=date(2026, 11, 21)),
            date(2026, 11, 23),
            [("loss.days_out_of_order", SHOULD)],
        ),
        (replace(SENT, lost_on=None), date(2026, 11, 23), []),
        (
            replace(SENT, found_on=date(2026, 11, 18)),
            date(2026, 11, 17),
            [
                ("loss.days_out_of_order", SHOULD),
                ("loss.minutes_missing", SHOULD),
                ("loss.revocation_missing", SHOULD),
            ],
        ),
    ],
)
def test_both_letters_are_asked_for_until_they_are_there(
    facts: LossFacts, on: date, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(facts, on) == expected


def test_the_letters_cite_their_articles() -> None:
    minutes, revocation = check_loss(FACTS, on=date(2026, 11, 21), law=LAW)

    assert minutes.basis == "Điều 20 Nghị định số 68/2024/NĐ-CP"
    assert revocation.basis == "điểm b khoản 1 Điều 17 Nghị định số 68/2024/NĐ-CP"


FOUND = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("facts", "on", "expected", "again"),
    [
        (replace(MINUTES, found_on=FOUND), FOUND, ("loss.found_before_sending", SHOULD), True),
        (replace(SENT, found_on=FOUND), FOUND, ("loss.found_after_sending", SHOULD), False),
        (
            replace(SENT, found_on=FOUND, certificates=(REVOKED,)),
            FOUND,
            ("loss.found_after_revocation", MUST),
            False,
        ),
        # Revoked without our letter, on the 26th in Vietnam.
        (
            replace(MINUTES, found_on=date(2026, 11, 25), certificates=(REVOKED,)),
            date(2026, 11, 25),
            ("loss.found_before_sending", SHOULD),
            True,
        ),
        (
            replace(MINUTES, found_on=date(2026, 11, 25), certificates=(REVOKED,)),
            FOUND,
            ("loss.found_after_revocation", MUST),
            False,
        ),
        (
            replace(MINUTES, found_on=FOUND),
            date(2030, 3, 12),
            ("loss.found_before_sending", SHOULD),
            False,
        ),
    ],
)
def test_a_found_device_is_used_again_only_if_nothing_was_sent_and_nothing_revoked(
    facts: LossFacts, on: date, expected: tuple[str, Severity], again: bool
) -> None:
    assert codes(facts, on) == [expected]
    assert may_be_used_again(facts, on=on) is again


def test_a_device_not_found_is_not_used_again() -> None:
    assert not may_be_used_again(MINUTES, on=FOUND)
    assert not may_be_used_again(replace(MINUTES, found_on=FOUND), on=date(2026, 11, 25))


def test_the_day_before_the_decree_has_no_answer() -> None:
    with pytest.raises(LawError, match="14/08/2024"):
        check_loss(FACTS, on=date(2024, 8, 14), law=LAW)
