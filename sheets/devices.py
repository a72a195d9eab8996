"""Lists of devices: rows to frozen records, each with what is wrong in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from labels import label
from rules.devices import DeviceKind, DeviceState
from rules.serials import normalise_serial
from sheets.columns import ColumnMap
from sheets.records import Fields, Problem, Repeats, read_fields
from sheets.tables_in import SheetTable

ENTERED_AS = (DeviceState.IN_STOCK, DeviceState.HANDED_OVER, DeviceState.IN_USE)
"""States in which a device may be entered; the others follow from acts on it."""
_SERIALS = ("printed_serial", "driver_serial", "notice_serial")


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device as the file says; "" and None where it says nothing.

    `state` None: the file does not say, and the holder decides (in use with one, else in stock).
    """

    row: int
    kind: DeviceKind
    internal_code: str
    printed_serial: str
    driver_serial: str
    notice_serial: str
    label: str
    model: str
    generation: str
    phone_number: str
    network: str
    state: DeviceState | None
    holder_name: str
    holder_email: str
    holder_citizen_id: str = field(repr=False)
    agency_name: str
    section: str
    received_on: date | None
    handed_over_on: date | None
    handover_minutes: str
    note: str
    problems: tuple[Problem, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the row cannot go in as it is."""
        return any(problem.blocks for problem in self.problems)

    @property
    def has_holder(self) -> bool:
        """Whether the file names who has the device."""
        return bool(self.holder_name or self.holder_email or self.holder_citizen_id)


def read(table: SheetTable, columns: ColumnMap, *, on: date) -> Iterator[DeviceRow]:
    """The devices of a table in its order, one record per row, whatever is wrong with it.

    `on` is the day of reading, for days that lie in the future. Raises `MissingColumns`.
    """
    repeats = Repeats()
    for found in read_fields(table, columns):
        yield _device(found, repeats, on)


def _device(found: Fields, repeats: Repeats, on: date) -> DeviceRow:
    kind = DeviceKind[found.get("kind")] if found.get("kind") else DeviceKind.PKI_TOKEN
    state = DeviceState[found.get("state")] if found.get("state") else None
    for key in _SERIALS:
        repeats.check(found, key, normalise_serial(found.text(key)))
    repeats.check(found, "internal_code", found.text("internal_code"))
    if not any(found.text(key) for key in (*_SERIALS, "internal_code")) and not found.problems:
        found.complain(
            "printed_serial",
            "Không có số hiệu và mã quản lý; thiết bị sẽ chỉ có mã do phần mềm đặt. Hãy ghi số "
            "hiệu nếu đọc được.",
            blocks=False,
        )
    _check_custody(found, state)
    _check_days(found, on)
    if kind is not DeviceKind.SIM_PKI and found.text("phone_number"):
        found.complain(
            "phone_number", "Số điện thoại ký số chỉ có ở SIM PKI; không được ghi.", blocks=False
        )
    return DeviceRow(
        row=found.row,
        kind=kind,
        internal_code=found.text("internal_code"),
        printed_serial=found.text("printed_serial"),
        driver_serial=found.text("driver_serial"),
        notice_serial=found.text("notice_serial"),
        label=found.text("label"),
        model=found.text("model"),
        generation=found.text("generation"),
        phone_number=found.text("phone_number") if kind is DeviceKind.SIM_PKI else "",
        network=found.text("network") if kind is DeviceKind.SIM_PKI else "",
        state=state,
        holder_name=found.text("holder_name"),
        holder_email=found.text("holder_email"),
        holder_citizen_id=found.text("holder_citizen_id"),
        agency_name=found.text("agency_name"),
        section=found.section,
        received_on=found.get("received_on"),
        handed_over_on=found.get("handed_over_on"),
        handover_minutes=found.text("handover_minutes"),
        note=found.text("note"),
        problems=tuple(found.problems),
    )


def _check_custody(found: Fields, state: DeviceState | None) -> None:
    holder = any(found.text(key) for key in ("holder_name", "holder_email", "holder_citizen_id"))
    if state is None:
        return
    if state not in ENTERED_AS:
        found.complain(
            "state",
            f"Thiết bị mới vào sổ không thể ở trạng thái “{label(state)}”. Hãy ghi trong kho, đã "
            "bàn giao hoặc đang sử dụng, rồi ghi nhận việc này trên trang của thiết bị.",
        )
    elif state is DeviceState.IN_STOCK and holder:
        found.complain("state", "Thiết bị trong kho mà có người giữ. Hãy xóa một trong hai.")
    elif state is not DeviceState.IN_STOCK and not holder:
        found.complain("state", f"Trạng thái “{label(state)}” cần có người giữ. Hãy ghi người giữ.")


def _check_days(found: Fields, on: date) -> None:
    received, handed = found.get("received_on"), found.get("handed_over_on")
    for key, day in (("received_on", received), ("handed_over_on", handed)):
        if day is not None and day > on:
            found.complain(key, "Ngày nằm ở tương lai. Hãy xem lại.")
    if received and handed and handed < received:
        found.complain(
            "handed_over_on",
            "Ngày bàn giao trước ngày cơ quan nhận thiết bị. Hãy xem lại.",
            blocks=False,
        )
