"""Signing jobs as agents see them: shown, claimed, returned, given back, and nothing more."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
import clock
from models import (
    AuditEvent,
    RequestDocument,
    SigningAgent,
    SigningJob,
    StoredFile,
    User,
)
from operations import files
from operations.transactions import transaction
from rules.documents import DocumentKind, JobState
from rules.permissions import Role
from rules.requests import RequestState
from signing import cms
from signing.errors import (
    HashMismatch,
    SignatureCheckFailed,
    SigningError,
    TicketExpired,
    TicketUsed,
)
from signing.messages import (
    ClaimLost,
    JobNotFound,
    JobRefused,
    MessageMalformed,
    Result,
    ResultDiffers,
    ResultRefused,
    ShowRequest,
    Ticket,
    TicketClaimed,
    job_path,
)
from signing.messages import JobState as Stage
from signing.pades.prepare import prepare
from tests.cast import Cast
from tests.signing.files import fonts, with_fields
from tests.signing.pki import NOW, pki
from tests.signing_desk import Agent, Desk, later
from tests.views.requests import act, done, request_of

Login = Callable[[int], FlaskClient]


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def events(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))


# Showing and claiming -------------------------------------------------------------------------


def test_showing_changes_nothing_however_often(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    before = events(desk.session)
    manifest, pdf, view = desk.agent.shows(ticket)
    assert desk.agent.shows(ticket)[1] == pdf
    assert view.state is Stage.ISSUED
    assert manifest.certificate_sha256 == desk.certificate().sha256
    assert manifest.user_name == "Đỗ Hoàng Giang"
    assert manifest.return_path == f"/de-nghi/{desk.request_id}"
    assert any("Điều 31" in line.text for line in manifest.evidence)
    assert any("Điều 32" in line.text and line.good for line in manifest.evidence)
    assert desk.job().state is JobState.ISSUED
    assert events(desk.session) == before


def test_another_agent_does_not_even_learn_that_the_job_exists(
    desk: Desk, app: Flask, cast: Cast, login: Login
) -> None:
    ticket = desk.opens_a_job()
    page = desk.browser.get(desk.address).text
    thief = Agent(app).pairs(login(cast.chi))
    with pytest.raises(SigningError) as told:
        thief.opens(page)  # a stolen link is sealed to the other agent
    assert told.value.code == "ticket_not_for_this_agent"
    for step in (thief.claims, thief.gives_back):
        with pytest.raises(JobNotFound):
            step(ticket)
    with pytest.raises(JobNotFound):
        thief.call(job_path(ticket.job_id, "show"), ShowRequest().to_body())
    with pytest.raises(JobNotFound):
        thief.returns(ticket, b"x")
    with pytest.raises(JobNotFound):
        thief.claims(_renamed(ticket))


def _renamed(ticket: Ticket) -> Ticket:
    return Ticket(ticket.kind, "x" * 22, *[getattr(ticket, name) for name in ticket.__slots__[2:]])


def test_a_second_claim_is_told_that_the_first_is_alive(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    assert desk.agent.claims(ticket, "mot").state is Stage.CLAIMED
    assert desk.agent.claims(ticket, "mot").state is Stage.CLAIMED  # a lost answer
    with pytest.raises(TicketClaimed):
        desk.agent.claims(ticket, "hai")
    assert desk.agent.claims(ticket, "hai", take_over=True).state is Stage.CLAIMED
    assert events(desk.session).count("signing_job.claimed") == 2
    with pytest.raises(ClaimLost):
        desk.agent.returns(ticket, desk.agent.signature(ticket, desk.holder), "mot")


def test_an_abandoned_claim_may_be_claimed_again_and_is_dead_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, desk.holder)
    desk.agent.claims(ticket, "mot")
    later(monkeypatch, 5.5)
    with pytest.raises(ClaimLost):
        desk.agent.returns(ticket, container, "mot")
    assert desk.agent.claims(ticket, "hai").state is Stage.CLAIMED


def test_after_its_minutes_a_job_is_neither_shown_nor_claimed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.opens_a_job()
    later(monkeypatch, 10.5)
    with pytest.raises(TicketExpired):
        desk.agent.claims(ticket)
    with pytest.raises(TicketExpired):
        desk.agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body())


def test_what_was_claimed_in_time_may_be_returned_a_little_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, desk.holder)
    later(monkeypatch, 9)
    desk.agent.claims(ticket)
    later(monkeypatch, 3)
    assert desk.agent.returns(ticket, container).state is Stage.ACCEPTED


def _log_out(desk: Desk) -> None:
    desk.browser.post("/dang-xuat")
    desk.session.rollback()
    assert desk.job().login_session.ended_at is not None


def _remove_agent(desk: Desk) -> None:
    # The agent stays paired with somebody else, so that it may still call.
    desk.agent.pairs(desk.login(desk.cast.chi))
    with transaction(desk.session):
        desk.session.get_one(SigningAgent, desk.job().agent_id).revoked_at = clock.now()


def _close_account(desk: Desk) -> None:
    with transaction(desk.session):
        desk.session.get_one(User, desk.cast.giang).is_active = False


def _take_the_role(desk: Desk) -> None:
    with transaction(desk.session):
        user = desk.session.get_one(User, desk.cast.giang)
        user.grants[0].role = Role.STAFF


def _return_the_letter(desk: Desk) -> None:
    giang = desk.login(desk.cast.giang)
    typed = {"reason": "Sai số liệu", "tra-lai": "1"}
    done(act(giang, desk.session, desk.request_id, "duyet", **typed))


@pytest.mark.parametrize(
    "happens", [_log_out, _remove_agent, _close_account, _take_the_role, _return_the_letter]
)
def test_a_job_ends_with_what_it_is_bound_to_and_nothing_is_stored(
    desk: Desk, happens: Callable[[Desk], None]
) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, desk.holder)
    desk.agent.claims(ticket)
    happens(desk)
    stored = count(desk.session, StoredFile)
    for step in (
        lambda: desk.agent.returns(ticket, container),
        lambda: desk.agent.claims(ticket, take_over=True),
        lambda: desk.agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body()),
    ):
        with pytest.raises(JobNotFound):
            step()
    assert count(desk.session, StoredFile) == stored
    assert request_of(desk.session, desk.request_id).signed_at is None
    assert desk.job().state is JobState.CLAIMED


# Results --------------------------------------------------------------------------------------


def test_a_signature_is_accepted_stored_and_moves_the_letter_on(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    prepared = desk.agent.shows(ticket)[1]
    receipt = desk.agent.signs(ticket, desk.holder)
    assert receipt.state is Stage.ACCEPTED
    assert receipt.return_path == f"/de-nghi/{desk.request_id}"
    row = request_of(desk.session, desk.request_id)
    assert row.state is RequestState.SIGNED
    (document,) = [each for each in row.documents if each.kind is DocumentKind.SIGNED]
    signed = files.read(desk.session, document.sha256)
    assert len(signed) == len(prepared)
    job = desk.job()
    assert (job.state, job.is_open, job.result_file_sha256) == (
        JobState.ACCEPTED,
        False,
        document.sha256,
    )
    assert any("Điều 32" in line["text"] for line in job.evidence)
    assert events(desk.session)[-4:] == [
        "signing_job.issued",
        "signing_job.claimed",
        "signing_job.accepted",
        "certificate_request.signed",
    ]
    assert audit.verify(desk.session).sound


def test_the_same_result_again_gets_the_same_receipt_and_doubles_nothing(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, desk.holder)
    desk.agent.claims(ticket)
    first = desk.agent.returns(ticket, container)
    before = events(desk.session), count(desk.session, RequestDocument)
    assert desk.agent.returns(ticket, container) == first
    assert (events(desk.session), count(desk.session, RequestDocument)) == before


def test_another_result_for_a_finished_job_is_refused(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    desk.agent.signs(ticket, desk.holder)
    with pytest.raises(ResultDiffers):
        desk.agent.returns(ticket, b"anything else")
    with pytest.raises(TicketUsed):
        desk.agent.claims(ticket, "hai")


def test_a_signature_over_other_bytes_is_refused(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    other = prepare(
        with_fields(), field="lanh_dao", signing_time=NOW, appearance=None, fonts=fonts()
    )
    container = cms.build(other.digest, desk.holder.der, (), desk.holder.sign)
    desk.agent.claims(ticket)
    with pytest.raises(HashMismatch):
        desk.agent.returns(ticket, container)
    assert request_of(desk.session, desk.request_id).state is RequestState.APPROVED


def test_a_signature_by_another_certificate_is_refused(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, pki().staff)
    desk.agent.claims(ticket)
    with pytest.raises(SignatureCheckFailed):
        desk.agent.returns(ticket, container)
    with pytest.raises(SignatureCheckFailed):
        desk.agent.returns(ticket, b"\x30\x03\x02\x01\x01")
    assert desk.job().state is JobState.CLAIMED


@pytest.mark.parametrize("signatures", [{}, {1: b"x"}, {0: b"x", 1: b"y"}])
def test_a_result_must_be_of_this_jobs_one_document(
    desk: Desk, signatures: dict[int, bytes]
) -> None:
    ticket = desk.opens_a_job()
    desk.agent.claims(ticket)
    with pytest.raises(MessageMalformed):
        desk.agent.call(job_path(ticket.job_id, "result"), Result("bam-1", signatures).to_body())


def test_a_certificate_revoked_while_its_owner_signs_is_refused(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, desk.holder)
    desk.agent.claims(ticket)
    with transaction(desk.session):
        desk.certificate().revoked_at = clock.now()
    with pytest.raises(ResultRefused) as told:
        desk.agent.returns(ticket, container)
    assert "thu hồi" in told.value.detail
    assert request_of(desk.session, desk.request_id).state is RequestState.APPROVED
    assert desk.job().result_file_sha256 is None


def test_prepared_bytes_that_were_changed_in_the_database_are_not_signed(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    job = desk.job()
    desk.session.execute(
        StoredFile.__table__.update()
        .where(StoredFile.sha256 == job.prepared_sha256)
        .values(content=b"%PDF-1.7 something else")
    )
    desk.session.commit()
    with pytest.raises(SigningError) as told:
        desk.agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body())
    assert told.value.code == "prepared_changed"


def test_a_job_pointed_at_another_document_in_the_database_is_not_signed(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    with transaction(desk.session):
        job = desk.session.get_one(SigningJob, desk.job().id)
        job.prepared_sha256 = files.store(
            desk.session, b"%PDF-1.7 other", files.PDF, at=clock.now()
        )
    with pytest.raises(SigningError) as told:
        desk.agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body())
    assert told.value.code == "prepared_changed"


# Giving back ----------------------------------------------------------------------------------


def test_a_failure_frees_the_job_and_tells_the_person(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    desk.agent.claims(ticket)
    assert desk.agent.fails(ticket, "pin_incorrect").state is Stage.ISSUED
    assert "Mã PIN không đúng" in desk.browser.get(desk.address).text
    assert events(desk.session)[-1] == "signing_job.failed"
    assert desk.agent.claims(ticket, "hai").state is Stage.CLAIMED


def test_what_is_no_known_code_never_reaches_database_or_log(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    desk.agent.claims(ticket)
    desk.agent.fails(ticket, "12345678")
    assert desk.job().last_error == "signing_error"
    desk.agent.claims(ticket, "hai")
    body = json.dumps({"claim_id": "hai", "code": "driver_error", "pin": "12345678"}).encode()
    desk.agent.call(job_path(ticket.job_id, "fail"), body)
    desk.session.commit()
    connection = desk.session.connection()
    for (name,) in connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    ).all():
        rows = connection.exec_driver_sql(f"SELECT * FROM {name}").all()  # noqa: S608
        assert "12345678" not in str(rows).replace(desk.agent.name, ""), name


def test_a_job_given_back_may_be_claimed_again(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    desk.agent.claims(ticket)
    assert desk.agent.gives_back(ticket, "someone else's").state is Stage.CLAIMED
    assert desk.agent.gives_back(ticket).state is Stage.ISSUED
    assert desk.job().last_error == ""
    assert desk.agent.claims(ticket, "hai").state is Stage.CLAIMED


def test_who_says_no_ends_the_job(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    desk.agent.claims(ticket)
    assert desk.agent.fails(ticket, "user_cancelled").state is Stage.REFUSED
    with pytest.raises(JobRefused):
        desk.agent.claims(ticket, "hai")
    assert "Đã chọn không ký" in desk.browser.get(desk.address).text
    assert not desk.job().is_open
    desk.opens_a_job()  # and may be asked again
