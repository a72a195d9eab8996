"""Khôi phục thiết bị lưu khóa bí mật: Điều 22 NĐ 68/2024/NĐ-CP, by kind of device."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.devices import DeviceKind, DeviceState
from rules.findings import Severity
from rules.law import LawError
from rules.unlocks import UnlockFacts, check_unlock

LAW = regulations.load()
ON = date(2026, 11, 21)
MUST, SHOULD = Severity.MUST, Severity.SHOULD
FACTS = UnlockFacts(
    name="Nguyễn Thị Thử Nghiệm",
    device_serial="5410000001",
    kind=DeviceKind.PKI_TOKEN,
    state=DeviceState.LOCKED,
    agency_name="Ủy ban nhân dân xã Thử Nghiệm",
    email="thu@example.gov.vn",
    not_after=datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC),
)


def codes(facts: UnlockFacts, on: date = ON) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in check_unlock(facts, on=on, law=LAW)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FACTS, []),
        (
            replace(FACTS, kind=DeviceKind.SIM_PKI),
            [("unlock.particulars_missing", SHOULD)],
        ),
        (replace(FACTS, kind=DeviceKind.SIM_PKI, phone_number="0900000000"), []),
        (replace(FACTS, kind=DeviceKind.HSM), [("unlock.hsm", SHOULD)]),
        (replace(FACTS, kind=DeviceKind.CENTRAL), [("unlock.no_device", MUST)]),
        (
            replace(FACTS, kind=DeviceKind.HSM, state=DeviceState.IN_USE),
            [("unlock.not_locked", MUST), ("unlock.hsm", SHOULD)],
        ),
        (replace(FACTS, device_serial=" "), [("unlock.particulars_missing", SHOULD)]),
        (replace(FACTS, not_after=None), []),
        (
            replace(FACTS, revoked_at=datetime(2026, 11, 20, tzinfo=UTC)),
            [("unlock.certificate_ended", SHOULD)],
        ),
        # 17:00 UTC is tomorrow in Vietnam.
        (replace(FACTS, revoked_at=datetime(2026, 11, 21, 17, tzinfo=UTC)), []),
        (replace(FACTS, open_request="số 9/ĐN"), [("unlock.open_request", SHOULD)]),
    ],
)
def test_only_a_locked_device_of_the_subscriber_is_unlocked(
    facts: UnlockFacts, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(facts) == expected


@pytest.mark.parametrize("state", [one for one in DeviceState if one is not DeviceState.LOCKED])
def test_a_device_in_another_state_is_refused_and_told_what_to_do(state: DeviceState) -> None:
    (found,) = check_unlock(replace(FACTS, state=state), on=ON, law=LAW)

    assert (found.code, found.severity) == ("unlock.not_locked", MUST)
    assert found.basis == "khoản 1 Điều 22 Nghị định số 68/2024/NĐ-CP"
    assert ("Mẫu số 05" in found.remedy) is (state in (DeviceState.DAMAGED, DeviceState.LOST))


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2030, 3, 11), []),
        (date(2030, 3, 12), []),
        (date(2030, 3, 13), [("unlock.certificate_ended", SHOULD)]),
    ],
)
def test_an_expired_certificate_makes_the_unlock_useless_and_not_forbidden(
    on: date, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(FACTS, on) == expected


def test_the_day_before_the_decree_has_no_answer() -> None:
    assert codes(FACTS, date(2024, 8, 15)) == []
    with pytest.raises(LawError, match="14/08/2024"):
        codes(FACTS, date(2024, 8, 14))
