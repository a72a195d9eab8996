"""What must follow from an event: proposed with its article, then done, or left out with a reason.

Whoever proposes (a staff change, a reorganisation, an incident, a stocktake) calls `propose` inside
its own transaction. A follow-up closes itself when the act it asks for has been done: the letter
was sent, the device came back (`settle`); it opens again when that act is taken back (`reopen`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, or_, select, update
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import Agency, CertificateRequest, Device
from operations.transactions import Refused, transaction
from rules.incidents import check_text
from rules.lifecycle import CustodyAct
from rules.names import nfc
from rules.requests import RequestKind
from rules.serials import normalise_serial
from schema.custody import FollowUp

NOUN = "follow_up"
_LONGEST_SENTENCE, _LONGEST_BASIS, _LONGEST_REASON = 500, 200, 500
OTHER_WAY = "Đã chọn cách khác trong các cách được đề xuất."
AMENDMENT, REVOCATION, ISSUANCE, UNLOCK = "amendment", "revocation", "issuance", "unlock"
RECALL, HOLD, DEVICE_RETURN = "recall", "hold", "device_return"
FIND_OR_REPORT, CORRECT_HOLDER, DAMAGE = "find_or_report", "correct_holder", "damage"
ENTER = "enter_in_register"
MEASURES, REPORT, LOSS_MINUTES, CAUSE = "measures", "report", "loss_minutes", "cause"
PROOF_OF_SENDING = "request.proof_of_sending"

# What was done -> the codes of the proposals that ask for it.
CODES: Mapping[str, tuple[str, ...]] = {
    REVOCATION: (
        "transfer.revoke",
        "transfer.too_late_to_amend",
        "reorganisation.revocation",
        "incident.revocation",
    ),
    AMENDMENT: ("transfer.amend", "transfer.position_not_listed", "reorganisation.amendment"),
    ISSUANCE: ("reorganisation.issuance", "reorganisation.successor_issuance", "incident.reissue"),
    UNLOCK: ("incident.unlock",),
    RECALL: ("transfer.recall", "reorganisation.recall"),
    HOLD: ("transfer.long_leave",),
    DEVICE_RETURN: ("incident.device_return", "request.device_return"),
    MEASURES: ("incident.immediate_measures",),
    REPORT: ("incident.report",),
    LOSS_MINUTES: ("incident.loss_minutes",),
    CAUSE: ("incident.cause_and_prevention",),
    FIND_OR_REPORT: ("stocktake.report_loss",),
    CORRECT_HOLDER: ("stocktake.correct_holder",),
    DAMAGE: ("stocktake.report_damage",),
    ENTER: ("stocktake.enter_in_register",),
}
_BY_REQUEST: Mapping[RequestKind, str] = {
    RequestKind.REVOCATION: REVOCATION,
    RequestKind.AMENDMENT: AMENDMENT,
    RequestKind.ISSUANCE: ISSUANCE,
    RequestKind.UNLOCK: UNLOCK,
}
_BY_MOVE: Mapping[CustodyAct, tuple[str, ...]] = {
    CustodyAct.RECALL: (RECALL, ENTER),
    CustodyAct.TAKE_BACK: (RECALL, ENTER),
    CustodyAct.HOLD: (HOLD,),
    CustodyAct.SEND_TO_AUTHORITY: (DEVICE_RETURN, RECALL),
    CustodyAct.CONFIRM_LOSS: (LOSS_MINUTES,),
    CustodyAct.REPORT_MISSING: (FIND_OR_REPORT,),
    CustodyAct.CORRECT_HOLDER: (CORRECT_HOLDER, ENTER),
    CustodyAct.FOUND: (ENTER,),
    CustodyAct.FOUND_AFTER_REVOCATION: (ENTER,),
    CustodyAct.PARCEL_CAME_BACK: (ENTER,),
    CustodyAct.TRANSFER: (ENTER,),
    CustodyAct.REPORT_DAMAGE: (DAMAGE,),
}


@dataclass(frozen=True)
class Item:
    """One thing to propose: what, on which ground, until when, about whom or what.

    `alternative` names the way it belongs to, where the law leaves a choice between ways;
    `code_seen` is what stands on a thing that no register has.
    """

    code: str
    sentence: str
    basis: str = ""
    due_on: date | None = None
    person_id: int | None = None
    device_id: int | None = None
    certificate_id: int | None = None
    alternative: str = ""
    code_seen: str = ""


def propose(
    session: Session,
    actor: Actor,
    *,
    noun: str,
    object_id: int,
    agency_id: int,
    items: Iterable[Item],
) -> int:
    """Write down what follows from an event, inside the caller's transaction; one statement.

    Returns how many were written. The event itself is in the log, which is why this is not.
    """
    return propose_many(session, noun=noun, proposals=[(object_id, agency_id, items)])


def propose_many(
    session: Session, *, noun: str, proposals: Iterable[tuple[int, int, Iterable[Item]]]
) -> int:
    """The same for many objects of one noun, each with its number, agency and items, at once."""
    rows = [
        {
            **vars(one),
            "sentence": one.sentence[:_LONGEST_SENTENCE],
            "basis": one.basis[:_LONGEST_BASIS],
            "noun": noun,
            "object_id": object_id,
            "agency_id": agency_id,
            "waived_reason": "",
        }
        for object_id, agency_id, items in proposals
        for one in items
    ]
    if rows:
        session.execute(insert(FollowUp).execution_options(render_nulls=True), rows)
    return len(rows)


def complete(session: Session, *, actor: Actor, follow_up_id: int) -> None:
    """Write down by hand that it was done, also outside the program. Raises `Refused`."""
    with transaction(session):
        row = _open_row(session, follow_up_id)
        row.done_at, row.done_by_id = actor.at, actor.user_id
        session.flush()
        _leave_other_ways(session, actor, [row])
        _record(session, actor, row, "follow_up.done")


def waive(session: Session, *, actor: Actor, follow_up_id: int, reason: str) -> None:
    """Leave a proposal out, with the reason that stays in the register. Raises `Refused`."""
    words = _reason(reason)
    with transaction(session):
        row = _open_row(session, follow_up_id)
        _waive(row, actor, words)
        _record(session, actor, row, "follow_up.waived", reason_sha256=audit.sealed(words))


def choose(
    session: Session, *, actor: Actor, noun: str, object_id: int, alternative: str, reason: str = ""
) -> None:
    """Choose one of the ways that the law leaves open; the others are left out with the reason.

    Raises `Refused` when there is no such choice any more.
    """
    words = nfc(reason).strip() or OTHER_WAY
    with transaction(session):
        rows = [one for one in of(session, noun, object_id) if one.alternative]
        chosen = [one for one in rows if one.alternative == alternative and not one.waived_reason]
        left = [one for one in rows if one.alternative != alternative and one.done_at is None]
        if not chosen or not left:
            raise Refused("Việc lựa chọn này đã xong hoặc không còn.")
        for one in left:
            _waive(one, actor, words[:_LONGEST_REASON])
        for one in left:
            _record(session, actor, one, "follow_up.waived", reason_sha256=audit.sealed(words))


def settle(
    session: Session,
    actor: Actor,
    *,
    code: str,
    certificate_ids: Collection[int] = (),
    device_ids: Collection[int] = (),
    person_ids: Collection[int] = (),
    agency_ids: Collection[int] = (),
    request_id: int | None = None,
    paper_id: int | None = None,
) -> int:
    """Close what asked for an act that has just been done, inside that act's transaction.

    `code` is a key of `CODES`, or the code of the follow-ups themselves. Returns how many were
    closed. `agency_ids` closes what asks for something of the agency itself.
    """
    subjects: list[ColumnElement[bool]] = []
    for column, ids in (
        (FollowUp.certificate_id, certificate_ids),
        (FollowUp.device_id, device_ids),
        (FollowUp.person_id, person_ids),
    ):
        if ids:
            subjects.append(column.in_(list(ids)))
    if agency_ids:
        own = FollowUp.certificate_id.is_(None) & FollowUp.person_id.is_(None)
        subjects.append(own & FollowUp.agency_id.in_(list(agency_ids)))
    if not subjects:
        return 0
    rows = session.scalars(
        select(FollowUp).where(
            FollowUp.code.in_(CODES.get(code, (code,))), FollowUp.done_at.is_(None), or_(*subjects)
        )
    ).all()
    for row in rows:
        row.done_at, row.done_by_id = actor.at, actor.user_id
        row.request_id, row.paper_id = request_id or row.request_id, paper_id or row.paper_id
    session.flush()
    _leave_other_ways(session, actor, rows)
    return len(rows)


def settle_entered(session: Session, actor: Actor, devices: Iterable[Device]) -> None:
    """Close what asked that a found thing be entered, inside the transaction that enters it: the
    thing bears the code or a serial of a new device, in any notation, near its agency. Two
    statements however many devices.
    """
    carrying: dict[str, list[Device]] = {}
    for one in devices:
        told = (one.internal_code, one.printed_serial, one.driver_serial, one.notice_serial)
        for code in {normalise_serial(each) for each in told if each} - {""}:
            carrying.setdefault(code, []).append(one)
    waiting = session.execute(
        select(FollowUp, Agency.path)
        .join(Agency, Agency.id == FollowUp.agency_id)
        .where(
            FollowUp.code.in_(CODES[ENTER]),
            FollowUp.done_at.is_(None),
            FollowUp.device_id.is_(None),
        )
    )
    meant = [
        (row, path, carrying.get(normalise_serial(row.code_seen), ())) for row, path in waiting
    ]
    units = {one.agency_id for _, _, some in meant for one in some}
    near = session.execute(select(Agency.id, Agency.path).where(Agency.id.in_(units)))
    paths = {row.id: row.path for row in near}
    for row, path, some in meant:
        for one in some:
            at = paths[one.agency_id]
            if at.startswith(path) or path.startswith(at):
                row.device_id, row.done_at, row.done_by_id = one.id, actor.at, actor.user_id
                break


def reopen_entered(session: Session, device_ids: Select[Any]) -> None:
    """Open again what entering these devices had closed, before they leave the register; one
    statement.
    """
    session.execute(
        update(FollowUp)
        .where(
            FollowUp.code.in_(CODES[ENTER]),
            FollowUp.code_seen != "",
            FollowUp.device_id.in_(device_ids),
        )
        .values(device_id=None, done_at=None, done_by_id=None)
        .execution_options(synchronize_session=False)
    )


def settle_request(session: Session, actor: Actor, request: CertificateRequest) -> int:
    """Close what asked for the letter that has just been sent, line by line."""
    code = _BY_REQUEST.get(request.kind)
    if code is None:
        return 0
    lines = request.lines
    issues = request.kind is RequestKind.ISSUANCE
    return settle(
        session,
        actor,
        code=code,
        certificate_ids={one.certificate_id for one in lines if one.certificate_id},
        device_ids={one.device_id for one in lines if one.device_id},
        person_ids={one.person_id for one in lines if one.person_id} if issues else (),
        agency_ids={one.subject_agency_id for one in lines if one.subject_agency_id},
        request_id=request.id,
    )


def settle_moves(
    session: Session,
    actor: Actor,
    act: CustodyAct,
    device_ids: Collection[int],
    paper_id: int | None = None,
) -> int:
    """Close what asked for a move of devices that has just been made."""
    return sum(
        settle(session, actor, code=code, device_ids=device_ids, paper_id=paper_id)
        for code in _BY_MOVE.get(act, ())
    )


def settle_paper(session: Session, actor: Actor, paper_id: int) -> None:
    """Close what waited for this very paper to be sent, inside that act's transaction."""
    session.execute(
        update(FollowUp)
        .where(FollowUp.paper_id == paper_id, FollowUp.done_at.is_(None))
        .values(done_at=actor.at, done_by_id=actor.user_id)
    )


def reopen(
    session: Session,
    *,
    request_id: int | None = None,
    device_ids: Collection[int] = (),
    done_at: datetime | None = None,
) -> None:
    """Open again what an act had closed that is now taken back: a letter that was sent back, or
    moves of devices made at `done_at`. Inside the caller's transaction; one statement."""
    if request_id is not None:
        which = FollowUp.request_id == request_id
    else:
        which = FollowUp.device_id.in_(list(device_ids)) & (FollowUp.done_at == done_at)
    session.execute(
        update(FollowUp)
        .where(which, FollowUp.waived_reason == "")
        .values(done_at=None, done_by_id=None, request_id=None, paper_id=None)
    )


# Reading ------------------------------------------------------------------------------------------


def of(session: Session, noun: str, object_id: int) -> Sequence[FollowUp]:
    """Everything that follows from one event, in its order, with what the rows point at."""
    return session.scalars(
        select(FollowUp)
        .where(FollowUp.noun == noun, FollowUp.object_id == object_id)
        .options(*with_subjects())
        .order_by(FollowUp.id)
    ).all()


def open_for(
    session: Session, *where: ColumnElement[bool], limit: int = 200, after_id: int | None = None
) -> Sequence[FollowUp]:
    """What is still to be done under the conditions given, the most urgent first; one statement."""
    statement = select(FollowUp).where(FollowUp.done_at.is_(None), *where)
    if after_id is not None:
        statement = statement.where(FollowUp.id > after_id)
    return session.scalars(
        statement.options(*with_subjects())
        .order_by(FollowUp.due_on.is_(None), FollowUp.due_on, FollowUp.id)
        .limit(limit)
    ).all()


def count_open(session: Session, noun: str, object_ids: Collection[int]) -> dict[int, int]:
    """How many are open for each of these events; one statement."""
    rows = session.execute(
        select(FollowUp.object_id, func.count())
        .where(
            FollowUp.noun == noun,
            FollowUp.object_id.in_(list(object_ids)),
            FollowUp.done_at.is_(None),
        )
        .group_by(FollowUp.object_id)
    )
    return {row[0]: row[1] for row in rows}


def with_subjects() -> tuple[Any, ...]:
    """Load options for everything that a line on screen names."""
    return (
        joinedload(FollowUp.person),
        joinedload(FollowUp.device),
        joinedload(FollowUp.certificate),
        joinedload(FollowUp.certificate_request),
        joinedload(FollowUp.paper),
    )


# Shared -------------------------------------------------------------------------------------------


def waive_all(session: Session, actor: Actor, noun: str, object_id: int, reason: str) -> None:
    """Leave out what is open of an event that is cancelled, inside the caller's transaction."""
    session.execute(
        update(FollowUp)
        .where(FollowUp.noun == noun, FollowUp.object_id == object_id, FollowUp.done_at.is_(None))
        .values(done_at=actor.at, done_by_id=actor.user_id, waived_reason=reason[:_LONGEST_REASON])
    )


def _leave_other_ways(session: Session, actor: Actor, done: Sequence[FollowUp]) -> None:
    """What was done is the way that was chosen: for the same certificate the other ways fall, and
    so does all that belongs to a way of which nothing is left.
    """
    events = {(one.noun, one.object_id) for one in done if one.alternative}
    for noun, object_id in sorted(events):
        rows = [one for one in of(session, noun, object_id) if one.alternative]
        chosen = {one.alternative for one in rows if one.done_at and not one.waived_reason}
        settled = {one.certificate_id for one in rows if one.done_at and one.certificate_id}
        others = [one for one in rows if one.alternative not in chosen and one.done_at is None]
        for one in others:
            if one.certificate_id is not None and one.certificate_id in settled:
                _waive(one, actor, OTHER_WAY)
        for one in others:
            ways = [each for each in rows if each.alternative == one.alternative]
            if not any(each.certificate_id and each.done_at is None for each in ways):
                _waive(one, actor, OTHER_WAY)
    session.flush()


def _waive(row: FollowUp, actor: Actor, words: str) -> None:
    if row.done_at is None:
        row.done_at, row.done_by_id, row.waived_reason = actor.at, actor.user_id, words


def _open_row(session: Session, follow_up_id: int) -> FollowUp:
    row = session.get_one(FollowUp, follow_up_id)
    if row.done_at is not None:
        raise Refused("Việc này đã xong hoặc đã được bỏ qua.")
    return row


def _reason(reason: str) -> str:
    words = nfc(reason).strip()
    if not words:
        raise Refused("Nhập lý do bỏ qua; lý do được giữ lại trong sổ.")
    if told := check_text(words):
        raise Refused(f"{told[0].message} {told[0].remedy}")
    return words[:_LONGEST_REASON]


def _record(session: Session, actor: Actor, row: FollowUp, event: str, **body: audit.Value) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=row.noun,
        object_id=row.object_id,
        agency_id=row.agency_id,
        code=row.code,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )
