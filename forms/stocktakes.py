"""Shapes of what is entered about a stocktake. People and units to choose from are passed in."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from forms.base import HouseForm, NoSecret
from forms.fields import ChoiceField, DayField, DayRequired, at_most, number_or_none
from forms.people import VersionForm
from rules.stocktakes import CountOutcome

PARTS = ("Tổ trưởng", "Thư ký", "Thành viên")
WHOLE, ALONE = "ca-truc-thuoc", "rieng"


class SeatForm(Form):
    """One member of the committee; without a person the line is empty."""

    person_id = ChoiceField("Thành viên", coerce=number_or_none, choices=[])
    part = StringField("Vai trò", [Optional(), at_most(120)])


class _Campaign:
    """What is decided at the opening and may be changed until the closing."""

    name = StringField(
        "Tên đợt kiểm kê",
        [InputRequired("Nhập tên đợt kiểm kê."), at_most(200)],
        description="Ví dụ: Kiểm kê thiết bị lưu khóa bí mật cuối năm 2026.",
    )
    basis = StringField(
        "Văn bản giao kiểm kê",
        [Optional(), at_most(300)],
        description="Số, ngày, trích yếu quyết định hoặc kế hoạch; biên bản ghi vào phần căn cứ.",
    )
    due_on = DayField("Phải xong trước hết ngày", [DayRequired("Nhập ngày phải xong.")])
    seats = FieldList(FormField(SeatForm), min_entries=5, max_entries=12)


class _Offers:
    seats: Any

    def offer(self, people: list[tuple[str, str]]) -> None:
        """Set who may sit on the committee."""
        choices = [SelectChoice("", "Không"), *(SelectChoice(*one) for one in people)]
        for entry in self.seats.entries:
            entry.form.person_id.choices = list(choices)


class OpenForm(HouseForm, _Campaign, _Offers):
    """A new campaign; its agency stands in the address."""

    with_subtree = RadioField(
        "Phạm vi",
        choices=[
            SelectChoice(WHOLE, "Cơ quan và các đơn vị trực thuộc"),
            SelectChoice(ALONE, "Chỉ thiết bị ghi trực tiếp cho cơ quan này"),
        ],
        default=WHOLE,
    )


class ChangeForm(VersionForm, _Campaign, _Offers):
    """Name, ground, due day and committee of an open campaign."""


class DecisionForm(VersionForm):
    """What became of one thing, with who has it, a note and a photo."""

    outcome = RadioField(
        "Kết quả",
        [InputRequired("Chọn kết quả.")],
        choices=[
            SelectChoice(CountOutcome.RIGHT.name, "Có thiết bị"),
            SelectChoice(CountOutcome.DAMAGED.name, "Có, nhưng bị hỏng"),
            SelectChoice(CountOutcome.MISSING.name, "Đã tìm, không thấy"),
        ],
    )
    holder_id = ChoiceField(
        "Ai đang giữ?",
        coerce=number_or_none,
        choices=[],
        description="Khác người ghi trong sổ thì kết quả là “sai người”.",
    )
    note = StringField("Ghi chú", [Optional(), at_most(500), NoSecret()])
    photo = FileField("Ảnh", description="PNG hoặc JPG, nhiều nhất 5 MB.")


class IdentifyForm(VersionForm):
    """Which device of the register a thing without a known code is."""

    code = StringField(
        "Thực ra là thiết bị có mã",
        [InputRequired("Nhập mã nội bộ hoặc số hiệu."), at_most(120)],
        description="Mã nội bộ hoặc số hiệu của thiết bị trong sổ.",
    )


class ClosingForm(VersionForm):
    """What is said at the closing."""

    place = StringField("Nơi lập biên bản", [Optional(), at_most(200)])
    conclusion = TextAreaField(
        "Kết luận và kiến nghị",
        [Optional(), at_most(1000), NoSecret()],
        description="Mỗi dòng một ý, ghi nguyên vào biên bản.",
    )
    digital = BooleanField(
        "Ký số biên bản (bỏ trống: in ra ký tay)",
        description="Các thành viên ký theo thứ tự bất kỳ, tổ trưởng ký sau cùng.",
    )
    all_sent = BooleanField(
        "Các điện thoại, máy tính dùng để kiểm đã gửi hết kết quả",
        description="Trang quét của mỗi máy phải báo “Đã gửi hết”.",
    )
    reason = TextAreaField(
        "Lý do vẫn khóa sổ",
        [Optional(), at_most(500), NoSecret()],
        description="Bắt buộc khi có lưu ý; ghi vào biên bản.",
    )
