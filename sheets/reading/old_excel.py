"""Whether an .xls may be opened: a look through its records before the reading library does.

The library keeps the rectangle from the first to the last cell in memory, and a file of 6 KB may
claim four thousand million cells. An .xls is a compound file ([MS-CFB]) with a stream "Workbook" of
records ([MS-XLS] 2.1.4); only their places are read here.
"""

import struct
from collections.abc import Iterator, Sequence

from sheets.reading.errors import UnreadableSheet
from sheets.reading.limits import BROKEN, MOST_AREA, MOST_COLUMNS

_NO_SECTOR = 0xFFFF_FFFA
"""From here on a sector number means something else: free, end of chain, table."""
_STREAMS = ("workbook", "book")
_DIMENSIONS, _MERGED_NUMBERS, _BEGIN = 0x0200, 0x00BD, 0x0809
# FORMULA, NUMBER, LABEL, BOOLERR, RK, LABELSST, RSTRING: each begins with row and column.
_CELLS = {0x0006, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x00D6, 0x0406, 0x0206}


def refuse_too_wide(content: bytes) -> None:
    """Raises `UnreadableSheet` when a sheet of an .xls spans too many cells, or makes no sense."""
    try:
        for name, stream in _streams(content):
            if name in _STREAMS:
                _check(stream)
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableSheet(BROKEN) from error


def _check(stream: bytes) -> None:
    at, rows, columns = 0, (1 << 30, -1), (1 << 30, -1)
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == _BEGIN:
            rows, columns = (1 << 30, -1), (1 << 30, -1)
        elif kind == _DIMENSIONS and len(body) >= 12:
            top, bottom, left, right = struct.unpack_from("<IIHH", body)
            _refuse(bottom - top, right - left, bottom, right)
        elif (kind in _CELLS or kind == _MERGED_NUMBERS) and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            last = struct.unpack_from("<H", body, len(body) - 2)[0]
            last = last if kind == _MERGED_NUMBERS else column
            rows = min(rows[0], row), max(rows[1], row)
            columns = min(columns[0], column), max(columns[1], column, last)
            _refuse(rows[1] - rows[0] + 1, columns[1] - columns[0] + 1, rows[1] + 1, columns[1] + 1)


def _refuse(high: int, wide: int, row: int, column: int) -> None:
    if max(0, high) * max(0, wide) > MOST_AREA or column > MOST_COLUMNS:
        raise UnreadableSheet(
            f"Bảng trải tới dòng {row} và cột thứ {column}, quá rộng để đọc. Hãy xóa các ô lạc ở "
            "xa bảng, hoặc chép bảng sang một tệp mới."
        )


def _streams(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name, lower case, and bytes of each stream of a compound file."""
    shift, small_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or small_shift > shift:
        raise ValueError("not the sectors of a compound file")
    size = 1 << shift
    first_folder, cutoff, first_small = (
        struct.unpack_from("<I", content, place)[0] for place in (48, 56, 60)
    )
    table = _table(content, size)
    folder = _chained(content, table, first_folder, size, offset=size)
    small_table = _numbers(_chained(content, table, first_small, size, offset=size))
    small = b""
    for at in range(0, len(folder) - 127, 128):
        length = struct.unpack_from("<H", folder, at + 64)[0]
        kind = folder[at + 66]
        start, total = struct.unpack_from("<II", folder, at + 116)
        name = folder[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
        if kind == 5:  # the root holds the small streams
            small = _chained(content, table, start, size, offset=size)
        elif kind == 2 and name in _STREAMS:
            if total < cutoff:
                yield name, _chained(small, small_table, start, 1 << small_shift, offset=0)[:total]
            else:
                yield name, _chained(content, table, start, size, offset=size)[:total]


def _table(content: bytes, size: int) -> Sequence[int]:
    """The table of sectors (FAT), found through its own list of sectors (DIFAT)."""
    listed = [one for one in struct.unpack_from("<109I", content, 76) if one < _NO_SECTOR]
    following, seen = struct.unpack_from("<I", content, 68)[0], set[int]()
    while following < _NO_SECTOR and following not in seen:
        seen.add(following)
        numbers = _numbers(content[(following + 1) * size : (following + 2) * size])
        if not numbers:
            break
        listed += [one for one in numbers[:-1] if one < _NO_SECTOR]
        following = numbers[-1]
    return _numbers(b"".join(content[(one + 1) * size : (one + 2) * size] for one in listed))


def _numbers(raw: bytes) -> Sequence[int]:
    count = len(raw) // 4
    return struct.unpack_from(f"<{count}I", raw)


def _chained(content: bytes, table: Sequence[int], start: int, size: int, *, offset: int) -> bytes:
    """The sectors of one chain, put together; one that runs in a circle makes no sense."""
    found: list[bytes] = []
    at = start
    while at < _NO_SECTOR:
        if at >= len(table) or len(found) > len(table):
            raise ValueError("a chain of sectors leads nowhere")
        found.append(content[at * size + offset : (at + 1) * size + offset])
        at = table[at]
    return b"".join(found)
