"""Sheets of an .xlsx or .xls workbook, read with calamine: values of formulas, never formulas."""

from collections.abc import Iterator
from io import BytesIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from sheets.reading.cells import Cell, RawRow, RawSheet, cell_of, trimmed
from sheets.reading.errors import UnreadableSheet
from sheets.reading.kinds import FileKind
from sheets.reading.limits import BROKEN, MOST_ROWS, SheetFacts, inspect
from sheets.reading.old_excel import refuse_too_wide

MOST_SHEETS = 30
_LEAST_BEYOND = 200
"""Rows above the limit that titles, headings and totals may take."""


def read_workbook(content: bytes, kind: FileKind) -> Iterator[RawSheet]:
    """The visible sheets that have something in them, one after the other.

    Notes about sheets that were left out stand with the first one. Raises `UnreadableSheet`.
    """
    facts: dict[str, SheetFacts] = {}
    if kind is FileKind.XLSX:
        facts = inspect(content)
    else:
        refuse_too_wide(content)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as book:
            yield from _sheets(book, facts)
    except PasswordError as error:
        raise UnreadableSheet(
            "Tệp Excel được đặt mật khẩu nên không đọc được. Hãy bỏ mật khẩu rồi nhập lại."
        ) from error
    except CalamineError as error:
        raise UnreadableSheet(BROKEN) from error
    except BaseException as error:
        # A panic of the reading library is no Exception, but it harms nothing else.
        if type(error).__name__ == "PanicException":
            raise UnreadableSheet(BROKEN) from error
        raise


def _sheets(book: CalamineWorkbook, facts: dict[str, SheetFacts]) -> Iterator[RawSheet]:
    visible, notes = [], []
    for meta in book.sheets_metadata:
        if meta.typ is not SheetTypeEnum.WorkSheet:
            continue
        if meta.visible is SheetVisibleEnum.Visible:
            visible.append(meta.name)
        else:
            notes.append(f"Trang tính ẩn “{meta.name}” không được đọc.")
    if len(visible) > MOST_SHEETS:
        notes.append(f"Tệp có {len(visible)} trang tính; chỉ đọc {MOST_SHEETS} trang đầu.")
    for name in visible[:MOST_SHEETS]:
        sheet = _sheet(book.get_sheet_by_name(name), facts.get(name, SheetFacts()), notes)
        if sheet.rows:
            notes = []
            yield sheet


def _sheet(sheet: CalamineSheet, facts: SheetFacts, notes: list[str]) -> RawSheet:
    rows: list[RawRow] = []
    unmarked = 0
    # Rows are given from the first of the sheet, columns only from the first that is filled.
    left: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = trimmed(left + [cell_of(value) for value in values])
        if not cells:
            continue
        if len(rows) >= MOST_ROWS + _LEAST_BEYOND:
            raise UnreadableSheet("Bảng có quá nhiều dòng (tối đa 100.000). Hãy chia ra nhiều tệp.")
        hidden = number in facts.hidden_rows
        unmarked += hidden
        rows.append(RawRow(number, cells, hidden))
    said = list(notes)
    if unmarked:
        said.append(
            f"Trang tính có {unmarked} dòng đang ẩn hoặc bị lọc; các dòng này vẫn được đọc."
        )
    if facts.uncalculated:
        said.append(
            f"Có {facts.uncalculated} ô công thức chưa được tính nên đọc ra trống. Hãy mở tệp bằng "
            "Excel, lưu lại rồi nhập."
        )
    if facts.hides_columns:
        said.append("Trang tính có cột đang ẩn; các cột này vẫn được đọc.")
    return RawSheet(sheet.name, tuple(rows), tuple(sheet.merged_cell_ranges or ()), tuple(said))
