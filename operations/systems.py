"""Thiết bị, dịch vụ, phần mềm that have, or are to get, a certificate of their own (Mẫu số 03)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, Person, System
from operations.transactions import Refused, expect_version, transaction
from rules.devices import DeviceKind
from rules.names import clean_name, fold, text_key
from rules.systems import SystemKind

NOUN = "system"


@dataclass(frozen=True)
class Particulars:
    """What Mẫu số 03 asks about one, and who keeps its key; `edition`: version, domain, address."""

    agency_id: int
    name: str
    kind: SystemKind
    edition: str = ""
    email: str = ""
    key_store: DeviceKind | None = None
    keeper_id: int | None = None
    ended_on: date | None = None


def create(session: Session, *, actor: Actor, particulars: Particulars) -> int:
    """Enter one; returns its number. Raises `Refused` without a name, or for a name taken."""
    with transaction(session):
        row = System(agency_id=particulars.agency_id, name="", name_fold="", sort_key="")
        _write(session, row, particulars)
        session.add(row)
        session.flush()  # The event names its number.
        _record(session, "system.created", actor, row, kind=row.kind.name)
        return row.id


def change(
    session: Session, *, actor: Actor, system_id: int, version: int, particulars: Particulars
) -> bool:
    """Correct what is written; returns whether anything changed. Raises `Refused`, `Conflict`."""
    with transaction(session):
        row = session.scalars(select(System).where(System.id == system_id).with_for_update()).one()
        expect_version(row, version)
        changed = _write(session, row, particulars)
        if not changed:
            return False
        row.version += 1
        _record(session, "system.changed", actor, row, changed=sorted(changed))
        return True


def _write(session: Session, row: System, wanted: Particulars) -> list[str]:
    name = clean_name(wanted.name)
    if not name:
        raise Refused("Nhập tên thiết bị, dịch vụ hoặc phần mềm.")
    same = session.scalars(
        select(System.id).where(
            System.agency_id == wanted.agency_id, System.name_fold == fold(name)
        )
    ).all()
    if set(same) - {row.id}:
        raise Refused("Cơ quan đã có thiết bị, dịch vụ, phần mềm tên này trong sổ.")
    agency = session.get_one(Agency, wanted.agency_id)
    if wanted.keeper_id is not None:
        keeper = session.get(Person, wanted.keeper_id)
        if keeper is None or not keeper.agency.path.startswith(_top(agency)):
            raise Refused("Người quản lý phải thuộc cơ quan này.")
    values = {
        "agency_id": agency.id,
        "name": name,
        "name_fold": fold(name),
        "sort_key": text_key(name),
        "kind": wanted.kind,
        "edition": wanted.edition.strip(),
        "email": wanted.email.strip().lower() or None,
        "key_store": wanted.key_store,
        "keeper_id": wanted.keeper_id,
        "ended_on": wanted.ended_on,
    }
    changed = [key for key, value in values.items() if getattr(row, key) != value]
    for key in changed:
        setattr(row, key, values[key])
    return [key for key in changed if key not in ("name_fold", "sort_key")]


def _top(agency: Agency) -> str:
    """The path of the body that the unit belongs to: its sender, or itself."""
    above = agency.parent
    return agency.path if agency.has_own_seal or above is None else above.path


def _record(
    session: Session, event: str, actor: Actor, row: System, /, **body: audit.Value
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )
