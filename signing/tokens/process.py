"""One worker process as its manager sees it: started, asked, and killed when it does not answer.

The PIN goes through the pipe only: command lines and environments can be read by other programs.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from signing.errors import DriverCrashed, DriverHung, SigningError
from signing.tokens.wire import BrokenWire, read_frame, write_frame

_ROOT = Path(__file__).resolve().parents[2]
_GRACE_SECONDS = 3.0
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class WorkerProcess:
    """The worker of one PKCS#11 module. Not safe for several threads: the manager serialises calls.

    `environment` is added to that of this program (tests and practice tokens set SOFTHSM2_CONF).
    """

    def __init__(self, module: Path, environment: Mapping[str, str] | None = None) -> None:
        variables = {**os.environ, **(environment or {})}
        paths = [str(_ROOT), *filter(None, [variables.get("PYTHONPATH")])]
        variables["PYTHONPATH"] = os.pathsep.join(paths)
        if sys.platform == "win32":
            # A vendor's library brings others along, in its own folder.
            variables["PATH"] = os.pathsep.join([variables.get("PATH", ""), str(module.parent)])
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module.
            [sys.executable, "-P", "-m", "signing.tokens.worker", str(module)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What a driver prints may hold secrets, so nobody keeps it.
            stderr=subprocess.DEVNULL,
            env=variables,
            creationflags=_NO_WINDOW,
        )
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        # A thread reads, because Windows cannot wait for a pipe with a time limit.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process number, for tests and the journal."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process has ended, for whatever reason."""
        return self._process.poll() is None

    def call(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """Send a request and wait for its answer, `limit` seconds at most.

        The answer may be a refusal: it then has a key "error". Raises DriverHung or DriverCrashed
        when there is no answer, and then the process is gone.
        """
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe.
        try:
            write_frame(self._process.stdin, request)
            answer = self._answers.get(timeout=limit)
        except queue.Empty:
            self.kill()
            raise DriverHung(f"no answer to {request['do']} in {limit:g} s") from None
        except OSError:
            answer = None
        if answer is None:
            self.kill()
            raise DriverCrashed(f"during {request['do']}, status {self._process.returncode}")
        return answer

    def ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """`call`, with a refusal raised as the SigningError that it is."""
        return granted(self.call(request, limit))

    def kill(self) -> None:
        """End the process now, whatever it is doing."""
        self._process.kill()
        self._forget()

    def close(self) -> None:
        """Let the process end by itself (the driver may want to finish), then make sure it has."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget()

    def _forget(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        self._reader.join(_GRACE_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - Popen was given a pipe.
        try:
            while True:
                self._answers.put(read_frame(self._process.stdout))
        except (BrokenWire, OSError, ValueError):
            self._answers.put(None)


def granted(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer itself, unless it is a refusal: then its error is raised."""
    if "error" in answer:
        raise SigningError.from_dict(answer["error"])
    return answer
