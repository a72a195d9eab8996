"""Papers that go with a request, and the complete file of its case as one zip or reading copy."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from forms.request_acts import AttachmentForm
from labels import label
from letters import case_file as reading_copy
from letters.errors import LetterError
from models import CertificateRequest
from operations import files
from operations import request_attachments as papers
from operations.case_files import CaseDocument, CaseFile, gather, record_made
from operations.request_moves import missing_papers
from rules.permissions import Permission
from rules.requests import RequestState
from signing.errors import SigningError
from views.current_law import current_law
from views.guards import account, requires
from views.register_pages import history, log_head
from views.request_pages import load_request, tried, upload_of
from views.request_progress import channel_words
from views.verifier import sandbox

bp = Blueprint("request_files", __name__, url_prefix="/de-nghi")

DRAFT, DOWNLOAD = Permission.CERTIFICATE_REQUEST_DRAFT, Permission.FILE_DOWNLOAD
IMAGE_WIDTH = 1100
MOST_PAGES = 300
ONLY_PICTURES = (
    "Bản đọc chỉ gồm hình ảnh các trang; chữ ký số được kiểm tra trên tệp gốc có mã SHA-256 như "
    "trên."
)
READING_COPY, INDEX, SUMS = "00-ban-doc.pdf", "00-muc-luc.txt", "SHA256SUMS"


@bp.route("/<int:request_id>/tai-lieu", methods=["GET", "POST"])
@requires(DRAFT)
def attachments(request_id: int) -> ResponseReturnValue:
    """The papers of a draft: what is there, what is missing, one more."""
    row = load_request(request_id, DRAFT)
    if row.state not in papers.OPEN_FOR_PAPERS and request.method == "GET":
        flash("Văn bản đã trình nên tài liệu kèm theo không thay đổi được nữa.", "warning")
        return redirect(url_for("certificate_requests.show", request_id=row.id))
    form = AttachmentForm(version=row.version)
    if form.validate_on_submit():
        upload, _ = upload_of(form.file)
        if upload is not None and tried(
            lambda: papers.add_attachment(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                kind=papers.AttachmentKind(form.kind.data),
                title=form.title.data,
                upload=upload,
            )
        ):
            flash("Đã đính kèm tài liệu.", "success")
            return redirect(url_for(".attachments", request_id=request_id))
        row = load_request(request_id, DRAFT)
    return render_template(
        "request_acts/attachments.html",
        form=form,
        row=row,
        attachments=papers.attachments_of(row),
        missing=missing_papers(row, law=current_law(), on=clock.today()),
        removable=row.state in (RequestState.DRAFT, RequestState.RETURNED),
    )


@bp.post("/<int:request_id>/tai-lieu/<int:document_id>/bo")
@requires(DRAFT)
def remove(request_id: int, document_id: int) -> ResponseReturnValue:
    """Take a paper out of a draft."""
    row = load_request(request_id, DRAFT)
    version = request.form.get("version", type=int)
    if tried(
        lambda: papers.remove_attachment(
            db.session,
            actor=account().actor(),
            request_id=row.id,
            version=version if version is not None else -1,
            document_id=document_id,
        )
    ):
        flash("Đã bỏ tài liệu khỏi hồ sơ.", "success")
    return redirect(url_for(".attachments", request_id=request_id))


@bp.post("/<int:request_id>/ho-so")
@requires(DOWNLOAD)
def case_file(request_id: int) -> ResponseReturnValue:
    """The whole file of a request: everything in one zip, or the reading copy alone. Logged."""
    row = load_request(request_id, DOWNLOAD)
    try:
        found = gather(db.session(), row)
        copy = _reading_copy(row, found)
        content = copy if "ban-doc" in request.form else _zip(row, found, copy)
    except (LetterError, files.DamagedFile) as error:
        flash(str(error), "error")
        return redirect(url_for("certificate_requests.show", request_id=request_id))
    record_made(
        db.session,
        actor=account().actor(),
        request_id=request_id,
        documents=len(found.documents),
    )
    alone = "ban-doc" in request.form
    return send_file(
        BytesIO(content),
        mimetype=files.PDF if alone else "application/zip",
        as_attachment=True,
        download_name=f"ho-so-de-nghi-{request_id}.{'pdf' if alone else 'zip'}",
        etag=False,
    )


def _zip(row: CertificateRequest, found: CaseFile, copy: bytes) -> bytes:
    """The originals byte by byte, the reading copy, an index, and a list that `sha256sum` reads."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(READING_COPY, copy)
        packed.writestr(INDEX, _index(row, found))
        sums = "".join(f"{one.sha256}  {one.name}\n" for one in found.documents)
        packed.writestr(SUMS, sums)
        for one in found.documents:
            packed.writestr(one.name, one.content)
    return out.getvalue()


def title_of(one: CaseDocument) -> str:
    """What a document is called on cover and index."""
    words = label(one.kind) if one.kind is not None else "Chứng thư kết quả"
    old = "" if one.is_current else " (bản cũ)"
    return f"{words}: {one.title}{old}" if one.title else words + old


def _facts(row: CertificateRequest, found: CaseFile) -> list[tuple[str, str]]:
    day = f", ngày {found.document_on:%d/%m/%Y}" if found.document_on else ""
    sent = "; ".join(
        f"{one.recipient} ngày {one.sent_on:%d/%m/%Y}, {channel_words(one.channel)}"
        + (f", mã {one.reference}" if one.reference else "")
        for one in row.sendings
        if one.sent_on
    )
    facts = [
        ("Nội dung", f"{label(row.kind)}, {len(row.lines)} dòng; số {row.id} trong sổ"),
        ("Cơ quan gửi", row.agency.name),
        ("Văn bản", found.number + day if found.number else "chưa có số"),
        ("Kính gửi", row.addressee),
        ("Đã gửi", sent or "chưa gửi"),
        ("Mã hồ sơ", row.dossier_code),
        ("Tiếp nhận", f"ngày {row.received_on:%d/%m/%Y}" if row.received_on else ""),
        ("Trạng thái", label(row.state)),
        ("Nhật ký", log_head()),
    ]
    return [(name, value) for name, value in facts if value]


def _index(row: CertificateRequest, found: CaseFile) -> str:
    lines = ["MỤC LỤC HỒ SƠ", ""]
    lines += [f"{name}: {value}" for name, value in _facts(row, found)]
    lines += ["", "TÀI LIỆU"]
    lines += [
        f"{number}. {title_of(one)}\n   {one.name} · {one.size} byte\n   SHA-256 {one.sha256}"
        for number, one in enumerate(found.documents, start=1)
    ]
    lines += ["", "QUÁ TRÌNH XỬ LÝ"]
    for event in reversed(history("certificate_request", row.id)):
        lines.append(f"{event['when']} · {event['what']} · {event['who']}")
    return "\n".join(lines) + "\n"


def _reading_copy(row: CertificateRequest, found: CaseFile) -> bytes:
    pages = {one.name: _pages(one) for one in found.documents}
    cover = reading_copy.CaseCopy(
        agency=row.agency.name,
        title="Hồ sơ yêu cầu chứng thực (bản đọc)",
        facts=tuple(_facts(row, found)),
        lines=tuple(
            reading_copy.CoverLine(
                title_of(one), one.name, _extent(one, pages[one.name]), one.sha256
            )
            for one in found.documents
        ),
        remarks=(ONLY_PICTURES,),
    )
    return reading_copy.draw(cover, _pictures(found, pages)).pdf


def _pages(one: CaseDocument) -> int:
    """Pages that can be shown as pictures; strangers' files are only opened in the sandbox."""
    if one.media_type.startswith("image/"):
        return 1
    if one.media_type != files.PDF:
        return 0
    try:
        return sandbox().page_count(one.content)
    except SigningError:
        return 0


def _extent(one: CaseDocument, pages: int) -> str:
    size = f"{one.size / 1024:.0f} KB".replace(".", ",")
    return f"{size}, {pages} trang" if pages else f"{size}, không vẽ được trang"


def _pictures(found: CaseFile, pages: dict[str, Any]) -> Iterator[reading_copy.PagePicture]:
    left = MOST_PAGES
    for number, one in enumerate(found.documents, start=1):
        for page in range(min(pages[one.name], left)):
            left -= 1
            try:
                image = one.content
                if one.media_type == files.PDF:
                    image = sandbox().page_image(image, page, IMAGE_WIDTH)
            except SigningError:
                continue
            foot = f"Tài liệu {number}: {title_of(one)}, trang {page + 1}/{pages[one.name]}"
            yield reading_copy.PagePicture(image, foot)
