"""Orders to sign: opened by a person on the web, carried out by their agent, finished here.

A job is bound to the session that opened it, its user, the certificate, the prepared bytes, field,
act and minutes. PDF and protocol work comes from outside as bytes and as steps from one `Progress`
to the next, so that this room knows neither.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import (
    CertificateRequest,
    ImportBatch,
    SigningJob,
    User,
)
from operations import files, papers
from operations.certificate_requests import NOUN as REQUEST
from operations.certificate_requests import load_for_change, move
from operations.document_signing import (
    BeforeSeal,
    needed_permission,
    sign_document,
    step_to_sign,
)
from operations.paper_signing import check_side, sign_side
from operations.request_documents import attach
from operations.signing_certificates import (
    certificates_for_side,
    certificates_to_seal,
    certificates_to_sign,
)
from operations.signing_job_records import close, give_up, record
from operations.transactions import Refused, expect_version, transaction
from rules.documents import DocumentKind, JobState, SigningAct
from rules.permissions import GRANTS, Permission
from rules.requests import RequestAct

__all__ = ["certificates_for_side", "certificates_to_seal", "certificates_to_sign"]
PERMISSIONS = {
    SigningAct.APPROVE: Permission.CERTIFICATE_REQUEST_SIGN,
    SigningAct.ISSUE: Permission.CERTIFICATE_REQUEST_SEAL,
    SigningAct.GIVER: Permission.RECEIPT_CONFIRM,
    SigningAct.RECEIVER: Permission.RECEIPT_CONFIRM,
    SigningAct.READ_CERTIFICATES: Permission.CERTIFICATE_IMPORT,
}
ACTS = {SigningAct.APPROVE: RequestAct.SIGN, SigningAct.ISSUE: RequestAct.SEAL}
KINDS = {SigningAct.APPROVE: DocumentKind.SIGNED, SigningAct.ISSUE: DocumentKind.SEALED}
EVENTS = {
    SigningAct.APPROVE: "certificate_request.signed",
    SigningAct.ISSUE: "certificate_request.sealed",
}


@dataclass(frozen=True)
class Progress:
    """What changes while a job is carried out; the protocol's `JobProgress` in our words."""

    state: JobState
    expires_at: datetime
    claim_id: str = ""
    claimed_at: datetime | None = None
    result_sha256: str = ""
    last_error: str = ""


@dataclass(frozen=True)
class Order:
    """Everything that a new job is bound to."""

    public_id: str
    act: SigningAct
    agent_id: int
    certificate_id: int | None
    field: str
    prepared_pdf: bytes
    byte_range: Sequence[int]
    manifest: dict[str, Any]
    evidence: Sequence[dict[str, Any]]
    expires_at: datetime


def new_public_id() -> str:
    """A name for a job that cannot be guessed: 128 random bits."""
    return secrets.token_urlsafe(16)


def check_signer(
    session: Session,
    request: CertificateRequest,
    actor: Actor,
    act: SigningAct,
    certificate_id: int | None,
) -> None:
    """Raise `Refused` unless this person may sign this request with this certificate now."""
    if act is SigningAct.APPROVE:
        if request.signer_id != actor.person_id:
            raise Refused("Người ký ghi trên văn bản là người khác; chỉ người đó ký được.")
        usable = certificates_to_sign(session, person_id=actor.person_id, at=actor.at)
    else:
        usable = certificates_to_seal(
            session, agency_id=request.agency_id, person_id=actor.person_id, at=actor.at
        )
    if certificate_id not in {each.id for each in usable}:
        raise Refused(
            "Chứng thư dùng để ký đã hết hạn, bị thu hồi hoặc không còn được giao cho người ký."
        )


def open_job(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    order: Order,
) -> None:
    """Open a job for a request; an older one that nobody finished is cancelled.

    Raises `Refused` when the request cannot be signed now, or not by this person or with this
    certificate, and `Conflict` when it has changed since the document was prepared.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        move(request, ACTS[order.act])
        check_signer(session, request, actor, order.act, order.certificate_id)
        give_up(session, SigningJob.request_id == request_id, actor)
        open_tied(session, actor, order, {"version": request.version}, request_id=request_id)


def open_document_job(
    session: Session,
    *,
    actor: Actor,
    document_id: int,
    version: int,
    order: Order,
    before_seal: BeforeSeal,
) -> None:
    """Open a job for the next signature of a document of the office.

    Raises `Refused` when it is not this person's turn or certificate, or when the clerk has not
    seen every signature verified before the agency's own, and `Conflict`.
    """
    with transaction(session):
        step = step_to_sign(
            session, actor, document_id, version, order.act, order.certificate_id, before_seal
        )
        give_up(session, SigningJob.document_id == document_id, actor)
        payload = {
            "version": step.document.version,
            "agency_id": step.document.agency_id,
            "step": step.id,
        }
        open_tied(session, actor, order, payload, document_id=document_id)


def open_paper_job(
    session: Session, *, actor: Actor, paper_id: int, version: int, order: Order
) -> None:
    """Open a job for one side of minutes; an older one that nobody finished is cancelled.

    Raises `Refused` when it is not this person's turn or not their certificate, and `Conflict`.
    """
    with transaction(session):
        paper = papers.load_paper(session, paper_id)
        expect_version(paper, version)
        check_side(session, paper, actor, order.act, order.certificate_id)
        give_up(session, SigningJob.paper_id == paper_id, actor)
        payload = {"version": paper.version, "agency_id": paper.agency_id}
        open_tied(session, actor, order, payload, paper_id=paper_id)


def open_tied(
    session: Session, actor: Actor, order: Order, payload: dict[str, Any], **tied_to: int
) -> SigningJob:
    """Add the job of an order about one thing, inside the caller's transaction."""
    prepared = files.store(session, order.prepared_pdf, files.PDF, at=actor.at)
    job = SigningJob(
        public_id=order.public_id,
        user_id=actor.user_id,
        login_session_id=actor.login_session_id,
        agent_id=order.agent_id,
        certificate_id=order.certificate_id,
        act=order.act,
        state=JobState.ISSUED,
        field=order.field,
        prepared_sha256=prepared,
        byte_range=list(order.byte_range),
        manifest=order.manifest,
        evidence=list(order.evidence),
        payload=payload,
        issued_at=actor.at,
        expires_at=order.expires_at,
        **tied_to,
    )
    session.add(job)
    session.flush()
    record(
        session,
        "signing_job.issued",
        job,
        actor,
        document_sha256=prepared,
        act=order.act.name,
        prepared=prepared,
        certificate=order.certificate_id,
    )
    return job


def open_reading(session: Session, *, actor: Actor, order: Order, agency_id: int) -> None:
    """Open the job of reading certificates from the attached token; no key and no PIN is used."""
    with transaction(session):
        job = SigningJob(
            public_id=order.public_id,
            user_id=actor.user_id,
            login_session_id=actor.login_session_id,
            agent_id=order.agent_id,
            act=order.act,
            state=JobState.ISSUED,
            manifest=order.manifest,
            payload={"agency_id": agency_id},
            issued_at=actor.at,
            expires_at=order.expires_at,
        )
        session.add(job)
        session.flush()
        record(
            session,
            "signing_job.issued",
            job,
            actor,
            act=order.act.name,
            prepared=None,
            certificate=None,
        )


def find(session: Session, public_id: str) -> SigningJob | None:
    """The job of this name, with all that its steps ask about."""
    return session.scalars(
        select(SigningJob)
        .where(SigningJob.public_id == public_id)
        .options(
            joinedload(SigningJob.user).selectinload(User.grants),
            joinedload(SigningJob.agent),
            joinedload(SigningJob.certificate),
            joinedload(SigningJob.login_session),
            joinedload(SigningJob.certificate_request).joinedload(CertificateRequest.agency),
        )
    ).one_or_none()


def progress_of(job: SigningJob) -> Progress:
    """Where the job stands, as a value."""
    return Progress(
        job.state,
        job.expires_at,
        job.claim_id,
        job.claimed_at,
        job.result_sha256,
        job.last_error,
    )


def actor_of(job: SigningJob, *, address: str, at: datetime) -> Actor:
    """The person for whom the agent speaks: who opened the job, in the session that opened it."""
    return Actor(
        user_id=job.user_id,
        person_id=job.user.person_id,
        roles=tuple(dict.fromkeys(grant.role.name for grant in job.user.grants)),
        address=address,
        at=at,
        login_session_id=job.login_session_id,
    )


def _permission(job: SigningJob) -> Permission:
    return needed_permission(job.act) if job.document_id is not None else PERMISSIONS[job.act]


def may_go_on(job: SigningJob) -> bool:
    """False when the job was given up, its session ended, its request has changed, or its user or
    agent lost their place.
    """
    request = job.certificate_request
    return (
        job.state is not JobState.CANCELLED
        and job.login_session.ended_at is None
        and job.user.is_active
        and any(_permission(job) in GRANTS[grant.role] for grant in job.user.grants)
        and (job.agent is not None and job.agent.revoked_at is None)
        and (not job.is_open or request is None or request.version == job.payload["version"])
    )


def advance(
    session: Session,
    *,
    public_id: str,
    address: str,
    at: datetime,
    step: Callable[[Progress], Progress],
) -> Progress:
    """Take one step of the protocol in one transaction; what `step` raises leaves all as it was.

    Raises `Refused` when the job is gone.
    """
    with transaction(session):
        job = alive(session, public_id)
        before = progress_of(job)
        after = step(before)
        if after == before:
            return after
        write_progress(job, after, at)
        actor = actor_of(job, address=address, at=at)
        if after.claim_id and after.claim_id != before.claim_id:
            record(session, "signing_job.claimed", job, actor, agent=job.agent_id)
        elif after.last_error and after.last_error != before.last_error:
            record(session, "signing_job.failed", job, actor, code=after.last_error)
        return after


def finish(
    session: Session,
    *,
    public_id: str,
    address: str,
    at: datetime,
    step: Callable[[Progress], Progress],
    signed_pdf: bytes,
    cms_sha256: str,
) -> Progress:
    """Accept a signature: the signed document is kept and its request moves on, all at once.

    The same result again changes nothing. Raises `Refused` when the job is gone, the request has
    moved on meanwhile, or the certificate may no longer sign it, and `Conflict` when the request
    was changed after the document was prepared.
    """
    with transaction(session):
        job = alive(session, public_id)
        before = progress_of(job)
        after = step(before)
        if before.state is JobState.ACCEPTED or after == before:
            return after
        actor = actor_of(job, address=address, at=at)
        write_progress(job, after, at)
        record(session, "signing_job.accepted", job, actor, cms=cms_sha256)
        keep = _sign_request
        if job.paper_id is not None:
            keep = sign_side
        elif job.document_id is not None:
            keep = sign_document
        job.result_file_sha256 = keep(session, job, actor, signed_pdf)
        return after


def _sign_request(session: Session, job: SigningJob, actor: Actor, signed_pdf: bytes) -> str:
    return sign_request(
        session,
        job,
        actor,
        signed_pdf,
        request_id=job.request_id or 0,
        version=job.payload["version"],
    )


def sign_request(
    session: Session,
    job: SigningJob,
    actor: Actor,
    signed_pdf: bytes,
    *,
    request_id: int,
    version: int,
) -> str:
    """Keep a signed letter and move its request on; returns the SHA-256 of the file.

    Raises `Refused` and `Conflict` as `finish` does.
    """
    request = load_for_change(session, request_id, version)
    request.state = move(request, ACTS[job.act])
    check_signer(session, request, actor, job.act, job.certificate_id)
    if job.act is SigningAct.APPROVE:
        request.signed_at = actor.at
    else:
        request.sealed_at = actor.at
    request.version += 1
    sha256 = attach(session, request, actor, KINDS[job.act], signed_pdf)
    audit.record(
        session,
        EVENTS[job.act],
        actor=actor,
        noun=REQUEST,
        object_id=request.id,
        agency_id=request.agency_id,
        document_sha256=sha256,
        job=job.id,
        certificate=job.certificate_id,
    )
    return sha256


def finish_reading(session: Session, *, public_id: str, batch: ImportBatch) -> None:
    """Tie what was read from the token to its job, inside the transaction that stages it.

    Raises `Refused` when the job is gone or was finished before.
    """
    job = alive(session, public_id)
    if not job.is_open or job.act is not SigningAct.READ_CERTIFICATES:
        raise Refused("Việc đọc chứng thư này đã kết thúc.")
    job.import_batch_id = batch.id
    close(job, JobState.ACCEPTED, batch.created_at)


def cancel(session: Session, *, actor: Actor, public_id: str) -> None:
    """Give one of the actor's own jobs up. Raises `Refused` when it is finished or not theirs."""
    with transaction(session):
        job = find(session, public_id)
        if job is None or job.user_id != actor.user_id or not job.is_open:
            raise Refused("Việc ký này đã kết thúc hoặc không phải của anh/chị.")
        close(job, JobState.CANCELLED, actor.at)
        record(session, "signing_job.cancelled", job, actor)


def alive(session: Session, public_id: str) -> SigningJob:
    """The job while it may still be carried out; raises `Refused`."""
    job = find(session, public_id)
    if job is None or not may_go_on(job):
        raise Refused("Việc ký này không còn nữa.")
    return job


def write_progress(job: SigningJob, progress: Progress, at: datetime) -> None:
    """Keep where the job stands now."""
    job.state = progress.state
    job.claim_id = progress.claim_id
    job.claimed_at = progress.claimed_at
    job.result_sha256 = progress.result_sha256
    job.last_error = progress.last_error
    if progress.state in (JobState.ACCEPTED, JobState.REFUSED):
        close(job, progress.state, at)
