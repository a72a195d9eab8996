"""The one warm process in which strangers' PDFs are parsed and rendered, for this application."""

import hashlib
from collections import OrderedDict
from threading import Lock

from flask import current_app

import clock
from extensions import db
from operations import files, receipts
from signing.pades.report import Report
from signing.pades.sandbox import Sandbox
from views.guards import settings

MOST_KNOWN = 4096
_opening, _counting = Lock(), Lock()


def sandbox() -> Sandbox:
    """The application's sandbox, started when it is first needed and shared by all threads."""
    with _opening:  # two first requests at once must not leave one sandbox without an owner
        found: Sandbox | None = current_app.extensions.get("so_token_sandbox")
        if found is None:
            found = current_app.extensions["so_token_sandbox"] = Sandbox()
    return found


def pages_of(sha256: str) -> int:
    """Pages of a stored PDF, by its name; counted once, since the bytes behind a name never change.

    Raises `signing.errors.SigningError` when it cannot be opened, `DamagedFile` when it is gone.
    """
    known: OrderedDict[str, int] = current_app.extensions.setdefault(
        "so_token_pages", OrderedDict()
    )
    if (found := known.get(sha256)) is not None:
        return found
    count = sandbox().page_count(files.read(db.session(), sha256))
    with _counting:
        known[sha256] = count
        while len(known) > MOST_KNOWN:
            known.popitem(last=False)
    return count


def judge(content: bytes) -> Report:
    """Our verdict on a file as of now; what our log knows of it is proven to be that old."""
    since = receipts.known_since(db.session(), hashlib.sha256(content).hexdigest())
    return sandbox().verify(content, settings().trust, clock.now(), since)
