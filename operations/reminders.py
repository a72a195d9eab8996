"""Nhắc việc: makes what is due, once; says whom to tell; notes what is settled.

The ledger keeps one row for each stage of each matter (`stage_key`), and the last day that was
asked about: after ten days of downtime exactly the stages that were missed are made, once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update
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
from rules.reminders import Audience, due, sentence
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


def run(session: Session, *, actor: Actor, law: Law, email: bool) -> Made:
    """Make every reminder that began since the last run, today included; one transaction.

    `email`: also put e-mails into the queue for whoever has an address. A second run on the same
    day makes nothing new.
    """
    today = actor.today
    with transaction(session):
        last = settings.value_of(session, LAST_DAY)
        since = date.fromisoformat(last) if last else today - timedelta(days=1)
        since = min(since, today)
        found = concerns(session, law=law, since=since, until=today)
        known_until = since if last else None
        found = late_comers(session, found, since=known_until, until=today)
        rows = _make(session, found, since, actor)
        settled = _settle(session, found, actor)  # Also what began and ended while nothing ran.
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


def _make(
    session: Session, found: Sequence[Concern], since: date, actor: Actor
) -> list[tuple[Reminder, Due]]:
    """Rows for the stages that are due and that the ledger does not have yet."""
    by_matter = {id(one.matter): one for one in found}
    stages = due((one.matter for one in found), since=since, until=actor.today)
    keys = [stage.key for stage in stages]
    known: set[str] = set()
    for start in range(0, len(keys), 500):  # SQLite takes so many values in one statement
        part = keys[start : start + 500]
        known |= set(
            session.scalars(select(Reminder.stage_key).where(Reminder.stage_key.in_(part)))
        )
    made: list[tuple[Reminder, Due]] = []  # Not yet in the database.
    for stage in stages:
        if stage.key in known:
            continue
        known.add(stage.key)
        concern = by_matter[id(stage.matter)]
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
    kept = [(row, stage) for row, (_, stage) in zip(rows, made, strict=True)]
    _supersede(session, kept, actor)
    return kept


def _supersede(session: Session, made: Iterable[tuple[Reminder, Due]], actor: Actor) -> None:
    """Of one matter only the latest stage stays open."""
    latest = {(row.noun, row.object_id, row.clock): row.id for row, _ in made}
    new = set(latest.values())
    for row in _open(session):
        newer = latest.get((row.noun, row.object_id, row.clock))
        if newer is not None and row.id != newer and (row.id not in new):
            row.settled_at = actor.at


def _open(session: Session) -> list[Reminder]:
    return list(session.scalars(select(Reminder).where(Reminder.settled_at.is_(None))))


def _settle(session: Session, found: Iterable[Concern], actor: Actor) -> int:
    """Close what no longer waits: its matter is done, replaced or gone."""
    today = actor.today
    waiting = {
        (one.matter.noun, one.matter.object_id, one.matter.clock.name)
        for one in found
        if (one.matter.settled_on is None or one.matter.settled_on > today)
        and (one.matter.ends_on is None or one.matter.ends_on >= today)
    }
    done = [row.id for row in _open(session) if (row.noun, row.object_id, row.clock) not in waiting]
    for start in range(0, len(done), 500):
        session.execute(
            update(Reminder)
            .where(Reminder.id.in_(done[start : start + 500]))
            .values(settled_at=actor.at)
        )
    return len(done)


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
