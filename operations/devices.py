"""Devices: entering one into the register, and correcting what describes it.

Who holds a device and where it is in its life changes by acts of custody, not by correction.
"""

from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Device, Person, SearchTerm
from operations import follow_ups, search
from operations.custody import Circumstances, enter
from operations.transactions import Refused, expect_version, transaction
from rules.devices import DeviceKind, DeviceState
from rules.lifecycle import CustodyAct, acts_from
from rules.names import clean_name
from rules.serials import normalise_serial

NOUN = "device"
SERIALS = ("printed_serial", "driver_serial", "notice_serial")
ENTERED_AS = (DeviceState.IN_STOCK, DeviceState.HANDED_OVER, DeviceState.IN_USE)
"""States in which a device may be entered; the others follow from acts on it."""
BEGINNINGS = (
    CustodyAct.RECEIVE,
    CustodyAct.REGISTER_SIM,
    CustodyAct.OPEN_ACCOUNT,
    CustodyAct.OPENING_BALANCE,
)
"""How a device comes into the register; which of them fits is told by its kind and state."""


@dataclass(frozen=True)
class Description:
    """What describes a device. Serials are kept as they are printed or read; "" becomes None."""

    kind: DeviceKind
    internal_code: str = ""
    printed_serial: str = ""
    driver_serial: str = ""
    notice_serial: str = ""
    label: str = ""
    model: str = ""
    generation: str = ""
    phone_number: str = ""
    network: str = ""
    received_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Custody:
    """Where a device is on the day it is entered: with whom, since when, by which minutes."""

    state: DeviceState = DeviceState.IN_STOCK
    holder_id: int | None = None
    handed_over_on: date | None = None
    handover_minutes: str = ""


def add(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    description: Description,
    custody: Custody,
) -> int:
    """Enter a device; returns its number. Without an internal code the next free one is given.

    Raises `Refused` when the code or a serial is taken, or when state and holder do not fit.
    """
    if custody.state not in ENTERED_AS:
        raise Refused(
            "Thiết bị mới ghi vào sổ chỉ có thể trong kho, đã bàn giao hoặc đang sử dụng."
        )
    if (custody.state is DeviceState.IN_STOCK) == (custody.holder_id is not None):
        raise Refused(
            "Thiết bị trong kho thì không có người giữ; thiết bị đã bàn giao hoặc đang sử dụng thì "
            "phải ghi người giữ."
        )
    with transaction(session):
        _refuse_taken_serials(session, description, None)
        holder = session.get(Person, custody.holder_id) if custody.holder_id else None
        row = Device(
            agency_id=agency_id,
            state=custody.state,
            internal_code=_free_code(session, agency_id, description.internal_code),
            holder_id=holder.id if holder else None,
            sort_key=holder.sort_key if holder else "",
            handed_over_on=custody.handed_over_on if holder else None,
            handover_minutes=clean_name(custody.handover_minutes) or None if holder else None,
        )
        _write(row, description)
        session.add(row)
        session.flush()  # The terms and the event name the device by its number.
        search.reindex(session, search.DEVICE, row.id, search.terms_of_device(row, holder))
        _begin(session, actor, row)
        follow_ups.settle_entered(session, actor, [row])
        audit.record(
            session,
            "device.created",
            actor=actor,
            noun=NOUN,
            object_id=row.id,
            agency_id=row.agency_id,
            kind=row.kind.name,
            state=row.state.name,
        )
        return row.id


def _begin(session: Session, actor: Actor, row: Device) -> None:
    """The first move of a device, where the table of moves has such a beginning for its kind."""
    for act in BEGINNINGS:
        if any(one.act is act and one.to is row.state for one in acts_from(row.kind, None)):
            on = row.handed_over_on or row.received_on or actor.today
            enter(session, actor, [row], act, Circumstances(min(on, actor.today)))
            return


def edit(
    session: Session, *, actor: Actor, device_id: int, version: int, description: Description
) -> tuple[str, ...]:
    """Correct what describes a device; returns the names of what changed, empty when nothing did.

    Raises `Conflict` when somebody changed it meanwhile, `Refused` when the code or a serial is
    taken or the code is empty.
    """
    if not description.internal_code.strip():
        raise Refused("Nhập mã quản lý của thiết bị.")
    with transaction(session):
        row = session.get_one(Device, device_id)
        expect_version(row, version)
        _refuse_taken_serials(session, description, row.id)
        _refuse_taken_code(session, row.agency_id, clean_name(description.internal_code), row.id)
        names = [one.name for one in fields(Description)]
        before = {name: getattr(row, name) for name in names}
        _write(row, description)
        row.internal_code = clean_name(description.internal_code)
        changed = tuple(name for name in names if getattr(row, name) != before[name])
        if not changed:
            return ()
        row.version += 1
        session.flush()
        holder = row.holder
        search.reindex(session, search.DEVICE, row.id, search.terms_of_device(row, holder))
        for certificate in row.certificates:
            terms = search.terms_of_certificate(certificate, row)
            search.reindex(session, search.CERTIFICATE, certificate.id, terms)
        audit.record(
            session,
            "device.changed",
            actor=actor,
            noun=NOUN,
            object_id=row.id,
            agency_id=row.agency_id,
            changed=list(changed),
        )
    return changed


def _write(row: Device, description: Description) -> None:
    row.kind = description.kind
    for name in SERIALS:
        setattr(row, name, _serial(getattr(description, name)))
    row.label = clean_name(description.label)
    row.model = clean_name(description.model)
    row.generation = clean_name(description.generation)
    row.phone_number = clean_name(description.phone_number) or None
    row.network = clean_name(description.network)
    row.received_on = description.received_on
    row.note = description.note.strip()


def _serial(typed: str) -> str | None:
    return clean_name(typed) or None


def _free_code(session: Session, agency_id: int, wanted: str) -> str:
    code = clean_name(wanted)
    if code:
        _refuse_taken_code(session, agency_id, code, None)
        return code
    return free_codes(session, agency_id, 1)[0]


def free_codes(session: Session, agency_id: int, count: int) -> list[str]:
    """The next free internal codes of an agency, in two statements."""
    number = (session.scalar(select(func.max(Device.id))) or 0) + 1
    taken = set(session.scalars(select(Device.internal_code).where(Device.agency_id == agency_id)))
    found: list[str] = []
    while len(found) < count:
        code = f"TB-{number:05d}"
        number += 1
        if code not in taken:
            found.append(code)
    return found


def _refuse_taken_code(session: Session, agency_id: int, code: str, own: int | None) -> None:
    found = session.scalar(
        select(Device.id).where(Device.agency_id == agency_id, Device.internal_code == code)
    )
    if found is not None and found != own:
        raise Refused(f"Đơn vị đã có thiết bị mang mã quản lý {code}. Hãy chọn mã khác.")


def _refuse_taken_serials(session: Session, description: Description, own: int | None) -> None:
    """One device, one line: a serial that another device carries already is a mistake."""
    for name in SERIALS:
        typed = getattr(description, name)
        normal = normalise_serial(typed) if typed else ""
        if not normal:
            continue
        found = session.scalars(
            select(Device)
            .join(SearchTerm, SearchTerm.object_id == Device.id)
            .where(SearchTerm.noun == search.DEVICE, SearchTerm.term == normal.lower())
        )
        for other in found:
            carried = {normalise_serial(getattr(other, one) or "") for one in SERIALS}
            if other.id != own and normal in carried:
                raise Refused(
                    f"Số hiệu {typed.strip()} đã có ở một thiết bị khác trong sổ. Hãy tìm theo số "
                    "này trước khi ghi thêm; nếu thiết bị thuộc đơn vị khác thì phải điều chuyển."
                )
