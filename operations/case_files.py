"""Hồ sơ vụ việc: every document of a request in the order of its life, for one file to keep.

Only gathered here; the zip and the cover are made by the page, which also asks for the permission
to download. Signed originals are handed on byte by byte.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Actor
from models import Certificate, CertificateRequest, RequestLine
from operations import files
from operations.request_documents import SUFFIXES, record
from operations.request_rows import load_for_change, symbol_of
from operations.transactions import transaction
from rules.documents import DocumentKind

# The order of a file on paper: letter, its papers, how it was sent, what came back.
_ORDER = (
    DocumentKind.SEALED,
    DocumentKind.SIGNED_ELSEWHERE,
    DocumentKind.PAPER_SCAN,
    DocumentKind.SIGNED,
    DocumentKind.LETTER,
    DocumentKind.ATTACHMENT,
    DocumentKind.PROOF_OF_SENDING,
    DocumentKind.RESULT_NOTICE,
)
# Names for people here, of letters that every archive keeps.
_FILE_NAMES = {
    DocumentKind.LETTER: "van-ban-chua-ky",
    DocumentKind.SIGNED: "van-ban-da-ky",
    DocumentKind.SEALED: "van-ban-da-phat-hanh",
    DocumentKind.SIGNED_ELSEWHERE: "van-ban-ky-o-noi-khac",
    DocumentKind.PAPER_SCAN: "ban-quet-van-ban-giay",
    DocumentKind.ATTACHMENT: "tai-lieu-kem-theo",
    DocumentKind.PROOF_OF_SENDING: "chung-tu-gui",
    DocumentKind.RESULT_NOTICE: "thong-bao-ket-qua",
}
CERTIFICATE_TYPE = "application/pkix-cert"


@dataclass(frozen=True)
class CaseDocument:
    """One document of the file. `kind` is None for a certificate that came as the result."""

    kind: DocumentKind | None
    title: str
    name: str  # in the zip
    media_type: str
    sha256: str
    size: int
    kept_at: datetime | None
    is_current: bool
    content: bytes


@dataclass(frozen=True)
class CaseFile:
    """The whole file of one request."""

    request_id: int
    number: str
    document_on: date | None
    documents: tuple[CaseDocument, ...]


def gather(session: Session, request: CertificateRequest) -> CaseFile:
    """Every document of a request: what is valid first, then older versions, then certificates.

    Raises `operations.files.DamagedFile` when stored bytes are no longer what they were.
    """
    rows = [one for one in request.documents if one.kind is not DocumentKind.PREPARED]
    rows.sort(key=lambda one: (not one.is_current, _ORDER.index(one.kind), one.id))
    found = []
    for number, one in enumerate(rows, start=1):
        media_type = one.stored_file.media_type
        suffix = SUFFIXES.get(media_type, "bin")
        old = "" if one.is_current else "-ban-cu"
        found.append(
            CaseDocument(
                one.kind,
                one.name if one.kind is DocumentKind.ATTACHMENT else "",
                f"{number:02d}-{_FILE_NAMES[one.kind]}{old}.{suffix}",
                media_type,
                one.sha256,
                one.stored_file.size,
                one.created_at,
                one.is_current,
                files.read(session, one.sha256),
            )
        )
    found += _certificates(session, request, len(found))
    return CaseFile(request.id, written_number(request), request.document_on, tuple(found))


def written_number(request: CertificateRequest) -> str:
    """Number and symbol as they stand in the letter; "" while it has none."""
    if not request.document_number:
        return ""
    return f"{request.document_number}/{symbol_of(request)}"


def _certificates(session: Session, request: CertificateRequest, before: int) -> list[CaseDocument]:
    rows = session.execute(
        select(Certificate.common_name, Certificate.sha256, Certificate.der, Certificate.created_at)
        .join(RequestLine, RequestLine.successor_id == Certificate.id)
        .where(RequestLine.request_id == request.id)
        .order_by(RequestLine.position)
    )
    return [
        CaseDocument(
            None,
            row.common_name,
            f"{number:02d}-chung-thu-ket-qua.cer",
            CERTIFICATE_TYPE,
            row.sha256,
            len(row.der),
            row.created_at,
            True,
            row.der,
        )
        for number, row in enumerate(rows, start=before + 1)
    ]


def record_made(session: Session, *, actor: Actor, request_id: int, documents: int) -> None:
    """Write into the log that somebody took the whole file of a request with them."""
    with transaction(session):
        request = load_for_change(session, request_id)
        record(session, "certificate_request.file_made", request, actor, documents=documents)
