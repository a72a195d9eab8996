"""The log: append-only events in a gap-free, hash-chained sequence.

1. An event is written in the transaction of the act itself: no event, no act, and no act undone
   leaves an event behind.
2. `seq` comes from the one row of `audit_head`, raised in the same transaction, so it has no gaps.
3. `hash` = SHA-256(0x00 ‖ previous hash ‖ canonical JSON of all other columns).
4. Each event type declares its keys; other keys are refused. Bodies name people and things by
   number only: no names, no citizen ids, no e-mail addresses, no PINs.
5. Triggers refuse UPDATE and DELETE. They stop accidents; the chain shows the rest.

What the chain alone cannot show: whoever may write to the database can make all hashes from some
event on anew, and the head with them; the hash needs no secret. That shows only against what was
written down elsewhere before: the number and hash of an event, on paper or with the auditor
(`Witness`). `at` is the clock of the server, which its administrator sets; `verify` names the
events at which it was put back.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from json.encoder import encode_basestring
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from audit_events import EVENTS
from models import AuditEvent, AuditHead

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
GENESIS = "0" * 64
BODY_VERSION = 1
_PAGE = 20_000
_NAMED_SETBACKS = 20

Value = str | int | bool | None | list[int] | list[str]


@dataclass(frozen=True)
class Actor:
    """Who acts, when, and from where; the only thing that operations learn about the web.

    `at` is the instant of the act and the only clock that operations have.
    """

    user_id: int | None
    person_id: int | None
    roles: tuple[str, ...]
    address: str
    at: datetime
    login_session_id: int | None = None

    @property
    def today(self) -> date:
        """The civil day of the act in Việt Nam."""
        return self.at.astimezone(VIETNAM).date()


SYSTEM_ADDRESS = "hệ thống"


def system_actor(at: datetime) -> Actor:
    """The program itself, for acts that no person started (first run, practice data, clean-up)."""
    return Actor(None, None, (), SYSTEM_ADDRESS, at)


class UnknownEvent(Exception):
    """An event type that is not declared, or a body whose keys differ from its declaration."""


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces and NFC text: the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return unicodedata.normalize("NFC", text)


def sealed(words: str) -> str | None:
    """What the log keeps of a typed reason: enough to show that it is still the one given."""
    return hashlib.sha256(words.encode()).hexdigest() if words else None


def record(
    session: Session,
    event: str,
    /,  # So that a body may have a key of the same name.
    *,
    actor: Actor,
    noun: str,
    object_id: int | str,
    agency_id: int | None = None,
    document_sha256: str | None = None,
    **body: Value,
) -> AuditEvent:
    """Append one event to the log inside the caller's transaction.

    Raises `UnknownEvent` when the type is not declared or the body's keys are not exactly its keys.
    """
    head = session.execute(select(AuditHead).with_for_update()).scalar_one()
    row = _next(head, event, actor, noun, Entry(object_id, agency_id, body), document_sha256)
    session.add(row)
    session.flush()  # The order of the rows is the order of the log.
    return row


@dataclass(frozen=True)
class Entry:
    """One event of many alike: of which object, of whose agency, with which body."""

    object_id: int | str
    agency_id: int | None
    body: Mapping[str, Value]


def record_many(
    session: Session, event: str, /, *, actor: Actor, noun: str, entries: Iterable[Entry]
) -> None:
    """Append events of one type in their order, in as many statements as for one.

    Raises `UnknownEvent` like `record`.
    """
    session.flush()
    head = session.execute(select(AuditHead).with_for_update()).scalar_one()
    rows = [_next(head, event, actor, noun, entry, None) for entry in entries]
    names = AuditEvent.__table__.columns.keys()
    if rows:
        session.execute(
            insert(AuditEvent), [{name: getattr(row, name) for name in names} for row in rows]
        )
    session.flush()


def _next(
    head: AuditHead, event: str, actor: Actor, noun: str, entry: Entry, document_sha256: str | None
) -> AuditEvent:
    """The next link of the chain, not yet in the session; the head goes on to it."""
    declared = EVENTS.get(event)
    if declared is None:
        raise UnknownEvent(f"{event} is not declared in audit.EVENTS")
    if declared.keys != entry.body.keys():
        raise UnknownEvent(f"{event} wants {sorted(declared.keys)}, got {sorted(entry.body)}")
    row = AuditEvent(
        seq=head.seq + 1,
        at=actor.at,
        event=event,
        agency_id=entry.agency_id,
        actor_id=actor.user_id,
        actor_roles=",".join(actor.roles),
        address=actor.address,
        noun=noun,
        object_id=str(entry.object_id),
        document_sha256=document_sha256,
        body=canonical_json(dict(entry.body)),
        body_version=BODY_VERSION,
        prev_hash=head.hash,
    )
    row.hash = hash_of(row)
    head.seq, head.hash = row.seq, row.hash
    return row


def hash_of(row: AuditEvent) -> str:
    """The chained hash of an event, over every column except the hash itself."""
    values = [getattr(row, name) for name in _HASHED]
    return _chained(row.prev_hash, values)


# Every column but the two hashes, by name: canonical JSON has its keys in this order.
_HASHED = tuple(sorted(set(AuditEvent.__table__.columns.keys()) - {"prev_hash", "hash"}))
_AT, _SEQ = _HASHED.index("at"), _HASHED.index("seq")
_TEMPLATE = "{" + ",".join(f'"{name}":%s' for name in _HASHED) + "}"


def _chained(previous: str, values: Sequence[object]) -> str:
    """SHA-256 over the previous hash and the canonical JSON of the columns `_HASHED`.

    The JSON is put together here: the encoder of the library takes half of a verification.
    """
    # One expression: a call for each of thirteen values would be a quarter of a verification.
    written = [
        encode_basestring(value)
        if type(value) is str
        else repr(value)
        if type(value) is int
        else "null"
        if value is None
        else json.dumps(value, default=str)
        for value in values
    ]
    written[_AT] = f'"{_instant(values[_AT])}"'
    content = (_TEMPLATE % tuple(written)).encode()
    return hashlib.sha256(b"\x00" + bytes.fromhex(previous) + content).hexdigest()


def _instant(stored: object) -> str:
    """The one notation of an instant, from a value or from the very text that SQLite keeps."""
    if isinstance(stored, datetime):
        return stored.astimezone(UTC).isoformat(timespec="microseconds")
    return str(stored).replace(" ", "T", 1) + "+00:00"


@dataclass(frozen=True)
class Witness:
    """What somebody wrote down of the log: the number of an event, and its hash or its first digits
    (at least eight).
    """

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "Witness":
        """From "120:3fa9c1d2"; raises ValueError when it is not that."""
        seq, _, begins = text.replace(" ", "").lower().partition(":")
        if len(begins) < 8 or not set(begins) <= set("0123456789abcdef") or int(seq) < 1:
            raise ValueError(text)
        return cls(int(seq), begins)


@dataclass(frozen=True)
class Verification:
    """Outcome of reading the whole log: how far it is sound, and the first thing that is not.

    `set_back` names events that claim to be more than `SETBACK` older than the one before (the
    first twenty): no proof of anything, but the clock of the server was put back there.
    """

    events: int
    head: str
    broken_at: int | None
    reason: str | None
    set_back: tuple[int, ...] = ()

    @property
    def sound(self) -> bool:
        return self.broken_at is None


SETBACK = timedelta(minutes=5)  # House choice: queues and slow hashes explain seconds, not minutes.


def verify(session: Session, *, witnesses: Iterable[Witness] = ()) -> Verification:
    """Read the log from its first event to its head and check sequence, chain and every hash.

    A cut tail shows as a head that no longer matches. What was cut or rewritten together with the
    head shows only against `witnesses`. May run while others write.
    """
    reading = _Reading({one.seq: one.hash for one in witnesses})
    while True:
        known = reading.seq
        for row in _rows_after(session, known):
            if reason := reading.problem_of(row):
                return reading.outcome(reason)
        head = session.execute(select(AuditHead.seq, AuditHead.hash)).one_or_none()
        if head is not None and tuple(head) == (reading.seq, reading.hash):
            late = [seq for seq in reading.witnesses if seq > reading.seq]
            return reading.outcome("phần cuối nhật ký bị cắt" if late else None)
        # Event and head are written together: what is still missing now is not about to come.
        if reading.seq == known:
            beyond = head is not None and head.seq < reading.seq
            return reading.outcome(
                "có sự kiện ghi ngoài phần mềm" if beyond else "phần cuối nhật ký bị cắt"
            )


class _Reading:
    """How far the log was read, and the hash that it had there."""

    def __init__(self, witnesses: Mapping[int, str]) -> None:
        self.seq, self.hash = 0, GENESIS
        self.at: Any = None
        self.witnesses = witnesses
        self.set_back: list[int] = []

    def problem_of(self, row: Sequence[object]) -> str | None:
        """What is wrong with the next event; when nothing is, it becomes the last one read."""
        *values, previous, own = row
        if values[_SEQ] != self.seq + 1:
            return "thiếu sự kiện"
        if previous != self.hash:
            return "không nối tiếp sự kiện trước"
        if own != _chained_or_none(self.hash, values):
            return "nội dung đã bị sửa"
        if self.witnesses and not str(own).startswith(self.witnesses.get(self.seq + 1, "")):
            return "khác với mã đã ghi lại ở nơi khác"
        self.seq, self.hash = self.seq + 1, str(own)
        self._watch_the_clock(values[_AT])
        return None

    def _watch_the_clock(self, at: Any) -> None:
        # SQLite's text sorts like time; only what goes back is looked at more closely.
        if self.at is not None and at < self.at and len(self.set_back) < _NAMED_SETBACKS:
            before, now = (datetime.fromisoformat(_instant(each)) for each in (self.at, at))
            if now + SETBACK < before:
                self.set_back.append(self.seq)
        self.at = at

    def outcome(self, reason: str | None) -> Verification:
        """The verdict; a problem is with the event after the last one that was right."""
        broken_at = None if reason is None else self.seq + 1
        return Verification(self.seq, self.hash, broken_at, reason, tuple(self.set_back))


def _chained_or_none(previous: str, values: Sequence[object]) -> str | None:
    """The hash, or None for values that no event of ours can have (bytes, lone surrogates)."""
    try:
        return _chained(previous, values)
    except (TypeError, ValueError):
        return None


def lines(session: Session) -> Iterator[str]:
    """Every event from the first, each as one line of JSON with its two hashes.

    Without `prev_hash` and `hash` a line, with sorted keys and no spaces, is what was hashed: an
    auditor needs nothing of ours to check the chain (docs/how-to/audit.md).
    """
    for *values, previous, own in _rows_after(session, 0):
        event = dict(zip(_HASHED, values, strict=True))
        event["at"] = _instant(event["at"])
        yield canonical_json({**event, "prev_hash": previous, "hash": own})


def _rows_after(session: Session, last: int) -> Iterator[Sequence[object]]:
    """The columns of `_HASHED` and the two hashes, in order, as the driver gives them.

    A million rows of the mapper's would take three times as long as the hashing.
    """
    columns = AuditEvent.__table__.columns
    wanted = [columns[name] for name in (*_HASHED, "prev_hash", "hash")]
    connection = session.connection()
    while True:
        statement = select(*wanted).where(columns["seq"] > last).order_by(columns["seq"])
        text = statement.limit(_PAGE).compile(connection, compile_kwargs={"literal_binds": True})
        result = connection.exec_driver_sql(str(text))
        page = result.cursor.fetchall() if result.cursor is not None else []
        result.close()
        if not page:
            return
        yield from page
        last = int(page[-1][_SEQ])
