"""Reading tables: limits, encodings, headings, and the ways a cell is written."""

import codecs
import zipfile
from datetime import date, datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
import xlwt

from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.staff_changes import StaffChange
from sheets import people, reading_process
from sheets.columns import ColumnMap, guess
from sheets.handovers import HandoverAct
from sheets.reading import limits
from sheets.reading.values import READERS
from sheets.reading_work import Task, Work
from sheets.records import MissingColumns
from sheets.tables_in import LARGEST_FILE, SheetTable, UnreadableSheet, read_table, read_tables
from sheets.vocabulary import SheetKind, choices, layout

HEAD = "Họ và tên,Ngày sinh,Email\n"
LINE = "Nguyễn Thử Nghiệm An,05/03/1985,an@thunghiem.gov.vn\n"


def from_text(text: str) -> SheetTable:
    """The table of a CSV in UTF-8."""
    return read_table(text.encode(), "a.csv")


def book(write: Any) -> bytes:
    """A workbook that `write` fills."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as made:
        write(made)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "rỗng"),
        (b"\xef\xbb\xbf \r\n", "rỗng"),
        (bytes(LARGEST_FILE + 1), "50 MB"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "không phải bảng tính"),
        (b"PK\x03\x04 word/document.xml", "Word"),
        (b"PK\x03\x04 opendocument.spreadsheet", r"\.ods"),
        (b"PK\x03\x04 xl/workbook.bin", r"\.xlsb"),
        (b"PK\x03\x04 photo.jpg", "nén"),
        (b"PK\x03\x04 xl/workbook.xml", "hỏng"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "hỏng"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "hỏng"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "Word"),
        (b"H\xe1\x8a\x8d\x81,b\n", "bảng mã"),
        (b"a\x01b,c\n", "không phải bảng tính"),
        (b"chi mot dong van ban\n", "tiêu đề"),
        (HEAD.encode(), "không có dòng dữ liệu"),
        (b'a,"' + b"x" * 140_000, "CSV"),
        (b"," * 600 + b"a\n", "quá nhiều cột"),
    ],
)
def test_what_is_no_table_is_refused_in_vietnamese(content: bytes, word: str) -> None:
    with pytest.raises(UnreadableSheet, match=word):
        read_tables(content, "tệp.xlsx")


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + (HEAD + LINE).encode(),
        (HEAD + LINE).encode("utf-16"),
        codecs.BOM_UTF16_BE + (HEAD + LINE).encode("utf-16-be"),
        (HEAD + LINE).encode("utf-16-le"),
        ("sep=;\r\n" + (HEAD + LINE).replace(",", ";")).encode(),
        (HEAD + LINE).replace(",", "\t").encode(),
        (HEAD + LINE).replace(",", ";").replace("An", '"An"', 0).encode(),
    ],
)
def test_every_usual_encoding_and_separator_gives_the_same_cells(content: bytes) -> None:
    table = read_table(content, "a.csv")
    assert table.headings == ("Họ và tên", "Ngày sinh", "Email")
    assert table.rows[0].cells == ("Nguyễn Thử Nghiệm An", "05/03/1985", "an@thunghiem.gov.vn")


def test_a_zip_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = book(lambda made: made.add_worksheet().write_column(0, 0, ["Họ và tên", "x" * 99]))
    monkeypatch.setattr(limits, "MOST_UNPACKED", 500)
    with pytest.raises(UnreadableSheet, match="quá lớn"):
        read_table(content, "a.xlsx")


def test_one_text_used_a_thousand_times_counts_a_thousand_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(made: Any) -> None:
        sheet = made.add_worksheet()
        for row in range(1000):
            sheet.write_string(row, 0, "x" * 1000)

    monkeypatch.setattr(limits, "MOST_TEXT", 500_000)
    with pytest.raises(UnreadableSheet, match="quá lớn"):
        read_table(book(write), "a.xlsx")


def repacked(content: bytes, change: Any) -> bytes:
    """The same workbook with its parts changed: `change(name, content)` gives both anew."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(*change(name, old.read(name)))
    return buffer.getvalue()


def far_apart(made: Any) -> None:
    """Two cells in the corners of a sheet."""
    sheet = made.add_worksheet()
    sheet.write("A1", "Họ và tên")
    sheet.write("XFD1048576", "x")


def test_a_sheet_under_another_name_is_looked_at_too() -> None:
    def hide(name: str, content: bytes) -> tuple[str, bytes]:
        hidden = content.replace(b"worksheets/sheet1.xml", b"media/image1.png")
        return name.replace("worksheets/sheet1.xml", "media/image1.png"), hidden

    with pytest.raises(UnreadableSheet, match="ô lạc"):
        read_table(repacked(book(far_apart), hide), "a.xlsx")


@pytest.mark.parametrize("trick", [b'<c x=">" r="XFD', b"<c x='>' r=\"XFD"])
def test_a_place_cannot_be_hidden_behind_an_attribute(trick: bytes) -> None:
    content = book(far_apart)
    hidden = repacked(content, lambda name, part: (name, part.replace(b'<c r="XFD', trick)))
    with pytest.raises(UnreadableSheet, match="hỏng"):
        read_table(hidden, "a.xlsx")


def test_cells_merged_everywhere_are_refused_with_what_to_do() -> None:
    def merge(name: str, content: bytes) -> tuple[str, bytes]:
        spans = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (row, row) for row in range(2, 20_100))
        return name, content.replace(
            b"</sheetData>", b"</sheetData><mergeCells>%s</mergeCells>" % spans
        )

    content = repacked(book(lambda made: made.add_worksheet().write("A1", "Họ và tên")), merge)
    with pytest.raises(UnreadableSheet, match="bỏ gộp ô"):
        read_table(content, "a.xlsx")


def test_what_the_reading_does_not_survive_is_a_sentence_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading_process, "SMALL", 0)
    monkeypatch.setattr(reading_process, "TIME_LIMIT", 0.0)
    with pytest.raises(UnreadableSheet, match="đã bị dừng"):
        reading_process.look(HEAD.encode() + LINE.encode() * 3, Task(Work.LOOK, "a.csv"))


def test_a_small_file_that_unpacks_to_much_is_not_read_in_the_server() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 3_000_000)
    assert len(bomb.getvalue()) < reading_process.SMALL
    assert not reading_process.is_small(bomb.getvalue())


def test_a_sparse_list_of_leaders_loses_nobody_to_the_signatures() -> None:
    table = from_text(
        "STT,Chức vụ,Họ và tên,Email,SĐT,Ghi chú\n"
        "1,Chủ tịch,Nguyễn Thử Nghiệm An\n"
        "2,Giám đốc,Lê Thử Nghiệm Bình\n"
        ",,Người lập biểu\n,,Vũ Thử Nghiệm Cúc\n"
    )
    assert [row.number for row in table.rows] == [2, 3]
    assert [row.number for row in table.skipped] == [4, 5]
    table = from_text("Họ và tên,Ngày sinh\nAn Thử Nghiệm,ngày 5 tháng 3 năm 1985\n")
    assert len(table.rows) == 1
    table = from_text("Chức vụ,Họ và tên\nChủ tịch,An Thử Nghiệm\nVăn thư,Bình Thử Nghiệm\n")
    assert len(table.rows) == 2


def old_book(row: int, column: int) -> bytes:
    """An .xls with a cell in its first place and one at (row, column)."""
    made = xlwt.Workbook()
    sheet = made.add_sheet("A")
    sheet.write(0, 0, "Họ và tên")
    sheet.write(row, column, 5)
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_an_old_workbook_with_cells_far_apart_is_refused() -> None:
    with pytest.raises(UnreadableSheet, match="ô lạc"):
        read_table(old_book(65_535, 255), "a.xls")


@pytest.mark.parametrize(
    ("place", "value"),
    [(30, 3), (48, 0x7FFF_FFFF), (76, 0x00FF_FFFF), (512, 0)],
)
def test_an_old_workbook_whose_sectors_make_no_sense_is_refused(place: int, value: int) -> None:
    content = bytearray(old_book(1, 1))
    content[place : place + 4] = value.to_bytes(4, "little")
    with pytest.raises(UnreadableSheet):
        read_table(bytes(content), "a.xls")


def test_a_zip_entry_with_a_password_is_refused() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    content = bytearray(buffer.getvalue())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableSheet, match="mật khẩu"):
        read_table(bytes(content), "a.xlsx")


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheets.tables_in.MOST_ROWS", 2)
    with pytest.raises(UnreadableSheet, match=r"100\.000"):
        from_text(HEAD + LINE * 3)


def test_the_sheet_with_the_best_known_headings_is_taken_and_the_others_are_named() -> None:
    def write(made: Any) -> None:
        first, second = made.add_worksheet("Một"), made.add_worksheet("Hai")
        first.write_row(0, 0, ["Họ và tên", "Email"])
        first.write_row(1, 0, ["Nguyễn Thử Nghiệm An", ""])
        second.write_row(0, 0, ["Họ và tên", "Email", "Chức vụ"])
        second.write_row(1, 0, ["Nguyễn Thử Nghiệm An", "", "Văn thư"])

    content = book(write)
    table = read_table(content, "a.xlsx")
    assert table.origin.sheet == "Hai"
    assert table.other_sheets == ("Một",)
    assert any("“Một”" in note for note in table.notes)
    assert read_table(content, "a.xlsx", sheet="Một").origin.sheet == "Một"
    with pytest.raises(UnreadableSheet, match="“Ba”"):
        read_table(content, "a.xlsx", sheet="Ba")


def test_cells_beyond_the_last_heading_are_kept_and_said() -> None:
    table = from_text("Họ và tên,Email\nNguyễn Thử Nghiệm An,,lạc\n")
    assert table.headings == ("Họ và tên", "Email", "Cột 3")
    assert table.rows[0].cells[2] == "lạc"
    assert any("ngoài cột cuối" in note for note in table.notes)


def test_headings_nobody_knows_are_still_headings() -> None:
    table = from_text("Báo cáo\nMàu,Hình\nđỏ,tròn\nxanh,vuông\n")
    assert table.headings == ("Màu", "Hình")
    assert len(table.rows) == 2


def columns_of(table: SheetTable, kind: SheetKind = SheetKind.PEOPLE) -> dict[str, str | None]:
    """Heading -> guessed field."""
    return {column.heading: column.field for column in guess(kind, table).columns}


def test_a_guess_says_how_sure_it_is_and_a_person_may_correct_it() -> None:
    table = from_text(
        "Họ và tên,Số định danh theo VNeID,Liên hệ,Quê quán\n"
        "Nguyễn Thử Nghiệm An,000185000001,an@thunghiem.gov.vn,Xã Cũ\n"
        "Lê Thử Nghiệm Bình,000185000002,binh@thunghiem.gov.vn,Xã Cũ\n"
    )
    found = guess(SheetKind.PEOPLE, table)
    assert [(one.field, one.confidence) for one in found.columns] == [
        ("full_name", 100),
        ("citizen_id", 65),
        ("email", 50),
        (None, 0),
    ]
    assert [one.heading for one in found.unsure] == ["Số định danh theo VNeID", "Liên hệ"]
    assert [one.heading for one in found.unmapped] == ["Quê quán"]
    moved = found.assign(3, "email")
    assert moved.index_of("email") == 3
    assert moved.columns[2].field is None
    assert moved.assign(0, None).missing[0].key == "full_name"


@pytest.mark.parametrize(("index", "field"), [(9, "email"), (0, "color"), (1, "note")])
def test_a_wrong_assignment_is_an_error(index: int, field: str) -> None:
    found = guess(SheetKind.PEOPLE, from_text("Họ và tên,PIN\nNguyễn Thử Nghiệm An,1234\n"))
    with pytest.raises(ValueError, match=r"field|column"):
        found.assign(index, field)


def test_a_name_merged_over_two_columns_is_family_names_and_given_name() -> None:
    def write(made: Any) -> None:
        sheet = made.add_worksheet()
        sheet.merge_range("A1:B1", "Họ và tên")
        sheet.write_row("C1", ["Chức vụ", "Email"])
        sheet.write_row("A2", ["Nguyễn Thử Nghiệm", "An", "Văn thư", ""])
        sheet.write_row("A3", ["Lê Thử Nghiệm", "Bình", "Kế toán", ""])

    table = read_table(book(write), "a.xlsx")
    names = [one.full_name for one in people.read(table, guessed(table), on=date(2026, 1, 1))]
    assert names == ["Nguyễn Thử Nghiệm An", "Lê Thử Nghiệm Bình"]


def guessed(table: SheetTable) -> ColumnMap:
    """The guess for a list of people."""
    return guess(SheetKind.PEOPLE, table)


def test_without_a_required_column_nothing_is_read() -> None:
    table = from_text("Email,Chức vụ\nan@thunghiem.gov.vn,Văn thư\n")
    with pytest.raises(MissingColumns, match="Họ và tên"):
        next(people.read(table, guessed(table), on=date(2026, 1, 1)))


def test_number_day_and_place_of_issue_in_one_cell_are_taken_apart() -> None:
    table = from_text(
        "Họ và tên;Số định danh cá nhân/Ngày cấp, nơi cấp\n"
        "Nguyễn Thử Nghiệm An;000185000001, cấp ngày 12/3/2021, tại Bộ Công an\n"
    )
    (person,) = people.read(table, guessed(table), on=date(2026, 1, 1))
    assert person.citizen_id == "000185000001"
    assert person.citizen_id_issued_on == date(2021, 3, 12)
    assert person.citizen_id_issued_by == "Bộ Công an"
    assert not person.problems
    assert "000185000001" not in repr(person)


def test_two_people_of_one_name_and_birthday_are_called_into_question() -> None:
    table = from_text(HEAD + "An Thử Nghiệm,1/1/1990,\nAn Thử Nghiệm,1/1/1990,\n")
    _, second = people.read(table, guessed(table), on=date(2026, 1, 1))
    assert [(one.field, one.blocks) for one in second.problems] == [("full_name", False)]


DAY = date(1985, 3, 5)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (DAY, DAY),
        (datetime(1985, 3, 5, 14, 30), DAY),  # noqa: DTZ001 - cells have no time zone
        (31111, DAY),
        (31111.5, DAY),
        ("31111", DAY),
        ("5/3/1985", DAY),
        ("05-03-1985", DAY),
        ("5.3.1985", DAY),
        ("05 / 03 / 1985", DAY),
        ("05/03/1985 00:00:00", DAY),
        ("1985-03-05", DAY),
        ("1985-03-05T00:00:00", DAY),
        ("05031985", DAY),
        (5031985, DAY),
        ("19850305", DAY),
        ("ngày 5 tháng 3 năm 1985", DAY),
        ("5 tháng 3, 1985", DAY),
        ("'05/03/1985", DAY),
        ("-", None),
        ("", None),
        (0, None),
    ],
)
def test_a_day_is_understood_in_the_ways_people_write_it(cell: Any, day: date | None) -> None:
    field = layout(SheetKind.PEOPLE).fields["birth_on"]
    assert READERS["day"](cell, field) == (day, "", False)


@pytest.mark.parametrize(
    ("reader", "cell", "value", "word", "blocks"),
    [
        ("day", "5/3/85", DAY, "hai chữ số", False),
        ("day", "3/25/1985", None, "tháng/ngày/năm", True),
        ("day", "31/02/1985", None, "lịch", True),
        ("day", "31/02/85", None, "lịch", True),
        ("day", "03/1985", None, "tháng và năm", False),
        ("day", 1985, None, "Chỉ có năm", False),
        ("day", "hôm qua", None, "Không đọc được", True),
        ("day", True, None, "Không phải là ngày", True),
        ("day", 12345678901, None, "Không phải là ngày", True),
        ("day", 99999999, None, "Không phải là ngày", True),
        ("day", date(1001, 1, 1), None, "không hợp lý", True),
        ("citizen_id", 85000000001, "085000000001", "bỏ số 0", False),
        ("citizen_id", "85000000001", "", "11 chữ số", True),
        ("citizen_id", 850000000012345678, "", "làm tròn", True),
        ("citizen_id", 1.5, "", "làm tròn", True),
        ("citizen_id", "1,85E+11", "", "làm tròn", True),
        ("citizen_id", "B1234567", "", "hộ chiếu", True),
        ("phone", 912345678, "0912345678", "thêm lại", False),
        ("phone", "+84912345678", "0912345678", "", False),
        ("phone", "(028) 3822 1234", "02838221234", "", False),
        ("phone", "x" * 41, "", "40 ký tự", True),
        ("phone", "không", "", "", False),
        ("email", "AN@ThuNghiem.GOV.VN;", "an@thunghiem.gov.vn", "", False),
        ("email", "an @x.vn", "", "không đúng", True),
        ("code", date(2026, 1, 5), "", "đổi mã này thành ngày", True),
        ("code", 12, "12", "", False),
        ("code", "-", "", "", False),
        ("certificate_serial", "0x00 2a:05", "2A05", "", False),
        ("certificate_serial", "số 5", "", "chữ số và chữ A-F", True),
        ("count", "không", 0, "", False),
        ("count", "1 lần", 1, "", False),
        ("count", "", None, "", False),
        ("count", "nhiều", None, "số lần", True),
        ("name", 5, "5", "không thể là số", True),
        ("name", "Nguyễn 5", "Nguyễn 5", "ký tự lạ", True),
        ("name", "NguyÔn V¨n Thö", "NguyÔn V¨n Thö", "ký tự lạ", True),
        ("name", "NguyÔn Thö", "NguyÔn Thö", "phông cũ", False),
        ("name", "x" * 201, "x" * 201, "quá 200", True),
        ("text", "x" * 201, "x" * 201, "tối đa 200", True),
        ("text", "PIN: 1234abcd", "", "mã PIN", True),
        ("text", "đã đổi mật khẩu", "đã đổi mật khẩu", "", False),
        ("text", "#REF!", "", "Công thức", True),
        ("staff_change", "Chuyển công tác nội bộ", "MOVED_WITHIN", "", False),
        ("staff_change", "Chuyển công tác về tỉnh", "MOVED_TO_OTHER_BODY", "Đã hiểu là", False),
        ("device_kind", "usb TOKEN", "PKI_TOKEN", "", False),
        ("device_state", "...", None, "", False),
    ],
)
def test_a_cell_that_excel_or_a_person_spoiled_is_flagged(
    reader: str, cell: Any, value: Any, word: str, blocks: bool
) -> None:
    found = READERS[reader](cell, layout(SheetKind.PEOPLE).fields["birth_on"])
    assert (found.value, found.blocks) == (value, blocks)
    assert (word in found.flaw) if word else not found.flaw


def test_every_word_of_a_choice_belongs_to_a_member() -> None:
    enums: dict[str, type[StrEnum]] = {
        "device_kind": DeviceKind,
        "device_state": DeviceState,
        "subscriber_kind": SubscriberKind,
        "handover_act": HandoverAct,
        "staff_change": StaffChange,
    }
    for name, members in enums.items():
        assert set(choices(name).values()) == set(members.__members__)
