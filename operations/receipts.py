"""Since when we are proven to have had a file: our log serves like a time stamp of our own.

An expired certificate without a time stamp leaves its signature undecided, unless the log says that
these very bytes were here while it was valid. Only the log counts, because only it is chained; the
rows of the tables merely say where in it to look.
"""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import AuditEvent, StoredFile
from operations import verifications
from schema.documents import IncomingDocument


def known_since(session: Session, sha256: str) -> datetime | None:
    """The first event of the log about a file with this SHA-256 (hexadecimal): received from
    outside, made or signed here, or once checked here. None when the log knows nothing of it.

    Two statements, whatever the size of the log.
    """
    stored = select(StoredFile.created_at).where(StoredFile.sha256 == sha256)
    received = select(IncomingDocument.received_at).where(IncomingDocument.file_sha256 == sha256)
    instants = session.scalars(stored.union_all(received)).all()
    checked = (AuditEvent.noun == verifications.NOUN) & (AuditEvent.object_id == sha256)
    where = or_(checked, AuditEvent.at.in_(instants)) if instants else checked
    return session.scalar(
        select(func.min(AuditEvent.at)).where(where, AuditEvent.document_sha256 == sha256)
    )
