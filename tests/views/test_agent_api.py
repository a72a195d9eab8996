"""Who may call the server as a signing agent, and how one is paired: answers always signed."""

from collections.abc import Callable
from datetime import timedelta

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
    LoginSession,
    SigningAgent,
)
from operations import signing_agents
from signing.agent import VERSION
from signing.errors import (
    SigningError,
    WrongServer,
)
from signing.messages import (
    CERTIFICATES_PATH,
    HEARTBEAT_PATH,
    IDENTITY_PATH,
    PAIR_PATH,
    REQUEST_HEADER,
    AgentKeys,
    ClockSkew,
    Heartbeat,
    JobNotFound,
    MessageMalformed,
    PairingExpired,
    PairingRefused,
    RequestForged,
    RequestReplayed,
    ServerIdentity,
    ServerKey,
    ServerRefused,
    job_path,
    new_pairing_code,
    raise_for_error,
)
from tests.cast import Cast
from tests.signing_desk import Agent, Desk, later

Login = Callable[[int], FlaskClient]


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
    ("path", "size", "status", "expected"),
    [
        (HEARTBEAT_PATH, 17_000, 413, MessageMalformed),
        (PAIR_PATH, 17_000, 413, MessageMalformed),
        (
            CERTIFICATES_PATH,
            5_000_000,
            401,
            RequestForged,
        ),  # sent away as a stranger
        (job_path("a" * 22, "result"), 1_100_000, 413, MessageMalformed),
    ],
)
def test_a_body_that_is_too_large_is_not_read_and_answered_signed(
    app: Flask, path: str, size: int, status: int, expected: type[SigningError]
) -> None:
    agent = Agent(app)
    nonce = "to-qua"
    header = f"protocol=1,version=1,agent=a,server=b,time=2026-11-21T03:00:00Z,nonce={nonce},"
    answer = agent.post(path, b" " * size, {REQUEST_HEADER: header + "signature=AA"}, nonce)
    assert answer.status_code == status
    assert isinstance(error_of(status, answer.data), expected)


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
    assert (agent.port, agent.program_version) == (18001, VERSION)
    with pytest.raises(MessageMalformed):
        desk.agent.beats(70_000)
