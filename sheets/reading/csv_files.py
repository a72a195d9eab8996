"""Tables in text files: which encoding, which separator, and the cells, all of them text."""

import codecs
import csv
import re
from collections import Counter
from io import StringIO

from sheets.reading.cells import Cell, RawRow, RawSheet, clean, trimmed
from sheets.reading.errors import UnreadableSheet
from sheets.reading.limits import MOST_COLUMNS, MOST_ROWS

_SEPARATORS = ";,\t|"
_LOOKED_AT = 60
_LEAST_BEYOND = 200
_NAMED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

_ENCODING = (
    "Không nhận ra bảng mã chữ của tệp. Hãy mở tệp bằng Excel rồi lưu thành .xlsx, hoặc lưu lại "
    "kiểu “CSV UTF-8”."
)


def read_csv(content: bytes, name: str) -> RawSheet:
    """The rows of a text file; raises `UnreadableSheet` when it is none."""
    text, notes = decode(content)
    separator, start = _separator(text)
    rows: list[RawRow] = []
    try:
        reader = csv.reader(StringIO(text[start:], newline=""), delimiter=separator)
        for number, values in enumerate(reader, start=2 if start else 1):
            if len(values) > MOST_COLUMNS:
                raise UnreadableSheet(f"Dòng {number} có quá nhiều cột (tối đa {MOST_COLUMNS}).")
            cells: list[Cell] = [clean(value) for value in values]
            if kept := trimmed(cells):
                rows.append(RawRow(number, kept))
            if len(rows) > MOST_ROWS + _LEAST_BEYOND:
                raise UnreadableSheet(
                    "Bảng có quá nhiều dòng (tối đa 100.000). Hãy chia ra nhiều tệp."
                )
    except csv.Error as error:
        raise UnreadableSheet(
            "Tệp CSV không đọc được thành bảng, có thể thiếu dấu ngoặc kép. Hãy mở tệp bằng Excel "
            "rồi lưu thành .xlsx."
        ) from error
    return RawSheet(name, tuple(rows), notes=notes)


def decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text and what must be said about its encoding; raises `UnreadableSheet`.

    A byte order mark decides; then UTF-16 by its zero bytes, UTF-8 by its grammar; what is left is
    taken for CP1258, the code page of Vietnamese Windows, and said to be a guess.
    """
    if content.startswith(codecs.BOM_UTF8):
        return _decoded(content, "utf-8-sig"), ()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(content, "utf-16"), ()
    if b"\0" in content[:4096]:
        even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
        return _decoded(content, "utf-16-be" if even > odd else "utf-16-le"), ()
    try:
        content.decode("utf-8")
        return _decoded(content, "utf-8"), ()
    except UnicodeDecodeError:
        guess = (
            "Tệp không ghi theo UTF-8; đã đoán là bảng mã Windows tiếng Việt (CP1258). Hãy xem kỹ "
            "dấu của họ tên trước khi nhập."
        )
        return _decoded(content, "cp1258"), (guess,)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableSheet(_ENCODING) from error
    controls = sum(text[:4096].count(chr(code)) for code in range(32) if chr(code) not in "\t\r\n")
    if controls:
        raise UnreadableSheet("Tệp này không phải bảng tính. Hãy chọn tệp .xlsx, .xls hoặc .csv.")
    return text


def _separator(text: str) -> tuple[str, int]:
    """The separator, and where the rows begin (behind a line "sep=;" that Excel understands)."""
    if named := _NAMED.match(text):
        return named[1], named.end()
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_LOOKED_AT]
    return max(_SEPARATORS, key=lambda mark: _regularity(lines, mark)), 0


def _regularity(lines: list[str], mark: str) -> tuple[int, int]:
    """On how many lines the mark stands equally often, and how often that is.

    A separator stands equally often on nearly every line, a comma inside a text now and then.
    """
    counts = Counter(_outside(line, mark) for line in lines)
    return max(((lines, count) for count, lines in counts.items() if count), default=(0, 0))


def _outside(line: str, mark: str) -> int:
    """How often the mark stands outside quotation marks."""
    return sum(part.count(mark) for part in line.split('"')[::2])
