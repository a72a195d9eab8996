"""The log: whatever is changed in it is found, and nothing is in it that must not be."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

import audit
from models import AuditEvent, AuditHead, Person
from operations.transactions import transaction
from tests.cast import NOW, Cast

MakeActor = Callable[..., audit.Actor]
EVENTS = 6


@pytest.fixture
def log(db_session: Session, cast: Cast, actor: MakeActor) -> Session:
    """A log of a few events."""
    for number in range(EVENTS):
        with transaction(db_session):
            write(db_session, actor(cast.an), number)
    return db_session


def write(session: Session, by: audit.Actor, number: int) -> AuditEvent:
    return audit.record(
        session,
        "person.changed",
        actor=by,
        noun="person",
        object_id=number,
        agency_id=1,
        document_sha256="ab" * 32,
        changed=["email"],
    )


def without_triggers(session: Session) -> None:
    """What somebody with the database file in hand would do first."""
    names = session.scalars(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
    ).all()
    assert names, "the log has no triggers"
    for name in names:
        session.execute(text(f"DROP TRIGGER {name}"))


def tampered(session: Session, change: object) -> audit.Verification:
    session.rollback()
    with transaction(session):
        without_triggers(session)
        session.execute(change)  # type: ignore[call-overload] # any statement
    return audit.verify(session)


def test_an_untouched_log_is_sound(log: Session) -> None:
    result = audit.verify(log)
    assert result.sound
    assert result.events == EVENTS
    assert result.head == log.scalar(select(AuditHead.hash))


OTHER = {
    "at": NOW + timedelta(microseconds=1),
    "event": "person.created",
    "agency_id": 2,
    "actor_id": 999,
    "actor_roles": "LEADER",
    "address": "10.0.0.1",
    "noun": "device",
    "object_id": "77",
    "document_sha256": "cd" * 32,
    "body": '{"changed":["phone"]}',
    "body_version": 2,
    "prev_hash": "0" * 64,
    "hash": "1" * 64,
    "seq": 100,
}


def test_the_test_below_knows_every_column() -> None:
    assert set(OTHER) == {column.name for column in AuditEvent.__table__.columns}


@pytest.mark.parametrize("column", sorted(OTHER))
@pytest.mark.parametrize("seq", [1, 3, EVENTS])
def test_a_change_in_any_column_of_any_event_is_found(log: Session, column: str, seq: int) -> None:
    if column == "prev_hash" and seq == 1:
        value: object = "2" * 64  # the first event's own predecessor is all zeros
    else:
        value = OTHER[column]
    result = tampered(log, update(AuditEvent).where(AuditEvent.seq == seq).values({column: value}))
    assert not result.sound
    assert result.broken_at is not None
    assert result.broken_at <= seq
    assert result.reason


def test_an_empty_value_is_told_from_none(log: Session) -> None:
    change = update(AuditEvent).where(AuditEvent.seq == 2).values(document_sha256=None)
    assert tampered(log, change).broken_at == 2


@pytest.mark.parametrize(
    ("gone", "broken_at", "words"),
    [
        ([1], 1, "thiếu sự kiện"),
        ([3], 3, "thiếu sự kiện"),
        ([3, 4], 3, "thiếu sự kiện"),
        ([EVENTS], EVENTS, "phần cuối nhật ký bị cắt"),
        ([5, EVENTS], 5, "phần cuối nhật ký bị cắt"),
        (list(range(1, EVENTS + 1)), 1, "phần cuối nhật ký bị cắt"),
    ],
)
def test_deleted_events_are_missed(
    log: Session, gone: list[int], broken_at: int, words: str
) -> None:
    result = tampered(log, delete(AuditEvent).where(AuditEvent.seq.in_(gone)))
    assert (result.broken_at, result.reason) == (broken_at, words)


def test_two_events_that_changed_places_are_found(log: Session) -> None:
    log.rollback()
    with transaction(log):
        without_triggers(log)
        for old, new in ((2, 200), (3, 2), (200, 3)):
            log.execute(update(AuditEvent).where(AuditEvent.seq == old).values(seq=new))
    assert audit.verify(log).broken_at == 2


def test_an_event_hashed_anew_no_longer_joins_the_next(log: Session) -> None:
    log.rollback()
    with transaction(log):
        without_triggers(log)
        row = log.get_one(AuditEvent, 3)
        row.actor_id = 999
        row.hash = audit.hash_of(row)
    result = audit.verify(log)
    assert (result.broken_at, result.reason) == (4, "không nối tiếp sự kiện trước")


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEvent).where(AuditEvent.seq == 1).values(actor_id=2),
        delete(AuditEvent).where(AuditEvent.seq == 1),
        delete(AuditEvent),
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_events(
    log: Session, change: object
) -> None:
    log.rollback()
    with pytest.raises((DatabaseError, IntegrityError)), transaction(log):
        log.execute(change)  # type: ignore[call-overload] # any statement
    assert audit.verify(log).sound


def test_an_act_that_is_undone_leaves_no_event_and_no_gap(
    log: Session, cast: Cast, actor: MakeActor
) -> None:
    def fail() -> None:
        with transaction(log):
            write(log, actor(cast.an), 100)
            log.get_one(Person, cast.person_em).phone = "0"
            raise RuntimeError

    for _ in range(3):
        with pytest.raises(RuntimeError):
            fail()
    with transaction(log):
        assert write(log, actor(cast.an), 101).seq == EVENTS + 1
    assert audit.verify(log).sound
    assert log.scalar(select(func.max(AuditEvent.seq))) == log.scalar(
        select(func.count()).select_from(AuditEvent)
    )
    assert log.get_one(Person, cast.person_em).phone is None


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("person.renamed", {}),
        ("person.changed", {}),
        ("person.changed", {"changed": ["name"], "name": "Nguyễn Văn An"}),
        ("person.citizen_id_shown", {"number": "012345678901"}),
    ],
)
def test_an_event_or_a_key_that_is_not_declared_is_refused(
    db_session: Session, cast: Cast, actor: MakeActor, event: str, body: dict[str, object]
) -> None:
    with pytest.raises(audit.UnknownEvent), transaction(db_session):
        audit.record(
            db_session,
            event,
            actor=actor(cast.an),
            noun="person",
            object_id=1,
            **body,  # type: ignore[arg-type]
        )
    assert audit.verify(db_session).events == 0


def test_no_event_declares_a_key_for_what_identifies_a_person() -> None:
    forbidden = re.compile(
        r"name|email|phone|citizen|birth|password|pin|address|title|subject", re.IGNORECASE
    )
    found = [
        (event, key)
        for event, kind in audit.EVENTS.items()
        for key in kind.keys
        # The name of a setting ("margin_days") is no name of a person.
        if forbidden.search(key) and (event, key) != ("setting.changed", "name")
    ]
    assert found == []


def test_every_event_has_words_and_a_dotted_name() -> None:
    for event, kind in audit.EVENTS.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", event)
        assert kind.words[0].isupper()


def test_the_body_is_canonical_json(log: Session) -> None:
    for row in log.scalars(select(AuditEvent)):
        assert row.body == audit.canonical_json(json.loads(row.body))


def test_the_same_text_in_another_unicode_form_has_the_same_hash() -> None:
    assert audit.canonical_json({"a": "Ánh"}) == audit.canonical_json({"a": "A\u0301nh"})
