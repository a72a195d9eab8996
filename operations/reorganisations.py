"""Sắp xếp cơ quan: merge, split, new name or dissolution of a whole agency as one guided act.

Planned first, with the letters that the old agency still has to send (Mẫu số 05 for its own
certificates); then carried out on its day in one transaction, with the letters of the successor
(Mẫu số 02 for itself, 04 or 01 per person by the days left). Old names stay in the history and on
old papers.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, Device, Person
from operations import agencies as tree
from operations import agency_moves, follow_ups
from operations.follow_ups import Item
from operations.reorganisation_moves import (
    Moved,
    change_addresses,
    move_grants,
    move_people,
    move_things,
)
from operations.reorganisation_scope import Plan, Scope, moved_people, scope_of
from operations.staff_change_items import DAYS_TO_DO
from operations.transactions import Refused, expect_version, transaction
from rules.agency_changes import AgencyChange, Proposal
from rules.findings import HOUSE_RULE, blocking
from rules.law import Law
from rules.names import clean_name, nfc
from schema.changes import Reorganisation
from schema.custody import FollowUp

NOUN = "reorganisation"
_SHOWN = 5


def plan(session: Session, *, actor: Actor, wish: Plan, law: Law) -> int:
    """Write a plan down and propose what the old agency has to send; returns its number.

    Raises `Refused` for an agency that has ended or is being reorganised already, and when the plan
    misses what its kind needs.
    """
    with transaction(session):
        scope = scope_of(session, wish, on=actor.today)
        _refuse_impossible(session, scope)
        row = Reorganisation(
            agency_id=wish.agency_id,
            kind=wish.kind.value,
            successor_id=wish.successor_id,
            effective_on=wish.effective_on,
            decision=nfc(wish.decision).strip()[:300],
            new_name=clean_name(wish.new_name)[:300],
            new_email_domain=wish.new_email_domain.strip().lower().removeprefix("@")[:120],
            particulars={
                "units": list(wish.unit_ids),
                "people": list(wish.person_ids),
                "ends": wish.ends,
            },
            created_at=actor.at,
            created_by_id=actor.user_id,
        )
        session.add(row)
        session.flush()
        proposals = scope.proposals(on=actor.today, law=law)
        old = [one for one in proposals if not one.by_successor]
        _propose(session, actor, row, row.agency_id, _items(old, scope, wish.effective_on))
        _record(
            session,
            "reorganisation.planned",
            actor,
            row,
            kind=row.kind,
            day=row.effective_on.isoformat(),
        )
        return row.id


def apply(
    session: Session, *, actor: Actor, reorganisation_id: int, version: int, law: Law
) -> Moved:
    """Carry a plan out: the tree, people, positions, things, accounts, and the successor's letters.

    One transaction, in a fixed number of statements for any number of people. Raises `Refused`
    before its day or when it is no longer possible, and `Conflict`.
    """
    with transaction(session):
        row = _load(session, reorganisation_id, version)
        if row.effective_on > actor.today:
            raise Refused(f"Phương án có hiệu lực từ ngày {row.effective_on:%d/%m/%Y}.")
        scope = scope_of(session, plan_of(row), on=actor.today)
        _refuse_wrong_plan(scope)
        # Read before anything moves: afterwards the old agency has no seal and no people.
        proposals = [one for one in scope.proposals(on=actor.today, law=law) if one.by_successor]
        moved = _CARRY_OUT[AgencyChange(row.kind)](session, actor, row, scope)
        to_id = row.successor_id or row.agency_id
        due_on = max(actor.today, row.effective_on) + timedelta(days=DAYS_TO_DO)
        items = [*_items(proposals, scope, due_on), *_house_items(scope, moved, due_on)]
        _propose(session, actor, row, to_id, items)
        _hand_on_open(session, row, to_id)
        row.applied_at = actor.at
        row.particulars = row.particulars | {
            "moved": {
                "people": moved.people,
                "devices": moved.devices,
                "certificates": moved.certificates,
                "emails": moved.emails,
            }
        }
        row.version += 1
        _record(
            session,
            "reorganisation.applied",
            actor,
            row,
            people=moved.people,
            devices=moved.devices,
        )
        return moved


def close(session: Session, *, actor: Actor, reorganisation_id: int, version: int) -> None:
    """End the act when nothing of it is open any more. Raises `Refused`, `Conflict`."""
    with transaction(session):
        row = _load(session, reorganisation_id, version, applied=True)
        left = follow_ups.count_open(session, NOUN, [row.id]).get(row.id, 0)
        if left:
            raise Refused(f"Còn {left} việc chưa xong. Làm xong hoặc bỏ qua từng việc có lý do.")
        row.closed_at = actor.at
        row.version += 1
        _record(session, "reorganisation.closed", actor, row)


def cancel(
    session: Session, *, actor: Actor, reorganisation_id: int, version: int, reason: str
) -> None:
    """Drop a plan that was not carried out. Raises `Refused`, `Conflict`."""
    words = nfc(reason).strip()[:500]
    if not words:
        raise Refused("Nhập lý do bỏ phương án.")
    with transaction(session):
        row = _load(session, reorganisation_id, version)
        follow_ups.waive_all(session, actor, NOUN, row.id, f"Bỏ phương án: {words}")
        row.particulars = row.particulars | {"cancelled": words}
        row.closed_at = actor.at
        row.version += 1
        _record(session, "reorganisation.cancelled", actor, row, reason_sha256=audit.sealed(words))


def plan_of(row: Reorganisation) -> Plan:
    """A plan as it was written down."""
    more = row.particulars
    return Plan(
        agency_id=row.agency_id,
        kind=AgencyChange(row.kind),
        effective_on=row.effective_on,
        decision=row.decision,
        successor_id=row.successor_id,
        new_name=row.new_name,
        new_email_domain=row.new_email_domain,
        unit_ids=tuple(more.get("units", ())),
        person_ids=tuple(more.get("people", ())),
        ends=bool(more.get("ends")),
    )


# Carrying out -------------------------------------------------------------------------------------


def _merge(session: Session, actor: Actor, row: Reorganisation, scope: Scope) -> Moved:
    to = _successor(scope)
    day, decision = row.effective_on, row.decision
    tree.merge_in(session, actor, scope.agency, to, effective_on=day, decision=decision)
    for one in scope.inside:
        if one.id != scope.agency.id and one.ended_on is None:
            tree.end(one, day)
    for body in scope.bodies:  # Schools and the like hang under the successor itself.
        tree.hang_under(session, body, to)
    moved = _move_all(session, actor, row, scope, to)
    move_grants(session, actor, scope, to)
    return moved


def _split(session: Session, actor: Actor, row: Reorganisation, scope: Scope) -> Moved:
    to = _successor(scope)
    units = [one for one in scope.inside if one.id in scope.plan.unit_ids]
    for unit in units:
        tree.hang_under(session, unit, to)
    day, decision = row.effective_on, row.decision
    tree.write_split(session, actor, scope.agency, to, effective_on=day, decision=decision)
    people = moved_people(scope)
    moved = move_people(session, people, to, [one.agency_id for one in people], day)
    certificates = [one.id for one in scope.certificates if one.person_id in {p.id for p in people}]
    agency_moves.move_certificates(session, certificates, to.id)
    moved.certificates, moved.people = len(certificates), len(scope.people)
    moved.devices = _devices_of(session, actor, row, people, to)
    _readdress(session, row, scope, moved)
    if scope.plan.ends and scope.agency.ended_on is None:
        _refuse_while_people_are_left(session, scope.agency)
        tree.end(scope.agency, day)
    return moved


def _rename(session: Session, actor: Actor, row: Reorganisation, scope: Scope) -> Moved:
    tree.rename_in(
        session,
        actor,
        scope.agency,
        new_name=row.new_name,
        effective_on=row.effective_on,
        decision=row.decision,
    )
    moved = Moved()
    _readdress(session, row, scope, moved)
    return moved


def _dissolve(session: Session, actor: Actor, row: Reorganisation, scope: Scope) -> Moved:
    if scope.successor is not None:
        return _merge(session, actor, row, scope)
    for one in scope.inside:
        if one.ended_on is None:
            tree.end(one, row.effective_on)
    return Moved()


_CARRY_OUT = {
    AgencyChange.MERGE: _merge,
    AgencyChange.SPLIT: _split,
    AgencyChange.RENAME: _rename,
    AgencyChange.DISSOLVE: _dissolve,
}


def _move_all(
    session: Session, actor: Actor, row: Reorganisation, scope: Scope, to: Agency
) -> Moved:
    moved = move_people(session, scope.people, to, scope.inside_ids, row.effective_on)
    move_things(session, actor, scope, to, moved)
    _readdress(session, row, scope, moved)
    return moved


def _readdress(session: Session, row: Reorganisation, scope: Scope, moved: Moved) -> None:
    change_addresses(session, scope.people, row.new_email_domain, row.effective_on, moved)
    if moved.emails:
        agency_moves.reindex_people(session, scope.people)


def _devices_of(
    session: Session, actor: Actor, row: Reorganisation, people: Sequence[Person], to: Agency
) -> int:
    ids = [one.id for one in people]
    devices = session.scalars(select(Device).where(Device.holder_id.in_(ids))).all()
    return agency_moves.move_devices(
        session, actor, devices, to, on=row.effective_on, reason="Chia, tách cơ quan"
    )


# Proposals ----------------------------------------------------------------------------------------


def _items(proposals: Sequence[Proposal], scope: Scope, due_on: date) -> list[Item]:
    person = {one.id: one.person_id for one in scope.certificates}
    return [
        Item(
            code=one.code,
            sentence=one.sentence,
            basis=one.provision.citation if one.provision else HOUSE_RULE,
            due_on=due_on,
            person_id=person.get(one.certificate_id or 0),
            certificate_id=one.certificate_id,
        )
        for one in proposals
    ]


def _house_items(scope: Scope, moved: Moved, due_on: date) -> list[Item]:
    """What the register itself needs after the act: signers, addresses, letters half written."""
    found = []
    if moved.authorities:
        found.append(
            Item(
                "reorganisation.signers",
                f"Ghi lại chức vụ và cách ký văn bản cho người ký: {_some(moved.authorities)}.",
                HOUSE_RULE,
                due_on,
            )
        )
    if moved.emails_kept:
        found.append(
            Item(
                "reorganisation.addresses",
                f"Chưa đổi được thư điện tử, hãy đổi từng người: {_some(moved.emails_kept)}.",
                HOUSE_RULE,
                due_on,
            )
        )
    if scope.open_requests and scope.plan.kind is not AgencyChange.SPLIT:
        found.append(
            Item(
                "reorganisation.requests",
                f"{scope.agency.name} còn {scope.open_requests} văn bản đề nghị chưa gửi, mang tên "
                "cũ: hủy hoặc lập lại.",
                HOUSE_RULE,
                due_on,
            )
        )
    return found


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" và {rest} người khác" if rest > 0 else "")


def _propose(
    session: Session, actor: Actor, row: Reorganisation, agency_id: int, items: Sequence[Item]
) -> None:
    follow_ups.propose(
        session, actor, noun=NOUN, object_id=row.id, agency_id=agency_id, items=items
    )


def _hand_on_open(session: Session, row: Reorganisation, to_id: int) -> None:
    """What the old agency did not send is now for the successor to send."""
    if to_id != row.agency_id and AgencyChange(row.kind) is not AgencyChange.SPLIT:
        session.execute(
            update(FollowUp)
            .where(FollowUp.noun == NOUN, FollowUp.object_id == row.id, FollowUp.done_at.is_(None))
            .values(agency_id=to_id)
        )


# Checks -------------------------------------------------------------------------------------------


def _refuse_impossible(session: Session, scope: Scope) -> None:
    if scope.agency.ended_on is not None:
        raise Refused(f"{scope.agency.name} đã kết thúc hoạt động.")
    going_on = session.scalar(
        select(Reorganisation.id).where(
            Reorganisation.agency_id == scope.agency.id,
            Reorganisation.applied_at.is_(None),
            Reorganisation.closed_at.is_(None),
        )
    )
    if going_on is not None:
        raise Refused("Cơ quan này đã có phương án sắp xếp chưa thực hiện.")
    _refuse_wrong_plan(scope)


def _refuse_wrong_plan(scope: Scope) -> None:
    for one in blocking(scope.findings()):
        raise Refused(f"{one.message} {one.remedy}")
    wish, to = scope.plan, scope.successor
    if to is not None and to.ended_on is not None:
        raise Refused(f"{to.name} đã kết thúc hoạt động.")
    if wish.kind is AgencyChange.SPLIT:
        if not scope.people and not scope.inside:
            raise Refused("Chọn đơn vị hoặc người chuyển sang cơ quan mới.")
        return
    if wish.kind is not AgencyChange.RENAME and scope.agency.parent_id is None:
        raise Refused("Không sắp xếp được cơ quan ở gốc của cây đơn vị theo cách này.")
    if to is not None and to.path.startswith(scope.agency.path):
        raise Refused("Cơ quan tiếp nhận không được nằm trong cơ quan đang sắp xếp.")


def _refuse_while_people_are_left(session: Session, agency: Agency) -> None:
    left = session.scalar(
        select(func.count())
        .select_from(Person)
        .join(Agency, Agency.id == Person.agency_id)
        .where(Agency.path.startswith(agency.path), Person.left_on.is_(None))
    )
    if left:
        raise Refused(
            f"Còn {left} người ở {agency.name}. Chọn thêm đơn vị, người chuyển đi rồi mới chấm dứt "
            "hoạt động được."
        )


def _successor(scope: Scope) -> Agency:
    if scope.successor is None:
        raise Refused("Chưa chọn cơ quan tiếp nhận.")
    return scope.successor


def _load(
    session: Session, reorganisation_id: int, version: int, *, applied: bool = False
) -> Reorganisation:
    row = session.scalars(
        select(Reorganisation).where(Reorganisation.id == reorganisation_id).with_for_update()
    ).one()
    expect_version(row, version)
    if row.closed_at is not None:
        raise Refused("Việc sắp xếp này đã kết thúc hoặc đã bỏ.")
    if (row.applied_at is not None) is not applied:
        raise Refused("Phương án chưa thực hiện." if applied else "Phương án đã thực hiện.")
    return row


def _record(
    session: Session, event: str, actor: Actor, row: Reorganisation, /, **body: audit.Value
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
