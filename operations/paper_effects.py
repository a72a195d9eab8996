"""What a paper does to the devices it names, once it is proved well enough for that act.

The act that a paper carries stands in its particulars ("act"). Where the table of moves asks no
proof it is done when the paper is made; else it waits for a confirmation, a scan or signatures.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from audit import Actor
from models import Device
from operations.custody import Circumstances, apply_all, load_all, record_moved, take_back
from operations.custody_history import effective, stands
from operations.entrustments import decide, end_entrustments, entrust
from operations.paper_proofs import level_of_paper
from operations.transactions import Refused
from rules.days import written
from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct, IllegalMove, move_of
from rules.papers import PaperKind, PaperState
from schema.custody import CustodyMove, Paper, PaperLine

ACT = "act"
_ENTRUSTS = frozenset({CustodyAct.HAND_OVER, CustodyAct.ENTRUST, CustodyAct.PUT_IN_USE})


def planned_act(paper: Paper) -> CustodyAct | None:
    """The act on devices that this paper carries; None for papers that move nothing."""
    value = paper.particulars.get(ACT)
    return CustodyAct(value) if value else None


def settle(session: Session, actor: Actor, paper: Paper) -> None:
    """Do what the proof at hand allows, inside the transaction that brought the proof.

    Nothing is done twice. Raises `Refused` when a device can no longer make the planned move.
    """
    session.flush()
    decide(session, paper)
    device_ids = [one.device_id for one in paper.lines if one.device_id is not None]
    if not device_ids:
        return
    devices = {one.id: one for one in load_all(session, device_ids)}
    done = _done_by(session, paper)
    _plan(session, actor, paper, devices, done)
    _follow(session, actor, paper, devices, done)
    if paper.kind is PaperKind.STATUS and paper.state is PaperState.PROVEN:
        for device in devices.values():
            device.handover_minutes = _minutes(paper)
    session.flush()


def waiting_for(session: Session, device_ids: Iterable[int]) -> dict[int, Paper]:
    """Papers whose act on a device still waits for its proof, by device."""
    ids = set(device_ids)
    rows = session.execute(
        select(PaperLine.device_id, Paper, CustodyMove.act)
        .join(Paper, Paper.id == PaperLine.paper_id)
        .outerjoin(
            CustodyMove,
            and_(
                CustodyMove.device_id == PaperLine.device_id,
                CustodyMove.paper_id == Paper.id,
                stands(),
            ),
        )
        .where(PaperLine.device_id.in_(ids), Paper.state == PaperState.ISSUED)
        .order_by(Paper.id)
    ).all()
    moved = {(device_id, paper.id, act) for device_id, paper, act in rows}
    return {
        device_id: paper
        for device_id, paper, _ in rows
        if device_id is not None
        and (act := planned_act(paper)) is not None
        and (device_id, paper.id, act.value) not in moved
    }


def note_number(session: Session, paper: Paper) -> None:
    """Write the number of Mẫu số 07 or of status minutes to the devices that it accounts for."""
    if paper.kind not in (PaperKind.HANDOVER, PaperKind.STATUS):
        return
    device_ids = [one.device_id for one in paper.lines if one.device_id is not None]
    if not device_ids:
        return
    unnumbered = f"lập ngày {written(paper.made_on)}"
    for device in load_all(session, device_ids):
        if device.handover_minutes == unnumbered:
            device.handover_minutes = _minutes(paper)


def cancel_moves(session: Session, actor: Actor, paper: Paper) -> None:
    """Take back the moves of a paper about to be cancelled. Raises `Refused` when one stands."""
    moves = session.scalars(effective().where(CustodyMove.paper_id == paper.id)).all()
    if moves:
        take_back(session, actor, moves)


def _minutes(paper: Paper) -> str:
    return paper.number or f"lập ngày {written(paper.made_on)}"


def _done_by(session: Session, paper: Paper) -> set[tuple[int, str]]:
    rows = session.scalars(effective().where(CustodyMove.paper_id == paper.id))
    return {(one.device_id, one.act) for one in rows}


def _receiver(paper: Paper, line: PaperLine) -> int | None:
    return paper.receiver_id if paper.receiver_id is not None else line.person_id


def _level(paper: Paper, line: PaperLine) -> Evidence:
    many = paper.receiver_id is None
    return level_of_paper(paper, line.person_id if many else None)


def _plan(
    session: Session,
    actor: Actor,
    paper: Paper,
    devices: Mapping[int, Device],
    done: set[tuple[int, str]],
) -> None:
    act = planned_act(paper)
    if act is None or (act is CustodyAct.SEND_TO_AUTHORITY and paper.sent_on is None):
        return
    ready: dict[Evidence, list[PaperLine]] = {}
    for line in paper.lines:
        if line.device_id is None or (line.device_id, act.value) in done:
            continue
        level = _level(paper, line)
        if level.reaches(_needed(devices[line.device_id], act)):
            ready.setdefault(level, []).append(line)
    on = paper.sent_on if act is CustodyAct.SEND_TO_AUTHORITY and paper.sent_on else paper.made_on
    for level, lines in ready.items():
        _apply(session, actor, paper, act, on, level, lines, devices, done)


def _needed(device: Device, act: CustodyAct) -> Evidence:
    try:
        return move_of(device.kind, device.state, act).papers.evidence
    except IllegalMove as error:
        raise Refused(f"{device.internal_code}: {error.message}") from None


def _apply(
    session: Session,
    actor: Actor,
    paper: Paper,
    act: CustodyAct,
    on: date,
    level: Evidence,
    lines: Sequence[PaperLine],
    devices: Mapping[int, Device],
    done: set[tuple[int, str]],
) -> None:
    moving = [devices[one.device_id] for one in lines if one.device_id is not None]
    holders = {
        one.device_id: receiver
        for one in lines
        if one.device_id is not None and (receiver := _receiver(paper, one)) is not None
    }
    leaving = {one.id: one.holder_id for one in moving}
    reason = str(paper.particulars.get("reason", ""))
    how = Circumstances(on, paper_id=paper.id, reason=reason, evidence=level)
    apply_all(session, actor, moving, act, how, holders)
    done.update((one.id, act.value) for one in moving)
    record_moved(session, actor, moving, act, paper.id)
    if act is CustodyAct.HAND_OVER:
        for device in moving:
            device.handover_minutes = _minutes(paper)
    if act in _ENTRUSTS and paper.particulars.get("decision"):
        entrust(session, paper, {one.id: holders[one.id] for one in moving if one.id in holders})
    if act is CustodyAct.END_ENTRUSTMENT:
        end_entrustments(session, leaving, on)


def _follow(
    session: Session,
    actor: Actor,
    paper: Paper,
    devices: Mapping[int, Device],
    done: set[tuple[int, str]],
) -> None:
    """Mẫu số 07 proved: the device is in use; Mẫu số 08 acknowledged: the authority has it."""
    groups: dict[tuple[CustodyAct, Evidence], list[Device]] = {}
    for line in paper.lines:
        if line.device_id is None:
            continue
        device, level = devices[line.device_id], _level(paper, line)
        act = _next_act(paper, device, level, _receiver(paper, line))
        if act is not None and (device.id, act.value) not in done:
            groups.setdefault((act, level), []).append(device)
    for (act, level), moving in groups.items():
        on = paper.received_on if act is CustodyAct.AUTHORITY_RECEIVED else actor.today
        how = Circumstances(on or actor.today, paper_id=paper.id, evidence=level)
        apply_all(session, actor, moving, act, how)
        record_moved(session, actor, moving, act, paper.id)


def _next_act(
    paper: Paper, device: Device, level: Evidence, receiver_id: int | None
) -> CustodyAct | None:
    if paper.kind is PaperKind.RETURN_TO_AUTHORITY:
        waits = device.state is DeviceState.RETURNED_TO_CA and paper.received_on is not None
        return CustodyAct.AUTHORITY_RECEIVED if waits else None
    fits = device.state is DeviceState.HANDED_OVER and device.holder_id == receiver_id
    if paper.kind is not PaperKind.HANDOVER or not fits:
        return None
    if level.closes_gap and device.kind is DeviceKind.PKI_TOKEN:
        return CustodyAct.PUT_IN_USE
    return CustodyAct.CONFIRM_RECEIPT if level is not Evidence.NONE else None
