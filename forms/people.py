"""Shapes of what is typed about people. Choices of agencies are passed in by the views."""

from wtforms import BooleanField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import DayField, DayRequired, number_or_none
from forms.users import ChoiceField
from labels import label
from rules.signers import SigningAuthority

_AUTHORITIES = [
    SelectChoice("", "Không ký văn bản của cơ quan"),
    *(SelectChoice(one.name, label(one)) for one in SigningAuthority),
]


def _agency(words: str) -> ChoiceField:
    return ChoiceField(words, [InputRequired("Chọn đơn vị.")], coerce=number_or_none, choices=[])


class VersionForm(HouseForm):
    """What every change carries: the version of the row that the person was looking at."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Tải lại trang.")])


class _Particulars:
    full_name = StringField(
        "Họ và tên",
        [InputRequired("Nhập họ và tên."), Length(max=200, message="Dài quá 200 ký tự.")],
    )
    agency_id = _agency("Đơn vị quản lý")
    staff_number = StringField(
        "Mã số cán bộ", [Length(max=40, message="Dài quá 40 ký tự."), Optional()]
    )
    birth_on = DayField("Ngày sinh")
    phone = StringField("Số điện thoại", [Length(max=40, message="Dài quá 40 ký tự.")])
    citizen_id = StringField(
        "Số định danh cá nhân",
        [Length(max=20, message="Số định danh cá nhân gồm đúng 12 chữ số.")],
    )
    citizen_id_issued_on = DayField("Ngày cấp")
    citizen_id_issued_by = StringField("Nơi cấp", [Length(max=200, message="Dài quá 200 ký tự.")])


class NewPersonForm(_Particulars, HouseForm):
    """A new person with the first address and position."""

    email = StringField("Thư điện tử công vụ", [Length(max=254, message="Dài quá 254 ký tự.")])
    title = StringField("Chức vụ", [Length(max=200, message="Dài quá 200 ký tự.")])
    authority = SelectField("Cách ký văn bản", choices=_AUTHORITIES)
    position_from_on = DayField("Giữ chức vụ từ ngày")


class PersonForm(_Particulars, VersionForm):
    """Changed particulars; an empty citizen id leaves the one on file."""

    remove_citizen_id = BooleanField("Xóa số định danh đang lưu")


class EmailForm(VersionForm):
    """Another official address from a day on."""

    email = StringField(
        "Thư điện tử công vụ mới",
        [InputRequired("Nhập địa chỉ mới."), Length(max=254, message="Dài quá 254 ký tự.")],
    )
    from_on = DayField("Dùng từ ngày", [DayRequired("Nhập ngày bắt đầu dùng.")])


class PositionForm(VersionForm):
    """One more position."""

    title = StringField(
        "Chức vụ",
        [InputRequired("Nhập chức vụ."), Length(max=200, message="Dài quá 200 ký tự.")],
    )
    agency_id = _agency("Tại cơ quan, đơn vị")
    authority = SelectField("Cách ký văn bản", choices=_AUTHORITIES)
    is_primary = BooleanField("Là chức vụ chính")
    from_on = DayField("Từ ngày", [DayRequired("Nhập ngày bắt đầu.")])


class EndPositionForm(VersionForm):
    """The last day of a position."""

    until_on = DayField("Ngày cuối cùng giữ chức vụ", [DayRequired("Nhập ngày cuối.")])


class LeavingForm(VersionForm):
    """The last day of a person."""

    left_on = DayField(
        "Ngày nghỉ hoặc chuyển đi",
        description="Để trống nếu vẫn đang công tác. Các chức vụ hiện tại kết thúc cùng ngày.",
    )
