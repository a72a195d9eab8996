"""The log as an inspector looks at it: nothing can be changed, cut or put in without a trace."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import audit
from app import create_app
from audit import AuditEvent, Verification, Witness, record, system_actor
from config import Config
from extensions import db
from operations.transactions import Refused, transaction
from tests.cast import NOW

ACTOR = system_actor(NOW)
ALL_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def session(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """A session on an empty migrated database of each kind."""
    overrides: dict[str, object] = {"testing": True}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgresql_url")
    app = create_app(Config.load(tmp_path_factory.mktemp("log") / "instance", **overrides))
    with app.app_context():
        upgrade()
        yield db.session()
        db.session.remove()
        db.engine.dispose()


def write(session: Session, count: int = 5) -> None:
    """So many events about made-up devices, each in a transaction of its own."""
    for number in range(1, count + 1):
        with transaction(session):
            record_one(session, number)


def record_one(session: Session, number: int, after: timedelta = timedelta(0)) -> AuditEvent:
    return record(
        session,
        "device.changed",
        actor=system_actor(NOW + after),
        noun="device",
        object_id=number,
        agency_id=number,
        changed=["label"],
    )


def as_administrator(*statements: str) -> None:
    """What somebody with the whole database in hand can do: the triggers go first."""
    db.session.rollback()  # PostgreSQL waits for readers before it drops a trigger.
    with db.engine.begin() as connection:
        kind = db.engine.dialect.name
        for name in connection.execute(text(ALL_TRIGGERS[kind])).scalars().all():
            where = " ON audit_event" if kind == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER {name}{where}"))
        for statement in statements:
            connection.execute(text(statement))


def verdict(session: Session, *witnesses: Witness) -> Verification:
    session.rollback()
    return audit.verify(session, witnesses=witnesses)


@pytest.mark.parametrize(
    "change",
    [
        "seq = 30",
        "at = '2020-01-01 00:00:00.000000'",
        "event = 'device.created'",
        "agency_id = 9",
        "agency_id = NULL",
        "actor_id = 1",
        "actor_roles = 'ADMINISTRATOR'",
        "address = '10.0.0.1'",
        "noun = 'person'",
        "object_id = '4'",
        "document_sha256 = 'aa'",
        "body = '{\"changed\":[]}'",
        "body_version = 2",
        "prev_hash = '00'",
        "hash = '00'",
    ],
)
def test_no_column_of_an_event_can_be_changed_unnoticed(session: Session, change: str) -> None:
    write(session)
    as_administrator(f"UPDATE audit_event SET {change} WHERE seq = 3")  # noqa: S608 - our own words
    found = verdict(session)
    assert (found.events, found.broken_at) == (2, 3)


@pytest.mark.parametrize(
    ("statement", "broken_at", "reason"),
    [
        ("DELETE FROM audit_event WHERE seq = 2", 2, "thiếu sự kiện"),
        ("DELETE FROM audit_event WHERE seq = 1", 1, "thiếu sự kiện"),
        ("DELETE FROM audit_event WHERE seq = 5", 5, "phần cuối nhật ký bị cắt"),
        ("DELETE FROM audit_event", 1, "phần cuối nhật ký bị cắt"),
        ("DELETE FROM audit_head", 6, "phần cuối nhật ký bị cắt"),
        ("UPDATE audit_head SET seq = 4", 6, "có sự kiện ghi ngoài phần mềm"),
        ("UPDATE audit_head SET hash = substr(hash, 2) || '0'", 6, "phần cuối nhật ký bị cắt"),
    ],
)
def test_what_is_cut_is_missed(
    session: Session, statement: str, broken_at: int, reason: str
) -> None:
    write(session)
    as_administrator(statement)
    found = verdict(session)
    assert (found.broken_at, found.reason) == (broken_at, reason)


def rewrite_from(seq: int) -> None:
    """Change an event and make every hash from there on anew, and the head: a whole forgery."""
    as_administrator(f"UPDATE audit_event SET object_id = '99' WHERE seq = {seq}")  # noqa: S608 - our own words
    with Session(db.engine) as session:
        rows = session.query(AuditEvent).order_by(AuditEvent.seq).all()
        previous = audit.GENESIS
        for row in rows:
            row.prev_hash, row.hash = previous, ""
            previous = row.hash = audit.hash_of(row)
        session.execute(text("UPDATE audit_head SET hash = :hash"), {"hash": previous})
        session.commit()


def test_a_whole_forgery_shows_only_against_what_was_written_down_before(session: Session) -> None:
    write(session)
    noted = [(row.seq, row.hash[:16]) for row in session.query(AuditEvent).all()]
    rewrite_from(3)
    assert verdict(session).sound  # as audit.py says
    assert verdict(session, Witness(*noted[1])).sound
    found = verdict(session, Witness(*noted[4]))
    assert (found.broken_at, found.reason) == (5, "khác với mã đã ghi lại ở nơi khác")


def test_a_tail_cut_with_its_head_shows_against_a_later_witness(session: Session) -> None:
    write(session)
    noted = Witness(5, session.get_one(AuditEvent, 5).hash)
    kept = session.get_one(AuditEvent, 3).hash
    as_administrator(
        "DELETE FROM audit_event WHERE seq > 3",
        f"UPDATE audit_head SET seq = 3, hash = '{kept}'",  # noqa: S608 - our own words
    )
    assert verdict(session).sound
    assert verdict(session, noted).reason == "phần cuối nhật ký bị cắt"


def test_a_witness_is_read_as_it_is_printed() -> None:
    assert Witness.parse("120: 3FA9 c1d2") == Witness(120, "3fa9c1d2")
    for wrong in ("", "120", "120:3fa", "x:3fa9c1d2", "120:3fa9c1dg", "0:3fa9c1d2"):
        with pytest.raises(ValueError, match=r".*"):
            Witness.parse(wrong)


def test_an_act_undone_leaves_neither_event_nor_gap(session: Session) -> None:
    write(session, 1)

    def give_up() -> None:
        with transaction(session):
            record_one(session, 2)
            raise Refused("không làm nữa")

    with pytest.raises(Refused):
        give_up()
    write(session, 1)
    assert verdict(session) == Verification(2, session.get_one(AuditEvent, 2).hash, None, None)


def test_many_writers_at_once_leave_one_sound_chain_and_checking_may_go_on(
    session: Session,
) -> None:
    write(session, 1)
    verdicts, engine = [], db.engine

    def writer() -> None:
        with Session(engine) as own:
            write(own, 6)

    threads = [Thread(target=writer) for _ in range(5)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        verdicts.append(verdict(session).reason)
    for thread in threads:
        thread.join()
    assert set(verdicts) <= {None}
    assert verdict(session).events == 31


def test_a_clock_put_back_is_named_but_breaks_nothing(session: Session) -> None:
    for minutes in (0, 10, 9, 3, 4):
        with transaction(session):
            record_one(session, 1, after=timedelta(minutes=minutes))
    found = verdict(session)
    assert found.sound
    assert found.set_back == (4,)


def test_an_event_takes_exactly_its_declared_keys(session: Session) -> None:
    with pytest.raises(audit.UnknownEvent), transaction(session):
        record(session, "device.invented", actor=ACTOR, noun="device", object_id=1)
    with pytest.raises(audit.UnknownEvent), transaction(session):
        record(
            session,
            "device.changed",
            actor=ACTOR,
            noun="device",
            object_id=1,
            changed=["label"],
            name="x",
        )
    assert verdict(session).events == 0


def test_the_same_body_gives_the_same_text_whatever_its_order_or_notation() -> None:
    composed, decomposed = "Nguyễn", "Nguye\u0302\u0303n"
    assert audit.canonical_json({"b": [1, True, None], "a": decomposed}) == (
        f'{{"a":"{composed}","b":[1,true,null]}}'
    )


def test_a_second_transaction_inside_one_is_a_mistake_and_undoes_nothing_silently(
    session: Session,
) -> None:

    def nested() -> None:
        with transaction(session):
            record_one(session, 1)
            write(session, 1)

    with pytest.raises(RuntimeError, match="one act is one transaction"):
        nested()
    assert verdict(session).events == 0


def test_replacing_an_event_is_refused_like_changing_it(session: Session) -> None:
    write(session, 2)
    others = "event, noun, address, actor_roles, body, body_version, prev_hash, hash"
    copied = f"1, at, 'x', {others} FROM audit_event WHERE seq = 2"
    statement = {
        "sqlite": f"INSERT OR REPLACE INTO audit_event (seq, at, object_id, {others}) "
        f"SELECT {copied}",
        "postgresql": f"INSERT INTO audit_event (seq, at, object_id, {others}) "
        f"SELECT {copied.replace('hash FROM', repr('ff') + ' FROM')} "
        "ON CONFLICT (seq) DO UPDATE SET object_id = 'x'",
    }[db.engine.dialect.name]
    session.rollback()
    with pytest.raises(DBAPIError, match="Nhật ký chỉ được ghi thêm"), db.engine.begin() as c:
        c.execute(text(statement))
    assert verdict(session).sound
