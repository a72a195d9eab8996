"""People, devices and certificates that go over from one agency to another, in bulk.

The history of a device's places is its moves (`custody_move`); a person's is the positions. What is
unique in one agency may be taken in the other: then the agency's code is added, and the old code of
a device is kept in its note, for it is printed on the label.
"""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import Actor
from models import Agency, Certificate, Device, Person
from operations import custody, search
from operations.transactions import Refused
from rules.lifecycle import CustodyAct, IllegalMove, move_of

_LONGEST_CODE = 40


def move_devices(
    session: Session,
    actor: Actor,
    devices: Sequence[Device],
    to: Agency,
    *,
    on: date,
    reason: str,
) -> int:
    """Book the devices over to another agency; whoever holds each keeps it.

    What was returned to the authority or has no way to be moved stays where it is. Returns how many
    went. Inside the caller's transaction, in a fixed number of statements.
    """
    going = [one for one in devices if one.agency_id != to.id and _may_go(one)]
    if not going:
        return 0
    going = custody.load_all(session, [one.id for one in going])  # with their holders
    give_free_codes(session, going, to)
    how = custody.Circumstances(min(on, actor.today), agency_id=to.id, reason=reason)
    custody.apply_all(session, actor, going, CustodyAct.TRANSFER, how)
    return len(going)


def move_certificates(session: Session, certificate_ids: Collection[int], to_id: int) -> None:
    """Let another agency manage these certificates; one statement."""
    session.execute(
        update(Certificate)
        .where(Certificate.id.in_(list(certificate_ids)))
        .values(agency_id=to_id, version=Certificate.version + 1)
        .execution_options(synchronize_session=False)
    )


def taken_codes(session: Session, devices: Sequence[Device], to: Agency) -> set[str]:
    """Which internal codes of these devices are used in the other agency already."""
    wanted = {one.internal_code for one in devices}
    return set(
        session.scalars(
            select(Device.internal_code).where(
                Device.agency_id == to.id, Device.internal_code.in_(wanted)
            )
        )
    )


def give_free_codes(session: Session, devices: Sequence[Device], to: Agency) -> int:
    """Change the internal codes that would stand twice in the new agency; returns how many."""
    used = set(session.scalars(select(Device.internal_code).where(Device.agency_id == to.id)))
    codes = _codes(session, {one.agency_id for one in devices})
    changed = 0
    for device in devices:
        code = device.internal_code
        if code in used:
            device.internal_code = _free(code, codes[device.agency_id], device.id, used)
            device.note = f"{device.note}\nMã quản lý trước khi chuyển: {code}".strip()
            changed += 1
        used.add(device.internal_code)
    return changed


def _codes(session: Session, agency_ids: Collection[int]) -> dict[int, str]:
    """The codes of agencies by their numbers."""
    wanted = select(Agency.id, Agency.code).where(Agency.id.in_(agency_ids))
    return {row.id: row.code for row in session.execute(wanted)}


def free_staff_numbers(session: Session, people: Sequence[Person], to: Agency) -> int:
    """The same for staff numbers; returns how many were changed."""
    used = set(session.scalars(select(Person.staff_number).where(Person.agency_id == to.id)))
    codes = _codes(session, {one.agency_id for one in people})
    changed = 0
    for person in people:
        number = person.staff_number
        if number is None:
            continue
        if number in used:
            person.staff_number = _free(number, codes[person.agency_id], person.id, used)
            changed += 1
        used.add(person.staff_number)
    return changed


def refuse_taken_staff_number(session: Session, person: Person, to: Agency) -> None:
    """A single person keeps their number; somebody must say which of two is right.

    Raises `Refused` when the other agency has given it already.
    """
    if person.staff_number is None:
        return
    taken = session.scalar(
        select(Person.full_name).where(
            Person.agency_id == to.id, Person.staff_number == person.staff_number
        )
    )
    if taken is not None:
        raise Refused(
            f"Mã số cán bộ {person.staff_number} đã được {to.name} ghi cho {taken}. Hãy sửa mã của "
            "một trong hai người rồi tiếp nhận."
        )


def reindex_people(session: Session, people: Sequence[Person]) -> None:
    """Search terms of many people and of what they hold, in a fixed number of statements."""
    by_id = {one.id: one for one in people}
    search.reindex_many(
        session, search.PERSON, {one.id: search.terms_of_person(one) for one in people}
    )
    held = session.scalars(select(Device).where(Device.holder_id.in_(list(by_id)))).all()
    terms = {one.id: search.terms_of_device(one, by_id[one.holder_id or 0]) for one in held}
    search.reindex_many(session, search.DEVICE, terms)


def _may_go(device: Device) -> bool:
    try:
        move_of(device.kind, device.state, CustodyAct.TRANSFER)
    except IllegalMove:
        return False
    return True


def _free(code: str, agency_code: str, number: int, used: set[str | None] | set[str]) -> str:
    """The code with the old agency's code behind it, or with the row's number if that is taken."""
    for tail in (agency_code, str(number)):
        found = f"{code[: _LONGEST_CODE - len(tail) - 1]}-{tail}"[:_LONGEST_CODE]
        if found not in used:
            return found
    raise Refused(f"Mã {code} có ở cả hai cơ quan và không đổi tự động được. Hãy sửa trước.")
