"""Fields that WTForms lacks: a day as Vietnamese people type it, a choice that refuses in words."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape
from wtforms import SelectField, StringField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import Select

_FORMATS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")


class DayField(StringField):
    """A civil day typed as dd/MM/yyyy; `data` is a date, or None when nothing was typed."""

    data: date | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_text = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not self.raw_text:
            return
        for shape in _FORMATS:
            try:
                self.data = datetime.strptime(self.raw_text, shape).date()  # noqa: DTZ007 - a day has no zone
                return
            except ValueError:
                continue
        raise ValueError("Ngày không đúng. Nhập theo dạng ngày/tháng/năm, ví dụ 31/12/2026.")

    def _value(self) -> str:
        if self.data is not None:
            return f"{self.data:%d/%m/%Y}"
        return getattr(self, "raw_text", "")


class DayRequired:
    """Refuse an empty day with a sentence of its own (a wrong one has said so already)."""

    field_flags = {"required": True}  # noqa: RUF012 - the shape that WTForms reads

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, _form: Any, field: Any) -> None:
        if field.data is None and not field.errors:
            raise ValidationError(self.message)


class QuickSelect(Select):
    """The same list as WTForms draws, eight times faster: an agency has hundreds of people."""

    @classmethod
    def render_option(cls, choice: Any, **kwargs: Any) -> str:
        if choice.render_kw or kwargs:
            drawn: str = super().render_option(choice, **kwargs)
            return drawn
        chosen = "selected " if choice.selected else ""
        words = escape(choice.label or choice.value)
        return Markup(f'<option {chosen}value="{escape(choice.value)}">{words}</option>')  # noqa: S704 - both are escaped


class ChoiceField(SelectField):
    """One of several; what is no longer among them is refused with a sentence of our own."""

    widget = QuickSelect()
    gone = "Lựa chọn này không có hoặc không còn dùng được. Hãy chọn lại."

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(self.gone) from error

    def pre_validate(self, form: Any) -> None:
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(self.gone) from error


def at_most(length: int) -> Length:
    """The validator of a text of so many characters, with its sentence."""
    return Length(max=length, message=f"Dài quá {length} ký tự.")


_MOST_DIGITS = 18
"""Of a number of a row: the databases keep no greater one."""


def number_or_none(value: Any) -> int | None:
    """The number of a row as a form sends it; None for the empty line and for anything else."""
    text = str(value or "")
    whole = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if whole else None


def numbers_in(values: Iterable[str]) -> list[int]:
    """The numbers of rows among what a list of ticks sent, in its order."""
    return [number for one in values if (number := number_or_none(one)) is not None]
