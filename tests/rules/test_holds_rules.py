"""What an open line keeps for itself, and when nobody can sign digitally."""

from datetime import UTC, date, datetime

import pytest

from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.findings import Severity
from rules.holds import (
    amendment_hold,
    check_crossing,
    check_hold,
    issuance_hold,
    renewal_hold,
    revocation_hold,
    unlock_hold,
)
from rules.requests import RequestKind
from rules.signing_mode import SigningMeans, why_not_digital

TODAY = date(2026, 11, 21)
FUTURE = datetime(2028, 1, 1, tzinfo=UTC)


def test_holds_of_different_things_never_meet() -> None:
    words = [
        renewal_hold(1),
        amendment_hold(1),
        revocation_hold(1),
        unlock_hold(1),
        *(issuance_hold(kind, 1, device) for kind in SubscriberKind for device in DeviceKind),
    ]
    assert len(set(words)) == len(words)
    assert max(map(len, words)) <= 40


@pytest.mark.parametrize("kind", list(RequestKind))
def test_a_second_open_request_for_the_same_thing_is_refused_in_words(kind: RequestKind) -> None:
    (found,) = check_hold(kind, "Nguyễn Văn An", "số 7 trong sổ")
    assert found.severity is Severity.MUST
    assert "Nguyễn Văn An đang nằm trong đề nghị" in found.message
    assert "số 7 trong sổ" in found.message
    assert check_hold(kind, "Nguyễn Văn An", "") == ()


def test_letters_of_two_kinds_about_one_certificate_warn_and_do_not_refuse() -> None:
    (found,) = check_crossing("Nguyễn Văn An", "số 7 trong sổ")
    assert found.severity is Severity.SHOULD
    assert "số 7 trong sổ" in found.message
    assert check_crossing("Nguyễn Văn An", "") == ()


@pytest.mark.parametrize(
    ("means", "first", "words"),
    [
        ([], False, ""),
        ([], True, "chưa có chứng thư"),
        ([SigningMeans(FUTURE)], True, ""),
        ([SigningMeans(FUTURE, None, DeviceState.IN_USE)], False, ""),
        ([SigningMeans(FUTURE, None, DeviceState.LOCKED)], False, "thiết bị bị khóa"),
        ([SigningMeans(FUTURE, None, DeviceState.LOST)], False, "thất lạc"),
        ([SigningMeans(datetime(2026, 11, 20, 9, tzinfo=UTC))], False, "hết hạn ngày 20/11/2026"),
        ([SigningMeans(FUTURE, datetime(2026, 1, 2, tzinfo=UTC))], False, "đã bị thu hồi ngày"),
        ([SigningMeans(FUTURE, None, DeviceState.LOCKED), SigningMeans(FUTURE)], False, ""),
    ],
)
def test_signing_by_hand_is_proposed_only_where_every_known_means_fails(
    means: list[SigningMeans], first: bool, words: str
) -> None:
    said = why_not_digital(means, whose="Người ký", first=first, on=TODAY)
    assert words in said
    assert bool(said) == bool(words)


def test_the_last_day_of_a_certificate_still_signs() -> None:
    on_the_day = SigningMeans(datetime(2026, 11, 21, 9, tzinfo=UTC))
    assert why_not_digital([on_the_day], whose="Người ký", first=False, on=TODAY) == ""
