"""Reminders: made once, caught up after any downtime, sent once, settled when done."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

import audit
import regulations
from extensions import db
from models import Certificate, CertificateRequest, Person, RequestLine
from operations import mail, reminders
from operations.transactions import transaction
from rules.requests import LineState, RequestKind, RequestState
from schema.daily import Reminder, ReminderDelivery
from tests import factories
from tests.cast import NOW, Cast

TODAY = NOW.astimezone(audit.VIETNAM).date()


@pytest.fixture
def ending(db_session: Session, cast: Cast) -> int:
    """A certificate of Em that ends in 95 days: file by day 50, so that stages lie ahead."""
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        em.email = "em@xa-thu.example.vn"
        db_session.get_one(Person, cast.person_an).email = "an@xa-thu.example.vn"
        db_session.get_one(Person, cast.person_giang).email = "giang@xa-thu.example.vn"
        return factories.certificate(db_session, em, days_left=95).id


def system(days: int = 0) -> audit.Actor:
    return audit.system_actor(NOW + timedelta(days=days))


def run(session: Session, day: int, *, email: bool = False) -> reminders.Made:
    return reminders.run(session, actor=system(day), law=regulations.load(), email=email)


def ledger(session: Session) -> list[tuple[str, str, date]]:
    rows = session.execute(
        select(Reminder.clock, Reminder.stage, Reminder.stage_on).order_by(
            Reminder.stage_on, Reminder.stage_key
        )
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_second_run_on_the_same_day_makes_nothing(db_session: Session, ending: int) -> None:
    assert run(db_session, 0).made == 1
    assert run(db_session, 0) == reminders.Made(0, 0, 0)


def test_ten_days_of_downtime_give_exactly_what_ten_runs_would_have(
    db_session: Session, ending: int
) -> None:
    """The stages 45 and 15 days before filing lie on days 5 and 35."""
    run(db_session, 0)
    first = ledger(db_session)
    run(db_session, 10)
    assert [stage for stage in ledger(db_session) if stage not in first] == [
        ("RENEWAL", "45_days_before", TODAY + timedelta(days=5))
    ]
    before = ledger(db_session)
    assert run(db_session, 10).made == 0
    for day in range(11, 52):
        run(db_session, day)
    assert [stage[1:] for stage in ledger(db_session) if stage not in before] == [
        ("15_days_before", TODAY + timedelta(days=35)),
        ("on_the_day", TODAY + timedelta(days=50)),
    ]


def test_what_is_entered_after_the_run_of_its_day_is_told_of_by_the_next_run(
    db_session: Session, cast: Cast, ending: int
) -> None:
    run(db_session, 0)
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        late = factories.certificate(db_session, em, days_left=70).id
    assert run(db_session, 0).made == 0  # Today has been told.
    assert run(db_session, 1).made == 1
    told = select(Reminder.stage, Reminder.stage_on).where(Reminder.object_id == late)
    assert db_session.execute(told).all() == [("45_days_before", TODAY + timedelta(days=1))]
    assert run(db_session, 2).made == 0


def test_what_began_and_ended_while_nothing_ran_is_told_and_does_not_stay_open(
    db_session: Session, ending: int
) -> None:
    run(db_session, 0)
    assert run(db_session, 70).made > 1  # On day 65 it was the last day to renew.
    still = select(Reminder.clock).where(Reminder.settled_at.is_(None))
    assert db_session.scalars(still).all() == ["REPLACEMENT"]
    assert run(db_session, 70) == reminders.Made(0, 0, 0)


@pytest.mark.parametrize(
    ("state", "told"),
    [(LineState.OPEN, []), (LineState.REFUSED, [("RENEWAL", "45_days_before")])],
)
def test_a_line_that_was_refused_is_reminded_of_again(
    db_session: Session, cast: Cast, ending: int, state: LineState, told: list[tuple[str, str]]
) -> None:
    with transaction(db_session):
        letter = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.RENEWAL,
            state=RequestState.SENT,
            addressee="Cục",
            planned_receipt_on=TODAY,
            sent_on=TODAY,
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        letter.lines.append(RequestLine(position=1, certificate_id=ending, state=state))
        db_session.add(letter)
    run(db_session, 6)
    still = select(Reminder.clock, Reminder.stage).where(Reminder.settled_at.is_(None))
    assert [tuple(row) for row in db_session.execute(still)] == told


def test_of_one_matter_only_the_latest_stage_is_open(db_session: Session, ending: int) -> None:
    run(db_session, 0)
    run(db_session, 40)
    still = select(Reminder.stage).where(Reminder.settled_at.is_(None))
    assert db_session.scalars(still).all() == ["15_days_before"]


def test_what_is_replaced_is_settled(db_session: Session, ending: int) -> None:
    run(db_session, 0)
    with transaction(db_session):
        db_session.get_one(Certificate, ending).revoked_at = NOW
    assert run(db_session, 1).settled == 1
    assert db_session.scalars(select(Reminder).where(Reminder.settled_at.is_(None))).all() == []


def test_the_register_is_read_in_as_many_statements_for_three_people_as_for_sixty(
    db_session: Session, cast: Cast, ending: int, count_statements: Callable[[], object]
) -> None:
    counts = []
    for number in (3, 60):
        with transaction(db_session):
            em = db_session.get_one(Person, cast.person_em)
            for _ in range(number):
                factories.certificate(db_session, em, days_left=100)
        with count_statements() as statements:  # type: ignore[attr-defined]
            assert run(db_session, len(counts), email=True).made >= number  # Late comers, too.
        counts.append(len(statements))
    assert counts[0] >= counts[1]


def test_who_writes_does_not_wait_while_the_register_is_read(
    db_session: Session, ending: int, count_statements: Callable[[], object]
) -> None:
    """A province of 100,000 certificates takes seconds to read, and each hour somebody writes."""
    with count_statements() as statements:  # type: ignore[attr-defined]
        assert run(db_session, 0).made == 1
    writing = statements.index("BEGIN IMMEDIATE")
    assert any("FROM certificate" in one for one in statements[:writing])
    assert not any("FROM certificate" in one for one in statements[writing:])
    with count_statements() as statements:  # type: ignore[attr-defined]
        assert run(db_session, 0).made == 0
    assert "BEGIN IMMEDIATE" not in statements


def test_what_another_run_made_meanwhile_is_not_made_twice(
    db_session: Session, ending: int
) -> None:
    """The server and `cli notify` at once: one reads, then the other is done before it writes."""
    others: list[reminders.Made] = []

    def meanwhile(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if statement == "BEGIN IMMEDIATE" and not others:
            others.append(reminders.Made(0, 0, 0))  # Once only.
            with Session(db.engine) as other:
                others.append(run(other, 0, email=True))

    event.listen(db.engine, "before_cursor_execute", meanwhile)
    try:
        assert run(db_session, 0, email=True) == reminders.Made(0, 0, 0)
    finally:
        event.remove(db.engine, "before_cursor_execute", meanwhile)
    assert others[-1].made == len(ledger(db_session)) == 1
    assert audit.verify(db_session).sound


# E-mail ---------------------------------------------------------------------------------------


class Box:
    """Keeps what the server takes in; refuses the addresses in `refused`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - the name that the library calls
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        if address in self.refused:
            return "550 no such address"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that the library calls
        self, server: object, session: object, envelope: object
    ) -> str:
        content = envelope.content  # type: ignore[attr-defined]
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def office() -> Iterator[tuple[Box, mail.MailServer]]:
    """A real SMTP server on a free port of this machine."""
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    server = mail.MailServer(
        "127.0.0.1", port, "none", "", "sotoken@xa-thu.example.vn", "https://sotoken.example.vn"
    )
    yield box, server
    controller.stop()


def send(session: Session, server: mail.MailServer) -> tuple[int, int]:
    transport = mail.smtp(server, "")
    return mail.send_waiting(session, who=system, server=server, transport=transport)


def test_each_recipient_gets_one_e_mail_once(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    box, server = office
    run(db_session, 0, email=True)
    assert send(db_session, server) == (2, 0)
    assert send(db_session, server) == (0, 0)
    assert sorted(one["To"] for one in box.mails) == [
        "an@xa-thu.example.vn",
        "em@xa-thu.example.vn",
    ]
    text = box.mails[0].get_content()
    assert "nên nộp hồ sơ gia hạn chậm nhất ngày" in text
    assert "https://sotoken.example.vn/nhac-viec" in text
    assert box.mails[0]["Subject"].startswith("Sổ Token: 1 việc cần làm")


def test_the_leader_is_told_when_the_day_has_come(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    box, server = office
    run(db_session, 0)
    run(db_session, 50, email=True)
    send(db_session, server)
    assert "giang@xa-thu.example.vn" in {one["To"] for one in box.mails}


def test_a_refused_address_is_tried_again_and_holds_up_nobody(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    box, server = office
    box.refused.add("an@xa-thu.example.vn")
    run(db_session, 0, email=True)
    assert send(db_session, server) == (1, 1)
    waiting = db_session.scalars(
        select(ReminderDelivery).where(ReminderDelivery.sent_at.is_(None))
    ).one()
    assert "không nhận địa chỉ" in waiting.last_error
    box.refused.clear()
    assert send(db_session, server) == (1, 0)


def test_a_server_that_is_away_says_so_and_loses_nothing(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    _, server = office
    run(db_session, 0, email=True)
    assert send(db_session, replace(server, port=1)) == (0, 2)
    unsent = select(func.count()).where(ReminderDelivery.sent_at.is_(None))
    assert db_session.scalar(unsent) == 2
    for _ in range(mail.MOST_TRIES):
        send(db_session, replace(server, port=1))
    assert send(db_session, server) == (2, 0)


def test_nobody_waits_for_each_e_mail_while_the_server_is_away(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    _, server = office
    run(db_session, 0, email=True)
    asked: list[EmailMessage] = []

    def away(message: EmailMessage) -> None:
        asked.append(message)
        raise mail.MailServerAway("Không kết nối được máy chủ thư.")

    assert mail.send_waiting(db_session, who=system, server=server, transport=away) == (0, 2)
    assert len(asked) == 1


def test_a_slow_mail_server_does_not_make_the_log_look_set_back(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    _, server = office
    run(db_session, 0, email=True)
    late = {"minutes": 0}

    def slow(_message: EmailMessage) -> None:
        late["minutes"] += 10
        with transaction(db_session):  # Somebody else works meanwhile.
            who = replace(system(), at=NOW + timedelta(minutes=late["minutes"]))
            audit.record(
                db_session, "audit.exported", actor=who, noun="audit", object_id=1, events=1
            )

    def now() -> audit.Actor:
        return replace(system(), at=NOW + timedelta(minutes=late["minutes"], seconds=1))

    assert mail.send_waiting(db_session, who=now, server=server, transport=slow) == (2, 0)
    assert audit.verify(db_session).set_back == ()


def test_the_e_mail_names_no_citizen_id_and_is_plain_text(
    db_session: Session, ending: int, office: tuple[Box, mail.MailServer]
) -> None:
    _, server = office
    run(db_session, 0, email=True)
    rows = db_session.scalars(select(Reminder)).all()
    message = mail.compose(server, "em@xa-thu.example.vn", rows, NOW)
    assert message.get_content_type() == "text/plain"
    assert "PIN" in message.get_content()
