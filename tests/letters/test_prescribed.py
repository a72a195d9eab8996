"""The fixed words of a form, which an administrator may correct."""

import pytest

from letters import prescribed
from letters.errors import FormTextInvalid
from letters.renewal_request import FORM

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
