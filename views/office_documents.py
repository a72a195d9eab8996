"""Documents of the office (văn bản của cơ quan): the list, one document, its pages and file."""

from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    abort,
    make_response,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.exceptions import NotFound

import clock
import regulations
from extensions import db
from forms.office_documents import NumberForm, ReasonForm
from models import Agency
from operations import files, search
from operations.document_capacities import words_of
from operations.document_signing import due_step
from operations.law import law_for
from operations.office_documents import NOUN, findings_of, is_finished
from rules.findings import Finding, blocking
from rules.office_documents import (
    WAYS,
    DocumentAct,
    DocumentState,
    DocumentWay,
    StepState,
    next_state,
)
from rules.permissions import Permission
from schema.documents import DocumentStep, OfficeDocument
from signing.errors import SigningError
from signing.pades.intake import FOR_SIGNING
from views.guards import account, requires
from views.newest import by_words
from views.office_document_places import check_seals
from views.register_pages import agencies, below, history, member, small
from views.verifier import sandbox

bp = Blueprint("office_documents", __name__, url_prefix="/van-ban")

VIEW, EDIT = Permission.DOCUMENT_VIEW, Permission.DOCUMENT_EDIT
SIGN, ISSUE = Permission.DOCUMENT_SIGN, Permission.DOCUMENT_ISSUE
PAGE = 50
IMAGE_WIDTH = 1100
MOST_SHOWN = 6
_WHOLE = (
    joinedload(OfficeDocument.agency),
    joinedload(OfficeDocument.created_by),
    selectinload(OfficeDocument.steps).options(
        joinedload(DocumentStep.person),
        joinedload(DocumentStep.capacity),
        joinedload(DocumentStep.certificate),
    ),
)


def may_see() -> ColumnElement[bool]:
    """Documents of the person's agencies, and those which the person signs."""
    scope = account().scope(VIEW)
    if scope.everything:
        return true()
    ways = [scope.clause(OfficeDocument.agency_id)]
    if (own := account().user.person_id) is not None:
        signs = select(DocumentStep.document_id).where(DocumentStep.person_id == own)
        ways.append(and_(OfficeDocument.id.in_(signs), OfficeDocument.state != DocumentState.DRAFT))
    return or_(*ways)


def load_whole(document_id: int) -> OfficeDocument:
    """A document that this person may see, with its steps; else 404."""
    found = db.session.scalars(
        select(OfficeDocument).where(OfficeDocument.id == document_id, may_see()).options(*_WHOLE)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def load_for(document_id: int, permission: Permission) -> OfficeDocument:
    """A document on which this person may act by a permission over its agency; else 404."""
    document = load_whole(document_id)
    if not account().scope(permission).covers(document.agency_id):
        raise NotFound
    return document


# The list -----------------------------------------------------------------------------------------


@bp.get("")
@requires(VIEW, SIGN)
def index() -> ResponseReturnValue:
    """Documents, newest first; those that wait for this person on top by a filter."""
    place = agencies(VIEW, request.args.get("don-vi", type=int))
    wanted = [may_see(), *_filters()]
    if place.path:
        wanted.append(OfficeDocument.agency_id.in_(select(Agency.id).where(below(place.path))))
    total = db.session.scalar(select(func.count()).select_from(OfficeDocument).where(*wanted)) or 0
    before = request.args.get("truoc", type=int)
    rows = db.session.scalars(
        select(OfficeDocument)
        .where(*wanted, *([OfficeDocument.id < before] if before else []))
        .options(*_WHOLE)
        .order_by(OfficeDocument.id.desc())
        .limit(PAGE + 1)
    ).all()
    shown = rows[:PAGE]
    asked = {name: value for name, value in request.args.items() if value and name != "truoc"}
    return render_template(
        "office_documents/index.html",
        rows=[(one, due_step(one)) for one in shown],
        total=total,
        asked=asked,
        selects=_selects(place),
        next_url=url_for(".index", **asked, truoc=shown[-1].id) if len(rows) > PAGE else "",
        first_url=url_for(".index", **asked) if before else "",
        may_edit=account().can(EDIT),
        numbered=[way for way, needs in WAYS.items() if needs.numbered or needs.symbol_first],
        may_issue=account().can(ISSUE),
        waiting=_waiting(),
    )


def _waiting() -> int:
    return db.session.scalar(select(func.count()).where(_for_me())) or 0


def _for_me() -> ColumnElement[bool]:
    own = account().user.person_id
    due = select(DocumentStep.document_id).where(
        DocumentStep.person_id == own, DocumentStep.state == StepState.DUE
    )
    return OfficeDocument.id.in_(due)


def _filters() -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if (way := member(DocumentWay, request.args.get("cach-ky", ""))) is not None:
        found.append(OfficeDocument.way == way)
    if (state := member(DocumentState, request.args.get("trang-thai", ""))) is not None:
        found.append(OfficeDocument.state == state)
    if request.args.get("cho-toi"):
        found.append(_for_me())
    if words := request.args.get("q", "").strip():
        sought = by_words(OfficeDocument, search.DOCUMENT, words)
        found.append(sought.clause if sought else false())
    return found


def _selects(place: Any) -> list[dict[str, Any]]:
    states = [("", "tất cả"), *((one.name, small(one)) for one in DocumentState)]
    ways = [("", "tất cả"), *((one.name, small(one)) for one in DocumentWay)]
    found: list[dict[str, Any]] = [
        {"name": "trang-thai", "before": "trạng thái", "options": states},
        {"name": "cach-ky", "before": "cách ký", "options": ways},
        {"name": "cho-toi", "before": "chờ", "options": [("", "mọi người"), ("1", "tôi ký")]},
    ]
    if len(place.options) > 2:
        found.append({"name": "don-vi", "before": "đơn vị", "options": place.options})
    for one in found:
        one["value"] = request.args.get(one["name"], "")
    return found


# One document -------------------------------------------------------------------------------------


def step_words(document: OfficeDocument) -> list[str]:
    """What each signature is called on screen: who, and doing what."""
    return [
        f"{one.person.full_name if one.person else document.agency.name}: {small(one.act)}"
        for one in document.steps
    ]


@bp.get("/<int:document_id>")
@requires(VIEW, SIGN)
def show(document_id: int) -> ResponseReturnValue:
    """One document: who has signed, whose turn it is, what can be done now."""
    return page(load_whole(document_id))


def page(document: OfficeDocument, **sent: FlaskForm) -> str:
    """The page of a document; `sent` are forms that came back with something to correct."""
    person, due = account(), due_step(document)
    scope = person.scope(EDIT)
    may_edit = person.can(EDIT) and scope.covers(document.agency_id)
    may_issue = person.can(ISSUE) and person.scope(ISSUE).covers(document.agency_id)
    own_turn = due is not None and due.person_id == person.user.person_id is not None
    open_ = not is_finished(document)
    drafting = next_state(document.state, DocumentAct.CHANGE) is not None
    needs = WAYS[document.way]
    found = _findings(document)
    return render_template(
        "office_documents/show.html",
        document=document,
        notices=_notices(document),
        due=due,
        needs=needs,
        capacities={one.id: words_of(one) for one in document.steps},
        findings=found,
        blocked=blocking(found),
        unsigned=drafting and needs.most_people != 0 and not _people(document),
        finished=is_finished(document),
        may_change=may_edit and drafting,
        may_sign=own_turn,
        may_number=may_issue
        and (needs.numbered or needs.symbol_first)
        and document.state is DocumentState.SIGNED,
        may_seal=may_issue and due is not None and due.person_id is None,
        may_return=(may_issue or own_turn)
        and open_
        and next_state(document.state, DocumentAct.RETURN) is not None,
        may_cancel=may_edit
        and open_
        and next_state(document.state, DocumentAct.CANCEL) is not None,
        forms=_forms(document, sent),
        opened={name for name, form in sent.items() if form.errors},
        shown_pages=min(len(document.layout["pages"]), MOST_SHOWN),
        page_total=len(document.layout["pages"]),
        history=history(NOUN, document.id),
    )


def _notices(document: OfficeDocument) -> list[str]:
    """What was remarked of the file; how to sign it only as long as somebody may."""
    over = document.state in (DocumentState.ISSUED, DocumentState.CANCELLED)
    past = FOR_SIGNING if over or is_finished(document) else frozenset()
    return [one for one in document.layout.get("notices", ()) if one not in past]


def _people(document: OfficeDocument) -> bool:
    return any(one.person_id is not None for one in document.steps)


def _findings(document: OfficeDocument) -> tuple[Finding, ...]:
    """What stands against sending a draft out to be signed."""
    if document.state is not DocumentState.DRAFT:
        return ()
    law = law_for(regulations.load(), document.agency)
    found = findings_of(db.session(), document, on=clock.today(), law=law)
    return (*found, *check_seals(document))


def _forms(document: OfficeDocument, sent: dict[str, FlaskForm]) -> dict[str, FlaskForm]:
    made: dict[str, FlaskForm] = {
        "number": NumberForm(
            None,
            version=document.version,
            number=document.number or "",
            symbol=document.symbol,
            document_on=document.document_on or clock.today(),
            prefix="so-",
        ),
        "returned": ReasonForm(None, version=document.version, prefix="tra-"),
        "cancelled": ReasonForm(None, version=document.version, prefix="huy-"),
    }
    return made | sent


@bp.get("/<int:document_id>/trang/<int:number>.png")
@requires(VIEW, SIGN)
def page_image(document_id: int, number: int) -> ResponseReturnValue:
    """One page of the document as it is now; pages count from 1."""
    document = load_whole(document_id)
    try:
        content = files.read(db.session, document.current_sha256)
        image = sandbox().page_image(content, number - 1, IMAGE_WIDTH)
    except (SigningError, ValueError):
        abort(404)
    answer = make_response(image)
    answer.content_type = "image/png"
    return answer


@bp.get("/<int:document_id>/tep.pdf")
@requires(VIEW, SIGN)
def download(document_id: int) -> ResponseReturnValue:
    """The document as it is now: with all signatures given so far."""
    document = load_whole(document_id)
    content = files.read(db.session, document.current_sha256)
    name = f"van-ban-{document.id}{'' if document.issued_at else '-chua-phat-hanh'}.pdf"
    return send_file(
        BytesIO(content),
        mimetype=files.PDF,
        as_attachment=True,
        download_name=name,
        etag=False,
    )
