"""Our own count of wrong PINs, for drivers that never warn.

A small JSON file: token (`TokenInfo.counted_as`) -> wrong entries in a row, and whether its driver
was ever seen to set a warning flag. Counts only; no PIN, no name, no time. The count goes up
*before* the PIN is sent and down again when the answer shows that the try was not spent, so that a
crash hides none.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "pin-counts.json"


@dataclass(frozen=True, slots=True)
class Count:
    """`wrong` entries in a row; `flags_seen`: this token's driver warns by itself."""

    wrong: int = 0
    flags_seen: bool = False


class PinCounts:
    """The file in `state_dir`, read when asked and written whole. A broken file counts as empty."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE_NAME
        self._lock = threading.Lock()

    def get(self, serial: str) -> Count:
        """The count of one token; nothing known is zero."""
        with self._lock:
            return self._read().get(serial, Count())

    def before_login(self, serial: str) -> None:
        """One more entry is about to be sent."""
        with self._lock:
            counts = self._read()
            old = counts.get(serial, Count())
            self._write({**counts, serial: Count(old.wrong + 1, old.flags_seen)})

    def not_spent(self, serial: str) -> None:
        """The entry was not counted by the token: it failed for another reason than the PIN."""
        with self._lock:
            counts = self._read()
            old = counts.get(serial, Count())
            self._write({**counts, serial: Count(max(0, old.wrong - 1), old.flags_seen)})

    def right(self, serial: str) -> None:
        """The PIN was right: the token starts counting anew, and so do we."""
        with self._lock:
            counts = self._read()
            self._write({**counts, serial: Count(0, counts.get(serial, Count()).flags_seen)})

    def flags_seen(self, serial: str) -> None:
        """After a wrong PIN the driver did warn: from now on its flags are believed."""
        with self._lock:
            counts = self._read()
            self._write({**counts, serial: Count(counts.get(serial, Count()).wrong, True)})

    def _read(self) -> dict[str, Count]:
        counts: dict[str, Count] = {}
        with suppress(OSError, ValueError, AttributeError, TypeError):
            for serial, entry in json.loads(self._path.read_text(encoding="utf-8")).items():
                counts[serial] = Count(int(entry["wrong"]), bool(entry["flags_seen"]))
        return counts

    def _write(self, counts: dict[str, Count]) -> None:
        kept = {
            serial: {"wrong": count.wrong, "flags_seen": count.flags_seen}
            for serial, count in counts.items()
            if count != Count()
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(kept, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(fresh, self._path)
