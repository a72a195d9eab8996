"""Shapes of what is entered when a parcel comes from the authority."""

from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired, at_most, number_or_none
from forms.users import ChoiceField as ChosenField
from labels import label
from rules.devices import DeviceKind

KINDS = [SelectChoice(one.name, label(one)) for one in (DeviceKind.PKI_TOKEN, DeviceKind.HSM)]
ACCEPTED = ".cer,.crt,.pem,.der,.p7b,.zip"


class IntakeForm(HouseForm):
    """A parcel: what accompanies it, and the serials that were scanned or pasted."""

    agency_id = ChosenField(
        "Cơ quan tiếp nhận", [InputRequired("Chọn cơ quan.")], coerce=number_or_none, choices=[]
    )
    lines = TextAreaField(
        "Số hiệu thiết bị",
        [Optional(), at_most(100_000)],
        description="Đặt con trỏ vào ô rồi quét: máy quét gõ số hiệu và xuống dòng. Cũng dán được "
        "từ Excel: số hiệu, họ tên, thư điện tử, số hiệu chứng thư; mỗi dòng một thiết bị. Ghi dấu "
        "? khi không đọc được số hiệu.",
    )
    certificates = MultipleFileField("Tệp chứng thư gửi kèm", [Optional()])
    received_on = DayField("Ngày nhận bưu gửi", [DayRequired("Nhập ngày nhận.")])
    parcel_code = StringField("Mã bưu gửi", [Optional(), at_most(60)])
    notice = StringField(
        "Thông báo, công văn kèm theo",
        [Optional(), at_most(200)],
        description="Ví dụ: Thông báo số 12/TB-CTS ngày 10/11/2026.",
    )
    packaging = StringField(
        "Tình trạng bao gói", [Optional(), at_most(120)], default="Nguyên vẹn, còn niêm phong"
    )
    kind = ChoiceField("Loại thiết bị", [InputRequired("Chọn loại.")], choices=KINDS)
    model = StringField("Kiểu, hãng", [Optional(), at_most(120)])
    receiver_id = ChoiceField("Người tiếp nhận", coerce=number_or_none, choices=[])
    witness_id = ChoiceField("Người cùng kiểm nhận", coerce=number_or_none, choices=[])
    place = StringField("Địa điểm", [Optional(), at_most(200)])
    number = StringField(
        "Số biên bản",
        [Optional(), at_most(60)],
        description="Số do văn thư cấp; để trống và ghi sau cũng được.",
    )
    digital = BooleanField(
        "Ký số (bỏ trống: in ra ký tay)",
        description="Người tiếp nhận và người cùng kiểm nhận ký số trên biên bản.",
    )
