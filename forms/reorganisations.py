"""Shapes of what is typed about whole agencies that change. Choices are passed in by the views."""

from wtforms import BooleanField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from forms.base import HouseForm
from forms.fields import DayField, DayRequired, number_or_none
from forms.staff_changes import UnitField
from forms.users import Choices


def _units(value: object) -> int:
    return int(str(value))


class UnitsField(SelectMultipleField):
    """Units that go over, as boxes."""

    def offer(self, choices: Choices) -> None:
        """Set the list."""
        self.choices = [SelectChoice(int(value), words) for value, words in choices if value]


class PlanForm(HouseForm):
    """The plan of one act; the view drops what its kind lacks."""

    successor_id = UnitField("Cơ quan tiếp nhận", [Optional()], coerce=number_or_none, choices=[])
    new_name = StringField(
        "Tên mới",
        [InputRequired("Nhập tên mới."), Length(max=300, message="Dài quá 300 ký tự.")],
        description="Đúng như trong quyết định",
    )
    unit_ids = UnitsField("Đơn vị chuyển sang cơ quan mới", [Optional()], coerce=_units, choices=[])
    people = TextAreaField(
        "Người chuyển sang cơ quan mới ngoài các đơn vị trên",
        [Length(max=20_000, message="Danh sách quá dài.")],
        description="Mỗi dòng một người: thư điện tử công vụ hoặc mã số cán bộ",
    )
    ends = BooleanField("Cơ quan cũ chấm dứt hoạt động từ ngày này")
    effective_on = DayField("Có hiệu lực từ ngày", [DayRequired("Nhập ngày có hiệu lực.")])
    decision = StringField(
        "Văn bản quyết định",
        [InputRequired("Nhập văn bản quyết định."), Length(max=300, message="Dài quá 300 ký tự.")],
        description="Số, ngày và cơ quan ban hành",
    )
    new_email_domain = StringField(
        "Tên miền thư điện tử công vụ mới",
        [
            Optional(),
            Length(max=120, message="Dài quá 120 ký tự."),
            Regexp(r"^@?[A-Za-z0-9.-]+\.[A-Za-z]+$", message="Ví dụ đúng: xamoi.tinh.gov.vn."),
        ],
        description="Phần sau dấu @; để trống nếu không đổi. Địa chỉ cũ còn trong quá trình",
    )
