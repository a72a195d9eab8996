"""What is done with a paper: a number, proofs, a confirmation, its way to the authority, an end."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from extensions import db
from forms.papers import (
    EvidenceForm,
    PaperCancelForm,
    PaperNumberForm,
    PaperReceivedForm,
    PaperReturnForm,
    PaperSendingForm,
    SignedCopyForm,
)
from operations import files, paper_signing, papers
from operations.transactions import Refused
from rules.papers import LETTERS, PaperFileRole
from rules.permissions import Permission
from rules.routing import Channel
from views.guards import account, requires
from views.paper_copies import check_copy
from views.papers import load_for, load_whole, page
from views.returned_letters import scan_type

bp = Blueprint("paper_acts", __name__, url_prefix="/bien-ban")

EDIT = Permission.PAPER_EDIT


def _try(act: Callable[[], object]) -> bool:
    try:
        act()
    except Refused as error:
        flash(str(error), "error")
        return False
    return True


def _done(paper_id: int, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("papers.show", paper_id=paper_id), 303)


@bp.post("/<int:paper_id>/so")
@requires(EDIT)
def number(paper_id: int) -> ResponseReturnValue:
    """Write down the number that the clerk gave."""
    load_for(paper_id, EDIT)
    form = PaperNumberForm(prefix="so-")
    if form.validate() and _try(
        lambda: papers.give_number(
            db.session(),
            actor=account().actor(),
            paper_id=paper_id,
            version=form.version.data,
            number=form.number.data,
        )
    ):
        return _done(paper_id, "Đã ghi số.")
    return page(load_for(paper_id, EDIT), number=form)


@bp.post("/<int:paper_id>/bang-chung")
@requires(EDIT)
def evidence(paper_id: int) -> ResponseReturnValue:
    """Keep a scan or photo; a scan of the signed paper proves it."""
    load_for(paper_id, EDIT)
    form = EvidenceForm(prefix="bang-chung-")
    if form.validate():
        content = _bytes(form.file.data)
        media_type = scan_type(content)
        if media_type is None:
            form.file.errors = ["Tệp phải là PDF, PNG hoặc JPG."]
        elif _try(
            lambda: papers.add_evidence(
                db.session(),
                actor=account().actor(),
                paper_id=paper_id,
                role=PaperFileRole[form.role.data],
                content=content,
                media_type=media_type,
                name=form.file.data.filename or "tep",
            )
        ):
            return _done(paper_id, "Đã lưu tệp cùng biên bản.")
    return page(load_for(paper_id, EDIT), evidence=form)


@bp.route("/<int:paper_id>/ky-o-noi-khac", methods=["GET", "POST"])
@requires(EDIT)
def signed_elsewhere(paper_id: int) -> ResponseReturnValue:
    """The frozen paper comes back with signatures: is it ours, and what are they worth?"""
    paper = load_for(paper_id, EDIT)
    form, report = SignedCopyForm(), None
    if form.validate_on_submit():
        content = _bytes(form.file.data)
        report = check_copy(paper, content)
        go_on = report.acceptable and (form.seen.data or not report.notices)
        name = form.file.data.filename or "ban-da-ky.pdf"
        if go_on and report.signed is not None:
            signed = report.signed
            if _try(
                lambda: papers.add_evidence(
                    db.session(),
                    actor=account().actor(),
                    paper_id=paper_id,
                    role=PaperFileRole.SIGNED,
                    content=content,
                    media_type=files.PDF,
                    name=name,
                    signed=signed,
                )
            ):
                return _done(paper_id, "Đã nhận bản ký số và kiểm tra xong.")
    paper = load_for(paper_id, EDIT)
    return render_template("papers/signed_elsewhere.html", paper=paper, form=form, report=report)


def _bytes(sent: FileStorage) -> bytes:
    return sent.read()


@bp.post("/<int:paper_id>/xac-nhan")
@requires(Permission.RECEIPT_CONFIRM)
def confirm(paper_id: int) -> ResponseReturnValue:
    """The receiver confirms: a proof for the time being."""
    load_whole(paper_id)
    done = _try(
        lambda: papers.confirm_receipt(db.session(), actor=account().actor(), paper_id=paper_id)
    )
    if done:
        return _done(paper_id, "Đã xác nhận. Biên bản vẫn cần bản ký của hai bên.")
    return redirect(url_for("papers.show", paper_id=paper_id), 303)


@bp.post("/<int:paper_id>/gui")
@requires(EDIT)
def sending(paper_id: int) -> ResponseReturnValue:
    """Write down that the paper went out with its devices."""
    paper = load_for(paper_id, EDIT)
    form = PaperSendingForm(prefix="gui-")
    form.offer(letter=paper.kind in LETTERS)
    if form.validate() and _try(
        lambda: papers.record_sending(
            db.session(),
            actor=account().actor(),
            paper_id=paper_id,
            version=form.version.data,
            sent_on=form.sent_on.data,
            channel=Channel[form.channel.data].name,
            reference=form.reference.data or "",
        )
    ):
        return _done(paper_id, "Đã ghi nhận việc gửi.")
    return page(load_for(paper_id, EDIT), sending=form)


@bp.post("/<int:paper_id>/noi-nhan-da-nhan")
@requires(EDIT)
def received(paper_id: int) -> ResponseReturnValue:
    """Write down when the authority received it."""
    load_for(paper_id, EDIT)
    form = PaperReceivedForm(prefix="nhan-")
    if form.validate() and _try(
        lambda: papers.record_received(
            db.session(),
            actor=account().actor(),
            paper_id=paper_id,
            version=form.version.data,
            received_on=form.received_on.data,
        )
    ):
        return _done(paper_id, "Đã ghi ngày nơi nhận đã nhận.")
    return page(load_for(paper_id, EDIT), received=form)


@bp.post("/<int:paper_id>/huy")
@requires(EDIT)
def cancel(paper_id: int) -> ResponseReturnValue:
    """Cancel a paper that is not proved yet, with a reason."""
    load_for(paper_id, EDIT)
    form = PaperCancelForm(prefix="huy-")
    if form.validate() and _try(
        lambda: papers.cancel(
            db.session(),
            actor=account().actor(),
            paper_id=paper_id,
            version=form.version.data,
            reason=form.reason.data,
        )
    ):
        return _done(paper_id, "Đã hủy. Các thao tác đã ghi theo giấy tờ này được hoàn tác.")
    return page(load_for(paper_id, EDIT), cancel=form)


@bp.post("/<int:paper_id>/tra-lai")
@requires(Permission.RECEIPT_CONFIRM)
def send_back(paper_id: int) -> ResponseReturnValue:
    """Whose turn it is to sign does not, and says why."""
    load_whole(paper_id)
    form = PaperReturnForm(prefix="tra-")
    if form.validate() and _try(
        lambda: paper_signing.send_back(
            db.session(),
            actor=account().actor(),
            paper_id=paper_id,
            version=form.version.data,
            reason=form.reason.data,
        )
    ):
        return _done(paper_id, "Đã trả lại. Người lập đọc lý do và lập biên bản khác cho đúng.")
    return page(load_whole(paper_id), returned=form)
