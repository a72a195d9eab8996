"""Signing from the web: choose certificate and agent, open the job, watch it until it is done."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

import clock
from extensions import db
from forms.signing import SignForm
from labels import label
from letters.errors import LetterError
from models import Certificate, CertificateRequest, SigningAgent, SigningJob
from operations import signing_agents, signing_jobs
from operations.files import DamagedFile
from operations.paper_signing import usable_certificates
from operations.signing_jobs import Order
from operations.transactions import Refused
from rules.documents import JobState, SigningAct
from rules.permissions import GRANTS, Permission
from rules.requests import RequestState
from schema.custody import Paper, PaperSignature
from signing.errors import ERRORS, SigningError
from views.certificate_requests import OPTIONS
from views.guards import account, load, requires
from views.paper_signing import paper_order
from views.papers import load_whole, own_signature, page_total
from views.signing_preparation import (
    Checked,
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


@bp.route("/bien-ban/<int:paper_id>/ky-so", methods=["GET", "POST"])
@requires(Permission.RECEIPT_CONFIRM, Permission.DOCUMENT_ISSUE)
def sign_paper(paper_id: int) -> ResponseReturnValue:
    """One side signs a paper in its turn; the receiver may, with the very token received."""
    paper = load_whole(paper_id)
    signature = own_signature(paper)
    back = url_for("papers.show", paper_id=paper_id)
    if signature is None:
        flash("Chưa đến lượt anh/chị ký, hoặc biên bản không chờ ký số.", "warning")
        return redirect(back)
    if signature.person_id is None and not paper.number:
        flash("Chưa ghi số của biên bản, giấy tờ. Ghi trước khi ký số của cơ quan.", "warning")
        return redirect(back)
    certificates = _received_first(
        paper,
        usable_certificates(db.session(), paper, signature.act, account().actor()),
    )

    def open_(certificate: Certificate, agent: SigningAgent, version: int) -> str | None:
        return try_to_open(
            certificate,
            lambda checked: paper_order(signature, certificate, checked, agent),
            lambda prepared: signing_jobs.open_paper_job(
                db.session,
                actor=account().actor(),
                paper_id=paper_id,
                version=version,
                order=prepared,
            ),
        )

    return form_page(certificates, paper.version, open_, subject=_subject(paper, signature))


def _subject(paper: Paper, signature: PaperSignature) -> dict[str, Any]:
    """What the page says of the paper to be signed."""
    images = [
        url_for("papers.page_image", paper_id=paper.id, number=number, v=len(paper.files))
        for number in (1, 2)[: max(1, min(2, page_total(paper)))]
    ]
    whose = "của cơ quan được giao cho anh/chị" if signature.person_id is None else "của anh/chị"
    return {
        "title": label(signature.act),
        "crumb": label(paper.kind),
        "back": url_for("papers.show", paper_id=paper.id),
        "images": images,
        "nothing": f"Sổ chưa có chứng thư còn hiệu lực {whose}. Biên bản vẫn có thể ký tay hoặc "
        "ký ở nơi khác.",
        "facts": [
            {"label": "Văn bản", "value": f"{label(paper.kind)}, {len(paper.lines)} thiết bị"},
            {"label": "Số", "value": paper.number or "chưa ghi"},
            {"label": "Bên giao", "value": paper.giver.full_name if paper.giver else ""},
            {"label": "Bên nhận", "value": paper.receiver.full_name if paper.receiver else ""},
        ],
    }


def _received_first(paper: Paper, certificates: Sequence[Certificate]) -> list[Certificate]:
    """Those on the devices of the paper first: signing with them shows that the token works."""
    received = {one.device_id for one in paper.lines}
    return sorted(certificates, key=lambda one: one.device_id not in received)


def _page(
    row: CertificateRequest,
    act: SigningAct,
    state: RequestState,
    certificates: Sequence[Certificate],
) -> ResponseReturnValue:
    if row.state is not state:
        flash("Văn bản không còn ở bước này. Xem lại trạng thái hiện tại.", "error")
        return redirect(url_for("certificate_requests.show", request_id=row.id))

    def open_(certificate: Certificate, agent: SigningAgent, version: int) -> str | None:
        return try_to_open(
            certificate,
            lambda checked: order(row, act, certificate, checked, agent),
            lambda prepared: signing_jobs.open_job(
                db.session,
                actor=account().actor(),
                request_id=row.id,
                version=version,
                order=prepared,
            ),
        )

    return form_page(certificates, row.version, open_, row=row, act=act)


def certificate_words(certificate: Certificate, *, several: bool) -> str:
    """A certificate among those with which a person may sign: where there are several, also title,
    unit and body, serial and last day, since the name is the same on all.
    """
    words = f"{certificate.common_name} – {certificate.issuer_name}"
    if not several:
        return words
    parts = (one.partition("=") for one in certificate.subject.split(", "))
    told = [value for name, _, value in parts if name in ("T", "title", "OU", "O")]
    until = f"số {certificate.serial_number}, hết hạn {certificate.expires_on:%d/%m/%Y}"
    return "; ".join([words, *told, until])


def form_page(
    certificates: Sequence[Certificate],
    version: int,
    open_: Callable[[Certificate, SigningAgent, int], str | None],
    **shown: Any,
) -> ResponseReturnValue:
    """Choose certificate and agent; pressing opens the job and leads to the watching page."""
    agents = signing_agents.agents_of(db.session, account().user.id)
    form = SignForm(version=version)
    form.certificate_id.choices = [
        SelectChoice(each.id, certificate_words(each, several=len(certificates) > 1))
        for each in certificates
    ]
    form.agent_id.choices = [SelectChoice(each.id, each.name) for each in agents]
    if request.method == "GET":
        form.certificate_id.data = certificates[0].id if certificates else None
        form.agent_id.data = agents[0].id if agents else None
    elif form.validate():
        certificate = next(each for each in certificates if each.id == form.certificate_id.data)
        agent = next(each for each in agents if each.id == form.agent_id.data)
        opened = open_(certificate, agent, form.version.data)
        if opened is not None:
            return redirect(url_for("signing_jobs.watch", public_id=opened))
    checks = {each.id: check_certificate(each, clock.now()) for each in certificates}
    return render_template(
        "signing_jobs/new.html",
        form=form,
        certificates=certificates,
        agents=agents,
        checks=checks,
        **shown,
    )


def try_to_open(
    certificate: Certificate,
    prepare: Callable[[Checked], Order],
    open_job: Callable[[Order], None],
) -> str | None:
    """Prepare and open the job; a problem becomes a message. Returns the job's name."""
    checked = check_certificate(certificate, clock.now())
    if not checked.usable:
        flash("Không ký được bằng chứng thư này: " + checked.lines[0].text, "error")
        return None
    try:
        prepared = prepare(checked)
        open_job(prepared)
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
        return redirect(_back(job))
    expired = clock.now() >= job.expires_at
    alive = job.is_open and signing_jobs.may_go_on(job)
    return render_template(
        "signing_jobs/watch.html",
        job=job,
        alive=alive,
        back=_back(job),
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
    back = _back(job)
    try:
        signing_jobs.cancel(db.session, actor=account().actor(), public_id=public_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã hủy việc ký. Văn bản vẫn như trước.", "success")
    return redirect(back)


def _back(job: SigningJob) -> str:
    """The page of what the job is about."""
    if job.paper_id is not None:
        return url_for("papers.show", paper_id=job.paper_id)
    if job.document_id is not None:
        return url_for("office_documents.show", document_id=job.document_id)
    if job.request_id is not None:
        return url_for("certificate_requests.show", request_id=job.request_id)
    return url_for("certificates.index")


def _own(public_id: str) -> SigningJob:
    """The person's own job, opened in a session of theirs, or 404."""
    job = signing_jobs.find(db.session, public_id)
    if job is None or job.user_id != account().user.id:
        abort(404)
    return job
