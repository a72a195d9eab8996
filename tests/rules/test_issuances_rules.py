"""Cấp mới: Điều 9, 10, 11 NĐ 68/2024/NĐ-CP, and what Đồng Nai adds."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.attachments import AttachmentKind, check_attachments
from rules.devices import DeviceKind
from rules.findings import Finding, Severity
from rules.identity_papers import IdentityPaper
from rules.issuances import (
    IndividualIssuance,
    IssuanceFacts,
    OrganisationIssuance,
    Receiver,
    SystemIssuance,
    attachments_of,
    check_issuance,
    check_issued_certificate,
    check_receiver,
)
from rules.law import Law, LawError
from rules.systems import SystemKind

ON = date(2026, 11, 21)
LAW = regulations.load()
DONG_NAI = LAW.under("dong_nai_draft_2026")
PAPER = IdentityPaper("001099000001", date(2024, 7, 1), "Bộ Công an")
PERSON = IndividualIssuance(
    name="Nguyễn Thị Thử Nghiệm",
    birth_on=date(1990, 2, 28),
    paper=PAPER,
    email="thu.nghiem@example.gov.vn",
    agency_name="Ủy ban nhân dân xã Thử Nghiệm",
    province="Tuyên Quang",
    position="Công chức",
    phone="0900000000",
)
BODY = OrganisationIssuance(
    name="Ủy ban nhân dân xã Thử Nghiệm",
    address="Thôn Một",
    tax_code="0000000000",
    budget_code="0000001",
    province="Tuyên Quang",
    email="xa@example.gov.vn",
)
SYSTEM = SystemIssuance(
    name="Hệ thống thử nghiệm",
    system_kind=SystemKind.SOFTWARE,
    version="1.0",
    agency_name="Sở Thử Nghiệm",
    province="Tuyên Quang",
    email="ht@example.gov.vn",
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


MUST, SHOULD = Severity.MUST, Severity.SHOULD


def check(facts: IssuanceFacts, law: Law = LAW, on: date = ON) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in check_issuance(facts, on=on, law=law)]


@pytest.mark.parametrize("facts", [PERSON, BODY, SYSTEM])
def test_complete_facts_are_left_alone(facts: IssuanceFacts) -> None:
    assert check(facts) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(PERSON, belongs=False), [("issuance.not_of_the_body", MUST)]),
        (replace(PERSON, has_need=False), [("issuance.no_need", MUST)]),
        (replace(PERSON, position=" "), [("issuance.particulars_missing", SHOULD)]),
        (replace(PERSON, birth_on=None), [("issuance.particulars_missing", SHOULD)]),
        (
            replace(PERSON, paper=IdentityPaper("01099000001", PAPER.issued_on, "Bộ Công an")),
            [("identity.number", SHOULD)],
        ),
        (replace(PERSON, email="thu@gmail.com"), [("email.personal", SHOULD)]),
        (replace(PERSON, email="thu@truong.edu.vn"), [("email.unknown", SHOULD)]),
        (replace(PERSON, email="thu@truong.edu.vn", official_domains=["truong.edu.vn"]), []),
        (replace(PERSON, standing_serial="2A05"), [("issuance.has_certificate", SHOULD)]),
        (replace(PERSON, open_request="số 7/ĐN"), [("issuance.open_request", SHOULD)]),
        (
            replace(PERSON, device_kind=DeviceKind.SIM_PKI),
            [("issuance.sim_carrier_missing", SHOULD)],
        ),
        (replace(PERSON, device_kind=DeviceKind.SIM_PKI, sim="Viettel/cs"), []),
        (replace(PERSON, sim="Viettel"), [("issuance.sim_not_wanted", SHOULD)]),
        (replace(PERSON, sim="Beeline"), [("issuance.sim_unreadable", SHOULD)]),
        (replace(BODY, has_legal_personality=False), [("issuance.no_legal_personality", MUST)]),
        (replace(BODY, tax_code=""), [("issuance.particulars_missing", SHOULD)]),
        (replace(BODY, email=""), [("email.missing", SHOULD)]),
        (replace(SYSTEM, version=""), [("issuance.particulars_missing", SHOULD)]),
        (replace(SYSTEM, email="a@b"), [("email.malformed", SHOULD)]),
    ],
)
def test_what_is_wrong_is_said_with_the_weight_of_its_ground(
    facts: IssuanceFacts, expected: list[tuple[str, Severity]]
) -> None:
    assert check(facts) == expected


def test_conditions_of_article_10_refuse_with_their_clause() -> None:
    (person,) = check_issuance(replace(PERSON, belongs=False), on=ON, law=LAW)
    (body,) = check_issuance(replace(BODY, has_legal_personality=False), on=ON, law=LAW)

    assert person.basis == "khoản 1 Điều 10 Nghị định số 68/2024/NĐ-CP"
    assert body.basis == "khoản 2 Điều 10 Nghị định số 68/2024/NĐ-CP"


@pytest.mark.parametrize("facts", [PERSON, BODY, SYSTEM])
@pytest.mark.parametrize(
    ("law", "severity", "basis"),
    [
        (LAW, SHOULD, "Mẫu số 0"),
        (DONG_NAI, SHOULD, "Mẫu số 0"),  # bản dự thảo chưa quyết định gì
        (
            LAW.under("dong_nai_draft_2026", as_if_in_force=True),
            MUST,
            "điểm c khoản 1 Điều 9",
        ),
    ],
)
def test_an_official_account_is_a_condition_only_where_the_regulation_makes_it_one(
    facts: IssuanceFacts, law: Law, severity: Severity, basis: str
) -> None:
    (found,) = check_issuance(replace(facts, email=""), on=ON, law=law)

    assert (found.code, found.severity) == ("email.missing", severity)
    assert found.basis.startswith(basis)


def enacted(on: date) -> Law:
    return LAW.enact(
        "dong_nai_draft_2026", number="99/2026/QĐ-CTUBND", issued_on=on, effective_from=on
    ).under("dong_nai_draft_2026")


@pytest.mark.parametrize(
    ("on", "severity"),
    [
        (date(2026, 11, 30), SHOULD),
        (date(2026, 12, 1), MUST),
        (date(2026, 12, 2), MUST),
    ],
)
def test_a_draft_holds_from_the_day_it_takes_effect(on: date, severity: Severity) -> None:
    law = enacted(date(2026, 12, 1))

    assert check(replace(PERSON, email="thu@gmail.com"), law, on) == [("email.personal", severity)]


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ([], ["attachment.missing"]),
        ([AttachmentKind.OTHER], ["attachment.missing"]),
        ([AttachmentKind.FOUNDING_DECISION], []),
        ([AttachmentKind.SUPERIOR_CONFIRMATION], []),
    ],
)
def test_a_body_needs_its_founding_decision_or_a_confirmation(
    kept: list[AttachmentKind], missing: list[str]
) -> None:
    found = check_attachments(attachments_of(BODY, on=ON, law=LAW), kept)

    assert [one.code for one in found] == missing
    assert all(one.severity is MUST for one in found)


@pytest.mark.parametrize("facts", [PERSON, SYSTEM])
def test_others_need_no_paper_beside_the_letter(facts: IssuanceFacts) -> None:
    assert attachments_of(facts, on=ON, law=LAW) == ()


@pytest.mark.parametrize("form", ["01", "02", "03", "04", "05"])
def test_the_receiver_leaves_blanks_where_something_is_missing(form: str) -> None:
    whole = Receiver(
        "Trần Văn Thử", PAPER, "Văn thư", "0900000001", "vt@example.gov.vn", "Thôn Một"
    )

    def codes(receiver: Receiver) -> list[str]:
        found = check_receiver(receiver, form=form, on=ON, law=LAW)
        assert {one.severity for one in found} <= {SHOULD}
        return [one.code for one in found]

    assert codes(whole) == []
    assert codes(replace(whole, email="a@truong.edu.vn")) == ["email.unknown"]
    assert codes(replace(whole, email="a@truong.edu.vn", official_domains=["truong.edu.vn"])) == []
    assert codes(Receiver("")) == [
        "issuance.particulars_missing",
        "identity.number",
        "identity.issue",
        "email.missing",
    ]


@pytest.mark.parametrize(
    ("not_before", "not_after", "too_long"),
    [
        # The certificate of the notes: 5 years less one day.
        (utc(2025, 3, 13, 16, 36, 53), utc(2030, 3, 12, 16, 36, 53), False),
        (utc(2025, 3, 13, 3), utc(2030, 3, 13, 16, 59, 59), False),
        (utc(2025, 3, 13, 3), utc(2030, 3, 13, 17), True),  # 14/03 ở Việt Nam
        # 17:00 UTC is the next day in Vietnam, for the beginning too.
        (utc(2025, 3, 13, 17), utc(2030, 3, 14, 16, 59, 59), False),
        (utc(2024, 12, 31, 17), utc(2030, 1, 1, 16, 59, 59), False),
        (utc(2024, 12, 31, 16, 59, 59), utc(2029, 12, 31, 17), True),
        # From 29 February: until 28 February of the fifth year.
        (utc(2028, 2, 29, 3), utc(2033, 2, 28, 3), False),
        (utc(2028, 2, 29, 3), utc(2033, 3, 1, 3), True),
    ],
)
def test_a_new_certificate_lasts_at_most_five_years_in_days_of_vietnam(
    not_before: datetime, not_after: datetime, too_long: bool
) -> None:
    found: tuple[Finding, ...] = check_issued_certificate(
        serial_number="2A05",
        not_before=not_before,
        not_after=not_after,
        on=ON,
        law=LAW,
    )

    assert [(one.code, one.severity) for one in found] == (
        [("issuance.span_too_long", MUST)] if too_long else []
    )
    assert all(one.basis == "Điều 9 Nghị định số 68/2024/NĐ-CP" for one in found)


@pytest.mark.parametrize("facts", [PERSON, BODY, SYSTEM])
def test_the_day_before_the_decree_has_no_answer(facts: IssuanceFacts) -> None:
    assert check(facts, on=date(2024, 8, 15)) == []
    with pytest.raises(LawError, match="14/08/2024"):
        check(facts, on=date(2024, 8, 14))
