"""What the library says of a field is said in Vietnamese."""

import pytest
from flask import Flask
from wtforms import DecimalField, FormField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from forms.base import HouseForm, PartForm


class Row(PartForm):
    note = StringField("Ghi chú", [Length(max=2)])


class Sheet(HouseForm):
    name = StringField("Tên", [InputRequired()])
    code = StringField("Mã", [Length(min=4, max=6)])
    count = IntegerField("Số", [NumberRange(min=1, max=9)])
    price = DecimalField("Giá")
    row = FormField(Row)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Mục này không được để trống."),
        ("code", "a", "Nhập từ 4 đến 6 ký tự."),
        ("count", "0", "Nhập số từ 1 đến 9."),
        ("count", "x", "Nhập một số nguyên."),
        ("price", "x", "Nhập một số."),
        ("row-note", "abc", "Nhập không quá 2 ký tự."),
    ],
)
def test_a_field_is_corrected_in_vietnamese(app: Flask, field: str, typed: str, said: str) -> None:
    with app.test_request_context(method="POST", data={field: typed}):
        form = Sheet(meta={"csrf": False})
        form.validate()
        assert said in str(form.errors)


def test_what_is_said_only_rarely_is_vietnamese_too(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        said = Sheet(meta={"csrf": False}).name.gettext
        assert said("Invalid Mac address.") == "Giá trị này không dùng được. Hãy nhập lại."
        assert said("Nhập tên.") == "Nhập tên."
