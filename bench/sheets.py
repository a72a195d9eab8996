"""Time and memory of Excel in and out: 10,000 people read and checked, 100,000 rows exported.

Run: python -m bench.sheets [--rows-in N] [--rows-out N]. Every line runs in a process of its own,
so that the peak of memory is its own ("before" is the process with everything imported). The peer
for writing is XlsxWriter, in normal mode and in its own streaming mode (constant_memory); the peer
for reading is calamine alone, without any guard, heading or check.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from sheets import people
from sheets.columns import guess
from sheets.error_file import write_error_file
from sheets.tables_in import read_table
from sheets.tables_out import OfficialHeading, OutColumn, write_table
from sheets.vocabulary import SheetKind

COLUMNS = (
    OutColumn("Họ và tên", 28), OutColumn("Ngày sinh", 12), OutColumn("Số định danh cá nhân", 16),
    OutColumn("Ngày cấp", 12), OutColumn("Nơi cấp", 20), OutColumn("Thư điện tử công vụ", 30),
    OutColumn("Điện thoại", 14), OutColumn("Chức vụ", 18), OutColumn("Đơn vị", 40),
    OutColumn("Mã số cán bộ", 14), OutColumn("Ghi chú", 30),
)  # fmt: skip
BUDGETS = {"read and check": 5.0, "export": 10.0}
ON = date(2026, 6, 1)
_BIRTH, _ISSUED = date(1965, 1, 1), date(2021, 1, 1)


def rows(count: int) -> Iterator[tuple[str | date, ...]]:
    """Made-up people; every tenth has something wrong with it."""
    for number in range(count):
        wrong = number % 10 == 0
        yield (
            f"Nguyễn Thử Nghiệm {'Ánh Bình Cúc Dũng Đức'.split()[number % 5]}",
            f"31/02/{1960 + number % 40}" if wrong else _BIRTH + timedelta(days=number % 12_000),
            f"{number:011}" if wrong else f"000{number:09}",
            _ISSUED + timedelta(days=number % 900),
            "Bộ Công an",
            f"a{number}@thunghiem.gov.vn",
            f"09{number:08}",
            "Chuyên viên",
            f"Phòng số {number % 300}, Ủy ban nhân dân xã Thử Nghiệm",
            f"TN-{number:06}",
            "",
        )


def export(count: int, path: Path) -> int:
    """Ours: streamed, with the official heading."""
    heading = OfficialHeading("Ủy ban nhân dân xã Thử Nghiệm", "Danh sách cán bộ", ON)
    with path.open("wb") as stream:
        return write_table(stream, COLUMNS, rows(count), heading=heading, numbered=True)


def xlsxwriter_export(count: int, path: Path, *, constant_memory: bool) -> int:
    """The peer: the same cells and formats, without the heading."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": constant_memory}) as book:
        sheet = book.add_worksheet()
        text = book.add_format({"num_format": "@", "border": 1})
        day = book.add_format({"num_format": "dd/mm/yyyy", "border": 1})
        for row, values in enumerate(rows(count)):
            sheet.write_number(row, 0, row + 1, text)
            for column, value in enumerate(values, start=1):
                if isinstance(value, date):
                    sheet.write_datetime(row, column, value, day)
                elif value:
                    sheet.write_string(row, column, value, text)
    return count


def read_and_check(path: Path) -> int:
    """Bytes to records with their problems, as a preview shows them."""
    table = read_table(path.read_bytes(), path.name)
    records = people.read(table, guess(SheetKind.PEOPLE, table), on=ON)
    return sum(1 for record in records if record.problems)


def errors_back(path: Path) -> int:
    """The file of errors for the same rows."""
    table = read_table(path.read_bytes(), path.name)
    records = people.read(table, guess(SheetKind.PEOPLE, table), on=ON)
    problems = (problem for record in records for problem in record.problems)
    return write_error_file(BytesIO(), table, problems)


def bare_read(path: Path) -> int:
    """The peer: the cells, and nothing made of them."""
    book = CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
    return sum(1 for _ in book.get_sheet_by_index(0).iter_rows())


def peak() -> float:
    """The most memory this process has had, in MiB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def part(name: str, count: int, folder: Path) -> None:
    """Run one line and print what it took as JSON."""
    source, target = folder / f"{count}.xlsx", folder / f"{name.replace(' ', '-')}.xlsx"
    works: dict[str, Callable[[], int]] = {
        "make": lambda: export(count, source),
        "read and check": lambda: read_and_check(source),
        "errors back": lambda: errors_back(source),
        "calamine alone": lambda: bare_read(source),
        "export": lambda: export(count, target),
        "XlsxWriter": lambda: xlsxwriter_export(count, target, constant_memory=False),
        "XlsxWriter streaming": lambda: xlsxwriter_export(count, target, constant_memory=True),
    }
    before, start = peak(), time.perf_counter()
    result = works[name]()
    print(json.dumps([time.perf_counter() - start, before, peak(), result]))


def main() -> None:
    """Print one line per part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows-in", type=int, default=10_000)
    parser.add_argument("--rows-out", type=int, default=100_000)
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        name, count, folder = given.part
        part(name, int(count), Path(folder))
        return
    lines = [(name, given.rows_in) for name in
             ("make", "read and check", "errors back", "calamine alone")]  # fmt: skip
    lines += [(name, given.rows_out) for name in ("export", "XlsxWriter", "XlsxWriter streaming")]
    lines += [(name, given.rows_out) for name in ("make", "read and check")]
    print("part                      rows  seconds   budget   before MiB    peak MiB")
    with tempfile.TemporaryDirectory() as folder:
        for name, count in lines:
            command = [sys.executable, "-m", "bench.sheets", "--part", name, str(count), folder]
            done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
            seconds, before, most, _ = json.loads(done.stdout)
            is_budget = count == (given.rows_out if name == "export" else given.rows_in)
            budget = f"{BUDGETS[name]:.0f}" if name in BUDGETS and is_budget else ""
            print(f"{name:20} {count:9}  {seconds:7.2f}  {budget:>7}  {before:11.0f}  {most:10.0f}")


if __name__ == "__main__":
    main()
