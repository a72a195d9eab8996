"""Lists of staff changes: who retires, leaves, moves, changes position, and from which day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from rules.staff_changes import StaffChange
from sheets.columns import ColumnMap
from sheets.records import Fields, Problem, read_fields
from sheets.tables_in import SheetTable


@dataclass(frozen=True, slots=True)
class StaffChangeRow:
    """One change as the file says; "" and None where it says nothing."""

    row: int
    full_name: str
    citizen_id: str = field(repr=False)
    email: str
    staff_number: str
    change: StaffChange | None
    happens_on: date | None
    until_on: date | None
    from_agency_name: str
    to_agency_name: str
    old_title: str
    new_title: str
    decision: str
    note: str
    section: str
    problems: tuple[Problem, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the row cannot go in as it is."""
        return any(problem.blocks for problem in self.problems)


def read(table: SheetTable, columns: ColumnMap, *, on: date) -> Iterator[StaffChangeRow]:
    """The changes of a table in its order, one record per row, whatever is wrong with it.

    `on` is the day of reading: a retirement may lie ahead, a death may not. Raises
    `MissingColumns`.
    """
    seen: dict[tuple[str, str], int] = {}
    for found in read_fields(table, columns):
        yield _change(found, seen, on)


def _change(found: Fields, seen: dict[tuple[str, str], int], on: date) -> StaffChangeRow:
    change = StaffChange[found.get("change")] if found.get("change") else None
    _check(found, change, on)
    who = found.text("citizen_id") or found.text("email") or found.text("full_name").casefold()
    if who and change is not None:
        first = seen.setdefault((who, change.name), found.row)
        if first != found.row:
            found.complain(
                "change",
                f"Người này đã có cùng biến động ở dòng {first}. Hãy xem lại.",
            )
    return StaffChangeRow(
        row=found.row,
        full_name=found.text("full_name"),
        citizen_id=found.text("citizen_id"),
        email=found.text("email"),
        staff_number=found.text("staff_number"),
        change=change,
        happens_on=found.get("happens_on"),
        until_on=found.get("until_on"),
        from_agency_name=found.text("from_agency_name"),
        to_agency_name=found.text("to_agency_name"),
        old_title=found.text("old_title"),
        new_title=found.text("new_title"),
        decision=found.text("decision"),
        note=found.text("note"),
        section=found.section,
        problems=tuple(found.problems),
    )


def _check(found: Fields, change: StaffChange | None, on: date) -> None:
    happens_on, until_on = found.get("happens_on"), found.get("until_on")
    if change is StaffChange.DECEASED and happens_on is not None and happens_on > on:
        found.complain("happens_on", "Ngày từ trần nằm ở tương lai. Hãy xem lại.")
    if happens_on and until_on and until_on < happens_on:
        found.complain("until_on", "Ngày kết thúc trước ngày bắt đầu. Hãy xem lại.")
    if change is StaffChange.POSITION_CHANGED and not found.text("new_title"):
        found.complain("new_title", "Thiếu chức vụ mới. Hãy điền vào ô này.")
    if change is StaffChange.MOVED_TO_OTHER_BODY and not found.text("to_agency_name"):
        found.complain(
            "to_agency_name",
            "Chưa ghi cơ quan nơi đến; cần biết để đề nghị đúng thủ tục.",
            blocks=False,
        )
    known = any(found.text(key) for key in ("citizen_id", "email", "staff_number"))
    if not known and not found.problems:
        found.complain(
            "full_name",
            "Chỉ có họ tên; nếu có người trùng tên thì phải chọn tay. Nên ghi số định danh cá nhân "
            "hoặc thư điện tử công vụ.",
            blocks=False,
        )
