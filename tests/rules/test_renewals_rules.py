"""Gia hạn, on the boundary days of Điều 12 NĐ 68/2024/NĐ-CP."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

import regulations
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, blocking, warnings
from rules.law import LawError
from rules.renewals import (
    RenewalFacts,
    RenewedCertificate,
    check_renewal,
    check_renewed_certificate,
)

ENDS = date(2030, 3, 12)
FACTS = RenewalFacts(
    name="Nguyễn Thị Thử Nghiệm",
    serial_number="2A05F812673607B0",
    kind=SubscriberKind.INDIVIDUAL,
    not_before=datetime(2025, 3, 13, 16, 36, 53, tzinfo=UTC),
    not_after=datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC),
    revoked_at=None,
    renewals=0,
    email="thu.nghiem@example.gov.vn",
)
IN_SEASON = ENDS - timedelta(days=90)


def check(facts: RenewalFacts = FACTS, on: date = IN_SEASON, **rest: date) -> tuple[Finding, ...]:
    return check_renewal(facts, on=on, law=regulations.load(), **rest)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in findings]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (121, [("renewal.early", Severity.INFO)]),
        (120, []),
        (119, []),
        (46, []),
        (45, []),
        (44, [("renewal.urgent", Severity.SHOULD)]),
        (31, [("renewal.urgent", Severity.SHOULD)]),
        (30, [("renewal.urgent", Severity.SHOULD)]),
        (29, [("renewal.too_few_days_left", Severity.MUST)]),
        (0, [("renewal.too_few_days_left", Severity.MUST)]),
        (-1, [("renewal.expired", Severity.MUST)]),
    ],
)
def test_the_days_left_on_the_day_of_receipt_decide(
    left: int, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(check(on=ENDS - timedelta(days=left))) == expected


def test_the_planned_day_of_receipt_counts_and_not_the_day_of_writing() -> None:
    found = check(on=date(2030, 2, 8), received_on=date(2030, 2, 11))

    assert codes(found) == [("renewal.too_few_days_left", Severity.MUST)]
    assert "hết hạn ngày 12/03/2030" in found[0].message
    assert "ngày dự kiến tiếp nhận 11/02/2030 chỉ còn 29 ngày" in found[0].message
    assert "phải còn ít nhất 30 ngày" in found[0].message
    assert "chậm nhất ngày 10/02/2030" in found[0].message
    assert "Nghị định không nói rõ tính vào ngày nào" in found[0].message
    assert "sửa ngày dự kiến tiếp nhận" in found[0].remedy
    assert found[0].basis == "Điều 12 Nghị định số 68/2024/NĐ-CP"
    assert blocking(check(on=date(2030, 2, 8), received_on=date(2030, 2, 10))) == ()


def test_a_planned_day_that_has_passed_is_said_and_today_counts_instead() -> None:
    found = check(on=date(2030, 2, 11), received_on=date(2030, 2, 1))

    assert codes(found) == [
        ("renewal.too_few_days_left", Severity.MUST),
        ("renewal.receipt_day_passed", Severity.SHOULD),
    ]
    assert "01/02/2030 đã qua" in found[1].message


def test_urgent_is_a_rule_of_the_house_with_the_days_in_it() -> None:
    (found,) = check(on=date(2030, 2, 1))

    assert found.basis == "Quy tắc của phần mềm"
    assert "còn 39 ngày" in found.message
    assert "26/01/2030" in found.message
    assert "10/02/2030" in found.remedy


def test_an_agency_may_choose_its_own_margin() -> None:
    on = ENDS - timedelta(days=59)
    law = regulations.load()

    assert codes(check_renewal(FACTS, on=on, law=law, margin_days=60)) == [
        ("renewal.urgent", Severity.SHOULD)
    ]
    assert check_renewal(FACTS, on=on, law=law, margin_days=59) == ()


@pytest.mark.parametrize("times", [1, 2])
def test_a_second_renewal_is_refused_with_article_12(times: int) -> None:
    (found,) = check(replace(FACTS, renewals=times))

    assert (found.code, found.severity) == ("renewal.already_renewed", Severity.MUST)
    assert found.basis == "Điều 12 Nghị định số 68/2024/NĐ-CP"
    assert found.provision is not None
    assert "chỉ được đề nghị gia hạn 01 lần" in found.provision.quote
    assert f"đã được gia hạn {times:02d} lần" in found.message


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (SubscriberKind.INDIVIDUAL, "Mẫu số 01"),
        (SubscriberKind.ORGANISATION, "Mẫu số 02"),
        (SubscriberKind.SYSTEM, "Mẫu số 03"),
    ],
)
def test_who_may_not_renew_is_told_which_form_to_use_instead(
    kind: SubscriberKind, form: str
) -> None:
    facts = replace(FACTS, kind=kind, renewals=1)

    for found in (*check(facts), *check(facts, on=ENDS + timedelta(days=1))):
        assert form in found.remedy
        # Only the form for individuals has a column for the old serial number.
        assert ("2A05F812673607B0" in found.remedy) is (kind is SubscriberKind.INDIVIDUAL)
        assert "Mẫu số 05" in found.remedy
        assert "Mẫu số 08" in found.remedy


def test_unknown_history_warns_and_lets_a_leader_go_on() -> None:
    found = check(replace(FACTS, renewals=None))

    assert codes(found) == [("renewal.history_unknown", Severity.SHOULD)]
    assert blocking(found) == ()
    assert warnings(found) == found
    assert "xác nhận lịch sử gia hạn" in found[0].remedy


def test_a_revoked_certificate_is_not_renewed_but_issued_anew() -> None:
    revoked = replace(FACTS, revoked_at=datetime(2029, 11, 20, 18, tzinfo=UTC))
    (found,) = check(revoked)

    assert (found.code, found.severity) == ("renewal.revoked", Severity.MUST)
    assert "thu hồi ngày 21/11/2029" in found.message
    assert found.basis == "Điều 21 Nghị định số 68/2024/NĐ-CP"
    assert "Mẫu số 01" in found.remedy


def test_an_expired_certificate_says_since_when() -> None:
    (found,) = check(on=date(2030, 3, 22))

    assert "hết hạn ngày 12/03/2030, cách đây 10 ngày" in found.message
    assert found.basis == "Điều 12 Nghị định số 68/2024/NĐ-CP"


def test_a_certificate_not_yet_valid_is_a_warning_of_the_house() -> None:
    found = check(on=date(2025, 3, 12))

    assert codes(found) == [
        ("renewal.not_yet_valid", Severity.SHOULD),
        ("renewal.early", Severity.INFO),
    ]
    assert "từ ngày 13/03/2025" in found[0].message


def test_an_open_request_for_the_same_chain_refuses_a_second_one() -> None:
    (found,) = check(replace(FACTS, open_request="số 12/ĐN"))

    assert (found.code, found.severity) == ("renewal.open_request", Severity.MUST)
    assert "số 12/ĐN" in found.message
    assert "số 12/ĐN" in found.remedy


def test_what_the_form_asks_for_and_is_missing_leaves_a_blank() -> None:
    found = check(replace(FACTS, name=" ", serial_number="", email=None))

    assert codes(found) == [
        ("renewal.particulars_missing", Severity.SHOULD),
        ("renewal.email_missing", Severity.SHOULD),
    ]
    assert "tên chứng thư và số hiệu chứng thư" in found[0].message
    assert found[0].basis == "Mẫu số 04 Phụ lục Nghị định số 68/2024/NĐ-CP"
    assert "(chưa có số hiệu)" in check(replace(FACTS, serial_number="", renewals=1))[0].remedy


def test_the_address_in_the_certificate_will_do_and_a_different_one_is_said() -> None:
    old, new = "cu@example.gov.vn", "moi@example.gov.vn"

    assert check(replace(FACTS, email=None, certificate_email=old)) == ()
    assert check(replace(FACTS, email=old.upper(), certificate_email=old)) == ()
    assert codes(check(replace(FACTS, email=new, certificate_email=old))) == [
        ("renewal.email_changed", Severity.SHOULD)
    ]


def test_a_sim_pki_needs_its_telephone_number() -> None:
    sim = replace(FACTS, device_kind=DeviceKind.SIM_PKI)

    assert codes(check(sim)) == [("renewal.sim_phone_missing", Severity.SHOULD)]
    assert check(replace(sim, sim_phone="0900000000")) == ()


def test_refusals_come_first() -> None:
    found = check(replace(FACTS, renewals=1, email=None), on=date(2025, 4, 1))

    assert [one.severity for one in found] == [Severity.MUST, Severity.SHOULD, Severity.INFO]


def test_no_finding_lacks_a_sentence_or_a_remedy() -> None:
    worst = RenewalFacts(
        "",
        "",
        SubscriberKind.SYSTEM,
        datetime(2031, 1, 1, tzinfo=UTC),
        FACTS.not_after,
        FACTS.not_before,
        None,
        open_request="x",
        device_kind=DeviceKind.SIM_PKI,
    )
    for on in (IN_SEASON, ENDS, ENDS + timedelta(days=3)):
        for found in check(worst, on=on):
            assert found.message.endswith(".")
            assert found.remedy.endswith(".")


def test_a_day_before_the_decree_has_no_answer() -> None:
    with pytest.raises(LawError, match="14/08/2024"):
        check(on=date(2024, 8, 14))


OLD = RenewedCertificate("2A05F812673607B0", FACTS.not_before, FACTS.not_after, "aa" * 32)


@pytest.mark.parametrize(
    ("not_after", "expected"),
    [
        (datetime(2033, 3, 11, 16, 36, 53, tzinfo=UTC), []),
        (datetime(2033, 3, 12, 16, 59, 59, tzinfo=UTC), []),
        (datetime(2033, 3, 12, 17, 0, 0, tzinfo=UTC), [("renewal.span_too_long", Severity.MUST)]),
        (datetime(2030, 3, 12, 16, 36, 54, tzinfo=UTC), []),
        (FACTS.not_after, [("renewal.not_extended", Severity.SHOULD)]),
    ],
)
def test_a_renewal_adds_at_most_three_years_to_the_old_expiry(
    not_after: datetime, expected: list[tuple[str, Severity]]
) -> None:
    new = replace(OLD, serial_number="2A05F812673607C1", not_after=not_after)
    found = check_renewed_certificate(OLD, new, on=IN_SEASON, law=regulations.load())

    assert codes(found) == expected


def test_too_long_a_renewal_names_the_last_possible_day() -> None:
    new = replace(OLD, not_after=datetime(2035, 3, 11, tzinfo=UTC))
    (found,) = check_renewed_certificate(OLD, new, on=IN_SEASON, law=regulations.load())

    assert "11/03/2035" in found.message
    assert "tối đa 03 năm chỉ đến ngày 12/03/2033" in found.message
    assert found.basis == "Điều 9 Nghị định số 68/2024/NĐ-CP"


def test_another_key_is_not_a_renewal() -> None:
    longer = replace(OLD, not_after=datetime(2032, 3, 11, tzinfo=UTC))
    other = replace(longer, public_key_sha256="bb" * 32)
    law = regulations.load()

    assert codes(check_renewed_certificate(OLD, other, on=IN_SEASON, law=law)) == [
        ("renewal.key_changed", Severity.SHOULD)
    ]
    unknown = replace(longer, public_key_sha256=None)
    assert check_renewed_certificate(OLD, unknown, on=IN_SEASON, law=law) == ()
