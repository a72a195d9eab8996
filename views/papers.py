"""Papers: the register of minutes, decisions and slips; one paper, its pages and its files."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, make_response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.exceptions import NotFound

import clock
from extensions import db
from forms.fields import numbers_in
from forms.papers import (
    EvidenceForm,
    PaperCancelForm,
    PaperNumberForm,
    PaperReceivedForm,
    PaperReturnForm,
    PaperSendingForm,
)
from labels import label
from letters.errors import LetterError
from models import Agency, Person
from operations import files
from operations.custody_checks import certificates_on
from operations.paper_effects import planned_act, waiting_for
from operations.paper_proofs import (
    CONFIRMABLE,
    lacks_to_go_out,
    level_of_paper,
    proof_of,
    receivers_of,
)
from operations.paper_signatures import due_for
from operations.paper_signing import paper_waits
from operations.papers import NOUN, returned
from rules.evidence import check_proof
from rules.office_documents import StepState
from rules.papers import LETTERS, PaperFileRole, PaperKind, PaperState
from rules.permissions import Permission
from rules.routing import Channel
from schema.custody import Paper, PaperConfirmation, PaperFile, PaperLine, PaperSignature
from signing.errors import SigningError
from views import (  # noqa: F401 - they register makers
    papers_data_agency,
    papers_data_handovers,
    papers_data_incoming,
)
from views.current_law import law_of
from views.finding import CAP, by_ids
from views.guards import account, requires
from views.newest import Sought, by_people, newest_page
from views.papers_data import as_word, can_draw
from views.register_pages import agencies, below, history, member, small
from views.verifier import pages_of, sandbox

bp = Blueprint("papers", __name__, url_prefix="/bien-ban")

VIEW, EDIT = Permission.PAPER_VIEW, Permission.PAPER_EDIT
INVOLVED, ISSUE = Permission.RECEIPT_CONFIRM, Permission.DOCUMENT_ISSUE
PAGE = 50
IMAGE_WIDTH = 1100
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LISTED = (
    joinedload(Paper.agency).load_only(Agency.name),
    joinedload(Paper.giver).load_only(Person.full_name),
    joinedload(Paper.receiver).load_only(Person.full_name),
)
_WHOLE = (
    joinedload(Paper.agency),
    joinedload(Paper.giver),
    joinedload(Paper.receiver),
    selectinload(Paper.lines).joinedload(PaperLine.device),
    selectinload(Paper.lines).joinedload(PaperLine.person),
    joinedload(Paper.files).joinedload(PaperFile.stored_file),
    selectinload(Paper.confirmations).joinedload(PaperConfirmation.person),
    selectinload(Paper.signatures).joinedload(PaperSignature.person),
)


def may_see() -> ColumnElement[bool]:
    """Papers of the person's agencies, and those in which the person gives, receives or signs."""
    scope = account().scope(VIEW)
    if scope.everything:
        return true()
    ways = [scope.clause(Paper.agency_id)]
    if (own := account().user.person_id) is not None:
        named = select(PaperLine.paper_id).where(PaperLine.person_id == own)
        signs = select(PaperSignature.paper_id).where(PaperSignature.person_id == own)
        ways += [Paper.giver_id == own, Paper.receiver_id == own]
        ways += [Paper.id.in_(named), Paper.id.in_(signs)]
    return or_(*ways)


def load_whole(paper_id: int) -> Paper:
    """A paper that this person may see, with all its parts; else 404."""
    statement = select(Paper).where(Paper.id == paper_id, may_see()).options(*_WHOLE)
    found = db.session.scalars(statement).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def load_for(paper_id: int, permission: Permission) -> Paper:
    """A paper on which this person may act by a permission over its agency; else 404."""
    paper = load_whole(paper_id)
    if not account().scope(permission).covers(paper.agency_id):
        raise NotFound
    return paper


# The register -------------------------------------------------------------------------------------


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The register of papers, newest first."""
    place = agencies(VIEW, request.args.get("don-vi", type=int))
    wanted = [account().scope(VIEW).clause(Paper.agency_id), *filters_asked()]
    if place.path:
        wanted.append(Paper.agency_id.in_(select(Agency.id).where(below(place.path))))
    sought = named_asked()
    page = newest_page(
        Paper,
        [*wanted, *([sought.clause] if sought else [])],
        before=request.args.get("truoc", type=int),
        size=PAGE,
        cap=sought.cap if sought else None,
    )
    rows = by_ids(db.session(), Paper, page.ids, _LISTED)
    asked = {name: value for name, value in request.args.items() if value and name != "truoc"}
    return render_template(
        "papers/index.html",
        rows=rows,
        devices=_device_counts(rows),
        page=page,
        asked=asked,
        selects=_selects(place),
        next_url=url_for(".index", **asked, truoc=page.ids[-1]) if page.more else "",
        first_url=url_for(".index", **asked) if request.args.get("truoc") else "",
        may_move=account().can(Permission.CUSTODY_MOVE),
        may_edit=account().can(EDIT),
    )


def filters_asked() -> list[ColumnElement[bool]]:
    """The conditions that the address of a list of papers asks for, beside the unit."""
    found: list[ColumnElement[bool]] = []
    if (kind := member(PaperKind, request.args.get("loai", ""))) is not None:
        found.append(Paper.kind == kind)
    if (state := member(PaperState, request.args.get("trang-thai", ""))) is not None:
        found.append(Paper.state == state)
    if request.args.get("cho-toi"):
        waits = PaperSignature.state == StepState.DUE
        mine = PaperSignature.person_id == account().user.person_id
        found.append(Paper.id.in_(select(PaperSignature.paper_id).where(mine, waits)))
        found.append(Paper.state == PaperState.ISSUED)
    if made := request.args.get("lap", ""):
        found.append(Paper.id.in_(numbers_in(made.split(","))))
    return found


def named_asked() -> Sought | None:
    """What the address searches for: a name of who gives or receives, else part of a number."""
    query = request.args.get("q", "").strip()[:60]
    if not query:
        return None
    found = by_people(Paper, query, Paper.receiver_id, Paper.giver_id)
    return found or Sought(Paper.number.icontains(query, autoescape=True), CAP)


def _selects(place: Any) -> list[dict[str, Any]]:
    kinds = [("", "tất cả"), *((one.name, label(one)) for one in PaperKind)]
    states = [
        ("", "tất cả"),
        *((one.name, small(one)) for one in PaperState if one is not PaperState.DRAFT),
    ]
    selects: list[dict[str, Any]] = [
        {"name": "loai", "before": "loại", "options": kinds},
        {"name": "trang-thai", "before": "trạng thái", "options": states},
        {"name": "cho-toi", "before": "chờ", "options": [("", "mọi người"), ("1", "tôi ký số")]},
    ]
    if len(place.options) > 2:
        selects.append({"name": "don-vi", "before": "đơn vị", "options": place.options})
    for one in selects:
        one["value"] = request.args.get(one["name"], "")
    return selects


def _device_counts(rows: Sequence[Paper]) -> dict[int, int]:
    found = db.session.execute(
        select(PaperLine.paper_id, func.count(PaperLine.device_id))
        .where(PaperLine.paper_id.in_([one.id for one in rows]))
        .group_by(PaperLine.paper_id)
    )
    return dict(iter(found))


# One paper ----------------------------------------------------------------------------------------


@bp.get("/<int:paper_id>")
@requires(VIEW, INVOLVED)
def show(paper_id: int) -> ResponseReturnValue:
    """One paper: what it is, how well it is proved, what can be done now."""
    return page(load_whole(paper_id))


def page(paper: Paper, **sent: FlaskForm) -> str:
    """The page of a paper; `sent` are forms that came back with something to correct."""
    person, today = account(), clock.today()
    may_edit = person.scope(EDIT).covers(paper.agency_id) and person.can(EDIT)
    open_ = paper.state is not PaperState.CANCELLED
    own = person.user.person_id
    confirmed = {one.person_id for one in paper.confirmations}
    waits = waiting_for(db.session(), [one.device_id for one in paper.lines if one.device_id])
    return render_template(
        "papers/show.html",
        paper=paper,
        level=level_of_paper(paper),
        findings=_findings(paper, today),
        planned=planned_act(paper),
        waits=any(one.id == paper.id for one in waits.values()),
        returned=returned(paper),
        confirmed=sorted_names(one.person for one in paper.confirmations),
        receivers=len(receivers_of(paper)),
        page_total=page_total(paper),
        files=list(reversed(paper.files)),
        may_edit=may_edit and open_,
        may_cancel=may_edit and _is_cancellable(paper),
        may_send=may_edit and open_ and paper.kind in _SENT and paper.sent_on is None,
        lacks=lacks_to_go_out(paper),
        may_confirm=open_
        and paper.kind in CONFIRMABLE
        and own in receivers_of(paper)
        and own not in confirmed,
        may_withdraw=_may_withdraw(paper, own),
        own=own_signature(paper),
        digital=paper.particulars.get("medium") == "digital",
        has_word=can_draw(paper.kind),
        forms=_forms(paper, sent, today),
        opened={name for name, form in sent.items() if form.errors},
        history=history(NOUN, paper.id),
        came_back=paper.sent_on is not None and paper.received_on is None,
    )


def _is_cancellable(paper: Paper) -> bool:
    locks = paper.kind is PaperKind.STOCKTAKE  # It closes a whole campaign.
    return paper.state is PaperState.ISSUED and paper.sent_on is None and not locks


def _may_withdraw(paper: Paper, own: int | None) -> bool:
    """Whether this person asked with this slip, and nobody has answered it."""
    waits = paper.kind is PaperKind.SUBSCRIBER_SLIP and paper.request_id is None
    mine = own is not None and paper.giver_id == own
    return waits and mine and paper.state is not PaperState.CANCELLED


_SENT = (PaperKind.RETURN_TO_AUTHORITY, PaperKind.LOSS, *LETTERS)


def _findings(paper: Paper, today: date) -> Any:
    if planned_act(paper) is None or paper.kind is PaperKind.RETURN_TO_AUTHORITY:
        return ()
    devices = [one.device for one in paper.lines if one.device is not None]
    serials = {
        one.serial_number
        for each in certificates_on(db.session(), devices).values()
        for one in each
    }
    proof = proof_of(paper, certificates=serials)
    return check_proof(proof, done_on=paper.made_on, on=today, law=law_of(paper.agency))


def sorted_names(people: Iterable[Person]) -> list[str]:
    """Their names in the Vietnamese order of names."""
    return [one.full_name for one in sorted(people, key=lambda one: one.sort_key)]


def _forms(paper: Paper, sent: dict[str, FlaskForm], today: date) -> dict[str, FlaskForm]:
    made: dict[str, FlaskForm] = {
        "number": PaperNumberForm(None, version=paper.version, number=paper.number, prefix="so-"),
        "evidence": EvidenceForm(None, prefix="bang-chung-"),
        "sending": PaperSendingForm(
            None,
            version=paper.version,
            sent_on=today,
            channel=(Channel.DOCUMENT_AXIS if paper.kind in LETTERS else Channel.POST).name,
            reference=paper.particulars.get("parcel_code", ""),
            prefix="gui-",
        ),
        "received": PaperReceivedForm(
            None, version=paper.version, received_on=today, prefix="nhan-"
        ),
        "cancel": PaperCancelForm(None, version=paper.version, prefix="huy-"),
        "returned": PaperReturnForm(None, version=paper.version, prefix="tra-"),
    }
    made["sending"].offer(letter=paper.kind in LETTERS)
    return made | sent


def own_signature(paper: Paper) -> PaperSignature | None:
    """The signature that this person gives now: their own, or the agency's by its clerk."""
    if not paper_waits(paper):
        return None
    person = account()
    may_seal = person.can(ISSUE) and person.scope(ISSUE).covers(paper.agency_id)
    return next(iter(due_for(paper, person.user.person_id, may_seal=may_seal)), None)


# Pages and files ----------------------------------------------------------------------------------


def newest(paper: Paper) -> PaperFile | None:
    """The copy to look at: the last signed one, else the paper as drawn."""
    for role in (PaperFileRole.SIGNED, PaperFileRole.DRAWN):
        for one in reversed(paper.files):
            if one.role is role:
                return one
    return None


def page_total(paper: Paper) -> int:
    """Pages of the newest copy; 0 when it cannot be shown as pictures."""
    found = newest(paper)
    if found is None:
        return 0
    try:
        return pages_of(found.sha256)
    except SigningError:
        return 0


@bp.get("/<int:paper_id>/trang/<int:number>.png")
@requires(VIEW, INVOLVED)
def page_image(paper_id: int, number: int) -> ResponseReturnValue:
    """One page of the paper as a picture; pages count from 1."""
    found = newest(load_whole(paper_id))
    if found is None:
        abort(404)
    try:
        image = sandbox().page_image(files.read(db.session, found.sha256), number - 1, IMAGE_WIDTH)
    except (SigningError, IndexError, ValueError):
        abort(404)
    answer = make_response(image)
    answer.content_type = "image/png"
    return answer


@bp.get("/<int:paper_id>/ban-hien-tai.pdf")
@requires(VIEW, INVOLVED)
def pdf(paper_id: int) -> ResponseReturnValue:
    """The newest copy: what either side keeps, prints, or signs elsewhere."""
    found = newest(load_whole(paper_id))
    if found is None:
        abort(404)
    return _send(found)


@bp.get("/<int:paper_id>/tep/<int:file_id>")
@requires(VIEW, INVOLVED)
def stored(paper_id: int, file_id: int) -> ResponseReturnValue:
    """One file kept with the paper."""
    paper = load_whole(paper_id)
    found = next((one for one in paper.files if one.id == file_id), None)
    if found is None:
        abort(404)
    return _send(found)


def _send(found: PaperFile) -> ResponseReturnValue:
    return send_file(
        BytesIO(files.read(db.session, found.sha256)),
        mimetype=found.stored_file.media_type,
        as_attachment=True,
        download_name=found.name,
        etag=False,
    )


@bp.get("/<int:paper_id>/ban-soan.docx")
@requires(VIEW, INVOLVED)
def docx(paper_id: int) -> ResponseReturnValue:
    """The same words as .docx; not frozen, for offices that finish in Word."""
    paper = load_whole(paper_id)
    if not can_draw(paper.kind):
        abort(404)
    try:
        content = as_word(paper)
    except LetterError:
        abort(404)
    name = f"{paper.kind.value.replace('_', '-')}-{paper.id}.docx"
    return send_file(
        BytesIO(content), mimetype=WORD, as_attachment=True, download_name=name, etag=False
    )
