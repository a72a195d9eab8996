"""What came back: answers line by line, notices of revocation, and the certificates themselves."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

import clock
from extensions import db
from forms.fields import number_or_none
from forms.request_acts import (
    GRANTED,
    REFUSED,
    AnswersForm,
    NoticeForm,
    ResultNoticeForm,
    TieForm,
)
from models import CertificateRequest
from operations import request_results as results
from operations import result_ties as ties
from operations.request_attachments import add_notice
from operations.request_documents import Upload
from operations.revocation_notices import Notice, record_notice
from rules.permissions import Permission
from rules.requests import RequestAct, RequestKind
from views.current_law import current_law
from views.guards import account, requires
from views.request_pages import done, load_request, not_now, tried, upload_of

bp = Blueprint("request_results", __name__, url_prefix="/de-nghi")

RESULT = Permission.CERTIFICATE_REQUEST_RECORD_RESULT


def typed_answers(
    row: CertificateRequest, typed: "MultiDict[str, str]", rest: str
) -> tuple[results.Answer, ...]:
    """What was chosen for the open lines, in their order; `rest` stands for those not chosen."""
    found = []
    for line in row.lines:
        said = typed.get(f"ket-qua-{line.id}", "") or rest
        if line.is_open and said in (GRANTED, REFUSED):
            reason = typed.get(f"ly-do-{line.id}", "") if said == REFUSED else ""
            found.append(results.Answer(line.id, said == GRANTED, reason[:500]))
    return tuple(found)


@bp.route("/<int:request_id>/ket-qua", methods=["GET", "POST"])
@requires(RESULT)
def answers(request_id: int) -> ResponseReturnValue:
    """The authority's answer, line by line, as often as it answers."""
    row = load_request(request_id, RESULT)
    if (back := not_now(row, RequestAct.RECORD_ANSWER)) is not None:
        return back
    if row.kind is RequestKind.REVOCATION and "tung-dong" not in request.args:
        return redirect(url_for(".notice", request_id=request_id))
    form = AnswersForm(version=row.version)
    if request.method == "GET":
        form.on.data = clock.today()
    elif form.validate():
        given = results.Answers(
            form.on.data, typed_answers(row, request.form, form.rest.data), form.note.data or ""
        )
        if tried(
            lambda: results.record_answers(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                answers=given,
            )
        ):
            return done(request_id, _next_words(row))
        row = load_request(request_id, RESULT)
    return render_template(
        "request_acts/result.html", form=form, row=row, typed=request.form, lines=_open(row)
    )


def _open(row: CertificateRequest) -> list[Any]:
    return [line for line in row.lines if line.is_open]


def _next_words(row: CertificateRequest) -> str:
    if row.kind in ties.TIED:
        return "Đã ghi kết quả. Hãy nhập chứng thư mới khi nhận được, rồi gắn vào từng dòng."
    return "Đã ghi kết quả."


@bp.route("/<int:request_id>/thong-bao-thu-hoi", methods=["GET", "POST"])
@requires(RESULT)
def notice(request_id: int) -> ResponseReturnValue:
    """The notice that certificates are revoked: their end, and the clock of their devices."""
    row = load_request(request_id, RESULT)
    if (back := not_now(row, RequestAct.RECORD_ANSWER)) is not None:
        return back
    form = NoticeForm(version=row.version)
    if request.method == "GET":
        form.on.data = form.revoked_on.data = clock.today()
        form.lines.data = [line.id for line in _open(row)]
    elif form.validate():
        proof, acceptable = upload_of(form.file)
        if acceptable and proof is not None and tried(lambda: _record_notice(row, form, proof)):
            return done(
                request_id, "Đã ghi thông báo thu hồi. Thiết bị cần thu hồi có trong việc phải làm."
            )
        row = load_request(request_id, RESULT)
    return render_template("request_acts/notice.html", form=form, row=row, lines=_open(row))


def _record_notice(row: CertificateRequest, form: NoticeForm, proof: Upload) -> None:
    record_notice(
        db.session,
        actor=account().actor(),
        request_id=row.id,
        version=form.version.data,
        notice=Notice(form.on.data, form.revoked_on.data, tuple(form.lines.data or ()), proof),
        law=current_law(),
    )


@bp.route("/<int:request_id>/van-ban-tra-loi", methods=["GET", "POST"])
@requires(RESULT)
def paper(request_id: int) -> ResponseReturnValue:
    """Keep what the receiving body wrote back."""
    row = load_request(request_id, RESULT)
    form = ResultNoticeForm(version=row.version)
    if form.validate_on_submit():
        upload, _ = upload_of(form.file)
        if upload is not None and tried(
            lambda: add_notice(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                upload=upload,
            )
        ):
            return done(request_id, "Đã lưu văn bản trả lời.")
    return render_template("request_acts/answer_paper.html", form=form, row=row)


@bp.route("/gan-ket-qua", methods=["GET", "POST"])
@requires(RESULT)
def tie() -> ResponseReturnValue:
    """Certificates in the register that may be the result of a line, each with one button."""
    law = current_law()
    scope = account().scope(RESULT)
    form = TieForm(version=0)
    if form.validate_on_submit():
        line_id = number_or_none(form.line_id.data)
        certificate_id = number_or_none(form.certificate_id.data)
        request_id = request.form.get("request_id", type=int) or 0
        load_request(request_id, RESULT)
        if (
            line_id is not None
            and certificate_id is not None
            and tried(
                lambda: ties.tie(
                    db.session,
                    actor=account().actor(),
                    request_id=request_id,
                    line_id=line_id,
                    certificate_id=certificate_id,
                    law=law,
                    seen=bool(form.seen.data),
                )
            )
        ):
            flash("Đã gắn chứng thư kết quả vào đề nghị.", "success")
            return redirect(url_for(".tie"))
    within = [scope.clause(CertificateRequest.agency_id)]
    found = ties.proposals(db.session, within, law)
    return render_template("request_acts/ties.html", form=form, found=found)
