"""Shapes of what is typed about things that must follow from an event."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm, NoSecret


class WaiveForm(HouseForm):
    """Why a proposal is left out."""

    reason = TextAreaField(
        "Lý do bỏ qua",
        [
            InputRequired("Nhập lý do bỏ qua."),
            Length(max=500, message="Dài quá 500 ký tự."),
            NoSecret(),
        ],
        description="Lý do được giữ lại trong sổ cùng đề xuất.",
    )
