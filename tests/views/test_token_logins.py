"""Logging in with the token: who is let in, in which browser, and who is not and why."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, Certificate, LoginSession, Setting, User
from operations.token_logins import MOST_OPEN_OF_ADDRESS, UNCHECKED_SETTING
from operations.transactions import transaction
from rules.certificates import SubscriberKind
from rules.devices import DeviceState
from rules.token_logins import TokenLogin, TokenRefusal
from schema.token_logins import LoginChallenge
from signing.errors import ERRORS
from signing.messages import (
    LOGIN_CHOICES_PATH,
    LoginChoices,
    LoginElsewhere,
    LoginExpired,
    LoginForged,
    LoginProof,
    LoginTooMany,
    LoginUnknown,
    LoginUsed,
    LoginWish,
    RequestForged,
    login_attributes,
    login_container,
)
from tests import factories
from tests.cast import Cast
from tests.signing.pki import DAY, NOW, authority, crl, pki, subscriber, usual_trust
from tests.signing_desk import Agent, Login, later, register
from tests.token_door import Door, opened_door, set_mode

SESSIONS = "/tai-khoan/phien-dang-nhap"


@pytest.fixture
def door(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Door:
    usual_trust(instance / "trust", practice=True)
    return opened_door(app, db_session, cast, login)


@pytest.fixture
def stranger(door: Door) -> FlaskClient:
    """A browser that nobody has logged in."""
    return door.app.test_client()


def events(session: Session) -> list[tuple[str, dict[str, object]]]:
    session.rollback()
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq))
    return [(row.event, json.loads(row.body)) for row in rows]


def inside(browser: FlaskClient) -> bool:
    return browser.get(SESSIONS).status_code == 200


# The road ----------------------------------------------------------------------------------------


def test_the_login_page_offers_the_token_without_any_script(client: FlaskClient) -> None:
    page = client.get("/dang-nhap?tiep=/chung-thu").text
    form = re.search(r'<form method="post" action="/dang-nhap/thiet-bi">.*?</form>', page, re.S)
    assert form is not None
    assert "Đăng nhập bằng thiết bị" in form[0]
    assert 'value="/chung-thu"' in form[0]


def test_the_owner_of_the_token_enters_and_comes_to_where_they_wanted(
    door: Door, stranger: FlaskClient
) -> None:
    back = door.comes_back(stranger, goal=SESSIONS)
    page = stranger.get(back).text
    assert "Đỗ Hoàng Giang" in page
    assert not inside(stranger)  # looking at the page of the last question lets nobody in
    assert door.enters(stranger, back) == SESSIONS
    assert inside(stranger)
    name, body = events(door.session)[-1]
    assert name == "account.token_login"
    assert body["certificate"] == door.certificate_id
    assert body["revocation"] == "GOOD"
    assert body["agent"] == door.agent.keys.public.agent_id
    last = door.session.scalars(select(LoginSession).order_by(LoginSession.id.desc())).first()
    assert last is not None
    assert (last.user_id, last.id) == (door.cast.giang, body["session"])
    assert audit.verify(door.session).sound


def test_an_agent_is_told_before_the_pin_which_certificates_are_no_persons(
    door: Door, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of any other: neither whether it is known nor whose it is."""
    challenge = door.ticket(stranger.get(door.begins(stranger)).text).challenge_id
    own, unknown = door.session.get_one(Certificate, door.certificate_id).sha256, "ab" * 32

    def told() -> dict[str, str]:
        body = LoginWish(challenge, (own, unknown)).to_body()
        return dict(LoginChoices.from_body(door.agent.call(LOGIN_CHOICES_PATH, body)).refused)

    assert told() == {}
    door.changes(kind=SubscriberKind.ORGANISATION)
    assert told() == {own: "login_not_personal"}
    later(monkeypatch, 4)
    with pytest.raises(LoginExpired):
        told()
    challenge = "x" * 22
    with pytest.raises(LoginUnknown):
        told()


def test_whatever_was_planted_in_the_browser_before_is_gone(
    door: Door, stranger: FlaskClient
) -> None:
    back = door.comes_back(stranger)
    with stranger.session_transaction() as cookie:
        cookie["planted"] = "x"
    door.enters(stranger, back)
    with stranger.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["_user_id"]


def test_the_cookie_belongs_to_the_login_pages_alone_and_the_database_keeps_its_hash(
    door: Door, stranger: FlaskClient
) -> None:
    answer = stranger.post("/dang-nhap/thiet-bi")
    set_cookie = answer.headers["Set-Cookie"]
    for words in ("so_token_dang_nhap=", "HttpOnly", "SameSite=Lax", "Path=/dang-nhap"):
        assert words in set_cookie
    secret = re.search("so_token_dang_nhap=([^;]+)", set_cookie)
    assert secret is not None
    rows = door.session.connection().exec_driver_sql("SELECT * FROM login_challenge").all()
    assert secret[1] not in str(rows)


def test_the_link_leads_to_the_agent_of_this_computer_and_says_what_else_can_be_done(
    door: Door, stranger: FlaskClient
) -> None:
    page = stranger.get(door.begins(stranger)).text
    assert "Mở Trình ký số để đăng nhập" in page
    assert "mã khẩn cấp" in page
    assert "sotoken:dang-nhap/" in page
    assert stranger.get(door.begins(stranger)).headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("goal", ["https://ke-xau.example/", "//ke-xau.example", "/\\ke-xau"])
def test_a_login_never_leads_to_another_site(door: Door, stranger: FlaskClient, goal: str) -> None:
    assert door.enters(stranger, door.comes_back(stranger, goal)) == "/"


# Only the browser that asked ---------------------------------------------------------------------


def test_whoever_lures_somebody_to_his_own_challenge_gains_nothing(
    door: Door, stranger: FlaskClient
) -> None:
    """The relay: the attacker's browser begins, the victim consents and types the PIN."""
    attacker, victim = stranger, door.app.test_client()
    waiting = door.begins(attacker)
    back = door.proves(door.ticket(attacker.get(waiting).text))
    # The victim's agent leads the victim's browser back, which did not begin this.
    answer = victim.get(back)
    assert answer.status_code == 403
    assert "không phải trình duyệt đã bắt đầu" in answer.text
    assert "Đỗ Hoàng Giang" not in answer.text
    assert door.enters(victim, back) == ""
    # The attacker has the cookie, but the code went to the victim.
    assert "Đỗ Hoàng Giang" not in attacker.get(waiting).text
    for guess in ("", "x" * 32):
        assert attacker.post(waiting, data={"ma": guess}).status_code == 403
    assert not inside(attacker)
    assert not inside(victim)


def test_the_cookie_of_another_challenge_does_not_help(door: Door, stranger: FlaskClient) -> None:
    back = door.comes_back(stranger)
    victim = door.app.test_client()
    door.begins(victim)
    assert victim.get(back).status_code == 403
    assert door.enters(victim, back) == ""
    assert inside(stranger) is False


def test_a_code_opens_once(door: Door, stranger: FlaskClient) -> None:
    back = door.comes_back(stranger)
    cookie = stranger.get_cookie("so_token_dang_nhap", path="/dang-nhap")
    assert cookie is not None
    assert door.enters(stranger, back) == "/"
    again = door.app.test_client()
    again.set_cookie("so_token_dang_nhap", cookie.value, path="/dang-nhap")
    answer = again.get(back)
    assert "đã được dùng rồi" in answer.text
    assert door.enters(again, back) == ""


def test_one_challenge_takes_one_proof(door: Door, stranger: FlaskClient) -> None:
    ticket = door.ticket(stranger.get(door.begins(stranger)).text)
    door.proves(ticket)
    with pytest.raises(LoginUsed):
        door.proves(ticket)


def test_a_challenge_lasts_three_minutes_and_a_code_one(
    door: Door, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = door.begins(stranger)
    ticket = door.ticket(stranger.get(waiting).text)
    back = door.comes_back(stranger)
    later(monkeypatch, 1.1)
    assert "quá ba phút" in stranger.get(back).text
    assert door.enters(stranger, back) == ""
    later(monkeypatch, 2)
    assert stranger.get(waiting).status_code == 403
    with pytest.raises(LoginExpired):
        door.proves(ticket)


def test_looking_again_and_again_changes_nothing(door: Door, stranger: FlaskClient) -> None:
    waiting = door.begins(stranger)
    for _ in range(3):
        assert stranger.get(waiting).status_code == 200
    back = door.proves(door.ticket(stranger.get(waiting).text))
    for _ in range(3):
        assert stranger.get(back).status_code == 200
    assert door.enters(stranger, back) == "/"


def test_a_person_who_says_no_is_believed(door: Door, stranger: FlaskClient) -> None:
    waiting = door.begins(stranger)
    ticket = door.ticket(stranger.get(waiting).text)
    assert door.sends(LoginProof(ticket.challenge_id)) == waiting
    assert "đã chọn không đăng nhập" in stranger.get(waiting).text
    with pytest.raises(LoginExpired):
        door.proves(ticket)


# Only agents that are paired, for this server and address ----------------------------------------


def test_an_agent_that_is_not_paired_is_refused(door: Door, stranger: FlaskClient) -> None:
    ticket = door.ticket(stranger.get(door.begins(stranger)).text)
    with pytest.raises(RequestForged):
        door.proves(ticket, agent=Agent(door.app))


def test_a_proof_of_one_agent_is_not_taken_from_another(door: Door, stranger: FlaskClient) -> None:
    ticket = door.ticket(stranger.get(door.begins(stranger)).text)
    other = Agent(door.app).pairs(door.login(door.cast.em))
    said = door.statement(ticket, door.holder)
    signature = door.holder.sign(login_attributes(said, door.holder.der))
    proof = LoginProof(ticket.challenge_id, login_container(said, door.holder.der, signature))
    with pytest.raises(LoginForged):
        door.sends(proof, other)


def test_a_proof_does_not_fit_another_challenge(door: Door, stranger: FlaskClient) -> None:
    first, second = (
        door.ticket(browser.get(door.begins(browser)).text)
        for browser in (stranger, door.app.test_client())
    )
    said = door.statement(first, door.holder)
    signature = door.holder.sign(login_attributes(said, door.holder.der))
    container = login_container(said, door.holder.der, signature)
    with pytest.raises(LoginForged):
        door.sends(LoginProof(second.challenge_id, container))
    with pytest.raises(LoginUnknown):
        door.sends(LoginProof("x" * 22, container))


def test_a_page_opened_under_another_name_is_not_answered(
    door: Door, stranger: FlaskClient
) -> None:
    """A name of an attacker that leads to our server: no agent signs for it."""
    answer = stranger.post("/dang-nhap/thiet-bi", base_url="http://ke-xau.example")
    page = stranger.get(answer.location, base_url="http://ke-xau.example").text
    with pytest.raises(LoginElsewhere):
        door.ticket(page)


# Who is refused, and why -------------------------------------------------------------------------


def lose_the_device(door: Door) -> None:
    with transaction(door.session):
        row = door.session.get_one(Certificate, door.certificate_id)
        device = factories.device(door.session, row.agency_id, "TB-MAT", state=DeviceState.LOST)
        row.device_id = device.id


def close_the_account(door: Door) -> None:
    with transaction(door.session):
        door.session.get_one(User, door.cast.giang).is_active = False


def trust_of(door: Door) -> Path:
    return Path(door.app.instance_path) / "trust"


def revoke_by_the_authority(door: Door) -> None:
    number = door.holder.certificate.serial_number
    made = crl(pki().issuing, [(number, clock.now() - timedelta(days=1))], number=8)
    (trust_of(door) / "crls" / "1.crl").write_bytes(made)


def forget(door: Door, folder: str) -> None:
    for file in (trust_of(door) / folder).iterdir():
        file.unlink()


REFUSALS: dict[TokenRefusal, list[Callable[[Door], None]]] = {
    TokenRefusal.CERTIFICATE_UNKNOWN: [lambda door: door.changes(sha256="0" * 64)],
    TokenRefusal.NOT_PERSONAL: [
        lambda door: door.changes(kind=SubscriberKind.ORGANISATION),
        lambda door: door.changes(kind=SubscriberKind.ORGANISATION, person_id=None),
    ],
    TokenRefusal.NOT_SWITCHED_ON: [
        lambda door: set_mode(door.session, door.cast.giang, TokenLogin.OFF)
    ],
    TokenRefusal.ACCOUNT_CLOSED: [close_the_account],
    TokenRefusal.CERTIFICATE_REVOKED: [
        lambda door: door.changes(revoked_at=clock.now()),
        revoke_by_the_authority,
    ],
    TokenRefusal.CERTIFICATE_NOT_VALID: [
        lambda door: door.changes(not_after=clock.now() - timedelta(seconds=1)),
        lambda door: door.changes(not_before=clock.now() + timedelta(hours=1)),
    ],
    TokenRefusal.DEVICE_LOST: [lose_the_device],
    TokenRefusal.CERTIFICATE_UNTRUSTED: [lambda door: forget(door, "practice-roots")],
    TokenRefusal.REVOCATION_UNCHECKED: [lambda door: forget(door, "crls")],
}


@pytest.mark.parametrize(
    ("refusal", "spoil"),
    [
        pytest.param(refusal, spoil, id=f"{refusal.name}-{number}")
        for refusal, ways in REFUSALS.items()
        for number, spoil in enumerate(ways)
    ],
)
def test_each_refusal_tells_agent_browser_and_log_why_and_what_to_do(
    door: Door, stranger: FlaskClient, refusal: TokenRefusal, spoil: Callable[[Door], None]
) -> None:
    waiting = door.begins(stranger)
    ticket = door.ticket(stranger.get(waiting).text)
    spoil(door)
    words = ERRORS[refusal.value]
    with pytest.raises(words):
        door.proves(ticket)
    page = stranger.get(waiting).text
    assert words.message in page
    assert words.advice in page
    assert events(door.session)[-1] == ("account.login_refused", {"reason": refusal.value})
    assert not inside(stranger)


def test_an_authority_past_its_term_lets_nobody_in_though_its_root_is_trusted(
    door: Door, stranger: FlaskClient
) -> None:
    ended = authority("CA đã hết hạn THỬ NGHIỆM", pki().root, bits=256, not_after=NOW - DAY)
    person = subscriber("Đỗ Hoàng Giang", ended, bits=256)
    (trust_of(door) / "intermediates" / "het-han.pem").write_bytes(ended.der)
    (trust_of(door) / "crls" / "het-han.crl").write_bytes(crl(ended, number=1))
    register(door.session, person, door.cast.person_giang)
    ticket = door.ticket(stranger.get(door.begins(stranger)).text)
    with pytest.raises(ERRORS[TokenRefusal.CERTIFICATE_UNTRUSTED.value]):
        door.proves(ticket, person)


def test_every_refusal_of_the_rule_has_words_and_all_but_one_are_tried_here() -> None:
    assert all(refusal.value in ERRORS for refusal in TokenRefusal)
    assert set(TokenRefusal) - set(REFUSALS) == {TokenRefusal.OTHER_PERSON}  # switching, below


def test_the_house_may_decide_to_let_in_what_could_not_be_checked(
    door: Door, stranger: FlaskClient
) -> None:
    forget(door, "crls")
    admin = door.login(door.cast.dung)
    page = admin.get("/quan-tri/dang-nhap-bang-thiet-bi").text
    assert "Quy tắc của phần mềm" in page
    assert admin.post("/quan-tri/dang-nhap-bang-thiet-bi", data={"allowed": "y"}).status_code == 303
    assert events(door.session)[-1] == ("setting.changed", {"name": UNCHECKED_SETTING})
    back = door.comes_back(stranger)
    assert "Chưa kiểm tra được chứng thư có bị thu hồi" in stranger.get(back).text
    assert door.enters(stranger, back) == "/"
    assert events(door.session)[-1][1]["revocation"] == "UNCHECKED"
    admin.post("/quan-tri/dang-nhap-bang-thiet-bi", data={})
    door.session.rollback()
    assert door.session.get_one(Setting, (0, UNCHECKED_SETTING)).value == ""


def test_a_certificate_revoked_between_proof_and_entry_lets_nobody_in(
    door: Door, stranger: FlaskClient
) -> None:
    back = door.comes_back(stranger)
    door.changes(revoked_at=clock.now())
    assert door.enters(stranger, back) == ""
    close_the_account(door)
    assert door.enters(stranger, back) == ""
    assert not inside(stranger)


def test_refused_proofs_slow_down_like_wrong_passwords(door: Door) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.OFF)
    browsers = [door.app.test_client() for _ in range(6)]
    tickets = [door.ticket(browser.get(door.begins(browser)).text) for browser in browsers]
    for ticket in tickets[:5]:
        with pytest.raises(ERRORS["login_not_switched_on"]):
            door.proves(ticket)
    with pytest.raises(LoginTooMany):
        door.proves(tickets[5])


def test_one_address_cannot_open_challenges_without_end(door: Door, stranger: FlaskClient) -> None:
    for _ in range(MOST_OPEN_OF_ADDRESS):
        door.begins(stranger)
    answer = stranger.post("/dang-nhap/thiet-bi", follow_redirects=True)
    assert "quá nhiều lần đăng nhập bằng thiết bị đang chờ" in answer.text
    elsewhere = door.app.test_client()
    answer = elsewhere.post("/dang-nhap/thiet-bi", environ_overrides={"REMOTE_ADDR": "10.0.0.9"})
    assert "/dang-nhap/thiet-bi/" in answer.location


def test_old_challenges_are_forgotten(
    door: Door, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.begins(stranger)
    later(monkeypatch, 25 * 60)
    door.begins(stranger)
    door.session.rollback()
    assert len(door.session.scalars(select(LoginChallenge)).all()) == 1
