"""Documents of the office: ways, order, places, words in the corner, pictures, what came in."""

from datetime import UTC, date, datetime

import pytest

import regulations
from rules.document_places import (
    A4,
    CORNER,
    PictureFacts,
    Place,
    check_picture,
    check_place,
    check_true_size,
    corner,
    corner_text,
    day,
    day_text,
    from_points,
    has_corner,
    height_for,
    leader,
    number,
    number_text,
    person,
    seal,
    to_points,
)
from rules.documents import SigningAct
from rules.findings import Severity
from rules.incoming_documents import check_decision, choices
from rules.office_documents import (
    WAYS,
    DocumentAct,
    DocumentState,
    DocumentWay,
    IncomingState,
    PictureKind,
    SignatureFacts,
    StepFacts,
    check_before_seal,
    check_declaration,
    check_own_certificate,
    check_steps,
    next_state,
)
from rules.signers import SignerFacts, SigningAuthority, capacity_words

ON = date(2026, 11, 21)
DECREE = regulations.load()
BAC_NINH = DECREE.under("bac_ninh_60_2025")
HUE = DECREE.under("thua_thien_hue_2289_2024")
DONG_NAI = DECREE.under("dong_nai_draft_2026")
HEAD = SignerFacts(SigningAuthority.HEAD, "Chủ tịch")
LEADER = StepFacts(SigningAct.APPROVE, 1, 1, True, HEAD)
CHECKER = StepFacts(SigningAct.INITIAL, 2, 1, True)
AGENCY = StepFacts(SigningAct.ISSUE, None)


def codes(found: object) -> list[str]:
    return [one.code.split(".")[1] for one in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("way", "steps", "wrong"),
    [
        (DocumentWay.PERSON_AND_AGENCY, [LEADER, AGENCY], []),
        (DocumentWay.MANY_AND_AGENCY, [CHECKER, LEADER, AGENCY], []),
        (DocumentWay.MANY_INSIDE, [CHECKER, LEADER], []),
        (DocumentWay.COPY, [StepFacts(SigningAct.COPY_OF_COPY, None)], []),
        (DocumentWay.PERSON_AND_AGENCY, [AGENCY], ["people_missing", "one_approval"]),
        (
            DocumentWay.PERSON_AND_AGENCY,
            [CHECKER, LEADER, AGENCY],
            ["people_too_many"],
        ),
        (DocumentWay.PERSON_AND_AGENCY, [LEADER], ["agency_signature"]),
        (DocumentWay.MANY_INSIDE, [LEADER, AGENCY], ["agency_signature", "act_not_of_way"]),
        (DocumentWay.ANNEX, [AGENCY], ["act_not_of_way"]),
        (DocumentWay.MANY_AND_AGENCY, [CHECKER, AGENCY, LEADER], ["people_first"]),
        (DocumentWay.MANY_AND_AGENCY, [LEADER, CHECKER, AGENCY], ["approval_last"]),
        (
            DocumentWay.PERSON_AND_AGENCY,
            [StepFacts(SigningAct.APPROVE, 1, 2, False, HEAD), AGENCY],
            ["capacity"],
        ),
    ],
)
def test_each_way_wants_its_people_and_the_agency_last(
    way: DocumentWay, steps: list[StepFacts], wrong: list[str]
) -> None:
    assert codes(check_steps(way, steps, on=ON, law=BAC_NINH)) == wrong


def test_the_order_is_bac_ninhs_law_and_elsewhere_a_rule_of_the_house() -> None:
    steps = [CHECKER, AGENCY, LEADER]
    way = DocumentWay.MANY_AND_AGENCY
    (local,) = check_steps(way, steps, on=ON, law=BAC_NINH)
    (house,) = check_steps(way, steps, on=ON, law=DECREE)
    assert local.basis.startswith("khoản 3 Điều 15")
    assert (house.severity, house.basis) == (Severity.MUST, "Quy tắc của phần mềm")


def test_a_secret_is_refused_everywhere_with_the_ground_there_is() -> None:
    assert check_declaration(True, on=ON, law=BAC_NINH) == ()
    (local,) = check_declaration(False, on=ON, law=BAC_NINH)
    (draft,) = check_declaration(False, on=ON, law=DONG_NAI)
    assert local.basis.startswith("khoản 2 Điều 2")
    assert draft.basis == "Quy tắc của phần mềm"
    assert {local.severity, draft.severity} == {Severity.MUST}


def test_who_signs_for_another_uses_their_own_certificate() -> None:
    assert check_own_certificate(True, on=ON, law=HUE) == ()
    (found,) = check_own_certificate(False, on=ON, law=HUE)
    assert found.basis.startswith("khoản 3 Điều 22")
    (house,) = check_own_certificate(False, on=ON, law=DECREE)
    assert house.severity is Severity.MUST


def test_before_the_seal_invalid_and_missing_refuse_and_undecided_warns() -> None:
    facts = [
        SignatureFacts("A", True, False, False),
        SignatureFacts("B", True, False, True),
        SignatureFacts("C", True, True, False),
        SignatureFacts("D", False, False, False),
    ]
    found = check_before_seal(facts, on=ON, law=BAC_NINH)
    assert [one.severity for one in found] == [Severity.SHOULD, Severity.MUST, Severity.MUST]
    assert found[1].basis.startswith("khoản 3 Điều 15")


def test_a_document_moves_only_along_its_road() -> None:
    state, does = DocumentState, DocumentAct
    assert next_state(state.DRAFT, does.SUBMIT, people_left=1) is state.SIGNING
    assert next_state(state.DRAFT, does.SUBMIT) is state.SIGNED
    assert next_state(state.SIGNING, does.SIGN, people_left=1) is state.SIGNING
    assert next_state(state.SIGNING, does.SIGN) is state.SIGNED
    assert next_state(state.SIGNED, does.ISSUE) is state.ISSUED
    assert next_state(state.RETURNED, does.CHANGE) is state.DRAFT
    for act in does:
        assert next_state(state.ISSUED, act) is None
        assert next_state(state.CANCELLED, act) is None


# Places -------------------------------------------------------------------------------------------


def test_presets_are_those_of_decree_30() -> None:
    signature = leader(0, A4)
    middle = signature.left + signature.width / 2
    assert 140 < middle < 160  # centred in the right half of the text
    stamp = seal(signature, A4, (36, 36))
    assert (stamp.width, stamp.height) == (36, 36)  # true size
    covered = (stamp.left + stamp.width - signature.left) / signature.width
    assert covered == pytest.approx(1 / 3, abs=0.01)
    assert stamp.top + 18 == pytest.approx(signature.top + signature.height / 2)
    top = corner(0, A4)
    assert (top.left + top.width, top.top) == (A4[0] - 15, 10)
    assert person(4, 0, A4).left > person(3, 0, A4).left
    assert number(A4).top == day(A4).top
    assert day(A4, whole=False).width < day(A4).width


@pytest.mark.parametrize("size", [A4, (297.0, 210.0), (100.0, 60.0), (20.0, 10.0)])
def test_presets_lie_on_pages_of_any_size(size: tuple[float, float]) -> None:
    signature = leader(0, size)
    for place in (signature, seal(signature, size), corner(0, size), number(size), day(size)):
        assert check_place(place, "ô", (size,)) == ()


@pytest.mark.parametrize(
    "place",
    [
        Place(1, 10, 10, 20, 20),
        Place(-1, 10, 10, 20, 20),
        Place(0, -1, 10, 20, 20),
        Place(0, 10, -1, 20, 20),
        Place(0, 10, 10, 2, 20),
        Place(0, 200, 10, 20, 20),
        Place(0, 10, 290, 20, 20),
    ],
)
def test_a_place_off_the_page_is_refused(place: Place) -> None:
    (found,) = check_place(place, "dấu", (A4,))
    assert found.severity is Severity.MUST


def test_the_seal_stands_in_its_true_size() -> None:
    assert check_true_size(Place(0, 0, 0, 36, 36.1), (36, 36)) == ()
    (found,) = check_true_size(Place(0, 0, 0, 30, 36), (36, 36))
    assert found.severity is Severity.MUST


def test_millimetres_come_back_from_points() -> None:
    place = Place(2, 12.5, 40.25, *CORNER)
    assert from_points(2, to_points(place, 297), 297) == place


AT = datetime(2026, 11, 21, 3, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (SigningAct.ANNEX, "Số: 15/UBND-VP; 21/11/2026; 10:08:05 +07:00"),
        (SigningAct.COPY_TRUE, "Sao y; UBND xã Đồi Mẫu; 21/11/2026; 10:08:05 +07:00"),
        (SigningAct.COPY_OF_COPY, "Sao lục; UBND xã Đồi Mẫu; 21/11/2026; 10:08:05 +07:00"),
        (SigningAct.COPY_EXTRACT, "Trích sao; UBND xã Đồi Mẫu; 21/11/2026; 10:08:05 +07:00"),
        (SigningAct.DIGITISE, "UBND xã Đồi Mẫu; 21/11/2026; 10:08:05 +07:00"),
    ],
)
def test_the_words_in_the_corner(act: SigningAct, words: str) -> None:
    assert corner_text(act, agency="UBND xã Đồi Mẫu", symbol="15/UBND-VP", at=AT) == words
    assert has_corner(act)


def test_the_seal_itself_has_no_words_in_the_corner() -> None:
    assert not has_corner(SigningAct.ISSUE)
    with pytest.raises(ValueError, match="no words"):
        corner_text(SigningAct.ISSUE, agency="", symbol="", at=AT)


def test_number_and_day_are_written_as_decree_30_writes_them() -> None:
    assert [number_text(one) for one in ("5", "15", "5a")] == ["05", "15", "5a"]
    assert day_text(date(2026, 2, 5)) == "ngày 05 tháng 02 năm 2026"
    assert day_text(date(2026, 3, 21)) == "ngày 21 tháng 3 năm 2026"
    assert day_text(date(2026, 3, 5), whole=False) == "05"


# Pictures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "clear", "ink", "size", "wrong"),
    [
        (PictureKind.SEAL, 0.6, (190, 20, 20), (36, 36), []),
        (PictureKind.SIGNATURE, 0.6, (20, 40, 160), (50, 22), []),
        (PictureKind.SEAL, 0.0, (190, 20, 20), (36, 36), ["ground"]),
        (PictureKind.SEAL, 0.6, (20, 20, 190), (36, 36), ["colour"]),
        (PictureKind.SIGNATURE, 0.6, (0, 0, 0), (50, 22), ["colour"]),
        (PictureKind.SEAL, 0.6, (190, 20, 20), (200, 200), ["size"]),
        (PictureKind.INITIALS, 0.6, (20, 40, 160), (20, 1), ["size"]),
    ],
)
def test_a_picture_is_clear_coloured_and_of_a_true_size(
    kind: PictureKind,
    clear: float,
    ink: tuple[int, int, int],
    size: tuple[float, float],
    wrong: list[str],
) -> None:
    facts = PictureFacts(360, 360, clear, ink)
    assert codes(check_picture(kind, facts, *size)) == wrong


def test_the_height_keeps_the_proportions() -> None:
    assert height_for(PictureFacts(400, 100, 0.5, (0, 0, 9)), 50) == 12.5


# What came in -------------------------------------------------------------------------------------

C, H = IncomingState.CHECKED, IncomingState.HELD
ACCEPTED, REFUSED = IncomingState.ACCEPTED, IncomingState.REFUSED


def test_what_may_be_decided_follows_the_verdict_and_the_law() -> None:
    assert choices(C, "valid", on=ON, law=BAC_NINH) == (ACCEPTED,)
    assert choices(C, "undecided", on=ON, law=BAC_NINH) == (ACCEPTED, H, REFUSED)
    assert choices(H, "undecided", on=ON, law=BAC_NINH) == (ACCEPTED, REFUSED)
    assert choices(C, "invalid", on=ON, law=BAC_NINH) == (IncomingState.DELETED,)
    assert choices(C, "invalid", on=ON, law=HUE) == (REFUSED,)
    assert choices(C, "invalid", on=ON, law=DECREE) == (REFUSED,)
    assert choices(ACCEPTED, "valid", on=ON, law=DECREE) == ()


def test_a_reason_is_owed_wherever_the_verdict_is_not_valid() -> None:
    def codes_of(wanted: IncomingState, judged: object, reason: str = "") -> list[str]:
        found = check_decision(wanted, C, judged, reason, on=ON, law=BAC_NINH)  # type: ignore[arg-type]
        return codes(found)

    assert codes_of(ACCEPTED, "valid") == []
    assert codes_of(ACCEPTED, "undecided") == ["reason"]
    assert codes_of(ACCEPTED, "undecided", "Đã gọi xác nhận") == []
    assert codes_of(H, "valid") == ["choice"]
    assert codes_of(ACCEPTED, "invalid", "Vẫn nhận") == ["choice"]
    (found,) = check_decision(ACCEPTED, C, "invalid", "x", on=ON, law=BAC_NINH)
    assert found.basis.startswith("khoản 2 Điều 16")


def test_every_way_is_described() -> None:
    assert set(WAYS) == set(DocumentWay)


@pytest.mark.parametrize(
    ("way", "act", "signer", "wrong"),
    [
        (DocumentWay.PERSON_AND_AGENCY, SigningAct.APPROVE, None, ["authority_missing"]),
        (DocumentWay.MANY_INSIDE, SigningAct.APPROVE, None, []),
        (DocumentWay.MANY_INSIDE, SigningAct.INITIAL, None, []),
        (
            DocumentWay.PERSON_AND_AGENCY,
            SigningAct.APPROVE,
            SignerFacts(SigningAuthority.TL, "Chánh Văn phòng", "Chủ tịch"),
            ["paper_missing"],
        ),
        (
            DocumentWay.MANY_INSIDE,
            SigningAct.APPROVE,
            SignerFacts(SigningAuthority.TUQ, "Chánh Văn phòng", "Chủ tịch", paper="Giấy 05/UQ"),
            ["term_missing"],
        ),
        (
            DocumentWay.PERSON_AND_AGENCY,
            SigningAct.APPROVE,
            SignerFacts(
                SigningAuthority.KT, "Phó Chủ tịch", "Chủ tịch", paper="Quyết định 01/QĐ-UBND"
            ),
            [],
        ),
    ],
)
def test_who_signs_with_authority_says_with_which_and_by_which_paper(
    way: DocumentWay, act: SigningAct, signer: SignerFacts | None, wrong: list[str]
) -> None:
    steps = [StepFacts(act, 1, 1, True, signer)]
    if way is DocumentWay.PERSON_AND_AGENCY:
        steps.append(AGENCY)
    assert codes(check_steps(way, steps, on=ON, law=DECREE)) == wrong


def test_a_capacity_is_told_in_one_line() -> None:
    facts = SignerFacts(SigningAuthority.KT, "Phó Chủ tịch", "Chủ tịch", "Ủy ban nhân dân")
    assert capacity_words(facts) == "TM. ỦY BAN NHÂN DÂN – KT. CHỦ TỊCH – PHÓ CHỦ TỊCH"
