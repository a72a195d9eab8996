"""Shapes of what a person types into a request. What the law says of it, operations decide."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

import labels
from forms.fields import ChoiceField, DayField, DayRequired
from rules.signers import SigningAuthority

LONGEST_REASON = 1000


class VersionedForm(FlaskForm):
    """A form that says which version of the request the person was looking at."""

    version = IntegerField("", [InputRequired("Thiếu phiên bản.")], widget=HiddenInput())


class NewRenewalForm(FlaskForm):
    """The chosen certificates and the day on which the letter should arrive."""

    certificates = SelectMultipleField("Chứng thư", coerce=int, validate_choice=False)
    planned_receipt_on = DayField(
        "Ngày dự kiến cơ quan tiếp nhận nhận được văn bản",
        [DayRequired("Nhập ngày dự kiến tiếp nhận.")],
        description="Số ngày còn lại của chứng thư được tính đến ngày này (ít nhất 30 ngày).",
    )


class ParticularsForm(VersionedForm):
    """What stands in the letter besides the list."""

    planned_receipt_on = DayField(
        "Ngày dự kiến tiếp nhận", [DayRequired("Nhập ngày dự kiến tiếp nhận.")]
    )
    contact_id = ChoiceField("Người tiếp nhận (mục 1)", [Optional()], coerce=int)
    contact_address = StringField("Địa chỉ tiếp nhận", [Length(max=400)])
    addressee = StringField("Kính gửi", [InputRequired("Nhập nơi nhận văn bản."), Length(max=300)])
    copies_to = TextAreaField(
        "Nơi nhận khác",
        [Length(max=1000)],
        description="Mỗi dòng một nơi nhận. “Như trên” và “Lưu: VT” được ghi sẵn.",
    )
    drafting_unit = StringField(
        "Đơn vị soạn thảo trong ký hiệu",
        [InputRequired("Nhập ký hiệu đơn vị soạn thảo."), Length(max=40)],
        description="Ví dụ VP trong ký hiệu …/UBND-VP.",
    )
    wet_signature = BooleanField("Ký tay trên giấy (không ký số)")
    note = TextAreaField("Ghi chú nội bộ (không in ra văn bản)", [Length(max=2000)])


class SignerForm(VersionedForm):
    """Who signs, in which capacity, and on what paper."""

    position_id = ChoiceField("Người ký", [InputRequired("Chọn người ký.")], coerce=int)
    authority = ChoiceField(
        "Thẩm quyền ký",
        [InputRequired("Chọn thẩm quyền ký.")],
        choices=[SelectChoice(one.name, labels.label(one)) for one in SigningAuthority],
    )
    head_title = StringField(
        "Chức vụ của người đứng đầu",
        [Length(max=200)],
        description="Ghi sau KT., TL., TUQ. – ví dụ “Chủ tịch”.",
    )
    collective = StringField(
        "Tập thể lãnh đạo",
        [Length(max=200)],
        description="Ghi sau TM. – ví dụ “Ủy ban nhân dân”.",
    )
    paper = StringField(
        "Văn bản giao quyền ký",
        [Length(max=300)],
        description="Số, ngày của văn bản phân công, giao quyền hoặc ủy quyền.",
    )
    paper_until_on = DayField("Giao quyền đến hết ngày", [Optional()])


class ReasonForm(VersionedForm):
    """A reason: for returning, cancelling, or going on in spite of a warning."""

    reason = TextAreaField(
        "Lý do", [Length(max=LONGEST_REASON, message="Lý do dài quá 1000 ký tự.")]
    )


class NumberForm(VersionedForm):
    """Number and date as the clerk gives them."""

    number = StringField(
        "Số văn bản",
        [InputRequired("Nhập số văn bản."), Length(max=20, message="Số văn bản quá dài.")],
        description="Lấy từ sổ đăng ký văn bản đi; phần mềm không tự cấp số.",
    )
    day = DayField("Ngày văn bản", [DayRequired("Nhập ngày văn bản.")])


class SignedElsewhereForm(NumberForm):
    """A letter that was signed in another document system comes back."""

    file = FileField("Tệp PDF đã ký", [FileRequired("Chọn tệp PDF đã ký.")])
    seen = BooleanField("Tôi đã đọc các lưu ý trên và vẫn nhận văn bản này")


class PaperForm(NumberForm):
    """The scan of a letter signed by hand."""

    file = FileField(
        "Bản quét văn bản đã ký, đóng dấu", [FileRequired("Chọn tệp bản quét (PDF, PNG, JPG).")]
    )


CHANNELS = {
    "dichvucong.ca.gov.vn": "Hệ thống đăng ký, quản lý yêu cầu chứng thực (dichvucong.ca.gov.vn)",
    "truc_lien_thong": "Trục liên thông văn bản quốc gia",
    "buu_chinh": "Bưu chính (bản giấy)",
    "truc_tiep": "Trực tiếp",
}


class SendingForm(VersionedForm):
    """When and how the letter left."""

    on = DayField("Ngày gửi", [DayRequired("Nhập ngày gửi.")])
    channel = ChoiceField(
        "Gửi qua",
        [InputRequired("Chọn cách gửi.")],
        choices=[SelectChoice(name, words) for name, words in CHANNELS.items()],
    )
    reference = StringField(
        "Mã hồ sơ hoặc mã gửi", [Length(max=200)], description="Mã do hệ thống nhận trả về, nếu có."
    )
    file = FileField("Chứng từ gửi (ảnh chụp màn hình, biên nhận)", [Optional()])


class ResultForm(VersionedForm):
    """The authority's answer."""

    outcome = HiddenField("", [InputRequired("Chọn kết quả.")])
    on = DayField("Ngày nhận kết quả", [DayRequired("Nhập ngày nhận kết quả.")])
    refused = SelectMultipleField(
        "Các chứng thư không được gia hạn", coerce=int, validate_choice=False
    )
    note = TextAreaField("Ghi chú hoặc lý do trả lại", [Length(max=LONGEST_REASON)])
