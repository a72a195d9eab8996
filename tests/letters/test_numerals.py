"""Numbers in words, and days as papers write them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.dates import long_date, period
from letters.numerals import HIGHEST, counted, in_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (1, "một"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (11, "mười một"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi bốn"),
        (35, "ba mươi lăm"),
        (100, "một trăm"),
        (105, "một trăm linh năm"),
        (110, "một trăm mười"),
        (121, "một trăm hai mươi mốt"),
        (1000, "một nghìn"),
        (1001, "một nghìn không trăm linh một"),
        (1015, "một nghìn không trăm mười lăm"),
        (21_000, "hai mươi mốt nghìn"),
        (1_000_000, "một triệu"),
        (1_000_005, "một triệu không trăm linh năm"),
        (2_030_400, "hai triệu không trăm ba mươi nghìn bốn trăm"),
    ],
)
def test_a_number_is_written_as_it_is_read(number, words):
    assert in_words(number) == words


@settings(max_examples=200, deadline=None)
@given(st.integers(0, HIGHEST), st.integers(0, HIGHEST))
def test_different_numbers_have_different_words(one, other):
    assert (in_words(one) == in_words(other)) is (one == other)


@pytest.mark.parametrize("number", [-1, HIGHEST + 1])
def test_what_cannot_be_counted_is_refused(number):
    with pytest.raises(ValueError, match="in words"):
        in_words(number)


def test_figures_stand_before_words_and_have_two_digits():
    assert counted(5) == "05 (năm)"
    assert counted(137) == "137 (một trăm ba mươi bảy)"


def test_only_days_below_ten_and_the_first_two_months_have_a_leading_zero():
    assert long_date(date(2027, 2, 5)) == "ngày 05 tháng 02 năm 2027"
    assert long_date(date(2026, 3, 15)) == "ngày 15 tháng 3 năm 2026"
    assert long_date(None) == "ngày …… tháng …… năm ……"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2026, 1, 2), date(2031, 1, 1), "02/01/2026 -\n01/01/2031"),
        (date(2026, 1, 2), None, "02/01/2026"),
        (None, date(2031, 1, 1), "đến\n01/01/2031"),
        (None, None, ""),
    ],
)
def test_a_validity_shows_what_is_known(first, last, shown):
    assert period(first, last) == shown
