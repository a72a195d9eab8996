"""History of handovers: who got or gave back which device, when, by which minutes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sheets.columns import ColumnMap
from sheets.records import Fields, Problem, read_fields
from sheets.tables_in import SheetTable


class HandoverAct(StrEnum):
    """What happened to the device; the names are those of `rules.lifecycle.DeviceAct`."""

    HAND_OVER = "hand_over"
    GIVE_BACK = "give_back"
    RECALL = "recall"
    SEND_TO_AUTHORITY = "send_to_authority"


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """One line of the history as the file says; "" and None where it says nothing."""

    row: int
    act: HandoverAct
    happened_on: date | None
    device_code: str
    device_serial: str
    giver_name: str
    receiver_name: str
    receiver_email: str
    receiver_citizen_id: str = field(repr=False)
    minutes_number: str
    condition: str
    note: str
    problems: tuple[Problem, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the row cannot go in as it is."""
        return any(problem.blocks for problem in self.problems)


def read(table: SheetTable, columns: ColumnMap, *, on: date) -> Iterator[HandoverRow]:
    """The lines of a table in its order, one record per row, whatever is wrong with it.

    `on` is the day of reading, for days that lie in the future. Raises `MissingColumns`.
    """
    for found in read_fields(table, columns):
        yield _handover(found, on)


def _handover(found: Fields, on: date) -> HandoverRow:
    act = HandoverAct[found.get("act")] if found.get("act") else HandoverAct.HAND_OVER
    happened_on = found.get("happened_on")
    if happened_on is not None and happened_on > on:
        found.complain("happened_on", "Ngày nằm ở tương lai. Hãy xem lại.")
    _check_device(found)
    _check_parties(found, act)
    if not found.text("minutes_number"):
        found.complain(
            "minutes_number",
            "Chưa có số biên bản; sổ sẽ ghi là chưa có biên bản.",
            blocks=False,
        )
    return HandoverRow(
        row=found.row,
        act=act,
        happened_on=happened_on,
        device_code=found.text("device_code"),
        device_serial=found.text("device_serial"),
        giver_name=found.text("giver_name"),
        receiver_name=found.text("receiver_name"),
        receiver_email=found.text("receiver_email"),
        receiver_citizen_id=found.text("receiver_citizen_id"),
        minutes_number=found.text("minutes_number"),
        condition=found.text("condition"),
        note=found.text("note"),
        problems=tuple(found.problems),
    )


def _check_device(found: Fields) -> None:
    keys = ("device_serial", "device_code")
    if any(found.text(key) or found.has_problem(key) for key in keys):
        return
    found.complain(
        "device_serial",
        "Không có mã quản lý và số hiệu nên không biết là thiết bị nào. Hãy ghi một trong hai.",
    )


def _check_parties(found: Fields, act: HandoverAct) -> None:
    """A handover needs who received; of the others, the agency or the authority is that."""
    keys = ("receiver_name", "receiver_email", "receiver_citizen_id")
    if act is not HandoverAct.HAND_OVER:
        return
    if not any(found.text(key) or found.has_problem(key) for key in keys):
        found.complain("receiver_name", "Thiếu người nhận. Hãy ghi họ tên người nhận.")
