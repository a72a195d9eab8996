"""The home page: the work of the day for each role, in a fixed number of statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import tls
from config import Config
from models import CertificateRequest, Person, User
from operations.transactions import transaction
from rules.certificates import CertificateState
from rules.requests import RequestState
from tests import factories
from tests.cast import NOW, Cast
from tests.views.requests import (
    Login,
    act,
    approved,
    certificates,
    done,
    draft,
    on_paper,
    sent,
    words,
)
from views.home_work import Group, Task, grouped

Count = Callable[[], AbstractContextManager[list[str]]]
EVERYBODY = ("an", "binh", "chi", "dung", "em", "giang", "huong", "khanh")


def between(text: str, start: str, end: str) -> str:
    """The part of a page's words between two headings."""
    return text.split(start, 1)[1].split(end, 1)[0]


@pytest.mark.parametrize(("days", "title"), [(30, "30 ngày tới"), (31, "30 ngày tới và sau đó")])
def test_the_last_group_says_when_it_reaches_beyond_its_days(days: int, title: str) -> None:
    today = NOW.date()
    task = Task(Group.MONTH, "Việc", "Ai", "/", "Làm", due_on=today + timedelta(days=days))
    assert [one["title"] for one in grouped([task], today)] == ["Quá hạn", "Tuần này", title]


def move_to(session: Session, request_id: int, state: RequestState) -> None:
    with transaction(session):
        session.get_one(CertificateRequest, request_id).state = state


# Focal point ----------------------------------------------------------------------------------


def test_certificates_are_grouped_by_when_they_must_be_filed(
    login: Login, cast: Cast, db_session: Session
) -> None:
    certificates(db_session, cast, 33, 47, 60, 100)
    text = words(login(cast.an).get("/"))
    late = between(text, "Quá hạn (1)", "Tuần này")
    assert "24/11/2026 · còn 3 ngày để nộp · sau đó chỉ còn cấp mới" in late
    assert "đã quá ngày nộp của cơ quan (09/11/2026)" in late
    week = between(text, "Tuần này (1)", "30 ngày tới")
    assert "23/11/2026 · còn 2 ngày để nộp · nhận chậm nhất 08/12/2026" in week
    assert "06/12/2026 · còn 15 ngày để nộp" in text.split("30 ngày tới (1)")[1]
    assert "Gia hạn chứng thư của Phạm Văn Em" in week


def test_the_one_button_leads_to_the_letter_of_that_certificate(
    login: Login, cast: Cast, db_session: Session
) -> None:
    (number,) = certificates(db_session, cast, 47)
    an = login(cast.an)
    address = f"/de-nghi/gia-han/moi?chung-thu={number}"
    assert f'href="{address}"' in an.get("/").text
    assert "Đưa vào văn bản (1)" in words(an.get(address))


def test_all_that_is_due_may_go_into_one_letter(
    login: Login, cast: Cast, db_session: Session
) -> None:
    first, second = certificates(db_session, cast, 47, 60)
    page = login(cast.an).get("/")
    assert "Lập một văn bản gia hạn cho 2 chứng thư" in words(page)
    assert f"chung-thu={first}&chung-thu={second}" in unescape(page.text)


@pytest.mark.parametrize(
    ("days", "more", "what"),
    [
        (20, {}, "không còn đủ điều kiện gia hạn"),
        (60, {"renewals": 1}, "đã gia hạn một lần, không gia hạn thêm được"),
    ],
)
def test_what_can_no_longer_be_renewed_is_prepared_for_a_new_issue(
    login: Login, cast: Cast, db_session: Session, days: int, more: dict[str, int], what: str
) -> None:
    certificates(db_session, cast, days, **more)
    text = words(login(cast.an).get("/"))
    assert "Chuẩn bị cấp mới cho Phạm Văn Em" in text
    assert what in text
    assert "Lập văn bản gia hạn" not in text


def test_unknown_histories_are_one_task_with_its_first_day(
    login: Login, cast: Cast, db_session: Session
) -> None:
    certificates(db_session, cast, 36, 80, 300, renewals=None)
    page = login(cast.an).get("/")
    text = words(page)
    assert "Xác nhận lịch sử gia hạn của 3 chứng thư" in text
    assert "27/11/2026 · còn 6 ngày" in text
    assert "/chung-thu?trang-thai=HISTORY_UNKNOWN" in page.text


def test_nothing_is_asked_for_twice(login: Login, cast: Cast, db_session: Session) -> None:
    an = login(cast.an)
    held, followed = certificates(db_session, cast, 47, 48)
    draft(an, [held])
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_em)
        new = factories.certificate(db_session, owner, days_left=900, renewals=1)
        new.predecessor_id = followed
    text = words(an.get("/"))
    assert "Gia hạn chứng thư của" not in text
    assert "Hoàn thiện và trình văn bản gia hạn 1 chứng thư" in text


def test_more_than_ten_tasks_are_counted_and_cut(
    login: Login, cast: Cast, db_session: Session
) -> None:
    certificates(db_session, cast, *range(46, 58))
    certificates(db_session, cast, *[52] * 12)
    text = words(login(cast.an).get("/"))
    assert "Tuần này (19)" in text
    assert "Còn 9 việc nữa" in text


def test_the_requests_of_the_focal_point(login: Login, cast: Cast, db_session: Session) -> None:
    an, giang = login(cast.an), login(cast.giang)
    returned = draft(an, certificates(db_session, cast, 100))
    done(act(an, db_session, returned, "trinh"))
    done(act(giang, db_session, returned, "duyet", **{"tra-lai": "1", "reason": "Thiếu"}))
    on_paper(login, db_session, cast, 101)
    waiting = sent(login, db_session, cast, 102)
    text = words(an.get("/"))
    week = between(text, "Tuần này (2)", "30 ngày tới (1)")
    assert "Sửa lại văn bản gia hạn 1 chứng thư" in week
    assert "Gửi văn bản gia hạn 1 chứng thư" in week
    assert "gửi ngày 21/11/2026, 0 ngày chưa có trả lời" in text.split("30 ngày tới (1)")[1]
    with transaction(db_session):
        row = db_session.get_one(CertificateRequest, waiting)
        row.sent_on = factories.day(-8)
    assert "8 ngày chưa có trả lời" in between(words(an.get("/")), "Tuần này (3)", "Sổ Token 0")


def test_a_letter_whose_last_day_has_passed_is_overdue(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = draft(login(cast.an), certificates(db_session, cast, 31))
    with transaction(db_session):
        row = db_session.get_one(CertificateRequest, request_id)
        row.lines[0].certificate.expires_on = factories.day(28)
    text = words(login(cast.an).get("/"))
    assert "quá 2 ngày · chỉ còn cấp mới" in between(text, "Quá hạn (1)", "Sổ Token 0")


# Clerk and leader -----------------------------------------------------------------------------


def test_the_clerk_sees_letters_that_wait_for_number_seal_and_sending(
    login: Login, cast: Cast, db_session: Session
) -> None:
    signed = approved(login, db_session, cast, 60)
    numbered = approved(login, db_session, cast, 61)
    move_to(db_session, signed, RequestState.SIGNED)
    move_to(db_session, numbered, RequestState.NUMBERED)
    on_paper(login, db_session, cast, 62)
    page = login(cast.chi).get("/")
    text = words(page)
    assert "Ghi số, ngày cho văn bản gia hạn 1 chứng thư" in text
    assert "Ký số của cơ quan cho văn bản gia hạn 1 chứng thư" in text
    assert "Gửi văn bản gia hạn 1 chứng thư" in text
    assert f"/de-nghi/{signed}/so-van-ban" in page.text
    assert "Lập văn bản gia hạn" not in text


def test_the_leader_sees_what_waits_for_him_what_is_red_and_ninety_days(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    waiting = draft(an, certificates(db_session, cast, 60))
    done(act(an, db_session, waiting, "trinh"))
    approved(login, db_session, cast, 61)
    certificates(db_session, cast, 20, 33, 80)
    page = login(cast.giang).get("/")
    text = words(page)
    assert "Duyệt văn bản gia hạn 1 chứng thư" in text
    assert "Ký văn bản gia hạn 1 chứng thư" in text
    assert f"/de-nghi/{waiting}/duyet" in page.text
    red = between(text, "Cần lưu ý (2)", "90 ngày tới")
    assert "Không còn đủ điều kiện gia hạn" in red
    assert "24/11/2026 · còn 3 ngày để gia hạn" in red
    assert "21/11/2026 – 21/12/2026 1 Phạm Văn Em" in text


def test_a_leader_is_not_asked_to_sign_for_another(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast, 60)
    with transaction(db_session):
        db_session.get_one(CertificateRequest, request_id).signer_id = cast.person_em
    assert "Ký văn bản" not in words(login(cast.giang).get("/"))


# The others -----------------------------------------------------------------------------------


def test_staff_see_their_own_certificate_and_device_and_nothing_else(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        token = factories.device(db_session, cast.office_a, "TB-7", em, serial="5410AB12")
        factories.certificate(db_session, em, days_left=50, token=token)
        chi = db_session.get_one(Person, cast.person_chi)
        factories.certificate(db_session, chi, days_left=50)
    text = words(login(cast.em).get("/", follow_redirects=True))
    assert "Chứng thư và thiết bị của tôi" in text
    assert "Đến kỳ gia hạn" in text
    assert "10/01/2027 · còn 50 ngày" in text
    assert "TB-7" in text
    assert "Lê Thị Chi" not in text


def test_staff_without_anything_are_told_who_writes_it_down(login: Login, cast: Cast) -> None:
    assert "Chưa có chứng thư hay thiết bị nào đứng tên" in words(
        login(cast.em).get("/", follow_redirects=True)
    )


def test_the_auditor_sees_the_log_and_where_requests_stand(
    login: Login, cast: Cast, db_session: Session
) -> None:
    draft(login(cast.an), certificates(db_session, cast, 60))
    text = words(login(cast.huong).get("/"))
    assert "Dự thảo 1 văn bản" in text
    assert "Số sự kiện 1" in text


def test_the_department_sees_agencies_by_what_ends_first(
    login: Login, cast: Cast, db_session: Session
) -> None:
    certificates(db_session, cast, 20, 60)
    with transaction(db_session):
        binh = db_session.get_one(Person, cast.person_binh)
        factories.certificate(db_session, binh, days_left=80)
    draft(login(cast.an), certificates(db_session, cast, 61))
    page = login(cast.khanh).get("/")
    assert "UBND xã Thử A 1 2 1 UBND xã Thử B 0 1 0" in words(page)
    assert f"/chung-thu?don-vi={cast.commune_a}" in page.text


def test_the_administrator_is_reminded_of_the_end_of_the_servers_certificate(
    login: Login, cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Config = app.extensions["so_token"]
    assert "Chứng thư TLS" not in words(login(cast.dung).get("/"))
    leaf = tls.renew(settings.instance / "tls")
    served = leaf.fingerprint.replace(":", "").lower()
    behind = replace(settings, behind_tls=True, tls_sha256=served)
    monkeypatch.setitem(app.extensions, "so_token", behind)
    page = login(cast.dung).get("/")
    assert leaf.fingerprint in words(page).replace(" ", "")
    assert "chạy lại" not in words(page)
    monkeypatch.setattr(tls, "VALID_FOR", timedelta(days=29, hours=-1))
    leaf = tls.renew(settings.instance / "tls")
    assert "Dưới đây là chứng thư mới" in words(login(cast.dung).get("/"))
    served = leaf.fingerprint.replace(":", "").lower()
    behind = replace(behind, tls_sha256=served)
    monkeypatch.setitem(app.extensions, "so_token", behind)
    assert "Chứng thư còn 28 ngày. Dừng Sổ Token rồi chạy lại" in words(login(cast.dung).get("/"))


def test_the_administrator_sees_accounts_that_never_logged_in(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        db_session.get_one(User, cast.chi).last_login_at = NOW - timedelta(days=1)
    page = login(cast.dung).get("/")
    assert "Nguyễn Văn An" in page.text
    assert "Lê Thị Chi" not in page.text
    assert f"/quan-tri/tai-khoan/{cast.an}" in page.text


def test_an_empty_register_says_what_to_do_first(login: Login, cast: Cast) -> None:
    text = words(login(cast.an).get("/"))
    assert "Sổ chưa có chứng thư nào" in text
    assert "Nhập chứng thư" in text


def test_a_quiet_day_says_so(login: Login, cast: Cast, db_session: Session) -> None:
    certificates(db_session, cast, 400)
    assert "Hôm nay không có việc nào đang chờ" in words(login(cast.an).get("/"))


def test_another_agency_sees_nothing_of_this(login: Login, cast: Cast, db_session: Session) -> None:
    certificates(db_session, cast, 33, 47)
    draft(login(cast.an), certificates(db_session, cast, 60))
    text = words(login(cast.binh).get("/"))
    assert "Phạm Văn Em" not in text
    assert "Sổ chưa có chứng thư nào" in text


def test_strangers_are_sent_to_the_login_page(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/").status_code == 302


# Numbers --------------------------------------------------------------------------------------


def test_each_count_links_to_exactly_the_rows_it_counts(
    login: Login, cast: Cast, db_session: Session
) -> None:
    certificates(db_session, cast, 20, 29, 30, 33, 45, 46, 60, 120, 121)
    certificates(db_session, cast, 60, renewals=1)
    certificates(db_session, cast, 29, 30, 500, renewals=None)
    an = login(cast.an)
    home = words(an.get("/"))
    for state, label in (
        (CertificateState.URGENT, "3 gấp, phải nộp ngay"),
        (CertificateState.TOO_LATE, "3 không còn đủ điều kiện gia hạn"),
        (CertificateState.RENEWAL_DUE, "3 đến kỳ gia hạn"),
        (CertificateState.REPLACEMENT_DUE, "1 đến kỳ chuẩn bị cấp mới"),
        (CertificateState.HISTORY_UNKNOWN, "2 chưa rõ lịch sử gia hạn"),
    ):
        assert label in home
        listed = an.get(f"/chung-thu?trang-thai={state.name}")
        assert listed.text.count("<tr data-row") == int(label.split()[0])


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_role_costs_more_than_ten_statements_however_many_rows(
    login: Login, cast: Cast, db_session: Session, count_statements: Count, who: str
) -> None:
    browser = login(getattr(cast, who))
    counted = []
    for _ in range(2):
        certificates(db_session, cast, *range(20, 80, 3))
        certificates(db_session, cast, *range(40, 80, 9), renewals=None)
        draft(login(cast.an), certificates(db_session, cast, 60, 61))
        home = "/cua-toi" if who == "em" else "/"  # Where staff are led to.
        browser.get(home)  # what is kept until the log grows (views/kept.py) is made here
        with count_statements() as statements:
            assert browser.get(home).status_code == 200
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 10
