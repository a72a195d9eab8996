"""Shapes for the mail server and its trial e-mail."""

from wtforms import IntegerField, PasswordField, SelectChoice, StringField
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional

from forms.base import HouseForm
from forms.fields import ChoiceField

SECURITIES = {
    "starttls": "STARTTLS (thường là cổng 587)",
    "tls": "TLS ngay từ đầu (thường là cổng 465)",
    "none": "Không mã hóa (chỉ dùng trong mạng nội bộ)",
}
NOT_A_NUMBER = "Cổng là một số từ 1 đến 65535."


class MailServerForm(HouseForm):
    """Where the office hands its e-mails in. An empty host switches e-mail off."""

    host = StringField(
        "Máy chủ thư (SMTP)",
        [Length(max=200)],
        description="Ví dụ mail.coquan.gov.vn. Để trống nếu không gửi thư điện tử.",
    )
    port = IntegerField(
        "Cổng", [Optional(), NumberRange(1, 65535, message=NOT_A_NUMBER)], default=587
    )
    security = ChoiceField(
        "Cách mã hóa",
        [InputRequired("Chọn cách mã hóa.")],
        choices=[SelectChoice(name, words) for name, words in SECURITIES.items()],
    )
    username = StringField("Tên đăng nhập", [Length(max=200)])
    password = PasswordField(
        "Mật khẩu",
        [Length(max=200)],
        description="Để trống để giữ mật khẩu đã lưu. Mật khẩu được lưu ngoài cơ sở dữ liệu.",
    )
    sender = StringField(
        "Gửi từ địa chỉ",
        [Optional(), Email("Địa chỉ thư điện tử không đúng."), Length(max=254)],
    )
    address = StringField(
        "Địa chỉ của Sổ Token trong mạng",
        [Length(max=200)],
        description="Để người nhận bấm mở từ thư, ví dụ https://sotoken.coquan.local.",
    )


class TrialForm(HouseForm):
    """Who gets the trial e-mail."""

    recipient = StringField(
        "Gửi thư thử tới",
        [InputRequired("Nhập địa chỉ nhận."), Email("Địa chỉ thư điện tử không đúng.")],
    )
