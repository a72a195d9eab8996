"""People: the register of them, one person's page, and everything that is written about them."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

import clock
from extensions import db
from forms.people import (
    EmailForm,
    EndPositionForm,
    LeavingForm,
    NewPersonForm,
    PersonForm,
    PositionForm,
)
from models import Certificate, Device, Person, Position
from operations import people
from operations import search as terms
from operations.law import chain_of, official_domains
from operations.personal import CitizenIds, WrongKey
from operations.transactions import Refused
from rules.certificates import CertificateFacts, certificate_state
from rules.emails import EmailStanding, email_standing
from rules.permissions import Permission
from rules.signers import SigningAuthority
from views.finding import Condition, Register, Search, by_ids, equals, in_scope, words_of
from views.guards import account, load, requires, settings
from views.register_pages import Agencies, Asked, agencies, history, page_urls, search_answer
from views.users import agency_choices

bp = Blueprint("people", __name__, url_prefix="/ca-nhan")

SEARCH, VIEW, EDIT = Permission.PERSON_SEARCH, Permission.PERSON_VIEW, Permission.PERSON_EDIT
PEOPLE = Register(Person, terms.PERSON, "sort_key")
WORKING, LEFT = "dang", "nghi"
STATES = (("", "tất cả"), (WORKING, "đang công tác"), (LEFT, "đã nghỉ, chuyển đi"))
_WORKING = Condition(lambda seek, _rest: seek("left_on").is_(None), ("left_on",))
_LEFT = Condition(lambda seek, _rest: seek("left_on").is_not(None), ("left_on",))


def _citizen_ids() -> CitizenIds:
    return CitizenIds(settings().citizen_key)


def _search(asked: Asked, chosen: Agencies) -> Search:
    conditions = list(in_scope(account().scope(SEARCH), "agency_id", "id"))
    if chosen.condition is not None:
        conditions.append(chosen.condition)
    if asked.person_id is not None:
        conditions.append(equals("id", asked.person_id))
    if asked.state in (WORKING, LEFT):
        conditions.append(_WORKING if asked.state == WORKING else _LEFT)
    return Search(db.session(), PEOPLE, conditions, words_of(asked.query))


def all_rows(asked: Asked) -> Select[tuple[int]]:
    """A query of every person whom the filters of an address leave, for taking all of them."""
    return _search(asked, agencies(SEARCH, asked.agency_id)).all_ids()


def working_like(typed: str, permission: Permission, most: int) -> Sequence[Person]:
    """People still working whose name or number holds the words, in the scope of a permission."""
    conditions = [*in_scope(account().scope(permission), "agency_id", "id"), _WORKING]
    page = Search(db.session(), PEOPLE, conditions, words_of(typed)).first(most)
    return by_ids(db.session(), Person, page, [joinedload(Person.agency)])


@bp.get("")
@requires(SEARCH)
def index() -> ResponseReturnValue:
    """People in scope by Vietnamese order of given names, found without accents."""
    asked = Asked.from_request()
    chosen = agencies(SEARCH, asked.agency_id)
    page = _search(asked, chosen).page(asked.cursor)
    rows = by_ids(
        db.session(),
        Person,
        page.ids,
        [joinedload(Person.agency), selectinload(Person.positions)],
    )
    return render_template(
        "people/index.html",
        rows=rows,
        page=page,
        asked=asked,
        states=STATES,
        agencies=chosen.options,
        **page_urls("people.index", asked, page),
    )


@bp.post("")
@requires(SEARCH)
def search() -> ResponseReturnValue:
    """Turn what was typed into the address of the list; citizen ids stay out of addresses."""
    return search_answer("people.index", SEARCH, terms.PERSON)


@bp.get("/<int:person_id>")
@requires(VIEW)
def show(person_id: int) -> ResponseReturnValue:
    """One person: positions and addresses with history, devices, certificates."""
    return _page(_load(person_id, VIEW))


@bp.post("/<int:person_id>/so-dinh-danh")
@requires(EDIT)
def show_citizen_id(person_id: int) -> ResponseReturnValue:
    """Show the citizen id once, on the answer to this very click; the log remembers it."""
    _load(person_id, EDIT)
    try:
        number = people.show_citizen_id(
            db.session(),
            actor=account().actor(),
            person_id=person_id,
            citizen_ids=_citizen_ids(),
        )
    except (Refused, WrongKey) as error:
        flash(str(error), "error")
        return redirect(url_for(".show", person_id=person_id))
    return _page(_load(person_id, EDIT), shown=number)


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Add a person."""
    form = NewPersonForm()
    form.agency_id.offer(agency_choices(account().scope(EDIT)))
    if request.method == "GET":
        form.agency_id.data = request.args.get("don-vi", type=int)
    elif form.validate():
        try:
            number = people.create_person(
                db.session(),
                actor=account().actor(),
                particulars=_particulars(form),
                email=form.email.data or "",
                office=_first_office(form),
                citizen_id=form.citizen_id.data or "",
                citizen_ids=_citizen_ids(),
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã thêm cá nhân vào sổ.", "success")
            return redirect(url_for(".show", person_id=number))
    return render_template("people/new.html", form=form)


def _first_office(form: NewPersonForm) -> people.Office | None:
    if not (form.title.data or "").strip():
        return None
    return people.Office(
        form.agency_id.data,
        form.title.data,
        form.position_from_on.data or clock.today(),
        SigningAuthority[form.authority.data] if form.authority.data else None,
    )


@bp.route("/<int:person_id>/sua", methods=["GET", "POST"])
@requires(EDIT)
def edit(person_id: int) -> ResponseReturnValue:
    """Change particulars."""
    row = _load(person_id, EDIT)
    form = PersonForm(obj=row)
    form.agency_id.offer(agency_choices(account().scope(EDIT)))
    if request.method == "GET":
        form.citizen_id.data = ""
    elif form.validate():
        typed = (form.citizen_id.data or "").strip()
        removed = "" if form.remove_citizen_id.data else people.KEEP
        return _do(
            person_id,
            "Đã ghi thay đổi.",
            lambda: people.change_person(
                db.session(),
                actor=account().actor(),
                person_id=person_id,
                version=form.version.data,
                particulars=_particulars(form),
                citizen_id=typed or removed,
                citizen_ids=_citizen_ids(),
            ),
            lambda: render_template("people/edit.html", form=form, row=_load(person_id, EDIT)),
        )
    return render_template("people/edit.html", form=form, row=row)


@bp.route("/<int:person_id>/thu-dien-tu", methods=["GET", "POST"])
@requires(EDIT)
def email(person_id: int) -> ResponseReturnValue:
    """Another official address; the old one stays in the history."""
    row = _load(person_id, EDIT)
    form = EmailForm(obj=None, version=row.version, from_on=clock.today())
    return _small(
        form,
        row,
        "Đổi thư điện tử công vụ",
        "Đã đổi địa chỉ thư điện tử.",
        lambda: people.change_email(
            db.session(),
            actor=account().actor(),
            person_id=person_id,
            version=form.version.data,
            email=form.email.data,
            from_on=form.from_on.data,
        ),
    )


@bp.route("/<int:person_id>/chuc-vu/moi", methods=["GET", "POST"])
@requires(EDIT)
def new_position(person_id: int) -> ResponseReturnValue:
    """One more position."""
    row = _load(person_id, EDIT)
    form = PositionForm(version=row.version, agency_id=row.agency_id, from_on=clock.today())
    form.agency_id.offer(agency_choices(account().scope(EDIT)))
    return _small(
        form,
        row,
        "Thêm chức vụ",
        "Đã thêm chức vụ.",
        lambda: people.add_position(
            db.session(),
            actor=account().actor(),
            person_id=person_id,
            version=form.version.data,
            office=people.Office(
                form.agency_id.data,
                form.title.data,
                form.from_on.data,
                SigningAuthority[form.authority.data] if form.authority.data else None,
                bool(form.is_primary.data),
            ),
        ),
    )


@bp.route("/<int:person_id>/chuc-vu/<int:position_id>/ket-thuc", methods=["GET", "POST"])
@requires(EDIT)
def end_position(person_id: int, position_id: int) -> ResponseReturnValue:
    """The last day of a position."""
    row = _load(person_id, EDIT)
    if not any(each.id == position_id for each in row.positions):
        abort(404)
    form = EndPositionForm(version=row.version, until_on=clock.today())
    return _small(
        form,
        row,
        "Kết thúc chức vụ",
        "Đã ghi ngày kết thúc chức vụ.",
        lambda: people.end_position(
            db.session(),
            actor=account().actor(),
            person_id=person_id,
            version=form.version.data,
            position_id=position_id,
            until_on=form.until_on.data,
        ),
    )


@bp.route("/<int:person_id>/nghi", methods=["GET", "POST"])
@requires(EDIT)
def leaving(person_id: int) -> ResponseReturnValue:
    """The person's last day, or back to work."""
    row = _load(person_id, EDIT)
    form = LeavingForm(version=row.version, left_on=row.left_on or clock.today())
    return _small(
        form,
        row,
        "Ghi nghỉ, chuyển đi",
        "Đã ghi. Hãy thu hồi thiết bị người này đang giữ, nếu có.",
        lambda: people.record_leaving(
            db.session(),
            actor=account().actor(),
            person_id=person_id,
            version=form.version.data,
            left_on=form.left_on.data,
        ),
    )


# Shared ---------------------------------------------------------------------------------------


def _small(form: Any, row: Person, title: str, done: str, act: Any) -> ResponseReturnValue:
    """A page with one short form about a person."""

    def page() -> str:
        return render_template("people/act.html", form=form, row=row, title=title)

    if form.validate_on_submit():
        return _do(row.id, done, act, page)
    return page()


def _do(person_id: int, done: str, act: Any, page: Any) -> ResponseReturnValue:
    """Do it and go back to the person, or show the page again with what was typed."""
    try:
        act()
    except Refused as error:
        flash(str(error), "error")
        return page()  # type: ignore[no-any-return] # a rendered page
    flash(done, "success")
    return redirect(url_for(".show", person_id=person_id))


def _load(person_id: int, permission: Permission) -> Person:
    return load(
        Person,
        person_id,
        permission,
        options=[
            joinedload(Person.agency),
            selectinload(Person.positions).joinedload(Position.agency),
            selectinload(Person.emails),
        ],
    )


def _standing(row: Person) -> EmailStanding:
    domains = official_domains(chain_of(db.session(), row.agency))
    return email_standing(row.email, official=domains)


def _particulars(form: Any) -> people.Particulars:
    return people.Particulars(
        agency_id=form.agency_id.data,
        full_name=form.full_name.data or "",
        staff_number=form.staff_number.data or "",
        birth_on=form.birth_on.data,
        phone=form.phone.data or "",
        citizen_id_issued_on=form.citizen_id_issued_on.data,
        citizen_id_issued_by=form.citizen_id_issued_by.data or "",
    )


def _page(row: Person, shown: str = "") -> str:
    person = account()
    may_edit = person.can(EDIT) and person.scope(EDIT).covers(row.agency_id)
    return render_template(
        "people/show.html",
        row=row,
        standing=_standing(row),
        citizen_id=shown or _masked(row),
        shown=bool(shown),
        may_edit=may_edit,
        devices=_devices(row),
        certificates=_certificates(row),
        history=history(people.NOUN, row.id),
    )


def _masked(row: Person) -> str:
    if row.citizen_id_cipher is None:
        return ""
    try:
        return people.masked(_citizen_ids().open(row.citizen_id_cipher, row.id))
    except WrongKey as error:
        return str(error)


def _devices(row: Person) -> list[Device] | None:
    """What the person holds, or None for those who may not see devices."""
    if not account().can(Permission.DEVICE_VIEW):
        return None
    scope = account().scope(Permission.DEVICE_VIEW)
    return list(
        db.session.scalars(
            select(Device)
            .where(Device.holder_id == row.id, scope.clause(Device.agency_id, Device.holder_id))
            .order_by(Device.id)
        )
    )


def _certificates(row: Person) -> list[dict[str, Any]] | None:
    """The person's certificates with their states, or None for those who may not see them."""
    if not account().can(Permission.CERTIFICATE_VIEW):
        return None
    scope, now = account().scope(Permission.CERTIFICATE_VIEW), clock.now()
    rows = db.session.scalars(
        select(Certificate)
        .where(
            Certificate.person_id == row.id,
            scope.clause(Certificate.agency_id, Certificate.person_id),
        )
        .order_by(Certificate.not_after.desc(), Certificate.id.desc())
    )
    return [
        {
            "row": each,
            "state": certificate_state(
                CertificateFacts(each.not_before, each.not_after, each.revoked_at, each.renewals),
                at=now,
            ),
        }
        for each in rows
    ]
