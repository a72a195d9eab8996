"""Prescribed forms: which form, how sure we are of its words, and the words themselves.

The fixed words are data in `letters/forms/*.toml`, so that an administrator who holds the official
annex can correct a heading without touching a program.
"""

import string
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from letters.errors import FormTextInvalid

FORMS = Path(__file__).parent / "forms"

CERTAINTIES = frozenset(
    {"CONFIRMED", "CONFIRMED_VIA", "TRANSCRIBED", "PREDECESSOR", "INFERRED", "NOT_FOUND"}
)


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


@dataclass(frozen=True, slots=True)
class FormText:
    """A form with its fixed words."""

    form: PrescribedForm
    words: Mapping[str, str]
    notes: tuple[str, ...]

    def __getitem__(self, key: str) -> str:
        return self.words[key]


def parse(text: str, name: str, fields: Mapping[str, frozenset[str]]) -> FormText:
    """Read the words of a form.

    `fields` names the words that must be there and the {places} each may hold. `name` is told to
    the person who edits. Raises FormTextInvalid (Vietnamese) for a wrong file.
    """
    try:
        data = tomllib.loads(unicodedata.normalize("NFC", text))
        form = PrescribedForm(*(str(data[key]) for key in ("number", "title", "certainty", "note")))
        words = dict(data["words"])
        notes = tuple(str(note) for note in words.pop("notes", ()))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise FormTextInvalid(f"Tệp {name} không đọc được: {error}.") from error
    if form.certainty not in CERTAINTIES:
        raise FormTextInvalid(f"Tệp {name}: certainty “{form.certainty}” không hợp lệ.")
    for key, allowed in fields.items():
        _check_word(name, key, words.get(key), allowed)
    return FormText(form, MappingProxyType(words), notes)


def _check_word(name: str, key: str, word: object, allowed: frozenset[str]) -> None:
    if not isinstance(word, str) or not word.strip():
        raise FormTextInvalid(f"Tệp {name}: thiếu từ ngữ “{key}”.")
    try:
        places = {place for _, place, _, _ in string.Formatter().parse(word) if place is not None}
    except ValueError as error:
        raise FormTextInvalid(f"Tệp {name}: ngoặc nhọn trong “{key}” bị lỗi.") from error
    if unknown := places - allowed:
        listed = ", ".join(f"{{{place}}}" for place in sorted(unknown))
        raise FormTextInvalid(f"Tệp {name}: “{key}” có chỗ điền không dùng được: {listed}.")


@lru_cache(maxsize=16)
def _load(name: str, fields: tuple[tuple[str, frozenset[str]], ...]) -> FormText:
    path = FORMS / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormTextInvalid(f"Tệp {name} không đọc được.") from error
    return parse(text, name, dict(fields))


def load(name: str, fields: Mapping[str, frozenset[str]]) -> FormText:
    """The words of `letters/forms/<name>`, read once per process. Raises FormTextInvalid."""
    return _load(name, tuple(sorted(fields.items())))
