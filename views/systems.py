"""Thiết bị, dịch vụ, phần mềm: the list of them, entering and correcting one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import literal, select
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.systems import NewSystemForm, SystemForm
from models import Agency, Certificate, Person, System
from operations import systems
from operations.transactions import Refused
from rules.devices import DeviceKind
from rules.names import fold
from rules.permissions import Permission
from rules.systems import SystemKind
from views.guards import account, load, requires
from views.register_pages import history
from views.users import agency_choices

bp = Blueprint("systems", __name__, url_prefix="/he-thong")

VIEW, EDIT = Permission.DEVICE_VIEW, Permission.DEVICE_EDIT
MOST_SHOWN = 400
MOST_KEEPERS = 500


@bp.get("")
@requires(Permission.DEVICE_SEARCH)
def index() -> ResponseReturnValue:
    """All in scope by name, found without accents, with the last day of their certificates."""
    sought = request.args.get("q", "").strip()[:200]
    scope = account().scope(Permission.DEVICE_SEARCH)
    folded = literal(" ") + System.name_fold
    words = [folded.contains(f" {word}", autoescape=True) for word in fold(sought).split()]
    rows = db.session.scalars(
        select(System)
        .where(scope.clause(System.agency_id), *words)
        .order_by(System.ended_on.is_not(None), System.sort_key, System.id)
        .limit(MOST_SHOWN + 1)
        .options(joinedload(System.agency, innerjoin=True), joinedload(System.keeper))
    ).all()
    shown = rows[:MOST_SHOWN]
    return render_template(
        "systems/index.html",
        rows=shown,
        ends=_ends([row.id for row in shown]),
        capped=len(rows) > MOST_SHOWN,
        sought=sought,
        may_add=account().can(EDIT),
        may_draft=account().can(Permission.CERTIFICATE_REQUEST_DRAFT),
    )


def _ends(ids: list[int]) -> dict[int, Certificate]:
    """The certificate of each that ends last, revoked ones left out; one statement."""
    rows = db.session.scalars(
        select(Certificate)
        .where(Certificate.system_id.in_(ids), Certificate.revoked_at.is_(None))
        .order_by(Certificate.expires_on, Certificate.id)
    )
    return {row.system_id: row for row in rows if row.system_id is not None}


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Enter one."""
    form = NewSystemForm()
    _offer(form)
    if request.method == "GET":
        form.agency_id.data = request.args.get("don-vi", type=int)
    elif form.validate():
        try:
            systems.create(db.session(), actor=account().actor(), particulars=_particulars(form))
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi vào sổ.", "success")
            return redirect(url_for(".index"))
    return render_template("systems/edit.html", form=form, row=None, certificates=[], history=[])


@bp.route("/<int:system_id>", methods=["GET", "POST"])
@requires(VIEW)
def edit(system_id: int) -> ResponseReturnValue:
    """One of them: what is written, its certificates, and its history; corrected here."""
    posted = request.method == "POST"
    row = load(System, system_id, EDIT if posted else VIEW, options=[joinedload(System.agency)])
    may_edit = account().can(EDIT) and account().scope(EDIT).covers(row.agency_id)
    form = SystemForm(obj=row)
    _offer(form)
    if not posted:
        form.kind.data = row.kind.name
        form.key_store.data = row.key_store.name if row.key_store is not None else ""
    elif may_edit and form.validate():
        try:
            changed = systems.change(
                db.session(),
                actor=account().actor(),
                system_id=system_id,
                version=form.version.data,
                particulars=_particulars(form),
            )
        except Refused as error:
            flash(str(error), "error")
            row = load(System, system_id, EDIT, options=[joinedload(System.agency)])
        else:
            flash("Đã ghi thay đổi." if changed else "Không có gì thay đổi.", "success")
            return redirect(url_for(".edit", system_id=system_id))
    return render_template(
        "systems/edit.html",
        form=form,
        row=row,
        may_edit=may_edit,
        may_draft=account().can(Permission.CERTIFICATE_REQUEST_DRAFT),
        certificates=_certificates(system_id),
        today=clock.today(),
        history=history(systems.NOUN, system_id),
    )


def _certificates(system_id: int) -> list[Certificate]:
    return list(
        db.session.scalars(
            select(Certificate)
            .where(Certificate.system_id == system_id)
            .order_by(Certificate.expires_on.desc(), Certificate.id.desc())
            .limit(20)
        )
    )


def _offer(form: Any) -> None:
    """The agencies and people of the scope for editing."""
    scope = account().scope(EDIT)
    form.agency_id.offer(agency_choices(scope))
    people = db.session.execute(
        select(Person.id, Person.full_name, Agency.name)
        .join(Agency, Agency.id == Person.agency_id)
        .where(scope.clause(Person.agency_id), Person.left_on.is_(None))
        .order_by(Person.sort_key, Person.id)
        .limit(MOST_KEEPERS)
    ).all()
    form.keeper_id.choices = [
        SelectChoice("", "— chưa ghi —"),
        *(SelectChoice(number, f"{name} – {place}") for number, name, place in people),
    ]


def _particulars(form: Any) -> systems.Particulars:
    ended = form.ended_on.data if "ended_on" in form else None
    return systems.Particulars(
        agency_id=form.agency_id.data,  # one of the choices, which are those of the scope
        name=form.name.data or "",
        kind=SystemKind[form.kind.data],
        edition=form.edition.data or "",
        email=form.email.data or "",
        key_store=DeviceKind[form.key_store.data] if form.key_store.data else None,
        keeper_id=form.keeper_id.data or None,
        ended_on=ended,
    )
