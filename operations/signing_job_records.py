"""How a signing job ends, and what the log keeps of each of its steps."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import SigningJob
from rules.documents import JobState
from schema.documents import SigningItem

NOUN = "signing_job"
ENDED = (JobState.ACCEPTED, JobState.REFUSED, JobState.CANCELLED)
"""States of an item that wants no signature any more: signed, not taken, or in another job."""


def give_up(session: Session, which: ColumnElement[bool], actor: Actor) -> None:
    """Cancel the open jobs of this condition, inside the caller's transaction."""
    for old in session.scalars(select(SigningJob).where(which, SigningJob.is_open)):
        close(old, JobState.CANCELLED, actor.at)
        record(session, "signing_job.cancelled", old, actor)
    session.flush()  # The index allows one open job per request, paper and document.


def release(session: Session, things: Mapping[str, Collection[int]], actor: Actor) -> None:
    """Take these things (numbers by noun) out of the batches that still hold them, whoever's.

    Whoever prepares a document last has it, and nothing waits for a ticket that nobody uses. A
    batch that is left with nothing to sign is cancelled. The log tells of each batch how many it
    lost, beside the event of who took them. Inside the caller's transaction.
    """
    if not things:  # No condition at all would be every document of every batch.
        return
    named = [
        and_(SigningItem.noun == noun, SigningItem.object_id.in_(numbers))
        for noun, numbers in things.items()
    ]
    rows = session.scalars(
        select(SigningItem)
        .join(SigningJob, SigningJob.id == SigningItem.job_id)
        .where(SigningJob.is_open, SigningItem.state.not_in(ENDED), or_(*named))
    ).all()
    for row in rows:
        row.state, row.finished_at = JobState.CANCELLED, actor.at
    session.flush()
    lost = Counter(row.job_id for row in rows)
    for job in session.scalars(
        select(SigningJob).where(SigningJob.id.in_(lost)).order_by(SigningJob.id)
    ).all():
        record(session, "signing_job.released", job, actor, documents=lost[job.id])
        if not left(session, job.id):
            give_up(session, SigningJob.id == job.id, actor)


def left(session: Session, job_id: int) -> int:
    """How many documents of a batch still want a signature."""
    wanted = select(func.count()).where(
        SigningItem.job_id == job_id, SigningItem.state.not_in(ENDED)
    )
    return session.scalar(wanted) or 0


def close(job: SigningJob, state: JobState, at: datetime) -> None:
    """End a job; nothing can be signed with it any more."""
    job.state = state
    job.is_open = False
    job.finished_at = at


def record(
    session: Session,
    event: str,
    job: SigningJob,
    actor: Actor,
    *,
    document_sha256: str | None = None,
    **body: audit.Value,
) -> None:
    """Write a step of a job into the log, under the agency of what is signed."""
    request = job.certificate_request
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=job.id,
        agency_id=request.agency_id if request else job.payload["agency_id"],
        document_sha256=document_sha256,
        **body,
    )
