"""One certificate: what it says, where it stands, what can be done, and what people say of it.

The register, and the register on paper, are in `certificate_register`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, undefer

import clock
from extensions import db
from forms.certificates import AssignmentForm, HistoryForm
from models import (
    Certificate,
    CertificateRequest,
    Device,
    Entrustment,
    Person,
    RequestLine,
)
from operations import certificates, search
from operations import law as house
from operations.line_facts import of_renewal
from operations.request_findings import reasons_wanted
from operations.transactions import Refused
from rules.findings import Finding, blocking
from rules.permissions import Permission
from rules.renewals import check_renewal
from rules.serials import display_serial
from views.certificate_days import Standing
from views.certificate_register import VIEW, bp
from views.current_law import law_of, margin_of
from views.finding import Register, Search, by_ids, in_scope, words_of
from views.guards import account, load, requires
from views.register_pages import history

EDIT = Permission.CERTIFICATE_EDIT
ATTEST = Permission.CERTIFICATE_HISTORY_ATTEST
DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
SUGGESTIONS = 20
#: Findings after which only a new certificate helps.
NO_RENEWAL = (
    "renewal.revoked",
    "renewal.expired",
    "renewal.already_renewed",
    "renewal.too_few_days_left",
)
OPTIONS = (
    joinedload(Certificate.agency, innerjoin=True),
    joinedload(Certificate.person),
    joinedload(Certificate.device),
)


@dataclass(frozen=True)
class Verdict:
    """Whether this certificate may be put up for renewal today, and everything said about it."""

    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        return bool(blocking(self.findings))

    @property
    def needs_reason(self) -> bool:
        return bool(reasons_wanted(self.findings))


@bp.get("/<int:certificate_id>")
@requires(VIEW)
def show(certificate_id: int) -> ResponseReturnValue:
    """One certificate."""
    row = load(Certificate, certificate_id, VIEW, options=OPTIONS)
    return _page(row, HistoryForm(version=row.version))


def _page(row: Certificate, form: HistoryForm) -> str:
    now = clock.now()
    sender = house.sender_for(db.session(), row.agency) or row.agency
    margin = margin_of(sender)
    law = law_of(sender)
    lines = _lines(row)
    open_line = next((line for line in lines if line.is_open and line.renews), None)
    held = f"số {open_line.request_id} trong sổ" if open_line is not None else None
    verdict = Verdict(
        check_renewal(of_renewal(row, held), on=clock.today(), law=law, margin_days=margin)
    )
    chain = _chain(row)
    return render_template(
        "certificates/show.html",
        row=row,
        standing=Standing.of(row, now, margin),
        margin=margin,
        verdict=verdict,
        remedies=_remedies(row, open_line),
        chain=[
            (one, Standing.of(one, now, margin)) for one in dict.fromkeys(one for one, _ in chain)
        ],
        entrustments=[given for _, given in chain if given is not None],
        lines=lines,
        form=form,
        may=_may(row),
        history=history(certificates.NOUN, row.id),
    )


def _may(row: Certificate) -> dict[str, bool]:
    """What this person may do with this certificate."""
    person = account()
    wanted = {"edit": EDIT, "attest": ATTEST, "draft": DRAFT}
    held = {
        name: person.can(one) and person.scope(one).covers(row.agency_id)
        for name, one in wanted.items()
    }
    known = row.renewals is not None and row.history_attested_on is None
    current = row.revoked_at is None
    return held | {"attest": held["attest"] and not known and current}


def _lines(row: Certificate) -> Sequence[RequestLine]:
    """The requests in which the chain, or the device of this one, stands, latest first."""
    return db.session.scalars(
        select(RequestLine)
        .where(or_(RequestLine.chain_id == row.chain_id, RequestLine.certificate_id == row.id))
        .options(
            joinedload(RequestLine.certificate_request, innerjoin=True).joinedload(
                CertificateRequest.agency, innerjoin=True
            )
        )
        .order_by(RequestLine.id.desc())
        .limit(20)
    ).all()


def _chain(row: Certificate) -> list[tuple[Certificate, Entrustment | None]]:
    """The certificates of the chain inside the scope, each as often as it was entrusted."""
    scope = account().scope(VIEW)
    found = db.session.execute(
        select(Certificate, Entrustment)
        .outerjoin(Entrustment, Entrustment.certificate_id == Certificate.id)
        .where(
            Certificate.chain_id == row.chain_id,
            scope.clause(Certificate.agency_id, Certificate.person_id),
        )
        .options(joinedload(Entrustment.person))
        .order_by(Certificate.not_before, Certificate.id, Entrustment.from_on)
    ).all()
    return [(one, given) for one, given in found]


def _remedies(row: Certificate, open_line: RequestLine | None) -> dict[str, dict[str, str]]:
    """Buttons beside findings: finding code -> where to go."""
    may = _may(row)
    found: dict[str, dict[str, str]] = {}
    if may["draft"]:
        again = url_for("request_drafts.again", **{"chung-thu": row.id})
        for code in NO_RENEWAL:
            found[code] = {"label": "Lập đề nghị cấp mới", "url": again}
        change = url_for("request_drafts.amendments", **{"chung-thu": row.id})
        found["renewal.email_changed"] = {"label": "Lập đề nghị thay đổi", "url": change}
    if may["attest"]:
        found["renewal.history_unknown"] = {
            "label": "Xác nhận lịch sử gia hạn",
            "url": "#lich-su-gia-han",
        }
    if open_line is not None:
        found["renewal.open_request"] = {
            "label": "Mở đề nghị",
            "url": url_for("certificate_requests.show", request_id=open_line.request_id),
        }
    return found


@bp.get("/<int:certificate_id>/tep")
@requires(VIEW)
def download(certificate_id: int) -> ResponseReturnValue:
    """The certificate itself, as DER; it is public by its nature, the register is not."""
    row = load(Certificate, certificate_id, VIEW, options=[undefer(Certificate.der)])
    answer = Response(row.der, mimetype="application/pkix-cert")
    name = f"chung-thu-{display_serial(row.serial_number)}.cer"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/<int:certificate_id>/lich-su")
@requires(ATTEST)
def attest(certificate_id: int) -> ResponseReturnValue:
    """Vouch for the history of renewals; the log keeps who did, the certificate on what ground."""
    row = load(Certificate, certificate_id, ATTEST, options=OPTIONS)
    form = HistoryForm()
    if form.validate():
        try:
            certificates.attest_history(
                db.session(),
                actor=account().actor(),
                certificate_id=certificate_id,
                version=form.version.data,
                renewals=int(form.renewals.data),
                statement=form.statement.data or "",
            )
        except Refused as refusal:
            form.form_errors.append(str(refusal))
            row = load(Certificate, certificate_id, ATTEST, options=OPTIONS)
        else:
            flash("Đã ghi xác nhận lịch sử gia hạn.", "success")
            return redirect(url_for(".show", certificate_id=certificate_id), 303)
    return _page(row, form)


@bp.route("/<int:certificate_id>/gan", methods=["GET", "POST"])
@requires(EDIT)
def assign(certificate_id: int) -> ResponseReturnValue:
    """Say which person a certificate belongs to and on which device it is."""
    row = load(Certificate, certificate_id, EDIT, options=OPTIONS)
    form = AssignmentForm()
    if request.method == "GET":
        form.person_id.data, form.device_id.data = _now_or_asked(row)
        form.version.data = row.version
    person = load(Person, int(form.person_id.data), EDIT) if form.person_id.data else None
    device = load(Device, int(form.device_id.data), EDIT) if form.device_id.data else None
    if form.validate_on_submit():
        try:
            changed = certificates.assign(
                db.session(),
                actor=account().actor(),
                certificate_id=certificate_id,
                version=form.version.data,
                person_id=person.id if person else None,
                device_id=device.id if device else None,
            )
        except Refused as refusal:
            flash(str(refusal), "error")
        else:
            flash("Đã ghi thay đổi." if changed else "Không có gì thay đổi.", "success")
        return redirect(url_for(".show", certificate_id=certificate_id), 303)
    query = request.args.get("q", "").strip()[:200]
    return render_template(
        "certificates/assign.html",
        row=row,
        form=form,
        person=person,
        device=device,
        query=query,
        people=_suggested(Register(Person, search.PERSON, "sort_key"), "id", query),
        devices=_suggested(Register(Device, search.DEVICE, "sort_key"), "holder_id", query),
        for_person=row.kind.name == "INDIVIDUAL",
    )


def _now_or_asked(row: Certificate) -> tuple[int | None, int | None]:
    """The person and device that are assigned, or those picked from the lists (0: none)."""
    given = request.args
    person_id = given.get("ca-nhan", row.person_id or 0, type=int)
    device_id = given.get("thiet-bi", row.device_id or 0, type=int)
    return person_id or None, device_id or None


def _suggested(register: Register, owner: str, query: str) -> list[Any]:
    """The first people or devices inside the scope that a query finds."""
    if not query:
        return []
    scope = account().scope(EDIT)
    place = "agency_id"
    found = Search(db.session(), register, in_scope(scope, place, owner), words_of(query))
    model = register.model
    options = [joinedload(model.agency, innerjoin=True)]
    if model is Device:
        options.append(joinedload(Device.holder))
    return by_ids(db.session(), model, found.first(SUGGESTIONS), options)
