"""Prescribed forms: which form, how sure we are of its words, the words and the table.

All of it is data in `letters/forms/*.toml`, so that an administrator who holds the official annex
can correct a heading without touching a program; `with_corrections` lays such corrections over the
words of the file.
"""

import hashlib
import json
import string
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from letters.errors import FormTextInvalid

FORMS = Path(__file__).parent / "forms"

CERTAINTIES = frozenset(
    {"CONFIRMED", "CONFIRMED_VIA", "TRANSCRIBED", "PREDECESSOR", "INFERRED", "NOT_FOUND"}
)

NOTES = "notes"  # The one word that is several lines.
_LONGEST_WORD = 2_000  # House choice: nothing prescribed is longer than half a page.

Fields = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class PrescribedForm:
    """A form of the annex of decree 68/2024.

    `certainty` is a mark of the sources (TRANSCRIBED: second-hand, not compared with the official
    annex); `note` tells the person so in Vietnamese.
    """

    number: str
    title: str
    certainty: str
    note: str

    @property
    def is_inferred(self) -> bool:
        """The layout is our own reading, so screens and samples must say so."""
        return self.certainty in {"PREDECESSOR", "INFERRED", "NOT_FOUND"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Type size in points and widths in millimetres; a last width of 0 takes what is left."""

    size: float
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TableForm:
    """The table of a form: its columns in order, which are centred, which stand under a group.

    The heading of column or group "x" is the word "column_x".
    """

    columns: tuple[str, ...]
    centred: frozenset[str]
    groups: Mapping[str, str]
    layouts: Mapping[str, Layout]


@dataclass(frozen=True, slots=True)
class FormText:
    """A form with its fixed words. `fields` are the {places} that each word may hold."""

    form: PrescribedForm
    words: Mapping[str, str]
    notes: tuple[str, ...]
    fields: Fields
    table: TableForm

    def __getitem__(self, key: str) -> str:
        return self.words[key]


def parse(text: str, name: str, fields: Fields) -> FormText:
    """Read the words of a form.

    `fields` names the words that must be there and the {places} each may hold. `name` is told to
    the person who edits. Raises FormTextInvalid (Vietnamese) for a wrong file.
    """
    told = f"Tệp {name}"
    try:
        data = tomllib.loads(unicodedata.normalize("NFC", text))
        form = PrescribedForm(*(str(data[key]) for key in ("number", "title", "certainty", "note")))
        words = dict(data["words"])
        notes = tuple(str(note) for note in words.pop(NOTES, ()))
        table = _table(data.get("table", {}))
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise FormTextInvalid(f"{told} không đọc được: {error}.") from error
    if form.certainty not in CERTAINTIES:
        raise FormTextInvalid(f"{told}: certainty “{form.certainty}” không hợp lệ.")
    for key, allowed in fields.items():
        _check_word(told, key, words.get(key), allowed)
    _check_table(told, table, words)
    return FormText(form, MappingProxyType(words), notes, MappingProxyType(dict(fields)), table)


def _table(data: Mapping[str, object]) -> TableForm:
    def strings(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise TypeError("[table] có một danh sách viết sai")
        return tuple(str(each) for each in value)

    def table(value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise TypeError("[table] có một mục viết sai")
        return value

    groups = table(data.get("groups", {}))
    layouts = {key: table(value) for key, value in table(data.get("layouts", {})).items()}
    return TableForm(
        columns=strings(data.get("columns", [])),
        centred=frozenset(strings(data.get("centred", []))),
        groups=MappingProxyType(
            {column: group for group, columns in groups.items() for column in strings(columns)}
        ),
        layouts=MappingProxyType(
            {
                key: Layout(float(str(one["size"])), tuple(map(float, strings(one["widths"]))))
                for key, one in layouts.items()
            }
        ),
    )


def _check_table(told: str, table: TableForm, words: Mapping[str, object]) -> None:
    columns = set(table.columns)
    if len(columns) != len(table.columns):
        raise FormTextInvalid(f"{told}: một cột được ghi hai lần.")
    for column in [*table.columns, *table.groups.values()]:
        _check_word(told, f"column_{column}", words.get(f"column_{column}"), frozenset())
    if strange := sorted((table.centred | table.groups.keys()) - columns):
        raise FormTextInvalid(f"{told}: không có cột “{strange[0]}”.")
    for key, layout in table.layouts.items():
        if len(layout.widths) != len(table.columns):
            raise FormTextInvalid(f"{told}: cách trình bày “{key}” không đủ độ rộng cho các cột.")


def _places(told: str, key: str, word: str) -> Iterator[str]:
    """The {places} of a word; nothing but a plain name may stand between the braces."""
    try:
        for _, place, how, conversion in string.Formatter().parse(word):
            if place is not None:
                yield place + (f"!{conversion}" if conversion else "") + (f":{how}" if how else "")
    except ValueError as error:
        raise FormTextInvalid(f"{told}: ngoặc nhọn trong “{key}” bị lỗi.") from error


def _check_word(told: str, key: str, word: object, allowed: frozenset[str]) -> None:
    if not isinstance(word, str) or not word.strip():
        raise FormTextInvalid(f"{told}: thiếu từ ngữ “{key}”.")
    if len(word) > _LONGEST_WORD:
        raise FormTextInvalid(f"{told}: “{key}” dài quá {_LONGEST_WORD} ký tự.")
    if unknown := set(_places(told, key, word)) - allowed:
        listed = ", ".join(f"{{{place}}}" for place in sorted(unknown))
        raise FormTextInvalid(f"{told}: “{key}” có chỗ điền không dùng được: {listed}.")


def with_corrections(text: FormText, corrections: Mapping[str, str]) -> FormText:
    """The words of the file with an administrator's corrections over them, by key.

    "notes" is corrected as one text with a note on each line and may be empty. Raises
    FormTextInvalid (Vietnamese) for a word that the form does not have, an empty one, or a {place}
    that the program cannot fill.
    """
    told = f"Bản sửa Mẫu số {text.form.number}"
    words, notes = dict(text.words), text.notes
    for key, raw in corrections.items():
        correction = unicodedata.normalize("NFC", raw).strip()
        if key == NOTES:
            notes = _corrected_notes(told, correction.splitlines())
            continue
        if key not in words:
            raise FormTextInvalid(f"{told}: mẫu không có từ ngữ “{key}”.")
        _check_word(told, key, correction, text.fields.get(key, frozenset()))
        words[key] = correction
    return replace(text, words=MappingProxyType(words), notes=notes)


def _corrected_notes(told: str, lines: Iterable[str]) -> tuple[str, ...]:
    notes = tuple(line.strip() for line in lines if line.strip())
    for note in notes:
        if len(note) > _LONGEST_WORD:
            raise FormTextInvalid(f"{told}: một ghi chú dài quá {_LONGEST_WORD} ký tự.")
    return notes


def fingerprint(text: FormText) -> str:
    """SHA-256 (hexadecimal) of what a reader compares with an official annex: every word, the
    notes, and the columns in their order. Sizes and widths are the program's own.
    """
    table = text.table
    said = [sorted(text.words.items()), text.notes, table.columns, sorted(table.groups.items())]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def confirmed(text: FormText) -> FormText:
    """The form after the administrator compared it with the official annex: no note any more."""
    return replace(text, form=replace(text.form, certainty="CONFIRMED", note=""))


@lru_cache(maxsize=32)
def _load(name: str, fields: tuple[tuple[str, frozenset[str]], ...]) -> FormText:
    path = FORMS / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormTextInvalid(f"Tệp {name} không đọc được.") from error
    return parse(text, name, dict(fields))


def load(name: str, fields: Fields) -> FormText:
    """The words of `letters/forms/<name>`, read once per process. Raises FormTextInvalid."""
    return _load(name, tuple(sorted(fields.items())))
