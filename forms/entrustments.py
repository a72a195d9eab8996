"""Shape of a decision that entrusts an agency's device to a person."""

from wtforms import BooleanField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired, at_most, number_or_none


class EntrustmentForm(HouseForm):
    """Which devices, to whom, for how long, and the words of the decision."""

    device_ids = SelectMultipleField(
        "Thiết bị của cơ quan",
        [InputRequired("Chọn ít nhất một thiết bị.")],
        coerce=int,
        choices=[],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    person_id = ChoiceField(
        "Người được giao quản lý", [InputRequired("Chọn người.")], coerce=number_or_none, choices=[]
    )
    made_on = DayField("Ngày lập", [DayRequired("Nhập ngày lập.")])
    from_on = DayField("Có hiệu lực từ ngày", [DayRequired("Nhập ngày bắt đầu.")])
    until_on = DayField(
        "Đến hết ngày",
        [Optional()],
        description="Chỉ ghi khi giao có thời hạn (văn thư vắng mặt).",
    )
    authority = StringField(
        "Thẩm quyền ban hành",
        [InputRequired("Nhập thẩm quyền ban hành."), at_most(200)],
        description="Ví dụ: CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ …",
    )
    proposer = StringField("Theo đề nghị của", [Optional(), at_most(200)])
    replaces = StringField("Thay thế quyết định", [Optional(), at_most(200)])
    executors = StringField("Chịu trách nhiệm thi hành", [Optional(), at_most(300)])
    number = StringField(
        "Số quyết định",
        [Optional(), at_most(60)],
        description="Số do văn thư cấp; để trống và ghi sau cũng được.",
    )
    digital = BooleanField(
        "Ký số (bỏ trống: in ra ký tay)",
        description="Lãnh đạo ký số trước; văn thư ghi số rồi ký số của cơ quan.",
    )
