"""What leaves the register as a file: the log knows who took how many rows of what."""

from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import transaction


def record_export(
    session: Session, *, actor: Actor, kind: str, rows: int, agency_id: int | None
) -> None:
    """Write down that a table of `rows` rows was taken away; `kind` is a short word of ours."""
    with transaction(session):
        audit.record(
            session,
            "sheet.exported",
            actor=actor,
            noun="sheet",
            object_id=kind,
            agency_id=agency_id,
            kind=kind,
            rows=rows,
        )


def log_exported(session: Session, *, actor: Actor, events: int, sha256: str) -> None:
    """Write down that the log itself was taken away: how many events, as which file."""
    with transaction(session):
        audit.record(
            session,
            "audit.exported",
            actor=actor,
            noun="installation",
            object_id=1,
            document_sha256=sha256,
            events=events,
        )
