"""The words of pages and where people see them. Only the sandbox's worker calls `words`.

Whoever places a signature between title and name must know where these stand. Boxes are those of
the font, not of the ink: words of one line share their lower edge, whatever their accents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from signing.pades.inputs import PageGeometry, Word
from signing.pades.render import opened

MOST_PAGES = 40
_MOST_CHARACTERS = 20_000
_SAME_ROW = 0.5
_NEXT_WORD = 0.2


_Box = tuple[float, float, float, float]


def words(pdf: bytes, pages: Sequence[tuple[int, PageGeometry]]) -> list[Word]:
    """The words of these pages, row by row. A page without text, a scan, gives none.

    Raises PdfBroken. Pages with more than 20,000 characters are left out.
    """
    found: list[Word] = []
    with opened(pdf) as document:
        for number, geometry in pages[:MOST_PAGES]:
            if not 0 <= number < len(document):
                continue
            page = document[number]
            try:
                found += _of_page(number, geometry, list(_characters(page, geometry)))
            finally:
                page.close()
    return found


def _characters(page: Any, geometry: PageGeometry) -> Iterator[tuple[str, _Box]]:
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if count > _MOST_CHARACTERS:
            return
        for index in range(count):
            character = text.get_text_range(index, 1)
            if not character.strip():
                continue
            box = geometry.shown(*text.get_charbox(index, loose=True))
            if box[2] > 0 and box[3] > 0:
                yield character, box
    finally:
        text.close()


def _of_page(
    number: int, geometry: PageGeometry, characters: list[tuple[str, _Box]]
) -> Iterator[Word]:
    across, down = geometry.shown_mm
    on_page = [
        (one, box)
        for one, box in characters
        if -1 <= box[0] <= across + 1 and -1 <= box[1] <= down + 1
    ]
    for row in _rows(on_page):
        for part in _words(row):
            yield _word(number, part)


def _rows(characters: list[tuple[str, _Box]]) -> Iterator[list[tuple[str, _Box]]]:
    """Characters whose lower edges lie together, from the top of the page down."""
    row: list[tuple[str, _Box]] = []
    for one in sorted(characters, key=lambda one: one[1][1] + one[1][3]):
        if row and _foot(one) - _foot(row[0]) > _SAME_ROW * min(one[1][3], row[0][1][3]):
            yield sorted(row, key=lambda each: each[1][0])
            row = []
        row.append(one)
    if row:
        yield sorted(row, key=lambda each: each[1][0])


def _foot(one: tuple[str, _Box]) -> float:
    return one[1][1] + one[1][3]


def _words(row: list[tuple[str, _Box]]) -> Iterator[list[tuple[str, _Box]]]:
    """Characters of a row that touch: a gap of a fifth of the height parts two words.

    Dots and lines to be written on ("……") are words of their own.
    """
    part: list[tuple[str, _Box]] = []
    blank = False
    for at, one in enumerate(row):
        was_blank, blank = blank, _is_blank(row, at)
        if part and (one[1][0] - _right(part) > _NEXT_WORD * one[1][3] or blank != was_blank):
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def _is_blank(row: list[tuple[str, _Box]], at: int) -> bool:
    here = row[at][0]
    beside = [row[one][0] for one in (at - 1, at + 1) if 0 <= one < len(row)]
    return here in "…_" or (here == "." and "." in beside)


def _right(part: list[tuple[str, _Box]]) -> float:
    return max(box[0] + box[2] for _, box in part)


def _word(number: int, part: list[tuple[str, _Box]]) -> Word:
    left, top = min(box[0] for _, box in part), min(box[1] for _, box in part)
    foot = max(box[1] + box[3] for _, box in part)
    text = unicodedata.normalize("NFC", "".join(one for one, _ in part))
    sizes = (left, top, _right(part) - left, foot - top)
    return Word(number, text, *(round(one, 2) for one in sizes))
