"""A list of official addresses against the people of the register: preview, choose, keep."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.authority_files import SHEETS, EmailChoiceForm, EmailListForm
from forms.fields import number_or_none
from models import Agency, Person
from operations import people as acts
from operations.personal import CitizenIds
from operations.transactions import Refused
from rules.permissions import Permission
from sheets import reading_process
from sheets.email_matching import EmailLine, Known, match_emails
from sheets.pasted_emails import PastedLine, TooLong, read_pasted
from sheets.reading_work import Task, Work
from sheets.tables_in import UnreadableSheet
from sheets.vocabulary import SheetKind
from views.guards import account, below, load, requires, settings
from views.users import agency_choices

bp = Blueprint("email_lists", __name__, url_prefix="/bang-tinh/thu-dien-tu")

EDIT = Permission.PERSON_EDIT
SURE, PICK = "ghi-", "chon-"
"""Prefixes of boxes: a certain match by person, a choice by row of the list."""


@bp.route("", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Take a list as a file or pasted; show whom it means before anything is kept."""
    form = EmailListForm()
    form.agency_id.offer(agency_choices(account().scope(EDIT)))
    if request.method == "GET":
        form.from_on.data = clock.today()
    elif form.validate():
        try:
            lines = _lines(form)
        except (UnreadableSheet, TooLong) as error:
            flash(str(error), "error")
        else:
            return _preview(load(Agency, form.agency_id.data, EDIT), lines, form)
    return render_template("email_lists/new.html", form=form, accepted=SHEETS)


def _lines(form: EmailListForm) -> Sequence[EmailLine]:
    if form.file.data and form.file.data.filename:
        name = form.file.data.filename
        task = Task(Work.ROWS, name, SheetKind.PEOPLE.value, on=clock.today())
        return [
            _line(number, said)
            for number, said, _ in reading_process.rows(form.file.data.read(), task)
        ]
    return read_pasted(form.pasted.data)


def _line(number: int, said: Mapping[str, str]) -> EmailLine:
    birth_on = said.get("birth_on")
    return PastedLine(
        number,
        said.get("full_name", ""),
        said.get("email", ""),
        date.fromisoformat(birth_on) if birth_on else None,
        said.get("citizen_id", ""),
    )


def _preview(
    agency: Agency, lines: Sequence[EmailLine], form: EmailListForm
) -> ResponseReturnValue:
    """Certain matches with a box each, doubtful ones with a choice, the rest as it is."""
    people = {person.id: person for person in _people(agency)}
    found = match_emails(
        lines,
        [
            Known(
                person.id,
                person.full_name,
                person.birth_on,
                person.citizen_id_hash or "",
                person.email or "",
            )
            for person in people.values()
        ],
        citizen_key=CitizenIds(settings().citizen_key).lookup,
    )
    known = {line.row: line.full_name for line in lines}
    return render_template(
        "email_lists/preview.html",
        agency=agency,
        matched=[
            {"match": one, "person": people[one.person_id], "said": known[one.row]}
            for one in found.matched
        ],
        ambiguous=[
            {"line": one, "candidates": [people[each] for each in one.candidates]}
            for one in found.ambiguous
        ],
        unmatched=found.unmatched,
        without=[people[each] for each in found.people_without],
        form=EmailChoiceForm(formdata=None, data={"from_on": form.from_on.data}),
        sure=SURE,
        pick=PICK,
    )


def _people(agency: Agency) -> Iterable[Person]:
    return db.session.scalars(
        select(Person)
        .where(
            Person.agency_id.in_(select(Agency.id).where(below(agency.path))),
            Person.left_on.is_(None),
        )
        .order_by(Person.sort_key, Person.id)
        .options(joinedload(Person.agency, innerjoin=True))
    )


@bp.post("/<int:agency_id>/ghi")
@requires(EDIT)
def save(agency_id: int) -> ResponseReturnValue:
    """Keep the chosen addresses, all together; the old ones stay in each person's history."""
    agency, form = load(Agency, agency_id, EDIT), EmailChoiceForm()
    chosen = _chosen()
    within = {person.id for person in _people(agency)}
    if not form.validate() or not chosen or not chosen.keys() <= within:
        flash("Chưa ghi: chọn ít nhất một người và nhập ngày bắt đầu dùng.", "error")
        return redirect(url_for(".new"))
    try:
        count = acts.change_emails(
            db.session(),
            actor=account().actor(),
            agency_id=agency.id,
            emails=chosen,
            from_on=form.from_on.data,
        )
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for(".new"))
    flash(f"Đã ghi địa chỉ thư điện tử công vụ của {count} người.", "success")
    return redirect(url_for("people.index", **{"don-vi": agency.id}))


def _chosen() -> dict[int, str]:
    """Person -> address, from the boxes that are ticked and the choices that were made."""
    found: dict[int, str] = {}
    for name, value in request.form.items():
        prefix = SURE if name.startswith(SURE) else PICK if name.startswith(PICK) else ""
        number, _, address = value.partition(" ")
        person_id = number_or_none(number)
        if prefix and person_id is not None and address:
            found[person_id] = address
    return found
