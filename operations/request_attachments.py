"""Tài liệu kèm theo: the papers that go with a request, and what its dossier still needs.

An attachment is a `RequestDocument` whose `anchors` say which paper it is and under which title it
is listed; nothing is ever thrown away, a removed one is only no longer current.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from audit import Actor
from models import CertificateRequest, RequestDocument
from operations.request_documents import Upload, keep, record
from operations.request_rows import load_for_change
from operations.transactions import Refused, transaction
from rules.attachments import AttachmentKind
from rules.documents import DocumentKind
from rules.requests import LEFT_THE_HOUSE, RequestState

OPEN_FOR_PAPERS = (RequestState.DRAFT, RequestState.RETURNED)
MOST_ATTACHMENTS = 40
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Attachment:
    """One paper of a request, as a list of attachments names it."""

    document: RequestDocument
    kind: AttachmentKind
    title: str


def attachments_of(request: CertificateRequest) -> tuple[Attachment, ...]:
    """The papers that go with the request now, in the order in which they came."""
    return tuple(
        Attachment(one, AttachmentKind(one.anchors.get("paper", "other")), one.name)
        for one in request.documents
        if one.kind is DocumentKind.ATTACHMENT and one.is_current
    )


def kept_papers(request: CertificateRequest) -> tuple[AttachmentKind, ...]:
    """Which papers the request has, for `rules.attachments.check_attachments`."""
    return tuple(one.kind for one in attachments_of(request))


def add_attachment(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    kind: AttachmentKind,
    title: str,
    upload: Upload,
) -> None:
    """Put a paper into the file of a draft. Raises `Refused` after submission, and `Conflict`."""
    name = " ".join(title.split())
    if not name:
        raise Refused("Hãy ghi tên tài liệu như sẽ ghi trong danh mục kèm theo.")
    with transaction(session):
        request = _open(session, request_id, version)
        if len(attachments_of(request)) >= MOST_ATTACHMENTS:
            raise Refused(f"Một văn bản có tối đa {MOST_ATTACHMENTS} tài liệu kèm theo.")
        sha256 = keep(
            session,
            request,
            actor,
            DocumentKind.ATTACHMENT,
            upload,
            name=name[:LONGEST_TITLE],
            anchors={"paper": kind.value},
        )
        request.version += 1
        record(session, "certificate_request.attached", request, actor, document_sha256=sha256)


def remove_attachment(
    session: Session, *, actor: Actor, request_id: int, version: int, document_id: int
) -> None:
    """Take a paper out of a draft; its bytes stay in the history. Raises `Refused`, `Conflict`."""
    with transaction(session):
        request = _open(session, request_id, version)
        found = next(
            (one for one in attachments_of(request) if one.document.id == document_id), None
        )
        if found is None:
            raise Refused("Tài liệu này không còn trong hồ sơ.")
        found.document.is_current = False
        request.version += 1
        record(session, "certificate_request.edited", request, actor, changed=["attachments"])


def add_notice(
    session: Session, *, actor: Actor, request_id: int, version: int, upload: Upload
) -> None:
    """Keep what the receiving body wrote back. Raises `Refused` before the sending, `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        if request.state not in LEFT_THE_HOUSE:
            raise Refused("Văn bản chưa gửi nên chưa có thông báo kết quả.")
        sha256 = keep(session, request, actor, DocumentKind.RESULT_NOTICE, upload)
        request.version += 1
        record(session, "certificate_request.attached", request, actor, document_sha256=sha256)


def carry_attachments(
    session: Session, actor: Actor, old: CertificateRequest, new: CertificateRequest
) -> None:
    """Let a letter that follows another have its papers too; inside the caller's transaction."""
    for one in attachments_of(old):
        new.documents.append(
            RequestDocument(
                kind=DocumentKind.ATTACHMENT,
                sha256=one.document.sha256,
                name=one.title,
                anchors=dict(one.document.anchors),
                is_current=True,
                created_at=actor.at,
                created_by_id=actor.user_id,
            )
        )
    session.flush()


def titles(attachments: Sequence[Attachment]) -> tuple[str, ...]:
    """The titles alone, for the list at the end of a letter."""
    return tuple(one.title for one in attachments)


def _open(session: Session, request_id: int, version: int) -> CertificateRequest:
    request = load_for_change(session, request_id, version)
    if request.state not in OPEN_FOR_PAPERS:
        raise Refused("Văn bản đã trình nên tài liệu kèm theo không thay đổi được nữa.")
    return request
