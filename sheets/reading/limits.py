"""Whether an .xlsx may be opened at all, and what the reading library does not tell about it.

An .xlsx is a zip of XML, and a small one may unpack to gigabytes, or hold one cell in the last row
and one in the last column, which a reader that keeps a rectangle in memory does not survive. So the
parts are unpacked once, in pieces, counted, and looked through before they are really read. On the
way hidden rows and columns are found.
"""

import lzma
import re
import struct
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO

from sheets.reading.errors import UnreadableSheet

MOST_ROWS = 100_000
MOST_PARTS = 2_000
MOST_UNPACKED = 300 * 1024 * 1024
MOST_AREA = 5_000_000
"""Cells of the rectangle from the first to the last filled cell of one sheet."""
MOST_COLUMNS = 500
MOST_TEXT = 300 * 1024 * 1024
MOST_MERGED = 20_000
"""Merged ranges of one sheet; the reader keeps each, and a table has a few dozen."""
LAST_ROW = 1_048_576
"""Of any .xlsx."""
_PIECE = 1024 * 1024

BROKEN = "Tệp Excel bị hỏng, không đọc được. Hãy mở tệp bằng Excel, lưu lại thành .xlsx rồi nhập."
_TOO_MUCH = (
    "Tệp giải nén ra quá lớn nên không được nhận. Hãy chép phần cần nhập sang một tệp mới rồi lưu."
)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)

_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_NUMBER = re.compile(rb"\sr=[\"'](\d{1,9})[\"']")
_HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col\b[^>]*\bhidden=[\"'](?:1|true)[\"']")
# A cell that is not closed at once has something in it.
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\sr\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,9})[\"'][^>]*(?<!/)>")
# A ">" inside an attribute would hide what stands behind it; no program writes that into a cell.
_TRICK = re.compile(rb"<(?:\w+:)?c\s[^<>]*=\s*(?:\"[^\"<>]*>|'[^'<>]*>)")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b")
_SHARED = re.compile(rb"\st=[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})<")
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></|</(?:\w+:)?c>)"
)
_STRING = re.compile(rb"<(?:\w+:)?si\b")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb"([\w:]+)=(?:\"([^\"]*)\"|'([^']*)')")


@dataclass
class SheetFacts:
    """What was seen on the way through one sheet."""

    hidden_rows: set[int] = field(default_factory=set)
    hides_columns: bool = False
    uncalculated: int = 0
    cells: int = 0
    merged: int = 0
    shared: "array[int]" = field(default_factory=lambda: array("l"))
    rows: tuple[int, int] = (1 << 30, 0)
    columns: tuple[int, int] = (1 << 30, 0)


def inspect(content: bytes) -> dict[str, SheetFacts]:
    """Sheet name -> facts, after counting everything that would be unpacked.

    Raises `UnreadableSheet` for a broken, encrypted, or far too large workbook.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _inspect(archive)
    except _BROKEN as error:
        raise UnreadableSheet(BROKEN) from error


def _inspect(archive: zipfile.ZipFile) -> dict[str, SheetFacts]:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnreadableSheet(_TOO_MUCH)
    if any(part.flag_bits & 0x1 for part in parts):
        raise UnreadableSheet("Tệp được đặt mật khẩu nên không đọc được. Hãy bỏ mật khẩu.")
    unpacked = [0]
    lengths = array("l")
    by_part: dict[str, SheetFacts] = {}
    # Any part may be named as a sheet, whatever it is called, so every part is looked at.
    for part in parts:
        name = part.filename.replace("\\", "/").lower().lstrip("/")
        pieces = _pieces(archive, part, unpacked)
        if name.endswith("sharedstrings.xml"):
            lengths = _string_lengths(pieces)
        else:
            by_part[name] = _facts(pieces)
    for facts in by_part.values():
        _refuse_too_wide(facts)
        _refuse_too_much_text(facts, lengths)
    return {name: by_part[part] for name, part in _sheet_parts(archive) if part in by_part}


def _pieces(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, unpacked: list[int]
) -> Iterator[bytes]:
    """The XML in pieces that never end inside a tag; pictures and the like are only counted."""
    rest = b""
    is_text: bool | None = None
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            unpacked[0] += len(piece)
            is_text = b"\0" not in piece[:200] if is_text is None else is_text
            if unpacked[0] > MOST_UNPACKED or len(rest) > 4 * _PIECE:
                raise UnreadableSheet(_TOO_MUCH)
            if not is_text:
                continue
            rest += piece
            # Shared cells are looked for over two tags, so cut before the last cell, not tag.
            cut = max(rest.rfind(b"<c "), rest.rfind(b"<row"), rest.rfind(b"<si"))
            cut = cut if cut > 0 else rest.rfind(b"<")
            if cut > 0:
                yield rest[:cut]
                rest = rest[cut:]
    yield rest


def _facts(pieces: Iterator[bytes]) -> SheetFacts:
    facts = SheetFacts()
    for piece in pieces:
        if _HIDDEN.search(piece):
            facts.hides_columns |= _HIDDEN_COLUMN.search(piece) is not None
            for tag in _ROW.findall(piece):
                number = _NUMBER.search(tag) if _HIDDEN.search(tag) else None
                if number and int(number[1]) <= LAST_ROW:
                    facts.hidden_rows.add(int(number[1]))
        if _TRICK.search(piece):
            raise UnreadableSheet(BROKEN)
        facts.merged += len(_MERGED.findall(piece))
        if facts.merged > MOST_MERGED:
            raise UnreadableSheet(
                f"Trang tính có hơn {MOST_MERGED} vùng ô gộp nên không đọc được. Hãy bỏ gộp ô "
                "(Merge & Center) trong bảng, hoặc chép bảng sang một tệp mới."
            )
        places = _CELL.findall(piece)
        if places:
            facts.cells += len(places)
            columns = [_column(letters) for letters in {letters for letters, _ in places}]
            rows = [int(row) for row in {row for _, row in places}]
            facts.columns = _wider(facts.columns, columns)
            facts.rows = _wider(facts.rows, rows)
        if b"</f>" in piece or b":f>" in piece:
            facts.uncalculated += len(_UNCALCULATED.findall(piece))
        facts.shared.extend(map(int, _SHARED.findall(piece)))
    return facts


def _wider(span: tuple[int, int], seen: list[int]) -> tuple[int, int]:
    return min(span[0], *seen, span[0]), max(span[1], *seen, span[1])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _string_lengths(pieces: Iterator[bytes]) -> "array[int]":
    """Bytes of each shared string, markup included."""
    lengths, before, last = array("l"), 0, None
    for piece in pieces:
        for found in _STRING.finditer(piece):
            if last is not None:
                lengths.append(before + found.start() - last)
            last = before + found.start()
        before += len(piece)
    if last is not None:
        lengths.append(before - last)
    return lengths


def _refuse_too_wide(facts: SheetFacts) -> None:
    if not facts.cells:
        return
    high = facts.rows[1] - facts.rows[0] + 1
    wide = facts.columns[1] - facts.columns[0] + 1
    if high * wide > MOST_AREA or facts.columns[1] > MOST_COLUMNS:
        raise UnreadableSheet(
            f"Bảng trải tới dòng {facts.rows[1]} và cột thứ {facts.columns[1]}, quá rộng để đọc. "
            "Hãy xóa các ô lạc ở xa bảng, hoặc chép bảng sang một tệp mới."
        )


def _refuse_too_much_text(facts: SheetFacts, lengths: "array[int]") -> None:
    """Each use of a shared text is a copy in memory, so a short file may mean gigabytes."""
    if not lengths or max(lengths) * len(facts.shared) <= MOST_TEXT:
        return
    count = len(lengths)
    if sum(lengths[index] for index in facts.shared if index < count) > MOST_TEXT:
        raise UnreadableSheet(_TOO_MUCH)


def _sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Names of the sheets and the parts that hold them, lower case."""
    names = {name.lower(): name for name in archive.namelist()}
    workbook, relations = names.get("xl/workbook.xml"), names.get("xl/_rels/workbook.xml.rels")
    if workbook is None or relations is None:
        return
    targets = {}
    for tag in _RELATION.findall(archive.read(relations)):
        given = _attributes(tag)
        target = given.get("Target", "").replace("\\", "/")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        targets[given.get("Id", "")] = part.lower()
    for tag in _SHEET.findall(archive.read(workbook)):
        given = _attributes(tag)
        identity = next((value for key, value in given.items() if key.endswith(":id")), "")
        yield given.get("name", ""), targets.get(identity, "")


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(tag)
    }
