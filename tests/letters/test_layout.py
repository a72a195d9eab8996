"""The layout of decree 30/2020, Phụ lục I, measured with a ruler on the drawn page."""

import pytest
from PIL import Image, ImageChops

from letters.renewal_request import DrawnLetter, ListPlacement, Medium, Signer, draw
from tests.letters import form_cases
from tests.letters.cases import CASES, GOLDEN
from tests.letters.data import make_letter
from tests.letters.reading import (
    MM,
    find_words,
    golden_text,
    ink_box,
    plain_text,
    read_rules,
    read_words,
)

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
#: Mẫu 04 in many shapes, and each other form.
ALL = [*CASES, *form_cases.CASES]
DIGITAL = [
    *(name for name in CASES if CASES[name].medium is Medium.DIGITAL),
    *(name for name, (_, case) in form_cases.CASES.items() if case.medium is Medium.DIGITAL),
]


def is_across(name: str) -> bool:
    return "landscape" in name or "across" in name


@pytest.fixture(scope="module")
def drawn() -> dict[str, DrawnLetter]:
    letters = {name: draw(letter) for name, letter in CASES.items()}
    return letters | {name: form_cases.draw_case(name) for name in form_cases.CASES}


@pytest.mark.parametrize("name", ALL)
def test_words_and_places_are_those_of_the_golden_file(drawn, name):
    expected = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert golden_text(drawn[name].pdf) == expected


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_drawn_in_the_margins_but_the_page_number(drawn, name):
    pdf = drawn[name].pdf
    width, height = (297, 210) if is_across(name) else (210, 297)
    for page in range(drawn[name].pages):
        left, top, right, bottom = ink_box(pdf, page)
        numbered = any(w.page == page and w.baseline < 15 for w in read_words(pdf))
        assert left >= 29.5
        assert right <= width - 15 + 0.5
        assert bottom <= height - 20 + 0.5
        assert top >= (8 if numbered else 19.5)


@pytest.mark.parametrize("name", form_cases.PICTURES)
def test_the_page_looks_like_its_golden_picture(drawn, name):
    case, page = form_cases.PICTURES[name]
    with Image.open(GOLDEN / f"{name}.png") as expected:
        seen = form_cases.picture(drawn[case].pdf, page)
        assert seen.size == expected.size
        # Averaged over squares of 5 mm a font of the same metrics gives the same grey.
        squares = (seen.width // 5, seen.height // 5)
        apart = ImageChops.difference(
            seen.resize(squares, Image.Resampling.BOX),
            expected.convert("L").resize(squares, Image.Resampling.BOX),
        )
        assert apart.getextrema()[1] < 24


class TestHead:
    @pytest.mark.parametrize("name", ALL)
    def test_nation_and_motto_stand_top_right_with_a_rule_as_long_as_the_motto(self, drawn, name):
        pdf = drawn[name].pdf
        nation, motto = find_words(pdf, NATION), find_words(pdf, MOTTO)
        rule = read_rules(pdf)[0]
        assert 12 <= nation.size <= 13
        assert 13 <= motto.size <= 14
        assert 20 < nation.baseline < 25
        assert nation.centre == pytest.approx(motto.centre, abs=0.3)
        assert motto.baseline - nation.baseline == pytest.approx(motto.size * 1.15 * MM, abs=0.1)
        assert rule.length == pytest.approx(motto.right - motto.left, abs=0.5)
        assert rule.left == pytest.approx(motto.left, abs=0.4)
        assert 0.5 < rule.top - motto.baseline < 2.5

    @pytest.mark.parametrize("name", ["three_renewals", "long_names", "landscape"])
    def test_the_agency_has_a_centred_rule_of_a_third_to_a_half_of_its_line(self, drawn, name):
        pdf = drawn[name].pdf
        rule = read_rules(pdf)[1]
        above = [w for w in read_words(pdf) if w.page == 0 and w.baseline < rule.top]
        line = max((w for w in above if w.right < 110), key=lambda w: w.baseline)
        stroke = 0.43  # The box around a path holds its thickness on both sides.
        assert 1 / 3 <= (rule.length - stroke) / (line.right - line.left) <= 1 / 2 + 0.005
        assert (rule.left + rule.right) / 2 == pytest.approx(line.centre, abs=0.3)

    def test_number_and_date_stand_on_one_line_each_centred_in_its_half(self, drawn):
        pdf = drawn["annex_on_paper"].pdf
        number, date = find_words(pdf, "Số:"), find_words(pdf, "Thử Nghiệm A, ngày")
        agency = find_words(pdf, "XÃ THỬ NGHIỆM A")
        assert number.text == "Số: ……/UBND-VP"
        assert number.baseline == pytest.approx(date.baseline, abs=0.05)
        assert number.centre == pytest.approx(agency.centre, abs=0.3)
        assert date.centre == pytest.approx(find_words(pdf, NATION).centre, abs=1.5)
        assert number.size == 13
        assert 13 <= date.size <= 14

    def test_the_subject_stands_six_points_below_the_number_and_centred(self, drawn):
        pdf = drawn["three_renewals"].pdf
        number, subject = find_words(pdf, "Số:"), find_words(pdf, "V/v")
        between = subject.baseline - number.baseline - (13 * 0.216 + 12 * 0.891) * MM
        assert between == pytest.approx(6 * MM, abs=0.1)
        assert subject.centre == pytest.approx(find_words(pdf, "XÃ THỬ").centre, abs=0.3)
        assert 12 <= subject.size <= 13

    def test_a_very_long_place_puts_the_date_on_the_next_line(self, drawn):
        letter = drawn["long_names"]
        place = find_words(letter.pdf, "Thành phố Hồ Chí Minh Thử Nghiệm,")
        date = letter.anchors["date"]
        assert date.y2 <= (297 - place.baseline) / MM


class TestAddressee:
    def test_one_addressee_stands_on_the_line_of_the_call_and_centred(self, drawn):
        call = find_words(drawn["three_renewals"].pdf, "Kính gửi:")
        assert call.text.endswith("Ban Cơ yếu Chính phủ")
        assert call.centre == pytest.approx(112.5, abs=0.5)

    def test_several_addressees_have_dashes_below_the_colon(self, drawn):
        pdf = drawn["long_names"].pdf
        call = find_words(pdf, "Kính gửi:")
        first, second = find_words(pdf, "- Sở Khoa học"), find_words(pdf, "- Cục Chứng thực")
        assert call.text == "Kính gửi:"
        assert first.left == second.left
        assert call.right - 1.5 <= first.left <= call.right
        assert (first.text[-1], second.text[-1]) == (";", ".")


class TestBody:
    def test_first_lines_are_indented_by_12_7_millimetres_and_lines_fill_the_width(self, drawn):
        pdf = drawn["three_renewals"].pdf
        first, second = find_words(pdf, "Căn cứ"), find_words(pdf, "phủ quy định")
        assert first.left == pytest.approx(42.7, abs=0.1)
        assert second.left == pytest.approx(30, abs=0.1)
        assert first.right == pytest.approx(195, abs=0.5)
        assert second.right == pytest.approx(195, abs=0.5)
        assert 13 <= first.size <= 14
        assert second.baseline - first.baseline == pytest.approx(14 * 1.15 * MM, abs=0.05)

    def test_paragraphs_stand_at_least_six_points_apart(self, drawn):
        pdf = drawn["three_renewals"].pdf
        above, below = find_words(pdf, "Họ và tên"), find_words(pdf, "Số định danh")
        assert below.baseline - above.baseline >= (14 * 1.15 + 6) * MM - 0.05


class TestPageNumbers:
    @staticmethod
    def numbers(pdf: bytes) -> list[tuple[int, str]]:
        return [(w.page, w.text) for w in read_words(pdf) if w.baseline < 15]

    def test_the_first_page_shows_no_number_and_the_others_do_in_the_top_margin(self, drawn):
        letter = drawn["ten_renewals_with_contact_line"]
        assert self.numbers(letter.pdf) == [(1, "2")]
        (number,) = (w for w in read_words(letter.pdf) if w.baseline < 15)
        assert 13 <= number.size <= 14
        assert number.centre == pytest.approx(112.5, abs=0.3)
        assert 8 < number.baseline < 18

    def test_an_annex_counts_its_own_pages(self):
        letter = draw(make_letter(60))
        texts = {w.page: w for w in read_words(letter.pdf) if w.text == "Phụ lục"}
        (first_of_annex,) = texts
        expected = [
            (first_of_annex + n, str(n + 1)) for n in range(1, letter.pages - first_of_annex)
        ]
        assert first_of_annex == 1
        assert len(expected) >= 2
        assert self.numbers(letter.pdf) == expected


class TestAnnex:
    def test_its_title_is_centred_and_in_capitals(self, drawn):
        pdf = drawn["annex_on_paper"].pdf
        word, title = find_words(pdf, "Phụ lục"), find_words(pdf, "DANH SÁCH CHỨNG THƯ")
        assert word.size == 14
        assert word.centre == pytest.approx(112.5, abs=0.3)
        assert title.centre == pytest.approx(112.5, abs=0.3)
        assert "Danh sách: tại Phụ lục kèm theo." in plain_text(pdf)

    def test_only_the_paper_annex_names_the_letter_it_belongs_to(self, drawn):
        words = "(Kèm theo Công văn số ……/UBND-VP ngày …… tháng …… năm ……"
        assert words in plain_text(drawn["annex_on_paper"].pdf)
        assert "(Kèm theo" not in plain_text(draw(make_letter(45)).pdf)

    def test_it_is_portrait_always_and_the_letter_landscape_only_without_annex(self, drawn):
        for placement, wide in (
            (ListPlacement.ANNEX, False),
            (ListPlacement.LETTER, False),
            (ListPlacement.LETTER_LANDSCAPE, True),
        ):
            pdf = draw(make_letter(30, placement=placement)).pdf
            call = find_words(pdf, "Kính gửi:")
            assert (call.centre > 120) is wide
            assert ("Phụ lục kèm theo" in plain_text(pdf)) is (placement is ListPlacement.ANNEX)


class TestClosing:
    def test_receivers_stand_left_on_a_level_with_the_signers_post(self, drawn):
        pdf = drawn["three_renewals"].pdf
        title, post = find_words(pdf, "Nơi nhận:"), find_words(pdf, "KT. CHỦ TỊCH")
        assert title.baseline == pytest.approx(post.baseline, abs=0.05)
        assert title.left == pytest.approx(30, abs=0.1)
        assert title.size == 12
        entries = [w for w in read_words(pdf) if w.text.startswith("- ") and w.size == 11]
        assert [w.text for w in entries] == [
            "- Như trên;",
            "- Sở Khoa học và Công nghệ (để theo dõi);",
            "- Lưu: VT, VP.",
        ]

    def test_the_name_is_centred_below_the_post(self, drawn):
        pdf = drawn["three_renewals"].pdf
        post, name = find_words(pdf, "PHÓ CHỦ TỊCH"), find_words(pdf, "Trần Văn Diễn Tập")
        assert name.centre == pytest.approx(post.centre, abs=0.3)
        assert name.baseline > post.baseline + 30

    @pytest.mark.parametrize("count", range(1, 21))
    def test_the_signature_is_never_alone_on_a_page(self, count):
        pdf = draw(make_letter(count)).pdf
        post = find_words(pdf, "KT. CHỦ TỊCH")
        above = {
            round(w.baseline, 1)
            for w in read_words(pdf)
            if w.page == post.page and 15 < w.baseline < post.baseline
        }
        assert len(above) >= 2
        assert find_words(pdf, "Trần Văn Diễn Tập").page == post.page

    def test_a_second_post_stands_above_the_name(self):
        signer = Signer(("TRƯỞNG BAN",), "Lê Giả Định", "PHÓ CHỦ TỊCH XÃ THỬ NGHIỆM A")
        pdf = draw(make_letter(1, signer=signer)).pdf
        other, name = find_words(pdf, "PHÓ CHỦ TỊCH XÃ"), find_words(pdf, "Lê Giả Định")
        assert 4 < name.baseline - other.baseline < 8


class TestAnchors:
    @pytest.mark.parametrize("name", DIGITAL)
    def test_no_anchor_lies_over_drawn_words(self, drawn, name):
        letter = drawn[name]
        height = (210 if is_across(name) else 297) / MM
        assert set(letter.anchors) == {"number", "date", "signature", "seal"}
        for key, anchor in letter.anchors.items():
            for words in read_words(letter.pdf):
                if words.page != anchor.page:
                    continue
                low = height - words.baseline / MM - words.size * 0.2
                high = height - words.baseline / MM + words.size * 0.8
                apart = (
                    words.right / MM <= anchor.x1 + 0.2
                    or words.left / MM >= anchor.x2 - 0.2
                    or high <= anchor.y1
                    or low >= anchor.y2
                )
                assert apart, (key, words)

    def test_the_number_fits_between_its_word_and_the_symbol(self, drawn):
        letter = drawn["three_renewals"]
        anchor = letter.anchors["number"]
        word, symbol = find_words(letter.pdf, "Số:"), find_words(letter.pdf, "/UBND-VP")
        assert word.right < anchor.x1 * MM
        assert symbol.left == pytest.approx(anchor.x2 * MM, abs=0.05)
        assert (anchor.style, anchor.size, anchor.align) == ("regular", 13.0, "right")
        baseline = 297 - (anchor.y1 + 13 * 0.216) * MM
        assert word.baseline == pytest.approx(baseline, abs=0.05)

    def test_the_date_follows_the_place_and_has_room_for_the_longest_date(self, drawn):
        letter = drawn["three_renewals"]
        anchor = letter.anchors["date"]
        place = find_words(letter.pdf, "Thử Nghiệm A,")
        assert 0.5 < anchor.x1 * MM - place.right < 2
        assert anchor.x2 * MM <= 195
        assert 45 < (anchor.x2 - anchor.x1) * MM < 60
        assert (anchor.style, anchor.align) == ("italic", "left")

    def test_the_seal_has_its_true_size_over_the_left_third_of_the_signature(self, drawn):
        anchors = drawn["three_renewals"].anchors
        signature, seal = anchors["signature"], anchors["seal"]
        assert (seal.x2 - seal.x1) * MM == pytest.approx(36)
        assert (seal.y2 - seal.y1) * MM == pytest.approx(36)
        covered = (seal.x2 - signature.x1) / (signature.x2 - signature.x1)
        assert covered == pytest.approx(1 / 3)
        assert seal.y1 + seal.y2 == pytest.approx(signature.y1 + signature.y2)
        small = draw(make_letter(1, seal_mm=30.0)).anchors["seal"]
        assert (small.x2 - small.x1) * MM == pytest.approx(30)

    def test_the_signature_stands_midway_between_post_and_name(self, drawn):
        letter = drawn["three_renewals"]
        anchor = letter.anchors["signature"]
        post = find_words(letter.pdf, "PHÓ CHỦ TỊCH")
        assert (anchor.x1 + anchor.x2) / 2 * MM == pytest.approx(post.centre, abs=0.3)
        assert anchor.page == post.page

    def test_a_paper_letter_has_dots_and_no_anchors(self, drawn):
        letter = draw(make_letter(2, medium=Medium.WET))
        assert letter.anchors == {}
        assert "ngày …… tháng …… năm ……" in plain_text(letter.pdf)
        assert "……" not in plain_text(drawn["three_renewals"].pdf)


def test_the_contact_line_stands_at_the_foot_of_the_first_page_under_a_full_rule(drawn):
    pdf = drawn["ten_renewals_with_contact_line"].pdf
    line = find_words(pdf, "Địa chỉ: Số 0")
    rule = next(r for r in read_rules(pdf) if r.length > 160 and r.bottom - r.top < 1)
    assert line.page == rule.page == 0
    assert 265 < line.baseline < 277
    assert rule.length == pytest.approx(165, abs=0.6)
    assert 11 <= line.size <= 12
