"""Shapes of what is entered about a document of the office: what it is, who signs, where."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DecimalField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired, at_most, number_or_none
from labels import label
from rules.documents import SigningAct
from rules.office_documents import COPIES, PEOPLES_ACTS, DocumentWay
from rules.signers import SigningAuthority


class _Versioned(HouseForm):
    version = IntegerField("", [InputRequired("Tải lại trang.")], widget=HiddenInput())


class MillimetresField(DecimalField):
    """A measure in millimetres; a comma is taken for the point."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([str(one).replace(",", ".") for one in valuelist])
        except ValueError as error:
            raise ValueError("Nhập số mm, ví dụ 12,5.") from error


class PageField(IntegerField):
    """The number of a page, from 1."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Nhập số trang.") from error


class DeclarationForm(HouseForm):
    """Before a file is asked for: is it a state secret, and how is it to be signed?"""

    secrecy = RadioField(
        "Văn bản có chứa bí mật nhà nước không?",
        [InputRequired("Chọn một trong hai.")],
        choices=[
            SelectChoice("no", "Không. Tôi cam kết văn bản không chứa bí mật nhà nước"),
            SelectChoice("yes", "Có (mật, tối mật, tuyệt mật)"),
        ],
    )
    way = RadioField(
        "Cách ký",
        [InputRequired("Chọn cách ký.")],
        choices=[SelectChoice(one.name, label(one)) for one in DocumentWay],
    )
    agency_id = ChoiceField(
        "Cơ quan ban hành", [InputRequired("Chọn cơ quan.")], coerce=number_or_none, choices=[]
    )


class UploadForm(HouseForm):
    """The file, and what it is called in the list."""

    title = StringField("Tên văn bản", [InputRequired("Nhập tên hoặc trích yếu."), at_most(300)])
    file = FileField("Tệp PDF", [FileRequired("Chọn tệp PDF.")])
    copy_of = StringField("Sao từ văn bản", [Optional(), at_most(300)])
    act = RadioField(
        "Hình thức sao",
        [Optional()],
        choices=[SelectChoice(one.name, label(one)) for one in COPIES],
        default=SigningAct.COPY_TRUE.name,
    )


class SignerForm(Form):
    """One row: who signs, in which capacity, doing what. An empty row is left out."""

    authority = ChoiceField(
        "Quyền hạn ký",
        [Optional()],
        coerce=str,
        choices=[
            SelectChoice("", "như chức vụ trong sổ"),
            *(SelectChoice(one.name, label(one)) for one in SigningAuthority),
        ],
        default="",
    )
    head_title = StringField("Chức vụ người đứng đầu (sau KT., TL., TUQ.)", [at_most(200)])
    collective = StringField("Tập thể lãnh đạo (sau TM.)", [at_most(200)])
    paper = StringField("Văn bản giao quyền ký: số, ngày", [at_most(300)])
    paper_until_on = DayField("Giao quyền đến hết ngày", [Optional()])

    position_id = ChoiceField("Người ký, chức vụ", [Optional()], coerce=number_or_none, choices=[])
    act = ChoiceField(
        "Việc ký",
        [Optional()],
        choices=[SelectChoice(one.name, label(one)) for one in PEOPLES_ACTS],
        default=SigningAct.APPROVE.name,
    )


class SignersForm(_Versioned):
    """Everybody who signs, in the order of the rows."""

    signers = FieldList(FormField(SignerForm))


class PlaceForm(Form):
    """A place in millimetres from the top-left corner of the page as shown."""

    page = PageField(
        "Trang",
        [InputRequired("Nhập trang."), NumberRange(1, 5000, message="Không có trang này.")],
    )
    left = MillimetresField("Từ trái", [InputRequired("Nhập số mm.")], places=1)
    top = MillimetresField("Từ trên", [InputRequired("Nhập số mm.")], places=1)
    width = MillimetresField("Rộng", [InputRequired("Nhập số mm.")], places=1)
    height = MillimetresField("Cao", [InputRequired("Nhập số mm.")], places=1)


class PlacesForm(_Versioned):
    """All places of a document, in the order of `views.office_document_places.spots`."""

    places = FieldList(FormField(PlaceForm))
    whole_day = BooleanField(
        "Điền cả dòng “ngày … tháng … năm …”",
        description="Bỏ chọn nếu văn bản đã in sẵn tháng, năm và chỉ để trống ngày.",
    )


class NumberForm(_Versioned):
    """The number that the clerk gave in the agency's own book (Bắc Ninh Điều 15.2.c)."""

    number = StringField(
        "Số văn bản",
        [InputRequired("Nhập số."), at_most(20)],
        description="Số do văn thư cấp theo sổ. Phần mềm không tự cấp số.",
    )
    symbol = StringField(
        "Ký hiệu",
        [Optional(), at_most(60)],
        description="Phần sau dấu gạch chéo, ví dụ UBND-VP. Văn bản thường đã in sẵn phần này.",
    )
    document_on = DayField("Ngày văn bản", [DayRequired("Nhập ngày.")])


class ReasonForm(_Versioned):
    """Why a document is returned or cancelled."""

    reason = TextAreaField(
        "Lý do", [InputRequired("Nêu lý do."), Length(max=1000, message="Dài quá.")]
    )
