"""Registers, error files and templates as workbooks."""

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from sheets import devices, people, tables_out
from sheets.columns import guess
from sheets.error_file import write_error_file
from sheets.reading.rows import EXAMPLE_ROW
from sheets.tables_in import SheetTable, UnreadableSheet, read_table
from sheets.tables_out import OfficialHeading, OutColumn, TooManyRows, write_table
from sheets.templates import write_template
from sheets.vocabulary import SheetKind, layout

COLUMNS = (OutColumn("Họ và tên", 28), OutColumn("Ngày sinh"), OutColumn("CCCD", text=True),
           OutColumn("Số lần"), OutColumn("Ghi chú", 40))  # fmt: skip
HEADING = OfficialHeading(
    "Ủy ban nhân dân xã Thử Nghiệm",
    "Sổ thiết bị",
    date(2026, 6, 1),
    "Ủy ban nhân dân tỉnh Thử Nghiệm",
    "Lọc: đang sử dụng",
)


def written(rows: Any, columns: Any = COLUMNS, **options: Any) -> bytes:
    """The bytes of a table."""
    buffer = BytesIO()
    write_table(buffer, columns, rows, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Any:
    """The sheet as another program reads it."""
    return openpyxl.load_workbook(BytesIO(content)).active


ROW = ("Nguyễn Thử Nghiệm An", date(1985, 3, 5), "000185000001", 1, None)


def test_a_register_has_the_official_heading_and_keeps_text_as_text() -> None:
    sheet = opened(written([ROW], heading=HEADING, numbered=True, sheet_name="Sổ: [1]"))
    assert sheet.title == "Sổ 1"
    assert sheet["A1"].value == "ỦY BAN NHÂN DÂN TỈNH THỬ NGHIỆM"
    assert sheet["A2"].value == "ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM"
    assert sheet["C1"].value == tables_out.COUNTRY
    assert sheet["C2"].value == tables_out.MOTTO
    assert sheet["A4"].value == "SỔ THIẾT BỊ"
    assert sheet["A5"].value == "Tính đến ngày 01/06/2026. Lọc: đang sử dụng"
    assert [cell.value for cell in sheet[7]] == ["STT", *(one.heading for one in COLUMNS)]
    name, day, citizen_id, count = sheet["B8"], sheet["C8"], sheet["D8"], sheet["E8"]
    assert (name.value, name.number_format) == ("Nguyễn Thử Nghiệm An", "@")
    assert (day.value, day.number_format) == (datetime(1985, 3, 5), "dd/mm/yyyy")  # noqa: DTZ001
    assert (citizen_id.value, citizen_id.data_type) == ("000185000001", "s")
    assert (count.value, count.data_type) == (1, "n")
    assert sheet.freeze_panes == "A8"
    assert sheet.print_title_rows == "$7:$7"
    assert sheet.auto_filter.ref == "A7:F8"
    assert sheet.page_setup.orientation == "landscape"
    assert {str(one) for one in sheet.merged_cells.ranges} == {
        "A1:B1", "A2:B2", "C1:F1", "C2:F2", "A4:F4", "A5:F5",
    }  # fmt: skip


def test_a_narrow_register_keeps_its_heading_too() -> None:
    sheet = opened(written([("x",)], [OutColumn("Mã")], heading=HEADING))
    assert sheet["A4"].value == "SỔ THIẾT BỊ"
    assert sheet["A8"].value == "x"


@pytest.mark.parametrize(
    "text", ["=1+1", "+84 912", "-5", "@an", "\tx", "\rx", "=cmd|' /C calc'!A0"]
)
def test_what_looks_like_a_formula_stays_text(text: str) -> None:
    cell = opened(written([(text, None, None, None, None)]))["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("_x000D_", "\r") == text
    assert cell.quotePrefix


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\x00b\x0bc", "abc"),
        ("<a & b>", "<a & b>"),
        ("hai\ndòng", "hai\ndòng"),
        (" trống ", " trống "),
        ("_x0041_", "_x005F_x0041_"),
        (True, "ĐÚNG"),
        (date(1899, 1, 2), "02/01/1899"),
        (datetime(2026, 1, 5, 14, 30), "05/01/2026 14:30"),  # noqa: DTZ001
        (1.5, 1.5),
        (79085000001, 79085000001),
        (1234567890123456, "1234567890123456"),
        ("", None),
    ],
)
def test_every_value_arrives_as_it_was(value: Any, kept: Any) -> None:
    assert opened(written([(value, "cuối")], COLUMNS[:2]))["A2"].value == kept


def test_a_text_too_long_for_a_cell_ends_in_dots() -> None:
    value = opened(written([("x" * 40_000,)], COLUMNS[:1]))["A2"].value
    assert len(value) == tables_out.LONGEST_TEXT
    assert value.endswith("x…")


def test_the_columns_go_on_after_z() -> None:
    assert [tables_out.letters_of(index) for index in (0, 25, 26, 701, 702)] == [
        "A", "Z", "AA", "ZZ", "AAA",
    ]  # fmt: skip


def test_rows_are_counted_while_they_are_written_and_the_work_can_be_stopped() -> None:
    class Cancelled(Exception):
        pass

    seen: list[int] = []

    def on_rows(count: int) -> None:
        seen.append(count)
        if count == 2_000:
            raise Cancelled

    def endless() -> Iterator[tuple[str]]:
        while True:
            yield ("x",)

    with pytest.raises(Cancelled):
        written(endless(), COLUMNS[:1], on_rows=on_rows)
    assert seen == [1_000, 2_000]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_out, "MOST_ROWS", 2)
    with pytest.raises(TooManyRows, match="Quá nhiều dòng"):
        written([("x",)] * 3, COLUMNS[:1])


def test_a_row_of_another_length_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 values for 1"):
        written([("x", "y")], COLUMNS[:1])


def test_what_is_written_can_be_read_again_with_its_heading() -> None:
    table = read_table(written([ROW], heading=HEADING, numbered=True), "a.xlsx")
    assert table.headings == ("STT", *(column.heading for column in COLUMNS))
    assert table.rows[0].cells == (1, *ROW[:4], "")


LIST = (
    "STT,Họ và tên,Ngày sinh,Email\n"
    "1,Nguyễn Thử Nghiệm An,hôm qua,an@thunghiem.gov.vn\n"
    "2,Lê Thử Nghiệm Bình,5/3/1985,\n"
    "3,Vũ Thử Nghiệm Cúc,5/3/85,\n"
)


def problems_of(table: SheetTable) -> list[Any]:
    """All problems of a list of people."""
    columns = guess(SheetKind.PEOPLE, table)
    records = people.read(table, columns, on=date(2026, 6, 1))
    return [problem for record in records for problem in record.problems]


def test_the_error_file_has_the_rows_that_failed_with_the_reason_and_reads_again() -> None:
    table = read_table(LIST.encode(), "a.csv")
    buffer = BytesIO()
    assert write_error_file(buffer, table, problems_of(table)) == 1
    again = read_table(buffer.getvalue(), "loi.xlsx")
    assert again.headings == ("Dòng", *table.headings, "Lý do")
    (row,) = again.rows
    assert row.cells[:5] == (2, "1", "Nguyễn Thử Nghiệm An", "hôm qua", "an@thunghiem.gov.vn")
    assert str(row.cells[5]).startswith("Ngày sinh: Không đọc được thành ngày.")
    found = guess(SheetKind.PEOPLE, again)
    assert [one.field for one in found.columns] == [
        None,
        None,
        "full_name",
        "birth_on",
        "email",
        None,
    ]


def test_a_pin_in_a_note_goes_no_further_than_the_file_it_came_in() -> None:
    table = read_table("Họ và tên,Ghi chú\nAn Thử Nghiệm,PIN: 9988abcd\n".encode(), "a.csv")
    problems = problems_of(table)
    assert "9988abcd" not in repr(problems)
    buffer = BytesIO()
    assert write_error_file(buffer, table, problems) == 1
    assert "9988abcd" not in repr(read_table(buffer.getvalue(), "loi.xlsx"))


def test_the_error_file_may_hold_the_notices_too() -> None:
    table = read_table(LIST.encode(), "a.csv")
    buffer = BytesIO()
    assert write_error_file(buffer, table, problems_of(table), only_blocked=False) == 2
    rows = read_table(buffer.getvalue(), "loi.xlsx").rows
    assert "(Lưu ý)" in str(rows[1].cells[-1])


@pytest.mark.parametrize("kind", SheetKind)
def test_a_template_comes_back_with_every_column_known_and_its_example_passed_over(
    kind: SheetKind,
) -> None:
    content = write_template(kind)
    with pytest.raises(UnreadableSheet, match="không có dòng dữ liệu"):
        read_table(content, "mau.xlsx")
    filled = openpyxl.load_workbook(BytesIO(content))
    sheet = filled.worksheets[0]
    fields = [field for field in layout(kind).fields.values() if field.in_template]
    for index, field in enumerate(fields, start=2):
        sheet.cell(3, index).value = field.example or None
    buffer = BytesIO()
    filled.save(buffer)
    table = read_table(buffer.getvalue(), "mau.xlsx")
    assert [row.reason for row in table.skipped] == [EXAMPLE_ROW]
    found = guess(kind, table)
    assert [one.field for one in found.columns[1:]] == [field.key for field in fields]
    assert all(one.confidence == 100 for one in found.columns[1:])
    assert sheet.protection.sheet
    assert filled.worksheets[1].title == "Hướng dẫn"


def test_the_example_of_the_device_template_has_nothing_wrong_in_it() -> None:
    table = read_table(
        (
            ",".join(f'"{one.words}"' for one in layout(SheetKind.DEVICES).fields.values())
            + "\n"
            + ",".join(f'"{one.example}"' for one in layout(SheetKind.DEVICES).fields.values())
        ).encode(),
        "a.csv",
    )
    (device,) = devices.read(table, guess(SheetKind.DEVICES, table), on=date(2026, 6, 1))
    assert not device.problems
    assert device.has_holder
