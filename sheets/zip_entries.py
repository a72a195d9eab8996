"""The files inside a zip, read in memory within limits.

A zip of a stranger may lie about its sizes, hold a million entries, or unpack to gigabytes: sizes
are counted while reading, and reading stops at the limits. Nothing is ever written by the names in
it; names that try to climb out of a folder are refused all the same, because no honest program
makes them.
"""

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

MOST_ENTRIES = 2_000
MOST_UNPACKED = 64 * 1024 * 1024
_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Entry:
    """One file of the zip."""

    name: str
    content: bytes


@dataclass(frozen=True)
class BadEntry:
    """What was not read and why; `name` is empty when the zip itself is meant."""

    name: str
    reason: str


def is_zip(content: bytes) -> bool:
    """True when the bytes begin as a zip does."""
    return content.startswith(_MARKS)


def entries(content: bytes, *, largest: int) -> Iterator[Entry | BadEntry]:
    """Read the files of a zip one after the other, none larger than `largest` bytes."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        inside = archive.infolist()
    except _BROKEN:
        yield BadEntry("", "Tệp nén bị hỏng, không đọc được.")
        return
    with archive:
        if len(inside) > MOST_ENTRIES:
            yield BadEntry("", f"Tệp nén có quá nhiều tệp (tối đa {MOST_ENTRIES}).")
            return
        total = 0
        for info in inside:
            if info.is_dir() or info.filename.startswith("__MACOSX/"):
                continue
            if reason := _refusal(info):
                yield BadEntry(info.filename, reason)
                continue
            try:
                with archive.open(info) as stream:
                    data = stream.read(largest + 1)
            except _BROKEN:
                yield BadEntry(info.filename, "Tệp bị hỏng trong tệp nén, không giải nén được.")
                continue
            total += len(data)
            if total > MOST_UNPACKED:
                yield BadEntry("", "Nội dung tệp nén quá lớn sau khi giải nén (tối đa 64 MB).")
                return
            if len(data) > largest:
                yield BadEntry(info.filename, "Tệp quá lớn so với một tệp chứng thư (tối đa 1 MB).")
                continue
            yield Entry(info.filename, data)


def _refusal(info: zipfile.ZipInfo) -> str:
    parts = info.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in info.orig_filename:
        return "Tên tệp trong tệp nén dẫn ra ngoài thư mục nên không được nhận."
    if info.flag_bits & _ENCRYPTED:
        return "Tệp nén có mật khẩu. Hãy giải nén trước khi nhập."
    return ""
