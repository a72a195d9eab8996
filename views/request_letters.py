"""The letter of a request: as page images, and as files to download."""

from io import BytesIO

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from extensions import db
from labels import label
from letters.errors import LetterError
from models import CertificateRequest, RequestDocument
from operations import files
from operations.request_documents import SUFFIXES
from rules.documents import DocumentKind
from rules.permissions import Permission
from rules.requests import RequestState
from signing.errors import SigningError
from views.certificate_requests import OPTIONS, SIGNED_KINDS
from views.guards import load, requires
from views.letters_data import draw_letter
from views.returned_letters import current_document
from views.verification_words import view
from views.verifier import judge, pages_of, sandbox

bp = Blueprint("request_letters", __name__, url_prefix="/de-nghi")

IMAGE_WIDTH = 1100
# What a person sees as "the letter" in the order of its life, last first.
NEWEST_FIRST = (
    DocumentKind.SEALED,
    DocumentKind.SIGNED_ELSEWHERE,
    DocumentKind.PAPER_SCAN,
    DocumentKind.SIGNED,
    DocumentKind.LETTER,
)


def letter_file(row: CertificateRequest) -> tuple[bytes, str]:
    """The letter as it stands, with its media type: a draft is drawn afresh, later ones are the
    stored bytes, which are a picture where paper was scanned.
    """
    if (stored := _stored(row)) is not None:
        return files.read(db.session(), stored[0]), stored[1]
    return draw_letter(row).pdf, files.PDF


def _stored(row: CertificateRequest) -> tuple[str, str] | None:
    """The name of the stored letter that counts, and its media type; None while it is drawn."""
    if row.state in (RequestState.DRAFT, RequestState.RETURNED):
        return None
    stored = current_document(row, *NEWEST_FIRST)
    if stored is None:
        return None
    kinds = {each.sha256: each.stored_file.media_type for each in row.documents}
    return stored, kinds[stored]


@bp.get("/<int:request_id>/xem-van-ban")
@requires(Permission.CERTIFICATE_REQUEST_VIEW)
def show(request_id: int) -> ResponseReturnValue:
    """The letter on a page of its own, and every file kept with the request."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_VIEW, options=OPTIONS)
    return render_template(
        "request_letters/show.html", row=row, page_total=page_count(row), papers=papers(row)
    )


def page_count(row: CertificateRequest) -> int:
    """Pages of the letter as it stands; 0 when it cannot be shown as pictures."""
    try:
        if (stored := _stored(row)) is not None:
            sha256, media_type = stored
            return pages_of(sha256) if media_type == files.PDF else 1
        return sandbox().page_count(draw_letter(row).pdf)
    except (SigningError, LetterError):
        return 0


@bp.get("/<int:request_id>/kiem-tra-chu-ky")
@requires(Permission.CERTIFICATE_REQUEST_VIEW)
def signatures(request_id: int) -> ResponseReturnValue:
    """What the signatures of the letter are worth now; a page of its own, for it takes a moment."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_VIEW, options=OPTIONS)
    stored = current_document(row, *SIGNED_KINDS)
    if stored is None:
        flash("Văn bản này chưa có chữ ký số để kiểm tra.", "warning")
        return redirect(url_for("certificate_requests.show", request_id=request_id))
    pdf = files.read(db.session, stored)
    report = judge(pdf)
    shown = view(report, f"de-nghi-{row.id}.pdf", len(pdf))
    return render_template("request_letters/signatures.html", row=row, file=shown)


@bp.get("/<int:request_id>/trang/<int:page>.png")
@requires(Permission.CERTIFICATE_REQUEST_VIEW)
def page_image(request_id: int, page: int) -> ResponseReturnValue:
    """One page of the letter as a picture; pages count from 1."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_VIEW, options=OPTIONS)
    try:
        image, media_type = letter_file(row)
        if media_type == files.PDF:
            image = sandbox().page_image(image, page - 1, IMAGE_WIDTH)
            media_type = "image/png"
    except (SigningError, LetterError, IndexError, ValueError):
        abort(404)
    answer = make_response(image)
    answer.content_type = media_type
    return answer


@bp.get("/<int:request_id>/van-ban.pdf")
@requires(Permission.CERTIFICATE_REQUEST_VIEW)
def letter(request_id: int) -> ResponseReturnValue:
    """The letter as it stands, to read, print or sign elsewhere."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_VIEW, options=OPTIONS)
    try:
        content, media_type = letter_file(row)
    except LetterError as error:
        flash(str(error), "error")
        return redirect(url_for("certificate_requests.show", request_id=request_id))
    suffix = SUFFIXES.get(media_type, "bin")
    return _send(content, media_type, f"de-nghi-{row.id}.{suffix}")


@bp.get("/<int:request_id>/tep/<int:document_id>")
@requires(Permission.FILE_DOWNLOAD)
def document(request_id: int, document_id: int) -> ResponseReturnValue:
    """One stored file of the request, an older version included."""
    row = load(CertificateRequest, request_id, Permission.FILE_DOWNLOAD, options=OPTIONS)
    found = next((each for each in row.documents if each.id == document_id), None)
    if found is None:
        abort(404)
    return _send(files.read(db.session, found.sha256), found.stored_file.media_type, found.name)


def _send(content: bytes, media_type: str, name: str) -> ResponseReturnValue:
    return send_file(
        BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name, etag=False
    )


def papers(row: CertificateRequest) -> list[tuple[RequestDocument, str]]:
    """The stored files of a request for people, newest first; holes for signing jobs left out."""
    return [
        (each, label(each.kind))
        for each in reversed(row.documents)
        if each.kind is not DocumentKind.PREPARED
    ]
