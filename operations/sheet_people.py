"""Importing people from a list: against the register, into it in bulk, and out again.

Only gaps are filled by themselves; other values change where a person chose to. Nobody is moved,
closed or given to another agency here: that is a staff change.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from audit import Actor
from models import Device, Person, PersonEmail, Position, SearchTerm
from operations import search
from operations.sheet_person_matching import Keys, Known, People, current_titles
from operations.sheet_rows import (
    Place,
    Row,
    SoFar,
    chunks,
    patch,
    put,
    put_numbered,
    shown_day,
)
from operations.sheet_undo import refuse_changed, refuse_dependants
from operations.transactions import Refused
from rules.names import fold, sort_key
from rules.sheet_imports import RowVerdict

NOUN = "person"
KEYS = Keys(staff_number="staff_number", birth_on="birth_on")
_PLAIN = ("full_name", "staff_number", "phone", "citizen_id_issued_by")
_DAYS = ("birth_on", "citizen_id_issued_on")
_OWN = frozenset({"person_email", "position"})
"""Tables whose rows come and go with a person that an import added."""


class _Named(NamedTuple):
    """What search reads of a person."""

    full_name: str
    staff_number: str | None
    email: str | None


# Against the register -----------------------------------------------------------------------------


def check(session: Session, place: Place, rows: Sequence[Row], so_far: SoFar) -> None:
    """Give each row its verdict against the register, in a fixed number of statements per 5,000."""
    people = People.of(session, place, rows, KEYS)
    titles = current_titles(session, people.by_id)
    for row in rows:
        unit = place.place_of(row)
        if row.blocked or unit is None:
            row.verdict = RowVerdict.PROBLEM
            continue
        row.said["agency_id"] = unit
        found = people.meant(row, KEYS, unit)
        if found is not None:
            if (first := so_far.seen.setdefault(found.id, row.number)) != row.number:
                row.complain("full_name", f"Cùng một người với dòng {first}. Hãy bỏ một dòng.")
                continue
            _compare(row, found, place, titles.get(found.id, []))
        elif row.verdict is RowVerdict.NEW:
            _refuse_second_number(row, unit, so_far.taken)


def _refuse_second_number(row: Row, unit: int, taken: dict[str, int]) -> None:
    number = row.text("staff_number")
    if number and (first := taken.setdefault(f"{unit}/{number}", row.number)) != row.number:
        row.complain("staff_number", f"Trùng mã số cán bộ với dòng {first}. Hãy xem lại.")


def _compare(row: Row, found: Known, place: Place, titles: Sequence[str]) -> None:
    row.object_id = found.id
    row.verdict = RowVerdict.SAME
    for key in (*_PLAIN, "email"):
        new, old = row.text(key), getattr(found, key) or ""
        if new and new != old:
            row.differ(key, old, new)
    for key in _DAYS:
        day, before = row.day(key), getattr(found, key)
        if day and day != before:
            row.differ(key, shown_day(before), shown_day(day))
    if row.text("citizen_id_hash") and not found.citizen_id_hash:
        row.differ("citizen_id", "", f"•••{row.text('citizen_id_tail')}")
    title = row.text("title")
    if title and fold(title) not in {fold(one) for one in titles}:
        row.differ("title", "; ".join(titles), title)
    if row.text("agency_name") and row.said["agency_id"] != found.agency_id:
        row.complain(
            "agency_name",
            f"Sổ đang ghi người này ở {place.names[found.agency_id]}. Nhập Excel không chuyển đơn "
            "vị; hãy ghi ở mục Biến động nhân sự.",
            blocks=False,
        )


# Into the register --------------------------------------------------------------------------------


def commit(
    session: Session, actor: Actor, place: Place, rows: Sequence[Row], overwrite: Sequence[str]
) -> None:
    """Write new people and the taken fields of known ones; each written row learns its object."""
    new = [row for row in rows if row.verdict is RowVerdict.NEW]
    _add(session, actor, place, new)
    changed = [(row, taken) for row in rows if row.verdict is RowVerdict.CHANGED
               if (taken := row.taken(overwrite))]  # fmt: skip
    _change(session, actor, place, changed)


def _add(session: Session, actor: Actor, place: Place, rows: Sequence[Row]) -> None:
    if not rows:
        return
    values = [_values(row) for row in rows]
    numbers = put_numbered(session, Person, values)
    terms: list[dict[str, object]] = []
    sealed: list[dict[str, Any]] = []
    emails: list[dict[str, Any]] = []
    offices: list[dict[str, Any]] = []
    for row, one, number in zip(rows, values, numbers, strict=True):
        row.object_id, row.object_version, row.noun = number, 1, NOUN
        words = [word for word in one["search_text"].split(" ") if word]
        terms += search.rows_for(search.PERSON, number, words)
        if row.text("citizen_id_hash"):
            sealed.append(_sealed(place, row, number))
        if one["email"]:
            emails.append({"person_id": number, "email": one["email"], "from_on": actor.today})
        if row.text("title"):
            offices.append(_office(row, number, actor.today, is_primary=True))
    for model, added in ((SearchTerm, terms), (PersonEmail, emails), (Position, offices)):
        put(session, model, added)
    patch(session, Person, sealed)


def _values(row: Row) -> dict[str, Any]:
    name = row.text("full_name")
    folded, sorting = row.name_keys("full_name")
    values: dict[str, Any] = {key: row.text(key) or None for key in _PLAIN}
    values |= {key: row.day(key) for key in _DAYS}
    values |= {
        "agency_id": row.said["agency_id"],
        "full_name": name,
        "name_fold": folded,
        "sort_key": sorting,
        "email": row.text("email") or None,
        "version": 1,
    }
    named = _Named(name, values["staff_number"], values["email"])
    terms = search.terms_of_person(named)  # type: ignore[arg-type] # all it reads of a person
    values["search_text"] = search.text_of(terms)
    return values


def _sealed(place: Place, row: Row, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "citizen_id_cipher": place.citizen_ids.seal(clear_citizen_id(place, row), number),
        "citizen_id_hash": row.text("citizen_id_hash"),
    }


def clear_citizen_id(place: Place, row: Row) -> str:
    """The citizen id of a row, opened for the moment of writing it."""
    sealed = bytes.fromhex(row.text("citizen_id"))
    return place.citizen_ids.open_bytes(sealed, f"sheet/{row.number}").decode()


def _office(row: Row, person_id: int, today: date, *, is_primary: bool) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "agency_id": row.said["agency_id"],
        "title": row.text("title"),
        "is_primary": is_primary,
        "from_on": row.day("position_from_on") or today,
    }


def _change(
    session: Session, actor: Actor, place: Place, rows: Sequence[tuple[Row, list[str]]]
) -> None:
    people = _load(session, [row.object_id or 0 for row, _ in rows])
    for row, taken in rows:
        person = people[row.object_id or 0]
        row.before = _before(person)
        for key in taken:
            _take(actor, place, person, row, key)
        person.version += 1
        row.object_version, row.noun = person.version, NOUN
    session.flush()
    _remember_added(rows, people)
    _reindex(session, list(people.values()))


def _before(person: Person) -> dict[str, Any]:
    """Everything that an import may change of a person, for the way back."""
    cipher = person.citizen_id_cipher
    return {
        **{key: getattr(person, key) for key in (*_PLAIN, "email", "version", "citizen_id_hash")},
        **{key: one.isoformat() if (one := getattr(person, key)) else None for key in _DAYS},
        "citizen_id_cipher": cipher.hex() if cipher else None,
        "emails": {
            str(one.id): one.until_on.isoformat() if one.until_on else None for one in person.emails
        },
        "positions": [one.id for one in person.positions],
    }


def _remember_added(rows: Sequence[tuple[Row, list[str]]], people: dict[int, Person]) -> None:
    for row, _ in rows:
        person = people[row.object_id or 0]
        old = row.before
        row.before = old | {
            "added_emails": [one.id for one in person.emails if str(one.id) not in old["emails"]],
            "added_positions": [
                one.id for one in person.positions if one.id not in old["positions"]
            ],
        }


def _take(actor: Actor, place: Place, person: Person, row: Row, key: str) -> None:
    if key in _DAYS:
        setattr(person, key, row.day(key))
    elif key == "email":
        _take_email(person, row.text("email"), actor.today)
    elif key == "citizen_id":
        for name, value in _sealed(place, row, person.id).items():
            setattr(person, name, value)
    elif key == "title":
        first = not any(one.until_on is None for one in person.positions)
        person.positions.append(Position(**_office(row, person.id, actor.today, is_primary=first)))
    else:
        setattr(person, key, row.text(key))
    if key == "full_name":
        person.name_fold, person.sort_key = fold(person.full_name), sort_key(person.full_name)


def _take_email(person: Person, address: str, today: date) -> None:
    """Another address from today; the old one ends yesterday and stays in the history."""
    yesterday = today - timedelta(days=1)
    current = [one for one in person.emails if one.until_on is None]
    for one in current:
        one.until_on = max(yesterday, one.from_on)
    if person.email and not current:
        person.emails.append(PersonEmail(email=person.email, from_on=yesterday, until_on=yesterday))
    person.emails.append(PersonEmail(email=address, from_on=today))
    person.email = address


def _load(session: Session, ids: Sequence[int]) -> dict[int, Person]:
    found: dict[int, Person] = {}
    for some in chunks(ids):
        rows = session.scalars(
            select(Person)
            .where(Person.id.in_(some))
            .options(selectinload(Person.positions), selectinload(Person.emails))
        )
        found |= {one.id: one for one in rows}
    if len(found) != len(set(ids)):
        raise Refused("Có người không còn trong sổ. Hãy kiểm tra lại tệp.")
    return found


def _reindex(session: Session, people: Sequence[Person]) -> None:
    """Terms of people and of the devices in their hands, which carry their name and sort key."""
    by_id = {one.id: one for one in people}
    for some in chunks(by_id):
        terms = {number: search.terms_of_person(by_id[number]) for number in some}
        search.reindex_many(session, search.PERSON, terms)
        held = session.scalars(select(Device).where(Device.holder_id.in_(some))).all()
        for device in held:
            device.sort_key = by_id[device.holder_id or 0].sort_key
        session.flush()
        named = {one.id: search.terms_of_device(one, by_id[one.holder_id or 0]) for one in held}
        search.reindex_many(session, search.DEVICE, named)


# Out again ----------------------------------------------------------------------------------------


def may_undo(session: Session, import_id: int) -> None:
    """Raise `Refused` naming what stands against taking an import back."""
    refuse_changed(session, Person, import_id)
    refuse_dependants(session, Person, import_id, _OWN)


def undo(session: Session, rows: Sequence[Row]) -> None:
    """Take rows back as if they had never been."""
    new = [row.object_id for row in rows if row.verdict is RowVerdict.NEW and row.object_id]
    for some in chunks(new):
        gone = SearchTerm.noun == search.PERSON, SearchTerm.object_id.in_(some)
        session.execute(delete(SearchTerm).where(*gone))
        for model in (PersonEmail, Position):
            session.execute(delete(model).where(model.person_id.in_(some)))
        session.execute(delete(Person).where(Person.id.in_(some)))
    changed = [row for row in rows if row.verdict is RowVerdict.CHANGED]
    people = _load(session, [row.object_id or 0 for row in changed])
    for row in changed:
        _restore(people[row.object_id or 0], row.before)
    session.flush()
    for model, key in ((PersonEmail, "added_emails"), (Position, "added_positions")):
        for some in chunks(number for row in changed for number in row.before[key]):
            session.execute(delete(model).where(model.id.in_(some)))
    _reindex(session, list(people.values()))


def _restore(person: Person, before: dict[str, Any]) -> None:
    for key in (*_PLAIN, "email", "version", "citizen_id_hash"):
        setattr(person, key, before[key])
    for key in _DAYS:
        setattr(person, key, date.fromisoformat(before[key]) if before[key] else None)
    cipher = before["citizen_id_cipher"]
    person.citizen_id_cipher = bytes.fromhex(cipher) if cipher else None
    person.name_fold, person.sort_key = fold(person.full_name), sort_key(person.full_name)
    for one in person.emails:
        if str(one.id) in before["emails"]:
            until = before["emails"][str(one.id)]
            one.until_on = date.fromisoformat(until) if until else None
