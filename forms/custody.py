"""Shapes of the short acts on one device that need no minutes."""

from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired, number_or_none


class MoveForm(HouseForm):
    """When it happened, to whom where the act needs somebody, and what is to be remembered."""

    on = DayField("Ngày thực hiện", [DayRequired("Nhập ngày thực hiện.")])
    holder_id = ChoiceField("Người nhận", coerce=number_or_none, choices=[], validate_choice=True)
    reason = TextAreaField(
        "Ghi chú, lý do",
        [Optional(), Length(max=500, message="Dài quá 500 ký tự.")],
        description="Ghi vào lịch sử của thiết bị.",
    )


class UndoForm(HouseForm):
    """Taking a wrong click back asks for nothing but the click."""
