"""What waits for the next page of a person: a page that a form has led to, or what was typed.

Files in the installation's folder, so that every serving process finds them. Each is encrypted with
the installation's key, opens only for the login, the page and the purpose it was laid down for and
while the account may do the same as then, and is thrown away after an hour; its name tells nothing
of the key in the address.
"""

import hashlib
import logging
import os
import secrets
import time
from pathlib import Path

from flask import current_app
from flask_login import current_user

from config import Config
from operations.personal import CitizenIds, WrongKey

log = logging.getLogger("so_token.shelf")

KEPT_SECONDS = 3600
#: For one login, so that nobody's many quick forms throw away what others have typed.
MOST_FILES = 60
#: For the whole house, in bytes.
MOST_BYTES = 300_000_000
LARGEST = 2_000_000


def lay_down(purpose: str, path: str, content: bytes) -> str | None:
    """Keep `content` for the page at `path`; returns the key for its address, None when the folder
    takes nothing (a full disk): what it would have kept is a comfort, and what was done is done.
    """
    key = secrets.token_urlsafe(12)
    try:
        _tidy()
        _write(purpose, path, key, content)
    except OSError as error:
        log.warning("nothing can be kept for the next page: %s", error.strerror)
        return None
    return key


def put_instead(purpose: str, path: str, key: str, content: bytes) -> bool:
    """Overwrite what lies there for this person; False when it is gone or the disk is full."""
    if take(purpose, path, key) is None:
        return False
    try:
        _write(purpose, path, key, content)
    except OSError as error:
        log.warning("what was kept cannot be overwritten: %s", error.strerror)
        return False
    return True


def _write(purpose: str, path: str, key: str, content: bytes) -> None:
    place = _folder() / _name(key)
    place.write_bytes(_secrets().seal_bytes(content, _context(purpose, path)))


def take(purpose: str, path: str, key: str) -> bytes | None:
    """What lies there for this person; None when it is too old, gone, or somebody else's."""
    try:
        place = _folder() / _name(key)
        if place.stat().st_mtime + KEPT_SECONDS < time.time():
            return None
        return _secrets().open_bytes(place.read_bytes(), _context(purpose, path))
    except (OSError, WrongKey):
        return None


def _context(purpose: str, path: str) -> str:
    """What a file opens for: also the rights, since a kept page is shown without asking again."""
    login = hashlib.sha256(current_user.login_key.encode()).hexdigest()
    rights = sorted((role.name, agency, place) for role, agency, place in current_user.grants)
    told = repr((rights, current_user.user.person_id, current_user.user.must_change_password))
    may = hashlib.sha256(told.encode()).hexdigest()
    return f"{purpose} of {login} who may {may} at {path}"


def _own_prefix() -> str:
    """What the names of all files of this login begin with."""
    return hashlib.sha256(f"shelf of {current_user.login_key}".encode()).hexdigest()[:16] + "-"


def _name(key: str) -> str:
    return _own_prefix() + hashlib.sha256(key.encode()).hexdigest()[:32]


def _folder() -> Path:
    folder = _settings().instance / "kept"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _secrets() -> CitizenIds:
    return CitizenIds(_settings().citizen_key)


def _settings() -> Config:
    config: Config = current_app.extensions["so_token"]
    return config


def _tidy() -> None:
    """Throw away what is too old, and the oldest where this login or the house has too much."""
    limit, own = time.time() - KEPT_SECONDS, _own_prefix()
    found = []
    with os.scandir(_folder()) as places:
        for place in places:
            try:
                told = place.stat()
            except OSError:  # Another process was faster.
                continue
            found.append((told.st_mtime, told.st_size, place.name, place.path))
    over = sum(name.startswith(own) for _, _, name, _ in found) - MOST_FILES + 1
    size = sum(one[1] for one in found) - MOST_BYTES
    for changed, length, name, path in sorted(found):
        is_own = name.startswith(own)
        if changed < limit or size > 0 or (is_own and over > 0):
            Path(path).unlink(missing_ok=True)
            size -= length
            over -= is_own
