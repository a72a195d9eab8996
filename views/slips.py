"""Phiếu đề nghị của thuê bao: what people asked for, and turning a slip into a request."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from extensions import db
from forms.incidents import DeclineForm
from operations import slips
from operations.transactions import Refused
from rules.papers import PaperKind
from rules.permissions import Permission
from rules.requests import RequestKind
from schema.custody import Paper
from views.guards import account, load, requires
from views.papers import load_whole

bp = Blueprint("slips", __name__, url_prefix="/phieu-de-nghi")

DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
OWN = Permission.RECEIPT_CONFIRM
PAGE = 40
_WITH = (*slips.WITH_PARTS, selectinload(Paper.lines))


@bp.get("")
@requires(DRAFT)
def index() -> ResponseReturnValue:
    """Slips that wait for an answer, the oldest first."""
    where = (slips.is_open(), account().scope(DRAFT).clause(Paper.agency_id))
    total = db.session.scalar(select(func.count()).select_from(Paper).where(*where)) or 0
    after = request.args.get("sau", type=int)
    rows = db.session.scalars(
        select(Paper)
        .where(*where, *([Paper.id > after] if after else []))
        .options(*_WITH)
        .order_by(Paper.id)
        .limit(PAGE + 1)
    ).all()
    shown = rows[:PAGE]
    return render_template(
        "slips/index.html",
        rows=[(one, slips.kind_of(one)) for one in shown],
        total=total,
        next_url=url_for(".index", sau=shown[-1].id) if len(rows) > PAGE else "",
        first_url=url_for(".index") if after else "",
    )


@bp.get("/<int:paper_id>")
@requires(DRAFT)
def show(paper_id: int) -> ResponseReturnValue:
    """One slip: what is asked, the way to a draft, and the requests that answer it."""
    return _page(_load(paper_id))


def _page(row: Paper, form: DeclineForm | None = None) -> str:
    kind = slips.kind_of(row)
    return render_template(
        "slips/show.html",
        row=row,
        kind=kind,
        told=row.particulars,
        draft_url=_draft_url(row, kind),
        answers=slips.answers(db.session(), row),
        form=form or DeclineForm(formdata=None, version=row.version),
    )


@bp.post("/<int:paper_id>/tiep-nhan")
@requires(DRAFT)
def take(paper_id: int) -> ResponseReturnValue:
    """This request answers the slip."""
    row = _load(paper_id)
    try:
        slips.take(
            db.session(),
            actor=account().actor(),
            paper_id=row.id,
            version=request.form.get("version", type=int) or 0,
            request_id=request.form.get("van-ban", type=int) or 0,
        )
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for(".show", paper_id=paper_id), 303)
    flash("Đã gắn phiếu với văn bản; người đề nghị thấy việc đang được làm.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:paper_id>/tu-choi")
@requires(DRAFT)
def decline(paper_id: int) -> ResponseReturnValue:
    """It is not carried out; whoever asked reads why."""
    row, form = _load(paper_id), DeclineForm()
    if form.validate():
        try:
            slips.decline(
                db.session(),
                actor=account().actor(),
                paper_id=row.id,
                version=form.version.data,
                reason=form.reason.data or "",
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã trả lời không thực hiện, kèm lý do.", "success")
            return redirect(url_for(".index"), 303)
        row = _load(paper_id)
    return _page(row, form)


@bp.post("/<int:paper_id>/rut")
@requires(OWN)
def withdraw(paper_id: int) -> ResponseReturnValue:
    """Whoever asked takes it back."""
    row = load_whole(paper_id)
    if row.kind is not PaperKind.SUBSCRIBER_SLIP:
        abort(404)
    version = request.form.get("version", 0, type=int)
    try:
        slips.withdraw(db.session(), actor=account().actor(), paper_id=row.id, version=version)
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for("papers.show", paper_id=paper_id), 303)
    flash("Đã rút phiếu đề nghị.", "success")
    return redirect(url_for("own.show"), 303)


def _load(paper_id: int) -> Paper:
    row = load(Paper, paper_id, DRAFT, options=_WITH)
    if row.kind is not PaperKind.SUBSCRIBER_SLIP:
        abort(404)
    return row


def _draft_url(row: Paper, kind: RequestKind) -> str:
    """The page on which the asked request is drafted, with its subject chosen."""
    line: Any = row.lines[0]
    certificate = {"chung-thu": line.certificate_id} if line.certificate_id else {}
    if kind is RequestKind.RENEWAL:
        return url_for("certificate_requests.new_renewal", **certificate)
    if kind is RequestKind.AMENDMENT:
        return url_for("request_drafts.amendments", **certificate)
    if kind is RequestKind.REVOCATION:
        return url_for("request_drafts.revocations", **certificate)
    if kind is RequestKind.UNLOCK:
        return url_for("request_drafts.unlocks", **{"thiet-bi": line.device_id})
    return url_for("request_drafts.people", **{"ca-nhan": line.person_id})
