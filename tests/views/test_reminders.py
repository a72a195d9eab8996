"""Nhắc việc on screen, on paper and in a calendar."""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import audit
import regulations
from models import Agency, AuditEvent, Person, Setting
from operations import reminders
from operations.settings import INSTALLATION
from operations.transactions import transaction
from rules.names import spelt_out
from schema.custody import FollowUp
from schema.daily import CalendarFeed, Reminder, ReminderDelivery
from tests import factories
from tests.cast import NOW, Cast
from tests.letters.reading import plain_text
from views.guards import settings

Login = Callable[[int], FlaskClient]
TODAY = NOW.astimezone(audit.VIETNAM).date()
Counter = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def reminded(db_session: Session, cast: Cast) -> None:
    """A reminder about a certificate of Em (commune A) and one about Bình's (commune B)."""
    with transaction(db_session):
        for number in (cast.person_em, cast.person_binh):
            factories.certificate(db_session, db_session.get_one(Person, number), days_left=60)
    actor = audit.system_actor(NOW)
    reminders.run(db_session, actor=actor, law=regulations.load(), email=False)


@pytest.mark.usefixtures("reminded")
@pytest.mark.parametrize(
    ("who", "sees", "misses"),
    [
        ("an", "Phạm Văn Em", "Trần Thị Bình"),
        ("binh", "Trần Thị Bình", "Phạm Văn Em"),
        ("em", "Phạm Văn Em", "Trần Thị Bình"),
    ],
)
def test_everybody_sees_the_reminders_of_their_own_place_or_their_own(
    login: Login, cast: Cast, who: str, sees: str, misses: str
) -> None:
    text = login(getattr(cast, who)).get("/nhac-viec").text
    assert sees in text
    assert misses not in text
    assert "nên nộp hồ sơ gia hạn chậm nhất ngày" in text


@pytest.mark.usefixtures("reminded")
def test_a_row_says_in_bold_only_what_is_to_do_and_for_whom(login: Login, cast: Cast) -> None:
    text = login(cast.an).get("/nhac-viec").text
    mark, told = re.findall(
        r'<a class="row-link"[^>]*aria-describedby="([^"]+)">([^<]+)</a>', text
    )[0]
    assert told == "Phải nộp gia hạn: Phạm Văn Em"
    assert f'<span class="under" id="{mark}">Chứng thư của Phạm Văn Em' in text


@pytest.mark.usefixtures("reminded")
def test_the_list_is_narrowed_to_a_kind_and_asks_few_questions(
    login: Login, cast: Cast, count_statements: Counter
) -> None:
    an = login(cast.an)
    assert "Phạm Văn Em" not in an.get("/nhac-viec?loai=STOCKTAKE").text
    with count_statements() as statements:
        assert "Phạm Văn Em" in an.get("/nhac-viec?loai=RENEWAL").text
    assert len(statements) <= 10


@pytest.mark.usefixtures("reminded")
def test_a_notice_is_printed_for_a_subscriber_and_remembered(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    rows = db_session.scalars(select(Reminder)).all()
    answer = an.post("/nhac-viec/thong-bao.pdf", data={"nhac": [row.id for row in rows]})
    text = " ".join(plain_text(answer.data).split())
    commune = spelt_out(db_session.get_one(Agency, cast.commune_a).name)  # Em works in its office.
    assert f"Theo sổ theo dõi của {commune}" in text
    assert "Nguyễn Văn An, Chuyên viên" in text
    assert "đã in thông báo" in an.get("/nhac-viec").text
    printed = select(AuditEvent.body).where(AuditEvent.event == "reminder.printed")
    assert db_session.scalars(printed).one().count(",") == 0  # only the one of this commune


def test_making_them_now_says_what_was_done(login: Login, cast: Cast) -> None:
    answer = login(cast.an).post("/nhac-viec/tao", follow_redirects=True)
    assert "0 nhắc việc mới" in answer.text


def test_making_them_now_leaves_the_e_mails_to_the_work_beside_the_requests(
    login: Login, cast: Cast, db_session: Session
) -> None:
    """The mail server that is set does not answer; nobody who presses the button notices."""
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        em.email = "em@xa-thu.example.vn"
        factories.certificate(db_session, em, days_left=60)
        for name, value in (("host", "127.0.0.1"), ("port", "1"), ("sender", "so@xa.example.vn")):
            db_session.add(Setting(agency_id=INSTALLATION, name=f"smtp.{name}", value=value))
    an = login(cast.an)
    wake = an.application.extensions["so_token_daily_wake"] = threading.Event()
    told = an.post("/nhac-viec/tao", follow_redirects=True).text
    assert "1 nhắc việc mới" in told
    waiting = db_session.scalars(select(ReminderDelivery)).all()
    recipients = len({one.recipient for one in waiting})
    assert f"{recipients} thư điện tử chờ gửi; phần mềm đang gửi dần" in told
    assert f"{recipients} thư điện tử đang chờ gửi" in told
    assert wake.is_set()
    assert {(one.sent_at, one.tries, one.last_error) for one in waiting} == {(None, 0, "")}


def test_staff_neither_make_nor_print(login: Login, cast: Cast) -> None:
    em = login(cast.em)
    assert em.post("/nhac-viec/tao").status_code == 403
    assert em.post("/nhac-viec/thong-bao.pdf").status_code == 403


@pytest.mark.usefixtures("reminded")
def test_a_calendar_is_read_by_its_secret_address_until_it_is_revoked(
    login: Login, client: FlaskClient, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    page = an.post("/lich/tao").text
    found = re.search(r"/lich/([0-9a-f]{40})\.ics", page)
    assert found is not None
    address = found.group(0)
    assert found.group(1) not in an.get("/lich").text  # shown once
    events = Calendar.from_ical(client.get(address).data).walk("VEVENT")
    assert ["Phạm Văn Em" in event["SUMMARY"] for event in events] == [True]
    feed = db_session.scalars(select(CalendarFeed)).one()
    assert found.group(1) not in feed.key_hash
    an.post(f"/lich/{feed.id}/thu-hoi")
    assert client.get(address).status_code == 404


def test_a_wrong_address_and_the_feed_of_somebody_else_are_unknown(
    login: Login, client: FlaskClient, cast: Cast, db_session: Session
) -> None:
    login(cast.an).post("/lich/tao")
    feed = db_session.scalars(select(CalendarFeed)).one()
    assert client.get("/lich/" + "0" * 40 + ".ics").status_code == 404
    answer = login(cast.binh).post(f"/lich/{feed.id}/thu-hoi", follow_redirects=True)
    assert "không còn dùng được" in answer.text


def test_the_password_of_the_mail_server_stays_outside_the_database(
    login: Login, cast: Cast, db_session: Session
) -> None:
    typed = {
        "host": "mail.example.vn", "port": "587", "security": "starttls", "username": "so",
        "password": "bi-mat-thu", "sender": "so@example.vn", "address": "",
    }  # fmt: skip
    answer = login(cast.dung).post("/nhac-viec/thu-dien-tu", data=typed, follow_redirects=True)
    assert "Đã ghi máy chủ thư" in answer.text
    assert settings().mail_password == "bi-mat-thu"
    assert "bi-mat-thu" not in answer.text
    kept = db_session.scalars(select(Setting.value)).all()
    assert "mail.example.vn" in kept
    assert "bi-mat-thu" not in kept


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({"sender": "khac@example.vn"}, "bi-mat-thu"),
        ({"host": "ke-xau.example"}, ""),
        ({"security": "none"}, ""),
        ({"username": "khac"}, ""),
        ({"host": "mail2.example.vn", "password": "moi"}, "moi"),
    ],
)
def test_the_password_of_the_mail_server_is_not_sent_to_another_one(
    login: Login, cast: Cast, db_session: Session, changed: dict[str, str], kept: str
) -> None:
    typed = {
        "host": "mail.example.vn", "port": "587", "security": "starttls", "username": "so",
        "sender": "so@example.vn", "address": "",
    }  # fmt: skip
    dung, page = login(cast.dung), "/nhac-viec/thu-dien-tu"
    dung.post(page, data=typed | {"password": "bi-mat-thu"})
    held: list[str] = []  # What an e-mail that leaves as soon as the new address is kept carries.

    def note(_session: Session) -> None:
        held.append(settings().mail_password)

    event.listen(db_session, "after_commit", note, once=True)
    told = dung.post(page, data=typed | changed, follow_redirects=True).text
    assert held[0] == (kept if "password" not in changed else "")
    assert settings().mail_password == kept
    assert ("nhập lại mật khẩu" in told) == (not kept)


def test_a_step_of_an_incident_leads_to_the_incident(
    db_session: Session, login: Login, cast: Cast
) -> None:
    with transaction(db_session) as session:
        row = FollowUp(
            noun="incident", object_id=7, agency_id=cast.commune_a, code="loss_form",
            sentence="Lập biên bản.", due_on=TODAY,
        )  # fmt: skip
        session.add(row)
    reminders.run(db_session, actor=audit.system_actor(NOW), law=regulations.load(), email=False)
    assert 'href="/su-co/7"' in login(cast.an).get("/nhac-viec").text


@pytest.mark.usefixtures("reminded")
@pytest.mark.parametrize("sent", ["²", "½", "9" * 5000, "-1", "1e3", ""])
def test_what_is_no_number_of_a_reminder_is_passed_over(
    login: Login, cast: Cast, sent: str
) -> None:
    answer = login(cast.an).post("/nhac-viec/thong-bao.pdf", data={"nhac": [sent]})
    assert answer.status_code == 302


@pytest.mark.usefixtures("reminded")
def test_an_administrator_is_led_to_no_page_that_refuses_them(login: Login, cast: Cast) -> None:
    text = login(cast.dung).get("/nhac-viec").text
    assert "Phạm Văn Em" in text
    assert 'href="/chung-thu/' not in text
