"""How an account may be entered: switching with the token shown first, and the emergency code."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, LoginSession
from operations import accounts, emergency_codes
from rules.permissions import Role
from rules.token_logins import TokenLogin
from schema.token_logins import EmergencyCode
from signing.errors import ERRORS
from signing.messages import LoginProof, LoginPurpose
from tests.cast import PASSWORD, Cast
from tests.signing.pki import pki, usual_trust
from tests.signing_desk import Login, later, register
from tests.token_door import SWITCH, Door, mode_of, opened_door, set_mode

REASON = "Mất thiết bị ngày 20/11/2026, đã gặp trực tiếp"


@pytest.fixture
def door(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Door:
    usual_trust(instance / "trust", practice=True)
    return opened_door(app, db_session, cast, login)


def last_events(session: Session, count: int) -> list[tuple[str, dict[str, object]]]:
    session.rollback()
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(count))
    return [(row.event, json.loads(row.body)) for row in rows][::-1]


def wants(browser: FlaskClient, mode: TokenLogin) -> str:
    """Choose a way on the account's page; where that leads."""
    answer = browser.post(SWITCH, data={"cach": mode.name})
    assert answer.status_code == 303
    return str(answer.location)


# Switching ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [TokenLogin.ALSO, TokenLogin.ONLY])
def test_switching_on_takes_the_token_itself(door: Door, mode: TokenLogin) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.OFF)
    giang, elsewhere = door.login(door.cast.giang), door.login(door.cast.giang)
    waiting = wants(giang, mode)
    ticket = door.ticket(giang.get(waiting).text)
    assert ticket.purpose is LoginPurpose.SWITCH
    back = door.proves(ticket)
    assert mode_of(door.session, door.cast.giang) is TokenLogin.OFF
    assert giang.get(back).status_code == 200  # looking changes nothing
    assert mode_of(door.session, door.cast.giang) is TokenLogin.OFF
    assert door.enters(giang, back) == SWITCH
    assert mode_of(door.session, door.cast.giang) is mode
    told = [event for event in last_events(door.session, 2) if "token" in event[0]]
    assert told == [("account.token_login_set", {"mode": mode.name, "by": "own"})]
    # "Only" ends what a password alone may have opened elsewhere.
    assert (elsewhere.get(SWITCH).status_code == 200) is (mode is TokenLogin.ALSO)
    assert audit.verify(door.session).sound


def test_switching_wants_the_password_again(door: Door) -> None:
    giang = door.login(door.cast.giang)
    door.session.execute(
        LoginSession.__table__.update().values(reauthenticated_at=clock.now() - timedelta(hours=1))
    )
    door.session.commit()
    answer = giang.post(SWITCH, data={"cach": "ONLY"})
    assert "/tai-khoan/xac-nhan-lai" in answer.location
    assert mode_of(door.session, door.cast.giang) is TokenLogin.ALSO


def test_the_token_of_somebody_else_switches_nothing(door: Door) -> None:
    other = pki().staff
    register(door.session, other, door.cast.person_em)
    giang = door.login(door.cast.giang)
    waiting = wants(giang, TokenLogin.ONLY)
    with pytest.raises(ERRORS["login_other_person"]):
        door.proves(door.ticket(giang.get(waiting).text), other)
    assert "không phải của chủ tài khoản" in giang.get(waiting).text
    assert mode_of(door.session, door.cast.giang) is TokenLogin.ALSO


def test_a_proof_for_switching_logs_nobody_in_and_works_in_its_own_session_only(
    door: Door,
) -> None:
    giang, elsewhere = door.login(door.cast.giang), door.login(door.cast.giang)
    waiting = wants(giang, TokenLogin.ONLY)
    back = door.proves(door.ticket(giang.get(waiting).text))
    public_id, code = re.search(r"thiet-bi/([^?]+)\?ma=(.+)", back).groups()  # type: ignore[union-attr]
    assert elsewhere.get(back).status_code == 404
    assert elsewhere.post(waiting, data={"ma": code}).status_code == 404
    stranger = door.app.test_client()
    assert stranger.post(f"/dang-nhap/thiet-bi/{public_id}", data={"ma": code}).status_code == 403
    assert mode_of(door.session, door.cast.giang) is TokenLogin.ALSO
    # And a wrong code switches nothing in the right session.
    assert giang.post(waiting, data={"ma": "x"}).location == SWITCH
    assert mode_of(door.session, door.cast.giang) is TokenLogin.ALSO


def test_a_proof_for_logging_in_switches_nothing(door: Door) -> None:
    stranger, giang = door.app.test_client(), door.login(door.cast.giang)
    back = door.comes_back(stranger)
    public_id, code = re.search(r"thiet-bi/([^?]+)\?ma=(.+)", back).groups()  # type: ignore[union-attr]
    assert giang.post(f"{SWITCH}/{public_id}", data={"ma": code}).status_code == 404


def test_switching_off_takes_the_token_only_where_the_password_is_not_enough(door: Door) -> None:
    giang = door.login(door.cast.giang)
    assert wants(giang, TokenLogin.OFF) == SWITCH
    assert mode_of(door.session, door.cast.giang) is TokenLogin.OFF
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    for mode in (TokenLogin.OFF, TokenLogin.ALSO):
        waiting = wants(giang, mode)
        assert waiting.startswith(SWITCH + "/")
        assert mode_of(door.session, door.cast.giang) is TokenLogin.ONLY
    assert door.enters(giang, door.proves(door.ticket(giang.get(waiting).text))) == SWITCH
    assert mode_of(door.session, door.cast.giang) is TokenLogin.ALSO


def test_odd_choices_change_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    giang = door.login(door.cast.giang)
    assert giang.post(SWITCH, data={"cach": "MAYBE"}).location == SWITCH
    assert giang.post(SWITCH, data={"cach": "ALSO"}).location == SWITCH
    assert "đúng cách đăng nhập này" in giang.get(SWITCH).text
    waiting = wants(giang, TokenLogin.ONLY)
    assert "chọn không đăng nhập" in _after(door, giang, waiting)
    waiting = wants(giang, TokenLogin.ONLY)
    later(monkeypatch, 4)
    assert "quá ba phút" in giang.get(waiting, follow_redirects=True).text


def _after(door: Door, giang: FlaskClient, waiting: str) -> str:
    ticket = door.ticket(giang.get(waiting).text)
    door.sends(LoginProof(ticket.challenge_id))
    return giang.get(waiting, follow_redirects=True).text


# "Only with the token" ---------------------------------------------------------------------------


def types_password(door: Door, browser: FlaskClient, password: str = PASSWORD) -> str:
    return browser.post("/dang-nhap", data={"username": "giang", "password": password}).text


def test_the_password_alone_is_refused_with_what_to_do(door: Door, client: FlaskClient) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    text = types_password(door, client)
    assert "Tài khoản này chỉ đăng nhập bằng thiết bị. Cắm thiết bị" in text
    assert "không đúng" in types_password(door, client, "sai mat khau roi")  # nobody else is told
    assert last_events(door.session, 2)[0] == ("account.login_refused", {"reason": "token_only"})
    assert door.enters(client, door.comes_back(client)) == "/"


def test_whose_certificates_have_all_ended_is_told_so(door: Door, client: FlaskClient) -> None:
    giang = door.login(door.cast.giang)
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    door.changes(revoked_at=clock.now())
    assert "sổ không còn chứng thư nào của anh/chị dùng được" in giang.get(SWITCH).text
    assert "không còn chứng thư nào của anh/chị dùng được" in types_password(door, client)


# The emergency code ------------------------------------------------------------------------------


def issues(door: Door, *, by: int | None = None, reason: str = REASON) -> str:
    """An administrator makes a code; what the page shows once."""
    admin = door.login(by or door.cast.dung)
    page = admin.post(
        f"/quan-tri/tai-khoan/{door.cast.giang}/ma-khan-cap", data={"reason": reason}
    ).text
    found = re.search(r'id="ma-khan-cap">([^<]+)<', page)
    return found[1] if found else page


def uses(browser: FlaskClient, code: str, password: str = PASSWORD, username: str = "giang") -> str:
    answer = browser.post(
        "/dang-nhap/khan-cap", data={"username": username, "password": password, "code": code}
    )
    return str(answer.location) if answer.status_code == 303 else answer.text


def test_a_person_whose_token_is_lost_enters_once_with_password_and_code(
    door: Door, client: FlaskClient
) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    code = issues(door)
    assert len(code.replace("-", "")) * 5 >= 80
    (name, body), *_ = last_events(door.session, 1)
    assert (name, set(body)) == ("account.emergency_code_issued", {"code", "reason_sha256"})
    row = door.session.scalars(select(EmergencyCode)).one()
    assert code not in str(vars(row))
    assert row.reason == REASON
    assert "Mật khẩu" in uses(client, code, "sai mat khau roi")  # the code alone opens nothing
    assert uses(client, code.lower().replace("-", " ")) == SWITCH
    assert mode_of(door.session, door.cast.giang) is TokenLogin.OFF
    assert [name for name, _ in last_events(door.session, 2)] == [
        "account.emergency_code_used",
        "account.token_login_set",
    ]
    assert audit.verify(door.session).sound
    # The person reads who made the code and why, at every login until confirmed.
    page = client.get(SWITCH).text
    assert REASON in page
    assert "Tôi đã biết" in page
    assert client.post(f"{SWITCH}/da-biet").status_code == 303
    assert REASON not in client.get(SWITCH).text


def test_the_person_is_told_of_a_code_at_every_login_until_confirmed(
    door: Door, client: FlaskClient
) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    issues(door)
    door.enters(client, door.comes_back(client))
    assert "đã cấp mã đăng nhập khẩn cấp cho tài khoản này" in client.get(SWITCH).text


def test_a_code_opens_once_and_a_day_long_and_only_its_own_account(
    door: Door, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    giang, em = door.cast.giang, door.cast.em
    for mode in (giang, em):
        set_mode(door.session, mode, TokenLogin.ONLY)
    first = issues(door)
    second = issues(door)
    wrong = "Mã khẩn cấp không đúng, đã dùng hoặc đã hết hạn"
    assert wrong in uses(client, first)  # a newer code ends the older
    assert wrong in uses(client, second, username="em")
    assert wrong in uses(client, "khong-phai-ma")
    assert last_events(door.session, 1) == [
        ("account.login_refused", {"reason": "wrong_emergency_code"})
    ]
    assert mode_of(door.session, giang) is TokenLogin.ONLY
    row = door.session.scalars(select(EmergencyCode).order_by(EmergencyCode.id.desc())).first()
    assert row is not None
    assert row.expires_at - row.issued_at == timedelta(hours=24)
    row.expires_at = clock.now() - timedelta(seconds=1)
    door.session.commit()
    later(monkeypatch, 20)  # the wait after the wrong ones is over
    assert wrong in uses(client, second)
    third = issues(door)
    assert uses(client, third) == SWITCH
    client.post("/dang-xuat")
    set_mode(door.session, giang, TokenLogin.ONLY)
    assert wrong in uses(client, third)


def test_wrong_codes_slow_down_like_wrong_passwords(door: Door, client: FlaskClient) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    for _ in range(5):
        uses(client, "0" * 20)
    assert "Hãy đợi" in uses(client, "0" * 20)


def test_nobody_makes_a_code_for_themselves_or_without_need_or_reason(door: Door) -> None:
    path = f"/quan-tri/tai-khoan/{door.cast.giang}/ma-khan-cap"
    assert "không cần mã khẩn cấp" in issues(door)  # the account still takes the password
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    assert "từ 10 đến 500 ký tự" in issues(door, reason="mất")
    assert "ít nhất 10 ký tự" in issues(door, reason="mất" + " " * 20 + ".")
    set_mode(door.session, door.cast.dung, TokenLogin.ONLY)
    admin = door.login(door.cast.dung)
    own = admin.post(
        path.replace(str(door.cast.giang), str(door.cast.dung)), data={"reason": REASON}
    )
    assert "Không tự cấp mã khẩn cấp cho chính mình" in own.text
    for other in (door.cast.giang, door.cast.an):  # neither the person nor a focal point
        assert door.login(other).get(path).status_code == 403
    assert door.session.scalars(select(EmergencyCode)).all() == []
    assert "Cấp mã khẩn cấp" in admin.get(f"/quan-tri/tai-khoan/{door.cast.giang}").text


def test_a_code_for_an_account_that_takes_the_password_stays_unused(
    door: Door, client: FlaskClient
) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    code = issues(door)
    set_mode(door.session, door.cast.giang, TokenLogin.ALSO)
    assert uses(client, code) == SWITCH
    assert mode_of(door.session, door.cast.giang) is TokenLogin.ALSO
    assert door.session.scalars(select(EmergencyCode)).one().used_at is None


def test_no_administrator_alone_gets_both_password_and_code(
    door: Door, client: FlaskClient
) -> None:
    cast, giang = door.cast, door.cast.giang
    set_mode(door.session, giang, TokenLogin.ONLY)
    code = issues(door)
    admin = door.login(cast.dung)
    reset = admin.post(f"/quan-tri/tai-khoan/{giang}/mat-khau").text
    found = re.search(r'<strong class="serial">([^<]+)<', reset)
    assert found is not None, reset
    password = found[1]
    # The code of whoever sets the password ends, and they make no other.
    assert "Mã khẩn cấp không đúng" in uses(client, code, password)
    assert "do chính anh/chị đặt" in issues(door)
    # At the server's terminal, or by another administrator, it is still possible.
    told = door.app.test_cli_runner().invoke(
        args=["users", "emergency", "giang", "--reason", REASON]
    )
    other = re.search(r": ([0-9A-Z-]{20,})", told.output)
    assert other is not None, told.output
    assert uses(client, other[1], password) == SWITCH


def given_a_new_password(door: Door, by: int, user: int) -> str:
    """An administrator sets the password of an account; what the page shows once."""
    page = door.login(by).post(f"/quan-tri/tai-khoan/{user}/mat-khau").text
    found = re.search(r'<strong class="serial">([^<]+)<', page)
    assert found is not None, page
    return found[1]


@pytest.mark.parametrize("way", ["made yesterday", "given a password", "sets the password"])
def test_an_administrator_made_lately_is_no_second_person(
    door: Door, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    cast, giang = door.cast, door.cast.giang
    set_mode(door.session, giang, TokenLogin.ONLY)
    days = 30 if way == "given a password" else 1
    actor = audit.system_actor(clock.now() - timedelta(days=days))
    grants = [(Role.ADMINISTRATOR, cast.province)]
    second = accounts.create_user(
        door.session,
        actor=actor,
        username="quantri2",
        display_name="Quản Trị Hai",
        person_id=None,
        grants=grants,
        password=PASSWORD,
        must_change=False,
    )[0].id
    if way == "given a password":
        accounts.set_password(
            door.session,
            actor=audit.Actor(cast.dung, None, (), "127.0.0.1", clock.now()),
            user_id=second,
            password=PASSWORD,
            must_change=False,
        )
    setter, issuer = (second, cast.dung) if way == "sets the password" else (cast.dung, second)
    password = given_a_new_password(door, setter, giang)
    assert "chưa chắc là hai người" in issues(door, by=issuer)
    assert last_events(door.session, 1) == [
        ("account.emergency_code_refused", {"newcomer": second})
    ]
    later(monkeypatch, 8 * 24 * 60)
    established = audit.Actor(issuer, None, (), "127.0.0.1", clock.now())
    code = emergency_codes.issue(door.session, actor=established, user_id=giang, reason=REASON)
    assert uses(client, code, password) == SWITCH


def test_a_code_made_before_another_sets_the_password_ends(door: Door, client: FlaskClient) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    code = issues(door)
    accounts.set_password(
        door.session,
        actor=audit.Actor(door.cast.khanh, None, (), "127.0.0.1", clock.now()),
        user_id=door.cast.giang,
        password=PASSWORD,
    )
    assert "Mã khẩn cấp không đúng" in uses(client, code)


def test_who_enters_with_a_code_ends_the_sessions_that_a_thief_may_have_opened(
    door: Door, client: FlaskClient
) -> None:
    thief = door.app.test_client()
    door.enters(thief, door.comes_back(thief))
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    assert thief.get(SWITCH).status_code == 200
    assert uses(client, issues(door)) == SWITCH
    assert thief.get(SWITCH).status_code == 302
    assert client.get(SWITCH).status_code == 200


def test_a_code_ends_when_its_owner_enters_with_the_token_after_all(
    door: Door, client: FlaskClient
) -> None:
    set_mode(door.session, door.cast.giang, TokenLogin.ONLY)
    code = issues(door)
    owner = door.app.test_client()
    door.enters(owner, door.comes_back(owner))
    assert "Mã khẩn cấp không đúng, đã dùng hoặc đã hết hạn" in uses(client, code)
