"""What kind of file was brought, read from its bytes; what is no table is turned away."""

from enum import Enum
from pathlib import PurePosixPath

from rules.names import nfc
from sheets.reading.errors import UnreadableSheet

LARGEST_FILE = 50 * 1024 * 1024
_LONGEST_NAME = 130
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AS = "Hãy mở tệp bằng Excel hoặc LibreOffice rồi lưu thành .xlsx."


class FileKind(Enum):
    """The kinds that are read."""

    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"


def shown_name(file_name: str) -> str:
    """The last part of a file name, printable and short."""
    last = PurePosixPath(file_name.replace("\\", "/")).name or "tệp không tên"
    printable = "".join(letter for letter in nfc(last) if letter.isprintable())
    return printable[-_LONGEST_NAME:]


def kind_of(content: bytes) -> FileKind:
    """The kind of a file by its bytes, whatever its name says.

    Raises `UnreadableSheet` for an empty, too large, encrypted or other file.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableSheet("Tệp quá lớn (tối đa 50 MB). Hãy chia ra nhiều tệp.")
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise UnreadableSheet("Tệp rỗng.")
    if content.startswith(b"PK"):
        return _zip_kind(content)
    if content.startswith(_OLE):
        return _compound_kind(content)
    if content[:2] in (b"\x09\x00", b"\x09\x02", b"\x09\x04") and content[2:4] <= b"\x08\x00":
        raise UnreadableSheet(f"Tệp Excel đời rất cũ (trước Excel 5), không đọc được. {_SAVE_AS}")
    _refuse_foreign(content)
    return FileKind.CSV


def _zip_kind(content: bytes) -> FileKind:
    # Names of parts stand uncompressed in the directory at the end of a zip.
    if b"xl/workbook.bin" in content:
        raise UnreadableSheet(f"Tệp Excel nhị phân (.xlsb) không được nhận. {_SAVE_AS}")
    if b"xl/" in content:
        return FileKind.XLSX
    if b"word/" in content:
        raise UnreadableSheet(
            "Đây là tệp Word, không phải bảng tính. Hãy chép bảng sang Excel rồi lưu thành .xlsx."
        )
    if b"opendocument.spreadsheet" in content[:200]:
        raise UnreadableSheet(f"Tệp .ods không được nhận. {_SAVE_AS}")
    raise UnreadableSheet(
        "Tệp nén này không phải bảng tính. Hãy giải nén rồi chọn tệp .xlsx, .xls hoặc .csv bên "
        "trong."
    )


def _utf16(word: str) -> bytes:
    return word.encode("utf-16-le")


def _compound_kind(content: bytes) -> FileKind:
    if _utf16("EncryptedPackage") in content:
        raise UnreadableSheet(
            "Tệp Excel được đặt mật khẩu nên không đọc được. Hãy bỏ mật khẩu (Tệp › Thông tin › "
            "Bảo vệ sổ làm việc) rồi nhập lại."
        )
    if _utf16("WordDocument") in content:
        raise UnreadableSheet(
            "Đây là tệp Word, không phải bảng tính. Hãy chép bảng sang Excel rồi lưu thành .xlsx."
        )
    if _utf16("Workbook") in content or _utf16("Book") in content:
        return FileKind.XLS
    raise UnreadableSheet(f"Tệp không phải bảng tính Excel, hoặc bị hỏng. {_SAVE_AS}")


def _refuse_foreign(content: bytes) -> None:
    head = content[:2000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    if head.startswith(b"%pdf"):
        raise UnreadableSheet("Đây là tệp PDF, không phải bảng tính. Hãy dùng tệp Excel gốc.")
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta", b"<head")):
        raise UnreadableSheet(
            "Tệp mang đuôi bảng tính nhưng bên trong là trang web hoặc XML, thường do phần mềm "
            f"khác xuất ra. {_SAVE_AS}"
        )
    if head.startswith(
        (b"\x89png", b"gif8", b"{\\rtf", b"rar!", b"7z\xbc", b"\xff\xd8", b"\xd8\xff")
    ):
        raise UnreadableSheet("Tệp này không phải bảng tính. Hãy chọn tệp .xlsx, .xls hoặc .csv.")
