"""Stored files: bytes named by their SHA-256, kept once, never changed."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import StoredFile

PDF = "application/pdf"


def store(session: Session, content: bytes, media_type: str, *, at: datetime) -> str:
    """Keep the bytes inside the caller's transaction and return their SHA-256 (hexadecimal)."""
    name = hashlib.sha256(content).hexdigest()
    if session.get(StoredFile, name) is None:
        session.add(
            StoredFile(
                sha256=name,
                size=len(content),
                media_type=media_type,
                content=content,
                created_at=at,
            )
        )
        session.flush()  # Rows that point at the file come next.
    return name


class DamagedFile(Exception):
    """Stored bytes no longer have the hash that names them."""


def read(session: Session, sha256: str) -> bytes:
    """Return the bytes of a stored file.

    Raises `DamagedFile` when they are gone or no longer have the hash they are named by, so that a
    changed document is never signed, sent or shown as if it were the old one.
    """
    content = session.scalar(select(StoredFile.content).where(StoredFile.sha256 == sha256))
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise DamagedFile(f"Tệp {sha256[:12]} đã bị thay đổi hoặc bị mất trong cơ sở dữ liệu.")
    return content


def forget(session: Session, sha256: str) -> None:
    """Remove the bytes inside the caller's transaction, unless any row of any table needs them."""
    stored = session.get(StoredFile, sha256)
    if stored is not None and not _is_used(session, sha256):
        session.delete(stored)
        session.flush()


def _is_used(session: Session, sha256: str) -> bool:
    named = StoredFile.__table__.c.sha256
    pointing = [
        key.parent
        for table in StoredFile.metadata.tables.values()
        for key in table.foreign_keys
        if key.column is named
    ]
    return any(
        session.execute(select(column).where(column == sha256).limit(1)).first() is not None
        for column in pointing
    )
