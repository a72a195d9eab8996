"""Shapes of what is entered about a paper: its number, its proofs, its way to the authority."""

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired
from labels import label
from rules.papers import PaperFileRole
from rules.routing import Channel

ROLES = (
    SelectChoice(PaperFileRole.SCAN.name, "Bản quét hoặc ảnh chụp biên bản đã ký tay"),
    SelectChoice(PaperFileRole.PHOTO.name, "Ảnh thiết bị, bưu kiện"),
    SelectChoice(PaperFileRole.PROOF_OF_SENDING.name, "Chứng từ gửi bưu chính"),
    SelectChoice(PaperFileRole.RECEIPT.name, "Giấy xác nhận của nơi nhận"),
)
CHANNELS = [
    SelectChoice(one.name, label(one))
    for one in (Channel.POST, Channel.IN_PERSON, Channel.DEPARTMENT_GUIDANCE)
]


LETTER_CHANNELS = [
    SelectChoice(Channel.DOCUMENT_AXIS.name, label(Channel.DOCUMENT_AXIS)),
    *CHANNELS,
]


class _Versioned(HouseForm):
    version = IntegerField("", [InputRequired("Tải lại trang.")], widget=HiddenInput())


class PaperNumberForm(_Versioned):
    """The number that the clerk gave in the agency's own book."""

    number = StringField(
        "Số biên bản, giấy tờ",
        [InputRequired("Nhập số."), Length(max=60, message="Dài quá 60 ký tự.")],
        description="Số do văn thư cấp theo sổ của cơ quan. Phần mềm không tự cấp số.",
    )


class EvidenceForm(HouseForm):
    """A file that proves the paper, and what it is."""

    role = RadioField("Tệp này là", choices=ROLES, default=PaperFileRole.SCAN.name)
    file = FileField("Tệp", [FileRequired("Chọn tệp PDF, PNG hoặc JPG.")])


class SignedCopyForm(HouseForm):
    """The frozen paper, signed digitally in another program."""

    file = FileField("Tệp PDF đã ký số", [FileRequired("Chọn tệp PDF.")])
    seen = BooleanField("Tôi đã đọc các lưu ý trên và vẫn nhận tệp này")


class PaperSendingForm(_Versioned):
    """When and how the paper, with its devices, went out."""

    sent_on = DayField("Ngày gửi", [DayRequired("Nhập ngày gửi.")])
    channel = ChoiceField("Cách gửi", [InputRequired("Chọn cách gửi.")], choices=CHANNELS)
    reference = StringField(
        "Mã bưu gửi",
        [Optional(), Length(max=200, message="Dài quá 200 ký tự.")],
        description="Mã in trên phiếu gửi; để trống khi giao trực tiếp.",
    )

    def offer(self, *, letter: bool) -> None:
        """A letter without devices may go by the axis of documents, as other letters do."""
        self.channel.choices = LETTER_CHANNELS if letter else CHANNELS


class PaperReceivedForm(_Versioned):
    """When the authority received what was sent."""

    received_on = DayField("Ngày nơi nhận đã nhận", [DayRequired("Nhập ngày nhận.")])


class PaperCancelForm(_Versioned):
    """Why the paper is cancelled."""

    reason = TextAreaField(
        "Lý do hủy", [InputRequired("Nêu lý do hủy."), Length(max=500, message="Dài quá.")]
    )


class PaperReturnForm(_Versioned):
    """Why the paper is not signed as it is."""

    reason = TextAreaField(
        "Lý do trả lại", [InputRequired("Nêu lý do trả lại."), Length(max=500, message="Dài quá.")]
    )
