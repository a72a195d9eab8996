"""Breaking text into lines."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from letters import fonts
from letters.fonts import VIETNAMESE_LETTERS
from letters.text import balance, clean, wrap

WORDS = st.lists(
    st.text(alphabet=VIETNAMESE_LETTERS + "abcXYZ0189@.-_/", min_size=1, max_size=60),
    min_size=1,
    max_size=30,
)


class TestWrapping:
    @settings(max_examples=150, deadline=None)
    @given(words=WORDS, width=st.floats(min_value=20, max_value=500))
    def test_no_letter_is_lost_and_no_line_is_too_wide(self, words, width):
        face, text = fonts.load().regular, clean(" ".join(words))
        lines = wrap(text, face, 11, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(face.width(line) * 11 <= width + 0.01 for line in lines)

    @settings(max_examples=100, deadline=None)
    @given(words=WORDS, width=st.floats(min_value=120, max_value=500))
    def test_a_balanced_title_has_as_few_lines_as_a_plain_one(self, words, width):
        face, text = fonts.load().bold, clean(" ".join(words))
        lines = balance(text, face, 12, width)
        assert len(lines) == len(wrap(text, face, 12, width))
        assert all(face.width(line) * 12 <= width + 0.01 for line in lines)

    def test_the_first_line_leaves_room_for_its_indent(self):
        face = fonts.load().regular
        lines = wrap("một hai ba bốn năm sáu bảy tám chín mười", face, 14, 120, first=60)
        assert face.width(lines[0]) * 14 <= 60

    def test_a_long_address_breaks_after_its_signs(self):
        face = fonts.load().regular
        address = "nguyenvanthu@xa-thu-nghiem.example.vn"
        assert wrap(address, face, 11, 85) == ["nguyenvanthu@", "xa-thu-nghiem.", "example.vn"]

    def test_a_serial_number_breaks_in_the_middle(self):
        assert wrap("7A5C00009E3779B1", fonts.load().regular, 11, 70) == ["7A5C0000", "9E3779B1"]


def test_cleaning_composes_letters_and_drops_what_cannot_be_seen():
    loose = unicodedata.normalize("NFD", "Nguyễn  Thị\tÁnh\r\n") + "\u200b\x07"
    assert clean(loose) == "Nguyễn Thị Ánh"


def test_cleaning_keeps_the_space_that_does_not_break():
    assert clean("số\u00a068/2024") == "số\u00a068/2024"
