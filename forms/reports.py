"""Shapes of what is typed for a report; each section of the rules is one box."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm
from forms.fields import DayField, DayRequired, number_or_none
from labels import label
from rules.reports import NUMBERS, Section

LONGEST_TEXT = 5_000


class CountField(StringField):
    """A whole number from 0, typed with or without dots between thousands; None when empty."""

    data: int | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_text = str(valuelist[0]).strip() if valuelist else ""
        digits = self.raw_text.replace(".", "").replace(" ", "")
        self.data = None
        if not digits:
            return
        if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
            raise ValueError("Nhập số nguyên từ 0 trở lên, ví dụ 1.250.")
        self.data = int(digits)

    def _value(self) -> str:
        if self.data is not None:
            return f"{self.data:,}".replace(",", ".")
        return getattr(self, "raw_text", "")


class _Versioned(HouseForm):
    version = HiddenField()

    @property
    def version_number(self) -> int | None:
        """The version that the person was looking at; None where there was none yet."""
        return number_or_none(self.version.data)


class SendingForm(_Versioned):
    """How the report went out."""

    sent_on = DayField("Ngày gửi", [DayRequired("Nhập ngày gửi.")])
    sent_to = StringField(
        "Nơi nhận",
        [InputRequired("Ghi nơi nhận báo cáo."), Length(max=300, message="Dài quá 300 ký tự.")],
    )
    document_number = StringField(
        "Số văn bản", [Length(max=40, message="Dài quá 40 ký tự.")], description="Ví dụ 45/BC-UBND"
    )
    document_on = DayField("Ngày văn bản")


class ReopeningForm(_Versioned):
    """Why a sent report is opened again."""

    reason = StringField(
        "Lý do mở lại",
        [InputRequired("Ghi lý do mở lại."), Length(max=500, message="Dài quá 500 ký tự.")],
    )


class PeriodForm(HouseForm):
    """Any period, for a report that somebody asks for; comes in the address."""

    first = DayField("Từ ngày", [DayRequired("Nhập ngày đầu.")])
    last = DayField("Đến ngày", [DayRequired("Nhập ngày cuối.")])

    def __init__(self, given: Any, first: date, last: date) -> None:
        typed = given if "first" in given else None
        super().__init__(typed, data={"first": first, "last": last}, meta={"csrf": False})


def sections_form(
    kept: Mapping[Section, int | str], version: int | None, hints: Mapping[Section, str]
) -> Any:
    """A form with one box per section, filled with what is kept."""
    fields: dict[str, Any] = {}
    for section in Section:
        shape: Any = CountField if section in NUMBERS else TextAreaField
        limits = [] if section in NUMBERS else [_longest()]
        fields[section.value] = shape(label(section), limits, description=hints.get(section, ""))
    form = type("SectionsForm", (_Versioned,), fields)
    data: dict[str, Any] = {section.value: value for section, value in kept.items()}
    return form(data=data | {"version": "" if version is None else str(version)})


def _longest() -> Length:
    return Length(max=LONGEST_TEXT, message=f"Dài quá {LONGEST_TEXT} ký tự.")


def typed_sections(form: Any) -> dict[Section, int | str]:
    """What was typed, by section; empty boxes are left out."""
    found = {section: form[section.value].data for section in Section}
    return {section: value for section, value in found.items() if value not in (None, "")}
