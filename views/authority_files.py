"""Tệp của Cục: the authority's bulk file, from a request or from ticked people."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from forms.authority_files import PeopleOfForm
from forms.fields import numbers_in
from models import Agency, CertificateRequest, Person, RequestLine
from operations.exports import record_export
from rules.certificates import SubscriberKind
from rules.permissions import Permission
from rules.requests import RequestKind
from sheets.authority_file import AuthorityLine, ToComplete, layout, write_authority_file
from views.authority_lines import lines_of_people, lines_of_request, what_is_missing
from views.guards import (
    account,
    ask_password_again,
    below,
    load,
    recently_authenticated,
    requires,
)
from views.users import agency_choices

bp = Blueprint("authority_files", __name__)

DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
MOST_PEOPLE = 1_000
KIND = "tep-cua-cuc"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LINES = selectinload(CertificateRequest.lines)
OPTIONS = (
    joinedload(CertificateRequest.agency, innerjoin=True),
    _LINES.joinedload(RequestLine.person).options(
        joinedload(Person.agency, innerjoin=True), selectinload(Person.positions)
    ),
    _LINES.joinedload(RequestLine.certificate),
)


@bp.route("/de-nghi/<int:request_id>/tep-cua-cuc", methods=["GET", "POST"])
@requires(DRAFT)
def of_request(request_id: int) -> ResponseReturnValue:
    """What the file of a request for first certificates of people still needs; then the file."""
    row = load(CertificateRequest, request_id, DRAFT, options=OPTIONS)
    if row.kind is not RequestKind.ISSUANCE or row.subscriber_kind is not SubscriberKind.INDIVIDUAL:
        abort(404)
    return _page_or_file(
        lines_of_request(row.lines),
        agency_id=row.agency_id,
        back=url_for("certificate_requests.show", request_id=request_id),
        back_label=f"Văn bản đề nghị số {row.id}",
    )


@bp.route("/bang-tinh/tep-cua-cuc", methods=["GET", "POST"])
@requires(DRAFT)
def of_people() -> ResponseReturnValue:
    """Choose an agency, tick its people, see what is missing, take the file."""
    form = PeopleOfForm(request.args if request.method == "GET" else None, meta={"csrf": False})
    form.agency_id.offer(agency_choices(account().scope(DRAFT)))
    ticked = _numbers(request.form.getlist("chon"))
    if request.method == "POST" and ticked:
        people = _people(Person.id.in_(ticked))
        return _page_or_file(
            lines_of_people(people),
            agency_id=people[0].agency_id if people else 0,
            back=url_for(".of_people"),
            back_label="Chọn người",
            ticked=[person.id for person in people],
        )
    if request.method == "POST":
        flash("Chọn ít nhất một người.", "warning")
        return redirect(request.full_path.rstrip("?"))
    people = []
    if request.args.get("agency_id") and form.validate():
        top = load(Agency, form.agency_id.data, DRAFT)
        people = _people(Person.agency_id.in_(select(Agency.id).where(below(top.path))))
    return render_template(
        "authority_files/people.html", form=form, people=people, most=MOST_PEOPLE
    )


def _people(condition: Any) -> list[Person]:
    """Working people in scope by name, with what their lines need."""
    rows = db.session.scalars(
        select(Person)
        .where(condition, Person.left_on.is_(None), account().scope(DRAFT).clause(Person.agency_id))
        .order_by(Person.sort_key, Person.id)
        .limit(MOST_PEOPLE)
        .options(joinedload(Person.agency, innerjoin=True), selectinload(Person.positions))
    )
    return list(rows)


def _numbers(typed: Sequence[str]) -> list[int]:
    return numbers_in(typed)[:MOST_PEOPLE]


def _page_or_file(
    lines: Sequence[AuthorityLine],
    *,
    agency_id: int,
    back: str,
    back_label: str,
    ticked: Sequence[int] = (),
) -> ResponseReturnValue:
    """The check page; the file itself when its button was pressed."""
    missing = what_is_missing(lines)
    blocked = {one.person_id for one in missing if one.blocks}
    if "tai" in request.form and not recently_authenticated(account()):
        return ask_password_again()  # The file holds citizen ids.
    if "tai" in request.form:
        whole = request.form["tai"] == "tat-ca"
        chosen = [line for line in lines if whole or line.person_id not in blocked]
        if chosen:
            return _file(chosen, agency_id)
        flash("Chưa có người nào đủ thông tin để đưa vào tệp.", "error")
    return render_template(
        "authority_files/check.html",
        lines=lines,
        missing=_by_person(missing),
        complete=len(lines) - len(blocked),
        blocked=len(blocked),
        note=layout().note,
        back=back,
        back_label=back_label,
        ticked=ticked,
        form=FlaskForm(),
    )


def _by_person(missing: Sequence[ToComplete]) -> list[dict[str, Any]]:
    """One entry per person with everything about them, and where to complete it."""
    found: dict[int, dict[str, Any]] = {}
    for one in missing:
        entry = found.setdefault(
            one.person_id,
            {
                "name": one.full_name,
                "url": url_for("people.edit", person_id=one.person_id),
                "email_url": url_for("people.email", person_id=one.person_id),
                "items": [],
                "blocks": False,
            },
        )
        entry["items"].append(one)
        entry["blocks"] = entry["blocks"] or one.blocks
    return list(found.values())


def _file(lines: Sequence[AuthorityLine], agency_id: int) -> Response:
    content = write_authority_file(lines)
    record_export(
        db.session(), actor=account().actor(), kind=KIND, rows=len(lines), agency_id=agency_id
    )
    answer = Response(BytesIO(content).getvalue(), mimetype=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{KIND}.xlsx"'
    return answer
