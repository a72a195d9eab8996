"""How a signing job ends, and what the log keeps of each of its steps."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import SigningJob
from rules.documents import JobState

NOUN = "signing_job"


def give_up(session: Session, which: ColumnElement[bool], actor: Actor) -> None:
    """Cancel the open jobs of this condition, inside the caller's transaction."""
    for old in session.scalars(select(SigningJob).where(which, SigningJob.is_open)):
        close(old, JobState.CANCELLED, actor.at)
        record(session, "signing_job.cancelled", old, actor)
    session.flush()  # The index allows one open job per request, paper and document.


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
