"""Kiểm kê: the campaigns, one of them with its figures, opening, changing, locking."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

import clock
from extensions import db
from forms.stocktakes import PARTS, WHOLE, ChangeForm, ClosingForm, OpenForm
from letters.errors import LetterError
from models import Agency, Device, Person
from operations import stocktakes
from operations.law import sender_for
from operations.stocktake_minutes import Words
from operations.stocktakes import Plan, Review, Seat
from operations.transactions import Refused
from rules.grounds import ground
from rules.lifecycle import HOLDER_NEEDED
from rules.permissions import GRANTS, Permission
from rules.stocktakes import COUNTING_REQUIRED, CountOutcome
from schema.custody import FollowUp
from schema.stocktakes import Stocktake, StocktakeItem, StocktakeMember
from views import papers_data_stocktakes  # noqa: F401 - registers a maker of papers
from views.current_law import current_law, law_of
from views.follow_ups import panel
from views.guards import Scope, account, load, requires
from views.handover_wishes import people_of
from views.handovers import MOST as MOST_AT_ONCE
from views.kept import key_of, until_the_log_grows
from views.papers_data import draw_paper
from views.register_pages import history
from views.stocktake_figures import conflicts_of, counters_of, figures_of, units_of, whole
from views.users import agency_choices

bp = Blueprint("stocktakes", __name__, url_prefix="/kiem-ke")

VIEW, MANAGE, COUNT = (
    Permission.STOCKTAKE_VIEW,
    Permission.STOCKTAKE_MANAGE,
    Permission.STOCKTAKE_COUNT,
)
PAGE = 40
NEVER_PAGE = 100
MOST_COUNTED = 1_000
SPARE_SEATS = 2
_WITH = (
    joinedload(Stocktake.agency),
    selectinload(Stocktake.members)
    .joinedload(StocktakeMember.person)
    .load_only(Person.full_name, Person.left_on),
)


# The list -----------------------------------------------------------------------------------------


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Campaigns in scope, the newest first, and how much no campaign ever saw."""
    scope = account().scope(VIEW)
    where = scope.clause(Stocktake.agency_id)
    total = db.session.scalar(select(func.count()).select_from(Stocktake).where(where)) or 0
    before = request.args.get("truoc", type=int)
    rows = db.session.scalars(
        select(Stocktake)
        .where(where, *([Stocktake.id < before] if before else []))
        .options(joinedload(Stocktake.agency).load_only(Agency.name))
        .order_by(Stocktake.id.desc())
        .limit(PAGE + 1)
    ).all()
    shown = rows[:PAGE]
    return render_template(
        "stocktakes/index.html",
        rows=shown,
        figures=figures_of([one.id for one in shown]),
        total=total,
        never=_never_total(scope),
        most=MOST_COUNTED,
        may_manage=account().can(MANAGE),
        next_url=url_for(".index", truoc=shown[-1].id) if len(rows) > PAGE else "",
        first_url=url_for(".index") if before else "",
    )


def _never_total(scope: Scope) -> int:
    """How many devices no campaign ever saw, counted up to a limit."""

    def make() -> int:
        rows = stocktakes.never_counted(scope.clause(Device.agency_id))
        rows = rows.with_only_columns(Device.id).limit(MOST_COUNTED)
        return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0

    return until_the_log_grows(("never counted", key_of(scope)), make)


@bp.get("/chua-tung-kiem")
@requires(VIEW)
def never() -> ResponseReturnValue:
    """Devices that no campaign ever saw."""
    scope, after = account().scope(VIEW), request.args.get("sau", type=int)
    where = [scope.clause(Device.agency_id), *([Device.id > after] if after else [])]
    rows = db.session.scalars(
        stocktakes.never_counted(*where)
        .options(joinedload(Device.agency).load_only(Agency.name), joinedload(Device.holder))
        .order_by(Device.id)
        .limit(NEVER_PAGE + 1)
    ).all()
    shown = rows[:NEVER_PAGE]
    more = len(rows) > NEVER_PAGE
    return render_template(
        "stocktakes/never.html",
        rows=shown,
        total=_never_total(scope),
        most=MOST_COUNTED,
        next_url=url_for(".never", sau=shown[-1].id) if more else "",
        first_url=url_for(".never") if after else "",
    )


# Opening and changing -----------------------------------------------------------------------------


@bp.route("/moi", methods=["GET", "POST"])
@requires(MANAGE)
def new() -> ResponseReturnValue:
    """Open a campaign over an agency; the committee is taken over from last time."""
    agency = load(Agency, request.args.get("don-vi", type=int) or _home(), MANAGE)
    form = OpenForm()
    seats = stocktakes.last_seats(db.session(), agency.id) if request.method == "GET" else ()
    if request.method == "GET":
        _fill_seats(form, seats)
    form.offer(_people(agency, [one.person_id for one in seats]))
    if form.validate_on_submit():
        plan = _plan(form, agency.id, with_subtree=form.with_subtree.data == WHOLE)
        try:
            number = stocktakes.open_campaign(db.session(), actor=account().actor(), plan=plan)
        except Refused as error:
            flash(str(error), "error")
            agency = load(Agency, agency.id, MANAGE)
        else:
            flash("Đã mở đợt kiểm kê và chốt số liệu theo sổ.", "success")
            return redirect(url_for(".show", stocktake_id=number), 303)
    agencies = [one for one in agency_choices(account().scope(MANAGE)) if one[0]]
    return render_template(
        "stocktakes/new.html",
        form=form,
        agency=agency,
        agencies=agencies,
        parts=PARTS,
        duty=ground(law_of(agency), COUNTING_REQUIRED, on=clock.today()),
    )


@bp.route("/<int:stocktake_id>/sua", methods=["GET", "POST"])
@requires(MANAGE)
def edit(stocktake_id: int) -> ResponseReturnValue:
    """Change name, ground, due day and committee while it is open."""
    row = load(Stocktake, stocktake_id, MANAGE, options=_WITH)
    form = ChangeForm()
    if request.method == "GET":
        form.version.data, form.name.data = row.version, row.name
        form.basis.data, form.due_on.data = row.basis, row.due_on
        _fill_seats(form, stocktakes.seats_of(row))
    form.offer(_people(row.agency, [one.person_id for one in stocktakes.seats_of(row)]))
    if form.validate_on_submit():
        plan = _plan(form, row.agency_id, with_subtree=row.with_subtree)
        try:
            stocktakes.change(
                db.session(),
                actor=account().actor(),
                stocktake_id=row.id,
                version=form.version.data,
                plan=plan,
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi.", "success")
            return redirect(url_for(".show", stocktake_id=stocktake_id), 303)
        row = load(Stocktake, stocktake_id, MANAGE, options=_WITH)
    return render_template("stocktakes/edit.html", form=form, row=row, parts=PARTS)


def _home() -> int:
    """The agency that manages where the person works, else the one of their role."""
    person, scope = account().user.person, account().scope(MANAGE)
    if person is not None:
        managing = sender_for(db.session(), person.agency)
        if managing is not None and scope.covers(managing.id):
            return managing.id
    return next(at for role, at, _ in account().grants if MANAGE in GRANTS[role])


def _people(agency: Agency, also: Iterable[int] = ()) -> list[tuple[str, str]]:
    return people_of(sender_for(db.session(), agency) or agency, also)


def _fill_seats(form: Any, seats: Any) -> None:
    """The seats taken, each with its part, and a few empty ones; at first with usual parts."""
    wanted = list(seats) or [Seat(0, part) for part in (*PARTS, PARTS[-1], PARTS[-1])]
    wanted += [Seat(0, PARTS[-1])] * (SPARE_SEATS if seats else 0)
    for at, one in enumerate(wanted[: form.seats.max_entries]):
        entry = (
            form.seats.entries[at] if at < len(form.seats.entries) else form.seats.append_entry()
        )
        entry.form.person_id.data = one.person_id or None
        entry.form.part.data = one.part


def _plan(form: Any, agency_id: int, *, with_subtree: bool) -> Plan:
    told = [entry.form for entry in form.seats.entries]
    return Plan(
        agency_id=agency_id,
        name=form.name.data,
        basis=form.basis.data or "",
        due_on=form.due_on.data,
        with_subtree=with_subtree,
        seats=tuple(
            Seat(one.person_id.data, one.part.data or "") for one in told if one.person_id.data
        ),
    )


# One campaign -------------------------------------------------------------------------------------


@bp.get("/<int:stocktake_id>")
@requires(VIEW)
def show(stocktake_id: int) -> ResponseReturnValue:
    """One campaign: figures, units, ways to count; once locked, minutes and what follows."""
    row = load(Stocktake, stocktake_id, VIEW, options=_WITH)
    open_ = row.closed_at is None
    units, counters = until_the_log_grows(
        ("stocktake", row.id), lambda: (units_of(row.id), counters_of(row.id))
    )
    return render_template(
        "stocktakes/show.html",
        row=row,
        units=units,
        figures=whole(units),
        outcomes=list(CountOutcome),
        conflicts=conflicts_of(row.id) if open_ else [],
        lines=[] if open_ else panel(stocktakes.NOUN, row.id),
        correction_url="" if open_ else _correction_url(row),
        may_manage=open_
        and account().can(MANAGE)
        and account().scope(MANAGE).covers(row.agency_id),
        may_count=open_ and account().can(COUNT) and account().scope(COUNT).covers(row.agency_id),
        days=(row.due_on - clock.today()).days,
        counters=counters,
        history=history(stocktakes.NOUN, row.id, without=["stocktake.counted"]),
    )


def _correction_url(row: Stocktake) -> str:
    """One correction minutes for all tokens found with somebody else and not yet corrected."""
    if not account().can(Permission.CUSTODY_MOVE):
        return ""
    found = db.session.execute(
        select(StocktakeItem.device_id, StocktakeItem.found_holder_id)
        .join(FollowUp, FollowUp.device_id == StocktakeItem.device_id)
        .join(Device, Device.id == StocktakeItem.device_id)
        .where(
            StocktakeItem.stocktake_id == row.id,
            StocktakeItem.outcome == CountOutcome.WRONG_HOLDER.value,
            FollowUp.noun == stocktakes.NOUN,
            FollowUp.object_id == row.id,
            FollowUp.done_at.is_(None),
            Device.state.in_(HOLDER_NEEDED),
        )
        .limit(MOST_AT_ONCE)
    ).all()
    if len(found) < 2:  # A single one has its own button.
        return ""
    asked = {f"nguoi-{device}": holder for device, holder in found}
    ids = ",".join(str(device) for device, _ in found)
    return url_for("handovers.new", **{"viec": "dinh-chinh", "thiet-bi": ids, **asked})


# Closing ------------------------------------------------------------------------------------------


@bp.route("/<int:stocktake_id>/khoa-so", methods=["GET", "POST"])
@requires(MANAGE)
def close(stocktake_id: int) -> ResponseReturnValue:
    """What would stand in the minutes, what speaks against it, then locked for good."""
    row = load(Stocktake, stocktake_id, MANAGE, options=_WITH)
    form = ClosingForm()
    if request.method == "GET":
        managing = sender_for(db.session(), row.agency) or row.agency
        form.version.data, form.place.data = row.version, f"Trụ sở {managing.name}"
    elif form.validate():
        number = _close(row.id, form)
        if number is not None:
            flash(
                "Đã khóa sổ và lập biên bản. In, ký rồi lưu bản quét vào biên bản này.", "success"
            )
            return redirect(url_for("papers.show", paper_id=number), 303)
        row = load(Stocktake, stocktake_id, MANAGE, options=_WITH)
    found = _review(row, all_sent=bool(form.all_sent.data))
    units = units_of(row.id)
    return render_template(
        "stocktakes/close.html",
        row=row,
        form=form,
        figures=whole(units),
        outcomes=list(CountOutcome),
        findings=found.findings,
        wants_reason=found.wants_reason,
    )


def _review(row: Stocktake, *, all_sent: bool) -> Review:
    return stocktakes.review(
        db.session(), row, actor=account().actor(), law=current_law(), all_sent=all_sent
    )


def _close(stocktake_id: int, form: ClosingForm) -> int | None:
    words = Words(
        form.place.data or "",
        form.conclusion.data or "",
        form.reason.data or "",
        bool(form.digital.data),
    )
    try:
        return stocktakes.close(
            db.session(),
            actor=account().actor(),
            stocktake_id=stocktake_id,
            version=form.version.data,
            words=words,
            law=current_law(),
            draw=draw_paper,
            all_sent=bool(form.all_sent.data),
        )
    except (Refused, LetterError) as error:
        flash(str(error), "error")
        return None
