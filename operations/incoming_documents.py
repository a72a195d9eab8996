"""The register of documents that come in: received, verified, decided; a bad one deleted.

What is deleted leaves its hash, its verdict and its report (Bắc Ninh Điều 16.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency
from operations import files, search
from operations.law import law_for
from operations.office_documents import refuse
from operations.transactions import Conflict, Refused, expect_version, transaction
from rules.incoming_documents import Judged, check_decision
from rules.law import Law
from rules.office_documents import IncomingState
from schema.documents import IncomingDocument

NOUN = "incoming_document"


@dataclass(frozen=True)
class Received:
    """A file that came in, and what our verification said of it. `report` is plain JSON."""

    agency_id: int
    content: bytes
    file_name: str
    sha256: str
    verdict: str
    report: Mapping[str, Any]
    sender: str = ""


@dataclass(frozen=True)
class Entry:
    """What the clerk types into the register."""

    register_number: str = ""
    received_on: date | None = None
    sender: str = ""
    number: str = ""
    document_on: date | None = None
    subject: str = ""


def register(session: Session, *, actor: Actor, received: Received) -> int:
    """Keep the file with its verdict; the instant of receipt proves later that it existed."""
    with transaction(session):
        stored = files.store(session, received.content, files.PDF, at=actor.at)
        row = IncomingDocument(
            agency_id=received.agency_id,
            received_on=actor.today,
            received_at=actor.at,
            received_by_id=actor.user_id,
            sender=received.sender,
            file_name=received.file_name,
            file_sha256=received.sha256,
            file_size=len(received.content),
            stored_sha256=stored,
            verdict=received.verdict,
            report=dict(received.report),
            state=IncomingState.CHECKED,
        )
        session.add(row)
        session.flush()
        search.reindex(session, search.INCOMING, row.id, search.terms_of_incoming(row))
        signatures = len(row.report.get("signatures", ()))
        verdict = row.verdict
        _record(session, "incoming.registered", row, actor, verdict=verdict, signatures=signatures)
        return row.id


def check_again(
    session: Session,
    *,
    actor: Actor,
    document_id: int,
    version: int,
    verdict: str,
    report: Mapping[str, Any],
) -> None:
    """Put a new verdict in the place of the old one, which stays readable under "earlier".

    Raises `Refused` when the document was decided or its file is gone, and `Conflict`.
    """
    with transaction(session):
        row = _load(session, document_id, version)
        if row.stored_sha256 is None or row.state not in _OPEN:
            raise Refused("Văn bản đến này đã xử lý xong nên kết quả kiểm tra được giữ nguyên.")
        earlier = [*row.report.get("earlier", ()), [row.report.get("checked_at", ""), row.verdict]]
        row.verdict, row.report = verdict, {**report, "earlier": earlier}
        row.version += 1
        audit.record(
            session,
            "verification.made",
            actor=actor,
            noun=NOUN,
            object_id=row.id,
            agency_id=row.agency_id,
            document_sha256=row.file_sha256,
            verdict=verdict,
            signatures=len(report.get("signatures", ())),
        )


_OPEN = (IncomingState.CHECKED, IncomingState.HELD)


def decide(
    session: Session,
    *,
    actor: Actor,
    law: Law,
    document_id: int,
    version: int,
    wanted: IncomingState,
    judged: Judged,
    reason: str = "",
    entry: Entry | None = None,
) -> None:
    """Accept, hold, refuse or delete what came in, as the law of the agency allows.

    `judged` is what the stored verdict means. Raises `Refused` and `Conflict`.
    """
    with transaction(session):
        row = _load(session, document_id, version)
        own = law_for(law, session.get_one(Agency, row.agency_id))
        refuse(check_decision(wanted, row.state, judged, reason, on=actor.today, law=own))
        _fill(session, row, entry or Entry(), actor, accepting=wanted is IncomingState.ACCEPTED)
        row.state, row.reason = wanted, reason
        row.decided_at, row.decided_by_id = actor.at, actor.user_id
        if wanted in (IncomingState.REFUSED, IncomingState.DELETED):
            row.notice_on = actor.today
        row.version += 1
        search.reindex(session, search.INCOMING, row.id, search.terms_of_incoming(row))
        sealed = audit.sealed(reason)
        if wanted is IncomingState.DELETED:
            _delete_file(session, row)
            told = {"verdict": row.verdict, "reason_sha256": sealed}
            _record(session, "incoming.deleted", row, actor, **told)
        else:
            told = {"state": wanted.name, "reason_sha256": sealed}
            _record(session, "incoming.decided", row, actor, **told)


def _fill(
    session: Session, row: IncomingDocument, entry: Entry, actor: Actor, *, accepting: bool
) -> None:
    row.sender = entry.sender or row.sender
    row.number, row.subject = entry.number or row.number, entry.subject or row.subject
    row.document_on = entry.document_on or row.document_on
    if not accepting:
        return
    if not entry.register_number.strip():
        raise Refused("Chưa ghi số đến. Số do văn thư cấp theo sổ văn bản đến.")
    if entry.received_on is None or entry.received_on > actor.today:
        raise Refused("Ngày đến phải có và không sau hôm nay.")
    row.register_number, row.received_on = entry.register_number.strip(), entry.received_on
    if _number_taken(session, row):
        raise Refused(
            f"Số đến {row.register_number} của năm {row.received_on.year} đã ghi cho văn bản khác."
        )


def _number_taken(session: Session, row: IncomingDocument) -> bool:
    days = session.scalars(
        select(IncomingDocument.received_on).where(
            IncomingDocument.agency_id == row.agency_id,
            IncomingDocument.register_number == row.register_number,
            IncomingDocument.state == IncomingState.ACCEPTED,
            IncomingDocument.id != row.id,
        )
    )
    return any(day.year == row.received_on.year for day in days)


def _delete_file(session: Session, row: IncomingDocument) -> None:
    sha256, row.stored_sha256 = row.stored_sha256, None
    session.flush()
    if sha256 is not None:
        files.forget(session, sha256)


def _load(session: Session, document_id: int, version: int) -> IncomingDocument:
    row = session.get(IncomingDocument, document_id)
    if row is None:
        raise Conflict("Văn bản đến này không còn trong sổ.")
    expect_version(row, version)
    return row


def _record(
    session: Session, event: str, row: IncomingDocument, actor: Actor, /, **body: audit.Value
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        document_sha256=row.file_sha256,
        **body,
    )
