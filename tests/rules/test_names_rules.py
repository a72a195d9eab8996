"""Vietnamese names as people type them."""

import unicodedata

import pytest

from rules.names import clean_name, fold, fold_words, head_name, sort_key, spelt_out, text_key


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Nguyễn Thị Ánh", "nguyen thi anh"),
        ("  ĐỨC\u00a0 Đông ", "duc dong"),
        ("Ðặng Văn Ðạt", "dang van dat"),
        ("Hoà", "hoa"),
        (unicodedata.normalize("NFD", "Hòa"), "hoa"),
        ("an.nv@xa.gov.vn", "an.nv@xa.gov.vn"),
        ("Hà\u200b Nội", "ha noi"),
    ],
)
def test_folding_takes_away_what_people_leave_out_when_they_search(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_folded_without_punctuation() -> None:
    assert fold_words("Ủy ban nhân dân xã Thử-Nghiệm (cũ)") == (
        *("uy", "ban", "nhan", "dan", "xa"),
        *("thu", "nghiem", "cu"),
    )


@pytest.mark.parametrize("typed", ["Y'Nhân Êban", "Y’Nhân Êban", "y‘nhân  êban", "YʼNhân Êban"])
def test_a_name_is_the_same_with_every_apostrophe(typed: str) -> None:
    assert fold(typed) == "y'nhan eban"
    assert fold_words(typed) == ("y", "nhan", "eban")
    assert sort_key(typed) == sort_key("Y Nhân Êban")
    assert fold(typed) != fold("Y Nhân Êban")


def test_names_of_agencies_sort_from_their_first_word_and_numbers_by_their_size() -> None:
    in_order = [
        "Ban Quản lý dự án",
        "Phòng Văn hóa – Xã hội",
        "Phường 2",
        "Phường 10",
        "Phường An Thử",
        "Sở Tài chính",
        "Trường THCS số 9",
        "Trường THCS số 12",
        "UBND xã Đông Thử",
        "UBND xã Thử A",
        "Văn phòng UBND xã",
    ]
    assert sorted(set(in_order), key=text_key) == in_order
    assert len(text_key("1 " * 300)) == 900


def test_a_cleaned_name_has_one_blank_and_a_real_d_with_stroke() -> None:
    assert clean_name("\ufeff Ðỗ\t Thị\u00a0\u200bĐào\n") == "Đỗ Thị Đào"


def test_names_sort_by_given_name_then_family_and_middle_names() -> None:
    in_order = [
        "Trần Văn An",
        "Lê Thị Ân",
        "Vũ Bình",
        "Bùi Thị Danh",
        "Bùi Thị Đan",
        "Lê Hoà",
        "Nguyễn Thị Hòa",
        "Nguyễn Văn Hoa Hồng",
        "Lê Nguyên",
        "An Nguyễn",
        "Đỗ Nguyện",
        "Tạ Ư",
    ]

    assert sorted(set(in_order), key=sort_key) == in_order


def test_tones_of_one_syllable_sort_from_level_to_heavy() -> None:
    in_order = ["ma", "mà", "mả", "mã", "má", "mạ", "man", "mă", "mâ"]

    assert sorted(set(in_order), key=sort_key) == in_order


def test_a_syllable_comes_before_its_own_extension() -> None:
    assert sort_key("Lê Án") < sort_key("Lê Anh")
    assert sort_key("Lê") < sort_key("An Lê") < sort_key("Lê Văn Lê")


def test_where_the_tone_mark_stands_does_not_matter() -> None:
    assert sort_key("Nguyễn Thị Hoà") == sort_key("Nguyễn Thị Hòa")
    assert fold("Thuý") == fold("Thúy")
    assert sort_key("Thuý") == sort_key("Thúy")


def test_what_is_no_letter_does_not_count() -> None:
    assert sort_key("– (…)") == ""
    assert sort_key("Trần Văn An.") == sort_key("Trần Văn An")
    assert sort_key("Phường 2") < sort_key("Phường An")
    # A mark that makes no Vietnamese letter is ignored, as is one that stands alone.
    assert sort_key("ẑ \u0302") == sort_key("z")


def test_papers_write_the_name_of_a_body_in_full_and_their_heads_in_capitals() -> None:
    assert spelt_out("UBND xã Thử A") == "Ủy ban nhân dân xã Thử A"
    assert head_name("UBND xã Thử A") == "ỦY BAN NHÂN DÂN XÃ THỬ A"
    assert head_name("Sở Thử Nghiệm") == "SỞ THỬ NGHIỆM"
