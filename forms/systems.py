"""Shapes of what is typed about devices, services and software with certificates of their own."""

from wtforms import SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, number_or_none
from forms.people import VersionForm
from forms.users import ChoiceField as RequiredChoice
from labels import label
from rules.devices import DeviceKind
from rules.systems import SystemKind


class _Particulars:
    name = StringField(
        "Tên",
        [InputRequired("Nhập tên."), Length(max=300, message="Dài quá 300 ký tự.")],
        description="Tên thiết bị, dịch vụ hoặc phần mềm, sẽ là tên chứng thư.",
    )
    agency_id = RequiredChoice(
        "Cơ quan, tổ chức quản lý",
        [InputRequired("Chọn đơn vị.")],
        coerce=number_or_none,
        choices=[],
    )
    kind = ChoiceField("Loại", choices=[SelectChoice(one.name, label(one)) for one in SystemKind])
    edition = StringField(
        "Phiên bản, thông số",
        [Length(max=300, message="Dài quá 300 ký tự.")],
        description="Phiên bản; tên miền, địa chỉ IP nếu có.",
    )
    email = StringField(
        "Thư điện tử công vụ",
        [Length(max=254, message="Dài quá 254 ký tự.")],
        description="Bỏ trống thì dùng địa chỉ của cơ quan.",
    )
    key_store = ChoiceField(
        "Khóa bí mật lưu trên",
        choices=[
            SelectChoice("", "— chưa rõ —"),
            *(SelectChoice(one.name, label(one)) for one in DeviceKind),
        ],
    )
    keeper_id = ChoiceField("Người quản lý", coerce=number_or_none, choices=[])


class NewSystemForm(_Particulars, HouseForm):
    """A new one."""


class SystemForm(_Particulars, VersionForm):
    """Corrections, and the day on which it stopped."""

    ended_on = DayField("Ngừng hoạt động từ ngày")
