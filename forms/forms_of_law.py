"""Shapes of what administrators type about forms: their words, and what they compared them with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm

PREFIX = "tu-"


@dataclass(frozen=True)
class Word:
    """One word of a form as it stands in the file, and the {places} it may hold."""

    key: str
    original: str
    places: Sequence[str]


class SeenForm(HouseForm):
    """What every change carries: what the person was looking at."""

    seen = HiddenField()


class ConfirmationForm(SeenForm):
    """That the words were compared, and with what."""

    words_sha256 = HiddenField()
    source = StringField(
        "Đã đối chiếu với",
        [
            InputRequired("Ghi bản Phụ lục đã đối chiếu và nơi lấy."),
            Length(max=300, message="Dài quá 300 ký tự."),
        ],
        description="Ví dụ: Công báo số …, hoặc tệp tải từ vbpl.vn ngày …",
    )


def words_form(words: Sequence[Word], now: Mapping[str, str], seen: str) -> Any:
    """A form with one box per word; its label is the word of the file."""
    fields: dict[str, Any] = {}
    for word in words:
        places = ", ".join(f"{{{place}}}" for place in word.places)
        told = f"Chỗ phần mềm điền, giữ nguyên cách viết: {places}." if places else ""
        if word.key == "notes":
            told = "Mỗi ghi chú một dòng; để trống nếu mẫu không có ghi chú."
        fields[PREFIX + word.key] = TextAreaField(
            _short(word.original) or "Ghi chú",
            [] if word.key == "notes" else [InputRequired("Nhập từ ngữ.")],
            description=told,
        )
    form = type("WordsForm", (SeenForm,), fields)
    return form(data={"seen": seen} | {PREFIX + key: text for key, text in now.items()})


def _short(text: str, most: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
