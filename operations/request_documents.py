"""Files kept with a request, and the one way in which its acts are written into the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest, RequestDocument
from operations import files
from operations.request_rows import NOUN
from rules.documents import DocumentKind

SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


@dataclass(frozen=True)
class Upload:
    """A file as it came in: its bytes and what its first bytes say that it is."""

    content: bytes
    media_type: str = files.PDF


@dataclass(frozen=True)
class Drawn:
    """A letter as drawn: its bytes, where its fields and signatures go, and what it lacks."""

    pdf: bytes
    anchors: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def attach(
    session: Session,
    request: CertificateRequest,
    actor: Actor,
    kind: DocumentKind,
    content: bytes,
    *,
    media_type: str = files.PDF,
    anchors: Mapping[str, object] | None = None,
) -> str:
    """Keep a file with the request, in place of an earlier one of its kind; returns its SHA-256.

    For use inside another operation's transaction; earlier versions stay, marked as not current.
    """
    for document in request.documents:
        if document.kind is kind:
            document.is_current = False
    return keep(session, request, actor, kind, Upload(content, media_type), anchors=anchors)


def keep(
    session: Session,
    request: CertificateRequest,
    actor: Actor,
    kind: DocumentKind,
    upload: Upload,
    *,
    name: str = "",
    anchors: Mapping[str, object] | None = None,
) -> str:
    """Keep one more file beside those of its kind; returns its SHA-256.

    For use inside another operation's transaction.
    """
    sha256 = files.store(session, upload.content, upload.media_type, at=actor.at)
    suffix = SUFFIXES.get(upload.media_type, "bin")
    request.documents.append(
        RequestDocument(
            kind=kind,
            sha256=sha256,
            name=name or f"{kind.value}-{request.id}.{suffix}",
            anchors=dict(anchors or {}),
            is_current=True,
            created_at=actor.at,
            created_by_id=actor.user_id,
        )
    )
    session.flush()
    return sha256


def record(
    session: Session,
    event: str,
    request: CertificateRequest,
    actor: Actor,
    /,
    *,
    document_sha256: str | None = None,
    **body: audit.Value,
) -> None:
    """Write one event about a request into the log."""
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=request.id,
        agency_id=request.agency_id,
        document_sha256=document_sha256,
        **body,
    )
