"""The queue of signed files that wait for time stamps: a list, and the button for one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, false, func, or_, select

from extensions import db
from labels import label
from models import CertificateRequest
from operations import signature_upgrades
from operations.signed_files import DOCUMENT, PAPER, REQUEST
from operations.transactions import Refused
from rules.permissions import Permission
from rules.upgrades import UpgradeState
from schema.custody import Paper
from schema.documents import OfficeDocument
from schema.upgrades import SignatureUpgrade
from views import upgrade_work
from views.guards import account, load, not_found, requires
from views.upgrade_panel import ASK, PATHS, VIEW, may_ask, shown

bp = Blueprint("signature_upgrades", __name__, url_prefix="/dau-thoi-gian")

PAGE = 50
STATE = "trang-thai"
STATES = {
    "cho": UpgradeState.WAITING,
    "dang": UpgradeState.RUNNING,
    "thoi": UpgradeState.GIVEN_UP,
    "xong": UpgradeState.DONE,
}
MODELS: Mapping[str, Any] = {REQUEST: CertificateRequest, DOCUMENT: OfficeDocument, PAPER: Paper}
PAGES = {
    REQUEST: ("certificate_requests.show", "request_id"),
    DOCUMENT: ("office_documents.show", "document_id"),
    PAPER: ("papers.show", "paper_id"),
}
_NOUNS = {path: noun for noun, path in PATHS.items()}


@bp.get("")
@requires(*VIEW.values(), Permission.TRUST_EDIT)
def index() -> ResponseReturnValue:
    """The queue in scope, what needs a person first; one state of it on demand."""
    chosen = STATES.get(request.args.get(STATE, ""))
    where = [in_scope()]
    if chosen is not None:
        where.append(SignatureUpgrade.state == chosen)
    counts = {
        found[0]: found[1]
        for found in db.session.execute(
            select(SignatureUpgrade.state, func.count())
            .where(where[0])
            .group_by(SignatureUpgrade.state)
        )
    }
    after = request.args.get("sau", type=int)
    rows = db.session.scalars(
        select(SignatureUpgrade)
        .where(*where, *([SignatureUpgrade.id < after] if after else []))
        .order_by(SignatureUpgrade.id.desc())
        .limit(PAGE + 1)
    ).all()
    listed = rows[:PAGE]
    kept = {STATE: request.args[STATE]} if chosen is not None else {}
    return render_template(
        "signature_upgrades/index.html",
        rows=[(one, shown(one)) for one in listed],
        titles=_titles(listed),
        pages={noun: page for noun, page in PAGES.items() if account().can(VIEW[noun])},
        states=[("", "tất cả"), *((name, label(one).lower()) for name, one in STATES.items())],
        counts=[(name, label(one), counts.get(one, 0)) for name, one in STATES.items()],
        kept=kept,
        total=counts.get(chosen, 0) if chosen is not None else sum(counts.values()),
        next_url=url_for(".index", **kept, sau=listed[-1].id) if len(rows) > PAGE else "",
        first_url=url_for(".index", **kept) if after else "",
    )


def in_scope() -> ColumnElement[bool]:
    """The rows of things that this person may see."""
    person = account()
    ways = [
        and_(
            SignatureUpgrade.noun == noun,
            person.scope(permission).clause(SignatureUpgrade.agency_id),
        )
        for noun, permission in VIEW.items()
        if person.can(permission)
    ]
    return or_(*ways) if ways else false()


def _titles(rows: Sequence[SignatureUpgrade]) -> dict[tuple[str, int], str]:
    """What each row is about; one statement for each kind of thing that occurs."""
    found: dict[tuple[str, int], str] = {}
    for noun, model in MODELS.items():
        ids = [one.object_id for one in rows if one.noun == noun]
        if not ids:
            continue
        words = model.title if noun == DOCUMENT else model.kind
        for number, said in db.session.execute(select(model.id, words).where(model.id.in_(ids))):
            found[noun, number] = said if noun == DOCUMENT else f"{label(said)} số {number}"
    return found


@bp.post("/<any('de-nghi', 'van-ban', 'bien-ban'):path>/<int:object_id>")
@requires(*(one for permissions in ASK.values() for one in permissions))
def ask(path: str, object_id: int) -> ResponseReturnValue:
    """Do it now: in the server's own thread, or here where there is none."""
    noun = _NOUNS[path]
    permission = may_ask(noun)
    if permission is None:
        not_found()
    load(MODELS[noun], object_id, permission)
    endpoint, name = PAGES[noun]
    back = redirect(url_for(endpoint, **{name: object_id}))
    try:
        signature_upgrades.ask_now(
            db.session(), actor=account().actor(), noun=noun, object_id=object_id
        )
    except Refused as error:
        flash(str(error), "warning")
        return back
    if upgrade_work.soon():
        flash("Đang hỏi dịch vụ dấu thời gian. Tải lại trang sau ít phút để xem kết quả.", "info")
    elif upgrade_work.run(only=(noun, object_id)).raised:
        flash("Đã gắn dấu thời gian.", "success")
    else:
        flash("Chưa gắn được dấu thời gian; lý do ghi ở dưới.", "warning")
    return back
