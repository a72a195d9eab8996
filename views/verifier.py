"""The one warm process in which strangers' PDFs are parsed and rendered, for this application."""

from threading import Lock

from flask import current_app

from signing.pades.sandbox import Sandbox

_opening = Lock()


def sandbox() -> Sandbox:
    """The application's sandbox, started when it is first needed and shared by all threads."""
    with _opening:  # two first requests at once must not leave one sandbox without an owner
        found: Sandbox | None = current_app.extensions.get("so_token_sandbox")
        if found is None:
            found = current_app.extensions["so_token_sandbox"] = Sandbox()
    return found
