"""Shapes of what is entered when devices change hands. The people to choose from are passed in."""

from typing import Any

from wtforms import BooleanField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import Optional, ValidationError

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired, at_most, number_or_none

PAPER, DIGITAL = "giay", "ky-so"
SUBSCRIBER, ONE = "thue-bao", "mot-nguoi"


class HandoverForm(HouseForm):
    """One act for the chosen devices; the page shows the fields that the act asks for."""

    on = DayField("Ngày lập biên bản", [DayRequired("Nhập ngày lập biên bản.")])
    at_time = StringField(
        "Giờ lập", [Optional(), at_most(40)], description="Ví dụ: 09 giờ 30 phút."
    )
    place = StringField("Địa điểm lập biên bản", [Optional(), at_most(200)])
    agency_person_id = ChoiceField("Người đại diện cơ quan", coerce=number_or_none, choices=[])
    receivers = RadioField(
        "Người nhận",
        choices=[
            SelectChoice(SUBSCRIBER, "Đúng thuê bao ghi trong chứng thư của từng thiết bị"),
            SelectChoice(ONE, "Một người nhận tất cả thiết bị đã chọn"),
        ],
        default=ONE,
        validate_choice=False,
    )
    receiver_id = ChoiceField("Người nhận thiết bị", coerce=number_or_none, choices=[])
    decision = StringField("Văn bản giao quản lý thiết bị", [Optional(), at_most(300)])
    from_on = DayField("Có hiệu lực từ ngày", [Optional()])
    until_on = DayField("Đến hết ngày", [Optional()])
    purpose = StringField("Lý do", [Optional(), at_most(200)])
    on_behalf = StringField(
        "Lý do người khác giao thay",
        [Optional(), at_most(200)],
        description="Chỉ ghi khi thuê bao không trực tiếp bàn giao, ví dụ: thuê bao từ trần.",
    )
    number = StringField(
        "Số biên bản",
        [Optional(), at_most(60)],
        description="Số do văn thư cấp; để trống và ghi sau cũng được. Phần mềm không tự cấp số.",
    )
    signing = RadioField(
        "Hai bên ký",
        choices=[
            SelectChoice(PAPER, "Ký tay trên giấy, lưu bản quét"),
            SelectChoice(DIGITAL, "Ký số (mỗi người nhận một biên bản riêng)"),
        ],
        default=PAPER,
    )
    reason = TextAreaField(
        "Lý do vẫn thực hiện",
        [Optional(), at_most(400)],
        description="Bắt buộc khi có lưu ý; ghi vào lịch sử của thiết bị.",
    )

    def validate_until_on(self, field: Any) -> None:
        """A term ends after it begins."""
        if field.data and self.from_on.data and field.data < self.from_on.data:
            raise ValidationError("Ngày kết thúc phải sau ngày bắt đầu.")


class ReturnForm(HandoverForm):
    """Mẫu số 08: what accompanies the devices to the authority."""

    notices = TextAreaField(
        "Thông báo thu hồi chứng thư đã nhận",
        [Optional(), at_most(2000)],
        description="Mỗi dòng một thông báo: số, rồi ngày; ví dụ: 123/TB-CTS 05/11/2026. Để "
        "trống khi chứng thư chỉ hết hạn và chưa có thông báo.",
    )
    in_person = BooleanField("Giao trực tiếp, không qua bưu chính")
    carrier = StringField("Doanh nghiệp bưu chính", [Optional(), at_most(120)])
    parcel_code = StringField(
        "Mã bưu gửi",
        [Optional(), at_most(60)],
        description="Nếu đã có; có thể ghi sau khi gửi.",
    )
