"""Whole files are read in a process that ends with the reading, so that the server stays small.

The reading library keeps a whole sheet in memory, and memory that Python has once asked for seldom
goes back. So the bytes go to a process of their own through a pipe and rows come back one by one;
nothing touches the disk. A file that keeps it busy beyond the limit, or that it does not survive,
costs nobody else anything. What is small anyway is read at once, without the third of a second that
a process takes to begin.
"""

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from sheets.reading_work import Task, Work, perform
from sheets.tables_in import UnreadableSheet

SMALL = 64 * 1024
"""Bytes of a file that is read in the server itself."""
SMALL_UNPACKED = 2 * 1024 * 1024
MOST_AT_ONCE = 2
TIME_LIMIT = 180.0
"""Seconds for one file; 100,000 rows, the most that are taken, need a tenth of that."""
_ROOT = Path(__file__).resolve().parents[1]

TOO_HARD = (
    "Không đọc được tệp này: tệp quá lớn, quá phức tạp hoặc bị hỏng nên việc đọc đã bị dừng; sổ "
    "không thay đổi. Hãy chép phần cần nhập sang một tệp mới rồi lưu, hoặc chia ra nhiều tệp."
)
BUSY = "Máy chủ đang đọc các tệp khác. Hãy thử lại sau ít phút."
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def look(content: bytes, task: Task) -> dict[str, Any]:
    """What `sheets.looking.look_at_table` says; raises `UnreadableSheet`."""
    with _answer(content, task) as lines:
        found: dict[str, Any] = _said(lines.readline())
        return found


def rows(content: bytes, task: Task) -> Iterator[tuple[int, dict[str, Any], list[dict[str, Any]]]]:
    """Number, values and problems of each row, as they are read; raises `UnreadableSheet`.

    Leaving early ends the reading.
    """
    with _answer(content, task) as lines:
        while (said := _said(lines.readline())) != "end":
            number, values, problems = said
            yield number, values, problems


def errors(content: bytes, task: Task, problems: Iterable[list[Any]]) -> bytes:
    """The workbook of wrong rows; raises `UnreadableSheet`."""
    with _answer(content, task, problems) as lines:
        length = _said(lines.readline())["length"]
        workbook = lines.read(length)
    if len(workbook) != length:
        raise UnreadableSheet(TOO_HARD)
    return workbook


def _said(line: bytes) -> Any:
    if not line.endswith(b"\n"):
        raise UnreadableSheet(TOO_HARD)
    said = json.loads(line)
    if isinstance(said, dict) and "refused" in said:
        raise UnreadableSheet(said["refused"])
    return said


@contextmanager
def _answer(content: bytes, task: Task, problems: Iterable[list[Any]] = ()) -> Iterator[IO[bytes]]:
    """The answer to read from: of this process for a small file, else of one of its own."""
    lines = (json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in problems)
    if is_small(content):
        with BytesIO(b"".join(perform(task, content, lines))) as done:
            yield done
        return
    if not _places.acquire(timeout=TIME_LIMIT / 3):
        raise UnreadableSheet(BUSY)
    try:
        with _process() as (sink, source):
            with suppress(BrokenPipeError, OSError):  # It says why, or has died, on the other pipe.
                _ask(sink, content, task, lines)
            yield source
    finally:
        _places.release()


def _ask(sink: IO[bytes], content: bytes, task: Task, problems: Iterable[bytes]) -> None:
    sink.write(json.dumps(task.plain() | {"length": len(content)}).encode() + b"\n")
    sink.write(content)
    for line in problems:
        sink.write(line)
    sink.close()


@contextmanager
def _process() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sheets.reading_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    timer = threading.Timer(TIME_LIMIT, process.kill)
    timer.daemon = True
    timer.start()
    sink, source = process.stdin, process.stdout
    try:
        if sink is not None and source is not None:
            yield sink, source
    finally:
        timer.cancel()
        process.kill()
        for pipe in (sink, source):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


def is_small(content: bytes) -> bool:
    """Whether reading the file cannot need much memory, by what it says of itself."""
    if len(content) > SMALL:
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return sum(part.file_size for part in archive.infolist()) <= SMALL_UNPACKED
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return True


def _main() -> None:
    """The other side of the pipes."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    given = json.loads(source.readline())
    content = source.read(given.pop("length"))
    task = Task.of(given)
    problems = iter(source.readline, b"") if task.work is Work.ERRORS else ()
    for piece in perform(task, content, problems):
        sink.write(piece)
    sink.flush()


if __name__ == "__main__":
    _main()
