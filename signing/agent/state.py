"""What the agent keeps, per operating-system user: keys, pairings, recognition phrase."""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

from signing.messages import AgentKeys, MessageMalformed, Pairing
from signing.platform import owner_only

_LONGEST_PHRASE = 80


def default_folder() -> Path:
    """The per-user folder: %APPDATA% on Windows, Application Support on macOS, else XDG config."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "so-token" / "trinh-ky-so"


def make_private_folder(folder: Path) -> None:
    """Makes the folder, readable by its owner only. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner_only(folder)


def write_private(path: Path, data: bytes) -> None:
    """Writes the file whole or not at all, readable by its owner only. Raises `OSError`."""
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    owner_only(aside)
    aside.replace(path)


class StateBroken(Exception):
    """The agent's own files cannot be read; the sentence says which and what to do."""


class AgentState:
    """Keys and pairings of one operating-system user. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Opens or makes the state in `folder`. Raises `OSError` and `StateBroken`."""
        make_private_folder(folder)
        self.folder = folder
        self._lock = threading.Lock()
        self.keys = self._load_keys(folder / "khoa.bin")
        self.phrase = ""
        self._pairings: tuple[Pairing, ...] = ()
        self._file = folder / "trang-thai.json"
        if self._file.exists():
            self._load()

    @staticmethod
    def _load_keys(path: Path) -> AgentKeys:
        if not path.exists():
            keys = AgentKeys.generate()
            write_private(path, keys.to_bytes())
            return keys
        try:
            return AgentKeys.from_bytes(path.read_bytes())
        except ValueError as error:
            raise StateBroken(
                f"Tệp khóa của Trình ký số bị hỏng: {path}. Xóa tệp này rồi ghép nối lại."
            ) from error

    def _load(self) -> None:
        try:
            data = json.loads(self._file.read_bytes())
            self.phrase = str(data["phrase"])
            self._pairings = tuple(Pairing.from_dict(each) for each in data["pairings"])
        except (ValueError, KeyError, TypeError, MessageMalformed) as error:
            raise StateBroken(
                f"Tệp trạng thái của Trình ký số bị hỏng: {self._file}. "
                "Xóa tệp này rồi ghép nối lại."
            ) from error

    def _save(self) -> None:
        data = {
            "pairings": [pairing.to_dict() for pairing in self._pairings],
            "phrase": self.phrase,
        }
        write_private(self._file, json.dumps(data, ensure_ascii=False, indent=1).encode())

    @property
    def pairings(self) -> tuple[Pairing, ...]:
        """Every pairing: one per server and user."""
        return self._pairings

    def add_pairing(self, pairing: Pairing) -> None:
        """Keeps the pairing; it replaces an earlier one of the same server and user."""
        with self._lock:
            kept = tuple(each for each in self._pairings if not _same(each, pairing))
            self._pairings = (*kept, pairing)
            self._save()

    def remove_pairing(self, server_id: str, user_id: str) -> Pairing | None:
        """Forgets a pairing and returns it; None if there was none."""
        with self._lock:
            for pairing in self._pairings:
                if (pairing.server_id, pairing.user_id) == (server_id, user_id):
                    self._pairings = tuple(each for each in self._pairings if each is not pairing)
                    self._save()
                    return pairing
        return None

    def leaf_of(self, pairing: Pairing) -> str:
        """The TLS leaf pinned now (hex SHA-256): it may have been renewed since the caller got the
        pairing."""
        kept = (each.tls_sha256 for each in self._pairings if _same(each, pairing))
        return next(kept, pairing.tls_sha256)

    def renew_leaf(self, server_id: str, old: str, new: str) -> None:
        """Pins the new TLS leaf of a server wherever the old one was. Raises `OSError`."""
        with self._lock:
            self._pairings = tuple(
                replace(each, tls_sha256=new)
                if (each.server_id, each.tls_sha256) == (server_id, old)
                else each
                for each in self._pairings
            )
            self._save()

    def set_phrase(self, phrase: str) -> None:
        """Keeps the phrase by which the person recognises the agent's own windows."""
        with self._lock:
            self.phrase = " ".join(phrase.split())[:_LONGEST_PHRASE]
            self._save()


def _same(one: Pairing, other: Pairing) -> bool:
    return (one.server_id, one.user_id) == (other.server_id, other.user_id)
