"""What is done with a request after its draft: one small page for each act.

Each page guards, loads, reads its form and calls one operation; refusals are shown on the same page
and keep what was typed.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from forms.certificate_requests import VersionedForm
from forms.request_acts import NumberForm, PaperForm, ReasonForm, SignedElsewhereForm
from letters.errors import LetterError
from models import CertificateRequest
from operations import certificate_requests as drafts
from operations import request_moves as moves
from operations import request_signing_moves as signing
from operations.request_findings import reasons_wanted
from operations.request_routes import check_recipients
from rules.permissions import Permission
from rules.requests import RequestAct, RequestState
from rules.signers import check_signer
from views.certificate_requests import last_day_of
from views.current_law import current_law, law_of
from views.guards import account, requires
from views.letters_data import draw_letter
from views.request_pages import done as _done
from views.request_pages import load_request as _load
from views.request_pages import not_now as _not_now
from views.request_pages import tried as _try
from views.returned_letters import check_returned, scan_type

bp = Blueprint("request_acts", __name__, url_prefix="/de-nghi")


@bp.route("/<int:request_id>/trinh", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_SUBMIT)
def submit(request_id: int) -> ResponseReturnValue:
    """Look at the letter once more, then send it to the leader."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_SUBMIT)
    if (back := _not_now(row, RequestAct.SUBMIT)) is not None:
        return back
    form = VersionedForm(version=row.version)
    if form.validate_on_submit() and _try(
        lambda: moves.submit(
            db.session,
            actor=account().actor(),
            request_id=request_id,
            version=form.version.data,
            law=current_law(),
            draw=draw_letter,
        )
    ):
        return _done(request_id, "Đã trình lãnh đạo.")
    if request.method == "POST":  # What was refused left the row behind as it was before.
        row = _load(request_id, Permission.CERTIFICATE_REQUEST_SUBMIT)
    return render_template("request_acts/submit.html", form=form, row=row, **_findings(row))


def _findings(row: CertificateRequest) -> dict[str, Any]:
    """Findings on the lines and the signer, the missing particulars, and which want a reason."""
    law, today = current_law(), clock.today()
    found = moves.findings_of(db.session, row, law=law, on=today)
    signer = drafts.facts_of_signer(row)
    own = law_of(row.agency)
    of_signer = check_signer(signer, on=today, law=own) if signer is not None else ()
    beside = (
        *of_signer,
        *moves.missing_papers(row, law=law, on=today),
        *check_recipients(row, law=law, on=today),
    )
    everything = [*beside, *(one for each in found.values() for one in each)]
    try:
        missing = draw_letter(row).missing
    except LetterError as error:
        missing = (str(error),)
    return {
        "found": found,
        "signer_findings": beside,
        "reasons_wanted": reasons_wanted(everything),
        "missing": missing,
        "self_listed": drafts.signer_in_list(row),
        "last_receipt_on": last_day_of(row),
    }


@bp.route("/<int:request_id>/duyet", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_APPROVE)
def decide(request_id: int) -> ResponseReturnValue:
    """The leader's minute: the letter, what is remarkable, and two buttons."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_APPROVE)
    if (back := _not_now(row, RequestAct.APPROVE, RequestAct.RETURN)) is not None:
        return back
    form = ReasonForm(version=row.version)
    if form.validate_on_submit():
        common = {
            "actor": account().actor(),
            "request_id": request_id,
            "version": form.version.data,
            "reason": form.reason.data or "",
        }
        if "tra-lai" in request.form:
            if _try(lambda: moves.return_to_drafter(db.session, **common)):
                return _done(request_id, "Đã trả lại người soạn.")
        elif _try(lambda: moves.approve(db.session, law=current_law(), **common)):
            return _done(request_id, "Đã duyệt. Bước tiếp theo: ký văn bản.")
        row = _load(request_id, Permission.CERTIFICATE_REQUEST_APPROVE)
    own_draft = row.drafted_by_id == account().user.id
    waiting = row.state is RequestState.AWAITING_APPROVAL
    return render_template(
        "request_acts/decide.html",
        form=form,
        row=row,
        own_draft=own_draft and waiting,
        may_approve=waiting and not own_draft,
        **_findings(row),
    )


@bp.post("/<int:request_id>/sua-lai")
@requires(Permission.CERTIFICATE_REQUEST_DRAFT)
def revise(request_id: int) -> ResponseReturnValue:
    """Open a returned request as a draft again."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_DRAFT)
    form = VersionedForm()
    if form.validate_on_submit() and _try(
        lambda: moves.revise(
            db.session, actor=account().actor(), request_id=row.id, version=form.version.data
        )
    ):
        return _done(request_id, "Đã mở lại dự thảo. Sửa xong hãy trình lại.")
    return redirect(url_for("certificate_requests.show", request_id=request_id))


@bp.route("/<int:request_id>/so-van-ban", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_NUMBER)
def number(request_id: int) -> ResponseReturnValue:
    """The clerk writes down number and date; both enter the letter with the agency's signature."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_NUMBER)
    if (back := _not_now(row, RequestAct.NUMBER)) is not None:
        return back
    form = NumberForm(version=row.version, number=row.document_number)
    if request.method == "GET":
        form.day.data = row.document_on or clock.today()
    elif form.validate() and _try(
        lambda: signing.record_number(
            db.session,
            actor=account().actor(),
            request_id=request_id,
            version=form.version.data,
            number=form.number.data,
            day=form.day.data,
        )
    ):
        return _done(request_id, "Đã ghi số và ngày. Bước tiếp theo: ký số của cơ quan.")
    return render_template("request_acts/number.html", form=form, row=row)


@bp.route("/<int:request_id>/ky-o-noi-khac", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED)
def signed_elsewhere(request_id: int) -> ResponseReturnValue:
    """The prepared letter goes out, the signed one comes back, is checked and tied."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED)
    if (back := _not_now(row, RequestAct.ATTACH_SIGNED_ELSEWHERE)) is not None:
        return back
    form = SignedElsewhereForm(version=row.version)
    report = None
    if form.validate_on_submit():
        pdf = form.file.data.read()
        report = check_returned(row, pdf, number=form.number.data, day=form.day.data)
        settled = report.acceptable and (form.seen.data or not report.notices)
        if settled and _try(
            lambda: signing.take_signed_elsewhere(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                pdf=pdf,
                number=form.number.data,
                day=form.day.data,
                verdict=report.verdict,
            )
        ):
            return _done(request_id, "Đã nhận văn bản ký ở nơi khác.")
        row = _load(request_id, Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED)
    return render_template("request_acts/signed_elsewhere.html", form=form, row=row, report=report)


@bp.route("/<int:request_id>/ban-giay", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED)
def paper(request_id: int) -> ResponseReturnValue:
    """The scan of a letter signed by hand."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED)
    if (back := _not_now(row, RequestAct.ATTACH_PAPER)) is not None:
        return back
    form = PaperForm(version=row.version)
    if form.validate_on_submit():
        scan = form.file.data.read()
        media_type = scan_type(scan)
        if media_type is None:
            form.file.errors = ["Tệp phải là PDF, PNG hoặc JPG."]
        elif _try(
            lambda: signing.take_paper(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                scan=scan,
                media_type=media_type,
                number=form.number.data,
                day=form.day.data,
            )
        ):
            return _done(request_id, "Đã nhận bản quét văn bản giấy.")
        row = _load(request_id, Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED)
    return render_template("request_acts/paper.html", form=form, row=row)


@bp.route("/<int:request_id>/huy", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_CANCEL)
def cancel(request_id: int) -> ResponseReturnValue:
    """Give the request up, with a reason."""
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_CANCEL)
    if (back := _not_now(row, RequestAct.CANCEL)) is not None:
        return back
    form = ReasonForm(version=row.version)
    if form.validate_on_submit() and _try(
        lambda: moves.cancel(
            db.session,
            actor=account().actor(),
            request_id=request_id,
            version=form.version.data,
            reason=form.reason.data or "",
        )
    ):
        return _done(request_id, "Đã hủy văn bản đề nghị.")
    row = _load(request_id, Permission.CERTIFICATE_REQUEST_CANCEL)
    late = row.state not in (RequestState.DRAFT, RequestState.RETURNED)
    return render_template("request_acts/cancel.html", form=form, row=row, late=late)
