"""Importing the history of handovers: who got or gave back which device, when, by which minutes.

What fits on top of the register's own moves is recorded as moves of the past. The last handover to
whoever has the device now completes what the register knows of it. What lies before that cannot be
put under moves already recorded; it is kept in words in the note of the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit import Actor
from models import Device
from operations import custody, follow_ups
from operations.custody_history import effective
from operations.sheet_device_matching import Devices
from operations.sheet_devices import REASON, load, reindex, restore
from operations.sheet_person_matching import Keys, Known, People
from operations.sheet_rows import Place, Row, SoFar, chunks, shown_day
from operations.sheet_undo import refuse_changed
from operations.transactions import Refused
from rules.devices import DeviceState
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct, IllegalMove, next_state
from rules.sheet_imports import RowVerdict
from schema.custody import CustodyMove

NOUN = "device"
SERIALS, CODE = ("device_serial",), "device_code"
RECEIVER = Keys("receiver_name", "receiver_email", "receiver_citizen_id_hash")
ACTS = {
    "HAND_OVER": CustodyAct.HAND_OVER,
    "GIVE_BACK": CustodyAct.TAKE_BACK,
    "RECALL": CustodyAct.RECALL,
    "SEND_TO_AUTHORITY": CustodyAct.SEND_TO_AUTHORITY,
}
_WORDS = {
    "HAND_OVER": "bàn giao",
    "GIVE_BACK": "trả lại",
    "RECALL": "thu hồi",
    "SEND_TO_AUTHORITY": "nộp về Cục",
}
_WITH_HOLDER = (DeviceState.HANDED_OVER, DeviceState.IN_USE, DeviceState.LOCKED)
_LAST = date(2100, 12, 31)


@dataclass
class _Life:
    """How far the life of one device is told while its rows are gone through."""

    device: Device
    state: DeviceState
    last_on: date | None
    moves: set[tuple[str, date, int | None]]


def check(session: Session, place: Place, rows: Sequence[Row], so_far: SoFar) -> None:
    """Say which device each row means and who got it; `tell` then says what that makes of it."""
    devices = Devices.of(session, place, rows, SERIALS, CODE)
    people = People.of(session, place, rows, RECEIVER)
    for row in rows:
        if row.blocked:
            row.verdict = RowVerdict.PROBLEM
            continue
        device = devices.meant(row, SERIALS, CODE)
        if device is None:
            if row.verdict is not RowVerdict.PROBLEM:
                row.complain(
                    "device_serial", "Chưa có thiết bị này trong sổ. Hãy nhập thiết bị trước."
                )
            continue
        receiver = _receiver(row, people, device)
        if row.verdict is RowVerdict.NEW:
            row.object_id = device.id
            row.said["receiver_id"] = receiver.id if receiver else None
            row.said["receiver_known_as"] = receiver.full_name if receiver else ""


def tell(session: Session, rows: Sequence[Row]) -> None:
    """Go through the lives of devices; of each device all rows that are left must be here."""
    told: dict[int, list[Row]] = {}
    for row in rows:
        told.setdefault(row.object_id or 0, []).append(row)
    if told:
        lives = _lives(session, load(session, list(told)))
        for number, lines in told.items():
            _tell(lives[number], sorted(lines, key=lambda one: (_on(one), one.number)))


def _on(row: Row) -> date:
    return row.day("happened_on") or _LAST


def _receiver(row: Row, people: People, device: Device) -> Known | None:
    if row.text("act") not in ("", "HAND_OVER"):
        return None
    found = people.holder(row, RECEIVER, device.agency_id)
    if found is None and row.verdict is RowVerdict.NEW:
        row.complain(
            "receiver_name",
            "Chưa có người nhận này trong sổ của đơn vị. Hãy nhập danh sách cán bộ trước.",
        )
    return found


def _lives(session: Session, devices: dict[int, Device]) -> dict[int, _Life]:
    lives = {number: _Life(one, one.state, None, set()) for number, one in devices.items()}
    for some in chunks(devices):
        for move in session.scalars(effective().where(CustodyMove.device_id.in_(some))):
            life = lives[move.device_id]
            life.last_on = max(life.last_on or move.moved_on, move.moved_on)
            life.moves.add((move.act, move.moved_on, move.holder_after_id))
    return lives


def _tell(life: _Life, lines: Sequence[Row]) -> None:
    """The rows of one device from the oldest to the youngest."""
    handed = [row for row in lines if row.text("act") in ("", "HAND_OVER")]
    for row in lines:
        act = ACTS[row.text("act") or "HAND_OVER"]
        receiver_id = row.said["receiver_id"]
        if (act.value, _on(row), receiver_id) in life.moves:
            row.verdict = RowVerdict.SAME
        elif row in handed[-1:] and _has_it_now(life, receiver_id):
            _complete(row, life.device)
        elif life.last_on is not None and _on(row) < life.last_on:
            _keep_in_words(row)
        else:
            _go_on(row, life, act)


def _has_it_now(life: _Life, receiver_id: int | None) -> bool:
    device = life.device
    unmoved = life.state is device.state
    return unmoved and device.state in _WITH_HOLDER and device.holder_id == receiver_id


def _complete(row: Row, device: Device) -> None:
    """The day and the number of the minutes, where the register lacks them."""
    row.verdict = RowVerdict.SAME
    day, minutes = row.day("happened_on"), row.text("minutes_number")
    if day and day != device.handed_over_on:
        row.differ("handed_over_on", shown_day(device.handed_over_on), shown_day(day))
    if minutes and minutes != (device.handover_minutes or ""):
        row.differ("handover_minutes", device.handover_minutes or "", minutes)


def _keep_in_words(row: Row) -> None:
    receiver = row.text("receiver_known_as")
    to = f" cho {receiver}" if receiver else ""
    minutes = row.text("minutes_number")
    paper = f", biên bản số {minutes}" if minutes else ", chưa có biên bản"
    words = f"{shown_day(_on(row))}: {_WORDS[row.text('act') or 'HAND_OVER']}{to}{paper}."
    row.differ("note", "", words)
    row.remark = "Việc này có trước những gì sổ đã ghi nên được giữ ở ghi chú của thiết bị."


def _go_on(row: Row, life: _Life, act: CustodyAct) -> None:
    try:
        life.state = next_state(life.device.kind, life.state, act, evidence=_evidence(row))
    except IllegalMove as error:
        row.complain("act", error.message)
        return
    life.last_on = _on(row)


def _evidence(row: Row) -> Evidence:
    """Minutes that are named count as seen by whoever brings the list, and as no more."""
    return Evidence.INTERIM if row.text("minutes_number") else Evidence.NONE


# Into the register --------------------------------------------------------------------------------


def commit(
    session: Session, actor: Actor, place: Place, rows: Sequence[Row], overwrite: Sequence[str]
) -> None:
    """Record the moves in the order of their days and complete what the register knows."""
    new = [row for row in rows if row.verdict is RowVerdict.NEW]
    changed = [(row, taken) for row in rows if row.verdict is RowVerdict.CHANGED
               if (taken := row.taken(overwrite))]  # fmt: skip
    written = [*new, *(row for row, _ in changed)]
    devices = load(session, [row.object_id or 0 for row in written])
    before = {number: _state_of(device) for number, device in devices.items()}
    _move(session, actor, devices, new, before)
    for row, taken in changed:
        _take(devices[row.object_id or 0], row, taken)
    session.flush()
    for number in {row.object_id or 0 for row, _ in changed}:
        devices[number].version += 1
    session.flush()
    reindex(session, list(devices.values()))
    for row in written:
        device = devices[row.object_id or 0]
        row.object_version, row.noun = device.version, NOUN
        row.before = before.pop(device.id, {})


def _state_of(device: Device) -> dict[str, Any]:
    day = device.handed_over_on
    return {
        "state": device.state.name,
        "holder_id": device.holder_id,
        "sort_key": device.sort_key,
        "handed_over_on": day.isoformat() if day else None,
        "handover_minutes": device.handover_minutes,
        "note": device.note,
        "version": device.version,
        "moves": [],
    }


def _move(
    session: Session,
    actor: Actor,
    devices: dict[int, Device],
    rows: Sequence[Row],
    before: dict[int, dict[str, Any]],
) -> None:
    """The first move of every device, then the second ones: each round by act and day at once."""
    waiting: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda one: (_on(one), one.number)):
        waiting.setdefault(row.object_id or 0, []).append(row)
    while waiting:
        groups: dict[tuple[CustodyAct, date, str], list[Row]] = {}
        for lines in waiting.values():
            row = lines.pop(0)
            act = ACTS[row.text("act") or "HAND_OVER"]
            groups.setdefault((act, _on(row), row.text("minutes_number")), []).append(row)
        waiting = {number: lines for number, lines in waiting.items() if lines}
        for (act, day, minutes), some in groups.items():
            reason = f"Biên bản số {minutes} (nhập từ Excel)" if minutes else REASON
            how = custody.Circumstances(day, reason=reason, evidence=_evidence(some[0]))
            receivers = {row.object_id or 0: row.said.get("receiver_id") or 0 for row in some}
            moved = [devices[row.object_id or 0] for row in some]
            for move in custody.apply_all(session, actor, moved, act, how, receivers):
                before[move.device_id]["moves"].append(move.id)
            if act is CustodyAct.HAND_OVER:
                for device in moved:
                    device.handover_minutes = minutes or None


def _take(device: Device, row: Row, taken: Sequence[str]) -> None:
    if "handed_over_on" in taken:
        device.handed_over_on = row.day("happened_on")
    if "handover_minutes" in taken:
        device.handover_minutes = row.text("minutes_number")
    if "note" in taken:
        device.note = f"{device.note}\n{row.differences['note'][1]}".strip()


# Out again ----------------------------------------------------------------------------------------


def may_undo(session: Session, import_id: int) -> None:
    """Raise `Refused` naming rows whose device was changed since."""
    refuse_changed(session, Device, import_id)


def undo(session: Session, rows: Sequence[Row]) -> None:
    """Take rows back as if they had never been; of each device all of them must be here.

    Raises `Refused` when a device was moved since.
    """
    first = [row for row in rows if row.before]
    moves = [number for row in first for number in row.before["moves"]]
    _refuse_later_moves(session, first)
    done_at = None
    for some in chunks(moves):
        one = session.get(CustodyMove, some[0])
        done_at = one.moved_at if one else None
        session.execute(delete(CustodyMove).where(CustodyMove.id.in_(some)))
    for row in first:
        row.before = {
            key: DeviceState[value] if key == "state" else value
            for key, value in row.before.items()
            if key != "moves"
        }
    restore(session, first)
    if done_at is not None:
        follow_ups.reopen(
            session, device_ids=[row.object_id or 0 for row in first], done_at=done_at
        )


def _refuse_later_moves(session: Session, rows: Sequence[Row]) -> None:
    own = {number for row in rows for number in row.before["moves"]}
    for some in chunks(row.object_id or 0 for row in rows):
        for move in session.scalars(effective().where(CustodyMove.device_id.in_(some))):
            if own and move.id > max(own) and move.id not in own:
                raise Refused("Không hoàn tác được: thiết bị đã có giao nhận sau lần nhập này.")
