"""People: their particulars, positions and e-mail addresses with history.

Each write keeps the index of search terms and the copies of the sort key on devices in step.
Citizen ids (số định danh cá nhân) pass through `operations.personal` and never reach the log.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

import audit
from audit import Actor
from models import Certificate, Device, Person, PersonEmail, Position
from operations import search
from operations.personal import CitizenIds
from operations.transactions import Refused, expect_version, transaction
from rules.devices import DeviceState
from rules.names import clean_name, fold, nfc, sort_key
from rules.signers import SigningAuthority
from rules.wording import listed

NOUN = "person"
_EMAIL = re.compile(r"[^@\s<>,;\"']+@[^@\s<>,;\"']+\.[^@\s<>,;\"']+")
_OUT_OF_HANDS = (DeviceState.LOST, DeviceState.RETURNED_TO_CA)
_CITIZEN_ID = re.compile(r"\d{12}")
KEEP = object()
"""Stands for a citizen id that was not typed again and stays as it is."""


@dataclass(frozen=True)
class Particulars:
    """What is written about a person besides positions and addresses."""

    agency_id: int
    full_name: str
    staff_number: str = ""
    birth_on: date | None = None
    phone: str = ""
    citizen_id_issued_on: date | None = None
    citizen_id_issued_by: str = ""


@dataclass(frozen=True)
class Office:
    """A position: what, where, since when, and how its holder signs letters."""

    agency_id: int
    title: str
    from_on: date
    authority: SigningAuthority | None = None
    is_primary: bool = True


def create_person(
    session: Session,
    *,
    actor: Actor,
    particulars: Particulars,
    email: str = "",
    office: Office | None = None,
    citizen_id: str = "",
    citizen_ids: CitizenIds,
) -> int:
    """Add a person with a first address and position; returns the person's number.

    Raises `Refused` for an empty name, a staff number, address or citizen id already taken, or one
    that cannot be right.
    """
    with transaction(session):
        person = Person(agency_id=particulars.agency_id)
        _write(session, person, particulars)
        session.add(person)
        session.flush()  # The citizen id is sealed for this number, and the event names it.
        if address := _checked_email(session, email, None):
            person.email = address
            person.emails.append(PersonEmail(email=address, from_on=actor.today))
        if office is not None:
            person.positions.append(_position(office))
        if citizen_id.strip():
            _seal(session, person, citizen_id, citizen_ids)
        session.flush()
        _reindex(session, person)
        audit.record(
            session,
            "person.created",
            actor=actor,
            noun=NOUN,
            object_id=person.id,
            agency_id=person.agency_id,
            agency=person.agency_id,
        )
        return person.id


def change_person(
    session: Session,
    *,
    actor: Actor,
    person_id: int,
    version: int,
    particulars: Particulars,
    citizen_id: str | object = KEEP,
    citizen_ids: CitizenIds,
) -> None:
    """Change particulars; the citizen id only when one was typed ("" removes it).

    Certificates and devices stay with the agency that manages them, wherever the person goes.
    Raises `Refused` as `create_person` does, and `Conflict`.
    """
    with transaction(session):
        person = _load(session, person_id, version)
        changed = _write(session, person, particulars)
        if isinstance(citizen_id, str):
            if citizen_id.strip():
                _seal(session, person, citizen_id, citizen_ids)
            else:
                person.citizen_id_cipher = person.citizen_id_hash = None
            changed.append("citizen_id")
        _finish(session, actor, person, changed)


def change_email(
    session: Session,
    *,
    actor: Actor,
    person_id: int,
    version: int,
    email: str,
    from_on: date,
) -> None:
    """Give the person another official address from a day on; the old one stays in the history.

    Raises `Refused` for the same or an unusable address, one of another person, or a day before the
    present one began; and `Conflict`.
    """
    with transaction(session):
        person = _load(session, person_id, version)
        address = _checked_email(session, email, person.id)
        if not address:
            raise Refused("Hãy nhập địa chỉ thư điện tử công vụ mới.")
        _give_email(person, address, from_on, actor.today)
        _finish(session, actor, person, ["email"])


def change_emails(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    emails: Mapping[int, str],
    from_on: date,
) -> int:
    """Give many people of an agency's list another official address each, all or none.

    `emails` is by number of the person; the list may also exchange addresses between people.
    Returns how many were changed; who has the address already is left alone. Raises `Refused` for
    an unusable address, one of somebody else, or a day before a present address began.
    """
    with transaction(session):
        wanted = {number: nfc(email).strip().lower() for number, email in emails.items()}
        _refuse_bad_list(session, wanted)
        rows = session.scalars(
            select(Person)
            .where(Person.id.in_(wanted))
            .options(selectinload(Person.positions), selectinload(Person.emails))
            .order_by(Person.id)
            .with_for_update()
        )
        people = [person for person in rows if person.email != wanted[person.id]]
        if not people:
            raise Refused("Không có địa chỉ nào thay đổi.")
        for person in people:
            try:
                _give_email(person, wanted[person.id], from_on, actor.today)
            except Refused as error:
                raise Refused(f"{person.full_name}: {error}") from error
            person.version += 1
        session.flush()
        for person in people:
            _reindex(session, person)
        audit.record(
            session,
            "emails.saved",
            actor=actor,
            noun="agency",
            object_id=agency_id,
            agency_id=agency_id,
            people=[person.id for person in people],
        )
        return len(people)


def _refuse_bad_list(session: Session, wanted: Mapping[int, str]) -> None:
    for address in wanted.values():
        if len(address) > 254 or not _EMAIL.fullmatch(address):
            raise Refused(f"Địa chỉ “{address}” không đúng, ví dụ đúng: ten@donvi.gov.vn.")
    if len(set(wanted.values())) < len(wanted):
        twice = next(one for one, count in Counter(wanted.values()).items() if count > 1)
        raise Refused(f"Địa chỉ “{twice}” được chọn cho hai người.")
    taken = session.scalar(
        select(Person.email)
        .where(
            Person.email.in_(set(wanted.values())),
            Person.id.not_in(wanted),
            Person.left_on.is_(None),
        )
        .limit(1)
    )
    if taken is not None:
        raise Refused(f"Địa chỉ “{taken}” đang được ghi cho một cá nhân khác trong sổ.")


def _give_email(person: Person, address: str, from_on: date, today: date) -> None:
    """Close the present address and begin another; the history stays."""
    if address == person.email:
        raise Refused("Địa chỉ này đang được dùng; không có gì để đổi.")
    if from_on > today:
        raise Refused("Ngày bắt đầu dùng không được sau ngày hôm nay.")
    last_day = from_on - timedelta(days=1)
    current = next((row for row in person.emails if row.until_on is None), None)
    if current is not None:
        if current.from_on > last_day:
            raise Refused(
                f"Địa chỉ hiện nay được dùng từ ngày {current.from_on:%d/%m/%Y}; "
                "địa chỉ mới phải bắt đầu sau ngày đó."
            )
        current.until_on = last_day
    elif person.email:
        # Since when it was used is not known; that it was used until then is.
        person.emails.append(PersonEmail(email=person.email, from_on=last_day, until_on=last_day))
    person.emails.append(PersonEmail(email=address, from_on=from_on))
    person.email = address


def add_position(
    session: Session, *, actor: Actor, person_id: int, version: int, office: Office
) -> None:
    """Add a current position; several may be current. Raises `Refused`, `Conflict`."""
    with transaction(session):
        person = _load(session, person_id, version)
        if person.left_on is not None:
            raise Refused("Người này đã nghỉ hoặc chuyển đi nên không thêm chức vụ được.")
        position = _position(office)
        if office.is_primary:
            for other in person.positions:
                other.is_primary = False
        person.positions.append(position)
        _finish(session, actor, person, ["positions"])


def end_position(
    session: Session,
    *,
    actor: Actor,
    person_id: int,
    version: int,
    position_id: int,
    until_on: date,
) -> None:
    """End a position; `until_on` is its last day. Raises `Refused`, `Conflict`."""
    with transaction(session):
        person = _load(session, person_id, version)
        position = next((row for row in person.positions if row.id == position_id), None)
        if position is None or position.until_on is not None:
            raise Refused("Chức vụ này không còn để kết thúc.")
        if until_on < position.from_on:
            raise Refused(f"Ngày cuối không được trước ngày bắt đầu ({position.from_on:%d/%m/%Y}).")
        position.until_on = until_on
        _finish(session, actor, person, ["positions"])


def record_leaving(
    session: Session, *, actor: Actor, person_id: int, version: int, left_on: date | None
) -> None:
    """Write down the person's last day, which ends their positions; None takes it back.

    A change entered with its kind and its consequences is `operations/staff_changes.py`; this is
    for putting the register right. Raises `Refused` for a day to come or while the person still
    holds a device, and `Conflict`.
    """
    with transaction(session):
        person = _load(session, person_id, version)
        if left_on is not None and left_on > actor.today:
            raise Refused("Ngày nghỉ, chuyển đi không được sau ngày hôm nay.")
        if left_on is not None and person.left_on is None:
            refuse_while_in_hands(session, person)
        person.left_on = left_on
        changed = ["left_on"]
        for position in person.positions:
            if left_on is not None and position.until_on is None:
                position.until_on = max(left_on, position.from_on)
                changed = ["left_on", "positions"]
        _finish(session, actor, person, changed)


def show_citizen_id(
    session: Session, *, actor: Actor, person_id: int, citizen_ids: CitizenIds
) -> str:
    """The citizen id in the clear, and the fact that it was shown in the log.

    Raises `Refused` when there is none, `operations.personal.WrongKey` when it does not open.
    """
    with transaction(session):
        person = _load(session, person_id, None)
        if person.citizen_id_cipher is None:
            raise Refused("Chưa ghi số định danh cá nhân của người này.")
        number = citizen_ids.open(person.citizen_id_cipher, person.id)
        audit.record(
            session,
            "person.citizen_id_shown",
            actor=actor,
            noun=NOUN,
            object_id=person.id,
            agency_id=person.agency_id,
        )
        return number


def refuse_while_in_hands(session: Session, person: Person) -> None:
    """Raise `Refused` naming the devices that the register says this person still has."""
    devices = in_hands(
        session.scalars(select(Device).where(Device.holder_id == person.id).order_by(Device.id))
    )
    if devices:
        codes = listed([one.internal_code for one in devices])
        raise Refused(
            f"{person.full_name} còn giữ {len(devices)} thiết bị: {codes}. Hãy thu lại và lập biên "
            "bản, hoặc ghi mất, thất lạc, rồi mới kết thúc được."
        )


def in_hands(devices: Iterable[Device]) -> list[Device]:
    """Those that a person really has, or has to answer for."""
    return [one for one in devices if one.state not in _OUT_OF_HANDS]


def masked(number: str) -> str:
    """A citizen id with all but its last three digits hidden."""
    return "*" * (len(number) - 3) + number[-3:]


def _load(session: Session, person_id: int, version: int | None) -> Person:
    person = session.scalars(
        select(Person)
        .where(Person.id == person_id)
        .options(selectinload(Person.positions), selectinload(Person.emails))
        .with_for_update()
    ).one()
    expect_version(person, version)
    return person


def _write(session: Session, person: Person, particulars: Particulars) -> list[str]:
    """Set the particulars; returns the names of those that changed."""
    name = clean_name(particulars.full_name)
    if not name:
        raise Refused("Hãy nhập họ và tên.")
    values = {
        "agency_id": particulars.agency_id,
        "full_name": name,
        "staff_number": particulars.staff_number.strip() or None,
        "birth_on": particulars.birth_on,
        "phone": particulars.phone.strip() or None,
        "citizen_id_issued_on": particulars.citizen_id_issued_on,
        "citizen_id_issued_by": nfc(particulars.citizen_id_issued_by).strip() or None,
    }
    _refuse_second_staff_number(session, person.id, values["agency_id"], values["staff_number"])
    changed = [key for key, value in values.items() if getattr(person, key) != value]
    for key in changed:
        setattr(person, key, values[key])
    person.name_fold, person.sort_key = fold(name), sort_key(name)
    return changed


def _refuse_second_staff_number(
    session: Session, person_id: int | None, agency_id: object, number: object
) -> None:
    if number is None:
        return
    with session.no_autoflush:
        other = session.scalar(
            select(Person.id).where(
                Person.agency_id == agency_id,
                Person.staff_number == number,
                Person.id != (person_id or 0),
            )
        )
    if other is not None:
        raise Refused(f"Mã số cán bộ {number} đã có trong đơn vị này.")


def _checked_email(session: Session, typed: str, person_id: int | None) -> str:
    address = nfc(typed).strip().lower()
    if not address:
        return ""
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise Refused("Địa chỉ thư điện tử không đúng, ví dụ đúng: ten@donvi.gov.vn.")
    taken = session.scalar(
        select(Person.id).where(
            Person.email == address, Person.id != (person_id or 0), Person.left_on.is_(None)
        )
    )
    if taken is not None:
        raise Refused("Địa chỉ thư điện tử này đang được ghi cho một cá nhân khác trong sổ.")
    return address


def _seal(session: Session, person: Person, typed: str, citizen_ids: CitizenIds) -> None:
    number = "".join(typed.split())
    if not _CITIZEN_ID.fullmatch(number):
        raise Refused("Số định danh cá nhân gồm đúng 12 chữ số.")
    key = citizen_ids.lookup(number)
    taken = session.scalar(
        select(Person.id).where(Person.citizen_id_hash == key, Person.id != person.id)
    )
    if taken is not None:
        raise Refused(
            "Số định danh này đã có trong sổ. Nếu người đó chuyển công tác đến, hãy đề nghị nơi "
            "quản lý cũ chuyển sang đơn vị mới."
        )
    person.citizen_id_cipher = citizen_ids.seal(number, person.id)
    person.citizen_id_hash = key


def _position(office: Office) -> Position:
    title = clean_name(office.title)
    if not title:
        raise Refused("Hãy nhập chức vụ.")
    return Position(
        agency_id=office.agency_id,
        title=title,
        is_primary=office.is_primary,
        authority=office.authority,
        from_on=office.from_on,
    )


def _finish(session: Session, actor: Actor, person: Person, changed: list[str]) -> None:
    """Index again and write the event, unless nothing changed."""
    if not changed:
        return
    person.version += 1
    session.flush()
    _reindex(session, person)
    audit.record(
        session,
        "person.changed",
        actor=actor,
        noun=NOUN,
        object_id=person.id,
        agency_id=person.agency_id,
        changed=sorted(changed),
    )


def _reindex(session: Session, person: Person) -> None:
    """Search terms of the person and of what they hold, and the copied sort key of devices."""
    search.reindex(session, search.PERSON, person.id, search.terms_of_person(person))
    for device in session.scalars(select(Device).where(Device.holder_id == person.id)):
        device.sort_key = person.sort_key
        search.reindex(session, search.DEVICE, device.id, search.terms_of_device(device, person))
    owned = select(Certificate).where(Certificate.person_id == person.id)
    for row in session.scalars(owned.options(joinedload(Certificate.device))):
        terms = search.terms_of_certificate(row, row.device)
        search.reindex(session, search.CERTIFICATE, row.id, terms)
