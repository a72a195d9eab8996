"""Which device of the register a row of a file means: by any of its serials, then by its code.

Offices that call the serial "mã thiết bị" have it as the code: a serial that nothing bears is
looked for there too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Device, SearchTerm
from operations import search
from operations.devices import SERIALS
from operations.sheet_rows import Place, Row, chunks
from rules.names import clean_name
from rules.serials import normalise_serial

OUTSIDE = (
    "Thiết bị này đã có trong sổ ở đơn vị ngoài phạm vi nhập. Nếu thiết bị chuyển về đây, nơi đang "
    "quản lý phải điều chuyển."
)


@dataclass
class Devices:
    """The devices that the rows of one file may mean, with their holders."""

    place: Place
    by_serial: dict[str, list[Device]] = field(default_factory=dict)
    by_code: dict[str, list[Device]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, session: Session, place: Place, rows: Sequence[Row], serials: Sequence[str], code: str
    ) -> "Devices":
        """Look up the serials anywhere and the codes inside the place."""
        found = cls(place)
        wanted = {normalise_serial(row.text(key)) for row in rows for key in serials} - {""}
        for device in _with_terms(session, (one.lower() for one in wanted)):
            for normal in {normalise_serial(getattr(device, key) or "") for key in SERIALS}:
                if normal in wanted:
                    found.by_serial.setdefault(normal, []).append(device)
        codes = {clean_name(row.text(key)) for row in rows for key in (code, *serials)} - {""}
        for some in chunks(codes):
            rows_of = select(Device).where(Device.internal_code.in_(some))
            for device in session.scalars(rows_of.options(joinedload(Device.holder))):
                if device.agency_id in place.names:
                    found.by_code.setdefault(device.internal_code, []).append(device)
        return found

    def meant(
        self, row: Row, serials: Sequence[str], code: str, unit: int | None = None
    ) -> Device | None:
        """The one device that the row means; None when there is none, or after a problem."""
        hits: dict[int, Device] = {}
        for key in serials:
            for one in self.by_serial.get(normalise_serial(row.text(key)), ()):
                hits[one.id] = one
        if not hits:
            told = (clean_name(row.text(key)) for key in (code, *serials))
            coded = next((self.by_code[one] for one in told if one in self.by_code), [])
            here = [one for one in coded if one.agency_id == unit] or coded
            hits = {one.id: one for one in here}
        if len(hits) > 1:
            codes = ", ".join(sorted(one.internal_code for one in hits.values()))
            row.complain(serials[0], f"Khớp với nhiều thiết bị trong sổ ({codes}). Hãy xem lại.")
            return None
        device = next(iter(hits.values()), None)
        if device is not None and device.agency_id not in self.place.names:
            row.complain(serials[0], OUTSIDE)
            return None
        return device


def _with_terms(session: Session, terms: Iterable[str]) -> Iterable[Device]:
    for some in chunks(terms):
        yield from session.scalars(
            select(Device)
            .where(
                Device.id.in_(
                    select(SearchTerm.object_id).where(
                        SearchTerm.noun == search.DEVICE, SearchTerm.term.in_(some)
                    )
                )
            )
            .options(joinedload(Device.holder))
        )
