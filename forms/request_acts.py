"""Shapes of what a person types when a request is decided, signed, sent, received and answered."""

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

import labels
from forms.base import PartForm
from forms.certificate_requests import VersionedForm
from forms.fields import ChoiceField, DayField, DayRequired
from rules.attachments import AttachmentKind
from rules.routing import Channel

LONGEST_REASON = 1000
PICTURES = "PDF, PNG hoặc JPG."


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


class SendingForm(VersionedForm):
    """When and how a letter, or a copy of it, left."""

    on = DayField("Ngày gửi", [DayRequired("Nhập ngày gửi.")])
    channel = ChoiceField(
        "Gửi qua",
        [InputRequired("Chọn cách gửi.")],
        choices=[SelectChoice(one.value, labels.label(one)) for one in Channel],
    )
    reference = StringField(
        "Mã gửi, số vận đơn",
        [Length(max=200)],
        description="Mã mà hệ thống gửi hoặc bưu chính trả về, nếu có.",
    )
    file = FileField("Chứng từ gửi (ảnh chụp màn hình, biên nhận)", [Optional()])
    without_proof = StringField(
        "Lý do chưa có bằng chứng gửi",
        [Length(max=300)],
        description="Chỉ khi chưa có cả mã gửi lẫn chứng từ; phần mềm sẽ nhắc bổ sung.",
    )


class ProofForm(VersionedForm):
    """The code or the receipt of a letter that had left without."""

    reference = StringField("Mã gửi, số vận đơn", [Length(max=200)])
    file = FileField("Chứng từ gửi (ảnh chụp màn hình, biên nhận)", [Optional()])


class CopyForm(PartForm):
    """One body that gets a copy."""

    name = StringField("Nơi nhận bản sao", [Length(max=300)])
    code = StringField("Mã định danh trên Trục", [Length(max=40)])


class RecipientsForm(VersionedForm):
    """Code of the addressee and the copies, until the letter has left."""

    addressee_code = StringField(
        "Mã định danh của nơi nhận chính",
        [Length(max=40)],
        description="Mã trên Trục liên thông văn bản quốc gia; không dùng cho hệ thống của Cục.",
    )
    copies = FieldList(FormField(CopyForm), max_entries=20)


class ReceiptForm(VersionedForm):
    """The receiving body has taken the request in."""

    on = DayField(
        "Ngày tiếp nhận",
        [DayRequired("Nhập ngày tiếp nhận.")],
        description="Thời hạn giải quyết tính từ ngày làm việc tiếp theo.",
    )
    dossier_code = StringField(
        "Mã hồ sơ tại nơi tiếp nhận", [Length(max=80, message="Mã hồ sơ quá dài.")]
    )


STAY_OPEN, GRANTED, REFUSED = "", "granted", "refused"


class AnswersForm(VersionedForm):
    """The answer of the receiving body. What it said of each line is read beside this form, as
    "ket-qua-<line>" and "ly-do-<line>": a letter may have 1,000 of them.
    """

    on = DayField("Ngày nhận kết quả", [DayRequired("Nhập ngày nhận kết quả.")])
    rest = RadioField(
        "Các dòng không chọn kết quả ở bảng",
        choices=[
            SelectChoice(STAY_OPEN, "vẫn chờ kết quả"),
            SelectChoice(GRANTED, "đã được giải quyết"),
        ],
        default=STAY_OPEN,
    )
    note = TextAreaField("Ghi chú chung", [Length(max=LONGEST_REASON)])


class ResultNoticeForm(VersionedForm):
    """A paper in which the receiving body answered."""

    file = FileField(
        "Văn bản, thông báo kết quả",
        [FileRequired("Chọn tệp thông báo (PDF, PNG, JPG).")],
        description=PICTURES,
    )


class SentBackForm(VersionedForm):
    """The whole letter came back."""

    on = DayField("Ngày nhận lại văn bản", [DayRequired("Nhập ngày nhận lại văn bản.")])
    note = TextAreaField(
        "Lý do trả lại",
        [InputRequired("Hãy ghi lý do văn bản bị trả lại."), Length(max=LONGEST_REASON)],
    )


class LinesForm(VersionedForm):
    """Lines chosen from a request."""

    lines = SelectMultipleField("Các dòng", coerce=int, validate_choice=False)


class WithdrawForm(LinesForm):
    """Lines to be withdrawn, and why."""

    reason = TextAreaField(
        "Lý do", [InputRequired("Hãy ghi lý do rút đề nghị."), Length(max=LONGEST_REASON)]
    )


class NoticeForm(VersionedForm):
    """A notice that certificates are revoked."""

    on = DayField(
        "Ngày nhận thông báo",
        [DayRequired("Nhập ngày nhận thông báo.")],
        description="Thời hạn 05 ngày làm việc bàn giao thiết bị tính từ ngày này.",
    )
    revoked_on = DayField(
        "Chứng thư bị thu hồi từ ngày", [DayRequired("Nhập ngày thu hồi ghi trong thông báo.")]
    )
    lines = SelectMultipleField("Chứng thư nêu trong thông báo", coerce=int, validate_choice=False)
    file = FileField(
        "Thông báo thu hồi",
        [FileRequired("Chọn tệp thông báo thu hồi (PDF, PNG, JPG).")],
        description=PICTURES,
    )


class AttachmentForm(VersionedForm):
    """A paper that goes with the letter."""

    kind = ChoiceField(
        "Loại tài liệu",
        [InputRequired("Chọn loại tài liệu.")],
        choices=[SelectChoice(one.value, labels.label(one)) for one in AttachmentKind],
    )
    title = StringField(
        "Tên tài liệu",
        [InputRequired("Nhập tên tài liệu."), Length(max=200, message="Tên tài liệu quá dài.")],
        description="Như ghi trong danh mục kèm theo, ví dụ “Quyết định số 12/QĐ-UBND”.",
    )
    file = FileField(
        "Tệp", [FileRequired("Chọn tệp tài liệu (PDF, PNG, JPG).")], description=PICTURES
    )


class TieForm(VersionedForm):
    """One certificate for one line."""

    line_id = HiddenField("", [InputRequired("Thiếu dòng.")])
    certificate_id = HiddenField("", [InputRequired("Thiếu chứng thư.")])
    seen = BooleanField("Đã đọc lưu ý và vẫn gắn")
