"""Cấp lại: Điều 21 NĐ 68/2024/NĐ-CP and Bắc Ninh Điều 12 khoản 1."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Severity
from rules.law import Law, LawError
from rules.reissues import ReissueFacts, check_reissue, check_reissued_certificate
from rules.renewals import RenewedCertificate

LAW = regulations.load()
BAC_NINH = LAW.under("bac_ninh_60_2025")
SHOULD, INFO = Severity.SHOULD, Severity.INFO
FACTS = ReissueFacts(
    name="Nguyễn Thị Thử Nghiệm",
    serial_number="2A05F812673607B0",
    kind=SubscriberKind.INDIVIDUAL,
    not_after=datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC),
    revoked_at=None,
    renewals=1,
    carried_serial="2a:05:f8:12:67:36:07:b0",
)
EARLY = [("reissue.before_expiry", SHOULD)]


def codes(
    facts: ReissueFacts, on: date, law: Law = LAW, received_on: date | None = None
) -> list[tuple[str, Severity]]:
    found = check_reissue(facts, on=on, law=law, received_on=received_on)
    return [(one.code, one.severity) for one in found]


@pytest.mark.parametrize(
    ("facts", "on", "received_on", "expected"),
    [
        (FACTS, date(2030, 3, 11), None, EARLY),
        (FACTS, date(2030, 3, 12), None, EARLY),
        (FACTS, date(2030, 3, 13), None, []),
        (FACTS, date(2030, 3, 1), date(2030, 3, 13), []),
        (FACTS, date(2030, 3, 1), date(2030, 3, 12), EARLY),
        (FACTS, date(2030, 3, 13), date(2030, 3, 1), []),
        # Midnight in Vietnam while it is still the 12th in UTC.
        (
            replace(FACTS, not_after=datetime(2030, 3, 12, 17, tzinfo=UTC)),
            date(2030, 3, 13),
            None,
            EARLY,
        ),
        (replace(FACTS, revoked_at=datetime(2029, 5, 1, tzinfo=UTC)), date(2029, 5, 1), None, []),
        (
            replace(FACTS, revoked_at=datetime(2029, 5, 1, tzinfo=UTC)),
            date(2029, 4, 30),
            None,
            EARLY,
        ),
    ],
)
def test_a_letter_before_the_old_certificate_ended_is_warned_about(
    facts: ReissueFacts, on: date, received_on: date | None, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(facts, on, received_on=received_on) == expected


@pytest.mark.parametrize(
    ("law", "on", "basis"),
    [
        (LAW, date(2026, 11, 21), "Điều 21 Nghị định số 68/2024/NĐ-CP"),
        (BAC_NINH, date(2025, 11, 14), "Điều 21 Nghị định số 68/2024/NĐ-CP"),
        (BAC_NINH, date(2025, 11, 15), "khoản 1 Điều 12 Quy chế"),
        (BAC_NINH, date(2026, 11, 21), "khoản 1 Điều 12 Quy chế"),
    ],
)
def test_the_warning_cites_the_law_of_the_place_and_the_day(law: Law, on: date, basis: str) -> None:
    (found,) = check_reissue(FACTS, on=on, law=law)

    assert found.severity is SHOULD
    assert found.basis.startswith(basis)


@pytest.mark.parametrize(
    ("renewals", "on", "possible"),
    [
        (0, date(2030, 2, 9), True),
        (0, date(2030, 2, 10), True),
        (0, date(2030, 2, 11), False),
        (1, date(2030, 2, 10), False),
        (None, date(2030, 2, 10), False),
    ],
)
def test_a_renewal_that_is_still_possible_is_pointed_out(
    renewals: int | None, on: date, possible: bool
) -> None:
    found = codes(replace(FACTS, renewals=renewals), on)

    assert (("reissue.renewal_possible", SHOULD) in found) is possible


@pytest.mark.parametrize(
    ("kind", "carried", "expected"),
    [
        (SubscriberKind.INDIVIDUAL, "2A05F812673607B0", []),
        (SubscriberKind.INDIVIDUAL, "", [("reissue.old_serial", SHOULD)]),
        (SubscriberKind.INDIVIDUAL, "2A05", [("reissue.old_serial", SHOULD)]),
        (SubscriberKind.ORGANISATION, "", []),
        (SubscriberKind.SYSTEM, "", []),
    ],
)
def test_the_old_serial_is_carried_where_the_form_has_a_column_for_it(
    kind: SubscriberKind, carried: str, expected: list[tuple[str, Severity]]
) -> None:
    facts = replace(FACTS, kind=kind, carried_serial=carried)

    assert codes(facts, date(2030, 3, 13)) == expected


@pytest.mark.parametrize(
    ("kind", "handed_over", "expected"),
    [
        (DeviceKind.PKI_TOKEN, False, [("reissue.old_device", INFO)]),
        (DeviceKind.PKI_TOKEN, True, []),
        (DeviceKind.HSM, False, []),
        (None, False, []),
    ],
)
def test_the_old_device_is_not_forgotten(
    kind: DeviceKind | None, handed_over: bool, expected: list[tuple[str, Severity]]
) -> None:
    facts = replace(FACTS, device_kind=kind, device_handed_over=handed_over)

    assert codes(facts, date(2030, 3, 13)) == expected


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [("aa", "bb", False), ("aa", "aa", True), (None, "aa", False), (None, None, False)],
)
def test_a_new_chain_has_a_new_key(old: str | None, new: str | None, same: bool) -> None:
    begins = datetime(2025, 3, 13, tzinfo=UTC)
    found = check_reissued_certificate(
        RenewedCertificate("1", begins, FACTS.not_after, old),
        RenewedCertificate("2", begins, FACTS.not_after, new),
    )

    assert [one.code for one in found] == (["reissue.same_key"] if same else [])


def test_the_day_before_the_decree_has_no_answer() -> None:
    with pytest.raises(LawError, match="14/08/2024"):
        codes(FACTS, date(2024, 8, 14))
