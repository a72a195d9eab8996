"""Tables to take away: any columns and rows as an .xlsx, streamed, in memory that does not grow.

The XML of the sheet is written straight into the zip, a few hundred rows at a time; XlsxWriter in
its own streaming mode takes three times as long (docs/decisions/0011-excel.md). Text is always
written as text: a cell that begins with = + - @ tab or CR is no formula and does not become one
when somebody edits it (OWASP, CSV injection).
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

from sheets.reading.cells import shown
from sheets.sheet_parts import (
    BOLD,
    CENTRED,
    DANGER,
    DAY,
    HEAD,
    ITALIC,
    NUMBER,
    PARTS,
    TEXT,
    TITLE,
    WHOLE,
    sheet_begin,
    sheet_end,
    workbook_xml,
)

MOST_ROWS = 1_000_000
LONGEST_TEXT = 32_767
"""Characters that Excel keeps in one cell; a longer text is cut and ends in "…"."""
PROGRESS_EVERY = 1_000
COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
_STAMP = (1980, 1, 1, 0, 0, 0)
_FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that never was; earlier days are written as text."""
_EXACT = 10**15
"""Excel keeps fifteen digits; a longer whole number is written as text."""
_ORIGIN = date(1899, 12, 30).toordinal()

OutCell = str | int | float | date | None


@dataclass(frozen=True)
class OutColumn:
    """A column: its heading, its width in characters, and whether every value is text (serials,
    citizen ids, telephone numbers).
    """

    heading: str
    width: float = 16
    text: bool = False


@dataclass(frozen=True)
class OfficialHeading:
    """What stands above a register: the agency (and the one above it), title and day."""

    agency: str
    title: str
    as_of: date
    parent_agency: str = ""
    note: str = ""


class TooManyRows(Exception):
    """More rows than one sheet holds; the message is Vietnamese."""


def write_table(
    stream: IO[bytes],
    columns: Sequence[OutColumn],
    rows: Iterable[Sequence[OutCell]],
    *,
    heading: OfficialHeading | None = None,
    sheet_name: str = "Danh sách",
    numbered: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> int:
    """Write rows to a stream as they come; returns how many there were.

    Each row has one value per column: text, a number, a day, a naive instant (written as text), or
    None. `numbered` puts a column STT in front. `on_rows` is called with the count after every
    1,000 rows; an exception from it stops the work, and the stream then holds no workbook.
    Raises `TooManyRows`, and ValueError for a row whose length differs.
    """
    if numbered:
        columns = (OutColumn("STT", 6), *columns)
    above = list(_above(heading, len(columns)))
    head_row = len(above) + 1
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, content in PARTS.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
        book = workbook_xml(sheet_name, head_row)
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml", _STAMP), book, zipfile.ZIP_DEFLATED)
        info = zipfile.ZipInfo("xl/worksheets/sheet1.xml", _STAMP)
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w") as part:
            part.write(sheet_begin([column.width for column in columns], head_row).encode())
            part.write("".join(_row(*line) for line in above).encode())
            head = [(HEAD, column.heading) for column in columns]
            part.write(_row(head_row, head).encode())
            count = 0
            for piece, done in _pieces(columns, rows, head_row + 1, numbered, on_rows):
                part.write(piece)
                count = done
            merged = _merged(heading, len(columns))
            part.write(sheet_end(head_row, head_row + count, len(columns), merged).encode())
    return count


def _pieces(
    columns: Sequence[OutColumn],
    rows: Iterable[Sequence[OutCell]],
    first: int,
    numbered: bool,
    on_rows: Callable[[int], None] | None,
) -> Iterator[tuple[bytes, int]]:
    letters = [letters_of(index) for index in range(len(columns))]
    forced = [column.text for column in columns]
    offset = 1 if numbered else 0
    lines: list[str] = []
    count = 0
    for values in rows:
        if len(values) + offset != len(columns):
            raise ValueError(f"a row of {len(values)} values for {len(columns) - offset} columns")
        if count >= MOST_ROWS:
            raise TooManyRows("Quá nhiều dòng cho một tệp Excel. Hãy lọc bớt rồi xuất lại.")
        number = first + count
        count += 1
        cells = [f'<c r="A{number}" s="{CENTRED}"><v>{count}</v></c>'] if numbered else []
        for index, value in enumerate(values, start=offset):
            if value is not None and value != "":
                cells.append(_cell(f"{letters[index]}{number}", value, forced[index]))
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
        if count % PROGRESS_EVERY == 0:
            yield "".join(lines).encode(), count
            lines.clear()
            if on_rows is not None:
                on_rows(count)
    yield "".join(lines).encode(), count


def _cell(place: str, value: OutCell, is_text: bool) -> str:
    if isinstance(value, str):
        style = DANGER if value[0] in "=+-@\t\r\n" else TEXT
        return f'<c r="{place}" s="{style}" t="inlineStr"><is>{_text(value)}</is></c>'
    if is_text or isinstance(value, (bool, datetime)) or value is None:
        return _cell(place, "" if value is None else shown(value), False)
    if isinstance(value, date):
        if value < _FIRST_DAY:
            return _cell(place, shown(value), False)
        return f'<c r="{place}" s="{DAY}"><v>{value.toordinal() - _ORIGIN}</v></c>'
    if isinstance(value, int):
        if abs(value) >= _EXACT:
            return _cell(place, str(value), False)
        return f'<c r="{place}" s="{WHOLE}"><v>{value}</v></c>'
    return f'<c r="{place}" s="{NUMBER}"><v>{value!r}</v></c>'


# Characters that XML 1.0 cannot hold, and the escape that Excel itself uses for them.
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SPECIAL = re.compile("[&<>_\x00-\x1f\ud800-\udfff\ufffe\uffff]")


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        value = value[: LONGEST_TEXT - 1] + "…"
    if _SPECIAL.search(value):
        value = _LOOKS_ESCAPED.sub("_x005F_", _UNHOLDABLE.sub("", value))
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        value = value.replace("\r", "_x000D_")
    if value != value.strip() or "\n" in value:
        return f'<t xml:space="preserve">{value}</t>'
    return f"<t>{value}</t>"


def letters_of(index: int) -> str:
    """The letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _row(number: int, cells: Sequence[tuple[int, str]]) -> str:
    inside = "".join(
        f'<c r="{letters_of(index)}{number}" s="{style}" t="inlineStr"><is>{_text(words)}</is></c>'
        for index, (style, words) in enumerate(cells)
        if words or style == HEAD
    )
    return f'<row r="{number}">{inside}</row>'


_SIDE_BY_SIDE = 4
"""From so many columns on, agency and country stand beside each other."""


def _above(
    heading: OfficialHeading | None, width: int
) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    """The rows above the headings: number and cells."""
    if heading is None:
        return
    first, second = heading.parent_agency.upper(), heading.agency.upper()
    if not first:
        first, second = second, ""
    if width >= _SIDE_BY_SIDE:
        half = [(TEXT, "")] * (_left(width) - 1)
        upper = CENTRED if second else BOLD
        yield 1, [(upper, first), *half, (BOLD, COUNTRY)]
        yield 2, [(BOLD, second), *half, (BOLD, MOTTO)]
    else:
        yield 1, [(TEXT, first)]
        yield 2, [(TEXT, second)]
    yield 3, []
    yield 4, [(TITLE, heading.title.upper())]
    as_of = f"Tính đến ngày {shown(heading.as_of)}"
    yield 5, [(ITALIC, f"{as_of}. {heading.note}" if heading.note else as_of)]
    yield 6, []


def _left(width: int) -> int:
    return max(2, width * 2 // 5)


def _merged(heading: OfficialHeading | None, width: int) -> list[str]:
    if heading is None or width < 2:
        return []
    last = letters_of(width - 1)
    whole = [f"A{row}:{last}{row}" for row in (4, 5)]
    if width < _SIDE_BY_SIDE:
        return [f"A{row}:{last}{row}" for row in (1, 2)] + whole
    left, right = letters_of(_left(width) - 1), letters_of(_left(width))
    sides = [f"A{row}:{left}{row}" for row in (1, 2)]
    if right != last:
        sides += [f"{right}{row}:{last}{row}" for row in (1, 2)]
    return sides + whole
