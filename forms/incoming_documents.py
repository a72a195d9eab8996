"""Shapes of what the clerk types about a document that came in."""

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, at_most, number_or_none


class ReceiptForm(HouseForm):
    """The file that came in, and from whom."""

    file = FileField("Tệp văn bản đến", [FileRequired("Chọn tệp PDF.")])
    sender = StringField("Nơi gửi", [Optional(), at_most(300)])
    agency_id = ChoiceField(
        "Cơ quan nhận", [InputRequired("Chọn cơ quan.")], coerce=number_or_none, choices=[]
    )


class DecisionForm(HouseForm):
    """What is decided, why, and the line of the register; which parts are owed depends on it."""

    version = IntegerField("", [InputRequired("Tải lại trang.")], widget=HiddenInput())
    register_number = StringField(
        "Số đến",
        [Optional(), at_most(40)],
        description="Số do văn thư cấp theo sổ văn bản đến. Phần mềm không tự cấp số.",
    )
    received_on = DayField("Ngày đến", [Optional()])
    sender = StringField("Nơi gửi", [Optional(), at_most(300)])
    number = StringField("Số, ký hiệu văn bản", [Optional(), at_most(60)])
    document_on = DayField("Ngày văn bản", [Optional()])
    subject = TextAreaField("Trích yếu", [Optional(), at_most(500)])
    reason = TextAreaField("Lý do", [Optional(), at_most(2000)])


class NoticeForm(HouseForm):
    """To whom the notice goes, and who signs it."""

    version = IntegerField("", [InputRequired("Tải lại trang.")], widget=HiddenInput())
    addressee = StringField(
        "Kính gửi", [InputRequired("Nhập tên cơ quan, tổ chức đã gửi văn bản."), at_most(300)]
    )
    position_id = ChoiceField("Người ký", coerce=number_or_none, choices=[])
    digital = BooleanField("Ký số (bỏ trống: in ra ký tay)")
