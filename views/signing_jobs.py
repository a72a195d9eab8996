"""Signing from the web: choose certificate and agent, open the job, watch it until it is done."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

import clock
from extensions import db
from forms.signing import SignForm
from letters.errors import LetterError
from models import Certificate, CertificateRequest, SigningAgent, SigningJob
from operations import signing_agents, signing_jobs
from operations.files import DamagedFile
from operations.transactions import Refused
from rules.documents import JobState, SigningAct
from rules.permissions import GRANTS, Permission
from rules.requests import RequestState
from signing.errors import ERRORS, SigningError
from views.certificate_requests import OPTIONS
from views.guards import account, load, requires
from views.signing_preparation import (
    NotReady,
    check_certificate,
    order,
    reading_order,
    ticket_address,
)

bp = Blueprint("signing_jobs", __name__)


@bp.route("/de-nghi/<int:request_id>/ky-so", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_SIGN)
def sign(request_id: int) -> ResponseReturnValue:
    """The authorised signatory signs an approved letter."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_SIGN, options=OPTIONS)
    if row.signer_id != account().user.person_id:
        flash("Người ký ghi trên văn bản là người khác; chỉ người đó ký được.", "error")
        return redirect(url_for("certificate_requests.show", request_id=request_id))
    chosen = signing_jobs.certificates_to_sign(
        db.session, person_id=account().user.person_id, at=clock.now()
    )
    return _page(row, SigningAct.APPROVE, RequestState.APPROVED, chosen)


@bp.route("/de-nghi/<int:request_id>/dong-dau", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_SEAL)
def seal(request_id: int) -> ResponseReturnValue:
    """The clerk signs with the agency's token: number, date and seal."""
    row = load(CertificateRequest, request_id, Permission.CERTIFICATE_REQUEST_SEAL, options=OPTIONS)
    chosen = signing_jobs.certificates_to_seal(
        db.session,
        agency_id=row.agency_id,
        person_id=account().user.person_id,
        at=clock.now(),
    )
    return _page(row, SigningAct.ISSUE, RequestState.NUMBERED, chosen)


def _page(
    row: CertificateRequest,
    act: SigningAct,
    state: RequestState,
    certificates: Sequence[Certificate],
) -> ResponseReturnValue:
    if row.state is not state:
        flash("Văn bản không còn ở bước này. Xem lại trạng thái hiện tại.", "error")
        return redirect(url_for("certificate_requests.show", request_id=row.id))
    agents = signing_agents.agents_of(db.session, account().user.id)
    form = SignForm(version=row.version)
    form.certificate_id.choices = [
        SelectChoice(each.id, f"{each.common_name} – {each.issuer_name}") for each in certificates
    ]
    form.agent_id.choices = [SelectChoice(each.id, each.name) for each in agents]
    if request.method == "GET":
        form.certificate_id.data = certificates[0].id if certificates else None
        form.agent_id.data = agents[0].id if agents else None
    elif form.validate():
        certificate = next(each for each in certificates if each.id == form.certificate_id.data)
        agent = next(each for each in agents if each.id == form.agent_id.data)
        opened = _open(row, act, certificate, agent, form.version.data)
        if opened is not None:
            return redirect(url_for(".watch", public_id=opened))
    checks = {each.id: check_certificate(each, clock.now()) for each in certificates}
    return render_template(
        "signing_jobs/new.html",
        form=form,
        row=row,
        act=act,
        certificates=certificates,
        agents=agents,
        checks=checks,
    )


def _open(
    row: CertificateRequest,
    act: SigningAct,
    certificate: Certificate,
    agent: SigningAgent,
    version: int,
) -> str | None:
    """Prepare the letter and open the job; a problem becomes a message. Returns the job's name."""
    person = account()
    checked = check_certificate(certificate, clock.now())
    if not checked.usable:
        flash("Không ký được bằng chứng thư này: " + checked.lines[0].text, "error")
        return None
    try:
        prepared = order(
            row,
            act,
            certificate,
            checked,
            agent,
            user_id=person.user.id,
            user_name=person.user.display_name,
        )
        signing_jobs.open_job(
            db.session, actor=person.actor(), request_id=row.id, version=version, order=prepared
        )
    except SigningError as error:
        flash(f"{error.message} {error.advice}", "error")
    except (Refused, NotReady, LetterError, DamagedFile) as error:
        flash(str(error), "error")
    else:
        return prepared.public_id
    return None


@bp.post("/chung-thu/doc-tu-thiet-bi")
@requires(Permission.CERTIFICATE_IMPORT)
def read_certificates() -> ResponseReturnValue:
    """Open the job of reading the certificates of the attached token; no PIN is needed."""
    agents = signing_agents.agents_of(db.session, account().user.id)
    if not agents:
        flash("Chưa ghép nối Trình ký số với tài khoản này. Hãy ghép nối trước.", "error")
        return redirect(url_for("signing_agents.index"))
    agency_id = request.form.get("agency_id", type=int) or _home_agency()
    if not account().scope(Permission.CERTIFICATE_IMPORT).covers(agency_id):
        abort(404)
    prepared = reading_order(agents[0])
    signing_jobs.open_reading(
        db.session, actor=account().actor(), order=prepared, agency_id=agency_id
    )
    return redirect(url_for(".watch", public_id=prepared.public_id))


def _home_agency() -> int:
    """The agency of the role by which the person may import."""
    for role, agency_id, _ in account().grants:
        if Permission.CERTIFICATE_IMPORT in GRANTS[role]:
            return agency_id
    abort(403)


@bp.get("/ky-so/<string(length=22):public_id>")
@requires(Permission.SIGNING_AGENT_PAIR)
def watch(public_id: str) -> ResponseReturnValue:
    """The job while it waits: the link to the agent, and what to do when nothing happens."""
    job = _own(public_id)
    if job.state is JobState.ACCEPTED:
        if job.act is SigningAct.READ_CERTIFICATES:
            return redirect(url_for("certificate_imports.show", batch_id=job.import_batch_id))
        flash("Đã nhận chữ ký số và kiểm tra xong.", "success")
        return redirect(url_for("certificate_requests.show", request_id=job.request_id))
    expired = clock.now() >= job.expires_at
    alive = job.is_open and signing_jobs.may_go_on(job)
    return render_template(
        "signing_jobs/watch.html",
        job=job,
        alive=alive,
        expired=expired,
        address=ticket_address(job) if alive and not expired else "",
        problem=ERRORS.get(job.last_error) if job.last_error else None,
    )


@bp.get("/ky-so/<string(length=22):public_id>/trang-thai")
@requires(Permission.SIGNING_AGENT_PAIR)
def state(public_id: str) -> ResponseReturnValue:
    """The state alone, for the page that watches."""
    job = _own(public_id)
    return jsonify(state=job.state.value, error=job.last_error, open=job.is_open)


@bp.post("/ky-so/<string(length=22):public_id>/huy")
@requires(Permission.SIGNING_AGENT_PAIR)
def cancel(public_id: str) -> ResponseReturnValue:
    """Give the job up; the letter stays as it was."""
    job = _own(public_id)
    request_id = job.request_id
    try:
        signing_jobs.cancel(db.session, actor=account().actor(), public_id=public_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã hủy việc ký. Văn bản vẫn như trước.", "success")
    if request_id is None:
        return redirect(url_for("certificates.index"))
    return redirect(url_for("certificate_requests.show", request_id=request_id))


def _own(public_id: str) -> SigningJob:
    """The person's own job, opened in a session of theirs, or 404."""
    job = signing_jobs.find(db.session, public_id)
    if job is None or job.user_id != account().user.id:
        abort(404)
    return job
