"""The rows that change hands in a reorganisation: people, positions, addresses, accounts.

Three thousand people go over in one act, so every table is written in a fixed number of statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session, joinedload

from audit import Actor
from models import Agency, Certificate, Device, Person, PersonEmail, Position, System, UserRole
from operations import accounts, agency_moves
from operations.reorganisation_scope import Scope
from rules.agency_changes import new_email
from rules.certificates import SubscriberKind
from rules.devices import DeviceState

_STAY = (DeviceState.RETURNED_TO_CA, DeviceState.LOST)


@dataclass
class Moved:
    """What went over, for the log and the page; `authorities` lost the right to sign letters,
    `emails_kept` could not be given the new address.
    """

    people: int = 0
    devices: int = 0
    certificates: int = 0
    emails: int = 0
    authorities: list[str] = field(default_factory=list)
    emails_kept: list[str] = field(default_factory=list)
    renamed_codes: int = 0


def move_people(
    session: Session, people: Sequence[Person], to: Agency, left: Sequence[int], on: date
) -> Moved:
    """Give people to another agency, with their positions there under the same titles.

    `left`: the agencies whose positions end. The right to sign letters does not go along: who signs
    for the new agency is for its own decision.
    """
    found = Moved(people=len(people))
    if not people:
        return found
    found.renamed_codes = agency_moves.free_staff_numbers(session, people, to)
    ids = [one.id for one in people]
    held = session.execute(
        select(Position, Person.full_name)
        .join(Person, Person.id == Position.person_id)
        .where(
            Position.person_id.in_(ids),
            Position.agency_id.in_(list(left)),
            Position.until_on.is_(None),
        )
    ).all()
    eve = on - timedelta(days=1)
    rows = []
    for position, name in held:
        position.until_on = max(eve, position.from_on)
        if position.authority is not None:
            found.authorities.append(f"{name} ({position.title})")
        rows.append(
            {
                "person_id": position.person_id,
                "agency_id": to.id,
                "title": position.title,
                "is_primary": position.is_primary,
                "from_on": on,
            }
        )
        position.is_primary = False
    for one in people:
        one.agency_id = to.id
        one.version += 1
    session.flush()
    if rows:
        session.execute(insert(Position).execution_options(render_nulls=True), rows)
    return found


def change_addresses(
    session: Session, people: Sequence[Person], domain: str, on: date, found: Moved
) -> None:
    """New official addresses under another domain; the old ones stay in the history.

    An address that somebody else has, or that began later than the change, is left as it is and
    named.
    """
    wanted = {one.id: new_email(one.email or "", domain) for one in people}
    wanted = {number: address for number, address in wanted.items() if address}
    if not wanted:
        return
    taken = set(
        session.scalars(
            select(Person.email).where(
                Person.email.in_(set(wanted.values())), Person.left_on.is_(None)
            )
        )
    )
    current = {
        row.person_id: row
        for row in session.scalars(
            select(PersonEmail).where(
                PersonEmail.person_id.in_(wanted), PersonEmail.until_on.is_(None)
            )
        )
    }
    eve, rows = on - timedelta(days=1), []
    for person in people:
        address, old = wanted.get(person.id, ""), current.get(person.id)
        if not address:
            continue
        if address in taken or (old is not None and old.from_on > eve):
            found.emails_kept.append(f"{person.full_name} ({person.email})")
            continue
        taken.add(address)
        if old is not None:
            old.until_on = eve
        else:  # Since when it was used is not known; that it was used until then is.
            rows.append(_address(person.id, person.email or "", eve, eve))
        rows.append(_address(person.id, address, on, None))
        person.email = address
        found.emails += 1
    session.flush()
    if rows:
        session.execute(insert(PersonEmail).execution_options(render_nulls=True), rows)


def move_things(session: Session, actor: Actor, scope: Scope, to: Agency, found: Moved) -> None:
    """Certificates of people and systems, and devices, go to the new agency.

    The old agency's own certificates and the tokens they are on stay in its books until they are
    revoked and returned.
    """
    going = [one.id for one in scope.certificates if one.kind is not SubscriberKind.ORGANISATION]
    agency_moves.move_certificates(session, going, to.id)
    found.certificates = len(going)
    own = select(Certificate.device_id).where(
        Certificate.agency_id.in_(scope.inside_ids),
        Certificate.kind == SubscriberKind.ORGANISATION,
        Certificate.device_id.is_not(None),
    )
    devices = session.scalars(
        select(Device)
        .where(
            Device.agency_id.in_(scope.inside_ids),
            Device.state.not_in(_STAY),
            Device.id.not_in(own),
        )
        .options(joinedload(Device.holder))
        .order_by(Device.id)
    ).all()
    taken = len(agency_moves.taken_codes(session, devices, to)) if devices else 0
    found.renamed_codes += taken
    reason = f"Sắp xếp cơ quan: {scope.agency.name}"
    found.devices = agency_moves.move_devices(
        session, actor, devices, to, on=scope.plan.effective_on, reason=reason
    )
    session.execute(
        update(System)
        .where(System.agency_id.in_(scope.inside_ids))
        .values(agency_id=to.id)
        .execution_options(synchronize_session=False)
    )


def move_grants(session: Session, actor: Actor, scope: Scope, to: Agency) -> int:
    """Roles over the old agency become roles over the new one; each account is in the log."""
    users = {one.user_id for one in scope.grants}
    if not users:
        return 0
    there = {
        (row.user_id, row.role)
        for row in session.execute(
            select(UserRole.user_id, UserRole.role).where(
                UserRole.agency_id == to.id, UserRole.user_id.in_(users)
            )
        )
    }
    doubles, changed = [], dict[int, list[str]]()
    for grant in scope.grants:
        said = changed.setdefault(grant.user_id, [])
        said.append(f"revoke {grant.role.name}:{grant.agency_id}")
        if (grant.user_id, grant.role) in there:
            doubles.append(grant.id)
            continue
        there.add((grant.user_id, grant.role))
        said.append(f"grant {grant.role.name}:{to.id}")
        grant.agency_id = to.id
    session.flush()
    if doubles:
        session.execute(delete(UserRole).where(UserRole.id.in_(doubles)))
    for user in {one.user_id: one.user for one in scope.grants}.values():
        user.version += 1
        accounts.record_for(session, "account.changed", actor, user, changed=changed[user.id])
    return len(users)


def _address(person_id: int, email: str, from_on: date, until_on: date | None) -> dict[str, object]:
    return {"person_id": person_id, "email": email, "from_on": from_on, "until_on": until_on}
