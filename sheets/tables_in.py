"""Tables that people bring: an .xlsx, .xls or .csv file as headings and rows of cells.

The kind of a file is read from its bytes. Nothing is dropped in silence: rows that are no data, and
columns that are not read, are listed with the reason. Columns of PINs and passwords are emptied
here, so that no later step sees them. Nothing is written to disk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sheets.reading.cells import Cell, RawSheet, shown
from sheets.reading.csv_files import read_csv
from sheets.reading.errors import UnreadableSheet
from sheets.reading.headings import Headings, find
from sheets.reading.kinds import LARGEST_FILE, FileKind, kind_of, shown_name
from sheets.reading.limits import MOST_ROWS
from sheets.reading.rows import SheetRow, SkippedRow, outside, split
from sheets.reading.workbooks import read_workbook
from sheets.vocabulary import is_secret

__all__ = [
    "LARGEST_FILE",
    "MOST_ROWS",
    "Cell",
    "Origin",
    "SheetRow",
    "SheetTable",
    "SkippedRow",
    "UnreadableSheet",
    "read_table",
    "read_tables",
    "shown",
]

NO_HEADINGS = (
    "Không tìm thấy dòng tiêu đề cột trong tệp. Hãy ghi tên cột (ví dụ: Họ và tên, Ngày sinh, Thư "
    "điện tử công vụ) ở ngay trên dòng đầu tiên, hoặc dùng tệp mẫu."
)
NO_ROWS = "Tệp có tiêu đề cột nhưng không có dòng dữ liệu nào."


@dataclass(frozen=True)
class Origin:
    """Where a table came from: file, sheet, and the rows (from 1) on which its headings stand."""

    file_name: str
    sheet: str
    first_heading_row: int
    last_heading_row: int


@dataclass(frozen=True)
class SheetTable:
    """One table: each row has at least as many cells as there are headings.

    `withheld` are the headings of columns whose cells were emptied (PINs, passwords); `skipped` are
    rows that are no data; `notes` are sentences for the person who brought the file.
    """

    headings: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    origin: Origin
    notes: tuple[str, ...] = ()
    skipped: tuple[SkippedRow, ...] = ()
    withheld: tuple[str, ...] = ()
    known: int = 0
    other_sheets: tuple[str, ...] = ()


def read_tables(content: bytes, file_name: str) -> tuple[SheetTable, ...]:
    """The tables of a file, one per visible sheet that has headings and rows.

    Raises `UnreadableSheet`, whose message is a Vietnamese sentence, when the file is no table, is
    encrypted, broken or too large, or when no sheet has headings or rows.
    """
    name = shown_name(file_name)
    found: list[SheetTable] = []
    without: list[str] = []
    problem, known = NO_HEADINGS, 0
    for sheet in _sheets(content, name):
        headings = find(sheet)
        if headings is None:
            without.append(sheet.name)
            continue
        table = _table(sheet, headings, name)
        known = max(known, table.known)
        if table.rows:
            found.append(table)
        else:
            problem = NO_ROWS
            without.append(sheet.name)
    if known >= 2:
        # A sheet of explanations has rows too, but none of the headings that tables have.
        without += [table.origin.sheet for table in found if not table.known]
        found = [table for table in found if table.known]
    if not found:
        raise UnreadableSheet(problem)
    if without:
        note = "Trang tính không có bảng nào: " + ", ".join(f"“{one}”" for one in without) + "."
        found[0] = replace(found[0], notes=(*found[0].notes, note))
    return tuple(found)


def read_table(content: bytes, file_name: str, *, sheet: str | None = None) -> SheetTable:
    """The table of one sheet; without a name, of the sheet whose headings are best known.

    The names of the others stand in `other_sheets` and in a note. Raises as `read_tables` does,
    and when the named sheet has no table.
    """
    tables = read_tables(content, file_name)
    if sheet is not None:
        chosen = next((table for table in tables if table.origin.sheet == sheet), None)
        if chosen is None:
            raise UnreadableSheet(f"Trang tính “{sheet}” không có bảng nào đọc được.")
    else:
        chosen = max(tables, key=lambda table: (table.known, len(table.rows)))
    others = tuple(table.origin.sheet for table in tables if table is not chosen)
    notes = list(chosen.notes)
    if others:
        notes.append(
            f"Đã đọc trang tính “{chosen.origin.sheet}”; tệp còn các trang tính khác: "
            + ", ".join(f"“{one}”" for one in others)
            + "."
        )
    if tables[0] is not chosen:
        notes.extend(note for note in tables[0].notes if note.startswith("Trang tính ẩn"))
    return replace(chosen, notes=tuple(notes), other_sheets=others)


def _sheets(content: bytes, name: str) -> Iterator[RawSheet]:
    kind = kind_of(content)
    if kind is FileKind.CSV:
        yield read_csv(content, name)
    else:
        yield from read_workbook(content, kind)


def _table(sheet: RawSheet, headings: Headings, file_name: str) -> SheetTable:
    rows, skipped = split(sheet.rows, headings, sheet.merged)
    if len(rows) > MOST_ROWS:
        raise UnreadableSheet("Bảng có quá nhiều dòng (tối đa 100.000). Hãy chia ra nhiều tệp.")
    words = headings.words
    notes = list(sheet.notes)
    beyond = list(outside(rows, len(words)))
    if beyond:
        words += tuple(f"Cột {number + 1}" for number in range(len(words), _width(rows)))
        notes.append(
            f"Có ô nằm ngoài cột cuối cùng có tiêu đề (dòng {_listed(beyond)}); các ô này được giữ "
            "lại ở cột không tên."
        )
    words = tuple(one or f"Cột {number}" for number, one in enumerate(words, start=1))
    rows = [_fitted(row, len(words)) for row in rows]
    secret = [column for column, one in enumerate(words) if is_secret(one)]
    withheld = tuple(words[column] for column in secret)
    if secret:
        rows = [replace(row, cells=_emptied(row.cells, secret)) for row in rows]
        notes.append(
            "Không đọc cột "
            + ", ".join(f"“{one}”" for one in withheld)
            + ": phần mềm không nhận và không lưu mã PIN, mật khẩu. Nên xóa cột này khỏi tệp."
        )
    origin = Origin(file_name, sheet.name, headings.first, headings.last)
    return SheetTable(
        words, tuple(rows), origin, tuple(notes), tuple(skipped), withheld, headings.known
    )


def _fitted(row: SheetRow, width: int) -> SheetRow:
    """The row with as many cells as there are headings."""
    missing = width - len(row.cells)
    return row if missing == 0 else replace(row, cells=row.cells + ("",) * missing)


def _width(rows: Sequence[SheetRow]) -> int:
    return max((len(row.cells) for row in rows), default=0)


def _emptied(cells: tuple[Cell, ...], columns: Sequence[int]) -> tuple[Cell, ...]:
    kept = list(cells)
    for column in columns:
        kept[column] = ""
    return tuple(kept)


def _listed(numbers: Sequence[int]) -> str:
    shown_ones = ", ".join(str(number) for number in numbers[:5])
    return f"{shown_ones}, …" if len(numbers) > 5 else shown_ones
