"""Documents of other systems: brought by a person's agent, signed, and given back.

No browser of ours is open then. A job is bound to a login session all the same, of a kind of its
own: opened here under the pairing, its key known to nobody, shown among the person's sessions, and
ended with the job (docs/decisions/0041).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

import audit
from audit import Actor
from models import Agency, Certificate, LoginSession, SigningAgent, SigningJob, User
from operations import files
from operations.law import law_for
from operations.office_documents import refuse
from operations.signing_certificates import certificates_to_seal, certificates_to_sign
from operations.signing_job_records import give_up, record
from operations.transactions import Refused, transaction
from rules.documents import JobState, SigningAct
from rules.law import Law
from rules.office_documents import AGENCY_ACTS, PEOPLES_ACTS, check_declaration
from rules.permissions import GRANTS, Permission
from schema.documents import SigningItem
from schema.outside import OutsideDocument

NOUN = "outside_document"
WAITS = timedelta(minutes=30)
"""How long a document that was brought may wait for its job."""
KEPT_UNSIGNED = timedelta(days=30)
"""How long the bytes of a document stay that was brought and never signed."""
MOST_DROPPED = 200
MOST_WAITING = 400
"""Documents of one agent that wait at once: two calls of the largest kind, so that nobody fills the
store with what is never signed."""
SESSION = "Trình ký số, ký cho hệ thống khác"

PERSONS = frozenset(PEOPLES_ACTS)
AGENCYS = frozenset({*AGENCY_ACTS, SigningAct.RECEIVE})


@dataclass(frozen=True)
class Brought:
    """A document as the agent brought it. `layout` is what was found in it (pages, geometry,
    signatures); `not_secret` the declaration."""

    agent_id: int
    certificate_id: int
    act: SigningAct
    origin: str
    name: str
    content: bytes
    not_secret: bool
    layout: dict[str, Any]


@dataclass(frozen=True)
class PreparedOutside:
    """One document of a job with its hole, and the fields that were made for later signatures."""

    document_id: int
    field: str
    content: bytes
    byte_range: Sequence[int]
    fields: dict[str, Any]


@dataclass(frozen=True)
class Bound:
    """What a job is bound to beside its documents."""

    public_id: str
    act: SigningAct
    certificate_id: int
    manifest: dict[str, Any]
    evidence: Sequence[dict[str, Any]]
    expires_at: datetime
    number: str = ""
    document_on: date | None = None


def needed_permission(act: SigningAct) -> Permission:
    """Who may do this act on another system's document: as on one of ours. Raises `Refused`."""
    if act in PERSONS:
        return Permission.DOCUMENT_SIGN
    if act in AGENCYS:
        return Permission.DOCUMENT_ISSUE
    raise Refused("Việc ký này không làm được cho văn bản của hệ thống khác.")


def agent_of(session: Session, agent_id: str, user_id: str) -> SigningAgent:
    """The pairing of this agent with this account, while both may act. Raises `Refused`."""
    number = int(user_id) if user_id.isdecimal() else 0
    found = session.scalars(
        select(SigningAgent)
        .where(
            SigningAgent.agent_id == agent_id,
            SigningAgent.user_id == number,
            SigningAgent.revoked_at.is_(None),
        )
        .options(joinedload(SigningAgent.user).selectinload(User.grants))
    ).one_or_none()
    if found is None or not found.user.is_active or found.user.must_change_password:
        raise Refused("Trình ký số này không ghép nối với tài khoản nào đang dùng được.")
    return found


def actor_of(agent: SigningAgent, *, address: str, at: datetime) -> Actor:
    """The person whom an agent is paired with, without a browser."""
    return Actor(
        user_id=agent.user_id,
        person_id=agent.user.person_id,
        roles=tuple(dict.fromkeys(grant.role.name for grant in agent.user.grants)),
        address=address,
        at=at,
    )


def certificate_for(
    session: Session, agent: SigningAgent, act: SigningAct, sha256: str, at: datetime
) -> Certificate | None:
    """The certificate, when this person may do this act with it now; None otherwise.

    Raises `Refused` when the person's roles do not allow the act with any certificate.
    """
    needed = needed_permission(act)
    if not any(needed in GRANTS[grant.role] for grant in agent.user.grants):
        raise Refused("Tài khoản ghép nối với Trình ký số này không có quyền làm việc ký này.")
    found = session.scalars(select(Certificate).where(Certificate.sha256 == sha256)).first()
    if found is None:
        return None
    usable = _usable(session, agent.user.person_id, act, found, at)
    return found if found.id in {one.id for one in usable} else None


def _usable(
    session: Session, person_id: int | None, act: SigningAct, found: Certificate, at: datetime
) -> Sequence[Certificate]:
    if act in PERSONS:
        return certificates_to_sign(session, person_id=person_id, at=at)
    return certificates_to_seal(session, agency_id=found.agency_id, person_id=person_id, at=at)


def made_before(session: Session, sha256: str) -> OutsideDocument | None:
    """The document whose signed file these very bytes are: then its fields are known."""
    return session.scalars(
        select(OutsideDocument)
        .where(OutsideDocument.signed_sha256 == sha256)
        .order_by(OutsideDocument.id.desc())
        .limit(1)
    ).one_or_none()


def take(session: Session, *, actor: Actor, law: Law, brought: Brought) -> str:
    """Take a document in, until its job is opened; returns its public id.

    Raises `Refused` without the declaration, before anything is stored, and when too many wait.
    """
    with transaction(session):
        if _waiting_of(session, brought.agent_id, actor.at) >= MOST_WAITING:
            raise Refused("Có quá nhiều văn bản được gửi đến mà chưa ký. Hãy thử lại sau ít phút.")
        certificate = session.get_one(Certificate, brought.certificate_id)
        agency = session.get_one(Agency, certificate.agency_id)
        own = law_for(law, agency)
        refuse(check_declaration(brought.not_secret, on=actor.today, law=own))
        sha256 = files.store(session, brought.content, files.PDF, at=actor.at)
        row = OutsideDocument(
            public_id=secrets.token_urlsafe(16),
            user_id=actor.user_id,
            agency_id=agency.id,
            agent_id=brought.agent_id,
            certificate_id=certificate.id,
            act=brought.act,
            origin=brought.origin,
            file_name=brought.name,
            original_sha256=sha256,
            not_secret_at=actor.at,
            layout=brought.layout,
            created_at=actor.at,
        )
        session.add(row)
        session.flush()
        told: dict[str, audit.Value] = {
            "act": brought.act.name,
            "site": brought.origin,
            "not_secret": True,
        }
        _record(session, "outside.taken", row, actor, sha256, **told)
        return row.public_id


def _waiting_of(session: Session, agent_id: int, at: datetime) -> int:
    wanted = select(func.count(OutsideDocument.id)).where(
        OutsideDocument.agent_id == agent_id,
        OutsideDocument.job_id.is_(None),
        OutsideDocument.created_at > at - WAITS,
    )
    return session.scalar(wanted) or 0


def waiting(
    session: Session, agent: SigningAgent, public_ids: Sequence[str], at: datetime
) -> list[OutsideDocument]:
    """The documents that this agent brought and that have no job yet, in the order asked for.

    Raises `Refused` when one of them is not there.
    """
    rows = session.scalars(
        select(OutsideDocument)
        .where(
            OutsideDocument.public_id.in_(public_ids),
            OutsideDocument.agent_id == agent.id,
            OutsideDocument.job_id.is_(None),
            OutsideDocument.created_at > at - WAITS,
        )
        .options(joinedload(OutsideDocument.agency), joinedload(OutsideDocument.certificate))
    ).all()
    found = {row.public_id: row for row in rows}
    if set(found) != set(public_ids):
        raise Refused("Văn bản chờ ký không còn nữa. Ký lại từ hệ thống của văn bản.")
    return [found[one] for one in public_ids]


def drop_unsigned(session: Session, *, actor: Actor) -> int:
    """Remove what was brought and never signed, ordered or not, with its bytes unless something
    else needs them; the log keeps its hash. Returns how many, a run's worth at most.
    """
    with transaction(session):
        rows = session.scalars(
            select(OutsideDocument)
            .where(
                OutsideDocument.signed_sha256.is_(None),
                OutsideDocument.created_at <= actor.at - KEPT_UNSIGNED,
            )
            .order_by(OutsideDocument.id)
            .limit(MOST_DROPPED)
        ).all()
        bytes_of = {row.original_sha256 for row in rows}
        give_up(session, SigningJob.id.in_({row.job_id for row in rows if row.job_id}), actor)
        for row in rows:
            _record(session, "outside.dropped", row, actor, row.original_sha256)
            bytes_of |= _drop_items(session, row)
            session.delete(row)
        session.flush()
        for sha256 in bytes_of:
            files.forget(session, sha256)
        return len(rows)


def _drop_items(session: Session, row: OutsideDocument) -> set[str]:
    """Remove what was prepared of a document and never signed; its job keeps the manifest with
    name and hash. Returns the hashes of the bytes."""
    items = session.scalars(
        select(SigningItem).where(
            SigningItem.job_id == row.job_id,
            SigningItem.noun == NOUN,
            SigningItem.object_id == row.id,
        )
    ).all()
    for item in items:
        session.delete(item)
    return {item.prepared_sha256 for item in items}


def open_job(
    session: Session,
    *,
    actor: Actor,
    agent_id: int,
    bound: Bound,
    prepared: Sequence[PreparedOutside],
) -> SigningJob:
    """Open the job over what was brought, in a session of its own; older ones of this agent that
    nobody finished are cancelled.

    Raises `Refused` when a document is gone, or the certificate is no longer this person's to use.
    """
    with transaction(session):
        _end_old(session, agent_id, actor)
        actor = replace(actor, login_session_id=_session_of(session, actor))
        rows = [session.get_one(OutsideDocument, one.document_id) for one in prepared]
        certificate = session.get_one(Certificate, bound.certificate_id)
        _check(session, actor, bound.act, certificate)
        job = _job(actor, agent_id, bound, rows[0].agency_id)
        session.add(job)
        session.flush()
        for place, (row, one) in enumerate(zip(rows, prepared, strict=True)):
            if row.job_id is not None:
                raise Refused("Văn bản này đã được đem ký. Ký lại từ hệ thống của văn bản.")
            row.job_id, row.number, row.document_on = job.id, bound.number, bound.document_on
            row.layout = row.layout | {"fields": one.fields}
            session.add(_item(session, job, place, one, actor))
        record(
            session,
            "signing_job.issued",
            job,
            actor,
            act=bound.act.name,
            prepared=None,
            certificate=certificate.id,
        )
        return job


def _job(actor: Actor, agent_id: int, bound: Bound, agency_id: int) -> SigningJob:
    return SigningJob(
        public_id=bound.public_id,
        user_id=actor.user_id,
        login_session_id=actor.login_session_id,
        agent_id=agent_id,
        certificate_id=bound.certificate_id,
        act=bound.act,
        state=JobState.ISSUED,
        manifest=bound.manifest,
        evidence=list(bound.evidence),
        payload={
            "batch": True,
            "outside": True,
            "agency_id": agency_id,
            "permissions": [needed_permission(bound.act).name],
        },
        issued_at=actor.at,
        expires_at=bound.expires_at,
    )


def _item(
    session: Session, job: SigningJob, place: int, one: PreparedOutside, actor: Actor
) -> SigningItem:
    return SigningItem(
        job_id=job.id,
        place=place,
        noun=NOUN,
        object_id=one.document_id,
        field=one.field,
        prepared_sha256=files.store(session, one.content, files.PDF, at=actor.at),
        byte_range=list(one.byte_range),
        state=JobState.ISSUED,
        payload={"version": None, "act": job.act.name},
    )


def _check(session: Session, actor: Actor, act: SigningAct, certificate: Certificate) -> None:
    usable = _usable(session, actor.person_id, act, certificate, actor.at)
    if certificate.id not in {one.id for one in usable}:
        raise Refused("Chứng thư dùng để ký đã hết hạn, bị thu hồi hoặc không phải của người ký.")


def _session_of(session: Session, actor: Actor) -> int:
    # The key is thrown away: no cookie anywhere opens this session.
    row = LoginSession(
        key_hash=secrets.token_hex(32),
        user_id=actor.user_id,
        address=actor.address[:64],
        browser=SESSION,
        created_at=actor.at,
        seen_at=actor.at,
        reauthenticated_at=actor.at - timedelta(days=1),
    )
    session.add(row)
    session.flush()
    return row.id


def _end_old(session: Session, agent_id: int, actor: Actor) -> None:
    of_agent = SigningJob.agent_id == agent_id
    own = select(OutsideDocument.job_id).where(OutsideDocument.agent_id == agent_id)
    old = session.scalars(
        select(LoginSession)
        .join(SigningJob, SigningJob.login_session_id == LoginSession.id)
        .where(of_agent, LoginSession.browser == SESSION, LoginSession.ended_at.is_(None))
    ).all()
    give_up(session, of_agent & SigningJob.id.in_(own), actor)
    for row in old:
        row.ended_at = actor.at


def keep(
    session: Session,
    actor: Actor,
    *,
    document_id: int,
    act: SigningAct,
    certificate_id: int | None,
    job_id: int,
    signed_pdf: bytes,
) -> str:
    """Keep a signed document inside the transaction that accepts its signature; returns its
    SHA-256. Raises `Refused` when the certificate is no longer this person's to use.
    """
    row = session.get_one(OutsideDocument, document_id)
    certificate = session.get_one(Certificate, certificate_id)
    _check(session, actor, act, certificate)
    sha256 = files.store(session, signed_pdf, files.PDF, at=actor.at)
    row.signed_sha256, row.signed_at = sha256, actor.at
    told: dict[str, audit.Value] = {
        "job": job_id,
        "certificate": certificate_id,
        "number": row.number,
        "day": row.document_on.isoformat() if row.document_on else "",
    }
    _record(session, "outside.signed", row, actor, sha256, **told)
    return sha256


def give_out(
    session: Session, *, agent: SigningAgent, actor: Actor, public_id: str, place: int
) -> bytes:
    """The signed bytes of one document of a job of this agent; a finished job's session ends.

    Raises `Refused` when there is no such document, or it is not signed.
    """
    with transaction(session):
        row = session.scalars(
            select(OutsideDocument)
            .join(SigningJob, SigningJob.id == OutsideDocument.job_id)
            .join(
                SigningItem,
                (SigningItem.job_id == SigningJob.id)
                & (SigningItem.object_id == OutsideDocument.id)
                & (SigningItem.noun == NOUN),
            )
            .where(
                SigningJob.public_id == public_id,
                SigningItem.place == place,
                OutsideDocument.agent_id == agent.id,
            )
            .options(joinedload(OutsideDocument.job).joinedload(SigningJob.login_session))
        ).one_or_none()
        if row is None or row.signed_sha256 is None or row.job is None:
            raise Refused("Không có văn bản đã ký này.")
        if not row.job.is_open:
            row.job.login_session.ended_at = row.job.login_session.ended_at or actor.at
        _record(session, "outside.fetched", row, actor, row.signed_sha256)
        return files.read(session, row.signed_sha256)


def of_user(session: Session, user_id: int, *, start: int, most: int) -> Sequence[OutsideDocument]:
    """What this account signed for other systems, the newest first."""
    return session.scalars(
        select(OutsideDocument)
        .where(OutsideDocument.user_id == user_id, OutsideDocument.signed_sha256.is_not(None))
        .options(joinedload(OutsideDocument.certificate), selectinload(OutsideDocument.job))
        .order_by(OutsideDocument.id.desc())
        .offset(start)
        .limit(most)
    ).all()


def _record(
    session: Session,
    event: str,
    row: OutsideDocument,
    actor: Actor,
    sha256: str,
    /,
    **body: audit.Value,
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        document_sha256=sha256,
        **body,
    )
