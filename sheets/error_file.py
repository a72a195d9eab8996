"""The rows that could not go in, given back as an .xlsx with a column "Lý do".

The columns are those of the file, so that the person corrects the rows and brings the same file
again; "Dòng" is the row in the first file. Withheld columns (PINs, passwords) stay empty.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import IO

from sheets.reading.values import PIN
from sheets.records import Problem
from sheets.tables_in import SheetTable
from sheets.tables_out import OutCell, OutColumn, write_table

ROW, SECTION, REASON = "Dòng", "Nhóm", "Lý do"
NOTICE = "Lưu ý"
"""Begins a reason that does not stand in the way."""


def write_error_file(
    stream: IO[bytes],
    table: SheetTable,
    problems: Iterable[Problem],
    *,
    only_blocked: bool = True,
    on_rows: Callable[[int], None] | None = None,
) -> int:
    """Write the rows with problems to a stream; returns how many there were.

    `only_blocked` leaves out rows that have nothing but notices.
    """
    by_row: dict[int, list[Problem]] = {}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    if only_blocked:
        by_row = {
            row: found for row, found in by_row.items() if any(problem.blocks for problem in found)
        }
    has_sections = any(row.section for row in table.rows)
    columns = [OutColumn(ROW, 7)]
    columns += [OutColumn(SECTION, 24)] if has_sections else []
    columns += [OutColumn(heading, _width(heading)) for heading in table.headings]
    columns.append(OutColumn(REASON, 70, text=True))
    rows = _rows(table, by_row, has_sections)
    return write_table(stream, columns, rows, sheet_name="Dòng lỗi", on_rows=on_rows)


def reason(problems: Iterable[Problem]) -> str:
    """What is wrong with one row, one line per cell."""
    return "\n".join(
        f"{problem.heading}: {'' if problem.blocks else f'({NOTICE}) '}{problem.text}"
        for problem in problems
    )


def _rows(
    table: SheetTable, by_row: dict[int, list[Problem]], has_sections: bool
) -> Iterator[list[OutCell]]:
    for row in table.rows:
        if row.number in by_row:
            section: list[OutCell] = [row.section] if has_sections else []
            secret = {one.heading for one in by_row[row.number] if one.text == PIN}
            cells = [
                "" if heading in secret else cell
                for heading, cell in zip(table.headings, row.cells, strict=True)
            ]
            yield [row.number, *section, *cells, reason(by_row[row.number])]


def _width(heading: str) -> float:
    return max(10, min(30, len(heading) + 4))
