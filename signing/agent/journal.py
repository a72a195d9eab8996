"""The agent's own journal: one JSON line per event, each carrying the hash of the one before.

It is the witness on the person's side: what was shown, claimed, signed and refused on this
computer, whatever the server says later. Events and their keys are declared, so that nothing else
(a PIN least of all) can slip in.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from signing.messages import canonical_json

EVENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "started": frozenset({"version"}),
        "paired": frozenset({"server_id", "server_name", "server_url", "user_id"}),
        "unpaired": frozenset({"server_id", "user_id"}),
        "shown": frozenset({"server_id", "user_id", "job_id", "manifest_sha256", "documents"}),
        "claimed": frozenset({"server_id", "job_id", "manifest_sha256"}),
        "signed": frozenset({"server_id", "job_id", "certificate_sha256", "documents", "cms"}),
        "sent": frozenset({"server_id", "job_id", "state"}),
        "refused": frozenset({"server_id", "job_id"}),
        "released": frozenset({"server_id", "job_id", "reason"}),
        "failed": frozenset({"server_id", "job_id", "code"}),
        "login_signed": frozenset(
            {"server_id", "challenge_id", "purpose", "certificate_sha256", "cms"}
        ),
        "login_failed": frozenset({"server_id", "challenge_id", "code"}),
        "login_declined": frozenset({"server_id", "challenge_id"}),
        "speed_tested": frozenset({"certificate_sha256", "signatures"}),
        "outside_allowed": frozenset({"origin"}),
        "outside_forgotten": frozenset({"origin"}),
        "outside_called": frozenset({"origin", "route"}),
        "outside_answered": frozenset({"origin", "route", "code"}),
        "certificates_sent": frozenset({"server_id", "job_id", "certificates"}),
    }
)
"""Every event and exactly the keys it carries. Lists are hex SHA-256 values."""

TERMINAL = "nhat-ky-dong-lenh.jsonl"
"""The journal of what was signed at the terminal, beside that of the agent's pages: both may run at
once, and a chain has one writer."""

_BEGINNING = "0" * 64


class JournalBroken(Exception):
    """The chain does not hold; the sentence says at which line."""


class Journal:
    """An append-only file of chained lines. Safe to use from several threads."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        """Opens the journal and checks its chain. Raises `JournalBroken`, `OSError`."""
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._count, self._head = verify(path)

    @property
    def head(self) -> tuple[int, str]:
        """How many lines there are, and the hash of the last."""
        return self._count, self._head

    def check(self) -> None:
        """Checks the whole chain again, and that it ends where this program left it.

        Raises `JournalBroken`.
        """
        with self._lock:
            if verify(self._path) != (self._count, self._head):
                raise JournalBroken("Nhật ký bị cắt ngắn hoặc bị thay trong khi chương trình chạy.")

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every line from the first, read from the file while it is walked through."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def record(self, event: str, **details: str | Sequence[str]) -> None:
        """Appends one event. Raises `ValueError` unless its keys are the declared ones."""
        if EVENTS.get(event) != frozenset(details):
            raise ValueError(f"event {event!r} does not carry {sorted(details)}")
        with self._lock:
            entry: dict[str, object] = {
                "at": self._clock().isoformat(timespec="seconds"),
                "event": event,
                "previous": self._head,
                "sequence": self._count + 1,
                **{key: _plain(value) for key, value in details.items()},
            }
            entry["hash"] = _digest(entry)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with os.fdopen(os.open(self._path, flags, 0o600), "ab") as file:
                file.write(canonical_json(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._count, self._head = self._count + 1, str(entry["hash"])


def _plain(value: str | Sequence[str]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _digest(entry: Mapping[str, object]) -> str:
    body = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(canonical_json(body)).hexdigest()


def verify(path: Path) -> tuple[int, str]:
    """The number of lines and the last hash; raises `JournalBroken` at the first line that is
    altered, missing or out of place."""
    count, head = 0, _BEGINNING
    if not path.exists():
        return count, head
    with path.open("rb") as file:
        for line in file:
            count += 1
            try:
                entry = json.loads(line)
                holds = (
                    entry["previous"] == head
                    and entry["sequence"] == count
                    and entry["hash"] == _digest(entry)
                )
            except (ValueError, KeyError, TypeError) as error:
                raise JournalBroken(f"Nhật ký hỏng ở dòng {count}.") from error
            if not holds:
                raise JournalBroken(f"Nhật ký bị sửa hoặc thiếu ở dòng {count}.")
            head = entry["hash"]
    return count, head
