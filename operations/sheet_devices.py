"""Importing devices from a list. One already in use enters as what it is: "đang sử dụng, chưa có
biên bản", by the opening act of the lifecycle. Who holds a known device never changes here: that
is a handover or a correction, with its paper.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from audit import Actor
from models import Certificate, Device, Person, SearchTerm
from operations import custody, follow_ups, search
from operations.devices import SERIALS
from operations.sheet_device_matching import Devices
from operations.sheet_person_matching import Keys, People
from operations.sheet_rows import (
    CHUNK,
    Place,
    Row,
    SoFar,
    chunks,
    same_text,
    shown_day,
)
from operations.sheet_undo import added, refuse_changed, refuse_dependants
from rules.devices import DeviceKind, DeviceState
from rules.lifecycle import CustodyAct, IllegalMove, move_of
from rules.names import clean_name
from rules.serials import normalise_serial
from rules.sheet_imports import RowVerdict
from schema.custody import CustodyMove
from schema.daily import SheetImportRow

NOUN = "device"
HOLDER = Keys(name="holder_name", email="holder_email", citizen_hash="holder_citizen_id_hash")
_PLAIN = ("label", "model", "generation", "phone_number", "network", "note")
_ENTRIES = {
    (DeviceKind.SIM_PKI, DeviceState.HANDED_OVER): CustodyAct.REGISTER_SIM,
    (DeviceKind.CENTRAL, DeviceState.IN_USE): CustodyAct.OPEN_ACCOUNT,
}
REASON = "Nhập từ Excel"


# Against the register -----------------------------------------------------------------------------


def check(session: Session, place: Place, rows: Sequence[Row], so_far: SoFar) -> None:
    """Give each row its verdict against the register, in a fixed number of statements per 5,000."""
    devices = Devices.of(session, place, rows, SERIALS, "internal_code")
    people = People.of(session, place, rows, HOLDER)
    for row in rows:
        unit = place.place_of(row)
        if row.blocked or unit is None:
            row.verdict = RowVerdict.PROBLEM
            continue
        device = devices.meant(row, SERIALS, "internal_code", unit)
        if row.verdict is RowVerdict.PROBLEM:
            continue
        row.said["agency_id"] = unit
        if device is not None:
            if (first := so_far.seen.setdefault(device.id, row.number)) != row.number:
                row.complain("printed_serial", f"Cùng một thiết bị với dòng {first}.")
            else:
                _compare(row, device)
            continue
        _check_new(row, people, unit)
        code = clean_name(row.text("internal_code"))
        if code and (first := so_far.taken.setdefault(f"{unit}/{code}", row.number)) != row.number:
            row.complain("internal_code", f"Trùng mã quản lý với dòng {first}. Hãy xem lại.")


def _compare(row: Row, device: Device) -> None:
    row.object_id = device.id
    row.verdict = RowVerdict.SAME
    for key in SERIALS:
        new, old = row.text(key), getattr(device, key) or ""
        if new and normalise_serial(new) != normalise_serial(old):
            row.differ(key, old, new)
    for key in _PLAIN:
        new, old = row.text(key), getattr(device, key) or ""
        if new and clean_name(new) != clean_name(old):
            row.differ(key, old, new)
    received = row.day("received_on")
    if received and received != device.received_on:
        row.differ("received_on", shown_day(device.received_on), shown_day(received))
    _compare_handover(row, device)


def _compare_handover(row: Row, device: Device) -> None:
    """The day and number of minutes fit only the holder that the register has."""
    named = row.text("holder_email") or row.text("holder_name")
    if not named:
        return
    holder = device.holder
    same = holder is not None and (
        row.text("holder_email") == (holder.email or "")
        if row.text("holder_email") and holder.email
        else same_text(row.text("holder_name"), holder.full_name)
    )
    if not same:
        row.complain(
            "holder_name",
            "Người giữ trong tệp khác với sổ. Nhập Excel không đổi người giữ; hãy bàn giao, thu "
            "hồi hoặc đính chính trên trang của thiết bị.",
            blocks=False,
        )
        return
    day, minutes = row.day("handed_over_on"), row.text("handover_minutes")
    if day and day != device.handed_over_on:
        row.differ("handed_over_on", shown_day(device.handed_over_on), shown_day(day))
    if minutes and minutes != (device.handover_minutes or ""):
        row.differ("handover_minutes", device.handover_minutes or "", minutes)


def _check_new(row: Row, people: People, unit: int) -> None:
    named = any(row.text(key) for key in (HOLDER.name, HOLDER.email, HOLDER.citizen_hash))
    if named:
        holder = people.holder(row, HOLDER, unit)
        if row.verdict is not RowVerdict.NEW:
            return
        if holder is None:
            row.complain(
                "holder_name",
                "Chưa có người này trong sổ của đơn vị. Hãy nhập danh sách cán bộ trước, rồi bấm "
                "“Kiểm tra lại”.",
            )
            return
        row.said["holder_id"] = holder.id
        row.remark = row.remark or f"Người giữ: {people.described(holder)}."
    kind, state = _kind(row), _state(row, named)
    if (state is DeviceState.IN_STOCK) == named:
        row.complain("state", "Trong kho thì không có người giữ; đang sử dụng thì phải có.")
        return
    try:
        move_of(kind, None, entry_of(kind, state))
    except IllegalMove as error:
        row.complain("state", error.message)


def _kind(row: Row) -> DeviceKind:
    return DeviceKind[row.text("kind") or "PKI_TOKEN"]


def _state(row: Row, has_holder: bool) -> DeviceState:
    if row.text("state"):
        return DeviceState[row.text("state")]
    return DeviceState.IN_USE if has_holder else DeviceState.IN_STOCK


def entry_of(kind: DeviceKind, state: DeviceState) -> CustodyAct:
    """The act by which a device of this kind first comes into the register."""
    if (kind, state) in _ENTRIES:
        return _ENTRIES[kind, state]
    return CustodyAct.OPENING_BALANCE if state is DeviceState.IN_USE else CustodyAct.RECEIVE


# Into the register --------------------------------------------------------------------------------


def commit(
    session: Session, actor: Actor, place: Place, rows: Sequence[Row], overwrite: Sequence[str]
) -> None:
    """Enter new devices with their first move and take over the chosen fields of known ones."""
    _add(session, actor, place, [row for row in rows if row.verdict is RowVerdict.NEW])
    changed = [(row, taken) for row in rows if row.verdict is RowVerdict.CHANGED
               if (taken := row.taken(overwrite))]  # fmt: skip
    _change(session, changed)


def _add(session: Session, actor: Actor, place: Place, rows: Sequence[Row]) -> None:
    if not rows:
        return
    holders = _people(session, (row.said.get("holder_id") for row in rows))
    codes = _free_codes(session, place, rows)
    entered = []
    for row in rows:
        holder = holders.get(row.said.get("holder_id") or 0)
        entered.append((row, _device(row, holder, codes), holder))
    session.add_all(device for _, device, _ in entered)
    session.flush()
    _enter(session, actor, entered)
    follow_ups.settle_entered(session, actor, (device for _, device, _ in entered))
    for row, device, _ in entered:
        row.object_id, row.object_version, row.noun = device.id, device.version, NOUN
    terms = {device.id: search.terms_of_device(device, holder) for _, device, holder in entered}
    for some in chunks(terms):
        search.reindex_many(session, search.DEVICE, {number: terms[number] for number in some})


def _device(row: Row, holder: Person | None, codes: Any) -> Device:
    state = _state(row, holder is not None)
    kind = _kind(row)
    # A token that is handed over has been received first, and takes two moves.
    first = move_of(kind, None, entry_of(kind, state)).to or state
    waits = first is DeviceState.IN_STOCK
    return Device(
        agency_id=row.said["agency_id"],
        kind=kind,
        state=first,
        internal_code=clean_name(row.text("internal_code")) or next(codes),
        holder=None if waits else holder,
        holder_id=None if waits or holder is None else holder.id,
        sort_key="" if waits or holder is None else holder.sort_key,
        received_on=row.day("received_on"),
        handed_over_on=row.day("handed_over_on") if holder else None,
        handover_minutes=row.text("handover_minutes") or None if holder else None,
        version=1,
        **{key: row.text(key) or None for key in (*SERIALS, "phone_number")},
        **{key: row.text(key) for key in ("label", "model", "generation", "network", "note")},
    )


def _enter(
    session: Session, actor: Actor, entered: Sequence[tuple[Row, Device, Person | None]]
) -> None:
    """The first moves, grouped by act and day; then the handovers of tokens not yet in use."""
    groups: dict[tuple[CustodyAct, date], list[Device]] = {}
    handed: dict[date, dict[int, tuple[Device, int, Row]]] = {}
    for row, device, holder in entered:
        state = _state(row, holder is not None)
        given = row.day("handed_over_on")
        received = row.day("received_on")
        act = entry_of(device.kind, state)
        day = (received if act is CustodyAct.RECEIVE else given) or given or received
        groups.setdefault((act, min(day or actor.today, actor.today)), []).append(device)
        if state is DeviceState.HANDED_OVER and device.state is DeviceState.IN_STOCK and holder:
            day = given or actor.today
            handed.setdefault(day, {})[device.id] = (device, holder.id, row)
    for (act, day), devices in groups.items():
        how = custody.Circumstances(day, reason=REASON)
        custody.enter(session, actor, devices, act, how)
    for day, some in handed.items():
        how = custody.Circumstances(day, reason=REASON)
        receivers = {number: holder_id for number, (_, holder_id, _) in some.items()}
        devices = [device for device, _, _ in some.values()]
        custody.apply_all(session, actor, devices, CustodyAct.HAND_OVER, how, receivers)
        for device, _, row in some.values():
            device.handover_minutes = row.text("handover_minutes") or None


def _people(session: Session, ids: Iterable[int | None]) -> dict[int, Person]:
    found: dict[int, Person] = {}
    for some in chunks(number for number in ids if number):
        found |= {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(some)))}
    return found


def _free_codes(session: Session, place: Place, rows: Sequence[Row]) -> Iterator[str]:
    """Internal codes for devices that the file gives none: free in every unit of these rows, and
    named by no other row of the file.
    """
    units = {row.said["agency_id"] for row in rows}
    named = SheetImportRow.said["internal_code"].as_string()
    start = session.scalar(select(func.max(Device.id))) or 0
    for first in count(start + 1, CHUNK):
        codes = [f"TB-{number:05d}" for number in range(first, first + CHUNK)]
        used = set(
            session.scalars(
                select(Device.internal_code).where(
                    Device.agency_id.in_(units), Device.internal_code.in_(codes)
                )
            )
        )
        used |= set(
            session.scalars(
                select(named).where(SheetImportRow.import_id == place.import_id, named.in_(codes))
            )
        )
        yield from (code for code in codes if code not in used)


def _change(session: Session, rows: Sequence[tuple[Row, list[str]]]) -> None:
    devices = load(session, [row.object_id or 0 for row, _ in rows])
    for row, taken in rows:
        device = devices[row.object_id or 0]
        row.before = {"version": device.version} | {key: _plain(device, key) for key in taken}
        for key in taken:
            day = key.endswith("_on")
            setattr(device, key, row.day(key) if day else row.text(key))
        device.version += 1
        row.object_version, row.noun = device.version, NOUN
    session.flush()
    reindex(session, list(devices.values()))


def _plain(device: Device, key: str) -> Any:
    value = getattr(device, key)
    return value.isoformat() if isinstance(value, date) else value


def load(session: Session, ids: Sequence[int]) -> dict[int, Device]:
    """Devices by number, with their holders."""
    found: dict[int, Device] = {}
    for some in chunks(ids):
        found |= {one.id: one for one in custody.load_all(session, some)}
    return found


def reindex(session: Session, devices: Sequence[Device]) -> None:
    """Terms of devices and of the certificates on them."""
    by_id = {one.id: one for one in devices}
    for some in chunks(by_id):
        terms = {number: search.terms_of_device(by_id[number], by_id[number].holder)
                 for number in some}  # fmt: skip
        search.reindex_many(session, search.DEVICE, terms)
        on_them = session.scalars(select(Certificate).where(Certificate.device_id.in_(some)))
        search.reindex_many(
            session,
            search.CERTIFICATE,
            {one.id: search.terms_of_certificate(one, by_id[one.device_id or 0])
             for one in on_them},
        )  # fmt: skip


# Out again ----------------------------------------------------------------------------------------


def may_undo(session: Session, import_id: int) -> None:
    """Raise `Refused` naming what stands against taking an import back. Found things that it
    entered wait for their entry again.
    """
    refuse_changed(session, Device, import_id)
    follow_ups.reopen_entered(session, added(import_id))
    refuse_dependants(session, Device, import_id, {"custody_move"})


def undo(session: Session, rows: Sequence[Row]) -> None:
    """Take rows back as if they had never been."""
    new = [row.object_id for row in rows if row.verdict is RowVerdict.NEW and row.object_id]
    for some in chunks(new):
        gone = SearchTerm.noun == search.DEVICE, SearchTerm.object_id.in_(some)
        session.execute(delete(SearchTerm).where(*gone))
        session.execute(delete(CustodyMove).where(CustodyMove.device_id.in_(some)))
        session.execute(delete(Device).where(Device.id.in_(some)))
    changed = [row for row in rows if row.verdict is RowVerdict.CHANGED]
    if changed:
        restore(session, changed)


def restore(session: Session, rows: Sequence[Row]) -> None:
    """Put back what `before` of the rows says of known devices."""
    devices = load(session, [row.object_id or 0 for row in rows])
    for row in rows:
        device = devices[row.object_id or 0]
        for key, value in row.before.items():
            day = key.endswith("_on") and value
            setattr(device, key, date.fromisoformat(value) if day else value)
    session.flush()
    reindex(session, list(devices.values()))
