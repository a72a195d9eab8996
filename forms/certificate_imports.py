"""Shapes of an import: which files, and what a person decides about each certificate."""

from typing import Any

from wtforms import (
    BooleanField,
    MultipleFileField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from forms.base import HouseForm, PartForm
from forms.fields import number_or_none
from forms.users import ChoiceField
from labels import label
from rules.certificates import SubscriberKind

OTHER = "khac"
ACCEPTED = ".cer,.crt,.pem,.der,.p7b,.p7c,.zip"


class FilesRequired:
    """Refuse a form without any file."""

    field_flags = {"required": True}  # noqa: RUF012 - the shape that WTForms reads

    def __call__(self, _form: Any, field: Any) -> None:
        if not any(getattr(one, "filename", "") for one in field.data or ()):
            raise ValidationError("Chọn ít nhất một tệp.")


class UploadForm(HouseForm):
    """Files for one agency and its units."""

    agency_id = ChoiceField(
        "Nhập cho cơ quan, đơn vị",
        [InputRequired("Chọn cơ quan, đơn vị.")],
        coerce=number_or_none,
        choices=[],
        description="Chứng thư được đối chiếu với cá nhân và thiết bị của nơi này và các đơn vị "
        "trực thuộc.",
    )
    files = MultipleFileField(
        "Tệp chứng thư",
        [FilesRequired()],
        description="Chọn được nhiều tệp một lúc: .cer, .crt, .pem, .der, .p7b, hoặc một tệp .zip "
        "chứa các tệp đó. Không bao giờ nhập tệp có khóa bí mật (.p12, .pfx, .key).",
    )


class SaveForm(HouseForm):
    """Only the secret of the session; each certificate has an `ItemForm` of its own."""


class ItemForm(PartForm):
    """What a person decides about one certificate; used with a prefix per item."""

    chosen = BooleanField("Lưu chứng thư này")
    kind = SelectField(
        "Thuê bao là",
        [InputRequired("Chọn loại thuê bao.")],
        choices=[SelectChoice(kind.name, label(kind)) for kind in SubscriberKind],
    )
    person = RadioField("Cá nhân", choices=[], validate_choice=False)
    person_text = StringField(
        "Thư điện tử công vụ hoặc mã số cán bộ của người khác",
        [Length(max=254, message="Dài quá 254 ký tự.")],
    )
    agency_code = StringField(
        "Cơ quan, đơn vị (nếu không phải của cá nhân)",
        [Length(max=40, message="Mã dài quá 40 ký tự.")],
    )
    device_text = StringField(
        "Thiết bị (mã nội bộ hoặc số hiệu; để trống nếu chưa rõ)",
        [Length(max=80, message="Dài quá 80 ký tự.")],
    )
    first_issue = BooleanField("Là chứng thư cấp mới, chưa từng gia hạn")
