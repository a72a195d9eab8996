"""Importing a list of staff changes: each becomes a change with what the regulation asks for."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit import Actor
from models import Agency
from operations import staff_changes
from operations.sheet_person_matching import Keys, People
from operations.sheet_rows import Place, Row, SoFar, chunks
from operations.sheet_undo import refuse_changed
from operations.transactions import Refused
from rules.names import fold
from rules.sheet_imports import RowVerdict
from rules.staff_changes import StaffChange as Kind
from schema.changes import StaffChange
from schema.custody import FollowUp

NOUN = staff_changes.NOUN
KEYS = Keys(staff_number="staff_number")
_NOT_HERE = "Chưa có người này trong sổ của đơn vị. Hãy xem lại họ tên, số định danh hoặc mã số."


def check(session: Session, place: Place, rows: Sequence[Row], so_far: SoFar) -> None:
    """Give each row its verdict against the register, in a fixed number of statements per 5,000."""
    people = People.of(session, place, rows, KEYS)
    recorded = _open_changes(session, people.by_id)
    bodies = _bodies(session, rows)
    for row in rows:
        if row.blocked:
            row.verdict = RowVerdict.PROBLEM
            continue
        found = people.holder(row, KEYS, place.agency_id)
        if row.verdict is not RowVerdict.NEW:
            continue
        if found is None:
            row.complain("full_name", _NOT_HERE)
            continue
        row.said["person_id"] = found.id
        kind = Kind[row.text("change")]
        if (found.id, kind.value) in recorded:
            row.verdict = RowVerdict.SAME
            continue
        _goal(row, kind, place, bodies)


def _open_changes(session: Session, ids: Iterable[int]) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for some in chunks(ids):
        rows = session.execute(
            select(StaffChange.person_id, StaffChange.kind).where(
                StaffChange.person_id.in_(some), StaffChange.closed_at.is_(None)
            )
        )
        found |= {(number, kind) for number, kind in rows}
    return found


def _bodies(session: Session, rows: Sequence[Row]) -> dict[str, int]:
    """Agencies of this installation that rows name as the new place."""
    found: dict[str, list[int]] = {}
    for some in chunks(fold(row.text("to_agency_name")) for row in rows):
        named = select(Agency.id, Agency.name_fold).where(
            Agency.name_fold.in_([one for one in some if one]), Agency.ended_on.is_(None)
        )
        for number, name in session.execute(named):
            found.setdefault(name, []).append(number)
    return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}


def _goal(row: Row, kind: Kind, place: Place, bodies: dict[str, int]) -> None:
    name = row.text("to_agency_name")
    if kind is Kind.MOVED_WITHIN and name:
        unit = place.unit(name)
        if unit is None:
            row.complain("to_agency_name", f"Không có đơn vị “{name}” trong phạm vi nhập.")
        row.said["to_agency_id"] = unit
    if kind is Kind.MOVED_TO_OTHER_BODY:
        if not name:
            row.complain("to_agency_name", "Nhập cơ quan, tổ chức nơi đến.")
        row.said["to_agency_id"] = bodies.get(fold(name))


def commit(
    session: Session, actor: Actor, place: Place, rows: Sequence[Row], overwrite: Sequence[str]
) -> None:
    """Record the changes; raises `Refused` naming the person of the first that cannot be."""
    new = [row for row in rows if row.verdict is RowVerdict.NEW]
    if not new or place.law is None:
        return
    numbers = staff_changes.record_in(
        session, actor, [_change(row, actor) for row in new], law=place.law,
        sheet_import_id=place.import_id,
    )  # fmt: skip
    for row, number in zip(new, numbers, strict=True):
        row.object_id, row.object_version, row.noun = number, 1, NOUN


def _change(row: Row, actor: Actor) -> staff_changes.Change:
    goal = row.said.get("to_agency_id")
    until = row.day("until_on")
    until_words = f"Đến ngày {until:%d/%m/%Y}. " if until else ""
    return staff_changes.Change(
        person_id=row.said["person_id"],
        kind=Kind[row.text("change")],
        effective_on=row.day("happens_on") or actor.today,
        to_agency_id=goal,
        to_body="" if goal else row.text("to_agency_name"),
        new_title=row.text("new_title"),
        decision=row.text("decision"),
        note=f"{until_words}{row.text('note')}".strip(),
    )


def may_undo(session: Session, import_id: int) -> None:
    """Raise `Refused` naming rows that were changed since."""
    refuse_changed(session, StaffChange, import_id)


def undo(session: Session, rows: Sequence[Row]) -> None:
    """Take the changes back with what they proposed, while nothing of it was done."""
    for some in chunks(row.object_id or 0 for row in rows):
        mine = FollowUp.noun == NOUN, FollowUp.object_id.in_(some)
        if session.scalar(select(FollowUp.id).where(*mine, FollowUp.done_at.is_not(None)).limit(1)):
            raise Refused(
                "Không hoàn tác được: đã có việc làm xong theo biến động trong lần nhập này. Hãy "
                "hủy từng biến động ở mục Biến động nhân sự."
            )
        session.execute(delete(FollowUp).where(*mine))
        session.execute(delete(StaffChange).where(StaffChange.id.in_(some)))
