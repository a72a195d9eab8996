"""One PKCS#11 module as the manager keeps it: its worker, its lock, and what it showed last."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signing import errors
from signing.tokens.probe import check_file
from signing.tokens.process import WorkerProcess
from signing.tokens.types import PinState, TokenCertificate, TokenInfo, TokenListing, TokenProblem

_NOTHING = TokenListing((), ())


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a driver is given. `pad` is for a person who types on the token itself.

    `busy` is how long a caller waits for another one to finish with the same module. A fresh driver
    that shows no token is asked `retries` times more, `pause` seconds apart: some are not ready at
    once.
    """

    listing: float = 20.0
    login: float = 30.0
    pad: float = 120.0
    signature: float = 60.0
    busy: float = 3.0
    retries: int = 2
    pause: float = 0.4


class Module:
    """Requests to one module, one at a time. `last` is what its latest listing showed."""

    def __init__(self, path: Path, limits: Limits, environment: Mapping[str, str] | None) -> None:
        self.path = path
        self.last = _NOTHING
        self._limits = limits
        self._environment = environment
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None

    @contextmanager
    def reserved(self) -> Iterator[WorkerProcess]:
        """The worker, for one run with a PIN: nobody else speaks to it, and it ends with the run.

        Raises Busy when another run holds it. After any failure the next run looks for tokens anew.
        """
        if not self._lock.acquire(timeout=self._limits.busy):
            raise errors.Busy
        try:
            yield self._running()[0]
        except errors.SigningError:
            self.last = _NOTHING
            raise
        finally:
            self._end_worker()
            self._lock.release()

    def listing(self) -> TokenListing:
        """What the module shows now; while somebody signs with it, what it showed before."""
        if not self._lock.acquire(timeout=self._limits.busy):
            return self.last
        try:
            self.last = self._listed()
        except errors.SigningError as error:
            self._end_worker()
            self.last = TokenListing((), (TokenProblem(str(self.path), "", error),))
        finally:
            self._lock.release()
        return self.last

    def end(self) -> None:
        """End the worker, if any; waits for a run in progress no longer than for a busy module."""
        held = self._lock.acquire(timeout=self._limits.busy)
        try:
            self._end_worker()
        finally:
            if held:
                self._lock.release()

    def _listed(self) -> TokenListing:
        """A listing: again once after a crash or a fault, some more times while a driver wakes."""
        try:
            answer, fresh = self._list_once()
        except (errors.DriverCrashed, errors.DriverError):
            self._end_worker()
            answer, fresh = self._list_once()
        for _ in range(self._limits.retries if fresh else 0):
            if answer["tokens"]:
                break
            time.sleep(self._limits.pause)
            answer, _ = self._list_once()
        return self._read(answer)

    def _list_once(self) -> tuple[dict[str, Any], bool]:
        worker, fresh = self._running()
        return worker.ask({"do": "list"}, self._limits.listing), fresh

    def _running(self) -> tuple[WorkerProcess, bool]:
        """The worker, and whether it was started just now."""
        if self._worker is not None and self._worker.alive:
            return self._worker, False
        self._end_worker()
        check_file(self.path)
        self._worker = WorkerProcess(self.path, self._environment)
        return self._worker, True

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _read(self, answer: Mapping[str, Any]) -> TokenListing:
        module = str(self.path)
        tokens = [
            TokenInfo(
                module=module,
                slot_id=each["slot_id"],
                label=each["label"],
                serial=each["serial"],
                manufacturer=each["manufacturer"],
                model=each["model"],
                pin=PinState(**each["pin"]),
                certificates=tuple(
                    TokenCertificate(base64.b64decode(one["der"]), one["label"])
                    for one in each["certificates"]
                ),
            )
            for each in answer["tokens"]
        ]
        problems = [
            TokenProblem(module, each["slot"], errors.SigningError.from_dict(each["error"]))
            for each in answer["problems"]
        ]
        return TokenListing(tuple(tokens), tuple(problems))
