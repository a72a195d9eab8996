"""The signed PDF that counts for a thing, whatever the thing is, and a better version in its place.

For the time stamps that come after a signature. A replaced version stays in the store under its own
hash; nothing that was signed changes, so nobody's page or order is made out of date by it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models import CertificateRequest, RequestDocument, SigningJob
from operations import files
from operations.office_documents import is_finished
from operations.signing_job_records import ENDED
from rules.documents import DocumentKind
from rules.office_documents import DocumentState, StepState
from rules.papers import PaperFileRole, PaperState
from schema.custody import Paper, PaperFile
from schema.documents import OfficeDocument, SigningItem

REQUEST, DOCUMENT, PAPER = "certificate_request", "office_document", "paper"
COLUMNS = {
    REQUEST: SigningJob.request_id,
    DOCUMENT: SigningJob.document_id,
    PAPER: SigningJob.paper_id,
}
_KINDS = (DocumentKind.SEALED, DocumentKind.SIGNED)
CLAIM_AT_MOST = timedelta(hours=12)
"""No batch takes longer than that."""


@dataclass(frozen=True)
class SignedFile:
    """The file that counts; `finished`: no further signature is to come."""

    sha256: str
    agency_id: int
    finished: bool
    keep: Callable[[str, datetime], None]
    """Puts another stored file in its place, inside the caller's transaction."""


def current(session: Session, noun: str, object_id: int) -> SignedFile | None:
    """The signed file of a thing as it is now; None when it has none, or was called off."""
    return _FIND[noun](session, object_id)


def _of_request(session: Session, object_id: int) -> SignedFile | None:
    rows = session.scalars(
        select(RequestDocument)
        .where(
            RequestDocument.request_id == object_id,
            RequestDocument.kind.in_(_KINDS),
            RequestDocument.is_current,
        )
        .order_by(RequestDocument.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        return None
    row = rows[0]  # the newest: a letter that was returned and signed anew is not sealed yet
    agency_id = session.get_one(CertificateRequest, object_id).agency_id

    def keep(sha256: str, at: datetime) -> None:
        row.is_current = False
        session.add(
            RequestDocument(
                request_id=object_id,
                kind=row.kind,
                sha256=sha256,
                name=row.name,
                anchors=dict(row.anchors),
                is_current=True,
                created_at=at,
                created_by_id=row.created_by_id,
            )
        )

    return SignedFile(row.sha256, agency_id, row.kind is DocumentKind.SEALED, keep)


def _of_document(session: Session, object_id: int) -> SignedFile | None:
    row = session.get(OfficeDocument, object_id, populate_existing=True)
    if row is None or row.state not in (
        DocumentState.SIGNING,
        DocumentState.SIGNED,
        DocumentState.ISSUED,
    ):
        return None
    if not any(one.state is StepState.SIGNED for one in row.steps):
        return None

    def keep(sha256: str, _at: datetime) -> None:
        row.current_sha256 = sha256

    finished = row.state is DocumentState.ISSUED or is_finished(row)
    return SignedFile(row.current_sha256, row.agency_id, finished, keep)


def _of_paper(session: Session, object_id: int) -> SignedFile | None:
    paper = session.get(Paper, object_id, populate_existing=True)
    if paper is None or paper.state is PaperState.CANCELLED:
        return None
    row = session.scalars(
        select(PaperFile)
        .where(PaperFile.paper_id == object_id, PaperFile.role == PaperFileRole.SIGNED)
        .order_by(PaperFile.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None

    def keep(sha256: str, at: datetime) -> None:
        session.add(
            PaperFile(
                paper_id=object_id,
                role=row.role,
                sha256=sha256,
                name=row.name,
                anchors=dict(row.anchors),
                created_at=at,
                created_by_id=row.created_by_id,
            )
        )

    finished = all(one.state is StepState.SIGNED for one in paper.signatures)
    return SignedFile(row.sha256, paper.agency_id, finished, keep)


_FIND: dict[str, Callable[[Session, int], SignedFile | None]] = {
    REQUEST: _of_request,
    DOCUMENT: _of_document,
    PAPER: _of_paper,
}


def being_signed(session: Session, noun: str, object_id: int, at: datetime) -> bool:
    """True while somebody has the thing out to be signed: its bytes must not change under them.

    A ticket that ran out without having been claimed holds nothing up, nor does an agent that died.
    """
    alone = select(SigningJob.id).where(
        COLUMNS[noun] == object_id,
        SigningJob.is_open,
        _alive(at),
    )
    in_batch = (
        select(SigningItem.id)
        .join(SigningJob, SigningJob.id == SigningItem.job_id)
        .where(
            SigningItem.noun == noun,
            SigningItem.object_id == object_id,
            SigningItem.state.not_in(ENDED),
            SigningJob.is_open,
            _alive(at),
        )
    )
    found = alone.union_all(in_batch).limit(1)
    return session.execute(found).first() is not None


def _alive(at: datetime) -> ColumnElement[bool]:
    return or_(SigningJob.expires_at > at, SigningJob.claimed_at > at - CLAIM_AT_MOST)


def replace(session: Session, old: SignedFile, content: bytes, at: datetime) -> str:
    """Store a better version in place of the old one; returns its SHA-256."""
    sha256 = files.store(session, content, files.PDF, at=at)
    old.keep(sha256, at)
    session.flush()
    return sha256
