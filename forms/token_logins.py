"""Shapes of what a person types around the login with the token."""

from wtforms import BooleanField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forms.accounts import LONGEST_PASSWORD
from forms.base import HouseForm


class EmergencyForm(HouseForm):
    """Name, password and the code that an administrator handed over."""

    codes = frozenset({"code"})

    username = StringField(
        "Tên đăng nhập",
        [InputRequired("Nhập tên đăng nhập."), Length(max=80, message="Tên đăng nhập quá dài.")],
    )
    password = PasswordField(
        "Mật khẩu",
        [
            InputRequired("Nhập mật khẩu."),
            Length(max=LONGEST_PASSWORD, message="Mật khẩu quá dài."),
        ],
    )
    code = StringField(
        "Mã khẩn cấp",
        [InputRequired("Nhập mã khẩn cấp."), Length(max=60, message="Mã khẩn cấp quá dài.")],
        description="20 chữ và số do người quản trị phần mềm giao; gõ chữ hoa hay thường đều được.",
    )


class EmergencyCodeForm(HouseForm):
    """Why somebody gets an emergency code."""

    reason = TextAreaField(
        "Lý do",
        [
            InputRequired("Ghi lý do cấp mã."),
            Length(min=10, max=500, message="Ghi lý do từ 10 đến 500 ký tự."),
        ],
        description="Ví dụ: mất thiết bị, đã báo mất ngày 21/11/2026, đã gặp trực tiếp.",
    )


class UncheckedForm(HouseForm):
    """Whether a login may go on when revocation could not be checked."""

    allowed = BooleanField(
        "Cho đăng nhập bằng thiết bị khi chưa kiểm tra được thu hồi",
        description=(
            "Mặc định là không. Chứng thư mà sổ hoặc danh sách thu hồi ghi đã thu hồi thì không "
            "bao giờ vào được; mỗi lần vào khi chưa kiểm tra được đều ghi rõ trong nhật ký."
        ),
    )
