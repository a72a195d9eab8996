"""Blanks for number, date and signature are found among the words of a page."""

import pytest

from rules.document_landmarks import (
    DayPlaces,
    PageWord,
    day_places,
    number_place,
    signature_place,
)
from rules.document_places import A4, Place

HIGH = A4[1]
WIDE = 2.2


def line(text: str, left: float, foot: float, page: int = 0) -> list[PageWord]:
    """Words of one line, 2.2 mm for each character; two spaces and more are a blank."""
    found, at, word = [], left, ""
    for character in f"{text} ":
        if character == " ":
            if word:
                wide = WIDE * len(word)
                found.append(PageWord(page, word, at - wide, foot - 4, wide, 4))
            word = ""
        else:
            word += character
        at += WIDE
    return found


@pytest.mark.parametrize(
    ("text", "left", "width"),
    [
        ("Số:        /QĐ-UBND", 36.6, 17.6 - 0.6),
        ("Số: ……… /QĐ-UBND", 36.6, 11 - 0.6),
        ("SỐ :       /QĐ-UBND", 38.8, 15.4 - 0.6),
        ("Số:", 36.9, 16 - 0.6),
        ("Số: /QĐ-UBND", 35.45 - 0.0, 4.5),
    ],
)
def test_the_number_goes_behind_its_word(text: str, left: float, width: float) -> None:
    found = number_place([*line("ỦY BAN NHÂN DÂN", 30, 30), *line(text, 30, 43)], HIGH)
    assert found is not None
    assert found.left == pytest.approx(left, abs=0.4)
    assert found.width == pytest.approx(width, abs=0.4)
    assert found.top + found.height == pytest.approx(43, abs=0.01)


@pytest.mark.parametrize(
    "words",
    [
        [],
        line("Số: 15/QĐ-UBND", 30, 43),  # printed already
        line("Số:      /QĐ-UBND", 30, 200),  # the text speaks of another document
        line("Số:      /QĐ-UBND", 30, 43, page=1),
        line("Căn cứ Luật số : 12 và", 30, 43),
    ],
)
def test_no_blank_for_the_number_is_invented(words: list[PageWord]) -> None:
    assert number_place(words, HIGH) is None


def test_words_of_the_other_column_end_no_blank() -> None:
    words = [*line("Số:", 30, 43), *line("Đồi Mẫu, ngày", 120, 43)]
    found = number_place(words, HIGH)
    assert found is not None
    assert found.width == pytest.approx(15.4)


def test_day_and_month_go_between_the_printed_words() -> None:
    words = line("Đồi Mẫu, ngày      tháng      năm 2026", 110, 43)
    found = day_places(words, A4)
    assert found is not None
    assert (found.whole, found.month is not None) == (False, True)
    assert found.month is not None
    assert found.day.left < found.month.left
    assert found.day.width == pytest.approx(6 * WIDE - 0.6)


def test_a_printed_month_leaves_the_day_alone() -> None:
    found = day_places(line("Đồi Mẫu, ngày …… tháng 11 năm 2026", 110, 43), A4)
    assert isinstance(found, DayPlaces)
    assert (found.whole, found.month) == (False, None)


def test_behind_the_name_of_the_place_goes_the_whole_date() -> None:
    found = day_places(line("Số:     /QĐ-UBND              Đồi Mẫu,", 30, 43), A4)
    assert found is not None
    assert (found.whole, found.month, found.day.width) == (True, None, pytest.approx(57.4, abs=1))


@pytest.mark.parametrize(
    "words",
    [
        line("Đồi Mẫu, ngày 21 tháng 11 năm 2026", 110, 43),
        line("ngày nghỉ trong năm", 30, 43),
        line("Căn cứ Luật số 20,", 110, 43),
        [],
    ],
)
def test_no_blank_for_the_date_is_invented(words: list[PageWord]) -> None:
    assert day_places(words, A4) is None


def place(words: list[PageWord], **told: object) -> Place | None:
    known = {"name": "Nguyễn Văn Thử", "title": "Chủ tịch", "size": (50.0, 22.0), "pages": [A4]}
    return signature_place(words, **(known | told))  # type: ignore[arg-type]


def test_the_signature_is_centred_between_title_and_name() -> None:
    words = [
        *line("Nơi nhận:", 30, 200),
        *line("TM. ỦY BAN NHÂN DÂN", 120, 200),
        *line("CHỦ TỊCH", 131, 206),
        *line("- Lưu: VT.", 30, 206),
        *line("Nguyễn  Văn Thử", 124, 240),
    ]
    found = place(words)
    assert found is not None
    middle = 124 + 15 * WIDE / 2
    assert found.left + found.width / 2 == pytest.approx(middle, abs=0.1)
    assert found.top + found.height / 2 == pytest.approx((206 + 236) / 2, abs=0.1)
    assert (found.width, found.height) == (50, 22)


def test_less_room_makes_it_smaller_and_the_last_place_counts() -> None:
    early = [*line("CHỦ TỊCH", 131, 100), *line("Nguyễn Văn Thử", 124, 130)]
    late = [*line("CHỦ TỊCH", 131, 206), *line("TS. Nguyễn Văn Thử", 120, 224)]
    found = place([*early, *late])
    assert found is not None
    assert found.height == pytest.approx(14)
    assert found.top == pytest.approx(206)


@pytest.mark.parametrize(
    ("words", "top"),
    [
        (line("Đại tá Nguyễn Văn Thử", 124, 240), 214),  # a name without a title: over it
        ([*line("Chủ tịch", 131, 100), *line("CHỦ TỊCH", 131, 206)], 207),  # under the title
    ],
)
def test_half_of_the_landmarks_is_still_a_beginning(words: list[PageWord], top: float) -> None:
    found = place(words)
    assert found is not None
    assert found.top == pytest.approx(top)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], {}),
        (line("Giao ông Nguyễn Văn Thử", 30, 240), {}),
        (line("CHỦ TỊCH", 30, 240), {"title": "", "name": ""}),
        (line("Chủ tịch", 30, 240), {}),
        (line("Nguyễn Văn Thử", 124, 240, page=3), {}),
        (line("HộiNguyễn Văn Thử", 124, 240), {}),
        (line("Đại hội ông Nguyễn Văn Thử", 124, 240), {}),
    ],
)
def test_no_place_for_a_signature_is_invented(
    words: list[PageWord], told: dict[str, object]
) -> None:
    assert place(words, **told) is None
