"""Shapes of what a sheet of labels is printed from."""

from collections.abc import Mapping
from typing import Any

from wtforms import FloatField, IntegerField, RadioField, SelectChoice, ValidationError
from wtforms.validators import InputRequired, NumberRange

from forms.base import HouseForm


class CommaField(FloatField):
    """A number typed with a comma or a point: 0,5."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([str(one).replace(",", ".") for one in valuelist])
        except ValueError as error:
            raise ValueError("Nhập một số, ví dụ 0,5.") from error

    def _value(self) -> str:
        if self.data is None:
            return str(self.raw_data[0]) if self.raw_data else ""
        return f"{self.data:g}".replace(".", ",")


def _between(least: float, most: float) -> list[Any]:
    message = f"Nhập số từ {least:g} đến {most:g}."
    return [InputRequired(message), NumberRange(least, most, message)]


class LabelsForm(HouseForm):
    """Which sheets, from which place on, and what the printer does to them."""

    format = RadioField("Loại tờ nhãn", [InputRequired("Chọn loại tờ nhãn.")], choices=[])
    first = IntegerField(
        "Bắt đầu từ nhãn thứ",
        _between(1, 999),
        default=1,
        description="Tờ đã dùng dở: đếm từ trái sang phải, từ trên xuống dưới.",
    )
    right = CommaField(
        "Máy in lệch sang phải",
        _between(-10, 10),
        default=0,
        description="Đo trên tờ in thử; lệch sang trái thì ghi số âm.",
    )
    down = CommaField(
        "Máy in lệch xuống dưới",
        _between(-10, 10),
        default=0,
        description="Lệch lên trên thì ghi số âm.",
    )
    hundred = CommaField(
        "Đường 100 mm in ra dài",
        _between(95, 105),
        default=100,
        description="Đo đường kẻ đậm trên tờ in thử.",
    )

    counts: Mapping[str, int]

    def offer(self, formats: Mapping[str, tuple[str, int]]) -> None:
        """Which sheets there are: name -> words and how many labels one has."""
        self.counts = {name: count for name, (_, count) in formats.items()}
        self.format.choices = [SelectChoice(name, words) for name, (words, _) in formats.items()]

    def validate_first(self, field: Any) -> None:
        """The first place must be on the chosen sheet."""
        count = self.counts.get(self.format.data or "")
        if count is not None and field.data is not None and field.data > count:
            raise ValidationError(f"Tờ này chỉ có {count} nhãn.")
