"""The decision that entrusts an agency's device to a clerk, or to a deputy for a term."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.entrustments import EntrustmentForm
from letters.errors import LetterError
from models import Certificate, Device, Entrustment
from operations.entrustment_decisions import DecisionWish, decide
from operations.transactions import Refused
from rules.certificates import SubscriberKind
from rules.devices import DeviceState
from rules.names import spelt_out
from rules.permissions import Permission
from views.guards import account, requires
from views.handover_wishes import head_of, managing, people_of
from views.papers_data import draw_paper

bp = Blueprint("entrustments", __name__, url_prefix="/giao-quan-ly")

EDIT = Permission.PAPER_EDIT
MOST = 50


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Choose devices and person; the decision is drawn at once and counts when it is signed."""
    devices = _agencys_devices()
    form = EntrustmentForm()
    form.device_ids.choices = [
        SelectChoice(one.id, f"{one.printed_serial or one.internal_code} – {one.agency.name}")
        for one in devices
    ]
    people = people_of(managing(devices)) if devices else []
    form.person_id.choices = [
        SelectChoice("", "Chọn người"),
        *(SelectChoice(*one) for one in people),
    ]
    if request.method == "GET" and devices:
        _prefill(form, devices)
    elif devices and form.validate_on_submit():
        made = _decide(form, devices)
        if made is not None:
            flash("Đã lập quyết định. Khi lưu bản đã ký, người được giao ký số được.", "success")
            return redirect(url_for("papers.show", paper_id=made), 303)
    return render_template(
        "entrustments/new.html", form=form, devices=devices, entrusted=_entrusted(devices)
    )


def _agencys_devices() -> Sequence[Device]:
    """Devices of the person's agencies that carry a certificate of an agency."""
    scope = account().scope(EDIT)
    carries = select(Certificate.device_id).where(
        Certificate.kind == SubscriberKind.ORGANISATION, Certificate.revoked_at.is_(None)
    )
    return db.session.scalars(
        select(Device)
        .where(
            Device.id.in_(carries),
            scope.clause(Device.agency_id),
            Device.state.in_((DeviceState.IN_STOCK, DeviceState.HANDED_OVER, DeviceState.IN_USE)),
        )
        .options(joinedload(Device.agency, innerjoin=True), joinedload(Device.holder))
        .order_by(Device.sort_key, Device.id)
        .limit(MOST)
    ).all()


def _entrusted(devices: Sequence[Device]) -> Sequence[Entrustment]:
    """Who is entrusted with these devices, newest first."""
    return db.session.scalars(
        select(Entrustment)
        .join(Certificate, Certificate.id == Entrustment.certificate_id)
        .where(Certificate.device_id.in_([one.id for one in devices]))
        .options(joinedload(Entrustment.person), joinedload(Entrustment.certificate))
        .order_by(Entrustment.id.desc())
        .limit(MOST)
    ).all()


def _prefill(form: EntrustmentForm, devices: Sequence[Device]) -> None:
    agency = managing(devices)
    form.device_ids.data = [devices[0].id] if len(devices) == 1 else []
    form.made_on.data = form.from_on.data = clock.today()
    form.authority.data = f"CHỦ TỊCH {spelt_out(agency.name)}".upper()
    form.proposer.data = "Văn phòng"
    form.executors.data = "Chánh Văn phòng, các cá nhân có liên quan"


def _decide(form: EntrustmentForm, devices: Sequence[Device]) -> int | None:
    made_on = form.made_on.data or clock.today()
    wish = DecisionWish(
        device_ids=tuple(form.device_ids.data or ()),
        person_id=form.person_id.data,
        made_on=made_on,
        from_on=form.from_on.data or made_on,
        until_on=form.until_on.data,
        number=form.number.data or "",
        digital=bool(form.digital.data),
        signer=head_of(managing(devices), made_on),
        particulars={
            "authority": form.authority.data or "",
            "proposer": form.proposer.data or "",
            "replaces": form.replaces.data or "",
            "executors": form.executors.data or "",
        },
    )
    try:
        return decide(db.session(), wish, actor=account().actor(), draw=draw_paper)
    except (Refused, LetterError) as error:
        flash(str(error), "error")
        return None
