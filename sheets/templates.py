"""Templates to download, one per kind of file: headings, an example row, and how to fill it in.

The example row is marked "Ví dụ" in the column STT, by which it is passed over when the file comes
back. Every cell below is of type text, so that Excel keeps zeros and dates as they are typed.
"""

from io import BytesIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sheets.vocabulary import EXAMPLE, Field, SheetKind, is_choice, layout, words_of

NUMBERING = "STT"
ROWS = 2_000
"""Rows of the template that are prepared: choices to pick from, text as type."""
_ENTERED_STATES = ("IN_STOCK", "HANDED_OVER", "IN_USE")
_LONGEST_LIST = 255
"""Characters of the list of a data validation in Excel."""


def write_template(kind: SheetKind) -> bytes:
    """The template of one kind of file as an .xlsx."""
    made = layout(kind)
    fields = [field for field in made.fields.values() if field.in_template]
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        face = {"font_name": "Times New Roman", "font_size": 12, "border": 1, "num_format": "@"}
        head = book.add_format(
            face | {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}
        )
        needed = book.add_format(
            face
            | {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}
            | {"bg_color": "#FFF1D6"}
        )
        text = book.add_format(face | {"locked": False})
        example = book.add_format(face | {"italic": True, "font_color": "#3A3A3A", "locked": False})
        sheet = book.add_worksheet(made.title[:31])
        sheet.set_column(0, 0, 8, text)
        sheet.write_string(0, 0, NUMBERING, head)
        sheet.write_string(1, 0, EXAMPLE, example)
        for index, field in enumerate(fields, start=1):
            sheet.set_column(index, index, max(14, min(34, len(field.words) + 4)), text)
            heading = f"{field.words} *" if field.required else field.words
            sheet.write_string(0, index, heading, needed if field.required else head)
            sheet.write_string(1, index, field.example, example)
            _offer(sheet, index, field)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 36)
        # Without a password: it keeps the headings from slips of the hand, not from people.
        allowed = dict.fromkeys(
            ("format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows",
             "sort", "autofilter"), True,
        )  # fmt: skip
        sheet.protect("", allowed)
        _guide(book.add_worksheet("Hướng dẫn"), fields, head, book.add_format(face | _WRAPPED))
    return buffer.getvalue()


_WRAPPED = {"text_wrap": True, "valign": "top"}


def _offered(field: Field) -> list[str]:
    if not is_choice(field.value):
        return []
    words = words_of(field.value)
    if field.value == "device_state":
        return [words[name] for name in _ENTERED_STATES]
    return list(words.values())


def _offer(sheet: Worksheet, index: int, field: Field) -> None:
    """A list to pick from. Words with a comma cannot stand in one, so the guide names them."""
    words = _offered(field)
    if not words or any("," in one for one in words) or len(",".join(words)) > _LONGEST_LIST:
        return
    sheet.data_validation(
        1, index, ROWS, index,
        {"validate": "list", "source": words, "error_type": "warning",
         "error_title": "Chọn trong danh sách",
         "error_message": "Nên chọn một trong các giá trị có sẵn."},
    )  # fmt: skip


def _guide(sheet: Worksheet, fields: list[Field], head: object, text: object) -> None:
    for index, (words, width) in enumerate(
        (("Cột", 34), ("Bắt buộc", 12), ("Cách ghi", 80), ("Ví dụ", 40))
    ):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, words, head)
    for row, field in enumerate(fields, start=1):
        how = field.note
        if not how and (offered := _offered(field)):
            how = "Một trong: " + "; ".join(offered) + "."
        if field.value == "day" and not how:
            how = "Ngày/tháng/năm."
        for index, words in enumerate(
            (field.words, "Có" if field.required else "", how, field.example)
        ):
            sheet.write_string(row, index, words, text)
    last = len(fields) + 2
    for offset, words in enumerate(_GENERAL):
        sheet.write_string(last + offset, 0, words)


_GENERAL = (
    "Giữ nguyên dòng tiêu đề; thứ tự cột thay đổi được. Dòng có chữ “Ví dụ” ở cột STT được bỏ qua.",
    "Số định danh, số điện thoại, số hiệu: để kiểu văn bản (Text) để không mất số 0 ở đầu.",
    "Không ghi mã PIN, mật khẩu của thiết bị vào tệp: phần mềm không nhận và không lưu.",
    "Khi nhập, phần mềm cho xem trước từng dòng và chỗ sai; chưa bấm ghi thì chưa có gì thay đổi.",
)
