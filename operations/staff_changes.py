"""Biến động nhân sự: a change of a person's place or need, from its entry to its end.

Nothing that the law asks for is done silently: each change proposes it (`follow_ups`), with the
article of the regulation that the agency follows. The change itself takes effect in the register
when it is closed, or, between two agencies of this installation, when the other one accepts
(`operations/staff_transfers.py`). A person is never closed while a device is in their hands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import Agency, Certificate, Device, Person, Position
from operations import agency_moves, follow_ups, people
from operations import law as house
from operations.many_rows import add_many
from operations.staff_change_items import (
    LEAVING,
    NOTHING_TO_DO,
    WITHIN,
    Holdings,
    holdings_of,
    items_for,
)
from operations.transactions import Refused, expect_version, transaction
from rules.law import Law
from rules.names import clean_name, nfc
from rules.staff_changes import StaffChange as Kind
from schema.changes import StaffChange
from schema.custody import FollowUp

NOUN = "staff_change"
CHECK_CONTENTS = "transfer.check_contents"
GONE = (*LEAVING, Kind.MOVED_TO_OTHER_BODY)
"""Kinds after which a person no longer works here."""


@dataclass(frozen=True)
class Change:
    """What is known of a change when it is entered.

    `to_agency_id` is the new agency (in this installation) or the new unit, `to_body` an agency
    outside. `fits`: whether the certificates still agree with the new place, None when nobody has
    compared.
    """

    person_id: int
    kind: Kind
    effective_on: date
    to_agency_id: int | None = None
    to_body: str = ""
    new_title: str = ""
    decision: str = ""
    note: str = ""
    fits: bool | None = None


def record(session: Session, *, actor: Actor, change: Change, law: Law) -> int:
    """Enter one change and propose what follows; returns its number. Raises `Refused`."""
    return record_many(session, actor=actor, changes=[change], law=law)[0]


def record_many(
    session: Session,
    *,
    actor: Actor,
    changes: Sequence[Change],
    law: Law,
    sheet_import_id: int | None = None,
) -> list[int]:
    """Enter many changes in one transaction, all or none; returns their numbers in order.

    Raises `Refused` naming the person of the first that cannot be.
    """
    with transaction(session):
        return record_in(session, actor, changes, law=law, sheet_import_id=sheet_import_id)


def record_in(
    session: Session,
    actor: Actor,
    changes: Sequence[Change],
    *,
    law: Law,
    sheet_import_id: int | None = None,
) -> list[int]:
    """The same inside the transaction of another act (an Excel import)."""
    if not changes:
        raise Refused("Không có biến động nào để ghi.")
    held = holdings_of(session, [one.person_id for one in changes], on=actor.today, law=law)
    _refuse_impossible(session, actor, changes, held)
    rows = [_row(one, held[one.person_id], actor, sheet_import_id) for one in changes]
    rows = add_many(session, rows)
    follow_ups.propose_many(
        session,
        noun=NOUN,
        proposals=[
            (row.id, row.agency_id, _items(actor, row, held[one.person_id], one.fits))
            for row, one in zip(rows, changes, strict=True)
        ],
    )
    audit.record_many(
        session,
        "staff_change.recorded",
        actor=actor,
        noun=NOUN,
        entries=[
            audit.Entry(row.id, row.agency_id, {"kind": row.kind, "day": str(row.effective_on)})
            for row in rows
        ],
    )
    return [row.id for row in rows]


def compare(
    session: Session, *, actor: Actor, change_id: int, version: int, fits: bool, law: Law
) -> None:
    """Write down whether the certificates agree with the new place, and propose what then follows.

    Raises `Refused` when that was not asked or has been answered, and `Conflict`.
    """
    with transaction(session):
        row = load_open(session, change_id, version)
        asked = [
            one
            for one in follow_ups.of(session, NOUN, row.id)
            if one.code == CHECK_CONTENTS and one.done_at is None
        ]
        if not asked:
            raise Refused("Việc đối chiếu thông tin chứng thư đã xong.")
        for one in asked:
            one.done_at, one.done_by_id = actor.at, actor.user_id
        held = holdings_of(session, [row.person_id], on=actor.today, law=law)[row.person_id]
        _propose(session, actor, row, held, fits)
        row.version += 1
        record_event(session, "follow_up.done", actor, row, code=CHECK_CONTENTS)


def close(session: Session, *, actor: Actor, change_id: int, version: int) -> None:
    """End a change: what it asked for is done or left out with a reason, and the register follows.

    Raises `Refused` before its day, while the other agency has not answered, while something is
    open, or while the person still has a device in their hands; and `Conflict`.
    """
    with transaction(session):
        row = load_open(session, change_id, version)
        kind = Kind(row.kind)
        if row.effective_on > actor.today:
            raise Refused(
                f"Biến động có hiệu lực từ ngày {row.effective_on:%d/%m/%Y}; chưa kết thúc được."
            )
        if kind is Kind.MOVED_TO_OTHER_BODY and row.to_agency_id and row.answered_at is None:
            raise Refused("Cơ quan nơi đến chưa trả lời tiếp nhận.")
        if row.refused_reason:
            raise Refused("Cơ quan nơi đến không tiếp nhận. Hãy hủy biến động này.")
        if kind in GONE and row.answered_at is None:
            people.refuse_while_in_hands(session, row.person)
        _refuse_while_open(session, row)
        if row.answered_at is None:
            _take_effect(session, actor, row, kind)
        _settle_the_rest(session, actor, row)
        row.closed_at = actor.at
        row.version += 1
        record_event(session, "staff_change.closed", actor, row)


def cancel(session: Session, *, actor: Actor, change_id: int, version: int, reason: str) -> None:
    """Take a change back while nothing rests on it. Raises `Refused`, `Conflict`."""
    words = nfc(reason).strip()[:500]
    if not words:
        raise Refused("Nhập lý do hủy.")
    with transaction(session):
        row = load_open(session, change_id, version)
        if row.answered_at is not None and not row.refused_reason:
            raise Refused("Cơ quan nơi đến đã tiếp nhận nên không hủy được biến động này.")
        done = [
            one
            for one in follow_ups.of(session, NOUN, row.id)
            if one.done_at and not one.waived_reason and one.code != CHECK_CONTENTS
        ]
        if done:
            raise Refused(
                f"Đã có {len(done)} việc làm xong theo biến động này nên không hủy được. Hãy kết "
                "thúc biến động, rồi ghi biến động đúng."
            )
        follow_ups.waive_all(session, actor, NOUN, row.id, f"Hủy biến động: {words}")
        row.cancelled_reason, row.closed_at = words, actor.at
        row.version += 1
        record_event(
            session, "staff_change.cancelled", actor, row, reason_sha256=audit.sealed(words)
        )


# Shared with the act between two agencies ---------------------------------------------------------


def end_positions(person: Person, until_on: date, within: Iterable[int] | None = None) -> None:
    """End the current positions, of these agencies only; no last day lies before its first day."""
    kept = None if within is None else set(within)
    for one in person.positions:
        if one.until_on is None and (kept is None or one.agency_id in kept):
            one.until_on = max(until_on, one.from_on)


def begin_position(person: Person, agency_id: int, title: str, from_on: date) -> None:
    """Add the new main position; how its holder signs letters is for a person to say."""
    for one in person.positions:
        one.is_primary = False
    person.positions.append(
        Position(agency_id=agency_id, title=title, is_primary=True, from_on=from_on)
    )


def load_open(session: Session, change_id: int, version: int) -> StaffChange:
    """The change, still open, as the person saw it. Raises `Refused`, `Conflict`."""
    row = session.scalars(
        select(StaffChange)
        .where(StaffChange.id == change_id)
        .options(
            joinedload(StaffChange.person).selectinload(Person.positions),
            joinedload(StaffChange.to_agency),
        )
        .with_for_update(of=StaffChange)
    ).one()
    expect_version(row, version)
    if row.closed_at is not None:
        raise Refused("Biến động này đã kết thúc hoặc đã hủy.")
    return row


def record_event(
    session: Session, event: str, actor: Actor, row: StaffChange, /, **body: audit.Value
) -> None:
    """One event of the log about a change."""
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )


# Inside -------------------------------------------------------------------------------------------


def _refuse_impossible(
    session: Session, actor: Actor, changes: Sequence[Change], held: dict[int, Holdings]
) -> None:
    open_kinds = {
        (row.person_id, row.kind)
        for row in session.execute(
            select(StaffChange.person_id, StaffChange.kind).where(
                StaffChange.person_id.in_(list(held)), StaffChange.closed_at.is_(None)
            )
        )
    }
    wanted = {one.to_agency_id for one in changes if one.to_agency_id}
    places = {one.id: one for one in session.scalars(select(Agency).where(Agency.id.in_(wanted)))}
    senders = house.senders_for(session, places.values())
    for one in changes:
        if one.person_id not in held:
            raise Refused("Có người không còn trong sổ. Hãy chọn lại.")
        mine, place = held[one.person_id], places.get(one.to_agency_id or 0)
        wrong = _wrong(one, mine, place, senders.get(one.to_agency_id or 0), actor)
        if not wrong and (one.person_id, one.kind.value) in open_kinds:
            wrong = "đã có cùng biến động chưa kết thúc"
        if wrong:
            raise Refused(f"{mine.person.full_name}: {wrong}.")
        open_kinds.add((one.person_id, one.kind.value))


def _wrong(
    change: Change, held: Holdings, place: Agency | None, sender: Agency | None, actor: Actor
) -> str:
    """Why this change cannot be, or "" when it can."""
    same = held.sender is not None and sender is not None and held.sender.id == sender.id
    if held.person.left_on is not None:
        return f"đã nghỉ hoặc chuyển đi từ ngày {held.person.left_on:%d/%m/%Y}"
    if change.kind is Kind.DECEASED and change.effective_on > actor.today:
        return "ngày từ trần không được sau ngày hôm nay"
    if place is not None and place.ended_on is not None:
        return f"{place.name} đã kết thúc hoạt động"
    if change.kind is Kind.MOVED_TO_OTHER_BODY:
        if place is None and not change.to_body.strip():
            return "nhập cơ quan, tổ chức nơi đến"
        if place is not None and same:
            return "nơi đến thuộc cùng cơ quan; chọn “Chuyển đơn vị trong cùng cơ quan”"
    if change.kind is Kind.MOVED_WITHIN:
        if place is not None and not same:
            return "đơn vị nơi đến thuộc cơ quan khác; chọn “Chuyển sang cơ quan, tổ chức khác”"
        if place is not None and place.id == held.person.agency_id:
            return "đơn vị nơi đến là đơn vị hiện nay"
    return ""


def _row(change: Change, held: Holdings, actor: Actor, sheet_import_id: int | None) -> StaffChange:
    moves = change.kind in (Kind.MOVED_TO_OTHER_BODY, Kind.MOVED_WITHIN)
    return StaffChange(
        agency_id=held.person.agency_id,
        person_id=change.person_id,
        kind=change.kind.value,
        effective_on=change.effective_on,
        to_agency_id=change.to_agency_id if moves else None,
        to_body=nfc(change.to_body).strip()[:300],
        new_title=clean_name(change.new_title)[:200],
        decision=nfc(change.decision).strip()[:300],
        note=nfc(change.note).strip()[:500],
        sheet_import_id=sheet_import_id,
        created_at=actor.at,
        created_by_id=actor.user_id,
    )


def _propose(
    session: Session, actor: Actor, row: StaffChange, held: Holdings, fits: bool | None
) -> None:
    follow_ups.propose(
        session, actor, noun=NOUN, object_id=row.id, agency_id=row.agency_id,
        items=_items(actor, row, held, fits),
    )  # fmt: skip


def _items(
    actor: Actor, row: StaffChange, held: Holdings, fits: bool | None
) -> Sequence[follow_ups.Item]:
    kind = Kind(row.kind)
    items = items_for(held, kind, effective_on=row.effective_on, on=actor.today, fits=fits)
    if fits is not None and kind in WITHIN:
        items = [one for one in items if one.code != CHECK_CONTENTS]
    return items


def _refuse_while_open(session: Session, row: StaffChange) -> None:
    waiting = [
        one
        for one in follow_ups.of(session, NOUN, row.id)
        if one.done_at is None and one.code not in NOTHING_TO_DO
    ]
    if waiting:
        raise Refused(
            f"Còn {len(waiting)} việc chưa xong. Hãy làm xong, hoặc bỏ qua từng việc và ghi lý do."
        )


def _settle_the_rest(session: Session, actor: Actor, row: StaffChange) -> None:
    session.execute(
        update(FollowUp)
        .where(FollowUp.noun == NOUN, FollowUp.object_id == row.id, FollowUp.done_at.is_(None))
        .values(done_at=actor.at, done_by_id=actor.user_id)
    )


def _take_effect(session: Session, actor: Actor, row: StaffChange, kind: Kind) -> None:
    person, eve = row.person, row.effective_on - timedelta(days=1)
    if kind in GONE:
        person.left_on = row.effective_on
        end_positions(person, eve)
    elif kind in WITHIN and (row.new_title or row.to_agency_id):
        _take_place(session, actor, row)
    else:
        return
    person.version += 1
    session.flush()
    agency_moves.reindex_people(session, [person])


def _take_place(session: Session, actor: Actor, row: StaffChange) -> None:
    """The new unit and title; other positions that the person holds beside the main one go on."""
    person = row.person
    main = [one for one in person.positions if one.until_on is None and one.is_primary]
    title = row.new_title or (main[0].title if main else "")
    for one in main:
        one.until_on = max(row.effective_on - timedelta(days=1), one.from_on)
    to = row.to_agency
    if title:
        begin_position(person, to.id if to else person.agency_id, title, row.effective_on)
    if to is None or to.id == person.agency_id:
        return
    agency_moves.refuse_taken_staff_number(session, person, to)
    move_things(
        session, actor, person, to, on=row.effective_on, reason="Chuyển đơn vị trong cùng cơ quan"
    )
    person.agency_id = to.id


def move_things(
    session: Session, actor: Actor, person: Person, to: Agency, *, on: date, reason: str
) -> int:
    """Let the new place manage the person's standing certificates and devices; those that ended
    stay in the books of the old one. Returns how many devices went.
    """
    certificates = session.scalars(
        select(Certificate.id).where(
            Certificate.person_id == person.id,
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= actor.today,
        )
    ).all()
    agency_moves.move_certificates(session, certificates, to.id)
    devices = people.in_hands(session.scalars(select(Device).where(Device.holder_id == person.id)))
    return agency_moves.move_devices(session, actor, devices, to, on=on, reason=reason)
