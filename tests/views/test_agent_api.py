"""What signing agents may say to the server, and what it answers: always signed, never more."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
import clock
from models import (
    AgentNonce,
    AuditEvent,
    ImportBatch,
    ImportItem,
    LoginSession,
    RequestDocument,
    SigningAgent,
    SigningJob,
    StoredFile,
    User,
)
from operations import files, signing_agents
from operations.transactions import transaction
from rules.documents import DocumentKind, JobState
from rules.permissions import Role
from rules.requests import RequestState
from signing import cms
from signing.errors import (
    CertNotFound,
    HashMismatch,
    SignatureCheckFailed,
    SigningError,
    TicketExpired,
    TicketUsed,
    WrongServer,
)
from signing.messages import (
    CERTIFICATES_PATH,
    HEARTBEAT_PATH,
    IDENTITY_PATH,
    PAIR_PATH,
    REQUEST_HEADER,
    AgentKeys,
    CertificateReport,
    ClaimLost,
    ClockSkew,
    Heartbeat,
    JobNotFound,
    JobRefused,
    MessageMalformed,
    PairingExpired,
    PairingRefused,
    ReadCertificate,
    RequestForged,
    RequestReplayed,
    Result,
    ResultDiffers,
    ResultRefused,
    ServerIdentity,
    ServerKey,
    ServerRefused,
    ShowRequest,
    Ticket,
    TicketClaimed,
    job_path,
    new_pairing_code,
    raise_for_error,
)
from signing.messages import JobState as Stage
from signing.pades.prepare import prepare
from tests.cast import Cast
from tests.real_certificates import certificate
from tests.signing.files import fonts, with_fields
from tests.signing.pki import NOW, pki, usual_trust
from tests.signing_desk import Agent, Desk, later, leaders_desk
from tests.views.requests import act, done, request_of

Login = Callable[[int], FlaskClient]


@pytest.fixture
def desk(
    app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login
) -> Iterator[Desk]:
    """A leader with everything ready to sign, under an authority that the server trusts."""
    usual_trust(instance / "trust", practice=True)
    yield leaders_desk(app, db_session, cast, login)
    if (box := app.extensions.get("so_token_sandbox")) is not None:
        box.close()


def error_of(status: int, body: bytes) -> SigningError:
    with pytest.raises(SigningError) as told:
        raise_for_error(status, body)
    return told.value


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def events(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))


# Who calls ------------------------------------------------------------------------------------


def test_the_server_says_who_it_is_and_signs_it_for_the_asker(app: Flask) -> None:
    answer = app.test_client().get(f"{IDENTITY_PATH}?nonce=mot-lan")
    identity = ServerIdentity.from_body(answer.data)
    assert identity.key.server_id == Agent(app).server.key.server_id
    assert "Set-Cookie" not in answer.headers


def test_a_call_without_a_signature_is_refused_signed(app: Flask) -> None:
    agent = Agent(app)
    for headers in ({}, {REQUEST_HEADER: "x"}, {REQUEST_HEADER: "protocol=1,agent=a"}):
        answer = agent.post(HEARTBEAT_PATH, b"{}", headers)
        assert isinstance(error_of(answer.status_code, answer.data), MessageMalformed)


def test_a_stranger_is_refused(app: Flask) -> None:
    with pytest.raises(RequestForged):
        Agent(app).beats()


def test_a_signature_of_another_key_under_our_name_is_refused(desk: Desk) -> None:
    body = Heartbeat(1, "x").to_body()
    answer = desk.agent.send(HEARTBEAT_PATH, body, signed_by=AgentKeys.generate())
    assert isinstance(error_of(answer.status_code, answer.data), RequestForged)


def test_a_signed_call_does_not_fit_another_path_or_another_body(desk: Desk) -> None:
    body = Heartbeat(1, "x").to_body()
    answer = desk.agent.send(HEARTBEAT_PATH, body, signed_path=CERTIFICATES_PATH)
    assert isinstance(error_of(answer.status_code, answer.data), RequestForged)


def test_a_call_meant_for_another_server_is_not_taken(desk: Desk) -> None:
    other = ServerKey.generate().public.server_id
    answer = desk.agent.send(HEARTBEAT_PATH, Heartbeat(1, "x").to_body(), server_id=other)
    assert isinstance(error_of(answer.status_code, answer.data), WrongServer)


def test_a_recorded_call_is_taken_once(desk: Desk) -> None:
    body, nonce = Heartbeat(17996, "x").to_body(), "mot-hai-ba"
    assert desk.agent.send(HEARTBEAT_PATH, body, nonce=nonce).status_code == 200
    answer = desk.agent.send(HEARTBEAT_PATH, body, nonce=nonce)
    assert answer.status_code == 409
    assert isinstance(error_of(answer.status_code, answer.data), RequestReplayed)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_wrong_clock_is_told_with_the_servers_time(desk: Desk, minutes: int) -> None:
    at = clock.now() + timedelta(minutes=minutes)
    answer = desk.agent.send(HEARTBEAT_PATH, Heartbeat(1, "x").to_body(), at=at)
    assert isinstance(error_of(answer.status_code, answer.data), ClockSkew)


def test_old_nonces_are_forgotten(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.agent.beats()
    assert count(desk.session, AgentNonce) > 1
    later(monkeypatch, 11)
    desk.agent.beats()
    assert count(desk.session, AgentNonce) == 1


@pytest.mark.parametrize(
    ("path", "size"),
    [
        (HEARTBEAT_PATH, 17_000),
        (PAIR_PATH, 17_000),
        (CERTIFICATES_PATH, 5_000_000),
        (job_path("a" * 22, "result"), 300_000),
    ],
)
def test_a_body_that_is_too_large_is_not_read_and_answered_413_signed(
    app: Flask, path: str, size: int
) -> None:
    agent = Agent(app)
    nonce = "to-qua"
    header = f"protocol=1,version=1,agent=a,server=b,time=2026-11-21T03:00:00Z,nonce={nonce},"
    answer = agent.post(path, b" " * size, {REQUEST_HEADER: header + "signature=AA"}, nonce)
    assert answer.status_code == 413
    assert isinstance(error_of(413, answer.data), MessageMalformed)


def test_an_unexpected_fault_is_answered_signed_with_a_reference_that_the_log_knows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_a: object, **_k: object) -> None:
        raise ZeroDivisionError("bí mật bên trong")

    monkeypatch.setattr(signing_agents, "heard_of", broken)
    answer = desk.agent.send(HEARTBEAT_PATH, Heartbeat(1, "x").to_body())
    assert answer.status_code == 500
    error = error_of(500, answer.data)
    assert isinstance(error, ServerRefused)
    assert error.detail.rsplit(" ", 1)[1] in caplog.text
    assert "bí mật" not in answer.text


def test_a_cookie_says_nothing_here(desk: Desk) -> None:
    answer = desk.browser.post(HEARTBEAT_PATH, data=Heartbeat(1, "x").to_body())
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


# Pairing --------------------------------------------------------------------------------------


def test_an_agent_is_paired_with_the_account_that_types_its_code(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    agent = Agent(app)
    code = agent.offers()
    assert agent.polls(code) is None
    browser = login(cast.giang)
    typed = code.lower().replace("-", " ")  # as people type
    assert browser.post("/chuong-trinh-ky", data={"code": typed}).status_code == 302
    pairing = agent.polls(code)
    assert pairing is not None
    assert (pairing.user_id, pairing.user_name) == (str(cast.giang), "Đỗ Hoàng Giang")
    assert "MAY-THU-01" in browser.get("/chuong-trinh-ky").text
    assert "MAY-THU-01" not in login(cast.chi).get("/chuong-trinh-ky").text
    assert events(db_session)[-1] == "signing_agent.paired"
    everything = db_session.connection().exec_driver_sql("SELECT * FROM pairing_offer").all()
    assert code.replace("-", "") not in str(everything)
    assert audit.verify(db_session).sound


def test_wrong_codes_slow_down_who_types_them_and_nobody_else(
    app: Flask, cast: Cast, login: Login
) -> None:
    agent = Agent(app)
    code = agent.offers()
    clumsy, leader = login(cast.chi), login(cast.giang)
    for _ in range(5):
        page = clumsy.post("/chuong-trinh-ky", data={"code": new_pairing_code()}).text
        assert "không khớp" in page
    page = clumsy.post("/chuong-trinh-ky", data={"code": code}).text
    assert "Hãy thử lại sau" in page
    assert agent.polls(code) is None
    assert leader.post("/chuong-trinh-ky", data={"code": code}).status_code == 302


def test_a_code_that_is_no_code_is_refused(app: Flask, cast: Cast, login: Login) -> None:
    Agent(app).offers()
    browser = login(cast.giang)
    for code in ("", "ABCD", "x" * 60, "' OR 1=1 --", "ƠƠƠƠ-ƠƠƠƠ-ƠƠƠƠ-ƠƠƠƠ"):
        assert browser.post("/chuong-trinh-ky", data={"code": code}).status_code == 200


def test_a_server_in_the_middle_cannot_pair(app: Flask, cast: Cast, login: Login) -> None:
    """It had to show the agent a key of its own, so the code does not fit at the real server."""
    agent = Agent(app)
    between = ServerIdentity("Sổ Token", ServerKey.generate().public, "0.1.0")
    code = agent.offers(seen_key=between)
    page = login(cast.giang).post("/chuong-trinh-ky", data={"code": code}).text
    assert "không khớp" in page
    assert agent.polls(code) is None


def test_the_proof_fits_no_other_code(app: Flask, cast: Cast, login: Login) -> None:
    agent = Agent(app)
    code = agent.offers()
    login(cast.giang).post("/chuong-trinh-ky", data={"code": code})
    with pytest.raises(PairingRefused):
        agent.polls(new_pairing_code())


def test_an_offer_expires(
    app: Flask, cast: Cast, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = Agent(app)
    code = agent.offers()
    later(monkeypatch, 10.5)
    page = login(cast.giang).post("/chuong-trinh-ky", data={"code": code}).text
    assert "hết hạn" in page
    with pytest.raises(PairingExpired):
        agent.polls(code)


def test_a_newer_offer_of_the_same_agent_replaces_the_older(
    app: Flask, cast: Cast, login: Login
) -> None:
    agent = Agent(app)
    old, new = agent.offers(), agent.offers()
    browser = login(cast.giang)
    assert browser.post("/chuong-trinh-ky", data={"code": old}).status_code == 200
    assert browser.post("/chuong-trinh-ky", data={"code": new}).status_code == 302


def test_an_offer_is_only_known_to_its_own_agent(app: Flask) -> None:
    Agent(app).offers()
    with pytest.raises(RequestForged):
        Agent(app).polls("")


def test_one_computer_cannot_keep_the_others_from_pairing(app: Flask) -> None:
    for _ in range(5):
        Agent(app, address="10.0.0.66").offers()
    with pytest.raises(ServerRefused):
        Agent(app, address="10.0.0.66").offers()
    Agent(app, address="10.0.0.7").offers()


def test_no_more_than_fifty_offers_wait(app: Flask) -> None:
    for number in range(50):
        Agent(app, address=f"10.0.0.{number}").offers()
    with pytest.raises(ServerRefused) as told:
        Agent(app, address="10.0.0.99").offers()
    assert "quá nhiều yêu cầu ghép nối" in told.value.detail


def test_pairing_wants_a_recent_password(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    agent = Agent(app)
    code = agent.offers()
    browser = login(cast.giang)
    db_session.execute(
        LoginSession.__table__.update().values(reauthenticated_at=clock.now() - timedelta(hours=1))
    )
    db_session.commit()
    answer = browser.post("/chuong-trinh-ky", data={"code": code})
    assert "/dang-nhap" in answer.location or "xac-nhan" in answer.location
    assert agent.polls(code) is None


def test_a_removed_agent_is_a_stranger_again(desk: Desk) -> None:
    row = desk.session.scalars(select(SigningAgent)).one()
    other = desk.login(desk.cast.chi)
    other.post(f"/chuong-trinh-ky/{row.id}/bo")
    desk.agent.beats()  # another person's button changed nothing
    assert desk.browser.post(f"/chuong-trinh-ky/{row.id}/bo").status_code == 302
    with pytest.raises(RequestForged):
        desk.agent.beats()
    assert events(desk.session)[-1] == "signing_agent.removed"


def test_one_agent_may_serve_two_accounts_and_lose_one(
    desk: Desk, app: Flask, cast: Cast, login: Login
) -> None:
    ticket = desk.opens_a_job()
    chi = login(cast.chi)
    desk.agent.pairs(chi)
    mine = desk.session.scalars(
        select(SigningAgent.id).where(SigningAgent.user_id == cast.giang)
    ).one()
    desk.browser.post(f"/chuong-trinh-ky/{mine}/bo")
    desk.agent.beats()
    with pytest.raises(JobNotFound):
        desk.agent.claims(ticket)


def test_a_heartbeat_moves_the_port_and_asking_for_the_time_does_not(desk: Desk) -> None:
    desk.agent.beats(18001)
    desk.agent.beats(0)
    desk.session.rollback()
    agent = desk.session.scalars(select(SigningAgent)).one()
    assert (agent.port, agent.program_version) == (18001, "0.1.0")
    with pytest.raises(MessageMalformed):
        desk.agent.beats(70_000)


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


# Certificates ---------------------------------------------------------------------------------


def reading(desk: Desk) -> tuple[Agent, FlaskClient, Ticket]:
    """An has pressed "Đọc từ thiết bị đang cắm"."""
    browser = desk.login(desk.cast.an)
    agent = Agent(desk.app).pairs(browser)
    answer = browser.post("/chung-thu/doc-tu-thiet-bi", data={"agency_id": desk.cast.commune_a})
    return agent, browser, agent.opens(browser.get(answer.location).text)


def found(*names: str) -> tuple[ReadCertificate, ...]:
    return tuple(
        ReadCertificate(
            certificate(name, "pham.van.em@thunghiem.example"), name, "TOKEN THỬ", "0A1B"
        )
        for name in names
    )


def test_certificates_of_a_token_wait_for_a_person_to_look(desk: Desk) -> None:
    agent, browser, ticket = reading(desk)
    report = CertificateReport(ticket.job_id, found("Phạm Văn Em"))
    receipt = agent.reports(report)
    assert receipt.return_path == f"/ky-so/{ticket.job_id}"
    batch = desk.session.scalars(select(ImportBatch)).one()
    assert browser.get(receipt.return_path).location == f"/chung-thu/nhap/{batch.id}"
    assert desk.session.scalars(select(ImportItem.token_serial)).all() == ["0A1B"]
    assert agent.reports(report) == receipt
    assert count(desk.session, ImportBatch) == 1
    assert "import.staged" in events(desk.session)
    assert audit.verify(desk.session).sound


def test_a_reading_job_signs_nothing_and_a_signing_job_reads_nothing(desk: Desk) -> None:
    agent, _, ticket = reading(desk)
    for step in (lambda: agent.claims(ticket), lambda: agent.returns(ticket, b"x")):
        with pytest.raises(JobNotFound):
            step()
    with pytest.raises(JobNotFound):
        agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body())
    signing = desk.opens_a_job()
    with pytest.raises(JobNotFound):
        desk.agent.reports(CertificateReport(signing.job_id, found("Phạm Văn Em")))


def test_nothing_read_is_an_error_of_its_own_and_leaves_the_job_open(desk: Desk) -> None:
    agent, _, ticket = reading(desk)
    with pytest.raises(CertNotFound):
        agent.reports(CertificateReport(ticket.job_id, ()))
    assert agent.fails(ticket, "no_token", "").state is Stage.ISSUED


def test_a_reading_job_expires_and_belongs_to_one_agent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, _, ticket = reading(desk)
    report = CertificateReport(ticket.job_id, found("Phạm Văn Em"))
    with pytest.raises(JobNotFound):
        desk.agent.reports(report)
    later(monkeypatch, 10.5)
    with pytest.raises(TicketExpired):
        agent.reports(report)
    assert count(desk.session, ImportBatch) == 0


def test_what_a_token_says_of_itself_cannot_break_the_reading(desk: Desk) -> None:
    agent, browser, ticket = reading(desk)
    odd = (
        ReadCertificate(b"not a certificate", "<script>alert(1)</script>", "x" * 300, "y" * 100),
        *found("Phạm Văn Em"),
    )
    receipt = agent.reports(CertificateReport(ticket.job_id, odd))
    page = browser.get(browser.get(receipt.return_path).location).text
    assert "<script>alert" not in page
