"""The shape of a question to the law: a day and a regulation. Nothing of it is kept."""

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired


class WhatIfForm(HouseForm):
    """Sent by GET, so that the address can be kept and sent on."""

    on = DayField(
        "Ngày", [DayRequired("Nhập ngày muốn thử.")], name="ngay", description="Ngày bất kỳ"
    )
    regulation = ChoiceField("Quy chế", name="quy-che", default="")
