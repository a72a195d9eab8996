"""Many documents signed with one login: one job, one signed manifest, an item for each document.

Letters, documents of the office and papers may be mixed (`operations/signing_nouns.py`). Each is
finished in a transaction of its own, so that one that changed meanwhile, or a batch that stops,
leaves the others as they are: signed or not, never half.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from audit import Actor
from models import SigningJob
from operations import files
from operations.signatures import BeforeSeal, Wanted
from operations.signing_job_records import ENDED, give_up, left, record, release
from operations.signing_jobs import (
    Order,
    Progress,
    actor_of,
    alive,
    progress_of,
    write_progress,
)
from operations.signing_nouns import NOUNS, keep_signed
from operations.transactions import Refused, transaction
from rules.documents import JobState, SigningAct
from schema.documents import SigningItem

MOST_ITEMS = 1000
"""Documents in one batch."""


@dataclass(frozen=True)
class PreparedItem:
    """One document of a batch: `content` reads the prepared bytes from where they wait, `report` is
    what our verification said of the signatures that were there before, kept as evidence."""

    noun: str
    object_id: int
    version: int
    act: SigningAct
    field: str
    byte_range: Sequence[int]
    content: Callable[[], bytes]
    before_seal: BeforeSeal | None = None
    report: dict[str, Any] | None = None


@dataclass(frozen=True)
class LeftOut:
    """A document that was chosen and could not join, with the reason in Vietnamese."""

    title: str
    reason: str


def open_batch(
    session: Session,
    *,
    actor: Actor,
    order: Order,
    documents: Sequence[PreparedItem],
    agency_id: int,
    sealing: bool = False,
    left_out: Sequence[LeftOut] = (),
    rest: Sequence[str] = (),
) -> None:
    """Open the job of a batch; open jobs of its documents that nobody finished are cancelled.

    So are earlier batches of this account and kind (`sealing`) that no agent is carrying out; one
    that is being carried out, and those of others, lose the documents that are in this one.
    `rest` names what was chosen too and waits for the next batch (`noun:number`).
    `order.prepared_pdf` and `byte_range` are empty: each document has its own. Raises `Refused`
    when one of them cannot be signed now, by this person or with this certificate, and `Conflict`.
    """
    with transaction(session):
        _replace(session, actor, sealing, documents)
        job = _job(actor, order, agency_id, sealing)
        wanted = {NOUNS[one.noun].permission(one.act).name for one in documents}
        job.payload = job.payload | {
            "permissions": sorted(wanted),
            "left_out": [[one.title[:300], one.reason[:500]] for one in left_out],
            "rest": list(rest),
        }
        session.add(job)
        session.flush()
        for place, one in enumerate(documents):
            _add(session, actor, job, place, one)
        record(
            session,
            "signing_job.issued",
            job,
            actor,
            act=order.act.name,
            prepared=None,
            certificate=order.certificate_id,
        )


def _replace(
    session: Session, actor: Actor, sealing: bool, documents: Sequence[PreparedItem]
) -> None:
    own = unfinished(session, user_id=actor.user_id, sealing=sealing)
    unopened = [job.id for job in own if job.state is not JobState.CLAIMED]
    give_up(session, SigningJob.id.in_(unopened), actor)
    things: dict[str, list[int]] = {}
    for one in documents:
        things.setdefault(one.noun, []).append(one.object_id)
    release(session, things, actor)


def unfinished(session: Session, *, user_id: int | None, sealing: bool) -> list[SigningJob]:
    """The open batches of this account and kind, the newest first; their minutes may be over."""
    rows = session.scalars(
        select(SigningJob)
        .where(
            SigningJob.user_id == user_id,
            SigningJob.is_open,
            *(getattr(SigningJob, noun.column).is_(None) for noun in NOUNS.values()),
        )
        .order_by(SigningJob.id.desc())
    )
    return [one for one in rows if is_batch(one) and one.payload.get("sealing") is sealing]


def _add(
    session: Session, actor: Actor, job: SigningJob, place: int, document: PreparedItem
) -> None:
    noun = NOUNS[document.noun]
    noun.check(
        session,
        actor,
        Wanted(
            document.object_id,
            document.version,
            document.act,
            job.certificate_id,
            document.before_seal,
        ),
    )
    give_up(session, getattr(SigningJob, noun.column) == document.object_id, actor)
    row = _item(job, place, document)
    row.prepared_sha256 = files.store(session, document.content(), files.PDF, at=actor.at)
    session.add(row)
    session.flush()
    session.expunge(row)  # A thousand documents must not pile up in memory.


def _job(actor: Actor, order: Order, agency_id: int, sealing: bool) -> SigningJob:
    return SigningJob(
        public_id=order.public_id,
        user_id=actor.user_id,
        login_session_id=actor.login_session_id,
        agent_id=order.agent_id,
        certificate_id=order.certificate_id,
        act=order.act,
        state=JobState.ISSUED,
        manifest=order.manifest,
        evidence=list(order.evidence),
        payload={"batch": True, "agency_id": agency_id, "sealing": sealing},
        issued_at=actor.at,
        expires_at=order.expires_at,
    )


def _item(job: SigningJob, place: int, document: PreparedItem) -> SigningItem:
    return SigningItem(
        job_id=job.id,
        place=place,
        noun=document.noun,
        object_id=document.object_id,
        field=document.field,
        byte_range=list(document.byte_range),
        state=JobState.ISSUED,
        payload={"version": document.version, "act": document.act.name}
        | ({"report": document.report} if document.report else {}),
    )


def is_batch(job: SigningJob) -> bool:
    """True when the job has items of its own."""
    return bool(job.payload.get("batch"))


def item(session: Session, job_id: int, place: int) -> SigningItem | None:
    """One document of a batch."""
    return session.scalars(
        select(SigningItem).where(SigningItem.job_id == job_id, SigningItem.place == place)
    ).one_or_none()


def items(session: Session, job_id: int) -> Sequence[SigningItem]:
    """The documents of a batch in their order, without what `reports` reads: a thousand reports
    are too much for a page.
    """
    return session.scalars(
        select(SigningItem)
        .where(SigningItem.job_id == job_id)
        .order_by(SigningItem.place)
        .options(defer(SigningItem.payload))
    ).all()


def reports(session: Session, job_id: int, most: int) -> tuple[dict[int, dict[str, Any]], int]:
    """What was found of the signatures that the first documents of a batch had before this one, by
    their place; and how many documents had any.
    """
    has_any = SigningItem.payload["report"].as_string().is_not(None)
    places = session.scalars(
        select(SigningItem.place)
        .where(SigningItem.job_id == job_id, has_any)
        .order_by(SigningItem.place)
    ).all()
    rows = session.execute(
        select(SigningItem.place, SigningItem.payload)
        .where(SigningItem.job_id == job_id, SigningItem.place.in_(places[:most]))
        .order_by(SigningItem.place)
    )
    return {row.place: row.payload["report"] for row in rows}, len(places)


def ended_places(session: Session, job_id: int) -> tuple[int, ...]:
    """The documents that need no signature here: signed, refused, or taken to another job."""
    return tuple(
        session.scalars(
            select(SigningItem.place)
            .where(SigningItem.job_id == job_id, SigningItem.state.in_(ENDED))
            .order_by(SigningItem.place)
        )
    )


def accept_item(
    session: Session,
    *,
    public_id: str,
    place: int,
    signed_pdf: bytes,
    cms_sha256: str,
    address: str,
    at: datetime,
) -> None:
    """Keep one signed document and move on what it belongs to, in one transaction.

    The same again changes nothing. Raises `Refused` when the job is gone or the document has moved
    on meanwhile, and `Conflict` when it was changed after it was prepared.
    """
    with transaction(session):
        job = alive(session, public_id)
        row = _wanted(session, job, place)
        if row.state is JobState.CANCELLED:
            raise Refused("Văn bản này đã được đưa sang lần ký khác.")
        if row.state in ENDED:
            return
        actor = actor_of(job, address=address, at=at)
        # Items of before mixed batches have no act of their own: it is that of the job.
        act = SigningAct[row.payload.get("act", job.act.name)]
        wanted = Wanted(row.object_id, row.payload["version"], act, job.certificate_id)
        row.result_file_sha256 = keep_signed(session, actor, row.noun, wanted, job.id, signed_pdf)
        row.state, row.result_sha256, row.finished_at = JobState.ACCEPTED, cms_sha256, at
        row.last_error = ""
        record(session, "signing_job.accepted", job, actor, cms=cms_sha256)


def refuse_item(
    session: Session, *, public_id: str, place: int, code: str, address: str, at: datetime
) -> None:
    """Put one document out of the batch: its signature was not taken, for the reason of `code`."""
    with transaction(session):
        job = alive(session, public_id)
        row = _wanted(session, job, place)
        if row.state in ENDED:
            return
        row.state, row.last_error, row.finished_at = JobState.REFUSED, code, at
        actor = actor_of(job, address=address, at=at)
        record(session, "signing_job.failed", job, actor, code=code)


def _wanted(session: Session, job: SigningJob, place: int) -> SigningItem:
    row = item(session, job.id, place)
    if row is None:
        raise Refused("Văn bản này không thuộc lần ký.")
    return row


def after_part(
    session: Session,
    *,
    public_id: str,
    address: str,
    at: datetime,
    step: Callable[[Progress, int], Progress],
) -> Progress:
    """Where the job stands after a part of its signatures; `step` is told how many are left.

    Raises `Refused` when the job is gone, and what `step` raises.
    """
    with transaction(session):
        job = alive(session, public_id)
        before = progress_of(job)
        after = step(before, left(session, job.id))
        if after == before:
            return after
        write_progress(job, after, at)
        if after.last_error and after.last_error != before.last_error:
            actor = actor_of(job, address=address, at=at)
            record(session, "signing_job.failed", job, actor, code=after.last_error)
        return after
