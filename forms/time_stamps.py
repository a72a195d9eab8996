"""Shapes of what an administrator types about time-stamp services."""

from wtforms import (
    BooleanField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from forms.base import HouseForm
from labels import label
from rules.upgrades import PadesLevel

_SECONDS = "Nhập số giây từ %(min)s đến %(max)s."


class ServiceForm(HouseForm):
    """One time-stamp server (RFC 3161)."""

    name = StringField("Tên dịch vụ", [InputRequired("Nhập tên dịch vụ."), Length(max=120)])
    address = StringField(
        "Địa chỉ",
        [InputRequired("Nhập địa chỉ."), Length(max=300)],
        description="Theo hướng dẫn của tổ chức cấp dấu thời gian, bắt đầu bằng http:// hoặc "
        "https://.",
    )
    timeout_seconds = IntegerField(
        "Chờ trả lời nhiều nhất",
        [InputRequired("Nhập số giây."), NumberRange(1, 300, message=_SECONDS)],
        default=150,
        description="Dịch vụ công cộng từng mất từ 2 đến 131 giây để trả lời.",
    )
    username = StringField("Tên đăng nhập", [Length(max=120)])
    password = PasswordField(
        "Mật khẩu",
        [Length(max=200)],
        description="Để trống để giữ mật khẩu đã lưu. Mật khẩu được lưu ngoài cơ sở dữ liệu.",
    )
    is_on = BooleanField("Đang dùng", default=True)


class WishForm(HouseForm):
    """Which level signatures shall have."""

    level = RadioField(
        "Mức chữ ký cần đạt",
        [InputRequired("Chọn mức.")],
        choices=[SelectChoice(one.name, label(one)) for one in PadesLevel],
    )
    at_once_seconds = IntegerField(
        "Chờ dấu thời gian ngay lúc ký nhiều nhất",
        [InputRequired("Nhập số giây, 0 là không chờ."), NumberRange(0, 20, message=_SECONDS)],
        default=0,
        description="0: chữ ký xong ngay, dấu thời gian gắn sau. Quá số giây này cũng gắn sau.",
    )
