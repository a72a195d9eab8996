"""Shapes of what is said about certificates; what is written in them is not typed by anybody."""

from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import number_or_none


def _number(value: Any) -> int | None:
    return number_or_none(value) or None


class HistoryForm(HouseForm):
    """How often a certificate was renewed, and on what ground somebody vouches for it."""

    renewals = RadioField(
        "Chứng thư này đã được gia hạn lần nào chưa",
        [InputRequired("Chọn một mục.")],
        choices=[
            SelectChoice("0", "Chưa gia hạn lần nào"),
            SelectChoice("1", "Đã gia hạn một lần"),
        ],
    )
    statement = TextAreaField(
        "Căn cứ xác nhận",
        [
            InputRequired("Ghi rõ căn cứ xác nhận."),
            Length(10, 500, "Căn cứ dài từ 10 đến 500 ký tự."),
        ],
        description="Đã tra hồ sơ nào (số, ngày văn bản đề nghị, thông báo của Cục), ai cho biết.",
    )
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Tải lại trang.")])


class AssignmentForm(HouseForm):
    """The person a certificate belongs to, and the device it is on; empty for none."""

    person_id = HiddenField(filters=[_number])
    device_id = HiddenField(filters=[_number])
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Tải lại trang.")])
