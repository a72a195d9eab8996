"""A form with one field of every kind, for the style page and its tests."""

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Regexp

from forms.base import HouseForm


class StyleguideForm(HouseForm):
    """Every kind of field that `templates/components/forms.html` draws; nothing is ever saved."""

    name = StringField("Họ và tên", [InputRequired("Nhập họ và tên.")])
    received_on = StringField(
        "Ngày tiếp nhận",
        [Regexp(r"^\d{2}/\d{2}/\d{4}$", message="Nhập ngày theo dạng 31/12/2026.")],
    )
    kind = SelectField(
        "Loại thiết bị",
        [InputRequired("Chọn loại thiết bị.")],
        choices=[
            SelectChoice("pki_token", "PKI Token"),
            SelectChoice("sim_pki", "SIM PKI"),
            SelectChoice("hsm", "HSM"),
        ],
    )
    reason = TextAreaField("Lý do", description="Ghi ngắn gọn; lý do được đưa vào nhật ký.")
    authority = RadioField(
        "Thẩm quyền ký",
        [InputRequired("Chọn thẩm quyền ký.")],
        choices=[
            SelectChoice("head", "Người đứng đầu"),
            SelectChoice("kt", "KT. (ký thay)"),
            SelectChoice("tl", "TL. (ký thừa lệnh)"),
        ],
    )
    papers = SelectMultipleField(
        "Giấy tờ kèm theo",
        choices=[
            SelectChoice("minutes", "Biên bản bàn giao"),
            SelectChoice("letter", "Văn bản đề nghị"),
        ],
    )
    file = FileField("Tệp chứng thư", description="Tệp .cer, .crt, .pem, .der hoặc .p7b.")
    password = PasswordField("Mật khẩu hiện tại", [InputRequired("Nhập mật khẩu hiện tại.")])
    checked = BooleanField("Đã đối chiếu số hiệu in trên thiết bị")
