"""A letter on its way: sent, copied, received, sent back, withdrawn, and drafted again."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from forms.request_acts import (
    LinesForm,
    ProofForm,
    ReceiptForm,
    RecipientsForm,
    SendingForm,
    SentBackForm,
    WithdrawForm,
)
from models import CertificateRequest
from operations import request_results as results
from operations import request_sendings as sendings
from operations.request_successors import draft_again, returned_lines
from rules.permissions import Permission
from rules.requests import NOT_YET_SENT, RequestAct
from rules.routing import Channel, Recipient
from views.current_law import current_law
from views.guards import account, requires
from views.request_pages import done, load_request, not_now, tried, upload_of

bp = Blueprint("request_tracking", __name__, url_prefix="/de-nghi")

SEND, RESULT = (
    Permission.CERTIFICATE_REQUEST_RECORD_SENDING,
    Permission.CERTIFICATE_REQUEST_RECORD_RESULT,
)
CANCEL, DRAFT = Permission.CERTIFICATE_REQUEST_CANCEL, Permission.CERTIFICATE_REQUEST_DRAFT


@bp.route("/<int:request_id>/gui", methods=["GET", "POST"])
@requires(SEND)
def sending(request_id: int) -> ResponseReturnValue:
    """Write down that the letter has left for its addressee."""
    row = load_request(request_id, SEND)
    if (back := not_now(row, RequestAct.RECORD_SENDING)) is not None:
        return back
    form = SendingForm(version=row.version)
    if request.method == "GET":
        form.on.data = clock.today()
        main = sendings.main_sending(row)
        form.channel.data = main.channel if main is not None else None
    elif form.validate():
        sent = _sent(form)
        if sent is not None and tried(
            lambda: sendings.record_sending(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                sent=sent,
            )
        ):
            owed = len(sendings.copies_owed(load_request(request_id, SEND)))
            more = f" Còn {owed} bản sao phải gửi." if owed else ""
            return done(request_id, f"Đã ghi nhận việc gửi văn bản.{more}")
        row = load_request(request_id, SEND)
    to = {"name": row.addressee, "code": row.addressee_code}
    return render_template("request_acts/sending.html", form=form, row=row, to=to, is_copy=False)


def _sent(form: SendingForm) -> sendings.Sent | None:
    """What was typed about a sending; None when its proof cannot be taken."""
    proof, acceptable = upload_of(form.file)
    if not acceptable:
        return None
    return sendings.Sent(
        form.on.data, Channel(form.channel.data), form.reference.data or "", proof,
        form.without_proof.data or "",
    )  # fmt: skip


@bp.route("/<int:request_id>/chung-tu-gui", methods=["GET", "POST"])
@requires(SEND)
def proof(request_id: int) -> ResponseReturnValue:
    """Add the receipt, or the code, of a letter that was sent before it was at hand."""
    row = load_request(request_id, SEND)
    main = sendings.main_sending(row)
    if main is None or main.sent_on is None or main.reference or main.proof_sha256:
        flash("Lần gửi này đã có bằng chứng, hoặc chưa được ghi nhận.", "warning")
        return redirect(url_for("certificate_requests.show", request_id=row.id))
    form = ProofForm(version=row.version)
    if form.validate_on_submit():
        upload, acceptable = upload_of(form.file)
        sent = sendings.Sent(main.sent_on, Channel(main.channel), form.reference.data or "", upload)
        if acceptable and tried(
            lambda: sendings.record_proof(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                sent=sent,
            )
        ):
            return done(request_id, "Đã lưu bằng chứng gửi.")
        row = load_request(request_id, SEND)
    return render_template("request_acts/proof.html", form=form, row=row, main=main)


@bp.route("/<int:request_id>/ban-sao/<int:sending_id>", methods=["GET", "POST"])
@requires(SEND)
def copy(request_id: int, sending_id: int) -> ResponseReturnValue:
    """Write down that an owed copy has left, with a proof of its own."""
    row = load_request(request_id, SEND)
    owed = next((one for one in row.sendings if one.id == sending_id and one.is_copy), None)
    if owed is None:
        abort(404)
    form = SendingForm(version=row.version)
    form.channel.choices = [
        one for one in form.channel.choices if one.value != Channel.PORTAL.value
    ]
    if request.method == "GET":
        form.on.data = clock.today()
        form.channel.data = owed.channel or None
    elif form.validate():
        sent = _sent(form)
        if sent is not None and tried(
            lambda: sendings.record_copy(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                sending_id=sending_id,
                sent=sent,
            )
        ):
            return done(request_id, "Đã ghi nhận việc gửi bản sao.")
        row = load_request(request_id, SEND)
        owed = next(one for one in row.sendings if one.id == sending_id)
    to = {"name": owed.recipient, "code": owed.recipient_code}
    return render_template("request_acts/sending.html", form=form, row=row, to=to, is_copy=True)


@bp.route("/<int:request_id>/noi-nhan", methods=["GET", "POST"])
@requires(SEND)
def recipients(request_id: int) -> ResponseReturnValue:
    """Correct the code of the addressee and the copies, until the letter has left."""
    row = load_request(request_id, SEND)
    if row.state not in NOT_YET_SENT:
        flash("Văn bản đã gửi nên nơi nhận không thay đổi được nữa.", "warning")
        return redirect(url_for("certificate_requests.show", request_id=row.id))
    form = RecipientsForm(version=row.version, addressee_code=row.addressee_code)
    if request.method == "GET":
        for one in sendings.copies_owed(row):
            form.copies.append_entry({"name": one.recipient, "code": one.recipient_code})
        form.copies.append_entry({"name": "", "code": ""})
    elif form.validate() and tried(
        lambda: sendings.change_recipients(
            db.session,
            actor=account().actor(),
            request_id=request_id,
            version=form.version.data,
            addressee_code=form.addressee_code.data or "",
            copies=[
                Recipient(one.data["name"] or "", one.data["code"] or "", False)
                for one in form.copies
            ],
        )
    ):
        return done(request_id, "Đã ghi nơi nhận.")
    return render_template("request_acts/recipients.html", form=form, row=row)


@bp.route("/<int:request_id>/tiep-nhan", methods=["GET", "POST"])
@requires(RESULT)
def receipt(request_id: int) -> ResponseReturnValue:
    """Write down that the receiving body has taken the request in."""
    row = load_request(request_id, RESULT)
    if (back := not_now(row, RequestAct.RECORD_RECEIPT)) is not None:
        return back
    form = ReceiptForm(version=row.version, dossier_code=row.dossier_code)
    if request.method == "GET":
        form.on.data = row.received_on or clock.today()
    elif form.validate() and tried(
        lambda: sendings.record_receipt(
            db.session,
            actor=account().actor(),
            request_id=request_id,
            version=form.version.data,
            on=form.on.data,
            dossier_code=form.dossier_code.data or "",
        )
    ):
        return done(request_id, "Đã ghi nhận nơi nhận tiếp nhận.")
    return render_template("request_acts/receipt.html", form=form, row=row)


@bp.route("/<int:request_id>/bi-tra-lai", methods=["GET", "POST"])
@requires(RESULT)
def sent_back(request_id: int) -> ResponseReturnValue:
    """The authority sent the whole letter back."""
    row = load_request(request_id, RESULT)
    if (back := not_now(row, RequestAct.RECORD_SENDING_BACK)) is not None:
        return back
    form = SentBackForm(version=row.version)
    if request.method == "GET":
        form.on.data = clock.today()
    elif form.validate() and tried(
        lambda: results.record_sent_back(
            db.session,
            actor=account().actor(),
            request_id=request_id,
            version=form.version.data,
            on=form.on.data,
            note=form.note.data or "",
        )
    ):
        message = "Đã ghi nhận văn bản bị trả lại; các dòng đó có thể đề nghị lại."
        return done(request_id, message)
    return render_template("request_acts/sent_back.html", form=form, row=row)


@bp.route("/<int:request_id>/rut", methods=["GET", "POST"])
@requires(CANCEL)
def withdraw(request_id: int) -> ResponseReturnValue:
    """Withdraw lines, or everything that is open, after the letter has left."""
    row = load_request(request_id, CANCEL)
    if (back := not_now(row, RequestAct.WITHDRAW)) is not None:
        return back
    form = WithdrawForm(version=row.version)
    if form.validate_on_submit() and _lines_chosen(form):
        if tried(
            lambda: results.withdraw(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                line_ids=form.lines.data,
                reason=form.reason.data or "",
            )
        ):
            return done(request_id, "Đã ghi nhận việc rút đề nghị; các dòng đó được giữ trong sổ.")
        row = load_request(request_id, CANCEL)
    lines = [line for line in row.lines if line.is_open]
    return render_template("request_acts/withdraw.html", form=form, row=row, lines=lines)


def _lines_chosen(form: LinesForm) -> bool:
    if not form.lines.data:
        form.lines.errors = ["Chọn ít nhất một dòng."]
    return bool(form.lines.data)


@bp.route("/<int:request_id>/lap-lai", methods=["GET", "POST"])
@requires(DRAFT)
def again(request_id: int) -> ResponseReturnValue:
    """Lập lại văn bản với các dòng bị trả."""
    row = load_request(request_id, DRAFT)
    form = LinesForm(version=row.version)
    if form.validate_on_submit() and _lines_chosen(form):
        made: list[int] = []
        if tried(lambda: made.append(_draft_again(form, row))):
            flash("Đã lập dự thảo mới với các dòng đã chọn. Sửa chỗ bị nêu rồi trình.", "success")
            return redirect(url_for("certificate_requests.show", request_id=made[0]))
        row = load_request(request_id, DRAFT)
    lines = returned_lines(row)
    if not lines:
        flash("Văn bản này không có dòng nào bị trả lại hoặc đã rút.", "warning")
        return redirect(url_for("certificate_requests.show", request_id=row.id))
    chosen: dict[str, Any] = {"chosen": form.lines.data or [line.id for line in lines]}
    return render_template("request_acts/again.html", form=form, row=row, lines=lines, **chosen)


def _draft_again(form: LinesForm, row: CertificateRequest) -> int:
    return draft_again(
        db.session,
        actor=account().actor(),
        request_id=row.id,
        version=form.version.data,
        line_ids=form.lines.data,
        law=current_law(),
    )
