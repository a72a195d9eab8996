"""Lists of certificates without their files: rows to frozen records, with what is wrong in each.

Such a list says what people wrote down, not what the certificate says; a certificate file read
later decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from rules.certificates import SubscriberKind
from rules.days import add_years
from rules.devices import DeviceKind
from sheets.columns import ColumnMap
from sheets.records import Fields, Problem, Repeats, read_fields
from sheets.tables_in import SheetTable

LONGEST_YEARS = 8
"""Five years and a renewal of three (Điều 9, 12 NĐ 68/2024/NĐ-CP); beyond it a day is doubted."""


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate as the file says; `renewals` None: its history is not known."""

    row: int
    serial_number: str
    common_name: str
    kind: SubscriberKind | None
    email: str
    citizen_id: str = field(repr=False)
    device_serial: str
    device_kind: DeviceKind | None
    phone_number: str
    valid_from_on: date | None
    expires_on: date | None
    renewals: int | None
    revoked_on: date | None
    agency_name: str
    section: str
    title: str
    note: str
    problems: tuple[Problem, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the row cannot go in as it is."""
        return any(problem.blocks for problem in self.problems)


def read(table: SheetTable, columns: ColumnMap, *, on: date) -> Iterator[CertificateRow]:
    """The certificates of a table in its order, one record per row, whatever is wrong with it.

    `on` is the day of reading, for days that lie in the future. Raises `MissingColumns`.
    """
    repeats = Repeats()
    for found in read_fields(table, columns):
        repeats.check(found, "serial_number", found.text("serial_number"))
        _check_days(found, on)
        yield _certificate(found)


def _certificate(found: Fields) -> CertificateRow:
    kind, device_kind = found.get("kind"), found.get("device_kind")
    return CertificateRow(
        row=found.row,
        serial_number=found.text("serial_number"),
        common_name=found.text("common_name"),
        kind=SubscriberKind[kind] if kind else None,
        email=found.text("email"),
        citizen_id=found.text("citizen_id"),
        device_serial=found.text("device_serial"),
        device_kind=DeviceKind[device_kind] if device_kind else None,
        phone_number=found.text("phone_number"),
        valid_from_on=found.get("valid_from_on"),
        expires_on=found.get("expires_on"),
        renewals=found.get("renewals"),
        revoked_on=found.get("revoked_on"),
        agency_name=found.text("agency_name"),
        section=found.section,
        title=found.text("title"),
        note=found.text("note"),
        problems=tuple(found.problems),
    )


def _check_days(found: Fields, on: date) -> None:
    begins, ends = found.get("valid_from_on"), found.get("expires_on")
    revoked, renewals = found.get("revoked_on"), found.get("renewals")
    if begins and ends and ends <= begins:
        found.complain("expires_on", "Ngày hết hạn không sau ngày cấp. Hãy xem lại hai ngày.")
    elif begins and ends and ends > add_years(begins, LONGEST_YEARS):
        found.complain(
            "expires_on",
            f"Thời hạn dài quá {LONGEST_YEARS} năm. Hãy xem lại hai ngày.",
            blocks=False,
        )
    if revoked is not None and revoked > on:
        found.complain("revoked_on", "Ngày thu hồi nằm ở tương lai. Hãy xem lại.")
    if renewals is not None and renewals > 1:
        found.complain(
            "renewals",
            "Chứng thư chỉ được gia hạn một lần. Hãy xem lại số lần gia hạn.",
            blocks=False,
        )
