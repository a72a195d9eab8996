"""The notice to the sender of a document that was refused or deleted: a paper of the office, which
is numbered, signed, sealed and recorded as sent like every other (Bắc Ninh Điều 16.2, Thừa Thiên
Huế Điều 31.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import Session

from audit import Actor
from models import Agency
from operations import paper_lines
from operations.incident_papers import signer_told
from operations.paper_endings import end_paper
from operations.papers import Draw, make_in
from operations.transactions import Conflict, Refused, expect_version, transaction
from rules.office_documents import IncomingState
from rules.papers import PaperKind, PaperState
from schema.custody import Paper
from schema.documents import IncomingDocument

NOT_TAKEN = (IncomingState.REFUSED, IncomingState.DELETED)
_AGAIN = "Đã lập lại."


@dataclass(frozen=True)
class Notice:
    """What the notice says beside the row: to whom, on which ground, what the check found."""

    addressee: str
    basis: str
    checked_at: str
    faults: Sequence[str]
    position_id: int | None
    digital: bool


def is_owed() -> ColumnElement[bool]:
    """Documents that were not taken and whose sender has not been told: no notice went out."""
    went_out = exists().where(
        Paper.id == IncomingDocument.notice_paper_id,
        Paper.state != PaperState.CANCELLED,
        Paper.sent_on.is_not(None),
    )
    return IncomingDocument.state.in_(NOT_TAKEN) & ~went_out


def make(
    session: Session, *, actor: Actor, document_id: int, version: int, notice: Notice, draw: Draw
) -> int:
    """Draw the notice; returns the number of its paper. One that nobody signed or sent is replaced.

    Raises `Refused` when the document was taken, or its notice is signed or sent, and `Conflict`.
    """
    with transaction(session):
        row = session.get(IncomingDocument, document_id)
        if row is None:
            raise Conflict("Văn bản đến này không còn trong sổ.")
        expect_version(row, version)
        if row.state not in NOT_TAKEN:
            raise Refused("Chỉ lập thông báo cho văn bản đã từ chối tiếp nhận hoặc đã xóa.")
        _replace(session, actor, row)
        agency = session.get_one(Agency, row.agency_id)
        paper = make_in(
            session,
            actor=actor,
            kind=PaperKind.REJECTION_NOTICE,
            agency_id=agency.id,
            made_on=actor.today,
            lines=(),
            giver_id=None,
            receiver_id=None,
            particulars=_told(row, notice)
            | {
                "agency": paper_lines.of_agency(agency),
                "signer": signer_told(session, agency, notice.position_id, actor),
            },
            draw=draw,
            place=agency.place_name,
        )
        row.notice_paper_id = paper.id
        row.version += 1
        return paper.id


def _replace(session: Session, actor: Actor, row: IncomingDocument) -> None:
    paper = row.notice
    if paper is None or paper.state is PaperState.CANCELLED:
        return
    signed = any(one.signed_at is not None for one in paper.signatures)
    if paper.state is PaperState.PROVEN or paper.sent_on is not None or signed:
        raise Refused("Thông báo đã có chữ ký hoặc đã gửi, không lập lại được.")
    end_paper(session, actor, paper, _AGAIN)


def _told(row: IncomingDocument, notice: Notice) -> dict[str, object]:
    what = f"văn bản số {row.number}" if row.number else "văn bản điện tử"
    on = f" ngày {row.document_on:%d/%m/%Y}" if row.document_on else ""
    return {
        "incoming": row.id,
        "medium": "digital" if notice.digital else "wet",
        "addressee": notice.addressee.strip(),
        "document": what + on,
        "received_on": row.received_on.isoformat(),
        "file_name": row.file_name,
        "sha256": row.file_sha256,
        "basis": notice.basis,
        "checked_at": notice.checked_at,
        "verdict": row.verdict,
        "faults": list(notice.faults),
        "reason": row.reason,
        "deleted": row.state is IncomingState.DELETED,
    }
