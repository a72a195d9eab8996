"""Sắp xếp cơ quan: planning, looking at what follows, and carrying it out for a whole agency."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.reorganisations import PlanForm
from forms.staff_changes import ReasonForm
from labels import label
from models import Agency, Person
from operations import follow_ups, reorganisations
from operations import law as house
from operations.reorganisation_scope import Plan, Scope, scope_of
from operations.staff_change_lines import Line, match
from operations.transactions import Refused
from rules.agency_changes import REVOCATION_GROUNDS, AgencyChange
from rules.findings import blocking
from rules.permissions import Permission
from rules.staff_changes import StaffChange as Kind
from schema.changes import Reorganisation
from views.current_law import current_law
from views.follow_ups import lines, open_counts, together
from views.guards import account, load, requires
from views.register_pages import history
from views.users import agency_choices

bp = Blueprint("reorganisations", __name__, url_prefix="/sap-xep")

VIEW, EDIT = Permission.STAFF_CHANGE_VIEW, Permission.REORGANISATION_EDIT
DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
MOST, SHOWN = 100, 200
STEPS = ["Cơ quan", "Phương án", "Xem trước", "Thực hiện", "Việc phải làm"]
HINTS = {
    AgencyChange.MERGE: "Cơ quan này kết thúc; người, thiết bị, chứng thư chuyển sang nơi nhận",
    AgencyChange.SPLIT: "Một phần đơn vị, cá nhân chuyển sang cơ quan mới",
    AgencyChange.RENAME: "Chỉ tên thay đổi; tên cũ còn trong quá trình và trên giấy tờ cũ",
    AgencyChange.DISSOLVE: "Cơ quan kết thúc; có hoặc không có nơi tiếp nhận",
}


@bp.get("")
@requires(VIEW, EDIT)
def index() -> ResponseReturnValue:
    """Acts in scope, newest first, with what is still to do."""
    rows = db.session.scalars(
        select(Reorganisation)
        .where(_in_scope())
        .options(joinedload(Reorganisation.agency), joinedload(Reorganisation.successor))
        .order_by(Reorganisation.id.desc())
        .limit(MOST)
    ).all()
    return render_template(
        "reorganisations/index.html",
        rows=[
            {"row": row, "kind": label(AgencyChange(row.kind)), "state": state_of(row)}
            for row in rows
        ],
        left=open_counts(reorganisations.NOUN, [row.id for row in rows]),
        limited=_is_limited(),
    )


def _is_limited() -> bool:
    """True for whoever has not every agency in scope: a merger wants both agencies in one scope."""
    return not account().scope(EDIT).everything


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Which agency, what happens to it, the plan, then a look at everything that follows."""
    agency_id, name = request.args.get("don-vi", type=int), request.args.get("loai", "")
    if agency_id is None:
        choices = [one for one in agency_choices(account().scope(EDIT)) if one[0]]
        return render_template(
            "reorganisations/agency.html", choices=choices, steps=STEPS, limited=_is_limited()
        )
    agency = load(Agency, agency_id, EDIT)
    if name not in AgencyChange.__members__:
        kinds = [
            {"name": one.name, "words": label(one), "hint": HINTS[one]} for one in AgencyChange
        ]
        return render_template(
            "reorganisations/kind.html",
            row=agency,
            kinds=kinds,
            steps=STEPS,
            limited=_is_limited(),
        )
    kind = AgencyChange[name]
    form = _form(kind, agency)
    shown: dict[str, Any] = {}
    if form.validate_on_submit() and (wish := _wish(form, kind, agency)) is not None:
        if request.form.get("lap"):
            try:
                number = reorganisations.plan(
                    db.session(), actor=account().actor(), wish=wish, law=current_law()
                )
            except Refused as error:
                flash(str(error), "error")
            else:
                flash("Đã lập phương án. Chưa có gì được chuyển.", "success")
                return redirect(url_for(".show", reorganisation_id=number))
        shown = _preview(wish)
    agency = load(Agency, agency_id, EDIT)
    return render_template(
        "reorganisations/new.html", form=form, row=agency, kind=label(kind), steps=STEPS, **shown
    )


@bp.get("/<int:reorganisation_id>")
@requires(VIEW, EDIT)
def show(reorganisation_id: int) -> ResponseReturnValue:
    """One act: its plan, what it touches while not carried out, what is still to do."""
    row = _load(reorganisation_id, VIEW if account().can(VIEW) else EDIT)
    ground = REVOCATION_GROUNDS.get(AgencyChange(row.kind))
    may_edit = account().can(EDIT) and account().scope(EDIT).covers(row.agency_id)
    planned = row.applied_at is None and row.closed_at is None
    rows = follow_ups.of(db.session(), reorganisations.NOUN, row.id)
    return render_template(
        "reorganisations/show.html",
        row=row,
        kind=label(AgencyChange(row.kind)),
        state=state_of(row),
        lines=lines(rows[:SHOWN], ground.name if ground else ""),
        more=max(0, len(rows) - SHOWN),
        together=together(rows) if may_edit and account().can(DRAFT) else [],
        steps=STEPS,
        step=5 if row.applied_at else 4,
        planned=planned,
        may_edit=may_edit,
        due=row.effective_on <= clock.today(),
        history=history(reorganisations.NOUN, row.id),
        **(_preview(reorganisations.plan_of(row)) if planned else {}),
    )


@bp.post("/<int:reorganisation_id>/thuc-hien")
@requires(EDIT, fresh=True)
def apply(reorganisation_id: int) -> ResponseReturnValue:
    """Carry it out, in one transaction."""
    _load(reorganisation_id, EDIT, own=True)
    return _do(
        reorganisation_id,
        "Đã thực hiện. Dưới đây là các văn bản và việc phải làm tiếp.",
        lambda: reorganisations.apply(
            db.session(),
            actor=account().actor(),
            reorganisation_id=reorganisation_id,
            version=request.form.get("version", 0, type=int),
            law=current_law(),
        ),
    )


@bp.post("/<int:reorganisation_id>/ket-thuc")
@requires(EDIT)
def close(reorganisation_id: int) -> ResponseReturnValue:
    """Nothing is open any more."""
    _load(reorganisation_id, EDIT)
    return _do(
        reorganisation_id,
        "Đã kết thúc việc sắp xếp.",
        lambda: reorganisations.close(
            db.session(),
            actor=account().actor(),
            reorganisation_id=reorganisation_id,
            version=request.form.get("version", 0, type=int),
        ),
    )


@bp.route("/<int:reorganisation_id>/bo", methods=["GET", "POST"])
@requires(EDIT)
def cancel(reorganisation_id: int) -> ResponseReturnValue:
    """Drop a plan."""
    row = _load(reorganisation_id, EDIT, own=True)
    form = ReasonForm(version=row.version)
    if form.validate_on_submit():
        return _do(
            reorganisation_id,
            "Đã bỏ phương án.",
            lambda: reorganisations.cancel(
                db.session(),
                actor=account().actor(),
                reorganisation_id=reorganisation_id,
                version=form.version.data,
                reason=form.reason.data or "",
            ),
        )
    return render_template("reorganisations/cancel.html", form=form, row=row)


# Shared -------------------------------------------------------------------------------------------


def state_of(row: Reorganisation) -> tuple[str, str, str]:
    """Tone, drawing and words of where an act is."""
    if row.particulars.get("cancelled"):
        return ("gone", "revoked", "Đã bỏ")
    if row.closed_at is not None:
        return ("good", "in-use", "Đã kết thúc")
    if row.applied_at is not None:
        return ("due", "due", "Đã thực hiện, còn việc")
    return ("unknown", "draft", "Phương án")


def _form(kind: AgencyChange, agency: Agency) -> PlanForm:
    form = PlanForm(effective_on=clock.today())
    scope = account().scope(EDIT)
    if kind is AgencyChange.RENAME:
        del form.successor_id
    else:
        inside = select(Agency.id).where(Agency.path.startswith(agency.path))
        ends = kind is not AgencyChange.SPLIT  # Its units end with it or go along.
        own = {str(number) for number in db.session.scalars(inside)} if ends else {str(agency.id)}
        others = [one for one in agency_choices(scope) if one[0] not in own]
        nothing = "Không có" if kind is AgencyChange.DISSOLVE else "Chọn cơ quan"
        form.successor_id.offer(others, nothing)
        form.successor_id.flags.required = kind is not AgencyChange.DISSOLVE
        if request.method == "GET":
            form.successor_id.data = request.args.get("tiep-nhan", type=int)
        del form.new_name
    if kind is AgencyChange.SPLIT:
        form.unit_ids.offer(_units_of(agency))
    else:
        del form.unit_ids, form.people, form.ends
    return form


def _units_of(agency: Agency) -> list[tuple[str, str]]:
    rows = db.session.scalars(
        select(Agency)
        .where(Agency.parent_id == agency.id, Agency.ended_on.is_(None))
        .order_by(Agency.sort_key)
    )
    return [(str(row.id), row.name) for row in rows]


def _wish(form: PlanForm, kind: AgencyChange, agency: Agency) -> Plan | None:
    """The plan as typed, or None when it names a successor or people out of reach."""
    typed = {one.name: one.data for one in form}
    successor_id = typed.get("successor_id")
    if successor_id is not None:
        load(Agency, successor_id, EDIT)
    people = _people_named(str(typed.get("people") or ""), agency)
    if people is None:
        return None
    return Plan(
        agency_id=agency.id,
        kind=kind,
        effective_on=typed["effective_on"] or clock.today(),
        decision=typed["decision"] or "",
        successor_id=successor_id,
        new_name=typed.get("new_name") or "",
        new_email_domain=typed.get("new_email_domain") or "",
        unit_ids=tuple(typed.get("unit_ids") or ()),
        person_ids=people,
        ends=bool(typed.get("ends")),
    )


def _people_named(text: str, agency: Agency) -> tuple[int, ...] | None:
    wanted = [one.strip() for one in text.splitlines() if one.strip()]
    if not wanted:
        return ()
    asked = [
        Line(at, who, Kind.MOVED_WITHIN, clock.today(), "") for at, who in enumerate(wanted, 1)
    ]
    below = Person.agency_id.in_(select(Agency.id).where(Agency.path.startswith(agency.path)))
    found = match(db.session(), asked, below)
    wrong = [f"dòng {one.number} ({one.who}): {one.wrong}" for one in found if one.wrong]
    if wrong:
        flash("Danh sách người: " + "; ".join(wrong[:5]) + ".", "error")
        return None
    return tuple(one.person.id for one in found if one.person is not None)


def _preview(wish: Plan) -> dict[str, Any]:
    """Everything that a plan touches and asks for; nothing is written."""
    scope = scope_of(db.session(), wish, on=clock.today())
    findings = scope.findings()
    wrong = blocking(findings)
    proposals = () if wrong else scope.proposals(on=clock.today(), law=current_law())
    return {
        "scope": scope,
        "findings": findings,
        "wrong": bool(wrong),
        "signs": _who_signs(scope),
        "proposals": proposals[:SHOWN],
        "more_proposals": max(0, len(proposals) - SHOWN),
        "tally": _tally(proposals),
    }


def _tally(proposals: Any) -> list[tuple[str, int]]:
    """How many letters of each form: "Mẫu số 04": 37."""
    counts: dict[str, int] = {}
    for one in proposals:
        key = f"Mẫu số {one.form} ({'cơ quan tiếp nhận' if one.by_successor else 'cơ quan cũ'})"
        counts[key] = counts.get(key, 0) + 1
    return sorted(counts.items())


def _who_signs(scope: Scope) -> list[tuple[str, str]]:
    """Who sends the letters before and after the day."""
    before = scope.sender.name if scope.sender else "chưa có"
    if scope.plan.kind is AgencyChange.RENAME:
        return [("Trước ngày hiệu lực", before), ("Từ ngày hiệu lực", scope.plan.new_name)]
    to = scope.successor
    after = house.sender_for(db.session(), to) if to is not None else None
    words = after.name if after is not None else "cơ quan cấp trên"
    return [("Trước ngày hiệu lực", before), ("Từ ngày hiệu lực", words)]


def _in_scope() -> Any:
    scope = account().scope(VIEW if account().can(VIEW) else EDIT)
    to = Reorganisation.successor_id
    return or_(scope.clause(Reorganisation.agency_id), scope.clause(to))  # type: ignore[arg-type]


def _load(reorganisation_id: int, permission: Permission, *, own: bool = False) -> Reorganisation:
    """The act, for those in whose scope the old agency or, unless `own`, its successor lies."""
    where = account().scope(permission).clause(Reorganisation.agency_id)
    row = db.session.scalars(
        select(Reorganisation)
        .where(Reorganisation.id == reorganisation_id, where if own else _in_scope())
        .options(joinedload(Reorganisation.agency), joinedload(Reorganisation.successor))
    ).one_or_none()
    if row is None:
        abort(404)
    return row


def _do(reorganisation_id: int, done: str, act: Callable[[], object]) -> ResponseReturnValue:
    try:
        act()
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(done, "success")
    return redirect(url_for(".show", reorganisation_id=reorganisation_id))
