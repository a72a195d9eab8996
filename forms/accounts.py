"""Shapes of what a person types about their own account. Whether it is right, operations decide."""

from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from forms.base import HouseForm

LONGEST_PASSWORD = 128


class LoginForm(HouseForm):
    """Name and password."""

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


class ReauthenticationForm(HouseForm):
    """The password once more, before a dangerous act."""

    password = PasswordField(
        "Mật khẩu",
        [
            InputRequired("Nhập mật khẩu."),
            Length(max=LONGEST_PASSWORD, message="Mật khẩu quá dài."),
        ],
    )


class PasswordForm(HouseForm):
    """The current password and, twice, the new one."""

    current = PasswordField(
        "Mật khẩu đang dùng",
        [
            InputRequired("Nhập mật khẩu đang dùng."),
            Length(max=LONGEST_PASSWORD, message="Mật khẩu quá dài."),
        ],
    )
    new = PasswordField(
        "Mật khẩu mới",
        [
            InputRequired("Nhập mật khẩu mới."),
            Length(max=LONGEST_PASSWORD, message="Mật khẩu không được dài quá 128 ký tự."),
        ],
        description=(
            "Ít nhất 12 ký tự. Nên dùng một câu ngắn dễ nhớ, có dấu cách; "
            "không bắt buộc chữ hoa hay ký tự đặc biệt."
        ),
    )
    again = PasswordField(
        "Nhập lại mật khẩu mới",
        [
            InputRequired("Nhập lại mật khẩu mới."),
            EqualTo("new", message="Hai lần nhập mật khẩu mới không giống nhau."),
        ],
    )
