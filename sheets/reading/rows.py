"""Which rows below the headings are data, and which are groups, totals, signatures or repeats."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.names import fold
from sheets.reading.cells import Cell, RawRow, Span, shown
from sheets.reading.headings import Headings, is_numbering, numbering_columns
from sheets.vocabulary import EXAMPLE

_TOTAL = re.compile(r"(?:tong\s*(?:cong|so)?|cong)\s*(?::|\(|\d|$|danh sach|so\b|cong\b).*")
_CLOSING = re.compile(
    r"(?:nguoi lap|nguoi tong hop|lap bieu|noi nhan|thu truong don vi|tm\.|kt\.|tl\.|tuq\."
    r"|\(ky[,\s]|ky ten|xac nhan cua|danh sach (?:nay )?(?:co|gom)|an dinh).*"
)
# "Xã A, ngày 05 tháng 01 năm 2026" closes a list when it stands alone; beside a name it is a day.
_DATED = re.compile(r".{0,40}ngay\s*[.…\d ]+\s*thang\s*[.…\d ]+\s*nam.*")
_GROUP = re.compile(r"(?:[IVXLC]+|[A-Z]|\d{1,2})\s*[.)/-]\s*\S.*|[IVXLC]+")
_MOST_CLOSING_CELLS = 3
_SHOWN = 120

NUMBERS = "Dòng đánh số cột."
REPEATED = "Dòng tiêu đề lặp lại."
TOTAL = "Dòng tổng cộng."
GROUP = "Dòng tiêu đề nhóm."
CLOSING = "Phần ghi dưới bảng (người lập, nơi nhận, chữ ký)."
NUMBER_ONLY = "Dòng chỉ có số thứ tự."
EXAMPLE_ROW = "Dòng ví dụ của tệp mẫu."


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of data: its number in the file, its cells (as many as headings), and the words of
    the group it stands under.
    """

    number: int
    cells: tuple[Cell, ...]
    section: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is no data, and why it was taken for none."""

    number: int
    text: str
    reason: str


def split(
    rows: Sequence[RawRow], headings: Headings, merged: Sequence[Span]
) -> tuple[list[SheetRow], list[SkippedRow]]:
    """Data and the rest, in their order; nothing disappears."""
    width = len(headings.words)
    ordinal = numbering_columns(headings.words)
    repeated = tuple(fold(one) for one in headings.words)
    spanned = {top + 1: right - left + 1 for (top, left), (_, right) in merged}
    below = [row for row in rows if row.number > headings.last]
    end = _closing_from(below, width, ordinal)
    data: list[SheetRow] = []
    skipped: list[SkippedRow] = []
    section = ""
    for index, row in enumerate(below):
        reason = CLOSING if index >= end else _reason(row, index, ordinal, repeated, spanned)
        if reason == GROUP:
            section = _text(row)
        if reason:
            skipped.append(SkippedRow(row.number, _text(row), reason))
        else:
            cells = (row.cells + ("",) * (width - len(row.cells)))[: max(width, len(row.cells))]
            data.append(SheetRow(row.number, cells, section, row.hidden))
    return data, skipped


def _reason(
    row: RawRow,
    index: int,
    ordinal: frozenset[int],
    repeated: tuple[str, ...],
    spanned: dict[int, int],
) -> str:
    """Why the row is no data; "" when it is."""
    filled = [(column, cell) for column, cell in enumerate(row.cells) if cell != ""]
    if all(column in ordinal for column, _ in filled):
        text = shown(filled[0][1])
        return NUMBER_ONLY if text.strip(" .)").isdigit() else GROUP
    if any(column in ordinal and cell == EXAMPLE for column, cell in filled):
        return EXAMPLE_ROW
    if len(filled) >= 3:
        if index == 0 and is_numbering(row.cells):
            return NUMBERS
        if _repeats(filled, repeated):
            return REPEATED
    if len(filled) <= len(repeated) // 2 + 1 and any(_is(_TOTAL, cell) for _, cell in filled[:2]):
        return TOTAL
    if _is_group(row, filled, ordinal, spanned):
        return GROUP
    return ""


def _repeats(filled: list[tuple[int, Cell]], repeated: tuple[str, ...]) -> bool:
    """The headings once more, as on every page of a printed list; of two rows, either row."""
    others = 0
    for column, cell in filled:
        if not isinstance(cell, str) or column >= len(repeated):
            return False
        others += fold(cell) not in (repeated[column], *repeated[column].split(" › "))
        if others > 1:
            return False
    return len(filled) - others >= 3


def _is(pattern: re.Pattern[str], cell: Cell) -> bool:
    return isinstance(cell, str) and pattern.fullmatch(fold(cell)) is not None


def _is_group(
    row: RawRow, filled: list[tuple[int, Cell]], ordinal: frozenset[int], spanned: dict[int, int]
) -> bool:
    texts = [cell for column, cell in filled if column not in ordinal]
    if len(texts) != 1 or not isinstance(texts[0], str):
        return False
    marks = [shown(cell) for column, cell in filled if column in ordinal]
    if marks:
        return re.fullmatch(r"[IVXLC]+|[A-Z]", marks[0].strip(" .)")) is not None
    return spanned.get(row.number, 1) >= 3 or (
        bool(ordinal) and _GROUP.fullmatch(texts[0]) is not None
    )


def _closing_from(rows: Sequence[RawRow], width: int, ordinal: frozenset[int]) -> int:
    """Index of the first row below the table: the signatures and what follows, all of it short and
    without a running number.
    """
    most = max(1, min(_MOST_CLOSING_CELLS, width // 2))
    end = len(rows)
    for index in range(len(rows) - 1, -1, -1):
        cells = rows[index].cells
        filled = [cell for cell in cells if cell != ""]
        numbered = any(shown(cells[one]).isdigit() for one in ordinal if one < len(cells))
        if len(filled) > most or numbered:
            break
        alone = len(filled) == 1 and _is(_DATED, filled[0])
        if alone or any(_is(_CLOSING, cell) for cell in filled):
            end = index
    return end


def _text(row: RawRow) -> str:
    words = " | ".join(shown(cell) for cell in row.cells if cell != "")
    return words[:_SHOWN]


def outside(rows: Sequence[SheetRow], width: int) -> Iterator[int]:
    """Numbers of rows that have something beyond the last heading."""
    return (row.number for row in rows if any(cell != "" for cell in row.cells[width:]))
