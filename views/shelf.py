"""What waits for the next page of a person: a page that a form has led to, or what was typed.

Files in the installation's folder, so that every serving process finds them. Each is encrypted with
the installation's key, opens only for the login, the page and the purpose it was laid down for, and
is thrown away after an hour; its name tells nothing of the key in the address.
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
MOST_FILES = 300
LARGEST = 2_000_000


def lay_down(purpose: str, path: str, content: bytes) -> str | None:
    """Keep `content` for the page at `path`; returns the key for its address, None when the folder
    takes nothing (a full disk): what it would have kept is a comfort, and what was done is done.
    """
    key = secrets.token_urlsafe(12)
    try:
        _tidy()
        place = _folder() / _name(key)
        place.write_bytes(_secrets().seal_bytes(content, _context(purpose, path)))
    except OSError as error:
        log.warning("nothing can be kept for the next page: %s", error.strerror)
        return None
    return key


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
    login = hashlib.sha256(current_user.login_key.encode()).hexdigest()
    return f"{purpose} of {login} at {path}"


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


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
    """Throw away what is too old and, where many wait, the oldest."""
    limit = time.time() - KEPT_SECONDS
    found = []
    with os.scandir(_folder()) as places:
        for place in places:
            try:
                found.append((place.stat().st_mtime, place.path))
            except OSError:  # Another process was faster.
                continue
    found.sort()
    over = len(found) - MOST_FILES + 1
    for at, (changed, name) in enumerate(found):
        if changed < limit or at < over:
            Path(name).unlink(missing_ok=True)
