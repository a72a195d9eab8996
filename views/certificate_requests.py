"""Requests: the register of them, and the page of one, from its draft on."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import SelectChoice

import clock
from audit_events import EVENTS
from extensions import db
from forms.certificate_requests import (
    ParticularsForm,
    SignerForm,
    VersionedForm,
)
from labels import label
from models import (
    Agency,
    AuditEvent,
    CertificateRequest,
    Person,
    Position,
    RequestDocument,
    RequestLine,
    User,
)
from operations import certificate_requests as drafts
from operations.request_findings import findings_of
from operations.request_routes import check_recipients, route_of
from operations.request_rows import line_options
from operations.transactions import Refused
from rules.days import last_receipt_on
from rules.documents import DocumentKind
from rules.findings import Finding
from rules.permissions import Permission
from rules.requests import RequestAct, RequestKind, RequestState, acts_from
from rules.routing import Channel
from rules.signers import SigningAuthority, check_signer
from views.current_law import current_law, law_of
from views.guards import account, load, requires
from views.position_words import position_words
from views.request_acts_table import ACTS, STEPS, Act, step_of
from views.request_choosing import choose
from views.request_drafts import RENEWAL, ground_choices, kinds_of
from views.request_gaps import form_of, gaps
from views.request_progress import tracking
from views.request_register import register_page
from views.request_words import remedies, without_blanks

bp = Blueprint("certificate_requests", __name__, url_prefix="/de-nghi")

#: In the address once the person has tried to go on: what is missing is then said in red.
TRIED = "da-trinh"
SIGNED_KINDS = (DocumentKind.SEALED, DocumentKind.SIGNED_ELSEWHERE, DocumentKind.SIGNED)
OPTIONS = (
    joinedload(CertificateRequest.agency).joinedload(Agency.parent),
    joinedload(CertificateRequest.contact).options(
        joinedload(Person.positions), joinedload(Person.agency)
    ),
    joinedload(CertificateRequest.signer),
    joinedload(CertificateRequest.drafted_by),
    joinedload(CertificateRequest.decided_by),
    selectinload(CertificateRequest.lines).options(
        *line_options(), joinedload(RequestLine.successor)
    ),
    selectinload(CertificateRequest.documents).joinedload(RequestDocument.stored_file),
    joinedload(CertificateRequest.sendings),
)


@bp.get("")
@requires(Permission.CERTIFICATE_REQUEST_VIEW)
def index() -> ResponseReturnValue:
    """The register of requests."""
    return register_page()


@bp.route("/gia-han/moi", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_DRAFT)
def new_renewal() -> ResponseReturnValue:
    """Renewal (Mẫu số 04): check the chosen certificates against the law, then open the draft."""
    return choose(RENEWAL)


@bp.get("/<int:request_id>")
@requires(Permission.CERTIFICATE_REQUEST_VIEW)
def show(request_id: int) -> ResponseReturnValue:
    """One request: where it is, what can be done now, its list, its letter, its history."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_VIEW, options=OPTIONS)
    law, today = current_law(), clock.today()
    found: dict[int, tuple[Finding, ...]] = {}
    signer_findings: tuple[Finding, ...] = ()
    if row.state in (RequestState.DRAFT, RequestState.AWAITING_APPROVAL, RequestState.RETURNED):
        found = findings_of(db.session(), row, law=law, on=today)
        signer = drafts.facts_of_signer(row)
        if signer is not None:
            signer_findings = check_signer(signer, on=today, law=law_of(row.agency))
        signer_findings += check_recipients(row, law=law, on=today)
    return render_template(
        "certificate_requests/show.html",
        row=row,
        acts=_acts(row),
        is_signed=any(each.kind in SIGNED_KINDS and each.is_current for each in row.documents),
        found=found,
        signer_findings=signer_findings,
        steps=STEPS,
        step=step_of(row.state),
        history=_history(row),
        form=VersionedForm(version=row.version),
        self_listed=drafts.signer_in_list(row),
        last_receipt_on=last_day_of(row),
        **_drafting(row, found),
        **tracking(row, today),
    )


def _drafting(row: CertificateRequest, found: Mapping[int, tuple[Finding, ...]]) -> dict[str, Any]:
    """What only the page of a draft shows, to whoever may change it."""
    scope = account().scope(Permission.CERTIFICATE_REQUEST_DRAFT)
    if row.state is not RequestState.DRAFT or not scope.covers(row.agency_id):
        return {"may_draft": False}
    today = clock.today()
    law = law_of(row.agency)
    tried = TRIED in request.args
    shown = {
        number: (said, ()) if tried else without_blanks(said) for number, said in found.items()
    }
    try:
        going, trouble = route_of(row, law=law, on=today), ""
    except Refused as error:
        going, trouble = None, str(error)
    return {
        "may_draft": True,
        "gaps": gaps(row, found, law=law, on=today),
        "shown": {number: said for number, (said, _) in shown.items()},
        "blanks": {number: len(missing) for number, (_, missing) in shown.items()},
        "tried": tried,
        "by_hand": drafts.why_by_hand(db.session(), row, today),
        "route": going,
        "trouble": trouble,
        "remedies": {line.id: remedies(line, found.get(line.id, ()), row.id) for line in row.lines},
        "grounds": [(one.value, one.label) for one in ground_choices(kinds_of(row.lines), law)]
        if row.kind is RequestKind.REVOCATION
        else [],
    }


def _acts(row: CertificateRequest) -> list[Act]:
    """What this person may do with the request now; deciding is one page for its two answers."""
    person = account()
    acts: dict[str, Act] = {}
    for move in acts_from(row.state):
        act = ACTS[move.act]
        if person.can(move.permission) and person.scope(move.permission).covers(row.agency_id):
            acts.setdefault(act.endpoint, act)
    return list(acts.values())


def last_day_of(row: CertificateRequest) -> date | None:
    """The last day on which the letter may be received: the earliest among its certificates.

    None where no day is set: Điều 12 and 14 speak of renewals and amendments only.
    """
    if row.kind not in (RequestKind.RENEWAL, RequestKind.AMENDMENT):
        return None
    days = [
        last_receipt_on(line.certificate.expires_on)
        for line in row.lines
        if line.is_open and line.certificate is not None
    ]
    return min(days, default=None)


def _history(row: CertificateRequest) -> list[dict[str, Any]]:
    """The events of the log about this request, newest first, with the names of today."""
    events = db.session.execute(
        select(AuditEvent, User.display_name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.noun == drafts.NOUN, AuditEvent.object_id == str(row.id))
        .order_by(AuditEvent.seq.desc())
        .limit(100)
    ).all()
    return [
        {"what": EVENTS[event.event].words, "at": event.at, "who": name, "seq": event.seq}
        for event, name in events
    ]


@bp.route("/<int:request_id>/sua", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_DRAFT)
def edit(request_id: int) -> ResponseReturnValue:
    """Change what is typed into the draft."""
    row = load(
        CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_DRAFT, options=OPTIONS
    )
    if row.state is not RequestState.DRAFT and request.method == "GET":
        return closed(row)
    form = _particulars_form(row)
    if form.validate_on_submit():
        try:
            drafts.edit(
                db.session(),
                actor=account().actor(),
                request_id=row.id,
                version=form.version.data,
                particulars=_particulars(form),
                law=current_law(),
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi dự thảo.", "success")
            return redirect(url_for(".show", request_id=request_id))
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_DRAFT)
    return render_template("certificate_requests/edit.html", form=form, row=row)


def _particulars_form(row: CertificateRequest) -> ParticularsForm:
    main = next((one for one in row.sendings if not one.is_copy), None)
    form = ParticularsForm(obj=row, channel=main.channel if main is not None else "")
    form.channel.choices = [
        SelectChoice("", "— chưa chọn —"),
        *(SelectChoice(one.value, label(one)) for one in Channel),
    ]
    people = drafts.people_who_may_be_contact(db.session(), row)
    form.contact_id.choices = [
        SelectChoice(0, "— chưa chọn —"),
        *(SelectChoice(each.id, each.full_name) for each in people),
    ]
    if form_of(row) != "01":
        del form.central_signing
    return form


def closed(row: CertificateRequest) -> ResponseReturnValue:
    """The way back for whoever wants to change what is no draft any more."""
    flash(f"Văn bản đang ở trạng thái “{label(row.state)}” nên không sửa được nữa.", "warning")
    return redirect(url_for("certificate_requests.show", request_id=row.id))


def _particulars(form: ParticularsForm) -> drafts.Particulars:
    return drafts.Particulars(
        planned_receipt_on=form.planned_receipt_on.data,
        contact_id=form.contact_id.data or None,
        contact_address=form.contact_address.data or "",
        addressee=form.addressee.data or "",
        copies_to=form.copies_to.data or "",
        drafting_unit=form.drafting_unit.data or "",
        note=form.note.data or "",
        wet_signature=bool(form.wet_signature.data),
        addressee_code=(form.addressee_code.data or "").strip(),
        central_signing=bool(form.central_signing.data) if "central_signing" in form else False,
        channel=form.channel.data,
    )


@bp.route("/<int:request_id>/nguoi-ky", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_DRAFT)
def signer(request_id: int) -> ResponseReturnValue:
    """Choose who signs; after submission this voids the approval, and the page says so."""
    row = load(
        CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_DRAFT, options=OPTIONS
    )
    changeable = row.state is RequestState.DRAFT or any(
        move.act is RequestAct.CHANGE_SIGNER for move in acts_from(row.state)
    )
    if not changeable and request.method == "GET":
        return closed(row)
    form = SignerForm(version=row.version)
    positions = _positions(row)
    told = position_words(positions, row.agency_id)
    form.position_id.choices = [SelectChoice(number, words) for number, words in told.items()]
    if request.method == "GET":
        _show_signer(form, row, positions)
    elif form.validate():
        try:
            drafts.set_signer(
                db.session,
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                signer=_signer(form),
                law=current_law(),
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi người ký.", "success")
            return redirect(url_for(".show", request_id=request_id))
    return render_template("certificate_requests/signer.html", form=form, row=row)


def _positions(row: CertificateRequest) -> Sequence[Position]:
    today = clock.today()
    return db.session.scalars(
        select(Position)
        .join(Agency, Position.agency_id == Agency.id)
        .join(Person, Position.person_id == Person.id)
        .where(
            Agency.path.startswith(row.agency.path),
            Position.from_on <= today,
            Position.until_on.is_(None),
            Person.left_on.is_(None),
        )
        .order_by(Position.authority.is_(None), Person.sort_key)
        .options(joinedload(Position.person), joinedload(Position.agency))
    ).all()


def _show_signer(form: SignerForm, row: CertificateRequest, positions: Sequence[Position]) -> None:
    for each in positions:
        if each.person_id == row.signer_id and each.title == row.signer_title:
            form.position_id.data = each.id
    form.authority.data = row.signer_authority.name if row.signer_authority else "HEAD"
    form.head_title.data = row.signer_head_title
    form.collective.data = row.signer_collective
    form.paper.data = row.authority_paper
    form.paper_until_on.data = row.authority_until_on


def _signer(form: SignerForm) -> drafts.Signer:
    return drafts.Signer(
        position_id=form.position_id.data,
        authority=SigningAuthority[form.authority.data],
        head_title=(form.head_title.data or "").strip(),
        collective=(form.collective.data or "").strip(),
        paper=(form.paper.data or "").strip(),
        paper_until_on=form.paper_until_on.data,
    )
