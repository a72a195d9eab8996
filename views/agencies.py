"""Agencies: the tree, one agency's page, and the decisions that change it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import aliased, joinedload

import clock
from extensions import db
from forms.agencies import (
    AgencyForm,
    NewAgencyForm,
    RegulationForm,
    SplitForm,
)
from models import Agency, AgencyChange, Certificate, Device, Person
from operations import agencies as tree
from operations.law import DEPTH, official_domains, regulation_of
from operations.transactions import Refused
from rules.agencies import AgencyKind, AgencyLevel, sender_of
from rules.names import fold
from rules.permissions import Permission
from rules.regulation_status import standing
from views.current_law import current_law
from views.guards import account, below, load, requires
from views.register_pages import history

bp = Blueprint("agencies", __name__, url_prefix="/don-vi")

SEARCH, VIEW, EDIT = Permission.AGENCY_SEARCH, Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
MOST_SHOWN = 400
CHANGE_WORDS = {"rename": "Đổi tên", "merger": "Sáp nhập", "split": "Chia, tách"}


@bp.get("")
@requires(SEARCH)
def index() -> ResponseReturnValue:
    """The tree in scope, one step at a time where it is large; found by name without accents."""
    sought = request.args.get("q", "").strip()
    scope = account().scope(SEARCH)
    where = [scope.clause(Agency.id)]
    if sought:
        named = literal(" ") + Agency.name_fold  # each word typed begins a word of the name
        where += [named.contains(f" {word}", autoescape=True) for word in fold(sought).split()]
    child = aliased(Agency)
    units = select(func.count()).where(child.parent_id == Agency.id).scalar_subquery()
    rows = db.session.execute(
        select(Agency, units.label("units"))
        .where(*where)
        .order_by(DEPTH, Agency.sort_key, Agency.id)
        .limit(MOST_SHOWN + 1)
    ).all()
    shown = rows[:MOST_SHOWN]
    return render_template(
        "agencies/index.html",
        rows=_flat(shown) if sought else _tree(shown),
        count=len(shown),
        capped=len(rows) > MOST_SHOWN,
        sought=sought,
    )


def _flat(rows: Any) -> list[dict[str, Any]]:
    return [{"row": row, "units": units, "depth": 0} for row, units in rows]


def _tree(rows: Any) -> list[dict[str, Any]]:
    """Rows with their depth, each under its parent; siblings by name."""
    known = {row.id for row, _ in rows}
    children: dict[int | None, list[Any]] = {}
    for row, units in rows:
        children.setdefault(row.parent_id if row.parent_id in known else None, []).append(
            (row, units)
        )
    found: list[dict[str, Any]] = []
    waiting = [(0, pair) for pair in reversed(children.get(None, []))]
    while waiting:
        depth, (row, units) = waiting.pop()
        found.append({"row": row, "units": units, "depth": depth})
        waiting.extend((depth + 1, pair) for pair in reversed(children.get(row.id, [])))
    return found


@bp.get("/<int:agency_id>")
@requires(VIEW)
def show(agency_id: int) -> ResponseReturnValue:
    """One agency: what it is, who sends its letters, what it has, how it changed."""
    row = load(Agency, agency_id, VIEW)
    above = _above(row)
    scope = account().scope(VIEW)
    sender, said = sender_of(above), regulation_of(above)
    children = db.session.scalars(
        select(Agency)
        .where(Agency.parent_id == row.id)
        .order_by(Agency.ended_on.is_not(None), Agency.sort_key)
        .limit(MOST_SHOWN)
    ).all()
    return render_template(
        "agencies/show.html",
        row=row,
        above=[each for each in reversed(above[1:]) if scope.covers(each.id)],
        sender=sender,
        domains=official_domains(above),
        children=children,
        counts=_counts(row),
        changes=_changes(row),
        change_words=CHANGE_WORDS,
        followed=dict(regulation_choices()).get(said[0], "") if said else "",
        followed_of=said[1] if said and said[1] is not row else None,
        chooses=sender is None or sender is row,
        may_edit=account().can(EDIT) and account().scope(EDIT).covers(row.id),
        history=history(tree.NOUN, row.id),
    )


def _above(row: Agency) -> list[Agency]:
    """The agency and everything above it, nearest first."""
    ids = [int(part) for part in row.path.split("/") if part]
    found = {each.id: each for each in db.session.scalars(select(Agency).where(Agency.id.in_(ids)))}
    return [found[number] for number in reversed(ids) if number in found]


def _counts(row: Agency) -> list[dict[str, Any]]:
    """People, devices and certificates of the agency and its units, as links; one statement."""
    inside = select(Agency.id).where(below(row.path))
    wanted = (
        (Permission.PERSON_SEARCH, Person.agency_id, "cá nhân", "people.index"),
        (Permission.DEVICE_SEARCH, Device.agency_id, "thiết bị", "devices.index"),
        (Permission.CERTIFICATE_SEARCH, Certificate.agency_id, "chứng thư", "certificates.index"),
    )
    mine = [each for each in wanted if account().can(each[0])]
    if not mine:
        return []
    numbers = db.session.execute(
        select(
            *(
                select(func.count())
                .select_from(select(column).where(column.in_(inside)).limit(1001).subquery())
                .scalar_subquery()
                for _, column, _, _ in mine
            )
        )
    ).one()
    return [
        {
            "count": min(number, 1000),
            "capped": number > 1000,
            "label": words,
            "url": url_for(endpoint, **{"don-vi": row.id}),
        }
        for number, (_, _, words, endpoint) in zip(numbers, mine, strict=True)
    ]


def _changes(row: Agency) -> list[dict[str, Any]]:
    """Decisions in which the agency was renamed, merged, split, or came into being."""
    old, new = aliased(Agency), aliased(Agency)
    found = db.session.execute(
        select(AgencyChange, old.name, new.name)
        .join(old, old.id == AgencyChange.agency_id)
        .outerjoin(new, new.id == AgencyChange.successor_id)
        .where(or_(AgencyChange.agency_id == row.id, AgencyChange.successor_id == row.id))
        .order_by(AgencyChange.effective_on.desc(), AgencyChange.id.desc())
    )
    scope = account().scope(VIEW)
    return [
        {
            "change": change,
            "agency": old_name,
            "successor": new_name or "",
            "own": change.agency_id == row.id,
            "other_id": _other(change, row, scope),
        }
        for change, old_name, new_name in found
    ]


def _other(change: AgencyChange, row: Agency, scope: Any) -> int | None:
    other = change.successor_id if change.agency_id == row.id else change.agency_id
    return other if other is not None and scope.covers(other) else None


@bp.route("/<int:agency_id>/don-vi-moi", methods=["GET", "POST"])
@requires(EDIT)
def new(agency_id: int) -> ResponseReturnValue:
    """Add a unit under this agency."""
    parent = load(Agency, agency_id, EDIT)
    form = NewAgencyForm(
        level=AgencyLevel.SUB_UNIT.name, province=parent.province, place_name=parent.place_name
    )
    if form.validate_on_submit():
        try:
            number = tree.create_agency(
                db.session(),
                actor=account().actor(),
                parent_id=agency_id,
                particulars=_particulars(form),
                established_on=form.established_on.data,
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã thêm đơn vị.", "success")
            return redirect(url_for(".show", agency_id=number))
    return render_template(
        "agencies/edit.html", form=form, row=parent, title="Thêm đơn vị trực thuộc"
    )


@bp.route("/<int:agency_id>/sua", methods=["GET", "POST"])
@requires(EDIT)
def edit(agency_id: int) -> ResponseReturnValue:
    """Correct what is written about the agency."""
    row = load(Agency, agency_id, EDIT)
    form = AgencyForm(obj=row)
    if request.method == "GET":
        form.level.data, form.kind.data = row.level.name, row.kind.name
    return _act(
        form,
        row,
        "agencies/edit.html",
        "Sửa thông tin đơn vị",
        "Đã ghi thay đổi.",
        lambda: tree.change_agency(
            db.session(),
            actor=account().actor(),
            agency_id=agency_id,
            version=form.version.data,
            particulars=_particulars(form),
        ),
    )


@bp.route("/<int:agency_id>/quy-che", methods=["GET", "POST"])
@requires(EDIT)
def regulation(agency_id: int) -> ResponseReturnValue:
    """Choose the provincial regulation that decides where the agency's letters go."""
    row = load(Agency, agency_id, EDIT)
    try:
        tree.refuse_to_choose(db.session(), row)
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for(".show", agency_id=agency_id), 303)
    form = RegulationForm(obj=row)
    choices = regulation_choices()
    form.regulation.offer(choices)
    return _act(
        form,
        row,
        "agencies/regulation.html",
        "Chọn quy chế áp dụng",
        "Đã ghi quy chế áp dụng.",
        lambda: tree.follow_regulation(
            db.session(),
            actor=account().actor(),
            agency_id=agency_id,
            version=form.version.data,
            regulation=form.regulation.data,
            known=[value for value, _ in choices],
            below_too=bool(form.below_too.data),
        ),
    )


def regulation_choices() -> list[tuple[str, str]]:
    """The decree alone, and every regulation with how it stands today; one statement."""
    law, today = current_law(), clock.today()
    found = []
    for one in law.instruments:
        if one.over is None:
            found.append((one.key, f"Chỉ {one.citation}"))
    for one in law.instruments:
        if one.over is not None:
            place = one.locality[:1].upper() + one.locality[1:]
            found.append((one.key, f"{place}: {one.citation}. {standing(one, on=today)}"))
    return found


@bp.route("/<int:agency_id>/chia-tach", methods=["GET", "POST"])
@requires(EDIT)
def split(agency_id: int) -> ResponseReturnValue:
    """A new agency beside this one, which came out of it."""
    row = load(Agency, agency_id, EDIT)
    form = SplitForm(
        version=row.version,
        level=row.level.name,
        kind=row.kind.name,
        province=row.province,
        effective_on=clock.today(),
    )
    return _act(
        form,
        row,
        "agencies/change.html",
        "Thêm cơ quan mới tách ra",
        "Đã ghi cơ quan mới. Chọn đơn vị, cá nhân chuyển sang ở “Sắp xếp, đổi tên cơ quan”.",
        lambda: tree.split(
            db.session(),
            actor=account().actor(),
            agency_id=agency_id,
            version=form.version.data,
            particulars=_particulars(form),
            effective_on=form.effective_on.data,
            decision=form.decision.data,
            ends=False,  # A reorganisation ends the old one once all have gone over.
        ),
    )


def _act(
    form: Any, row: Agency, template: str, title: str, done: str, act: Any
) -> ResponseReturnValue:
    """Do it when the form is right; else show the page with what was typed."""
    agency_id = row.id
    if form.validate_on_submit():
        try:
            act()
        except Refused as error:
            flash(str(error), "error")
        else:
            flash(done, "success")
            return redirect(url_for(".show", agency_id=agency_id))
        row = load(Agency, agency_id, EDIT, options=[joinedload(Agency.parent)])
    return render_template(template, form=form, row=row, title=title)


def _particulars(form: Any) -> tree.Particulars:
    return tree.Particulars(
        code=form.code.data or "",
        name=form.name.data or "",
        level=AgencyLevel[form.level.data],
        kind=AgencyKind[form.kind.data],
        abbreviation=form.abbreviation.data or "",
        has_legal_personality=bool(form.has_legal_personality.data),
        has_own_seal=bool(form.has_own_seal.data),
        identification_code=form.identification_code.data or "",
        place_name=form.place_name.data or "",
        province=form.province.data or "",
        address=form.address.data or "",
        email=form.email.data or "",
        official_domains=form.official_domains.data or "",
        phone=form.phone.data or "",
        tax_code=form.tax_code.data or "",
        budget_code=form.budget_code.data or "",
    )
