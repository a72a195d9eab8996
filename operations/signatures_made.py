"""Every signature that was made through this program with one person's keys or account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, cast, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from models import Certificate, SigningAgent, SigningJob, User
from rules.documents import JobState, SigningAct
from schema.documents import SigningItem


@dataclass(frozen=True)
class Made:
    """One accepted signature: when, in which job, on what, with which certificate and agent."""

    at: datetime
    job_id: str
    act: SigningAct
    noun: str
    object_id: int
    document_sha256: str
    certificate: str
    signer: str
    agent_name: str
    agent_key_id: str


def signatures(
    session: Session,
    *,
    user_id: int,
    person_id: int | None = None,
    start: int = 0,
    most: int = 500,
    newest_first: bool = False,
) -> list[Made]:
    """Signatures of this account and, with `person_id`, all with this person's own certificates,
    whoever's account they were ordered from. One of several documents counts as one each.
    """
    whose = SigningJob.user_id == user_id
    if person_id is not None:
        whose = or_(whose, Certificate.person_id == person_id)
    single = _columns(
        SigningJob.finished_at,
        SigningJob.prepared_sha256,
        literal(""),
        null(),
    ).where(whose, SigningJob.state == JobState.ACCEPTED, SigningJob.prepared_sha256.is_not(None))
    several = (
        _columns(
            SigningItem.finished_at,
            SigningItem.prepared_sha256,
            SigningItem.noun,
            SigningItem.object_id,
        )
        .join(SigningItem, SigningItem.job_id == SigningJob.id)
        .where(whose, SigningItem.state == JobState.ACCEPTED)
    )
    both = union_all(single, several).subquery()
    order = (both.c.at.desc(), both.c.sha256) if newest_first else (both.c.at, both.c.sha256)
    rows = session.execute(select(both).order_by(*order).offset(start).limit(most))
    return [_made(row) for row in rows]


def _columns(at: Any, sha256: Any, noun: Any, object_id: Any) -> Select[Any]:
    return (
        select(
            at.label("at"),
            SigningJob.public_id.label("job_id"),
            SigningJob.act.label("act"),
            SigningJob.request_id.label("request_id"),
            SigningJob.paper_id.label("paper_id"),
            SigningJob.document_id.label("document_id"),
            cast(noun, String).label("noun"),
            object_id.label("object_id"),
            sha256.label("sha256"),
            Certificate.common_name.label("certificate"),
            User.display_name.label("signer"),
            SigningAgent.name.label("agent_name"),
            SigningAgent.agent_id.label("agent_key_id"),
        )
        .select_from(SigningJob)
        .join(User, User.id == SigningJob.user_id)
        .outerjoin(Certificate, Certificate.id == SigningJob.certificate_id)
        .outerjoin(SigningAgent, SigningAgent.id == SigningJob.agent_id)
    )


def _made(row: Any) -> Made:
    noun, object_id = row.noun, row.object_id
    if not noun:
        nouns = ("certificate_request", "paper", "office_document")
        ids = (row.request_id, row.paper_id, row.document_id)
        noun, object_id = next(
            ((name, found) for name, found in zip(nouns, ids, strict=True) if found), ("", 0)
        )
    return Made(
        at=row.at,
        job_id=row.job_id,
        act=row.act,
        noun=noun,
        object_id=object_id,
        document_sha256=row.sha256,
        certificate=row.certificate or "",
        signer=row.signer,
        agent_name=row.agent_name or "",
        agent_key_id=row.agent_key_id or "",
    )
