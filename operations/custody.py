"""Moves of devices through `rules/lifecycle.py`: who has which device, since when, by which paper.

A row of `custody_move` is never changed. A wrong click is taken back by a second row that points at
the first; the log keeps both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import (
    Device,
    Person,
)
from operations import follow_ups, search
from operations.custody_checks import RefusedByRule, findings_of_move
from operations.custody_history import (
    LossPast,
    effective,
    history,
    last_moves,
    revocation_sent,
)
from operations.many_rows import add_many
from operations.paper_endings import end_paper
from operations.transactions import Refused, transaction
from rules.days import vietnam_day
from rules.devices import DeviceState
from rules.evidence import Evidence
from rules.findings import blocking
from rules.law import Law
from rules.lifecycle import (
    HOLDER_FORBIDDEN,
    CustodyAct,
    Holder,
    IllegalMove,
    Undo,
    check_holder,
    check_undo,
    move_of,
    next_state,
)
from rules.papers import PaperState
from schema.custody import CustodyMove

NOUN = "device"
_UNDONE = "Hoàn tác thao tác ghi nhầm."
__all__ = ["history", "revocation_sent"]  # Read with the moves; they live beside.
_LOSES = frozenset({CustodyAct.FOUND, CustodyAct.FOUND_AFTER_REVOCATION})


@dataclass(frozen=True)
class Circumstances:
    """What belongs to every move of one act: its day, papers, incident, reason and proof.

    `holder_id` is who gets the device where the act gives it to somebody, `agency_id` the agency
    that it goes to (TRANSFER only).
    """

    on: date
    holder_id: int | None = None
    agency_id: int | None = None
    paper_id: int | None = None
    incident_id: int | None = None
    reason: str = ""
    evidence: Evidence = Evidence.NONE


def move(
    session: Session,
    *,
    actor: Actor,
    device_ids: Sequence[int],
    act: CustodyAct,
    on: date,
    law: Law,
    holder_id: int | None = None,
    paper_id: int | None = None,
    incident_id: int | None = None,
    reason: str = "",
    evidence: Evidence = Evidence.NONE,
    agency_id: int | None = None,
) -> list[int]:
    """One act on any number of devices; returns the numbers of the moves, in the order given.

    Raises `Refused` when the act is not possible for one of them or when a rule speaks against it
    (`RefusedByRule`); then none is moved.
    """
    how = Circumstances(on, holder_id, agency_id, paper_id, incident_id, reason, evidence)
    with transaction(session):
        devices = load_all(session, device_ids)
        found = findings_of_move(session, devices, act, on=on, law=law, holder_id=holder_id)
        if refusals := blocking(found):
            raise RefusedByRule(refusals)
        moves = apply_all(session, actor, devices, act, how)
        record_moved(session, actor, devices, act, paper_id)
        return [one.id for one in moves]


def apply(
    session: Session,
    actor: Actor,
    device: Device,
    act: CustodyAct,
    *,
    on: date,
    holder_id: int | None = None,
    agency_id: int | None = None,
    paper_id: int | None = None,
    incident_id: int | None = None,
    reason: str = "",
    evidence: Evidence = Evidence.NONE,
) -> CustodyMove:
    """One move inside the transaction of another act, which records its own event.

    Only the table of moves is asked. Raises `Refused` with the reason.
    """
    how = Circumstances(on, holder_id, agency_id, paper_id, incident_id, reason, evidence)
    return apply_all(session, actor, [device], act, how)[0]


def apply_all(
    session: Session,
    actor: Actor,
    devices: Sequence[Device],
    act: CustodyAct,
    how: Circumstances,
    holders: Mapping[int, int] | None = None,
) -> list[CustodyMove]:
    """The same act on many devices inside a transaction, in a fixed number of statements.

    `holders` names who gets each device where they differ (device -> person). Raises `Refused` when
    one cannot be moved.
    """
    if how.on > actor.today:
        raise Refused("Ngày thực hiện không được sau ngày hôm nay.")
    past = LossPast.of(session, devices) if act in _LOSES else LossPast({}, frozenset())
    wanted = set((holders or {}).values()) | ({how.holder_id} if how.holder_id else set())
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(wanted)))}
    moves = []
    for device in devices:
        receiver = (holders or {}).get(device.id, how.holder_id)
        moves.append(_one(device, act, how, actor, past, people.get(receiver or 0)))
    moves = add_many(session, moves)
    _reindex(session, devices)
    follow_ups.settle_moves(session, actor, act, [one.id for one in devices], how.paper_id)
    return moves


def _one(
    device: Device,
    act: CustodyAct,
    how: Circumstances,
    actor: Actor,
    past: "LossPast",
    receiver: Person | None,
) -> CustodyMove:
    try:
        legal = move_of(device.kind, device.state, act)
        after = next_state(
            device.kind,
            device.state,
            act,
            before=past.states.get(device.id),
            evidence=how.evidence,
            revocation_sent=device.id in past.revoked,
        )
    except IllegalMove as error:
        raise Refused(f"{device.internal_code}: {error.message}") from None
    row = CustodyMove(
        device_id=device.id,
        act=act.value,
        state_before=device.state,
        state_after=after,
        holder_before_id=device.holder_id,
        agency_before_id=device.agency_id,
        agency_after_id=how.agency_id or device.agency_id,
        moved_on=how.on,
        moved_at=actor.at,
        moved_by_id=actor.user_id,
        paper_id=how.paper_id,
        incident_id=how.incident_id,
        reason=how.reason.strip()[:500],
        described_before=_described(device),
    )
    holder = _holder_after(device, legal.holder, receiver, after)
    row.holder_after_id = holder.id if holder else None
    _set_holder(device, holder, changed=legal.holder is not Holder.KEEPS)
    device.state = after
    device.agency_id = row.agency_after_id
    if act is CustodyAct.HAND_OVER or (legal.holder is Holder.GETS and after != row.state_before):
        device.handed_over_on = how.on
    device.version += 1
    return row


def _holder_after(
    device: Device, what: Holder, receiver: Person | None, after: DeviceState
) -> Person | None:
    """Who has the device afterwards. Raises `Refused` when that does not fit the state."""
    holder = device.holder
    if what is Holder.GETS:
        if receiver is None:
            raise Refused("Chọn người nhận thiết bị.")
        holder = receiver
    elif what is Holder.LEAVES or after in HOLDER_FORBIDDEN:
        holder = None
    if wrong := check_holder(after, has_holder=holder is not None):
        raise Refused(f"{device.internal_code}: {wrong[0].message} {wrong[0].remedy}")
    return holder


def _set_holder(device: Device, holder: Person | None, *, changed: bool) -> None:
    device.holder = holder
    device.holder_id = holder.id if holder else None
    device.sort_key = holder.sort_key if holder else ""
    if changed and holder is None:
        device.handed_over_on = None
        device.handover_minutes = None


def enter(
    session: Session,
    actor: Actor,
    devices: Sequence[Device],
    act: CustodyAct,
    how: Circumstances,
) -> list[CustodyMove]:
    """The first move of devices just added to the register: how each came in.

    Their state and holder are those that the caller wrote. Raises `Refused` when the table has no
    such beginning for the kind of device.
    """
    moves = []
    for device in devices:
        try:
            legal = move_of(device.kind, None, act)
        except IllegalMove as error:
            raise Refused(f"{device.internal_code}: {error.message}") from None
        if legal.to is not device.state:
            raise Refused(f"{device.internal_code}: trạng thái ghi vào sổ không khớp với việc này.")
        moves.append(
            CustodyMove(
                device_id=device.id,
                act=act.value,
                state_after=device.state,
                holder_after_id=device.holder_id,
                agency_before_id=device.agency_id,
                agency_after_id=device.agency_id,
                moved_on=how.on,
                moved_at=actor.at,
                moved_by_id=actor.user_id,
                paper_id=how.paper_id,
                reason=how.reason.strip()[:500],
            )
        )
    return add_many(session, moves)


def undo(session: Session, *, actor: Actor, move_id: int) -> None:
    """Take a wrong click back, the same day and by the same person, while nothing rests on it.

    A move that stands on a paper is taken back with all moves of that paper, and the paper is
    cancelled: frozen minutes must not tell what did not happen. Raises `Refused` with the reasons.
    """
    with transaction(session):
        first = session.get_one(CustodyMove, move_id)
        which = CustodyMove.id == first.id
        if first.paper_id is not None:
            which = (CustodyMove.paper_id == first.paper_id) & (CustodyMove.act == first.act)
        together = list(session.scalars(effective().where(which)))
        if first.id not in {one.id for one in together}:
            raise Refused("Thao tác này đã được hoàn tác.")
        take_back(session, actor, together)
        paper = first.paper
        audit.record(
            session,
            "custody.undone",
            actor=actor,
            noun=NOUN,
            object_id=first.device_id,
            agency_id=first.agency_after_id,
            move=first.id,
        )
        if paper is not None and paper.state is not PaperState.CANCELLED:
            end_paper(session, actor, paper, _UNDONE)


def take_back(
    session: Session, actor: Actor, moves: Sequence[CustodyMove], *, withdrawn: bool = False
) -> None:
    """Undo these moves inside a transaction. Raises `Refused` when one may not be taken back.

    `withdrawn`: the report behind the moves is withdrawn with a reason, by whoever is in charge and
    on any day; only what happened to the device since then still speaks against it.
    """
    devices = {one.id: one for one in load_all(session, [row.device_id for row in moves])}
    people_ids = {one.holder_before_id for one in moves if one.holder_before_id}
    people = {
        one.id: one for one in session.scalars(select(Person).where(Person.id.in_(people_ids)))
    }
    last = last_moves(session, devices)
    for row in moves:
        device = devices[row.device_id]
        if not withdrawn:
            _refuse_undo(row, actor, last[device.id])
        elif row.id != last[device.id]:
            raise Refused("Thiết bị đã có thao tác sau lần báo này nên không rút lại được.")
        session.add(_undone(row, device, actor))
        described = row.described_before or {}
        day = described.get("handed_over_on")
        _set_holder(device, people.get(row.holder_before_id or 0), changed=True)
        device.state = row.state_before or device.state
        device.agency_id = row.agency_before_id
        device.handed_over_on = date.fromisoformat(day) if day else None
        device.handover_minutes = described.get("handover_minutes")
        device.version += 1
    session.flush()
    follow_ups.reopen(session, device_ids=devices, done_at=moves[0].moved_at)
    _reindex(session, list(devices.values()))


def _refuse_undo(row: CustodyMove, actor: Actor, last_id: int) -> None:
    if row.state_before is None:
        raise Refused(
            "Thiết bị được ghi vào sổ bằng thao tác này nên không hoàn tác được. Hãy sửa thông tin "
            "thiết bị, hoặc ghi thao tác tiếp theo cho đúng thực tế."
        )
    rests = []
    if row.id != last_id:
        rests.append("thao tác sau đó trên thiết bị")
    if row.incident_id is not None:
        rests.append("sự cố đã ghi")
    paper = row.paper
    if paper is not None and (paper.state is PaperState.PROVEN or paper.sent_on is not None):
        rests.append("biên bản đã có bản ký hoặc đã gửi")
    wish = Undo(CustodyAct(row.act), vietnam_day(row.moved_at), row.moved_by_id or 0, tuple(rests))
    if found := check_undo(wish, by_id=actor.user_id or 0, on=actor.today):
        raise RefusedByRule(found)


def _undone(row: CustodyMove, device: Device, actor: Actor) -> CustodyMove:
    return CustodyMove(
        device_id=row.device_id,
        act=row.act,
        state_before=device.state,
        state_after=row.state_before,
        holder_before_id=device.holder_id,
        holder_after_id=row.holder_before_id,
        agency_before_id=device.agency_id,
        agency_after_id=row.agency_before_id,
        moved_on=actor.today,
        moved_at=actor.at,
        moved_by_id=actor.user_id,
        undoes_id=row.id,
        reason=_UNDONE,
    )


def load_all(session: Session, device_ids: Iterable[int]) -> list[Device]:
    """The devices in the order asked for, each once, with their holders.

    Raises `Refused` when none is chosen or one is gone.
    """
    ids = list(dict.fromkeys(device_ids))
    if not ids:
        raise Refused("Chọn ít nhất một thiết bị.")
    found = {
        one.id: one
        for one in session.scalars(
            select(Device).where(Device.id.in_(ids)).options(joinedload(Device.holder))
        )
    }
    if len(found) != len(ids):
        raise Refused("Có thiết bị không còn trong sổ. Hãy chọn lại.")
    return [found[one] for one in ids]


def record_moved(
    session: Session,
    actor: Actor,
    devices: Sequence[Device],
    act: CustodyAct,
    paper_id: int | None,
) -> None:
    """The one event of an act on devices; with several it stands at the paper that names them."""
    alone = len(devices) == 1 or paper_id is None
    audit.record(
        session,
        "custody.moved",
        actor=actor,
        noun=NOUN if alone else "paper",
        object_id=devices[0].id if alone else paper_id or 0,
        agency_id=devices[0].agency_id,
        act=act.name,
        devices=[one.id for one in devices],
        paper=paper_id,
    )


def _described(device: Device) -> dict[str, str | None]:
    day = device.handed_over_on
    return {
        "handed_over_on": day.isoformat() if day else None,
        "handover_minutes": device.handover_minutes,
    }


def _reindex(session: Session, devices: Sequence[Device]) -> None:
    terms = {one.id: search.terms_of_device(one, one.holder) for one in devices}
    search.reindex_many(session, search.DEVICE, terms)
