"""Looking at the register for the rows of an import, piece by piece.

Most lists can be judged row by row; of a history of handovers all rows about one device belong
together, wherever they stand in the file, so those are taken up a second time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from audit import Actor
from operations import (
    sheet_certificates,
    sheet_devices,
    sheet_handovers,
    sheet_people,
    sheet_staff_changes,
    sheet_store,
)
from operations.sheet_rows import Place, Row, SoFar
from operations.sheet_store import Findings
from rules.sheet_imports import RowVerdict


class Desk(Protocol):
    """What each kind of list can do: look at the register, write, take back; rows in pieces."""

    def check(self, session: Session, place: Place, rows: Sequence[Row], so_far: SoFar) -> None: ...

    def commit(
        self,
        session: Session,
        actor: Actor,
        place: Place,
        rows: Sequence[Row],
        overwrite: Sequence[str],
    ) -> None: ...

    def may_undo(self, session: Session, import_id: int) -> None: ...

    def undo(self, session: Session, rows: Sequence[Row]) -> None: ...


DESKS: Mapping[str, Desk] = {
    "people": sheet_people,
    "devices": sheet_devices,
    "certificates": sheet_certificates,
    "handovers": sheet_handovers,
    "staff_changes": sheet_staff_changes,
}
HISTORY = "handovers"


@dataclass(frozen=True)
class Look:
    """A piece of rows after a look, and what was found about each before.

    `waiting` are those of them that are taken up again; `again`: all of them have been.
    """

    rows: Sequence[Row]
    before: Sequence[Findings]
    waiting: Sequence[Row]
    again: bool = False


def looks(
    session: Session, kind: str, place: Place, pieces: Iterable[Sequence[Row]]
) -> Iterator[Look]:
    """Look at the register for every piece; nothing is written.

    Rows that are new must have been kept, so that they have numbers, before the next is asked for.
    """
    so_far = SoFar()
    by_object: dict[int, list[int]] = {}
    for rows in pieces:
        before = _look(session, kind, place, rows, so_far)
        waiting = [one for one in rows if _is_open(one)] if kind == HISTORY else []
        yield Look(rows, before, waiting)
        for one in waiting:
            by_object.setdefault(one.object_id or 0, []).append(one.id)
    for ids in sheet_store.packed(by_object.values()):
        rows = sheet_store.by_ids(session, ids)
        before = _look(session, kind, place, rows, SoFar())
        sheet_handovers.tell(session, [one for one in rows if _is_open(one)])
        yield Look(rows, before, (), again=True)


def _is_open(row: Row) -> bool:
    return row.verdict is RowVerdict.NEW and row.object_id is not None


def _look(
    session: Session, kind: str, place: Place, rows: Sequence[Row], so_far: SoFar
) -> list[Findings]:
    before = []
    looked_at = []
    for row in rows:
        before.append(Findings.of(row))
        row.forget_findings()
        if row.decision.get("skip"):
            row.verdict = RowVerdict.SKIPPED
        else:
            looked_at.append(row)
    DESKS[kind].check(session, place, looked_at, so_far)
    return before


def for_writing(
    session: Session, kind: str, import_id: int, *conditions: ColumnElement[bool]
) -> Iterator[Sequence[Row]]:
    """Rows in pieces that a desk may write, or take back, one after the other."""
    if kind == HISTORY:
        return sheet_store.grouped(session, import_id, *conditions)
    return sheet_store.pieces(session, import_id, *conditions)
