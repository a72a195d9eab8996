"""Cells as they come out of a file, and their text.

A cell is text in NFC without stray blanks, a whole number, a number, a truth value, or a day; an
empty cell is "". Everything else (times of day, spans) becomes text.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

Cell = str | int | float | bool | date
"""`bool` before `int` and `datetime` before `date` when asking: each is a kind of the other."""

# Marks without width that come along when text is copied from web pages, and Excel's way of
# writing a carriage return inside XML.
_INVISIBLE = dict.fromkeys(
    [0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
    + [code for code in range(0x20) if chr(code) not in "\t\n\r\f\v"]
)


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row that has something in it: its number in the file (from 1), its cells from the left."""

    number: int
    cells: tuple[Cell, ...]
    hidden: bool = False


Span = tuple[tuple[int, int], tuple[int, int]]
"""A merged range: (row, column) of its first and last cell, counted from 0."""


@dataclass(frozen=True)
class RawSheet:
    """What one sheet of a workbook, or a CSV file, holds."""

    name: str
    rows: tuple[RawRow, ...]
    merged: tuple[Span, ...] = ()
    notes: tuple[str, ...] = field(default=())


def clean(text: str) -> str:
    """The text in NFC, on one line, without invisible marks and doubled blanks."""
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        # Nothing to clean in most cells of most files: no invisible mark is printable.
        if "_x000D_" not in text:
            return text if text.isascii() else unicodedata.normalize("NFC", text)
    kept = text.translate(_INVISIBLE).replace("_x000D_", " ")
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def cell_of(value: Any) -> Cell:
    """A value as the reading library gives it, as a cell."""
    if isinstance(value, str):
        return clean(value) if value else ""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e17 else value
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, (int, date)):
        return value
    if isinstance(value, (time, timedelta)):
        return str(value)
    return ""


def shown(cell: Cell) -> str:
    """The cell as a person would read it; a number is never put into scientific notation."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "ĐÚNG" if cell else "SAI"
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    if isinstance(cell, float):
        return f"{cell:.10f}".rstrip("0").rstrip(".")
    return str(cell)


def trimmed(cells: list[Cell]) -> tuple[Cell, ...]:
    """The cells without the empty ones at the end."""
    last = len(cells)
    while last and cells[last - 1] == "" and isinstance(cells[last - 1], str):
        last -= 1
    return tuple(cells[:last])
