"""Sự cố: the list, one incident with its steps, reporting for oneself or for somebody else."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.incidents import BehalfForm, ReportForm, SectionsForm, WithdrawForm
from labels import label
from models import Agency, Device, Person
from operations import follow_ups, incidents, search
from operations.transactions import Refused
from rules.days import vietnam_day
from rules.findings import Finding
from rules.incidents import DEVICE_ACTS, IncidentKind, check_steps
from rules.law import Law
from rules.lifecycle import CustodyAct, acts_from
from rules.losses import check_loss
from rules.permissions import Permission
from rules.requests import RequestKind
from rules.routing import DeviceMatter, route
from schema.custody import FollowUp, Incident
from views import papers_data_incidents  # noqa: F401 - registers makers of papers
from views.current_law import current_law, law_of
from views.devices import REGISTER
from views.finding import Search, by_ids, in_scope, words_of
from views.follow_ups import lines
from views.guards import account, below, load, requires
from views.register_pages import AGENCY, KIND, STATE, agencies, history, member, search_answer

bp = Blueprint("incidents", __name__, url_prefix="/su-co")

VIEW, TELL, EDIT = (
    Permission.INCIDENT_VIEW,
    Permission.INCIDENT_REPORT,
    Permission.INCIDENT_EDIT,
)
PAGE = 40
MOST_FOUND = 12
_FINDING = (CustodyAct.FOUND.name, CustodyAct.FOUND_AFTER_REVOCATION.name)
MOST_ABOUT = 10
OPEN, CLOSED = "dang", "xong"
STATES = (("", "tất cả"), (OPEN, "đang xử lý"), (CLOSED, "đã kết thúc"))
_WITH = (
    joinedload(Incident.device),
    joinedload(Incident.holder),
    joinedload(Incident.agency),
    joinedload(Incident.certificate),
)
_GROUNDS: Mapping[IncidentKind, str] = {
    IncidentKind.LOSS: "DEVICE_LOST",
    IncidentKind.DAMAGE: "DEVICE_DAMAGED",
    IncidentKind.SUSPECTED_MISUSE: "KEY_EXPOSED",
}


# The list -----------------------------------------------------------------------------------------


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Incidents in scope, the newest first, with what is still open."""
    chosen = agencies(VIEW, request.args.get(AGENCY, type=int))
    where = [account().scope(VIEW).clause(Incident.agency_id)]
    if chosen.path:
        where.append(Incident.agency_id.in_(select(Agency.id).where(below(chosen.path))))
    if (kind := member(IncidentKind, request.args.get(KIND, ""))) is not None:
        where.append(Incident.kind == kind.value)
    state = request.args.get(STATE, "")
    if state in (OPEN, CLOSED):
        ended = Incident.closed_at
        where.append(ended.is_(None) if state == OPEN else ended.is_not(None))
    total = db.session.scalar(select(func.count()).select_from(Incident).where(*where)) or 0
    after = request.args.get("sau", type=int)
    rows = db.session.scalars(
        select(Incident)
        .where(*where, *([Incident.id < after] if after else []))
        .options(*_WITH[:3])
        .order_by(Incident.id.desc())
        .limit(PAGE + 1)
    ).all()
    kept = {name: request.args[name] for name in (AGENCY, KIND, STATE) if request.args.get(name)}
    shown = rows[:PAGE]
    return render_template(
        "incidents/index.html",
        rows=shown,
        waiting=_waiting(shown),
        total=total,
        kept=kept,
        kinds=[("", "tất cả"), *((one.name, label(one).lower()) for one in IncidentKind)],
        states=STATES,
        agencies=chosen.options,
        may_edit=account().can(EDIT),
        next_url=url_for(".index", **kept, sau=shown[-1].id) if len(rows) > PAGE else "",
        first_url=url_for(".index", **kept) if after else "",
    )


def _waiting(rows: Sequence[Incident]) -> dict[int, tuple[int, date | None]]:
    """For each incident of a list: how many steps are open, and the first target day."""
    found = db.session.execute(
        select(FollowUp.object_id, func.count(), func.min(FollowUp.due_on))
        .where(
            FollowUp.noun == incidents.NOUN,
            FollowUp.object_id.in_([one.id for one in rows]),
            FollowUp.done_at.is_(None),
        )
        .group_by(FollowUp.object_id)
    )
    return {number: (count, first) for number, count, first in found}


# One incident -------------------------------------------------------------------------------------


@bp.get("/<int:incident_id>")
@requires(VIEW)
def show(incident_id: int) -> ResponseReturnValue:
    """One incident: what happened, what is to be done about it by when, what is known."""
    row = load(Incident, incident_id, VIEW, options=_WITH)
    steps = follow_ups.of(db.session(), incidents.NOUN, row.id)
    law, today = law_of(row.agency), clock.today()
    return render_template(
        "incidents/show.html",
        row=row,
        kind=IncidentKind(row.kind),
        told_at=incidents.told_at(row),
        days=(today - vietnam_day(incidents.told_at(row))).days,
        lines=[_with_ground(line, row) for line in lines(steps)],
        findings=_findings(row, steps, law, today),
        like=incidents.recurrences(db.session(), row),
        routes=_routes(row, steps, law, today),
        may_edit=_may_edit(row),
        lost_still=row.closed_at is not None and incidents.opens_again(db.session(), row),
        history=history(incidents.NOUN, row.id),
    )


def _may_edit(row: Incident) -> bool:
    return account().can(EDIT) and account().scope(EDIT).covers(row.agency_id)


def _with_ground(line: dict[str, Any], row: Incident) -> dict[str, Any]:
    """The line of Mẫu số 05 knows its ground; a line with a paper leads to that paper."""
    follow, act = line["row"], line["act"]
    ground = _GROUNDS.get(IncidentKind(row.kind))
    if act and ground and follow.code == "incident.revocation" and "?" in act["url"]:
        line["act"] = act | {"url": f"{act['url']}&ly-do={ground}"}
    if act and follow.paper_id is not None and line["is_open"]:
        line["act"] = {
            "label": "Mở giấy tờ đã lập",
            "url": url_for("papers.show", paper_id=follow.paper_id),
        }
    return line


def _findings(row: Incident, steps: Sequence[FollowUp], law: Law, today: date) -> list[Finding]:
    """What must be said beside the days of the steps, which the table of steps tells."""
    if row.closed_at is not None or row.device is None:
        return []
    made = [one.paper.made_on for one in steps if one.paper and one.code.endswith("loss_minutes")]
    minutes_on = max(made, default=None)
    loss = incidents.loss_of(db.session(), row, on=today, minutes_on=minutes_on)
    told = list(check_loss(loss, on=today, law=law)) if loss is not None else []
    told += check_steps(incidents.as_rule(row, steps), on=today, law=law)
    return [one for one in told if not one.code.endswith("_late")]


def _routes(
    row: Incident, steps: Sequence[FollowUp], law: Law, today: date
) -> list[dict[str, Any]]:
    """Where the letters of the open steps go, each in one sentence with its provisions."""
    matters = {
        "incident.loss_minutes": DeviceMatter.LOSS,
        "incident.revocation": RequestKind.REVOCATION,
        "incident.unlock": RequestKind.UNLOCK,
        "incident.device_return": DeviceMatter.RETURN,
    }
    waiting = {one.code for one in steps if one.done_at is None}
    kind = row.device.kind if row.device is not None else None
    return [
        {"matter": matter, "route": route(matter, device_kind=kind, law=law, on=today)}
        for code, matter in matters.items()
        if code in waiting
    ]


@bp.route("/<int:incident_id>/xu-ly", methods=["GET", "POST"])
@requires(EDIT)
def write(incident_id: int) -> ResponseReturnValue:
    """Measures, cause, prevention: typed sections, any of them at any time."""
    row = load(Incident, incident_id, EDIT, options=_WITH)
    form = SectionsForm(obj=row)
    if form.validate_on_submit():
        texts = {name: str(form[name].data or "") for name in incidents.SECTIONS}
        try:
            changed = incidents.write(
                db.session(),
                actor=account().actor(),
                incident_id=row.id,
                version=form.version.data,
                texts=texts,
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi." if changed else "Không có gì thay đổi.", "success")
            return redirect(url_for(".show", incident_id=incident_id), 303)
        row = load(Incident, incident_id, EDIT, options=_WITH)
    return render_template("incidents/write.html", form=form, row=row, kind=IncidentKind(row.kind))


@bp.post("/<int:incident_id>/tim-thay")
@requires(EDIT)
def found(incident_id: int) -> ResponseReturnValue:
    """The lost device was found."""
    row = load(Incident, incident_id, EDIT)
    try:
        back = incidents.found(
            db.session(),
            actor=account().actor(),
            incident_id=row.id,
            version=request.form.get("version", type=int) or 0,
            law=current_law(),
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(
            "Đã ghi tìm thấy; thiết bị trở lại trạng thái trước khi mất. Hủy dự thảo Mẫu số 05 nếu "
            "đã lập, và xem người khác có thể đã dùng thiết bị không."
            if back
            else "Đã ghi tìm thấy. Thiết bị không được dùng lại: thu lại và nộp về Cục theo Mẫu số "
            "08.",
            "success" if back else "warning",
        )
    return redirect(url_for(".show", incident_id=incident_id), 303)


@bp.post("/<int:incident_id>/ket-thuc")
@requires(EDIT)
def close(incident_id: int) -> ResponseReturnValue:
    """End it, when everything is done or waived."""
    row = load(Incident, incident_id, EDIT)
    try:
        incidents.close(
            db.session(),
            actor=account().actor(),
            incident_id=row.id,
            version=request.form.get("version", type=int) or 0,
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã kết thúc sự cố.", "success")
    return redirect(url_for(".show", incident_id=incident_id), 303)


@bp.route("/<int:incident_id>/bao-nham", methods=["GET", "POST"])
@requires(EDIT)
def withdraw(incident_id: int) -> ResponseReturnValue:
    """It was reported by mistake."""
    row = load(Incident, incident_id, EDIT, options=_WITH)
    form = WithdrawForm(obj=row)
    if form.validate_on_submit():
        try:
            incidents.withdraw(
                db.session(),
                actor=account().actor(),
                incident_id=row.id,
                version=form.version.data,
                reason=form.reason.data or "",
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã rút lại; thiết bị trở lại như trước khi báo.", "success")
            return redirect(url_for(".show", incident_id=incident_id), 303)
        row = load(Incident, incident_id, EDIT, options=_WITH)
    kind = IncidentKind(row.kind)
    return render_template("incidents/withdraw.html", form=form, row=row, kind=kind)


# Reporting ----------------------------------------------------------------------------------------


@bp.get("/moi")
@requires(TELL, EDIT)
def new() -> ResponseReturnValue:
    """From a button on the page of a device: to its open incident, or to the right report."""
    person, asked = account(), request.args.get("viec", "")
    device_id = request.args.get("thiet-bi", type=int) or 0
    row = load(Device, device_id, EDIT if person.can(EDIT) else TELL)
    going_on = db.session.scalars(
        select(Incident)
        .where(Incident.device_id == row.id, Incident.closed_at.is_(None))
        .order_by(Incident.id.desc())
    ).all()
    known = {name: kind for kind, act in DEVICE_ACTS.items() if act for name in [act.name]}
    kind = known.get(asked)
    wanted = kind.value if kind else IncidentKind.LOSS.value
    same = [one for one in going_on if one.kind == wanted]
    if same:
        endpoint = "incidents.show" if person.can(VIEW) else "own.incident"
        return redirect(url_for(endpoint, incident_id=same[0].id))
    if asked in _FINDING and person.can(VIEW):
        if lost := incidents.loss_of_device(db.session(), row):
            return redirect(url_for("incidents.show", incident_id=lost))
    kept = {"thiet-bi": row.id, "loai": kind.name if kind else None}
    own = row.holder_id is not None and row.holder_id == person.user.person_id
    return redirect(url_for(".report" if own else ".report_for", **kept))


@bp.route("/bao", methods=["GET", "POST"])
@requires(TELL)
def report() -> ResponseReturnValue:
    """Report what happened to a device in one's own hands."""
    person_id = account().user.person_id
    rows = (
        db.session.scalars(
            select(Device)
            .where(Device.holder_id == person_id)
            .order_by(Device.id)
            .limit(MOST_FOUND)
        ).all()
        if person_id is not None
        else []
    )
    form = ReportForm()
    form.device_id.choices = [SelectChoice(one.id, _device_words(one)) for one in rows]
    form.kind.choices = _kinds_of(*rows)
    if request.method == "GET":
        _begin(form, request.args.get("thiet-bi", type=int), rows)
    elif form.validate() and _fits(form, rows):
        number = _send(form, on_behalf=False)
        if number is not None:
            flash("Đã báo. Đầu mối của cơ quan thấy ngay và sẽ liên hệ với anh/chị.", "success")
            return redirect(url_for("own.incident", incident_id=number), 303)
    return render_template("incidents/report.html", form=form, devices=rows)


@bp.route("/bao-thay", methods=["GET", "POST"])
@requires(EDIT)
def report_for() -> ResponseReturnValue:
    """The focal point writes down what somebody who cannot log in has told."""
    device_id = request.args.get("thiet-bi", type=int)
    if device_id is None:
        return _choose_device()
    row = load(Device, device_id, EDIT, options=[joinedload(Device.holder)])
    form = BehalfForm()
    form.device_id.choices = [SelectChoice(row.id, _device_words(row))]
    form.kind.choices = _kinds_of(row)
    if request.method == "GET":
        _begin(form, row.id, [row])
    elif form.validate():
        number = _send(form, on_behalf=True)
        if number is not None:
            flash("Đã ghi sự cố. Làm tiếp các việc dưới đây.", "success")
            return redirect(url_for(".show", incident_id=number), 303)
        row = load(Device, device_id, EDIT, options=[joinedload(Device.holder)])
    return render_template("incidents/report_for.html", form=form, row=row)


@bp.post("/bao-thay/tim")
@requires(EDIT)
def find_device() -> ResponseReturnValue:
    """Take a search, which may hold a citizen id, and answer with its address."""
    return search_answer("incidents.report_for", EDIT, search.DEVICE)


def _choose_device() -> str:
    query = request.args.get("q", "")
    person_id = request.args.get("ca-nhan", type=int)
    rows: Sequence[Any] = []
    if query:
        conditions = list(in_scope(account().scope(EDIT), "agency_id", "holder_id"))
        page = Search(db.session(), REGISTER, conditions, words_of(query)).first(MOST_FOUND)
        rows = by_ids(db.session(), Device, page, (joinedload(Device.holder),))
    elif person_id is not None:
        owner = load(Person, person_id, EDIT)
        rows = db.session.scalars(
            select(Device)
            .where(Device.holder_id == owner.id, account().scope(EDIT).clause(Device.agency_id))
            .options(joinedload(Device.holder))
            .limit(MOST_FOUND)
        ).all()
    return render_template("incidents/choose_device.html", rows=rows, query=query)


def _kinds_of(*devices: Device) -> list[SelectChoice]:
    """What can have happened to one of these: an account of central signing is neither lost nor
    damaged.
    """
    able = [kind for kind in DEVICE_ACTS if any(_can_happen(kind, one) for one in devices)]
    return [SelectChoice(kind.name, label(kind)) for kind in able]


def _can_happen(kind: IncidentKind, device: Device) -> bool:
    act, already = DEVICE_ACTS[kind], device.state in incidents.ALREADY.get(kind, ())
    return (
        act is None or already or act in {one.act for one in acts_from(device.kind, device.state)}
    )


def _fits(form: ReportForm, rows: Sequence[Device]) -> bool:
    """Whether it can have happened to the device chosen; else the field says so."""
    device = next(one for one in rows if one.id == form.device_id.data)
    if _can_happen(IncidentKind[form.kind.data], device):
        return True
    offered = ", ".join(f"“{one.label}”" for one in _kinds_of(device))
    form.kind.errors = [f"Với {_device_words(device)}, chỉ báo được: {offered}."]
    return False


def _begin(form: ReportForm, device_id: int | None, rows: Sequence[Device]) -> None:
    """Now, and the one device there is: nothing to type for most people."""
    now = clock.now().astimezone(clock.VIETNAM)
    form.noticed_on.data, form.noticed_time.data = now.date(), now.time()
    if (kind := member(IncidentKind, request.args.get(KIND, ""))) is not None:
        form.kind.data = kind.name
    known = [one.id for one in rows]
    form.device_id.data = device_id if device_id in known else known[0] if len(known) == 1 else None


def _send(form: ReportForm, *, on_behalf: bool) -> int | None:
    wish = incidents.Report(
        kind=IncidentKind[form.kind.data],
        device_id=form.device_id.data,
        noticed_at=form.noticed_at,
        on_behalf=on_behalf,
        told_how=form.told_how.data or "" if isinstance(form, BehalfForm) else "",
        happened=form.happened.data or "" if isinstance(form, BehalfForm) else "",
        circumstances=form.circumstances.data or "",
    )
    try:
        return incidents.report(
            db.session(),
            actor=account().actor(),
            wish=wish,
            law=current_law(),
            is_focal_point=on_behalf,
        )
    except Refused as error:
        form.form_errors.append(str(error))
        return None


def _device_words(row: Device) -> str:
    serial = row.printed_serial or row.driver_serial or row.notice_serial
    return f"{label(row.kind)} {row.internal_code}" + (f", số hiệu {serial}" if serial else "")


# On the pages of devices and people ---------------------------------------------------------------


@bp.app_template_filter("loai_su_co")
def kind_words(value: str) -> str:
    """The word of a kind of incident as the database keeps it."""
    return label(IncidentKind(value))


@bp.app_context_processor
def _about() -> dict[str, Any]:
    return {"incidents_about": about}


def about(*, device_id: int | None = None, person_id: int | None = None) -> Sequence[Incident]:
    """The latest incidents of a device or a person, newest first; none for who may not see them.
    One statement.
    """
    if not account().can(VIEW):
        return []
    mine = Incident.device_id == device_id if device_id else Incident.holder_id == person_id
    return db.session.scalars(
        select(Incident)
        .where(mine, account().scope(VIEW).clause(Incident.agency_id))
        .options(joinedload(Incident.device), joinedload(Incident.holder))
        .order_by(Incident.id.desc())
        .limit(MOST_ABOUT)
    ).all()
