"""Reports: which periods can be reported, how shares are written, what is questioned."""

from datetime import date

import pytest

import regulations
from rules.devices import DeviceState
from rules.findings import Severity
from rules.reports import (
    FIGURE_OF_STATE,
    FIRST_YEAR,
    NUMBERS,
    TEXTS,
    BadPeriod,
    Figure,
    Section,
    any_period,
    check_report,
    ground_of,
    signed_share,
    total,
    year_period,
)

TODAY = date(2026, 11, 21)
DECREE = regulations.load()
TUYEN_QUANG = DECREE.under("tuyen_quang_06_2026")


def test_a_year_ends_today_or_on_its_last_day() -> None:
    assert year_period(2026, on=TODAY).last == TODAY
    past = year_period(2025, on=TODAY)
    assert (past.first, past.last, past.after) == (
        date(2025, 1, 1),
        date(2025, 12, 31),
        date(2026, 1, 1),
    )
    assert past.next_year == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, 2027])
def test_a_year_that_has_not_begun_or_is_too_old_is_refused(year: int) -> None:
    with pytest.raises(BadPeriod, match="từ 2018 đến 2026"):
        year_period(year, on=TODAY)


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "trước ngày đầu"),
        (date(2026, 3, 1), date(2026, 11, 22), "sau ngày hôm nay"),
        (date(2017, 12, 31), TODAY, "từ năm 2018"),
    ],
)
def test_a_period_that_cannot_be_counted_is_refused(first: date, last: date, told: str) -> None:
    with pytest.raises(BadPeriod, match=told):
        any_period(first, last, on=TODAY)


def test_any_other_period_counts_both_its_days() -> None:
    one_day = any_period(TODAY, TODAY, on=TODAY)
    assert (one_day.first, one_day.last, one_day.year) == (TODAY, TODAY, 0)


@pytest.mark.parametrize(
    ("out", "signed", "share"),
    [
        (200, 200, "100%"),
        (1000, 999, "99,9%"),
        (10_000, 9_999, "99,9%"),
        (3, 1, "33,3%"),
        (4, 0, "0%"),
        (0, 0, ""),
        (None, 3, ""),
        (3, None, ""),
    ],
)
def test_only_all_of_them_is_a_hundred_per_cent(
    out: int | None, signed: int | None, share: str
) -> None:
    assert signed_share(out, signed) == share


def test_every_state_of_a_device_is_counted_somewhere_and_sums_add_up() -> None:
    assert set(FIGURE_OF_STATE) == set(DeviceState)
    assert {*NUMBERS, *TEXTS} == set(Section)
    sums = total([{Figure.ISSUED: 2}, {Figure.ISSUED: 3, Figure.INCIDENTS: 1}])
    assert (sums[Figure.ISSUED], sums[Figure.INCIDENTS], sums[Figure.REVOKED]) == (5, 1, 0)


def test_a_report_without_documents_and_plan_is_questioned_with_the_clause_that_asks() -> None:
    found = {one.code: one for one in check_report({}, law=TUYEN_QUANG, on=TODAY)}
    assert set(found) == {"report.documents_missing", "report.plan_missing"}
    assert found["report.documents_missing"].basis.startswith("điểm b khoản 2 Điều 8")
    assert found["report.plan_missing"].basis.startswith("điểm a khoản 2 Điều 8")
    assert {one.severity for one in found.values()} == {Severity.SHOULD}
    plain = {one.code: one for one in check_report({}, law=DECREE, on=TODAY)}
    assert plain["report.documents_missing"].basis == "Quy tắc của phần mềm"


@pytest.mark.parametrize(
    ("signed", "codes", "law"),
    [
        (100, set(), TUYEN_QUANG),
        (99, {"report.not_all_signed"}, TUYEN_QUANG),
        (99, set(), DECREE),
        (101, {"report.more_signed_than_sent"}, DECREE),
    ],
)
def test_the_share_of_signed_documents_is_held_to_the_regulation(
    signed: int, codes: set[str], law: object
) -> None:
    typed = {Section.DOCUMENTS_OUT: 100, Section.DOCUMENTS_SIGNED: signed, Section.PLAN: "Có"}
    assert {one.code for one in check_report(typed, law=law, on=TODAY)} == codes  # type: ignore[arg-type]


def test_a_section_that_no_law_asks_for_has_no_ground() -> None:
    assert ground_of(Section.PROPOSALS, law=DECREE, on=TODAY) is None
    bac_ninh = DECREE.under("bac_ninh_60_2025")
    asked = ground_of(Section.NEED_TRAINING, law=bac_ninh, on=TODAY)
    assert asked is not None
    assert asked.citation.startswith("khoản 4 Điều 18")
    assert ground_of(Section.NEED_TRAINING, law=DECREE, on=TODAY) is None
