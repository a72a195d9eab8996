"""Orders to sign below the web: what they are bound to, and one transaction for each step."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import (
    AuditEvent,
    CertificateRequest,
    Entrustment,
    LoginSession,
    Person,
    RequestDocument,
    SigningAgent,
    SigningJob,
)
from operations import signing_jobs
from operations.signing_jobs import Order, Progress
from operations.transactions import Conflict, Refused, transaction
from rules.certificates import SubscriberKind
from rules.documents import JobState, SigningAct
from rules.requests import RequestKind, RequestState
from tests import factories
from tests.cast import NOW, Cast

MakeActor = Callable[..., audit.Actor]
SOON = NOW + timedelta(minutes=10)


@pytest.fixture
def order(db_session: Session, cast: Cast) -> Order:
    """A letter of commune A that waits for Giang's signature, and the order to make it."""
    with transaction(db_session):
        request = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.RENEWAL,
            state=RequestState.APPROVED,
            addressee="Cục THỬ NGHIỆM",
            planned_receipt_on=factories.day(0),
            signer_id=cast.person_giang,
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        owner = db_session.get_one(Person, cast.person_giang)
        certificate = factories.certificate(db_session, owner)
        agent = SigningAgent(
            user_id=cast.giang,
            name="MAY-01",
            agent_id="agent-1",
            agent_key="a" * 64,
            seal_key="b" * 64,
            port=17995,
            paired_at=NOW,
            seen_at=NOW,
        )
        db_session.add_all([request, agent, session_of(cast.giang), session_of(cast.chi)])
        db_session.flush()
        return Order(
            public_id=signing_jobs.new_public_id(),
            act=SigningAct.APPROVE,
            agent_id=agent.id,
            certificate_id=certificate.id,
            field="chu_ky",
            prepared_pdf=b"%PDF-1.7 prepared",
            byte_range=(0, 1, 2, 3),
            manifest={"payload": "", "signature": ""},
            evidence=({"text": "Điều 31", "good": True},),
            expires_at=SOON,
        )


def session_of(user_id: int) -> LoginSession:
    return LoginSession(
        key_hash=f"{user_id:064d}",
        user_id=user_id,
        address="127.0.0.1",
        browser="pytest",
        created_at=NOW,
        seen_at=NOW,
        reauthenticated_at=NOW,
    )


@pytest.fixture
def giang(order: Order, db_session: Session, cast: Cast, actor: MakeActor) -> audit.Actor:
    """Giang in a login session."""
    return at_work(db_session, actor(cast.giang, cast.person_giang))


def at_work(session: Session, actor: audit.Actor) -> audit.Actor:
    number = session.scalars(
        select(LoginSession.id).where(LoginSession.user_id == actor.user_id)
    ).one()
    return replace(actor, login_session_id=number)


def open_job(session: Session, actor: audit.Actor, order: Order, version: int = 1) -> str:
    signing_jobs.open_job(session, actor=actor, request_id=1, version=version, order=order)
    return order.public_id


def step(session: Session, public_id: str, **change: object) -> Progress:
    return signing_jobs.advance(
        session,
        public_id=public_id,
        address="10.0.0.1",
        at=NOW,
        step=lambda now: replace(now, **change),  # type: ignore[arg-type]
    )


def finish(session: Session, public_id: str, result: str = "r" * 64) -> Progress:
    return signing_jobs.finish(
        session,
        public_id=public_id,
        address="10.0.0.1",
        at=NOW,
        step=lambda now: replace(now, state=JobState.ACCEPTED, result_sha256=result),
        signed_pdf=b"%PDF-1.7 signed",
        cms_sha256="c" * 64,
    )


def job_of(session: Session, public_id: str) -> SigningJob:
    session.rollback()
    return session.scalars(select(SigningJob).where(SigningJob.public_id == public_id)).one()


def names(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))


def test_a_job_keeps_session_certificate_bytes_field_and_evidence(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    job = job_of(db_session, open_job(db_session, giang, order))
    assert job.login_session_id == giang.login_session_id
    assert (job.user_id, job.certificate_id) == (giang.user_id, order.certificate_id)
    assert (job.field, job.byte_range) == ("chu_ky", [0, 1, 2, 3])
    assert job.payload == {"version": 1, "agency_id": job.certificate_request.agency_id}
    assert job.evidence == [{"text": "Điều 31", "good": True}]
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert event.document_sha256 == job.prepared_sha256
    assert event.agency_id == job.certificate_request.agency_id


def test_nobody_but_the_signatory_opens_the_job(
    db_session: Session, cast: Cast, order: Order, giang: audit.Actor, actor: MakeActor
) -> None:
    chi = at_work(db_session, actor(cast.chi, cast.person_chi))
    for other in (chi, replace(giang, person_id=None)):
        with pytest.raises(Refused, match="chỉ người đó ký được"):
            open_job(db_session, other, order)
    assert names(db_session) == []


def test_a_letter_that_names_nobody_is_signed_by_nobody(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    with transaction(db_session):
        db_session.get_one(CertificateRequest, 1).signer_id = None
    with pytest.raises(Refused, match="Chứng thư"):
        open_job(db_session, replace(giang, person_id=None), order)


def test_a_certificate_of_somebody_else_opens_no_job(
    db_session: Session, cast: Cast, order: Order, giang: audit.Actor
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        other = factories.certificate(db_session, em).id
    with pytest.raises(Refused, match="Chứng thư"):
        open_job(db_session, giang, replace(order, certificate_id=other))


def test_an_older_version_or_another_state_opens_no_job(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    with pytest.raises(Conflict):
        open_job(db_session, giang, order, version=2)
    with transaction(db_session):
        db_session.get_one(CertificateRequest, 1).state = RequestState.RETURNED
    with pytest.raises(Refused):
        open_job(db_session, giang, order)


def test_the_clerk_seals_only_with_what_is_entrusted_today(
    db_session: Session, cast: Cast, order: Order, giang: audit.Actor, actor: MakeActor
) -> None:
    chi = at_work(db_session, actor(cast.chi, cast.person_chi))
    with transaction(db_session):
        db_session.get_one(CertificateRequest, 1).state = RequestState.NUMBERED
        owner = db_session.get_one(Person, cast.person_chi)
        seal = factories.certificate(
            db_session, owner, kind=SubscriberKind.ORGANISATION, agency_id=cast.commune_a
        ).id
    sealing = replace(order, act=SigningAct.ISSUE, certificate_id=seal)
    with pytest.raises(Refused, match="Chứng thư"):
        open_job(db_session, chi, sealing)
    with transaction(db_session):
        row = Entrustment(certificate_id=seal, person_id=cast.person_chi, from_on=factories.day(0))
        db_session.add(row)
    open_job(db_session, chi, sealing)
    step(db_session, sealing.public_id, state=JobState.CLAIMED, claim_id="k", claimed_at=NOW)
    with transaction(db_session):
        db_session.get_one(Entrustment, row.id).until_on = factories.day(-1)
    with pytest.raises(Refused, match="Chứng thư"):
        finish(db_session, sealing.public_id)


def test_a_newer_job_cancels_the_older_with_its_event(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    first = open_job(db_session, giang, order)
    open_job(db_session, giang, replace(order, public_id=signing_jobs.new_public_id()))
    old = job_of(db_session, first)
    assert (old.state, old.is_open, old.finished_at) == (JobState.CANCELLED, False, NOW)
    assert names(db_session)[-2:] == ["signing_job.cancelled", "signing_job.issued"]
    with pytest.raises(Refused):
        step(db_session, first, state=JobState.CLAIMED)


def test_a_step_that_raises_leaves_everything_as_it_was(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    public_id = open_job(db_session, giang, order)
    before = names(db_session)

    def fails(_now: Progress) -> Progress:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        signing_jobs.advance(db_session, public_id=public_id, address="", at=NOW, step=fails)
    assert job_of(db_session, public_id).state is JobState.ISSUED
    assert names(db_session) == before


def test_a_step_that_changes_nothing_writes_nothing(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    public_id = open_job(db_session, giang, order)
    before = names(db_session)
    step(db_session, public_id)
    assert names(db_session) == before


def test_a_finished_job_has_moved_its_letter_in_the_same_transaction(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    public_id = open_job(db_session, giang, order)
    step(db_session, public_id, state=JobState.CLAIMED, claim_id="k", claimed_at=NOW)
    finish(db_session, public_id)
    finish(db_session, public_id)  # a lost answer
    request = db_session.get_one(CertificateRequest, 1)
    assert (request.state, request.signed_at, request.version) == (RequestState.SIGNED, NOW, 2)
    assert len(db_session.scalars(select(RequestDocument)).all()) == 1
    assert names(db_session)[-2:] == ["signing_job.accepted", "certificate_request.signed"]
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert (event.actor_id, event.actor_roles, event.address) == (
        giang.user_id,
        "LEADER",
        "10.0.0.1",
    )
    assert audit.verify(db_session).sound


def test_a_letter_that_has_moved_on_takes_no_signature(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    public_id = open_job(db_session, giang, order)
    step(db_session, public_id, state=JobState.CLAIMED, claim_id="k", claimed_at=NOW)
    with transaction(db_session):
        db_session.get_one(CertificateRequest, 1).version += 1
    with pytest.raises(Refused, match="không còn nữa"):
        finish(db_session, public_id)
    assert db_session.scalars(select(RequestDocument)).all() == []


def test_only_its_person_gives_a_job_up(
    db_session: Session, cast: Cast, order: Order, giang: audit.Actor, actor: MakeActor
) -> None:
    public_id = open_job(db_session, giang, order)
    with pytest.raises(Refused):
        signing_jobs.cancel(db_session, actor=actor(cast.chi), public_id=public_id)
    signing_jobs.cancel(db_session, actor=giang, public_id=public_id)
    with pytest.raises(Refused):
        signing_jobs.cancel(db_session, actor=giang, public_id=public_id)
    assert job_of(db_session, public_id).state is JobState.CANCELLED


def test_a_job_that_lost_its_agent_can_still_be_given_up(
    db_session: Session, order: Order, giang: audit.Actor
) -> None:
    public_id = open_job(db_session, giang, order)
    with transaction(db_session):
        db_session.get_one(SigningAgent, order.agent_id).revoked_at = NOW
    signing_jobs.cancel(db_session, actor=giang, public_id=public_id)
    assert not job_of(db_session, public_id).is_open


def test_certificates_of_nobody_are_nobodys(db_session: Session, cast: Cast) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_em)
        factories.certificate(db_session, owner).person_id = None
    assert not signing_jobs.certificates_to_sign(db_session, person_id=None, at=NOW)
