"""Biến động nhân sự: the list, one change with what must follow, and entering one or many."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.staff_changes import AnswerForm, ChangeForm, ListForm, ReasonForm, WhoForm
from labels import label
from models import Agency, Person
from operations import staff_changes as changes
from operations import staff_transfers as transfers
from operations.follow_ups import choose, of
from operations.staff_change_items import AMEND, REVOKE, WITHIN, holdings_of, items_for
from operations.staff_change_lines import Line, match, read_lines
from operations.transactions import Refused
from rules.names import fold
from rules.permissions import Permission
from rules.revocation_grounds import RevocationGround
from rules.staff_changes import StaffChange as Kind
from schema.changes import StaffChange
from schema.custody import FollowUp
from sheets.vocabulary import choices as vocabulary
from views.current_law import current_law
from views.follow_ups import lines, open_counts
from views.guards import account, below, load, requires
from views.people import working_like
from views.register_pages import agencies, history
from views.users import agency_choices

bp = Blueprint("staff_changes", __name__, url_prefix="/bien-dong")

VIEW, EDIT = Permission.STAFF_CHANGE_VIEW, Permission.STAFF_CHANGE_EDIT
OPEN, WAITING, LATE, ENDED = "", "cho-tiep-nhan", "qua-han", "ket-thuc"
STATES = (
    (OPEN, "đang xử lý"),
    (LATE, "có việc quá hạn"),
    (WAITING, "chờ tiếp nhận"),
    (ENDED, "đã kết thúc, đã hủy"),
)
MOST = 50
MOST_ALIKE = 20
MOST_NAMES = 400
HINTS = {
    Kind.RETIRED: "Thu hồi chứng thư, thu lại thiết bị",
    Kind.LEFT_SERVICE: "Thôi việc, chấm dứt hợp đồng, bị buộc thôi việc",
    Kind.DECEASED: "Thiết bị thu lại từ gia đình hoặc nơi làm việc",
    Kind.MOVED_TO_OTHER_BODY: "Thay đổi thông tin hay thu hồi: theo quy chế đang áp dụng",
    Kind.MOVED_WITHIN: "Sang phòng, ban, đơn vị khác của cùng cơ quan",
    Kind.POSITION_CHANGED: "Bổ nhiệm, miễn nhiệm, đổi chức vụ",
    Kind.LONG_LEAVE: "Đi học, nghỉ thai sản, nghỉ không lương: cơ quan tạm giữ thiết bị",
    Kind.NO_LONGER_NEEDED: "Vẫn công tác nhưng không cần ký số nữa",
}
# The ground of Điều 17 that each kind of change brings, where it is the same in every regulation.
GROUNDS = {
    Kind.RETIRED: RevocationGround.RETIRED.name,
    Kind.LEFT_SERVICE: RevocationGround.LEFT_SERVICE.name,
    Kind.DECEASED: RevocationGround.DECEASED.name,
    Kind.MOVED_TO_OTHER_BODY: RevocationGround.POSITION_CHANGED.name,
    Kind.POSITION_CHANGED: RevocationGround.POSITION_CHANGED.name,
}
WAYS = {AMEND: "Thay đổi nội dung thông tin (Mẫu số 04)", REVOKE: "Thu hồi rồi cấp mới"}


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Changes in scope, newest first, with what is still to do."""
    state, after = request.args.get("trang-thai", ""), request.args.get("sau", type=int)
    chosen = agencies(VIEW, request.args.get("don-vi", type=int))
    where = [_in_scope(VIEW), _in_state(state)]
    if chosen.path:
        inside = select(Agency.id).where(below(chosen.path))
        where.append(or_(StaffChange.agency_id.in_(inside), StaffChange.to_agency_id.in_(inside)))
    if after is not None:
        where.append(StaffChange.id < after)
    found = db.session.scalars(
        select(StaffChange)
        .where(*where)
        .options(
            joinedload(StaffChange.person),
            joinedload(StaffChange.agency),
            joinedload(StaffChange.to_agency),
        )
        .order_by(StaffChange.id.desc())
        .limit(MOST + 1)
    ).all()
    rows = found[:MOST]
    kept = {name: request.args[name] for name in ("trang-thai", "don-vi") if request.args.get(name)}
    return render_template(
        "staff_changes/index.html",
        rows=[{"row": row, "kind": label(Kind(row.kind)), "state": state_of(row)} for row in rows],
        left=open_counts(changes.NOUN, [row.id for row in rows]),
        states=STATES,
        state=state,
        agencies=chosen.options,
        chosen=request.args.get("don-vi", ""),
        next_url=url_for(".index", **kept, sau=rows[-1].id) if len(found) > MOST else "",
    )


@bp.get("/<int:change_id>")
@requires(VIEW)
def show(change_id: int) -> ResponseReturnValue:
    """One change: what must follow, the choice where there is one, the other agency's answer."""
    return _page(_load(change_id, VIEW))


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Enter one change: whom, then of which kind, then its particulars beside what follows."""
    person_id = request.args.get("ca-nhan", type=int)
    if person_id is None:
        return _choose_person()
    person = load(Person, person_id, Permission.PERSON_VIEW, options=[joinedload(Person.agency)])
    if not account().scope(EDIT).covers(person.agency_id):
        abort(404)
    name = request.args.get("loai", "")
    if name not in Kind.__members__:
        kinds = [{"name": one.name, "words": label(one), "hint": HINTS[one]} for one in Kind]
        return render_template("staff_changes/kind.html", owner=person, kinds=kinds)
    kind = Kind[name]
    form = _change_form(kind)
    if form.validate_on_submit():
        try:
            number = changes.record(
                db.session(),
                actor=account().actor(),
                change=_change(form, person_id, kind),
                law=current_law(),
            )
        except Refused as error:
            flash(str(error), "error")
            person = db.session.get_one(Person, person_id)
        else:
            flash("Đã ghi biến động. Dưới đây là những việc phải làm tiếp.", "success")
            return redirect(url_for(".show", change_id=number))
    return render_template(
        "staff_changes/new.html",
        form=form,
        owner=person,
        kind=label(kind),
        bodies=_bodies() if "to_body" in form else [],
        items=_preview(person_id, kind),
    )


@bp.route("/danh-sach", methods=["GET", "POST"])
@requires(EDIT)
def many() -> ResponseReturnValue:
    """Enter many changes from a pasted list, after a look at what was understood."""
    form = ListForm()
    found: list[Line] = []
    if form.validate_on_submit():
        scope = account().scope(EDIT).clause(Person.agency_id)
        read = read_lines(form.text.data or "", vocabulary("staff_change"))
        found = match(db.session(), read, scope)
        good = [one for one in found if not one.wrong]
        if request.form.get("ghi") and good:
            return _save_list(form, found, good)
        if not found:
            flash("Không đọc được dòng nào.", "error")
    return render_template("staff_changes/many.html", form=form, **_shown(found))


@bp.post("/<int:change_id>/chon")
@requires(EDIT)
def choose_way(change_id: int) -> ResponseReturnValue:
    """Choose between the ways that the law leaves open."""
    _load(change_id, EDIT, own=True)
    way = request.form.get("cach", "")
    return _do(
        change_id,
        "Đã ghi cách được chọn; cách còn lại được bỏ qua.",
        lambda: choose(
            db.session(),
            actor=account().actor(),
            noun=changes.NOUN,
            object_id=change_id,
            alternative=way,
        ),
    )


@bp.post("/<int:change_id>/doi-chieu")
@requires(EDIT)
def compare(change_id: int) -> ResponseReturnValue:
    """Whether the certificates agree with the new place."""
    _load(change_id, EDIT, own=True)
    return _do(
        change_id,
        "Đã ghi kết quả đối chiếu.",
        lambda: changes.compare(
            db.session(),
            actor=account().actor(),
            change_id=change_id,
            version=request.form.get("version", 0, type=int),
            fits=request.form.get("phu-hop") == "co",
            law=current_law(),
        ),
    )


@bp.post("/<int:change_id>/ket-thuc")
@requires(EDIT)
def close(change_id: int) -> ResponseReturnValue:
    """Everything is done: the register follows."""
    _load(change_id, EDIT)
    return _do(
        change_id,
        "Đã kết thúc biến động.",
        lambda: changes.close(
            db.session(),
            actor=account().actor(),
            change_id=change_id,
            version=request.form.get("version", 0, type=int),
        ),
    )


@bp.route("/<int:change_id>/huy", methods=["GET", "POST"])
@requires(EDIT)
def cancel(change_id: int) -> ResponseReturnValue:
    """Take back what was entered by mistake."""
    row = _load(change_id, EDIT, own=True)
    form = ReasonForm(version=row.version)
    if form.validate_on_submit():
        return _do(
            change_id,
            "Đã hủy biến động.",
            lambda: changes.cancel(
                db.session(),
                actor=account().actor(),
                change_id=change_id,
                version=form.version.data,
                reason=form.reason.data or "",
            ),
        )
    return render_template(
        "staff_changes/cancel.html", form=form, row=row, kind=label(Kind(row.kind))
    )


@bp.route("/<int:change_id>/tiep-nhan", methods=["GET", "POST"])
@requires(EDIT)
def answer(change_id: int) -> ResponseReturnValue:
    """The agency to which the person moves accepts or refuses; what comes along stands beside."""
    row = _load(change_id, EDIT)
    if row.to_agency_id is None or not account().scope(EDIT).covers(row.to_agency_id):
        abort(404)
    form = AnswerForm(version=row.version, title=row.new_title)
    scope = account().scope(EDIT)
    form.unit_id.offer(agency_choices(scope), "Cơ quan, không thuộc đơn vị nào")
    if form.validate_on_submit():
        accepted = bool(request.form.get("nhan"))
        return _do(
            change_id,
            "Đã tiếp nhận." if accepted else "Đã trả lời không tiếp nhận.",
            lambda: transfers.answer(
                db.session(),
                actor=account().actor(),
                change_id=change_id,
                version=form.version.data,
                accepted=accepted,
                title=form.title.data or "",
                unit_id=form.unit_id.data,
                reason=form.reason.data or "",
            ),
        )
    rows = list(of(db.session(), changes.NOUN, row.id))
    along = transfers.takes_things_along(rows)
    return render_template(
        "staff_changes/answer.html",
        form=form,
        row=row,
        along=along,
        devices=[]
        if along is None
        else transfers.in_the_way(db.session(), row.person, along=along),
        held=holdings_of(db.session(), [row.person_id], on=clock.today(), law=current_law())[
            row.person_id
        ],
    )


# Shared -------------------------------------------------------------------------------------------


def state_of(row: StaffChange) -> tuple[str, str, str]:
    """Tone, drawing and words of where a change is."""
    if row.cancelled_reason:
        return ("gone", "revoked", "Đã hủy")
    if row.closed_at is not None:
        return ("good", "in-use", "Đã kết thúc")
    if row.refused_reason:
        return ("bad", "returning", "Không được tiếp nhận")
    if row.to_agency_id and row.kind == Kind.MOVED_TO_OTHER_BODY.value:
        if row.answered_at is None:
            return ("urgent", "waiting", "Chờ tiếp nhận")
        return ("due", "handed", "Đã tiếp nhận")
    return ("due", "due", "Đang xử lý")


def _page(row: StaffChange) -> str:
    shown = lines(of(db.session(), changes.NOUN, row.id), GROUNDS.get(Kind(row.kind), ""))
    scope = account().scope(EDIT) if account().can(EDIT) else None
    mine = scope is not None and scope.covers(row.agency_id)
    theirs = scope is not None and row.to_agency_id is not None and scope.covers(row.to_agency_id)
    still = [one["row"] for one in shown if one["is_open"]]
    ways = sorted({one.alternative for one in still if one.alternative})
    return render_template(
        "staff_changes/show.html",
        row=row,
        kind=label(Kind(row.kind)),
        state=state_of(row),
        lines=shown,
        still=len(still),
        ways=[(way, WAYS[way]) for way in ways] if len(ways) > 1 and mine else [],
        asks_to_compare=mine and any(one.code == changes.CHECK_CONTENTS for one in still),
        may_close=(mine or theirs) and row.closed_at is None,
        may_cancel=mine and row.closed_at is None,
        may_answer=theirs and row.answered_at is None and row.closed_at is None,
        history=history(changes.NOUN, row.id),
    )


def _load(change_id: int, permission: Permission, *, own: bool = False) -> StaffChange:
    """The change, for the agency it was entered by and, unless `own`, the one it leads to."""
    place = account().scope(permission)
    where = place.clause(StaffChange.agency_id) if own else _in_scope(permission)
    row = db.session.scalars(
        select(StaffChange)
        .where(StaffChange.id == change_id, where)
        .options(
            joinedload(StaffChange.person).joinedload(Person.agency),
            joinedload(StaffChange.agency),
            joinedload(StaffChange.to_agency),
        )
    ).one_or_none()
    if row is None:
        abort(404)
    return row


def _in_scope(permission: Permission) -> ColumnElement[bool]:
    scope = account().scope(permission)
    to = StaffChange.to_agency_id
    return or_(scope.clause(StaffChange.agency_id), scope.clause(to))  # type: ignore[arg-type]


def _in_state(state: str) -> ColumnElement[bool]:
    still = StaffChange.closed_at.is_(None)
    if state == ENDED:
        return ~still
    if state == WAITING:
        moves = StaffChange.kind == Kind.MOVED_TO_OTHER_BODY.value
        return (
            still
            & moves
            & StaffChange.to_agency_id.is_not(None)
            & (StaffChange.answered_at.is_(None))
        )
    if state == LATE:
        late = select(FollowUp.object_id).where(
            FollowUp.noun == changes.NOUN,
            FollowUp.done_at.is_(None),
            FollowUp.due_on < clock.today(),
        )
        return still & StaffChange.id.in_(late)
    return still


def _do(change_id: int, done: str, act: Callable[[], None]) -> ResponseReturnValue:
    try:
        act()
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(done, "success")
    return redirect(url_for(".show", change_id=change_id))


def _choose_person() -> ResponseReturnValue:
    form, alike = WhoForm(), []
    if form.validate_on_submit():
        line = Line(1, form.who.data.strip(), Kind.RETIRED, clock.today(), "")
        scope = account().scope(EDIT).clause(Person.agency_id)
        found = match(db.session(), [line], scope)[0]
        if found.person is not None:
            return redirect(url_for(".new", **{"ca-nhan": found.person.id}))
        form.who.errors = [found.wrong.capitalize() + "."]
        alike = [*working_like(form.who.data, EDIT, MOST_ALIKE)]
    return render_template("staff_changes/who.html", form=form, alike=alike)


def _change_form(kind: Kind) -> ChangeForm:
    form = ChangeForm(effective_on=clock.today())
    if kind is Kind.MOVED_WITHIN:
        form.unit_id.offer(agency_choices(account().scope(EDIT)), "Không đổi")
    else:
        del form.unit_id
    if kind is not Kind.MOVED_TO_OTHER_BODY:
        del form.to_body
    if kind not in WITHIN:
        del form.fits
    if kind not in (*WITHIN, Kind.MOVED_TO_OTHER_BODY):
        del form.new_title
    return form


def _change(form: ChangeForm, person_id: int, kind: Kind) -> changes.Change:
    typed = {one.name: one.data for one in form}
    body, fits = str(typed.get("to_body") or ""), typed.get("fits") or ""
    return changes.Change(
        person_id,
        kind,
        typed["effective_on"] or clock.today(),
        to_agency_id=typed.get("unit_id") or _agency_named(body),
        to_body=body,
        new_title=typed.get("new_title") or "",
        decision=typed.get("decision") or "",
        note=typed.get("note") or "",
        fits=None if not fits else fits == "yes",
    )


def _agency_named(name: str) -> int | None:
    """The one living body of this installation with a seal of its own that bears the name."""
    if not name.strip():
        return None
    found = db.session.scalars(
        select(Agency.id).where(
            Agency.name_fold == fold(name),
            Agency.has_own_seal,
            Agency.has_legal_personality,
            Agency.ended_on.is_(None),
        )
    ).all()
    return found[0] if len(found) == 1 else None


def _bodies() -> list[str]:
    return list(
        db.session.scalars(
            select(Agency.name)
            .where(Agency.has_own_seal, Agency.has_legal_personality, Agency.ended_on.is_(None))
            .order_by(Agency.sort_key)
            .limit(MOST_NAMES)
        )
    )


def _preview(person_id: int, kind: Kind, on: date | None = None) -> list[Any]:
    today = on or clock.today()
    held = holdings_of(db.session(), [person_id], on=today, law=current_law())
    return items_for(held[person_id], kind, effective_on=today, on=today)


def _shown(found: list[Line]) -> dict[str, Any]:
    good = [one for one in found if not one.wrong]
    return {
        "found": [{"line": one, "kind": label(one.kind) if one.kind else ""} for one in found],
        "good": len(good),
        "bad": len(found) - len(good),
    }


def _save_list(form: ListForm, found: list[Line], good: list[Line]) -> ResponseReturnValue:
    try:
        numbers = changes.record_many(
            db.session(),
            actor=account().actor(),
            changes=[one.change() for one in good],
            law=current_law(),
        )
    except Refused as error:
        flash(str(error), "error")
        return render_template("staff_changes/many.html", form=form, **_shown(found))
    flash(f"Đã ghi {len(numbers)} biến động.", "success")
    return redirect(url_for(".index"))
