"""The five regulations as data: their days, their words at the very place, what each one sets."""

from datetime import date

import pytest

import regulations
from regulations.clause_map import passages
from rules.clauses import Part, Place
from rules.findings import Severity, finding
from rules.law import InstrumentStatus, LawError, unmarked
from rules.provisions import Certainty
from rules.regulation_status import holds, standing

ON = date(2026, 11, 21)
TUYEN_QUANG, BAC_NINH = "tuyen_quang_06_2026", "bac_ninh_60_2025"
DONG_NAI, TAY_NINH = "dong_nai_draft_2026", "tay_ninh_draft_2025"
HUE = "thua_thien_hue_2289_2024"
PROVINCES = [TUYEN_QUANG, BAC_NINH, DONG_NAI, TAY_NINH, HUE]


@pytest.mark.parametrize(
    ("regulation", "number", "issued_on", "effective_from", "status"),
    [
        (TUYEN_QUANG, "06/2026/QĐ-CTUBND", date(2026, 5, 29), date(2026, 6, 29), "IN_FORCE"),
        (BAC_NINH, "60/2025/QĐ-UBND", date(2025, 11, 3), date(2025, 11, 15), "IN_FORCE"),
        (DONG_NAI, "", None, None, "DRAFT"),
        (TAY_NINH, "", None, None, "DRAFT"),
        (HUE, "2289/QĐ-UBND", date(2024, 8, 28), date(2024, 8, 28), "UNVERIFIED"),
    ],
)
def test_each_regulation_has_its_number_its_days_and_its_status(
    regulation: str,
    number: str,
    issued_on: date | None,
    effective_from: date | None,
    status: str,
) -> None:
    one = regulations.load().instrument(regulation)

    assert (one.number, one.issued_on, one.effective_from) == (number, issued_on, effective_from)
    assert one.status is InstrumentStatus[status]
    assert one.over == "decree_68_2024"
    assert one.title.startswith("Quyết định ban hành Quy")
    assert one.issuer
    assert one.locality


@pytest.mark.parametrize("regulation", PROVINCES)
def test_every_quote_of_a_regulation_stands_at_the_very_place_it_cites(regulation: str) -> None:
    text = passages(regulation)
    for entry in regulations.load().instrument(regulation).entries:
        ground = entry.provision
        place = Place(Part.ANNEX, ground.article, ground.clause, ground.point)
        assert place in text, f"{entry.key}: {place.name}"
        words = " ".join(
            " ".join((*passage.words, *passage.closing))
            for within, passage in text.items()
            if place in (within, within.above, within.above and within.above.above)
        )
        assert ground.quote in " ".join(words.split()), entry.key


@pytest.mark.parametrize(
    ("regulation", "key", "eve", "first_day", "before", "after"),
    [
        (
            TUYEN_QUANG,
            "transfer.leads_to",
            date(2026, 6, 28),
            date(2026, 6, 29),
            "choice",
            "revocation_and_recall",
        ),
        (TUYEN_QUANG, "stocktake.required", date(2026, 6, 28), date(2026, 6, 29), None, True),
        (
            BAC_NINH,
            "entrustment.needs_decision",
            date(2025, 11, 14),
            date(2025, 11, 15),
            None,
            True,
        ),
        (
            HUE,
            "incoming.invalid",
            date(2024, 8, 27),
            date(2024, 8, 28),
            None,
            "refuse_with_reason",
        ),
    ],
)
def test_a_regulation_speaks_from_its_first_day_and_not_on_its_eve(
    regulation: str,
    key: str,
    eve: date,
    first_day: date,
    before: str | None,
    after: str | bool,
) -> None:
    law = regulations.load().under(regulation)
    found = law.optional(key, on=eve)

    assert (found.value if found else None) == before
    assert law.parameter(key, on=first_day).value == after


@pytest.mark.parametrize(
    ("regulation", "leads_to", "basis"),
    [
        (TUYEN_QUANG, "revocation_and_recall", "điểm c khoản 3 Điều 7"),
        (BAC_NINH, "choice", "Điều 15 Nghị định"),
        (DONG_NAI, "amendment", "điểm a khoản 2 Điều 11"),
        (TAY_NINH, "choice", "Điều 15 Nghị định"),
        (HUE, "revocation_and_recall", "khoản 3 Điều 32"),
    ],
)
def test_what_a_move_to_another_body_leads_to_is_what_each_regulation_says(
    regulation: str, leads_to: str, basis: str
) -> None:
    found = regulations.load().under(regulation, as_if_in_force=True)
    moved = found.parameter("transfer.leads_to", on=ON)

    assert moved.text == leads_to
    assert moved.provision.citation.startswith(basis)
    assert moved.shown != leads_to


@pytest.mark.parametrize(
    ("draft", "cited"),
    [
        (DONG_NAI, "Quy chế ban hành kèm theo Quyết định số 9/2027/QĐ-UBND"),
        (TAY_NINH, "Quy định ban hành kèm theo Quyết định số 9/2027/QĐ-UBND"),
    ],
)
def test_a_draft_holds_from_the_day_entered_and_is_then_cited_by_its_number(
    draft: str, cited: str
) -> None:
    law = regulations.load()
    first, eve = date(2027, 3, 1), date(2027, 2, 28)
    enacted = law.enact(
        draft, number=" 9/2027/QĐ-UBND ", issued_on=date(2027, 2, 20), effective_from=first
    ).under(draft)
    key = "recipient.department.name"

    assert enacted.parameter(key, on=first).provision.citation.endswith(cited)
    assert enacted.optional(key, on=eve) is None
    assert law.instrument(draft).is_draft
    one = enacted.instrument(draft)
    assert (one.status, one.number, one.citation) == (
        InstrumentStatus.IN_FORCE,
        "9/2027/QĐ-UBND",
        cited,
    )
    assert (holds(one, on=eve), holds(one, on=first)) == (False, True)
    assert not any(draft in problem for problem in enacted.problems())


@pytest.mark.parametrize(
    ("key", "number", "issued_on", "message"),
    [
        ("nowhere", "1", date(2027, 1, 1), "không có văn bản này"),
        (BAC_NINH, "1", date(2027, 1, 1), "không còn là dự thảo"),
        (DONG_NAI, "  ", date(2027, 1, 1), "thiếu số của văn bản"),
        (DONG_NAI, "1", date(2027, 2, 2), "ngày hiệu lực không được trước ngày ký"),
    ],
)
def test_what_cannot_be_entered_for_a_draft_is_said(
    key: str, number: str, issued_on: date, message: str
) -> None:
    with pytest.raises(LawError, match=message):
        regulations.load().enact(
            key, number=number, issued_on=issued_on, effective_from=date(2027, 2, 1)
        )


def test_a_regulation_of_unverified_force_warns_and_never_refuses() -> None:
    ground = regulations.load().under(HUE).provision("incoming.invalid", on=ON)

    assert ground.certainty is Certainty.CONFIRMED
    assert not ground.may_refuse
    assert ground.citation.endswith("số 2289/QĐ-UBND (chưa xác minh hiệu lực)")
    assert unmarked(ground.instrument).endswith("số 2289/QĐ-UBND")
    assert finding("a.b", Severity.MUST, "Câu.", "Việc.", ground).severity is Severity.SHOULD


def test_bodies_that_are_no_more_have_their_successors_and_a_doubt() -> None:
    one = regulations.load().instrument(HUE)

    assert one.name_today("Sở Thông tin và Truyền thông") == (
        "Sở Khoa học và Công nghệ thành phố Huế"
    )
    assert one.name_today("UBND cấp huyện") == "UBND cấp huyện"
    assert one.name_today("Sở Nội vụ") == "Sở Nội vụ"
    assert "UBND cấp huyện nay không còn (chưa đối chiếu)" in {
        gone.sentence for gone in one.successors
    }


@pytest.mark.parametrize(
    ("regulation", "on", "words"),
    [
        (TUYEN_QUANG, date(2026, 6, 28), "Chưa có hiệu lực; có hiệu lực từ ngày 29/06/2026."),
        (TUYEN_QUANG, date(2026, 6, 29), "Có hiệu lực từ ngày 29/06/2026."),
        (DONG_NAI, ON, "Dự thảo: chưa áp dụng"),
        (HUE, ON, "Chưa xác minh hiệu lực"),
    ],
)
def test_how_a_regulation_stands_is_one_sentence(regulation: str, on: date, words: str) -> None:
    assert standing(regulations.load().instrument(regulation), on=on).startswith(words)


def test_a_value_is_asked_for_as_what_it_is() -> None:
    law = regulations.load().under(BAC_NINH)
    copies = law.parameter("routing.copies", on=ON)
    decision = law.parameter("entrustment.needs_decision", on=ON)

    assert copies.texts == ("department",)
    assert copies.shown == "đồng gửi Sở Khoa học và Công nghệ"
    assert (decision.flag, decision.shown) == (True, "có")
    for asked, wrong in (
        ("number", "số nguyên"),
        ("text", "chữ"),
        ("flag", "đúng hoặc sai"),
    ):
        with pytest.raises(LawError, match=f"giá trị không phải là {wrong}"):
            getattr(copies, asked)
    with pytest.raises(LawError, match="giá trị không phải là danh sách chữ"):
        _ = decision.texts
