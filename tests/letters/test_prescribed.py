"""The fixed words of a form, which an administrator may correct."""

from dataclasses import replace

import pytest

from letters import prescribed, system_issuance
from letters.errors import FormTextInvalid
from letters.renewal_request import FORM, TEXT, draw
from tests.letters.data import make_letter
from tests.letters.form_cases import CASE, sample
from tests.letters.reading import plain_text

GOOD = """
number = "04"
title = "Mẫu"
certainty = "TRANSCRIBED"
note = "Chưa đối chiếu."
[words]
opening = "Kính {agency}"
notes = ["- một;"]
"""
FIELDS = {"opening": frozenset({"agency"})}


def test_the_words_of_a_form_are_read():
    text = prescribed.parse(GOOD, "mau.toml", FIELDS)
    assert text.form.number == "04"
    assert text["opening"].format(agency="An") == "Kính An"
    assert text.notes == ("- một;",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[words]", "[words", "không đọc được"),
        ('number = "04"', "", "không đọc được"),
        ("TRANSCRIBED", "SURE", "certainty “SURE” không hợp lệ"),
        ('opening = "Kính {agency}"', "", "thiếu từ ngữ “opening”"),
        ("{agency}", "{agency", "ngoặc nhọn"),
        ("{agency}", "{person}", r"không dùng được: \{person\}"),
    ],
)
def test_a_wrong_edit_is_told_with_the_name_of_the_file(old, new, told):
    with pytest.raises(FormTextInvalid, match=told) as caught:
        prescribed.parse(GOOD.replace(old, new), "mau.toml", FIELDS)
    assert "mau.toml" in str(caught.value)


def test_a_form_that_is_not_there_is_told():
    with pytest.raises(FormTextInvalid, match=r"mau_99\.toml"):
        prescribed.load("mau_99.toml", FIELDS)


def test_form_04_says_that_it_was_transcribed_and_not_compared():
    assert FORM.number == "04"
    assert FORM.certainty == "TRANSCRIBED"
    assert "chưa được đối chiếu với Phụ lục gốc" in FORM.note


TABLE = """
column_number = "STT"
column_first = "Một"
column_second = "Hai"
column_pair = "Đôi"
[table]
columns = ["number", "first", "second"]
centred = ["number"]
groups.pair = ["first", "second"]
layouts.portrait = { size = 11, widths = [10, 50.5, 0] }
"""


def test_the_table_of_a_form_is_read():
    table = prescribed.parse(GOOD + TABLE, "mau.toml", FIELDS).table
    assert table.columns == ("number", "first", "second")
    assert table.centred == {"number"}
    assert dict(table.groups) == {"first": "pair", "second": "pair"}
    assert table.layouts["portrait"].size == 11
    assert table.layouts["portrait"].widths == (10.0, 50.5, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('column_pair = "Đôi"', "", "thiếu từ ngữ “column_pair”"),
        ('column_first = "Một"', "", "thiếu từ ngữ “column_first”"),
        ('"first", "second"]\nc', '"second", "second"]\nc', "một cột được ghi hai lần"),
        ('centred = ["number"]', 'centred = ["third"]', "không có cột “third”"),
        ("[10, 50.5, 0]", "[10, 0]", "“portrait” không đủ độ rộng"),
        ("[10, 50.5, 0]", "10", "không đọc được"),
        ("size = 11", 'size = "lớn"', "không đọc được"),
        ("groups.pair =", "groups =", "không đọc được"),
    ],
)
def test_a_wrong_table_is_told(old, new, told):
    text = GOOD + TABLE
    assert old in text
    with pytest.raises(FormTextInvalid, match=told):
        prescribed.parse(text.replace(old, new), "mau.toml", FIELDS)


class TestCorrections:
    @staticmethod
    def corrected(corrections: dict[str, str]) -> prescribed.FormText:
        text = prescribed.parse(GOOD + TABLE, "mau.toml", FIELDS)
        return prescribed.with_corrections(text, corrections)

    def test_a_correction_replaces_a_word_and_leaves_the_others(self):
        text = self.corrected({"column_first": " Cột thư\u0301 nhất ", "opening": "{agency} gửi"})
        assert text["column_first"] == "Cột thứ nhất"
        assert text["opening"].format(agency="An") == "An gửi"
        assert text["column_second"] == "Hai"
        assert text.form.number == "04"

    def test_notes_are_corrected_together_a_line_each_and_may_go(self):
        assert self.corrected({"notes": "- một;\n\n - hai.\n"}).notes == ("- một;", "- hai.")
        assert self.corrected({"notes": ""}).notes == ()

    @pytest.mark.parametrize(
        ("key", "word", "told"),
        [
            ("opening", "Kính {person}", r"không dùng được: \{person\}"),
            ("opening", "Kính {agency", "ngoặc nhọn"),
            ("opening", "{agency.__class__}", r"không dùng được: \{agency.__class__\}"),
            ("opening", "{agency:>999999999}", "không dùng được"),
            ("opening", "{agency!r}", "không dùng được"),
            ("column_first", "{agency}", "không dùng được"),
            ("column_first", "  ", "thiếu từ ngữ “column_first”"),
            ("column_first", "x" * 2001, "dài quá 2000 ký tự"),
            ("notes", "x" * 2001, "dài quá 2000 ký tự"),
            ("colour", "đỏ", "mẫu không có từ ngữ “colour”"),
        ],
    )
    def test_a_wrong_correction_is_told_with_the_number_of_the_form(self, key, word, told):
        with pytest.raises(FormTextInvalid, match=told) as caught:
            self.corrected({key: word})
        assert "Mẫu số 04" in str(caught.value)

    def test_the_letter_is_drawn_with_the_corrected_words(self):
        words = prescribed.with_corrections(TEXT, {"column_certificate": "Tên trên chứng thư"})
        text = plain_text(draw(make_letter(1), words).pdf)
        assert "Tên trên chứng thư" in text
        assert "Tên trên chứng thư" not in plain_text(draw(make_letter(1)).pdf)

    def test_a_confirmed_form_has_no_note_any_more(self):
        form = prescribed.confirmed(prescribed.parse(GOOD, "mau.toml", FIELDS)).form
        assert (form.certainty, form.note, form.is_inferred) == ("CONFIRMED", "", False)


def test_a_sample_of_a_confirmed_form_carries_no_remark():
    inferred = system_issuance.TEXT
    assert inferred.form.is_inferred
    for text, remarked in ((inferred, True), (prescribed.confirmed(inferred), False)):
        case = replace(CASE, words={"03": text})
        assert ("Ghi chú của phần mềm" in plain_text(sample("03", case).draw().pdf)) is remarked
