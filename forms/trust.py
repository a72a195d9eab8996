"""Shapes of what an administrator types when changing whom the server believes."""

from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm


class AuthorityForm(HouseForm):
    """A file with certificates of authorities."""

    file = FileField("Tệp chứng thư (.cer, .crt, .pem, .p7b)", [FileRequired("Chọn một tệp.")])


class ConfirmForm(HouseForm):
    """The fingerprint, typed back from where it was compared."""

    sealed = HiddenField()
    digits = StringField(
        "8 chữ số cuối của dấu vân tay SHA-256",
        [InputRequired("Nhập 8 chữ số cuối của dấu vân tay."), Length(max=40)],
        description="Gõ theo nguồn đối chiếu (văn bản, trang chính thức của cơ quan chứng thực).",
    )
    stamps_only = BooleanField(
        "Chỉ tin cho dấu thời gian",
        description="Đánh dấu khi đây là gốc của tổ chức cấp dấu thời gian, không cấp chứng thư "
        "ký văn bản.",
    )
    words = StringField(
        "Đã đối chiếu với nguồn nào",
        [InputRequired("Ghi nguồn đã đối chiếu."), Length(max=500, message="Nội dung quá dài.")],
        description="Ví dụ: công văn số, ngày của Cục; người gọi điện xác nhận, ngày.",
    )


class ListForm(HouseForm):
    """One or several revocation lists."""

    files = MultipleFileField("Tệp danh sách thu hồi (.crl)", [FileRequired("Chọn ít nhất 1 tệp.")])


class HostsForm(HouseForm):
    """Services that may be asked for lists."""

    hosts = TextAreaField(
        "Máy chủ được phép hỏi danh sách thu hồi",
        [Length(max=500, message="Danh sách quá dài.")],
        description="Mỗi dòng một tên máy chủ, ví dụ ca.gov.vn. Để trống: không hỏi máy chủ nào.",
    )


class RemovalForm(HouseForm):
    """Why a certificate or a list is taken out of use."""

    reason = StringField(
        "Lý do bỏ",
        [InputRequired("Ghi lý do bỏ."), Length(max=500, message="Lý do quá dài.")],
    )


class AskForm(HouseForm):
    """Which certificate the authority is asked about."""

    serial = StringField(
        "Số hiệu chứng thư",
        [InputRequired("Nhập số hiệu chứng thư."), Length(max=80)],
        description="Như ghi trong sổ; địa chỉ của máy chủ OCSP lấy từ chính chứng thư.",
    )
