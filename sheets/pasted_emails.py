"""A list of official addresses as people paste it: a line per person, whatever stands between.

A line is taken apart by what its pieces look like: an address, a citizen id of twelve digits, a
day, and the rest, which is the name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from rules.names import clean_name, fold

MOST_LINES = 10_000
_PART = r"[^\s@;,|<>()\"']"
# Only where a part begins: a pasted line of a megabyte is read once, not from each of its letters.
_EMAIL = re.compile(rf"(?<!{_PART}){_PART}+@{_PART}+\.[A-Za-z]{{2,}}")
_CITIZEN_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?!\d)")
_NUMBERING = re.compile(r"^\s*\d{1,5}[.)]?(?=[\s\t;,|])")
_HEADING = ("ho va ten", "ho ten", "email", "thu dien tu")


@dataclass(frozen=True, slots=True)
class PastedLine:
    """One line; "" and None where it says nothing. `row` counts from 1 as it was pasted."""

    row: int
    full_name: str
    email: str
    birth_on: date | None = None
    citizen_id: str = field(default="", repr=False)


class TooLong(ValueError):
    """More lines than one list may have; the message is Vietnamese."""


def read_pasted(text: str) -> tuple[PastedLine, ...]:
    """The lines of a pasted list; empty lines and a line of headings are left out.

    Raises TooLong.
    """
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise TooLong(f"Danh sách dài quá {MOST_LINES} dòng. Hãy chia ra.")
    return tuple(_read(lines))


def _read(lines: list[str]) -> Iterator[PastedLine]:
    for row, line in enumerate(lines, start=1):
        address = _EMAIL.search(line)
        if not line.strip() or (address is None and any(one in fold(line) for one in _HEADING)):
            continue
        number, day = _CITIZEN_ID.search(line), _DAY.search(line)
        rest = _NUMBERING.sub(" ", line)
        for pattern in (_EMAIL, _CITIZEN_ID, _DAY):
            rest = pattern.sub(" ", rest)
        pieces = [clean_name(piece) for piece in re.split(r"[\t;,|<>()]+|\s{2,}", rest)]
        yield PastedLine(
            row,
            next((piece for piece in pieces if piece and not piece.isdigit()), ""),
            address[0].strip(".").lower() if address else "",
            _day(day),
            number[0] if number else "",
        )


def _day(found: re.Match[str] | None) -> date | None:
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None
