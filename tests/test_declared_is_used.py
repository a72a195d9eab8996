"""What is declared is used: an event nobody records and a permission nobody asks for are lies."""

import re
from functools import cache
from pathlib import Path

import pytest

from audit_events import EVENTS
from rules.permissions import Permission

ROOT = Path(__file__).resolve().parent.parent
DECLARING = {"audit_events.py", "permissions.py", "labels.py", "labels_daily.py",
             "labels_documents.py"}  # fmt: skip
PLACES = ("rules", "operations", "views", "forms", "practice", "signing", "templates")


@cache
def written() -> str:
    """Everything that is written outside the declarations."""
    files = [*ROOT.glob("*.py"), *(one for place in PLACES for one in (ROOT / place).rglob("*.py"))]
    files += (ROOT / "templates").rglob("*.html")
    return "\n".join(
        one.read_text("utf-8")
        for one in files
        if one.name not in DECLARING or one.parent.name == "views"
    )


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_recorded_somewhere(event: str) -> None:
    noun, _, deed = event.partition(".")
    whole = f'"{event}"' in written()
    put_together = re.search(rf"f[\"']{noun}\.\{{[^\n]*{deed}", written())
    assert whole or put_together, f"nobody records {event}"


@pytest.mark.parametrize("permission", [one.name for one in Permission])
def test_every_permission_is_asked_for_somewhere(permission: str) -> None:
    assert re.search(rf"\b(?:Permission|_P)\.{permission}\b", written()), permission
