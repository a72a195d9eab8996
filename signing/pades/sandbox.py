"""Strangers' PDFs are parsed and drawn in processes that may be lost (DESIGN 3, "A verification").

`Sandbox` keeps warm workers (starting Python and the PDF libraries costs half a second), gives
each request a time limit and replaces a worker that hangs, crashes or talks nonsense. Several
threads may share one sandbox: each request has a worker for itself.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from signing.errors import PdfBroken, PdfTooLarge, SigningError
from signing.pades import frames
from signing.pades.inputs import Intake
from signing.pades.limits import MAX_PDF_BYTES
from signing.pades.report import Comparison, Report, iso

TIME_LIMIT = 20.0
"""Seconds for one request; verifying an honest letter takes hundredths of one."""

START_LIMIT = 60.0
"""Seconds until a new worker must answer, however busy the machine is."""

MEMORY_LIMIT = 1024 * 1024 * 1024

_ROOT = Path(__file__).resolve().parents[2]


class _Lost(Exception):  # an event between parent and worker, not an error for people
    """The worker is gone; the text says how."""


class _Worker:
    """One process. Not shared: whoever took it from the pool has it alone."""

    def __init__(self, memory_limit: int) -> None:
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"}
        self._process = subprocess.Popen(  # noqa: S603  # our own module, fixed arguments
            [sys.executable, "-m", "signing.pades.worker", str(memory_limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(
        self, header: dict[str, Any], parts: Sequence[bytes], limit: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """One request. Raises _Lost; the worker is then of no more use."""
        source, sink = self._pipes()
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(limit, end)
        timer.daemon = True
        timer.start()
        try:
            frames.write(sink, header, parts)
            return frames.read(source)
        except (OSError, ValueError) as error:
            raise _Lost("time" if late.is_set() else "crash") from error
        finally:
            timer.cancel()

    def _pipes(self) -> tuple[BinaryIO, BinaryIO]:
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None:
            raise _Lost("crash")
        return source, sink  # type: ignore[return-value]  # Popen types pipes as IO[bytes]

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass
        self._process.wait()


class Sandbox:
    """A pool of killable workers. Use it as a context manager or call `close`."""

    def __init__(
        self,
        *,
        workers: int = 2,
        time_limit: float = TIME_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        max_bytes: int = MAX_PDF_BYTES,
    ) -> None:
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._max_bytes = max_bytes
        self._places = threading.BoundedSemaphore(workers)
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End all idle workers; busy ones end with their request."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def warm(self) -> None:
        """Start one worker now, so that the first request does not wait for it."""
        self._ask({"act": "ping"}, [])

    def verify(
        self,
        pdf: bytes,
        trust_dir: str | os.PathLike[str],
        at: dt.datetime,
        known_since: dt.datetime | None = None,
    ) -> Report:
        """Judge a file; a broken or hostile one gives "không đọc được", never an exception.

        `known_since`: when we are proven to have received these bytes (see `verify.verify`).
        """
        if len(pdf) > self._max_bytes:
            size = self._max_bytes // (1024 * 1024)
            return Report.unreadable(
                f"Tệp lớn hơn {size} MB nên không được kiểm tra.", checked_at=iso(at)
            )
        request = {"act": "verify", "trust": str(Path(trust_dir).absolute()), "at": at.isoformat()}
        if known_since is not None:
            request["known_since"] = known_since.isoformat()
        try:
            answer, _ = self._ask(request, [pdf])
            return Report.from_dict(answer["report"])
        except _Lost as lost:
            return Report.unreadable(_EXPLAINED[str(lost)], checked_at=iso(at))
        except (KeyError, TypeError) as error:
            reason = f"Tệp không kiểm tra được ({type(error).__name__})."
            return Report.unreadable(reason, checked_at=iso(at))

    def inspect(self, pdf: bytes) -> Intake:
        """May it be signed here? A file that cannot be looked at is refused with the reason."""
        try:
            answer, _ = self._try({"act": "inspect"}, [pdf])
            return Intake.from_dict(answer["intake"])
        except (PdfBroken, PdfTooLarge, KeyError, TypeError) as error:
            reason = _EXPLAINED.get(getattr(error, "detail", ""), _EXPLAINED["failed"])
            return Intake(refusals=(reason,))

    def normalise(self, pdf: bytes) -> bytes:
        """The same pages written anew (see `intake.normalise`). Raises PdfBroken, PdfTooLarge."""
        _, parts = self._try({"act": "normalise"}, [pdf])
        if not parts or not parts[0].startswith(b"%PDF-"):
            raise PdfBroken("not written anew")
        return parts[0]

    def page_image(self, pdf: bytes, page: int, width: int) -> bytes:
        """A page (from 0) as PNG, `width` pixels wide. Raises PdfBroken, PdfTooLarge."""
        _, parts = self._try({"act": "page_image", "page": page, "width": width}, [pdf])
        if not parts or not parts[0].startswith(b"\x89PNG"):
            raise PdfBroken("no picture")
        return parts[0]

    def page_count(self, pdf: bytes) -> int:
        """How many pages. Raises PdfBroken, PdfTooLarge."""
        answer, _ = self._try({"act": "page_count"}, [pdf])
        count = answer.get("count")
        if not isinstance(count, int):
            raise PdfBroken("no count")
        return count

    def text(self, pdf: bytes) -> list[str]:
        """The text of every page. Raises PdfBroken, PdfTooLarge."""
        answer, _ = self._try({"act": "text"}, [pdf])
        pages = answer.get("pages")
        if not isinstance(pages, list):
            raise PdfBroken("no text")
        return [str(page) for page in pages]

    def same_document(self, prepared_pdf: bytes, returned_pdf: bytes) -> Comparison:
        """`compare.same_document`; a file that cannot be read is not the same document."""
        try:
            answer, _ = self._try({"act": "same_document"}, [prepared_pdf, returned_pdf])
            return Comparison.from_dict(answer["comparison"])
        except (PdfBroken, PdfTooLarge, KeyError, TypeError):
            return Comparison(False, False, ("Không đọc được tệp PDF được gửi lại.",))

    def order(
        self, request: dict[str, Any], parts: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Work of `signing.pades.strangers`. Raises PdfBroken, PdfTooLarge, and what it tells."""
        answer, out = self._try(request, parts)
        if "refused" in answer:
            raise SigningError.from_dict(answer["refused"])
        return answer, out

    def _try(
        self, request: dict[str, Any], parts: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        if any(len(part) > self._max_bytes for part in parts):
            raise PdfTooLarge
        try:
            return self._ask(request, parts)
        except _Lost as lost:
            kind = PdfBroken if str(lost) == "failed" else PdfTooLarge
            raise kind(str(lost)) from lost

    def _ask(
        self, request: dict[str, Any], parts: list[bytes]
    ) -> tuple[dict[str, Any], list[bytes]]:
        with self._places:
            worker = self._take()
            try:
                answer, out = worker.ask(request, parts, self._time_limit)
            except BaseException:
                worker.close()
                raise
            if answer.get("error") == "memory":
                worker.close()
                raise _Lost("memory")
            self._give_back(worker)
        if "error" in answer:
            raise _Lost("failed")
        return answer, out

    def _take(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                worker.close()
        # Starting is not the file's fault and does not count against its time.
        try:
            worker = _Worker(self._memory_limit)
        except OSError as error:
            raise _Lost("start") from error
        try:
            worker.ask({"act": "ping"}, [], START_LIMIT)
        except _Lost as lost:
            worker.close()
            raise _Lost("start") from lost
        except BaseException:
            worker.close()
            raise
        return worker

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.close()


_EXPLAINED = {
    "time": "Tệp mất quá nhiều thời gian để kiểm tra nên đã dừng lại.",
    "crash": "Tệp làm hỏng tiến trình kiểm tra (quá phức tạp hoặc cố ý gây lỗi).",
    "memory": "Tệp cần quá nhiều bộ nhớ để kiểm tra nên đã dừng lại.",
    "start": "Máy chủ chưa khởi động được tiến trình kiểm tra; hãy thử lại sau.",
    "failed": "Tệp PDF bị hỏng hoặc không đúng cấu trúc.",
}
