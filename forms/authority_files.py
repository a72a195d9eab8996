"""Shapes of what is asked for the authority's file and for a list of official addresses."""

from flask_wtf.file import FileField
from wtforms import TextAreaField, ValidationError
from wtforms.validators import InputRequired

from forms.base import HouseForm
from forms.fields import DayField, DayRequired, number_or_none
from forms.users import ChoiceField

SHEETS = ".xlsx,.xls,.csv"


class PeopleOfForm(HouseForm):
    """Whose people to list."""

    agency_id = ChoiceField(
        "Cơ quan, đơn vị",
        [InputRequired("Chọn cơ quan, đơn vị.")],
        coerce=number_or_none,
        choices=[],
        description="Gồm cả các đơn vị trực thuộc.",
    )


class EmailListForm(PeopleOfForm):
    """A list of official addresses, as a file or pasted."""

    file = FileField("Tệp danh sách", description="Excel (.xlsx, .xls) hoặc .csv có dòng tiêu đề.")
    pasted = TextAreaField(
        "Hoặc dán danh sách vào đây",
        description="Mỗi người một dòng: họ tên và địa chỉ thư; có thể kèm số định danh cá nhân, "
        "ngày sinh.",
    )
    from_on = DayField("Dùng từ ngày", [DayRequired("Nhập ngày bắt đầu dùng.")])

    def validate_pasted(self, field: TextAreaField) -> None:
        has_file = bool(self.file.data and self.file.data.filename)
        if has_file == bool((field.data or "").strip()):
            raise ValidationError("Chọn một tệp hoặc dán danh sách, một trong hai cách.")


class EmailChoiceForm(HouseForm):
    """Which of the matched addresses to keep; the choices themselves are boxes of the page."""

    from_on = DayField("Dùng từ ngày", [DayRequired("Nhập ngày bắt đầu dùng.")])
