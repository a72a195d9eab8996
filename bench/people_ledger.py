"""What the people of `bench/people.py` wrote, beside what the database has of it afterwards."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

import audit
from bench.browsing import Form
from bench.people_work import KINDS, NOTE, PHONE, Job, Kind
from extensions import db


class Outcome(StrEnum):
    """What the server made of a form that was sent."""

    ACCEPTED = "accepted"
    CONFLICT = "conflict (409)"
    OTHER = "refused or failed"
    UNKNOWN = "no answer"


@dataclass
class Written:
    """A form that was sent, by whom, and what became of it."""

    job: Job
    user_id: int
    form: Form
    outcome: Outcome = Outcome.UNKNOWN
    said: str = ""

    @property
    def version(self) -> int:
        """The version that the person was looking at."""
        return int(self.form.fields.get("version", "0"))


@dataclass
class Ledger:
    """Everything that was sent, and everything that should not have happened."""

    written: list[Written] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def of(self, kind: Kind, outcome: Outcome) -> list[Written]:
        """What was sent of a kind, with this end."""
        return [one for one in self.written if one.job.kind is kind and one.outcome is outcome]


def judge(app: Flask, ledger: Ledger, known: int, server_log: str) -> list[str]:
    """Everything that is wrong, in sentences; `known` is how far the log was before."""
    wrong = [*ledger.errors]
    wrong += [f"{one.job.kind.name}: {one.said}" for one in ledger.written if one.said]
    wrong += [f"{one.job.kind.name}: no answer" for kind in KINDS for one in ledger.of(kind, _NONE)]
    lines = server_log.splitlines()
    wrong += [f"server: {one}" for one in lines if "Error" in one or "Traceback" in one]
    with app.app_context():
        session = db.session()
        found = audit.verify(session)
        print(f"log: {found.events} events, {found.events - known} new, sound: {found.sound}")
        if not found.sound:
            wrong.append(f"the log is broken at {found.broken_at}: {found.reason}")
        wrong += _events(session, ledger, known)
        for kind in KINDS:
            wrong += _versioned(session, ledger, kind) if kind.versioned else []
            wrong += _marked(session, ledger, kind) if kind.marks else []
        session.rollback()
        db.engine.dispose()
    return wrong


_NONE = Outcome.UNKNOWN


def _events(session: Session, ledger: Ledger, known: int) -> Iterator[str]:
    """As many events of each kind by each person as writes of theirs were accepted."""
    rows = session.execute(
        text("SELECT actor_id, event FROM audit_event WHERE seq > :known"), {"known": known}
    )
    events = {kind.event for kind in KINDS}
    logged = Counter((actor, event) for actor, event in rows if event in events)
    accepted = Counter(
        (one.user_id, one.job.kind.event)
        for one in ledger.written
        if one.outcome is Outcome.ACCEPTED
    )
    for who, event in logged.keys() | accepted.keys():
        in_log, by_hand = logged[who, event], accepted[who, event]
        if in_log != by_hand:
            yield f"{event} by account {who}: {in_log} in the log, {by_hand} accepted"


def _marked(session: Session, ledger: Ledger, kind: Kind) -> Iterator[str]:
    """Each mark of an accepted write exactly once, that of any other not at all."""
    there = Counter(str(mark) for (mark,) in session.execute(text(kind.marks)))
    accepted = {one.job.mark for one in ledger.of(kind, Outcome.ACCEPTED)}
    for mark in accepted:
        if there[mark] != 1:
            yield f"{kind.name}: “{mark}” accepted, {there[mark]} times in the database"
    for outcome in (Outcome.CONFLICT, Outcome.OTHER):
        for one in ledger.of(kind, outcome):
            if one.job.mark not in accepted and there[one.job.mark]:
                yield f"{kind.name}: “{one.job.mark}” not accepted, but in the database"


def _versioned(session: Session, ledger: Ledger, kind: Kind) -> Iterator[str]:
    """Nobody wrote over what they had not seen, and the last who wrote is the one who is read."""
    column = {NOTE: "note", PHONE: "phone"}[kind]
    accepted = ledger.of(kind, Outcome.ACCEPTED)
    seen = Counter((one.job.subject, one.version) for one in accepted)
    for (subject, version), times in seen.items():
        if times > 1:
            yield f"{kind.name} {subject}: {times} writes over version {version}"
    last = {one.job.subject: one for one in sorted(accepted, key=lambda one: one.version)}
    for subject, one in last.items():
        row = session.execute(
            text(f"SELECT {column}, version FROM {kind.versioned} WHERE id = :id"),  # noqa: S608
            {"id": subject},
        ).one()
        if row[0] != one.job.mark:
            yield f"{kind.name} {subject}: “{one.job.mark}” was last, “{row[0]}” stands there"
        if row[1] <= one.version:
            yield f"{kind.name} {subject}: version {row[1]} after a write over {one.version}"
    for one in ledger.of(kind, Outcome.CONFLICT):
        final = session.execute(
            text(f"SELECT version FROM {kind.versioned} WHERE id = :id"),  # noqa: S608
            {"id": one.job.subject},
        ).scalar_one()
        if final == one.version:
            yield f"{kind.name} {one.job.subject}: a conflict, but nobody had changed it"
