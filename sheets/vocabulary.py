"""The columns and words of the files people bring, read from `layouts/*.toml` once."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from rules.names import fold_words

_LAYOUTS = Path(__file__).resolve().parent / "layouts"
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SECRET = re.compile(
    r"\b(?:ma pin|pin|so pin|puk|ma puk|mat khau|password|passwd|pass|mk|ma bi mat)\b"
)
EXAMPLE = "Ví dụ"
"""Stands in the column STT of the example row of a template."""
NUMBERING = frozenset({"stt", "tt", "so tt", "so thu tu", "thu tu", "no"})


class SheetKind(StrEnum):
    """What a file is a list of."""

    PEOPLE = "people"
    DEVICES = "devices"
    CERTIFICATES = "certificates"
    HANDOVERS = "handovers"
    STAFF_CHANGES = "staff_changes"


@dataclass(frozen=True)
class Field:
    """A column that a kind of file may have. `headings` are folded; `value` names its reader."""

    key: str
    words: str
    value: str
    required: bool
    longest: int
    headings: tuple[str, ...]
    example: str
    note: str
    in_template: bool


@dataclass(frozen=True)
class Layout:
    """The columns of one kind of file, in the order of its template."""

    kind: SheetKind
    title: str
    fields: Mapping[str, Field]


def plain(heading: str) -> str:
    """A heading for comparing: folded words, without what stands in brackets."""
    bare = _BRACKETS.sub(" ", heading)
    return " ".join(fold_words(bare)) or " ".join(fold_words(heading))


def is_secret(heading: str) -> bool:
    """True for a heading that promises PINs or passwords, which are never read."""
    return _SECRET.search(" ".join(fold_words(heading))) is not None


@cache
def layout(kind: SheetKind) -> Layout:
    """The columns of a kind of file."""
    table = _file("columns")[kind.value]
    return Layout(
        kind,
        table["title"],
        {
            key: Field(
                key=key,
                words=given["words"],
                value=given["value"],
                required=given.get("required", False),
                longest=given.get("longest", 200),
                headings=tuple(dict.fromkeys(plain(one) for one in given["headings"])),
                example=given.get("example", ""),
                note=given.get("note", ""),
                in_template=given.get("template", True),
            )
            for key, given in table["fields"].items()
        },
    )


@cache
def known_headings() -> frozenset[str]:
    """Every heading of every kind of file, folded, and the usual words for a running number."""
    every = (one for kind in SheetKind for field in layout(kind).fields.values()
             for one in field.headings)  # fmt: skip
    return frozenset(every) | NUMBERING


@cache
def choices(name: str) -> Mapping[str, str]:
    """Folded word -> name of the enum member, for one kind of choice."""
    return {
        " ".join(fold_words(word)): member
        for member, words in _file("vocabulary")[name].items()
        for word in words
    }


def is_choice(value: str) -> bool:
    """Whether a field of this value takes one of a few words."""
    return value in _file("vocabulary")


@cache
def words_of(name: str) -> Mapping[str, str]:
    """Name of the enum member -> the word for it in a template, for one kind of choice."""
    return {member: words[0] for member, words in _file("vocabulary")[name].items()}


@cache
def _file(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((_LAYOUTS / f"{name}.toml").read_text(encoding="utf-8"))
