"""The papers of an incident: what Mẫu số 09 and the report hold, before they are drawn."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.incidents import IncidentReportForm, LossMinutesForm
from labels import label
from letters.errors import LetterError
from models import Person
from operations import incident_papers, incidents
from operations.incident_papers import Wanted
from operations.paper_lines import managing_agency
from operations.transactions import Refused
from rules.grounds import ground
from rules.incidents import IncidentKind
from rules.permissions import Permission
from schema.custody import Incident
from views.current_law import law_of
from views.filters import gio
from views.guards import account, load, requires
from views.papers_data import draw_paper

bp = Blueprint("incident_papers", __name__, url_prefix="/su-co")
EDIT = Permission.INCIDENT_EDIT
_AUTHORITY = "Cục Chứng thực số và Bảo mật thông tin, Ban Cơ yếu Chính phủ"
_LISTS = ("addressees", "copies_to")
_LOSS = ("lost_at", "lost_where", "circumstances", "noticed_at", "reported_at", "measures", "place")
_REPORT = (
    "basis",
    "happened_at",
    "noticed_at",
    "reported_at",
    "description",
    "impact",
    "measures",
    "cooperation",
    "proposals",
)


@bp.route("/<int:incident_id>/mau-09", methods=["GET", "POST"])
@requires(EDIT)
def loss_minutes(incident_id: int) -> ResponseReturnValue:
    """Mẫu số 09, to be sent with Mẫu số 05."""
    row = _load(incident_id)
    form = LossMinutesForm(obj=None, version=row.version)
    _offer_signers(form, row)
    form.acting_id.choices = _acting()
    if not form.is_submitted():
        _fill_loss(form, row)
    elif form.validate():
        wanted = Wanted(
            texts={name: form[name].data or "" for name in _LOSS},
            position_id=form.position_id.data,
            acting_id=form.acting_id.data,
            digital=bool(form.digital.data),
        )
        made = _try(
            lambda: incident_papers.make_loss_minutes(
                db.session(),
                actor=account().actor(),
                incident_id=row.id,
                version=form.version.data,
                wanted=wanted,
                draw=draw_paper,
            )
        )
        if made is not None:
            flash(
                "Đã lập Mẫu số 09. Ký xong thì lưu bản ký ở đây; lập Mẫu số 05 và gửi cùng lúc.",
                "success",
            )
            return redirect(url_for("papers.show", paper_id=made), 303)
        row = _load(incident_id)
    return render_template("incidents/loss_minutes.html", form=form, row=row)


@bp.route("/<int:incident_id>/bao-cao", methods=["GET", "POST"])
@requires(EDIT)
def report(incident_id: int) -> ResponseReturnValue:
    """The report of an incident to whoever the regulation names."""
    row = _load(incident_id)
    form = IncidentReportForm(obj=None, version=row.version)
    _offer_signers(form, row)
    like = len(incidents.recurrences(db.session(), row))
    if not form.is_submitted():
        _fill_report(form, row)
    elif form.validate():
        texts = {name: form[name].data or "" for name in _REPORT}
        wanted = Wanted(
            texts=texts | {"incident": label(IncidentKind(row.kind))},
            position_id=form.position_id.data,
            lists={name: _lines(form[name].data) for name in _LISTS},
            digital=bool(form.digital.data),
        )
        made = _try(
            lambda: incident_papers.make_report(
                db.session(),
                actor=account().actor(),
                incident_id=row.id,
                version=form.version.data,
                wanted=wanted,
                recurrences=like,
                draw=draw_paper,
            )
        )
        if made is not None:
            flash("Đã lập báo cáo. Khi đã gửi, ghi nhận việc gửi ở đây để xong bước.", "success")
            return redirect(url_for("papers.show", paper_id=made), 303)
        row = _load(incident_id)
    return render_template("incidents/report_paper.html", form=form, row=row)


def _fill_loss(form: LossMinutesForm, row: Incident) -> None:
    _fill(
        form,
        lost_at=row.happened,
        circumstances=row.circumstances,
        noticed_at="" if row.on_behalf else gio(row.noticed_at),
        reported_at=gio(incidents.told_at(row)),
        measures=row.measures,
        place=managing_agency(db.session(), row.agency).place_name,
        acting_id=account().user.person_id,
    )


def _fill_report(form: IncidentReportForm, row: Incident) -> None:
    law, today = law_of(row.agency), clock.today()
    duty = ground(law, "incident.duties", on=today)
    sender = managing_agency(db.session(), row.agency)
    above = sender.parent.name if sender.parent is not None else ""
    _fill(
        form,
        addressees="\n".join(one for one in (above, _AUTHORITY) if one),
        basis=duty.citation if duty is not None else "",
        happened_at=row.happened,
        noticed_at="" if row.on_behalf else gio(row.noticed_at),
        reported_at=gio(incidents.told_at(row)),
        description=row.circumstances,
        measures=row.measures,
    )


def _load(incident_id: int) -> Incident:
    parts = (Incident.agency, Incident.device, Incident.holder)
    return load(Incident, incident_id, EDIT, options=[joinedload(one) for one in parts])


def _offer_signers(form: Any, row: Incident) -> None:
    agency = managing_agency(db.session(), row.agency)
    found = incident_papers.signers_of(db.session(), agency, account().actor())
    form.position_id.choices = [
        SelectChoice("", "Chưa biết, để trống"),
        *(SelectChoice(one.id, f"{one.person.full_name}, {one.title}") for one in found),
    ]
    if not form.is_submitted() and found:
        form.position_id.data = found[0].id


def _acting() -> list[SelectChoice]:
    """Who acts for the agency in the minutes: whoever makes them, or nobody yet."""
    own = db.session.get(Person, account().user.person_id or 0)
    known = [SelectChoice(own.id, own.full_name)] if own is not None else []
    return [SelectChoice("", "Để trống"), *known]


def _fill(form: Any, **values: Any) -> None:
    for name, value in values.items():
        form[name].data = value


def _lines(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").splitlines() if one.strip()]


def _try(act: Any) -> int | None:
    """Do it; a refusal is shown and the page comes back with what was typed."""
    try:
        number: int = act()
    except (Refused, LetterError) as error:
        flash(str(error), "error")
        return None
    return number
