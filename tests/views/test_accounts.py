"""One's own account in the browser."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, LoginSession, User
from tests.cast import NOW, PASSWORD, Cast
from views.accounts import browser_in_words

Login = Callable[[int], FlaskClient]
GOOD = "con trâu già đi chậm"
SESSIONS = "/tai-khoan/phien-dang-nhap"


def enter(
    browser: FlaskClient, username: str = "an", password: str = PASSWORD, goal: str = ""
) -> str:
    """Send the login form; returns where the answer leads, or "" when it stays."""
    answer = browser.post(
        "/dang-nhap",
        query_string={"tiep": goal} if goal else None,
        data={"username": username, "password": password},
    )
    return answer.headers.get("Location", "")


def later(monkeypatch: pytest.MonkeyPatch, **length: float) -> None:
    monkeypatch.setenv("SO_TOKEN_NOW", (NOW + timedelta(**length)).isoformat())


# Logging in


def test_the_login_page_is_calm_and_offers_nothing_else(client: FlaskClient) -> None:
    text = client.get("/dang-nhap").text
    assert "<h1>Đăng nhập</h1>" in text
    assert "<nav" not in text
    assert 'autocomplete="current-password"' in text


def test_a_stranger_is_sent_to_the_login_page_and_back_to_where_they_wanted(
    client: FlaskClient, cast: Cast
) -> None:
    answer = client.get(SESSIONS)
    assert answer.status_code == 302
    assert answer.location == "/dang-nhap?tiep=/tai-khoan/phien-dang-nhap"
    assert enter(client, goal=SESSIONS) == SESSIONS
    assert client.get(SESSIONS).status_code == 200


@pytest.mark.parametrize(
    "goal",
    [
        "https://ke-xau.example/",
        "//ke-xau.example",
        "/\\ke-xau.example",
        "javascript:alert(1)",
        "a",
    ],
)
def test_a_login_never_leads_to_another_site(client: FlaskClient, cast: Cast, goal: str) -> None:
    assert enter(client, goal=goal) == "/"


def test_a_wrong_password_says_so_without_telling_whether_the_name_exists(
    client: FlaskClient, cast: Cast
) -> None:
    for username in ("an", "khong-co-ai"):
        answer = client.post("/dang-nhap", data={"username": username, "password": "sai mat khau"})
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text
        assert "sai mat khau" not in answer.text


def test_too_many_tries_answer_429_with_the_wait_in_words(client: FlaskClient, cast: Cast) -> None:
    for _ in range(5):
        enter(client, password="sai mat khau roi")
    answer = client.post("/dang-nhap", data={"username": "an", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Mã tham chiếu" in answer.text
    assert answer.headers["Retry-After"] == "15"
    assert "<h1>Hãy đợi 15 giây</h1>" in answer.text


def test_whatever_was_planted_in_the_browser_before_the_login_is_gone(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    with client.session_transaction() as cookie:
        cookie["planted"] = "by a stranger"
        cookie["csrf_token"] = "known to a stranger"
    enter(client)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != "known to a stranger"
        first_key = cookie["_user_id"]
    again = app.test_client()
    enter(again)
    with again.session_transaction() as cookie:
        assert cookie["_user_id"] != first_key


def test_a_login_form_without_its_secret_is_refused(app: Flask, cast: Cast) -> None:
    answer = app.test_client().post("/dang-nhap", data={"username": "an", "password": PASSWORD})
    assert answer.status_code == 400


def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(
    client: FlaskClient, cast: Cast
) -> None:
    answer = client.post("/dang-nhap", data={"username": "an", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("so_token_phien=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie


# Leaving and expiry


def test_a_logout_ends_the_session_for_a_copied_cookie_too(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    enter(client)
    copied = client.get_cookie("so_token_phien")
    assert copied is not None
    assert client.post("/dang-xuat").location == "/dang-nhap"
    thief = app.test_client()
    thief.set_cookie("so_token_phien", copied.value)
    assert thief.get(SESSIONS).status_code == 302


def test_a_link_cannot_log_anybody_out(login: Login, cast: Cast) -> None:
    browser = login(cast.an)
    assert browser.get("/dang-xuat").status_code == 405
    assert browser.get(SESSIONS).status_code == 200


def test_an_idle_login_expires_and_a_used_one_lives_on(
    login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = login(cast.an)
    later(monkeypatch, minutes=50)
    assert browser.get(SESSIONS).status_code == 200
    later(monkeypatch, minutes=105)
    assert browser.get(SESSIONS).status_code == 200
    later(monkeypatch, minutes=170)
    assert browser.get(SESSIONS).status_code == 302


def test_no_login_lives_longer_than_half_a_day(
    login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = login(cast.an)
    for hours in range(1, 12):
        later(monkeypatch, hours=hours, minutes=-hours * 2)
        assert browser.get(SESSIONS).status_code == 200
    later(monkeypatch, hours=12, minutes=1)
    assert browser.get(SESSIONS).status_code == 302


def test_being_seen_is_written_at_most_every_five_minutes_and_without_an_event(
    login: Login, cast: Cast, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen() -> object:
        db_session.rollback()
        return db_session.scalars(select(LoginSession.seen_at)).one()

    browser = login(cast.an)
    before = seen()
    later(monkeypatch, minutes=4)
    browser.get(SESSIONS)
    assert seen() == before
    later(monkeypatch, minutes=7)
    browser.get(SESSIONS)
    assert seen() != before
    assert db_session.scalars(select(AuditEvent)).all() == []


def test_a_closed_account_is_out_at_its_next_step(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    db_session.get_one(User, cast.an).is_active = False
    db_session.commit()
    assert browser.get(SESSIONS).status_code == 302


# The password


def first_time(session: Session, user_id: int) -> None:
    session.get_one(User, user_id).must_change_password = True
    session.commit()


def test_a_first_password_must_be_changed_before_anything_else(
    login: Login, cast: Cast, db_session: Session
) -> None:
    first_time(db_session, cast.an)
    browser = login(cast.an)
    for path in ("/", SESSIONS, "/quan-tri/quyen", "/tai-khoan/xac-nhan-lai"):
        assert browser.get(path).location == "/tai-khoan/mat-khau"
    page = browser.get("/tai-khoan/mat-khau").text
    assert "Đặt mật khẩu của riêng mình" in page
    assert "<nav" not in page
    answer = browser.post(
        "/tai-khoan/mat-khau", data={"current": PASSWORD, "new": GOOD, "again": GOOD}
    )
    assert answer.location == "/"
    assert browser.get(SESSIONS).status_code == 200


def test_somebody_with_a_first_password_may_still_leave(
    login: Login, cast: Cast, db_session: Session
) -> None:
    first_time(db_session, cast.an)
    browser = login(cast.an)
    assert browser.post("/dang-xuat").location == "/dang-nhap"
    assert browser.get("/").location.startswith("/dang-nhap")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"current": "sai mat khau roi"}, "Mật khẩu không đúng."),
        ({"new": "ngan", "again": "ngan"}, "ít nhất 12 ký tự"),
        ({"again": "con trâu khác"}, "không giống nhau"),
        ({"new": "matkhau123456", "again": "matkhau123456"}, "quá phổ biến"),
        ({"new": PASSWORD, "again": PASSWORD}, "khác mật khẩu đang dùng"),
        ({"current": ""}, "Nhập mật khẩu đang dùng."),
    ],
)
def test_a_password_that_is_not_changed_says_why(
    login: Login, cast: Cast, fields: dict[str, str], words: str
) -> None:
    data = {"current": PASSWORD, "new": GOOD, "again": GOOD} | fields
    answer = login(cast.an).post("/tai-khoan/mat-khau", data=data)
    assert answer.status_code == 200
    assert words in answer.text
    assert GOOD not in answer.text


# The password once more


def test_a_dangerous_act_asks_for_the_password_and_then_goes_on(
    login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = login(cast.dung)
    goal = f"/quan-tri/tai-khoan/{cast.an}/mat-khau"
    assert browser.get(goal).status_code == 200
    later(monkeypatch, minutes=11)
    answer = browser.get(goal)
    assert answer.location == f"/tai-khoan/xac-nhan-lai?tiep={goal}"
    wrong = browser.post(answer.location, data={"password": "sai mat khau roi"})
    assert "Mật khẩu không đúng." in wrong.text
    assert browser.post(answer.location, data={"password": PASSWORD}).location == goal
    assert browser.get(goal).status_code == 200


def test_a_dangerous_form_does_nothing_before_the_password_was_given_again(
    login: Login, cast: Cast, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = login(cast.dung)
    later(monkeypatch, minutes=11)
    page = f"/quan-tri/tai-khoan/{cast.an}/ngung-su-dung"
    answer = browser.post(page, headers={"Referer": f"http://localhost{page}"})
    assert answer.location == f"/tai-khoan/xac-nhan-lai?tiep={page}"
    assert db_session.get_one(User, cast.an).is_active


# Open sessions


def test_the_open_sessions_are_listed_and_the_present_one_is_marked(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    enter(client)
    elsewhere = app.test_client()
    elsewhere.post(
        "/dang-nhap",
        data={"username": "an", "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130"},
        environ_base={"REMOTE_ADDR": "10.1.2.3"},
    )
    text = client.get(SESSIONS).text
    assert text.count("Phiên này") == 1
    assert "Microsoft Edge trên Windows" in text
    assert "10.1.2.3" in text
    [number] = re.findall(r"/phien-dang-nhap/(\d+)/ket-thuc", text)
    assert client.post(f"{SESSIONS}/{number}/ket-thuc").location == SESSIONS
    assert elsewhere.get(SESSIONS).status_code == 302


def test_all_other_sessions_end_at_once(login: Login, cast: Cast) -> None:
    here, there, elsewhere = login(cast.an), login(cast.an), login(cast.an)
    somebody = login(cast.binh)
    here.post(f"{SESSIONS}/ket-thuc-phien-khac")
    assert here.get(SESSIONS).status_code == 200
    assert there.get(SESSIONS).status_code == elsewhere.get(SESSIONS).status_code == 302
    assert somebody.get(SESSIONS).status_code == 200


def test_nobody_sees_or_ends_the_sessions_of_others(
    login: Login, cast: Cast, db_session: Session
) -> None:
    binh = login(cast.binh)
    number = db_session.scalars(
        select(LoginSession.id).where(LoginSession.user_id == cast.binh)
    ).one()
    an = login(cast.an)
    assert f"/{number}/ket-thuc" not in an.get(SESSIONS).text
    an.post(f"{SESSIONS}/{number}/ket-thuc")
    assert binh.get(SESSIONS).status_code == 200


def test_ending_the_present_session_is_a_logout(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    number = db_session.scalars(select(LoginSession.id)).one()
    assert browser.post(f"{SESSIONS}/{number}/ket-thuc").location == "/dang-nhap"
    assert browser.get(SESSIONS).status_code == 302


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/130 Safari/537.36", "Chrome trên Windows"),
        ("Mozilla/5.0 (Windows NT 6.1; rv:115.0) Firefox/115.0", "Firefox trên Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) coc_coc_browser/130 Chrome/124", "Cốc Cốc trên Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari", "Safari trên iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; SM) Chrome/130 Mobile", "Chrome trên Android"),
        ("curl/8", "Trình duyệt khác"),
        ("", "Trình duyệt khác"),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words
