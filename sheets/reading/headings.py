"""Where the headings of a table stand: below titles, over one row or more, merged or not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sheets.reading.cells import Cell, RawRow, RawSheet, Span, shown
from sheets.vocabulary import NUMBERING, known_headings, plain

LOOKED_AT = 60
"""Rows from the top among which the headings are looked for."""
MOST_HEADING_ROWS = 3
JOINED_BY = " › "
_LONGEST_HEADING = 120
_NUMBERED = re.compile(r"\(?\s*(\d{1,2}|[A-Za-z])\s*\)?")


@dataclass(frozen=True)
class Headings:
    """The headings: their rows (from 1), their words by column, and how many of them are known."""

    first: int
    last: int
    words: tuple[str, ...]
    known: int


def find(sheet: RawSheet) -> Headings | None:
    """The headings of a sheet, None when no row looks like any.

    The row with the most known headings wins, the upper one of two. Where none is known, it is the
    first row with two short texts or more that are no titles merged over the table.
    """
    rows = sheet.rows[:LOOKED_AT]
    wide = _covered(sheet.merged)
    scores = [(_known(row), -index, row) for index, row in enumerate(rows)]
    best = max(scores, key=lambda score: score[:2], default=None)
    if best is None:
        return None
    if best[0] < 2:
        plausible = (row for row in rows if _could_be(row, wide))
        chosen = next(plausible, best[2] if best[0] else None)
    else:
        chosen = best[2]
    return None if chosen is None else _whole(sheet, chosen)


def _known(row: RawRow) -> int:
    known = known_headings()
    return len(
        {words for cell in row.cells if isinstance(cell, str) and (words := plain(cell)) in known}
    )


def _could_be(row: RawRow, wide: Mapping[tuple[int, int], Span]) -> bool:
    texts = [cell for cell in row.cells if cell != ""]
    if len(texts) < 2 or not all(_is_heading(cell) for cell in texts):
        return False
    # Two titles side by side ("UBND TỈNH …", "CỘNG HÒA …") are merged over several columns each.
    spans = [wide.get((row.number - 1, column)) for column, cell in enumerate(row.cells) if cell]
    return not all(span is not None and span[1][1] > span[0][1] for span in spans)


def _is_heading(cell: Cell) -> bool:
    return isinstance(cell, str) and len(cell) <= _LONGEST_HEADING and not cell.isdigit()


def _covered(merged: Sequence[Span]) -> dict[tuple[int, int], Span]:
    """Place -> the merged range over it, for the rows where headings may be."""
    found = {}
    for span in merged:
        (top, left), (bottom, right) = span
        if top > LOOKED_AT * 4 or bottom - top > 20:
            continue
        for row in range(top, bottom + 1):
            for column in range(left, min(right, left + 200) + 1):
                found[row, column] = span
    return found


def _whole(sheet: RawSheet, row: RawRow) -> Headings:
    """The headings around the row that was found: with the row above and below when they belong."""
    covered = _covered(sheet.merged)
    by_number = {one.number: one for one in sheet.rows[: LOOKED_AT + MOST_HEADING_ROWS]}
    first, last = _extent(row, covered, by_number)
    grid = [_spread(number, by_number.get(number), covered) for number in range(first, last + 1)]
    width = max(
        (max(line, default=-1) for line in grid if line),
        default=-1,
    )
    for upper, lower in pairwise(grid):
        _fill_rightwards(upper, lower, width)
    words = []
    for column in range(width + 1):
        parts: list[str] = []
        for line in grid:
            part = line.get(column, "")
            if part and (not parts or parts[-1] != part):
                parts.append(part)
        words.append(JOINED_BY.join(parts))
    return Headings(first, last, tuple(_distinct(words)), _known(row))


def _extent(
    row: RawRow,
    covered: Mapping[tuple[int, int], Span],
    by_number: Mapping[int, RawRow],
) -> tuple[int, int]:
    first = last = row.number
    spans = [
        span for column in range(len(row.cells) + 1) if (span := covered.get((first - 1, column)))
    ]
    for (top, _), (bottom, _) in spans:
        if bottom - top < MOST_HEADING_ROWS:
            first, last = min(first, top + 1), max(last, bottom + 1)
    if first == last and (above := by_number.get(first - 1)) and _is_parent(above, row, covered):
        first -= 1
    while last - first + 1 < MOST_HEADING_ROWS:
        upper, below = by_number.get(last), by_number.get(last + 1)
        if upper is None or below is None or not _is_lower(upper, below, covered):
            break
        last += 1
    return first, last


def _is_parent(above: RawRow, row: RawRow, covered: Mapping[tuple[int, int], Span]) -> bool:
    """Whether the row above holds headings over this one: it fills what this one leaves open."""
    if not all(_is_heading(cell) for cell in above.cells if cell != ""):
        return False
    filled = {column for column, cell in enumerate(row.cells) if cell != ""}
    over = {column for column, cell in enumerate(above.cells) if cell != ""}
    return len(over - filled) >= 2 and _known(above) >= 1


def _is_lower(row: RawRow, below: RawRow, covered: Mapping[tuple[int, int], Span]) -> bool:
    """Whether the row below continues the headings: short texts under a heading that spans them,
    or under gaps, and nothing under the others.
    """
    places = [column for column, cell in enumerate(below.cells) if cell != ""]
    if not places or not all(_is_heading(below.cells[column]) for column in places):
        return False
    if all(_NUMBERED.fullmatch(str(below.cells[column])) for column in places):
        return False

    def open_above(column: int) -> bool:
        span = covered.get((row.number - 1, column))
        if span is not None:
            return span[1][1] > span[0][1]
        return column >= len(row.cells) or row.cells[column] == "" or _heads_gap(row, column)

    # Where nothing is merged, only known words tell headings from the first row of a sparse list.
    is_merged = any((row.number - 1, column) in covered for column in places)
    return all(open_above(column) for column in places) and (
        _known(below) >= 1 or (is_merged and len(places) >= 2)
    )


def _heads_gap(row: RawRow, column: int) -> bool:
    """In a CSV a merged heading stands in its first column, with empty cells behind it."""
    return column + 1 < len(row.cells) and row.cells[column + 1] == ""


def _spread(
    number: int, row: RawRow | None, covered: Mapping[tuple[int, int], Span]
) -> dict[int, str]:
    """Column -> words of one heading row, merged cells filled in."""
    line = {
        column: shown(cell) for column, cell in enumerate(row.cells if row else ()) if cell != ""
    }
    anchors = dict(line)
    for (at, column), ((top, left), _) in covered.items():
        if at == number - 1 and top == at and left in anchors:
            line[column] = anchors[left]
    return line


def _fill_rightwards(upper: dict[int, str], lower: dict[int, str], width: int) -> None:
    """Without merging (CSV) a heading over several columns stands above the first of them only."""
    for column in range(1, width + 1):
        if column not in upper and {column - 1, column} <= lower.keys() and column - 1 in upper:
            upper[column] = upper[column - 1]


def _distinct(words: Sequence[str]) -> Iterator[str]:
    """Headings that stand for two columns ("Họ và tên" over family and given name) get a number."""
    seen: dict[str, int] = {}
    for one in words:
        seen[one] = seen.get(one, 0) + 1
        yield f"{one} ({seen[one]})" if one and seen[one] > 1 else one


def is_numbering(cells: Sequence[Cell]) -> bool:
    """True for the row below headings that numbers the columns: 1 2 3, (1) (2) (3), A B 1 2."""
    marks = []
    for cell in cells:
        if cell == "":
            continue
        match = _NUMBERED.fullmatch(shown(cell))
        if match is None:
            return False
        marks.append(match[1].upper())
    numbers = [int(mark) for mark in marks if mark.isdigit()]
    return (
        len(marks) >= 3
        and len(numbers) >= len(marks) - 2
        and all(after - before == 1 for before, after in pairwise(numbers))
    )


def numbering_columns(words: Sequence[str]) -> frozenset[int]:
    """Columns that only number the rows (STT)."""
    return frozenset(column for column, one in enumerate(words) if plain(one) in NUMBERING)
