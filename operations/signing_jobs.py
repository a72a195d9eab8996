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

from audit import Actor
from models import (
    CertificateRequest,
    ImportBatch,
    SigningJob,
    User,
)
from operations import files
from operations.signatures import BeforeSeal, Wanted
from operations.signing_certificates import (
    certificates_for_side,
    certificates_to_seal,
    certificates_to_sign,
)
from operations.signing_job_records import close, give_up, record, release
from operations.signing_nouns import DOCUMENT, NOUNS, PAPER, REQUEST, keep_signed, noun_of
from operations.transactions import Refused, transaction
from rules.documents import JobState, SigningAct
from rules.permissions import Permission, permissions_of

__all__ = ["certificates_for_side", "certificates_to_seal", "certificates_to_sign"]


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
    _open(session, actor, REQUEST, request_id, version, order)


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
    _open(session, actor, DOCUMENT, document_id, version, order, before_seal)


def open_paper_job(
    session: Session, *, actor: Actor, paper_id: int, version: int, order: Order
) -> None:
    """Open a job for one side of minutes; an older one that nobody finished is cancelled.

    Raises `Refused` when it is not this person's turn or not their certificate, and `Conflict`.
    """
    _open(session, actor, PAPER, paper_id, version, order)


def _open(
    session: Session,
    actor: Actor,
    name: str,
    object_id: int,
    version: int,
    order: Order,
    before_seal: BeforeSeal | None = None,
) -> None:
    noun = NOUNS[name]
    wanted = Wanted(object_id, version, order.act, order.certificate_id, before_seal)
    with transaction(session):
        target = noun.check(session, actor, wanted)
        give_up(session, getattr(SigningJob, noun.column) == object_id, actor)
        release(session, {name: [object_id]}, actor)
        payload = {"version": target.version, "agency_id": target.agency_id, **target.kept}
        open_tied(session, actor, order, payload, **{noun.column: object_id})


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


def _permissions(job: SigningJob) -> frozenset[Permission]:
    """What the user of a job must still be allowed to; a batch keeps the names of what it wants."""
    if (told := job.payload.get("permissions")) is not None:
        return frozenset(Permission[name] for name in told)
    if job.act is SigningAct.READ_CERTIFICATES:
        return frozenset({Permission.CERTIFICATE_IMPORT})
    about = noun_of(job)
    return frozenset({NOUNS[about[0] if about else REQUEST].permission(job.act)})


def may_go_on(job: SigningJob) -> bool:
    """False when the job was given up, its session ended, its request has changed, or its user or
    agent lost their place.
    """
    request = job.certificate_request
    return (
        job.state is not JobState.CANCELLED
        and job.login_session.ended_at is None
        and job.user.is_active
        and _permissions(job) <= permissions_of(grant.role for grant in job.user.grants)
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
        about = noun_of(job)
        if about is None:
            raise Refused("Việc ký này không gắn với văn bản nào.")
        name, object_id = about
        wanted = Wanted(object_id, job.payload["version"], job.act, job.certificate_id)
        job.result_file_sha256 = keep_signed(session, actor, name, wanted, job.id, signed_pdf)
        return after


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
