"""Documents that come in (văn bản đến): received, verified, decided; the register of them."""

import hashlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer, joinedload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.incoming_documents import DecisionForm, ReceiptForm
from models import Agency
from operations import files, incoming_documents, search
from operations.incoming_documents import NOUN, Entry, Received
from operations.incoming_notices import NOT_TAKEN, is_owed
from operations.transactions import Refused
from rules.incoming_documents import Judged, choices, ordered_for_invalid
from rules.office_documents import IncomingState
from rules.papers import PaperState
from rules.permissions import Permission
from schema.custody import Paper
from schema.documents import IncomingDocument
from signing.pades.report import Report, Verdict
from views.current_law import current_law, law_of
from views.finding import by_ids
from views.guards import account, load, requires
from views.newest import by_words, newest_page
from views.office_document_uploads import nearest_agency
from views.register_pages import agencies, below, history, member, small
from views.verification_words import moment, view
from views.verifier import judge

bp = Blueprint("incoming_documents", __name__, url_prefix="/van-ban-den")

VIEW, EDIT = Permission.INCOMING_VIEW, Permission.INCOMING_EDIT
PAGE = 50
LONGEST_NAME = 120
_LISTED = (
    joinedload(IncomingDocument.agency).load_only(Agency.name),
    defer(IncomingDocument.report),
)
JUDGED: Mapping[str, Judged] = {
    Verdict.VALID: "valid",
    Verdict.PRACTICE: "valid",
    Verdict.UNDECIDED: "undecided",
    Verdict.INVALID: "invalid",
    Verdict.UNREADABLE: "invalid",
}
DONE_WORDS = {
    IncomingState.ACCEPTED: "Đã ghi vào sổ văn bản đến.",
    IncomingState.HELD: "Đã tạm giữ văn bản, chờ làm rõ.",
    IncomingState.REFUSED: "Đã từ chối tiếp nhận. Lập thông báo gửi nơi gửi.",
    IncomingState.DELETED: "Đã xóa tệp. Lập thông báo gửi nơi gửi.",
}


def judged(verdict: str) -> Judged:
    """What a verdict means for the register; words that we do not know are undecided."""
    return JUDGED.get(verdict, "undecided")


# The register -------------------------------------------------------------------------------------


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The register of documents that came in, newest first; printed as it is shown."""
    place = agencies(VIEW, request.args.get("don-vi", type=int))
    wanted = [account().scope(VIEW).clause(IncomingDocument.agency_id), *_filters()]
    if place.path:
        wanted.append(IncomingDocument.agency_id.in_(select(Agency.id).where(below(place.path))))
    sought = by_words(IncomingDocument, search.INCOMING, request.args.get("q", ""))
    page = newest_page(
        IncomingDocument,
        [*wanted, *([sought.clause] if sought else [])],
        before=request.args.get("truoc", type=int),
        size=PAGE,
        cap=sought.cap if sought else None,
    )
    rows = by_ids(db.session(), IncomingDocument, page.ids, _LISTED)
    asked = {name: value for name, value in request.args.items() if value and name != "truoc"}
    return render_template(
        "incoming_documents/index.html",
        rows=rows,
        page=page,
        asked=asked,
        selects=_selects(place),
        next_url=url_for(".index", **asked, truoc=page.ids[-1]) if page.more else "",
        first_url=url_for(".index", **asked) if request.args.get("truoc") else "",
        may_edit=account().can(EDIT),
    )


def _filters() -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if (state := member(IncomingState, request.args.get("trang-thai", ""))) is not None:
        found.append(IncomingDocument.state == state)
    if (verdict := request.args.get("ket-luan", "")) in {one.value for one in Verdict}:
        found.append(IncomingDocument.verdict == verdict)
    if request.args.get("thong-bao"):
        found.append(is_owed())
    return found


def _selects(place: Any) -> list[dict[str, Any]]:
    states = [("", "tất cả"), *((one.name, small(one)) for one in IncomingState)]
    verdicts = [("", "tất cả"), *((one.value, one.value) for one in Verdict)]
    found: list[dict[str, Any]] = [
        {"name": "trang-thai", "before": "trạng thái", "options": states},
        {"name": "ket-luan", "before": "kết luận", "options": verdicts},
        {
            "name": "thong-bao",
            "before": "thông báo",
            "options": [("", "tất cả"), ("cho", "chưa gửi cho nơi gửi")],
        },
    ]
    if len(place.options) > 2:
        found.append({"name": "don-vi", "before": "đơn vị", "options": place.options})
    for one in found:
        one["value"] = request.args.get(one["name"], "")
    return found


# Receiving ----------------------------------------------------------------------------------------


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def receive() -> ResponseReturnValue:
    """Take a file in: verified in the sandbox, kept with its verdict and the instant of receipt."""
    rows = db.session.execute(
        select(Agency.id, Agency.name)
        .where(account().scope(EDIT).clause(Agency.id), Agency.has_own_seal)
        .order_by(Agency.sort_key, Agency.id)
        .limit(300)
    ).all()
    form = ReceiptForm(agency_id=nearest_agency({row.id: row.name for row in rows}))
    form.agency_id.choices = [SelectChoice(row.id, row.name) for row in rows]
    if form.validate_on_submit():
        content = form.file.data.read()
        report, sha256 = _judge(content)
        document_id = incoming_documents.register(
            db.session(),
            actor=account().actor(),
            received=Received(
                agency_id=form.agency_id.data,
                content=content,
                file_name=(form.file.data.filename or "")[-LONGEST_NAME:],
                sha256=sha256,
                verdict=report.verdict,
                report=report.as_dict(),
                sender=(form.sender.data or "").strip(),
            ),
        )
        return redirect(url_for(".show", document_id=document_id), 303)
    return render_template("incoming_documents/receive.html", form=form)


def _judge(content: bytes) -> tuple[Report, str]:
    """Our verdict on a file. What our log knows is proven to be that old."""
    return judge(content), hashlib.sha256(content).hexdigest()


# One document -------------------------------------------------------------------------------------


@bp.get("/<int:document_id>")
@requires(VIEW)
def show(document_id: int) -> ResponseReturnValue:
    """One document: the verdict, what may be decided, what was decided."""
    row = load(IncomingDocument, document_id, VIEW)
    return _page(row, _form(row))


def _form(row: IncomingDocument) -> DecisionForm:
    return DecisionForm(
        version=row.version,
        register_number=row.register_number,
        received_on=row.received_on,
        sender=row.sender,
        number=row.number,
        document_on=row.document_on,
        subject=row.subject,
        reason=row.reason,
    )


def _page(row: IncomingDocument, form: DecisionForm) -> str:
    law = law_of(row.agency)
    meaning, today = judged(row.verdict), clock.today()
    may_edit = account().can(EDIT) and account().scope(EDIT).covers(row.agency_id)
    report = Report.from_dict(dict(row.report))
    form.reason.flags.required = meaning != "valid"
    form.register_number.flags.required = form.received_on.flags.required = True
    return render_template(
        "incoming_documents/show.html",
        row=row,
        form=form,
        file=view(report, row.file_name, row.file_size),
        earlier=[(moment(at), verdict) for at, verdict in row.report.get("earlier", ())],
        choices=choices(row.state, meaning, on=today, law=law) if may_edit else (),
        ground=ordered_for_invalid(law, today)[1] if meaning == "invalid" else None,
        invalid=meaning == "invalid",
        needs_reason=meaning != "valid",
        may_check=may_edit
        and row.stored_sha256 is not None
        and row.state in (IncomingState.CHECKED, IncomingState.HELD),
        notice=row.notice,
        owes_notice=row.state in NOT_TAKEN,
        may_notify=may_edit and row.state in NOT_TAKEN and _is_open(row.notice),
        same=_same_file(row),
        history=history(NOUN, row.id),
    )


def _is_open(notice: Paper | None) -> bool:
    """Whether the notice to the sender may be made, or made anew."""
    if notice is None or notice.state is PaperState.CANCELLED:
        return True
    signed = any(one.signed_at is not None for one in notice.signatures)
    return not (notice.state is PaperState.PROVEN or notice.sent_on is not None or signed)


def _same_file(row: IncomingDocument) -> Sequence[IncomingDocument]:
    """Other lines of the register with the very same bytes, where this person may see them."""
    return db.session.scalars(
        select(IncomingDocument)
        .where(
            IncomingDocument.file_sha256 == row.file_sha256,
            IncomingDocument.id != row.id,
            account().scope(VIEW).clause(IncomingDocument.agency_id),
        )
        .order_by(IncomingDocument.id)
        .limit(10)
    ).all()


def faults_of(report: Report) -> list[str]:
    """Each reason once, by the signer's name: the sender does not know the names of our fields."""
    own = [each for one in report.signatures for each in one.reasons]
    general = [one for one in report.reasons if not any(one.endswith(each) for each in own)]
    return [
        *general,
        *(
            f"Chữ ký của {one.signer or one.field}: {' '.join(one.reasons)}"
            for one in report.signatures
            if one.reasons
        ),
    ]


@bp.post("/<int:document_id>/kiem-tra-lai")
@requires(EDIT)
def check_again(document_id: int) -> ResponseReturnValue:
    """Verify once more, with what the server knows today and the proof of the day of receipt."""
    row = load(IncomingDocument, document_id, EDIT)
    version = request.form.get("version", type=int) or 0
    if row.stored_sha256 is None:
        abort(404)
    report, _ = _judge(files.read(db.session, row.stored_sha256))
    try:
        incoming_documents.check_again(
            db.session(),
            actor=account().actor(),
            document_id=document_id,
            version=version,
            verdict=report.verdict,
            report=report.as_dict(),
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(f"Đã kiểm tra lại: {report.verdict}.", "success")
    return redirect(url_for(".show", document_id=document_id), 303)


@bp.post("/<int:document_id>/xu-ly")
@requires(EDIT)
def decide(document_id: int) -> ResponseReturnValue:
    """Accept into the register, hold, refuse, or delete and tell the sender."""
    row = load(IncomingDocument, document_id, EDIT)
    form, wanted = DecisionForm(), member(IncomingState, request.form.get("wanted", ""))
    if wanted is None:
        abort(400)
    if not form.validate():
        return _page(row, form)
    try:
        incoming_documents.decide(
            db.session(),
            actor=account().actor(),
            law=current_law(),
            document_id=document_id,
            version=form.version.data,
            wanted=wanted,
            judged=judged(row.verdict),
            reason=(form.reason.data or "").strip(),
            entry=_entry(form),
        )
    except Refused as error:
        flash(str(error), "error")
        return _page(load(IncomingDocument, document_id, EDIT), form)
    flash(DONE_WORDS[wanted], "success")
    return redirect(url_for(".show", document_id=document_id), 303)


def _entry(form: DecisionForm) -> Entry:
    return Entry(
        register_number=(form.register_number.data or "").strip(),
        received_on=form.received_on.data,
        sender=(form.sender.data or "").strip(),
        number=(form.number.data or "").strip(),
        document_on=form.document_on.data,
        subject=(form.subject.data or "").strip(),
    )


@bp.get("/<int:document_id>/tep.pdf")
@requires(VIEW)
def download(document_id: int) -> ResponseReturnValue:
    """The file as it came in; gone when it had to be deleted."""
    row = load(IncomingDocument, document_id, VIEW)
    if row.stored_sha256 is None:
        abort(404)
    return send_file(
        BytesIO(files.read(db.session, row.stored_sha256)),
        mimetype=files.PDF,
        as_attachment=True,
        download_name=f"van-ban-den-{row.id}.pdf",
        etag=False,
    )
