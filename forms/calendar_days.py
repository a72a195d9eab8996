"""Shapes of what an administrator types about days off and days worked."""

from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm
from forms.fields import DayField, DayRequired

OFF, WORKED = "off", "worked"


class CalendarDayForm(HouseForm):
    """One day that differs from the calculated calendar, with the notice it comes from."""

    day = DayField("Ngày", [DayRequired("Nhập ngày.")])
    what = RadioField(
        "Ngày này",
        [InputRequired("Chọn nghỉ hay làm việc.")],
        choices=[
            SelectChoice(OFF, "được nghỉ"),
            SelectChoice(WORKED, "làm việc (làm bù, không nghỉ)"),
        ],
        default=OFF,
    )
    name = StringField(
        "Tên ngày", [InputRequired("Nhập tên ngày."), Length(max=200, message="Tên ngày quá dài.")]
    )
    source = StringField(
        "Căn cứ",
        [
            InputRequired("Nhập số, ngày của thông báo."),
            Length(max=300, message="Căn cứ quá dài."),
        ],
        description="Ví dụ: Thông báo nghỉ Tết Nguyên đán năm 2027, số, ngày.",
    )
