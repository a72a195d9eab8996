"""Sự cố: reported in a minute, then dealt with step by step until everything is done or waived.

The steps of `rules/incidents.py` stand in the register of follow-ups under "incident.<step>", so
that the act which a step asks for (a letter sent, a device returned) closes it by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import Certificate, Device
from operations import custody, follow_ups
from operations.custody_checks import RefusedByRule, certificates_on
from operations.custody_history import LossPast, effective, revocation_sent
from operations.incident_steps import FOUND_WORDS, proposals, return_after_found
from operations.law import law_for
from operations.paper_endings import end_paper
from operations.transactions import Refused, expect_version, transaction
from rules import incidents as rule
from rules.days import vietnam_day
from rules.devices import DeviceState
from rules.findings import blocking
from rules.incidents import IncidentKind, IncidentStep, PastIncident
from rules.law import Law
from rules.lifecycle import CustodyAct, IllegalMove, move_of
from rules.losses import LossFacts, may_be_used_again
from rules.names import nfc
from rules.papers import PaperState
from rules.recalls import CertificateOnDevice
from schema.custody import CustodyMove, FollowUp, Incident

NOUN = "incident"
_LONGEST_LINE = 300
_GONE = (DeviceState.RECALLED, DeviceState.RETURNED_TO_CA)
ALREADY: Mapping[IncidentKind, tuple[DeviceState, ...]] = {
    IncidentKind.LOSS: (DeviceState.MISSING, DeviceState.LOST),
    IncidentKind.DAMAGE: (DeviceState.DAMAGED,),
    IncidentKind.LOCK: (DeviceState.LOCKED,),
}
"""States in which a report only writes down what the register says already."""
SECTIONS = ("happened", "circumstances", "measures", "cause", "prevention")
"""The texts of an incident that may be written after its report."""


@dataclass(frozen=True)
class Report:
    """What somebody tells. `noticed_at` is when the holder noticed it, or, with `on_behalf`, when
    the holder told the focal point; `told_how` how.
    """

    kind: IncidentKind
    device_id: int
    noticed_at: datetime
    on_behalf: bool = False
    told_how: str = ""
    happened: str = ""
    circumstances: str = ""


def report(
    session: Session, *, actor: Actor, wish: Report, law: Law, is_focal_point: bool = False
) -> int:
    """Write an incident down, move its device and propose its steps; returns its number.

    Raises `RefusedByRule` for a time ahead, somebody else's device or a text that tells a PIN, and
    `Refused` when the device cannot be reported so or is under way already.
    """
    with transaction(session):
        device = custody.load_all(session, [wish.device_id])[0]
        law = law_for(law, device.agency)
        _judge(wish, device, actor, law, is_focal_point)
        _refuse_twice(session, device, wish.kind)
        certificates = certificates_on(session, [device]).get(device.id, [])
        row = _row(wish, device, certificates, actor)
        session.add(row)
        session.flush()
        items = proposals(row, device, certificates, law=law, on=actor.today)
        _move(session, actor, row, device)
        follow_ups.propose(
            session, actor, noun=NOUN, object_id=row.id, agency_id=row.agency_id, items=items
        )
        _record(session, "incident.reported", row, actor, kind=row.kind, on_behalf=row.on_behalf)
        return row.id


def write(
    session: Session, *, actor: Actor, incident_id: int, version: int, texts: Mapping[str, str]
) -> bool:
    """Fill in sections of an incident (`SECTIONS`); returns whether anything changed.

    Measures, and cause with prevention, close their step once they are there. Raises
    `RefusedByRule` for a text that tells a PIN, `Refused` when it is closed, `Conflict`.
    """
    for text in texts.values():
        if found := rule.check_text(text):
            raise RefusedByRule(found)
    with transaction(session):
        row = open_incident(session, incident_id, version)
        changed = []
        for name in SECTIONS:
            if name in texts and (typed := nfc(texts[name]).strip()) != getattr(row, name):
                setattr(row, name, typed[:_LONGEST_LINE] if name == "happened" else typed)
                changed.append(name)
        if not changed:
            return False
        row.version += 1
        if row.measures:
            done(session, actor, row.id, IncidentStep.IMMEDIATE_MEASURES)
        if row.cause and row.prevention:
            done(session, actor, row.id, IncidentStep.CAUSE_AND_PREVENTION)
        _record(session, "incident.changed", row, actor, changed=changed)
        return True


def found(session: Session, *, actor: Actor, incident_id: int, version: int, law: Law) -> bool:
    """The lost device was found; True when its Mẫu số 05 had not gone out and it is used again.

    Afterwards it waits to be recalled and Mẫu số 08 is proposed. An incident that was ended while
    the device was lost is open again (`opens_again`). Raises `Refused`, `Conflict`.
    """
    with transaction(session):
        row = _load(session, incident_id, version)
        reopened = row.closed_at is not None
        if reopened and not opens_again(session, row):
            _refuse_closed(row)
        row.closed_at = row.closed_by_id = None
        if row.kind != IncidentKind.LOSS or row.found_at is not None or row.device is None:
            raise Refused("Chỉ ghi tìm thấy một lần, cho sự cố mất thiết bị.")
        device = custody.load_all(session, [row.device.id])[0]
        sent = device.id in revocation_sent(session, [device])
        certificates = certificates_on(session, [device]).get(device.id, [])
        loss = _loss(row, device, certificates, actor, sent)
        # Of a device without certificates in the register nothing speaks against using it again.
        usable = not certificates or may_be_used_again(loss, on=actor.today)
        row.found_at = actor.at
        row.version += 1
        _come_back(session, actor, row, device, sent=sent, usable=usable)
        if sent or not usable:
            items = [return_after_found(row, law=law_for(law, device.agency), on=actor.today)]
            follow_ups.propose(
                session, actor, noun=NOUN, object_id=row.id, agency_id=row.agency_id, items=items
            )
        else:
            _drop_loss(session, actor, row)
        _record(session, "incident.found", row, actor, after_letter=sent, reopened=reopened)
        return usable and not sent


def withdraw(
    session: Session, *, actor: Actor, incident_id: int, version: int, reason: str
) -> None:
    """It was reported by mistake: the device goes back, everything proposed is left out.

    Raises `Refused` without a reason, once Mẫu số 05 is on its way out or the device has moved on,
    `RefusedByRule` for a reason that tells a PIN, and `Conflict`.
    """
    words = nfc(reason).strip()[:_LONGEST_LINE]
    if not words:
        raise Refused("Nêu lý do rút lại; lý do được giữ trong sổ.")
    if told := rule.check_text(words):
        raise RefusedByRule(told)
    with transaction(session):
        row = open_incident(session, incident_id, version)
        if row.found_at is not None:
            raise Refused("Thiết bị đã được ghi là tìm thấy; hãy kết thúc sự cố.")
        moves = session.scalars(effective().where(CustodyMove.incident_id == row.id)).all()
        steps = follow_ups.of(session, NOUN, row.id)
        if any(one.request_id for one in steps if one.code.endswith(IncidentStep.REVOCATION)):
            raise Refused("Mẫu số 05 đã gửi nên không rút lại được. Xử lý tiếp theo các bước.")
        for one in steps:
            if one.done_at is None:
                one.done_at, one.done_by_id, one.waived_reason = actor.at, actor.user_id, words
            paper = one.paper
            if paper is not None and paper.state is PaperState.ISSUED and paper.sent_on is None:
                end_paper(session, actor, paper, words)
        if moves:
            custody.take_back(session, actor, moves, withdrawn=True)
        row.cause = f"Báo nhầm: {words}"
        row.closed_at, row.closed_by_id = actor.at, actor.user_id
        row.version += 1
        _record(session, "incident.withdrawn", row, actor, reason_sha256=audit.sealed(words))


def close(session: Session, *, actor: Actor, incident_id: int, version: int) -> None:
    """End an incident of which every step is done or left out with a reason.

    Raises `Refused`, which names what is still open, and `Conflict`.
    """
    with transaction(session):
        row = open_incident(session, incident_id, version)
        rows = follow_ups.of(session, NOUN, row.id)
        optional = {f"incident.{one.step}" for one in rule.STEPS[_kind(row)] if one.optional}
        waiting = [one for one in rows if one.done_at is None]
        if must := [one.sentence for one in waiting if one.code not in optional]:
            raise Refused(
                f"Chưa kết thúc được, còn {len(must)} việc: {'; '.join(must[:3])}. Hoàn thành, "
                "hoặc bỏ qua và nêu lý do."
            )
        locked = row.device is not None and row.device.state is DeviceState.LOCKED
        if row.kind == IncidentKind.LOCK and locked:
            raise Refused(
                "Thiết bị vẫn đang bị khóa theo sổ. Ghi kết quả khôi phục ở trang thiết bị, hoặc "
                "thu lại thiết bị, rồi kết thúc sự cố."
            )
        for one in waiting:
            one.done_at, one.done_by_id = actor.at, actor.user_id
            one.waived_reason = "Kết thúc sự cố mà không đề nghị."
        row.closed_at, row.closed_by_id = actor.at, actor.user_id
        row.version += 1
        _record(session, "incident.closed", row, actor)


def done(
    session: Session,
    actor: Actor,
    incident_id: int,
    step: IncidentStep,
    *,
    paper_id: int | None = None,
    finished: bool = True,
) -> None:
    """Inside a transaction: close a step, or (`finished` False) only tie its paper to it."""
    rows = session.scalars(
        select(FollowUp).where(
            FollowUp.noun == NOUN,
            FollowUp.object_id == incident_id,
            FollowUp.code == f"incident.{step}",
            FollowUp.done_at.is_(None),
        )
    )
    for one in rows:
        one.paper_id = paper_id or one.paper_id
        if finished:
            one.done_at, one.done_by_id = actor.at, actor.user_id
    session.flush()


# Reading ------------------------------------------------------------------------------------------


def told_at(row: Incident) -> datetime:
    """When the agency was told: the call of who cannot log in, else the report itself."""
    return row.noticed_at if row.on_behalf else row.reported_at


def loss_of_device(session: Session, device: Device) -> int | None:
    """The latest loss by which a device is lost still, though its incident may have ended."""
    if device.state not in ALREADY[IncidentKind.LOSS]:
        return None
    return session.scalar(
        select(func.max(Incident.id)).where(
            Incident.device_id == device.id,
            Incident.kind == IncidentKind.LOSS.value,
            Incident.found_at.is_(None),
        )
    )


def opens_again(session: Session, row: Incident) -> bool:
    """Whether an incident that was ended may be opened by finding its device: it is lost still,
    and no newer loss of it is being dealt with, on whose page it is then written down.
    """
    if row.kind != IncidentKind.LOSS or row.found_at is not None or row.device is None:
        return False
    newer = select(Incident.id).where(
        Incident.device_id == row.device_id,
        Incident.kind == row.kind,
        Incident.id > row.id,
        Incident.closed_at.is_(None),
    )
    lost = row.device.state in ALREADY[IncidentKind.LOSS]
    return lost and session.scalar(newer.limit(1)) is None


def as_rule(row: Incident, steps: Sequence[FollowUp]) -> rule.Incident:
    """The incident as `rules/incidents.py` sees it. Steps that were never proposed (no certificate
    left to revoke) count as waived.
    """
    finished: dict[IncidentStep, date] = {}
    waived = set(IncidentStep)
    for step in IncidentStep:
        mine = [one for one in steps if one.code == f"incident.{step}"]
        kept = [one for one in mine if not one.waived_reason]
        if kept:
            waived.discard(step)
            days = [vietnam_day(one.done_at) if one.done_at else None for one in kept]
            if all(days):
                finished[step] = max(one for one in days if one is not None)
    return rule.Incident(
        _kind(row),
        row.device.kind if row.device is not None else None,  # type: ignore[arg-type] # as told
        told_at(row),
        finished,
        vietnam_day(row.found_at) if row.found_at else None,
        frozenset(waived),
    )


def loss_of(
    session: Session, row: Incident, *, on: date, minutes_on: date | None = None
) -> LossFacts | None:
    """What `rules.losses.check_loss` asks about a loss; None for other kinds of incident."""
    if row.kind != IncidentKind.LOSS or row.device is None:
        return None
    sent = row.device.id in LossPast.of(session, [row.device]).revoked
    certificates = certificates_on(session, [row.device]).get(row.device.id, [])
    return LossFacts(
        label=row.device.internal_code,
        kind=row.device.kind,
        certificates=_on_device(certificates),
        reported_on=vietnam_day(told_at(row)),
        circumstances=row.circumstances or row.happened,
        minutes_on=minutes_on,
        revocation_sent_on=on if sent else None,
        found_on=vietnam_day(row.found_at) if row.found_at else None,
    )


def recurrences(session: Session, row: Incident) -> list[Incident]:
    """Earlier incidents of the same kind, of this device or this holder, within a year."""
    same = [Incident.device_id == row.device_id]
    if row.holder_id is not None:
        same.append(Incident.holder_id == row.holder_id)
    first = row.noticed_at - timedelta(days=rule.RECURRENCE_DAYS + 1)
    rows = session.scalars(
        select(Incident)
        .where(Incident.kind == row.kind, Incident.noticed_at >= first, or_(*same))
        .options(joinedload(Incident.device), joinedload(Incident.holder))
        .order_by(Incident.id.desc())
    ).all()
    now = _past(row)  # The rule takes two of one day for the same; here they are two rows.
    return [
        one
        for one in rows
        if one.id < row.id and (_past(one) == now or rule.recurrences([_past(one)], now))
    ]


def _past(row: Incident) -> PastIncident:
    day = vietnam_day(row.noticed_at)
    return PastIncident(_kind(row), row.device_id or 0, row.holder_id, day)


# Parts --------------------------------------------------------------------------------------------


def _kind(row: Incident) -> IncidentKind:
    return IncidentKind(row.kind)


def _judge(wish: Report, device: Device, actor: Actor, law: Law, is_focal_point: bool) -> None:
    facts = rule.ReportFacts(
        kind=wish.kind,
        reporter_id=actor.person_id or 0,
        holder_id=device.holder_id,
        noticed_at=wish.noticed_at,
        now=actor.at,
        text=f"{wish.happened}\n{wish.circumstances}",
        told_how=wish.told_how,
        reporter_is_focal_point=is_focal_point,
    )
    if refusals := blocking(rule.check_report(facts, law=law)):
        raise RefusedByRule(refusals)


def _refuse_twice(session: Session, device: Device, kind: IncidentKind) -> None:
    there = session.scalar(
        select(Incident.id)
        .where(
            Incident.device_id == device.id,
            Incident.kind == kind.value,
            Incident.closed_at.is_(None),
        )
        .limit(1)
    )
    if there is not None:
        raise Refused(
            f"Sự cố này của thiết bị {device.internal_code} đã được báo và đang xử lý. Không cần "
            "báo lại; cần bổ sung thì báo đầu mối của cơ quan."
        )


def _row(
    wish: Report, device: Device, certificates: Sequence[Certificate], actor: Actor
) -> Incident:
    return Incident(
        agency_id=device.agency_id,
        kind=wish.kind.value,
        device_id=device.id,
        certificate_id=certificates[-1].id if certificates else None,
        holder_id=device.holder_id,
        state_before=device.state,
        noticed_at=wish.noticed_at,
        reported_at=actor.at,
        reported_by_id=actor.user_id,
        on_behalf=wish.on_behalf,
        told_how=nfc(wish.told_how).strip()[:_LONGEST_LINE],
        happened=nfc(wish.happened).strip()[:_LONGEST_LINE],
        circumstances=nfc(wish.circumstances).strip(),
        measures="",
        cause="",
        prevention="",
    )


def _move(session: Session, actor: Actor, row: Incident, device: Device) -> None:
    act = rule.DEVICE_ACTS[_kind(row)]
    if device.state in ALREADY.get(_kind(row), ()):
        return  # Entered so when the register began, or by another incident.
    if act is not None:
        custody.apply(session, actor, device, act, on=actor.today, incident_id=row.id)
    elif device.state in _GONE:
        raise Refused("Thiết bị đã thu hồi hoặc đã nộp Cục, không còn dùng để ký.")


def _loss(
    row: Incident, device: Device, certificates: Sequence[Certificate], actor: Actor, sent: bool
) -> LossFacts:
    return LossFacts(
        label=device.internal_code,
        kind=device.kind,
        certificates=_on_device(certificates),
        reported_on=vietnam_day(told_at(row)),
        revocation_sent_on=actor.today if sent else None,
        found_on=actor.today,
    )


def _on_device(certificates: Sequence[Certificate]) -> tuple[CertificateOnDevice, ...]:
    return tuple(CertificateOnDevice(one.not_after, one.revoked_at) for one in certificates)


def _come_back(
    session: Session, actor: Actor, row: Incident, device: Device, *, sent: bool, usable: bool
) -> None:
    """Back to the state before the loss, or on to be recalled; nothing for a device that has moved
    on by itself meanwhile.
    """
    act = CustodyAct.FOUND_AFTER_REVOCATION if sent else CustodyAct.FOUND
    custody.apply(session, actor, device, act, on=actor.today, incident_id=row.id)
    if sent or usable:
        return
    try:
        move_of(device.kind, device.state, CustodyAct.AWAIT_RECALL)
    except IllegalMove:
        return  # In stock or held by the agency: it can be recalled as it is.
    custody.apply(
        session, actor, device, CustodyAct.AWAIT_RECALL, on=actor.today, incident_id=row.id
    )


def _drop_loss(session: Session, actor: Actor, row: Incident) -> None:
    """Found in time: what only a loss asks for falls away, and its unsigned minutes with it."""
    falls = (IncidentStep.LOSS_MINUTES, IncidentStep.REVOCATION, IncidentStep.REISSUE)
    codes = {f"incident.{one}" for one in falls}
    for one in follow_ups.of(session, NOUN, row.id):
        if one.code not in codes or one.done_at is not None:
            continue
        one.done_at, one.done_by_id, one.waived_reason = actor.at, actor.user_id, FOUND_WORDS
        paper = one.paper
        if paper is not None and paper.state is PaperState.ISSUED and paper.sent_on is None:
            end_paper(session, actor, paper, FOUND_WORDS)


def open_incident(session: Session, incident_id: int, version: int | None) -> Incident:
    """An incident that may still change. Raises `Refused` when it is closed, and `Conflict`."""
    row = _load(session, incident_id, version)
    _refuse_closed(row)
    return row


def _load(session: Session, incident_id: int, version: int | None) -> Incident:
    row = session.scalars(
        select(Incident).where(Incident.id == incident_id).options(joinedload(Incident.device))
    ).one()
    expect_version(row, version)
    return row


def _refuse_closed(row: Incident) -> None:
    if row.closed_at is not None:
        raise Refused("Sự cố này đã kết thúc.")


def _record(session: Session, event: str, row: Incident, actor: Actor, **body: audit.Value) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )
