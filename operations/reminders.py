"""Nhắc việc: makes what is due, once; says whom to tell; notes what is settled.

The ledger keeps one row for each stage of each matter (`stage_key`), and the last day that was
asked about: after ten days of downtime exactly the stages that were missed are made, once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, Person, User, UserRole
from operations import settings
from operations.many_rows import add_many
from operations.reminder_matters import Concern, agency_paths, concerns, late_comers
from operations.transactions import transaction
from rules.law import Law
from rules.permissions import Role
from rules.reminders import Audience, Matter, due, sentence
from rules.reminders import Reminder as Due
from schema.daily import Reminder, ReminderDelivery

NOUN = "reminder"
LAST_DAY = "reminders.last_day"
EMAIL, PRINTED = "email", "printed"
_LONGEST = 500
_ROLES = {
    Audience.FOCAL_POINT: Role.FOCAL_POINT,
    Audience.CLERK: Role.CLERK,
    Audience.LEADER: Role.LEADER,
}


@dataclass(frozen=True)
class Made:
    """What one run did."""

    made: int
    settled: int
    deliveries: int


Key = tuple[str, int, str]
"""What a reminder is about: noun, number, clock."""


@dataclass(frozen=True)
class _Plan:
    """What a run found: the ledger before it, stages that are not in it yet, what still waits."""

    before: Sequence[tuple[int, Key]]
    new: Sequence[tuple[Due, Concern]]
    waiting: Collection[Key]
    told_until: str

    def is_empty(self, today: date) -> bool:
        """True when there is nothing to write."""
        told = self.told_until == today.isoformat()
        return told and not self.new and all(key in self.waiting for _, key in self.before)


def run(session: Session, *, actor: Actor, law: Law, email: bool) -> Made:
    """Make every reminder that began since the last run, today included; one transaction.

    `email`: also put e-mails into the queue for whoever has an address. A second run on the same
    day makes nothing new. Everything is read and thought over before the transaction: writers
    would else stand still for the seconds that a province takes. What somebody changes meanwhile
    counts for the next run, as if this one had ended before it.
    """
    today = actor.today
    session.rollback()
    plan = _plan(session, law, today)
    if plan.is_empty(today):
        session.rollback()
        return Made(0, 0, 0)
    with transaction(session):
        rows = _make(session, plan, actor)
        settled = _settle(session, plan, rows, actor)  # Also what began and ended while none ran.
        sent = _queue(session, rows) if email else 0
        settings.keep(session, LAST_DAY, today.isoformat())
        if rows or settled:
            audit.record(
                session,
                "reminder.made",
                actor=actor,
                noun=NOUN,
                object_id=today.isoformat(),
                made=len(rows),
            )
        return Made(len(rows), settled, sent)


def _plan(session: Session, law: Law, today: date) -> _Plan:
    """Read everything; the ledger first, so that what it holds is told of by what is read after."""
    last = settings.value_of(session, LAST_DAY)
    since = date.fromisoformat(last) if last else today - timedelta(days=1)
    since = min(since, today)
    before = _open(session)
    found = concerns(session, law=law, since=since, until=today)
    found = late_comers(session, found, since=since if last else None, until=today)
    by_matter = {id(one.matter): one for one in found}
    stages = due((one.matter for one in found), since=since, until=today)
    known = _known(session, [stage.key for stage in stages])
    new: dict[str, tuple[Due, Concern]] = {}
    for stage in stages:
        if stage.key not in known:
            new.setdefault(stage.key, (stage, by_matter[id(stage.matter)]))
    waiting = {
        _key_of(one.matter)
        for one in found
        if (one.matter.settled_on is None or one.matter.settled_on > today)
        and (one.matter.ends_on is None or one.matter.ends_on >= today)
    }
    return _Plan(before, list(new.values()), waiting, last)


def _key_of(matter: Matter) -> Key:
    return matter.noun, matter.object_id, matter.clock.name


def _known(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these stages the ledger has."""
    known: set[str] = set()
    for start in range(0, len(keys), 500):  # SQLite takes so many values in one statement
        part = keys[start : start + 500]
        known |= set(
            session.scalars(select(Reminder.stage_key).where(Reminder.stage_key.in_(part)))
        )
    return known


def _make(session: Session, plan: _Plan, actor: Actor) -> list[tuple[Reminder, Due]]:
    """Rows for the new stages, but for those that another run has made meanwhile."""
    known = _known(session, [stage.key for stage, _ in plan.new])
    made: list[tuple[Reminder, Due]] = []  # Not yet in the database.
    for stage, concern in plan.new:
        if stage.key in known:
            continue
        row = Reminder(
            stage_key=stage.key,
            clock=stage.matter.clock.name,
            stage=stage.stage,
            noun=stage.matter.noun,
            object_id=stage.matter.object_id,
            agency_id=concern.agency_id,
            person_id=concern.person_id,
            sentence=sentence(stage, concern.subject)[:_LONGEST],
            stage_on=stage.stage_on,
            due_on=stage.matter.counts_to,
            made_at=actor.at,
        )
        made.append((row, stage))
    rows = add_many(session, [row for row, _ in made])
    return [(row, stage) for row, (_, stage) in zip(rows, made, strict=True)]


def _open(session: Session) -> list[tuple[int, Key]]:
    rows = session.execute(
        select(Reminder.id, Reminder.noun, Reminder.object_id, Reminder.clock).where(
            Reminder.settled_at.is_(None)
        )
    )
    return [(number, (noun, object_id, clock)) for number, noun, object_id, clock in rows]


def _settle(
    session: Session, plan: _Plan, made: Iterable[tuple[Reminder, Due]], actor: Actor
) -> int:
    """Of one matter only the latest stage stays open, and none when it is done, replaced or gone;
    returns how many ended for that second reason.
    """
    new = [(row.id, (row.noun, row.object_id, row.clock)) for row, _ in made]
    latest = {key: number for number, key in new}
    rows = [*plan.before, *new]
    _close(session, [number for number, key in rows if latest.get(key, number) != number], actor)
    last = [(number, key) for number, key in rows if latest.get(key, number) == number]
    return _close(session, [number for number, key in last if key not in plan.waiting], actor)


def _close(session: Session, numbers: Sequence[int], actor: Actor) -> int:
    """Close those that are still open; returns how many."""
    closed = 0
    for start in range(0, len(numbers), 500):
        answer = session.execute(
            update(Reminder)
            .where(Reminder.id.in_(numbers[start : start + 500]), Reminder.settled_at.is_(None))
            .values(settled_at=actor.at)
            .execution_options(synchronize_session=False)
        )
        closed += cast("CursorResult[Any]", answer).rowcount
    return closed


# Whom to tell ---------------------------------------------------------------------------------


def _queue(session: Session, made: Sequence[tuple[Reminder, Due]]) -> int:
    """E-mails to send: for each reminder the addresses of those whom its stage concerns."""
    if not made:
        return 0
    paths = agency_paths(session, {row.agency_id for row, _ in made})
    offices = _offices(session)
    own = _addresses(session, {row.person_id for row, _ in made if row.person_id is not None})
    letters: list[ReminderDelivery] = []
    for row, stage in made:
        told: set[str] = set()
        for audience in stage.audiences:
            if audience is Audience.SUBSCRIBER:
                address = own.get(row.person_id or 0)
                told |= {address} if address else set()
            else:
                told |= _nearest(offices.get(_ROLES[audience], {}), paths[row.agency_id])
        letters += [
            ReminderDelivery(reminder_id=row.id, channel=EMAIL, recipient=address)
            for address in sorted(told)
        ]
    return len(add_many(session, letters))


def _offices(session: Session) -> Mapping[Role, Mapping[str, set[str]]]:
    """Addresses of the people who hold these roles, by the path of the agency they work for."""
    rows = session.execute(
        select(UserRole.role, Agency.path, Person.email)
        .join(User, User.id == UserRole.user_id)
        .join(Person, Person.id == User.person_id)
        .join(Agency, Agency.id == UserRole.agency_id)
        .where(
            UserRole.role.in_(_ROLES.values()),
            User.is_active,
            Person.email.is_not(None),
            Person.left_on.is_(None),
        )
    )
    found: dict[Role, dict[str, set[str]]] = {}
    for role, path, address in rows:
        if address:
            found.setdefault(role, {}).setdefault(path, set()).add(address)
    return found


def _nearest(by_path: Mapping[str, set[str]], path: str) -> set[str]:
    """Those of the agency itself, or of the nearest above it that has anybody."""
    parts = path.strip("/").split("/")
    for length in range(len(parts), 0, -1):
        here = by_path.get("/" + "/".join(parts[:length]) + "/")
        if here:
            return set(here)
    return set()


def _addresses(session: Session, ids: Collection[int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        rows = session.execute(
            select(Person.id, Person.email).where(
                Person.id.in_(wanted[start : start + 500]),
                Person.email.is_not(None),
                Person.left_on.is_(None),
            )
        )
        found |= {number: address for number, address in rows if address}
    return found


def mark_printed(session: Session, *, actor: Actor, reminder_ids: Sequence[int]) -> None:
    """Write down that notices about these reminders were printed for their subscribers."""
    with transaction(session):
        rows = session.scalars(select(Reminder).where(Reminder.id.in_(reminder_ids))).all()
        for row in rows:
            who = f"person/{row.person_id}"
            if not any(one.channel == PRINTED and one.recipient == who for one in row.deliveries):
                row.deliveries.append(
                    ReminderDelivery(channel=PRINTED, recipient=who, sent_at=actor.at)
                )
        audit.record(
            session,
            "reminder.printed",
            actor=actor,
            noun=NOUN,
            object_id=actor.today.isoformat(),
            reminders=[row.id for row in rows],
        )
