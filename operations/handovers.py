"""Giving and taking devices: one act for many of them, with the papers that prove it.

Everything happens in one transaction: the rules are asked, each paper is drawn and frozen, and the
devices move as far as the proof at hand allows (`operations/paper_effects.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from audit import Actor
from models import Agency, Certificate, Device, Person
from operations import paper_lines
from operations.custody import Circumstances, apply_all, load_all, record_moved
from operations.custody_checks import (
    Decision,
    RefusedByRule,
    certificates_on,
    handover_findings,
    living,
    return_findings,
    serial_of,
)
from operations.law import law_for
from operations.paper_effects import ACT, settle, waiting_for
from operations.papers import Draw, Line, make_in
from operations.request_documents import Drawn
from operations.transactions import Refused, transaction
from rules.certificates import SubscriberKind
from rules.findings import Finding, Severity, blocking
from rules.handovers import EntrustmentFacts, check_entrustment
from rules.incidents import check_text
from rules.law import Law
from rules.lifecycle import CustodyAct, IllegalMove, move_of
from rules.papers import PaperKind

_A = CustodyAct
KINDS: Mapping[CustodyAct, PaperKind] = {
    _A.HAND_OVER: PaperKind.HANDOVER,
    _A.PUT_IN_USE: PaperKind.HANDOVER,
    _A.GIVE_BACK: PaperKind.INTERNAL_RETURN,
    _A.HOLD: PaperKind.INTERNAL_RETURN,
    _A.TAKE_BACK: PaperKind.INTERNAL_RETURN,
    _A.RECALL: PaperKind.INTERNAL_RETURN,
    _A.ENTRUST: PaperKind.PERMISSION,
    _A.END_ENTRUSTMENT: PaperKind.INTERNAL_RETURN,
    _A.CORRECT_HOLDER: PaperKind.CORRECTION,
    _A.CONFIRM_STATUS: PaperKind.STATUS,
    _A.SEND_TO_AUTHORITY: PaperKind.RETURN_TO_AUTHORITY,
}
"""The acts that are done here, and the paper of each."""

GIVES = frozenset({_A.HAND_OVER, _A.PUT_IN_USE, _A.GIVE_BACK, _A.ENTRUST, _A.END_ENTRUSTMENT})
"""Somebody gets the devices; each must be told who."""
TAKES = frozenset({_A.HOLD, _A.TAKE_BACK, _A.RECALL})
"""The agency gets them from whoever holds them: one paper for each of these people."""
EACH_THEIR_OWN = frozenset({_A.CONFIRM_STATUS, _A.CORRECT_HOLDER})
"""One paper in which every line has a person of its own."""


@dataclass(frozen=True)
class Item:
    """One device of the act; `person_id` is who gets it (or has it, in status minutes)."""

    device_id: int
    person_id: int | None = None
    condition: str = ""
    note: str = ""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to do with devices on a day.

    `agency_person_id` is who acts for the agency: gives, or takes. `decision` entrusts an agency's
    device (HAND_OVER) or permits a deputy (ENTRUST). With `digital` every receiver gets minutes of
    their own, since each signs in a field of their own. `particulars` go into the paper as typed.
    `reason` answers warnings.
    """

    act: CustodyAct
    on: date
    items: tuple[Item, ...]
    agency_person_id: int | None = None
    number: str = ""
    place: str = ""
    digital: bool = False
    reason: str = ""
    decision: Decision = field(default_factory=Decision)
    particulars: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Ready:
    """A wish with its rows, checked against the table of moves."""

    devices: dict[int, Device]
    people: dict[int, Person]
    certificates: dict[int, list[Certificate]]
    agency: Agency


def judge(
    session: Session, wish: Wish, *, law: Law, actor: Actor
) -> dict[int, tuple[Finding, ...]]:
    """What the rules say, by device; empty tuples where nothing speaks against it.

    Raises `Refused` when the act is not possible at all (state, kind, nobody chosen).
    """
    return _judge(session, wish, _ready(session, wish, actor), law)


@dataclass(frozen=True)
class Shown:
    """What would come of a wish: the findings by device, and the papers as they would be drawn."""

    findings: dict[int, tuple[Finding, ...]]
    papers: tuple[Drawn, ...]

    @property
    def found(self) -> list[Finding]:
        """All findings, of whatever device."""
        return [one for each in self.findings.values() for one in each]


class _NothingWritten(Exception):
    """Leaves the transaction of a preview."""


def preview(session: Session, wish: Wish, *, actor: Actor, law: Law, draw: Draw) -> Shown:
    """Everything that `carry_out` would check and draw, without writing.

    Raises `Refused` where nothing could be drawn; findings that refuse are returned, not raised.
    """
    shown: list[Drawn] = []
    found: dict[int, tuple[Finding, ...]] = {}

    def keep(paper: Any) -> Drawn:
        shown.append(draw(paper))
        return shown[-1]

    try:
        with transaction(session):
            ready = _ready(session, wish, actor)
            found = _judge(session, wish, ready, law)
            if not blocking(one for each in found.values() for one in each):
                _make_all(session, wish, ready, actor, keep)
            raise _NothingWritten
    except _NothingWritten:
        return Shown(found, tuple(shown))


def carry_out(session: Session, wish: Wish, *, actor: Actor, law: Law, draw: Draw) -> list[int]:
    """Do it: papers drawn and frozen, devices moved. Returns the papers; empty when none is needed.

    Raises `RefusedByRule` when a rule refuses, `Refused` when a warning has no reason or the act is
    not possible for one of the devices; then nothing is done.
    """
    with transaction(session):
        ready = _ready(session, wish, actor)
        found = [one for each in _judge(session, wish, ready, law).values() for one in each]
        if refusals := blocking(found):
            raise RefusedByRule(refusals)
        if wants_reason(found) and not wish.reason.strip():
            raise Refused("Có lưu ý của quy định. Nêu lý do vẫn thực hiện.")
        return _make_all(session, wish, ready, actor, draw)


def wants_reason(found: Sequence[Finding]) -> bool:
    """True when going on needs words: some finding is a warning."""
    return any(one.severity is Severity.SHOULD for one in found)


# Parts --------------------------------------------------------------------------------------------


def _ready(session: Session, wish: Wish, actor: Actor) -> _Ready:
    if wish.act not in KINDS:
        raise Refused("Việc này không thực hiện bằng biên bản giao nhận.")
    if wish.on > actor.today:
        raise Refused("Ngày lập biên bản không được sau ngày hôm nay.")
    _refuse_secrets(wish)
    devices = {one.id: one for one in load_all(session, [one.device_id for one in wish.items])}
    _refuse_impossible(session, wish, devices)
    wanted = {one.person_id for one in wish.items} | {wish.agency_person_id}
    wanted |= {one.holder_id for one in devices.values()}
    people = paper_lines.people(session, {one for one in wanted if one is not None})
    agencies = {one.agency_id: one.agency for one in devices.values()}
    managing = {paper_lines.managing_agency(session, one).id: one for one in agencies.values()}
    if len(managing) > 1:
        raise Refused(
            "Các thiết bị đã chọn thuộc nhiều cơ quan quản lý. Lập biên bản riêng cho từng cơ quan."
        )
    agency = paper_lines.managing_agency(session, next(iter(managing.values())))
    return _Ready(devices, people, certificates_on(session, list(devices.values())), agency)


def _refuse_secrets(wish: Wish) -> None:
    """What is typed for one device goes into frozen minutes: none of it may tell a PIN."""
    for text in (text for one in wish.items for text in (one.condition, one.note)):
        if found := check_text(text):
            raise Refused(f"{found[0].message} {found[0].remedy}")


def _refuse_impossible(session: Session, wish: Wish, devices: Mapping[int, Device]) -> None:
    for device in devices.values():
        try:
            move_of(device.kind, device.state, wish.act)
        except IllegalMove as error:
            raise Refused(f"{serial_of(device)}: {error.message}") from None
    waiting = waiting_for(session, devices)
    if waiting:
        device_id, paper = next(iter(waiting.items()))
        raise Refused(
            f"{serial_of(devices[device_id])} đang có biên bản lập ngày {paper.made_on:%d/%m/%Y} "
            "chờ xác nhận hoặc chờ bản ký. Hoàn thành hoặc hủy biên bản đó trước."
        )
    if wish.act in GIVES | {CustodyAct.CORRECT_HOLDER} and any(
        one.person_id is None for one in wish.items
    ):
        raise Refused("Chọn người nhận cho từng thiết bị.")


def _judge(session: Session, wish: Wish, ready: _Ready, law: Law) -> dict[int, tuple[Finding, ...]]:
    devices = [ready.devices[one.device_id] for one in wish.items]
    if wish.act is CustodyAct.SEND_TO_AUTHORITY:
        return return_findings(session, devices, on=wish.on, law=law)
    if wish.act is CustodyAct.ENTRUST:
        return {one.device_id: _entrustment(wish, one, ready, law) for one in wish.items}
    correcting = wish.act is CustodyAct.CORRECT_HOLDER
    if correcting or wish.act in GIVES - {CustodyAct.END_ENTRUSTMENT}:
        receivers = {one.device_id: one.person_id for one in wish.items if one.person_id}
        return handover_findings(
            session,
            devices,
            receivers,
            on=wish.on,
            law=law,
            giver_id=wish.agency_person_id,
            decision=wish.decision,
            correcting=correcting,
        )
    return {one.id: () for one in devices}


def _entrustment(wish: Wish, item: Item, ready: _Ready, law: Law) -> tuple[Finding, ...]:
    device = ready.devices[item.device_id]
    own = living(ready.certificates.get(device.id, []), wish.on)
    deputy = ready.people[item.person_id or 0]
    facts = EntrustmentFacts(
        device=serial_of(device),
        keeper_id=device.holder_id or 0,
        deputy_id=deputy.id,
        deputy_name=deputy.full_name,
        personal=any(one.kind is SubscriberKind.INDIVIDUAL for one in own),
        permission=wish.decision.text,
        from_on=wish.decision.from_on,
        until_on=wish.decision.until_on,
        has_minutes=True,  # They are drawn by this very act.
    )
    return check_entrustment(facts, on=wish.on, law=law_for(law, ready.agency))


def _make_all(session: Session, wish: Wish, ready: _Ready, actor: Actor, draw: Draw) -> list[int]:
    made: list[int] = []
    for items, giver_id, receiver_id in _grouped(wish, ready):
        if giver_id is None and wish.act in TAKES:  # Nobody held them: there is nothing to sign.
            _move_only(session, wish, [ready.devices[one.device_id] for one in items], actor)
            continue
        paper = make_in(
            session,
            actor=actor,
            kind=KINDS[wish.act],
            agency_id=ready.agency.id,
            made_on=wish.on,
            lines=[_line(wish, one, ready) for one in items],
            giver_id=giver_id,
            receiver_id=receiver_id,
            particulars=_particulars(wish, ready, giver_id, receiver_id),
            draw=draw,
            number=wish.number if not made else "",
            place=wish.place,
        )
        settle(session, actor, paper)
        made.append(paper.id)
    return made


def _move_only(session: Session, wish: Wish, devices: Sequence[Device], actor: Actor) -> None:
    how = Circumstances(wish.on, reason=wish.reason)
    apply_all(session, actor, devices, wish.act, how)
    record_moved(session, actor, devices, wish.act, None)


_Group = tuple[tuple[Item, ...], int | None, int | None]


def _grouped(wish: Wish, ready: _Ready) -> list[_Group]:
    """Which devices share a paper, with who gives and who receives by it."""
    own = wish.agency_person_id
    if wish.act is CustodyAct.SEND_TO_AUTHORITY:
        return [(wish.items, own, None)]
    if wish.act in EACH_THEIR_OWN:
        return [(wish.items, own, None)]
    if wish.act in TAKES | {CustodyAct.END_ENTRUSTMENT}:
        by_giver: dict[int | None, list[Item]] = {}
        for one in wish.items:
            by_giver.setdefault(ready.devices[one.device_id].holder_id, []).append(one)
        return [
            (tuple(items), giver, own if wish.act in TAKES else items[0].person_id)
            for giver, items in by_giver.items()
        ]
    by_receiver: dict[int | None, list[Item]] = {}
    for one in wish.items:
        by_receiver.setdefault(one.person_id, []).append(one)
    if len(by_receiver) > 1 and not wish.digital and wish.act is CustodyAct.HAND_OVER:
        return [(wish.items, own, None)]
    return [(tuple(items), own, receiver) for receiver, items in by_receiver.items()]


def _line(wish: Wish, item: Item, ready: _Ready) -> Line:
    device = ready.devices[item.device_id]
    person_id = item.person_id if wish.act in GIVES | EACH_THEIR_OWN else device.holder_id
    if wish.act is CustodyAct.CONFIRM_STATUS:
        person_id = device.holder_id
    person = ready.people.get(person_id or 0)
    told = paper_lines.of_device(
        device,
        ready.certificates.get(device.id, []),
        on=wish.on,
        holder=person,
        title=paper_lines.title_of(person, wish.on) if person else "",
        reason=str(wish.particulars.get("purpose", "")),
    )
    if wish.act is CustodyAct.CORRECT_HOLDER:
        before = ready.people.get(device.holder_id or 0)
        told |= {"holder": before.full_name if before else "", "holder_position": ""}
        told["found_with"] = person.full_name if person else ""
    known = living(ready.certificates.get(device.id, []), wish.on)
    return Line(
        device_id=device.id,
        certificate_id=known[-1].id if known else None,
        person_id=person_id,
        condition=item.condition,
        note=item.note,
        particulars=told,
    )


def _particulars(
    wish: Wish, ready: _Ready, giver_id: int | None, receiver_id: int | None
) -> dict[str, Any]:
    """What the paper is drawn from beside its lines; days as ISO texts, to be kept."""
    told: dict[str, Any] = {
        **wish.particulars,
        ACT: wish.act.value,
        "reason": wish.reason.strip(),
        "receiver_is_agency": wish.act in TAKES,
        "medium": "digital" if wish.digital else "wet",
        "agency": paper_lines.of_agency(ready.agency),
        "giver": paper_lines.of_person(ready.people.get(giver_id or 0), wish.on),
        "receiver": paper_lines.of_person(ready.people.get(receiver_id or 0), wish.on),
    }
    if wish.act is CustodyAct.HAND_OVER:
        kinds = {one.kind for each in ready.certificates.values() for one in living(each, wish.on)}
        told["for_agency"] = kinds == {SubscriberKind.ORGANISATION}
    if wish.decision.text:
        told["decision"] = wish.decision.text
        for name in ("from_on", "until_on"):
            day = getattr(wish.decision, name)
            told[name] = day.isoformat() if day else ""
    return told
