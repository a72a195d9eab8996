"""Thay đổi nội dung thông tin: Điều 14, 15 NĐ 68/2024/NĐ-CP."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

import regulations
from rules.amendments import (
    AmendmentCase,
    AmendmentFacts,
    Change,
    cases_for,
    check_amended_certificate,
    check_amendment,
    check_both_services,
    listed_cases,
)
from rules.certificates import SubscriberKind
from rules.findings import Severity, blocking
from rules.law import Law, LawError
from rules.renewals import RenewalFacts, RenewedCertificate

LAW = regulations.load()
ENDS = date(2030, 3, 12)
MUST, SHOULD, INFO = Severity.MUST, Severity.SHOULD, Severity.INFO
EMAIL = Change(AmendmentCase.EMAIL, "cu@example.gov.vn", "moi@example.gov.vn")
FACTS = AmendmentFacts(
    name="Nguyễn Thị Thử Nghiệm",
    serial_number="2A05F812673607B0",
    kind=SubscriberKind.INDIVIDUAL,
    not_before=datetime(2025, 3, 13, 16, 36, 53, tzinfo=UTC),
    not_after=datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC),
    revoked_at=None,
    changes=(EMAIL,),
    certificate_email="cu@example.gov.vn",
)
RENEWAL = RenewalFacts(
    name=FACTS.name,
    serial_number=FACTS.serial_number,
    kind=FACTS.kind,
    not_before=FACTS.not_before,
    not_after=FACTS.not_after,
    revoked_at=None,
    renewals=0,
    email="cu@example.gov.vn",
)


def check(
    facts: AmendmentFacts = FACTS, on: date = date(2029, 12, 1), received_on: date | None = None
) -> list[tuple[str, Severity]]:
    found = check_amendment(facts, on=on, law=LAW, received_on=received_on)
    return [(one.code, one.severity) for one in found]


TOO_LATE = [("amendment.too_few_days_left", MUST)]


@pytest.mark.parametrize(
    ("left", "expected"),
    [(1000, []), (31, []), (30, []), (29, TOO_LATE), (0, TOO_LATE), (-1, TOO_LATE)],
)
def test_thirty_days_must_be_left_on_the_day_of_receipt(
    left: int, expected: list[tuple[str, Severity]]
) -> None:
    assert check(on=ENDS - timedelta(days=left)) == expected


@pytest.mark.parametrize(
    ("not_after", "last"),
    [
        # Midnight in Vietnam while it is still yesterday in UTC.
        (datetime(2030, 3, 12, 16, 59, 59, tzinfo=UTC), date(2030, 2, 10)),
        (datetime(2030, 3, 12, 17, 0, 0, tzinfo=UTC), date(2030, 2, 11)),
        (datetime(2028, 3, 30, 4, tzinfo=UTC), date(2028, 2, 29)),  # năm nhuận
        (datetime(2027, 3, 30, 4, tzinfo=UTC), date(2027, 2, 28)),
        (datetime(2031, 1, 30, 4, tzinfo=UTC), date(2030, 12, 31)),  # qua năm
    ],
)
def test_the_last_day_is_counted_from_the_expiry_in_vietnam(
    not_after: datetime, last: date
) -> None:
    facts = replace(FACTS, not_after=not_after, not_before=not_after - timedelta(days=1800))

    assert check(facts, on=last - timedelta(days=1)) == []
    assert check(facts, on=last) == []
    assert check(facts, on=last + timedelta(days=1)) == TOO_LATE


def test_the_planned_day_of_receipt_counts_and_the_remedy_says_what_is_still_possible() -> None:
    (early,) = check_amendment(FACTS, on=date(2030, 2, 8), law=LAW, received_on=date(2030, 2, 11))
    (late,) = check_amendment(FACTS, on=date(2030, 2, 11), law=LAW)
    (gone,) = check_amendment(FACTS, on=date(2030, 3, 13), law=LAW)

    assert early.basis == "Điều 14 Nghị định số 68/2024/NĐ-CP"
    assert "chỉ còn 29 ngày" in early.message
    assert early.remedy.startswith("Gửi để được tiếp nhận chậm nhất ngày 10/02/2030")
    assert "Mẫu số 01" in late.remedy
    assert late.remedy.startswith("Giữ nguyên đến khi hết hạn")
    assert "đã hết hạn ngày 12/03/2030" in gone.message
    assert gone.remedy.startswith("Lập đề nghị cấp mới")
    assert check(on=date(2030, 2, 10), received_on=date(2030, 2, 1)) == []
    (beyond,) = check_amendment(FACTS, on=date(2030, 2, 8), law=LAW, received_on=date(2030, 3, 13))
    assert "đến ngày dự kiến tiếp nhận 13/03/2030 thì đã hết hạn" in beyond.message


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            replace(FACTS, revoked_at=datetime(2029, 5, 1, tzinfo=UTC)),
            [("amendment.revoked", MUST)],
        ),
        (replace(FACTS, changes=()), [("amendment.nothing_changes", MUST)]),
        (
            replace(FACTS, changes=(replace(EMAIL, new=" "),)),
            [("amendment.words_missing", SHOULD)],
        ),
        (
            replace(FACTS, changes=(replace(EMAIL, new="CU@example.gov.vn"),)),
            [("amendment.same_words", SHOULD)],
        ),
        (
            replace(FACTS, changes=(Change(AmendmentCase.POSITION, "Phó", "Trưởng"),)),
            [("amendment.position_only", SHOULD)],
        ),
        (
            replace(FACTS, changes=(Change(AmendmentCase.OTHER, "a", "b"),)),
            [("amendment.case_not_listed", SHOULD)],
        ),
        (
            replace(FACTS, kind=SubscriberKind.ORGANISATION),
            [("amendment.case_not_listed", SHOULD)],
        ),
        (replace(FACTS, certificate_email=""), [("amendment.particulars_missing", SHOULD)]),
        (replace(FACTS, open_request="số 3/ĐN"), [("amendment.open_request", SHOULD)]),
    ],
)
def test_what_is_wrong_is_said_with_the_weight_of_its_ground(
    facts: AmendmentFacts, expected: list[tuple[str, Severity]]
) -> None:
    assert check(facts) == expected


def test_a_certificate_not_yet_valid_is_a_warning_until_its_first_day() -> None:
    assert check(on=date(2025, 3, 12)) == [("amendment.not_yet_valid", SHOULD)]
    assert check(on=date(2025, 3, 13)) == []


def test_a_change_of_position_alone_is_a_choice_with_the_clause_that_revokes() -> None:
    facts = replace(FACTS, changes=(Change(AmendmentCase.POSITION, "Phó", "Trưởng"),))
    (found,) = check_amendment(facts, on=date(2029, 12, 1), law=LAW)

    assert found.basis == "điểm b khoản 2 Điều 17 Nghị định số 68/2024/NĐ-CP"
    assert "giữ nguyên" in found.remedy
    assert "Mẫu số 05" in found.remedy
    assert blocking([found]) == ()


@pytest.mark.parametrize("law", [LAW, LAW.under("dong_nai_draft_2026", as_if_in_force=True)])
def test_article_15_lists_the_cases_of_each_kind_of_subscriber(law: Law) -> None:
    on = date(2026, 11, 21)
    case = AmendmentCase

    def cases(kind: SubscriberKind) -> tuple[AmendmentCase, ...]:
        return cases_for(kind, on=on, law=law)

    assert listed_cases(SubscriberKind.INDIVIDUAL, on=on, law=law) == (case.WORKPLACE, case.EMAIL)
    assert cases(SubscriberKind.INDIVIDUAL)[2:] == (case.POSITION, case.OTHER)
    assert cases(SubscriberKind.ORGANISATION) == (case.NAME, case.ADDRESS, case.OTHER)
    assert cases(SubscriberKind.SYSTEM) == (case.NAME, case.VERSION, case.FEATURE, case.OTHER)


@pytest.mark.parametrize(
    ("renewals", "changes", "on", "refused", "tick"),
    [
        (0, (EMAIL,), date(2029, 12, 1), [], ""),
        (1, (EMAIL,), date(2029, 12, 1), ["renewal.already_renewed"], "“Gia hạn”"),
        (0, (), date(2029, 12, 1), ["amendment.nothing_changes"], "“TĐTT”"),
        (
            0,
            (EMAIL,),
            date(2030, 2, 11),
            ["renewal.too_few_days_left", "amendment.too_few_days_left"],
            "",
        ),
    ],
)
def test_one_line_may_ask_for_both_services_and_is_told_which_to_leave_out(
    renewals: int, changes: tuple[Change, ...], on: date, refused: list[str], tick: str
) -> None:
    renewal = replace(RENEWAL, renewals=renewals)
    found = check_both_services(renewal, replace(FACTS, changes=changes), on=on, law=LAW)

    assert [one.code for one in blocking(found)] == refused
    hints = [one for one in found if one.code == "amendment.one_service_only"]
    assert len(hints) == bool(tick)
    assert all(tick in one.remedy for one in hints)


def test_both_services_are_for_one_certificate() -> None:
    with pytest.raises(ValueError, match="one certificate"):
        check_both_services(
            replace(RENEWAL, serial_number="1"), FACTS, on=date(2029, 12, 1), law=LAW
        )


def test_the_margin_of_the_agency_reaches_the_renewal() -> None:
    on = ENDS - timedelta(days=50)

    assert check_both_services(RENEWAL, FACTS, on=on, law=LAW) == ()
    (urgent,) = check_both_services(RENEWAL, FACTS, on=on, law=LAW, margin_days=60)
    assert urgent.code == "renewal.urgent"


OLD = RenewedCertificate("2A05", FACTS.not_before, FACTS.not_after)


@pytest.mark.parametrize(
    ("not_after", "kind"),
    [
        (FACTS.not_after, ""),
        (datetime(2030, 3, 12, 16, 59, 59, tzinfo=UTC), ""),
        (datetime(2030, 3, 11, 17, 0, 0, tzinfo=UTC), ""),
        (datetime(2030, 3, 12, 17, 0, 0, tzinfo=UTC), "gia hạn"),
        (datetime(2030, 3, 11, 16, 59, 59, tzinfo=UTC), "cấp mới"),
    ],
)
def test_an_amendment_keeps_the_day_of_expiry(not_after: datetime, kind: str) -> None:
    found = check_amended_certificate(
        OLD, replace(OLD, not_after=not_after), on=date(2029, 12, 1), law=LAW
    )

    assert [(one.code, one.severity) for one in found] == (
        [("amendment.expiry_changed", MUST)] if kind else []
    )
    assert all(f"chứng thư {kind}" in one.remedy for one in found)


def test_the_day_before_the_decree_has_no_answer() -> None:
    with pytest.raises(LawError, match="14/08/2024"):
        check(on=date(2024, 8, 14))
