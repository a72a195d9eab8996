"""Shapes of what is entered about devices. Agencies to choose from are passed in by the views."""

from typing import Any

from wtforms import IntegerField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import DayField, at_most, number_or_none
from forms.users import ChoiceField
from labels import label
from rules.devices import DeviceKind, DeviceState

KINDS = [SelectChoice(kind.name, label(kind)) for kind in DeviceKind]
STATES = [
    SelectChoice(state.name, label(state))
    for state in (DeviceState.IN_STOCK, DeviceState.HANDED_OVER, DeviceState.IN_USE)
]


class _Description:
    kind = ChoiceField("Loại thiết bị", [InputRequired("Chọn loại thiết bị.")], choices=KINDS)
    printed_serial = StringField(
        "Số hiệu in trên thiết bị", [at_most(80)], description="Để trống nếu không đọc được."
    )
    driver_serial = StringField(
        "Số hiệu đọc từ thiết bị",
        [at_most(80)],
        description="Số mà phần mềm của thiết bị cho biết khi cắm vào máy.",
    )
    notice_serial = StringField(
        "Số hiệu ghi trong thông báo của Cục",
        [at_most(80)],
    )
    label = StringField("Nhãn của thiết bị", [at_most(120)])
    model = StringField("Kiểu, hãng", [at_most(120)])
    generation = StringField("Thế hệ", [at_most(60)])
    phone_number = StringField("Số điện thoại ký số", [at_most(40)], description="Chỉ với SIM PKI.")
    network = StringField(
        "Nhà mạng", [at_most(40)], description="Chỉ với SIM PKI: Viettel, Vinaphone, Mobifone."
    )
    received_on = DayField("Ngày cơ quan nhận thiết bị", [Optional()])
    note = TextAreaField("Ghi chú", [at_most(2000)])


class NewDeviceForm(_Description, HouseForm):
    """A device entered into the register, with where it is on that day."""

    agency_id = ChoiceField(
        "Đơn vị quản lý", [InputRequired("Chọn đơn vị.")], coerce=number_or_none, choices=[]
    )
    internal_code = StringField(
        "Mã quản lý",
        [at_most(40)],
        description="Mã của cơ quan dán trên thiết bị. Để trống thì phần mềm cho số tiếp theo.",
    )
    state = ChoiceField("Thiết bị đang ở đâu", [InputRequired("Chọn trạng thái.")], choices=STATES)
    holder_email = StringField(
        "Thư điện tử công vụ của người giữ",
        [at_most(254)],
        description="Để trống khi thiết bị còn trong kho.",
    )
    handed_over_on = DayField("Ngày bàn giao", [Optional()])
    handover_minutes = StringField(
        "Số biên bản bàn giao",
        [at_most(120)],
        description="Để trống nếu chưa có biên bản; sổ sẽ ghi rõ là chưa có.",
    )

    def validate_holder_email(self, field: Any) -> None:
        """A device that is out has a holder, one in stock has none."""
        typed = (field.data or "").strip()
        if self.state.data == DeviceState.IN_STOCK.name and typed:
            raise ValidationError("Thiết bị trong kho thì không có người giữ.")
        if self.state.data != DeviceState.IN_STOCK.name and not typed:
            raise ValidationError("Nhập thư điện tử công vụ của người giữ thiết bị.")


class DeviceForm(_Description, HouseForm):
    """Correction of what describes a device."""

    internal_code = StringField(
        "Mã quản lý", [InputRequired("Nhập mã quản lý của thiết bị."), at_most(40)]
    )
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Tải lại trang.")])
