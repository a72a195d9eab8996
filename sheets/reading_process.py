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
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

from sheets.reading_work import Task, Work, perform
from sheets.tables_in import UnreadableSheet

SMALL = 64 * 1024
"""Bytes of a file that is read in the server itself."""
SMALL_UNPACKED = 2 * 1024 * 1024
MOST_AT_ONCE = 2
TIME_LIMIT = 120.0
"""Seconds without a word from the other process; the largest file that is taken needs a tenth."""
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
def _answer(
    content: bytes, task: Task, problems: Iterable[list[Any]] = ()
) -> Iterator["BytesIO | _Watched"]:
    """The answer to read from: of this process for a small file, else of one of its own."""
    lines = (json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in problems)
    if is_small(content):
        with BytesIO(b"".join(perform(task, content, lines))) as done:
            yield done
        return
    if not _places.acquire(timeout=TIME_LIMIT / 2):
        raise UnreadableSheet(BUSY)
    try:
        with _process() as (sink, source):
            with suppress(OSError):  # It says why, or has died, on the other pipe.
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


class _Watched:
    """What a process says, as long as it does not keep silent for too long: then it is ended.

    Time in which nobody waits for it, because the rows before are being written, does not count.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", source: IO[bytes]) -> None:
        self._process, self._source = process, source
        self._since: float | None = time.monotonic()
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def readline(self) -> bytes:
        """The next line; without its end when the process is gone."""
        return self._waited_for(self._source.readline)

    def read(self, length: int) -> bytes:
        """So many bytes, or fewer when the process is gone."""
        return self._waited_for(lambda: self._source.read(length))

    def close(self) -> None:
        """End the process, whatever it does."""
        self._ended.set()
        self._process.kill()

    def _waited_for(self, act: Callable[[], bytes]) -> bytes:
        self._since = time.monotonic()
        try:
            return act()
        finally:
            self._since = None

    def _watch(self) -> None:
        while not self._ended.wait(min(1.0, TIME_LIMIT / 4)):
            since = self._since
            if since is not None and time.monotonic() - since > TIME_LIMIT:
                self.close()


@contextmanager
def _process() -> Iterator[tuple[IO[bytes], _Watched]]:
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
    sink, source = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    watched = _Watched(process, source)
    try:
        yield sink, watched
    finally:
        watched.close()
        for pipe in (sink, source):
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
