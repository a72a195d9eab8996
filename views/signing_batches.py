"""Signing many letters at once: tick them, choose certificate and agent, watch each until done."""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.signing import SignForm
from letters.errors import LetterError
from models import (
    Certificate,
    CertificateRequest,
    RequestDocument,
    SigningAgent,
    SigningJob,
    StoredFile,
)
from operations import signing_agents, signing_batches, signing_jobs
from operations.files import DamagedFile
from operations.signing_batches import MOST_ITEMS, STATES, PreparedLetter
from operations.signing_jobs import Order, new_public_id
from operations.transactions import Conflict, Refused
from rules.documents import JobState, SigningAct
from rules.permissions import Permission
from signing.errors import ERRORS, SigningError
from signing.messages import TICKET_LIFETIME, Item, Manifest, sign_manifest
from views.guards import account, requires, settings
from views.signing_keys import server_key
from views.signing_preparation import (
    ACT_WORDS,
    FIELDS,
    Checked,
    NotReady,
    check_certificate,
    item_of,
    prepare_letter,
    stored,
    ticket_address,
    with_device,
)

bp = Blueprint("signing_batches", __name__, url_prefix="/ky-so/nhieu")

SEAL = "dong-dau"
PERMISSIONS = {
    SigningAct.APPROVE: Permission.CERTIFICATE_REQUEST_SIGN,
    SigningAct.ISSUE: Permission.CERTIFICATE_REQUEST_SEAL,
}
AT_ONCE = 50
"""Letters that are read from the database together while a batch is prepared."""


@bp.route("", methods=["GET", "POST"])
@requires(Permission.CERTIFICATE_REQUEST_SIGN, Permission.CERTIFICATE_REQUEST_SEAL)
def choose() -> ResponseReturnValue:
    """The letters that wait for this person's signature (or, `viec=dong-dau`, for the seal)."""
    act = _act()
    waiting = _waiting(act)
    certificates = _certificates(act, waiting)
    agents = signing_agents.agents_of(db.session, account().user.id)
    form = SignForm(version=0)
    form.certificate_id.choices = [
        SelectChoice(each.id, f"{each.common_name} – {each.issuer_name}") for each in certificates
    ]
    form.agent_id.choices = [SelectChoice(each.id, each.name) for each in agents]
    chosen = set(request.form.getlist("letters", type=int))
    if request.method == "GET":
        form.certificate_id.data = certificates[0].id if certificates else None
        form.agent_id.data = agents[0].id if agents else None
    elif form.validate():
        letters = [each for each in waiting if each.id in chosen]
        certificate = next(each for each in certificates if each.id == form.certificate_id.data)
        agent = next(each for each in agents if each.id == form.agent_id.data)
        opened = _try_to_open(act, letters, certificate, agent)
        if opened is not None:
            return redirect(url_for(".watch", public_id=opened))
    return render_template(
        "signing_batches/new.html",
        act=act,
        form=form,
        rows=waiting,
        chosen=chosen,
        certificates=certificates,
        agents=agents,
        most=MOST_ITEMS,
        checks={each.id: check_certificate(each, clock.now()) for each in certificates},
    )


def _act() -> SigningAct:
    act = SigningAct.ISSUE if request.values.get("viec") == SEAL else SigningAct.APPROVE
    if not account().can(PERMISSIONS[act]):
        if request.values.get("viec"):
            abort(403)
        act = SigningAct.ISSUE  # a clerk who came without saying which
    return act


def _waiting(act: SigningAct) -> Sequence[CertificateRequest]:
    """The letters that wait for this act of this person, the oldest first."""
    statement = (
        select(CertificateRequest)
        .where(
            CertificateRequest.state == STATES[act],
            CertificateRequest.wet_signature.is_(False),
            account().scope(PERMISSIONS[act]).clause(CertificateRequest.agency_id),
        )
        .options(
            joinedload(CertificateRequest.agency),
            joinedload(CertificateRequest.signer),
            selectinload(CertificateRequest.lines),
        )
        .order_by(CertificateRequest.id)
        .limit(MOST_ITEMS)
    )
    if act is SigningAct.APPROVE:
        statement = statement.where(CertificateRequest.signer_id == account().user.person_id)
    return db.session.scalars(statement).unique().all()


def _certificates(act: SigningAct, waiting: Sequence[CertificateRequest]) -> Sequence[Certificate]:
    """The certificates with which this person can sign at least one of the letters."""
    person_id, at = account().user.person_id, clock.now()
    if act is SigningAct.APPROVE:
        return signing_jobs.certificates_to_sign(db.session, person_id=person_id, at=at)
    found: dict[int, Certificate] = {}
    for agency_id in dict.fromkeys(each.agency_id for each in waiting):
        usable = signing_jobs.certificates_to_seal(
            db.session, agency_id=agency_id, person_id=person_id, at=at
        )
        found.update({each.id: each for each in usable})
    return list(found.values())


def _try_to_open(
    act: SigningAct,
    letters: Sequence[CertificateRequest],
    certificate: Certificate,
    agent: SigningAgent,
) -> str | None:
    """Prepare the letters and open the job; a problem becomes a message."""
    if certificate.agency_id is not None and act is SigningAct.ISSUE:
        letters = [each for each in letters if each.agency_id == certificate.agency_id]
    if not letters:
        flash("Chọn ít nhất một văn bản ký được bằng chứng thư này.", "error")
        return None
    checked = check_certificate(certificate, clock.now())
    if not checked.usable:
        flash("Không ký được bằng chứng thư này: " + checked.lines[0].text, "error")
        return None
    try:
        return _open(act, [each.id for each in letters], certificate, checked, agent.id)
    except SigningError as error:
        flash(f"{error.message} {error.advice}", "error")
    except (Refused, Conflict, NotReady, LetterError, DamagedFile) as error:
        flash(str(error), "error")
    return None


def _open(
    act: SigningAct,
    request_ids: Sequence[int],
    certificate: Certificate,
    checked: Checked,
    agent_id: int,
) -> str:
    certificate_id, sha256 = certificate.id, certificate.sha256
    with tempfile.TemporaryFile() as spool:  # A thousand letters do not fit into memory.
        listed: list[Item] = []
        letters: list[PreparedLetter] = []
        agency_id = 0
        for row in _read(request_ids):
            agency_id = agency_id or row.agency_id
            item, letter = _prepared(row, act, certificate, checked, spool)
            listed.append(item)
            letters.append(letter)
        manifest = with_device(_manifest(act, sha256, checked, listed), certificate_id)
        order = Order(
            public_id=manifest.job_id,
            act=act,
            agent_id=agent_id,
            certificate_id=certificate_id,
            field="",
            prepared_pdf=b"",
            byte_range=(),
            manifest=stored(sign_manifest(server_key(), manifest)),
            evidence=[line.to_dict() for line in manifest.evidence],
            expires_at=manifest.expires_at,
        )
        signing_batches.open_batch(
            db.session,
            actor=account().actor(),
            order=order,
            letters=letters,
            agency_id=agency_id,
        )
    return manifest.job_id


def _read(request_ids: Sequence[int]) -> Iterator[CertificateRequest]:
    """The letters with all that preparing asks about, a few at a time."""
    for start in range(0, len(request_ids), AT_ONCE):
        some = request_ids[start : start + AT_ONCE]
        rows = db.session.scalars(
            select(CertificateRequest)
            .where(CertificateRequest.id.in_(some))
            .options(
                joinedload(CertificateRequest.agency),
                joinedload(CertificateRequest.signer),
                selectinload(CertificateRequest.lines),
                selectinload(CertificateRequest.documents).joinedload(RequestDocument.stored_file),
            )
            .order_by(CertificateRequest.id)
        )
        yield from rows.unique()
        for each in list(db.session.identity_map.values()):
            if isinstance(each, StoredFile):
                db.session.expunge(each)


def _prepared(
    row: CertificateRequest,
    act: SigningAct,
    certificate: Certificate,
    checked: Checked,
    spool: IO[bytes],
) -> tuple[Item, PreparedLetter]:
    prepared = prepare_letter(row, act, certificate, checked, clock.now())
    start = spool.tell()
    spool.write(prepared.pdf)
    letter = PreparedLetter(
        request_id=row.id,
        version=row.version,
        field=FIELDS[act],
        byte_range=prepared.byte_range,
        content=partial(_from_spool, spool, start, len(prepared.pdf)),
    )
    return item_of(row, act, prepared), letter


def _from_spool(spool: IO[bytes], start: int, size: int) -> bytes:
    spool.seek(start)
    return spool.read(size)


def _manifest(
    act: SigningAct, certificate_sha256: str, checked: Checked, listed: Sequence[Item]
) -> Manifest:
    at, job_id, user = clock.now(), new_public_id(), account().user
    return Manifest(
        job_id=job_id,
        server_id=server_key().public.server_id,
        server_name=settings().server_name,
        user_id=str(user.id),
        user_name=user.display_name,
        act=ACT_WORDS[act],
        certificate_sha256=certificate_sha256,
        chain=checked.chain,
        items=tuple(listed),
        evidence=checked.lines,
        return_path=f"/ky-so/nhieu/{job_id}",
        issued_at=at,
        expires_at=at + TICKET_LIFETIME,
    )


@bp.get("/<string(length=22):public_id>")
@requires(Permission.SIGNING_AGENT_PAIR)
def watch(public_id: str) -> ResponseReturnValue:
    """The batch while it waits and goes on: what became of each letter, and what is left."""
    job = _own(public_id)
    rows = signing_batches.items(db.session, job.id)
    payload = bytes.fromhex(job.manifest["payload"])
    alive = job.is_open and signing_jobs.may_go_on(job)
    expired = clock.now() >= job.expires_at and job.state is not JobState.CLAIMED
    return render_template(
        "signing_batches/watch.html",
        job=job,
        rows=list(zip(rows, Manifest.from_payload(payload).items, strict=True)),
        signed=sum(each.state is JobState.ACCEPTED for each in rows),
        refused=sum(each.state is JobState.REFUSED for each in rows),
        alive=alive,
        expired=expired,
        address=ticket_address(job) if alive and not expired else "",
        problem=ERRORS.get(job.last_error) if job.last_error else None,
        errors=ERRORS,
        again=_again(job),
    )


def _again(job: SigningJob) -> dict[str, Any]:
    """Where what is left can be signed with a new ticket."""
    return {"viec": SEAL} if job.act is SigningAct.ISSUE else {}


@bp.get("/<string(length=22):public_id>/trang-thai")
@requires(Permission.SIGNING_AGENT_PAIR)
def state(public_id: str) -> ResponseReturnValue:
    """How far the batch is, for the page that watches."""
    job = _own(public_id)
    ended = len(signing_batches.ended_places(db.session, job.id))
    return jsonify(state=f"{job.state.value}{ended}", error=job.last_error, open=job.is_open)


@bp.post("/<string(length=22):public_id>/huy")
@requires(Permission.SIGNING_AGENT_PAIR)
def cancel(public_id: str) -> ResponseReturnValue:
    """Give up what is left; what is signed stays signed."""
    _own(public_id)
    try:
        signing_jobs.cancel(db.session, actor=account().actor(), public_id=public_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã hủy phần chưa ký. Các văn bản đã ký vẫn giữ nguyên chữ ký.", "success")
    return redirect(url_for(".watch", public_id=public_id))


def _own(public_id: str) -> SigningJob:
    """The person's own batch, or 404."""
    job = signing_jobs.find(db.session, public_id)
    if job is None or job.user_id != account().user.id or not signing_batches.is_batch(job):
        abort(404)
    return job
