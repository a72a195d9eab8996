"""The rows of an import as they are kept, taken up and put down five hundred at a time.

A list of fifty thousand lines must not lie in the server's memory, so nobody gets all rows at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from operations.sheet_rows import Row, patch, put_numbered
from rules.sheet_imports import RowVerdict
from schema.daily import SheetImportRow

PIECE = 500
"""Rows in memory at one time."""
_FOUND = ("said", "problems", "verdict", "differences", "object_id", "remark")
_KEPT = ("number", "decision", "object_version", "before", "noun", *_FOUND)
_WRITTEN = ("object_id", "object_version", "noun", "before")


class Findings(NamedTuple):
    """What a look at the register may change in a row."""

    said: dict[str, Any]
    problems: list[dict[str, Any]]
    verdict: RowVerdict
    differences: dict[str, Any]
    object_id: int | None
    remark: str

    @classmethod
    def of(cls, row: Row) -> "Findings":
        """As they are now; what is later found goes into other lists, except for `said`."""
        return cls(dict(row.said), *(getattr(row, name) for name in _FOUND[1:]))


def in_pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows in lists of `PIECE`, each taken from the source when it is asked for."""
    source = iter(rows)
    while piece := list(islice(source, PIECE)):
        yield piece


def put_rows(session: Session, import_id: int, rows: Sequence[Row]) -> None:
    """Keep new rows, inside a transaction of operations; each learns its number in the table."""
    values = [
        {name: getattr(row, name) for name in _KEPT}
        | {"import_id": import_id, "verdict": row.verdict.value}
        for row in rows
    ]
    for row, number in zip(rows, put_numbered(session, SheetImportRow, values), strict=True):
        row.id = number


def rewrite(session: Session, rows: Sequence[Row], before: Sequence[Findings]) -> None:
    """Keep what was found about known rows, where that is something else than before."""
    changed = [
        {"id": row.id} | now._asdict() | {"verdict": row.verdict.value}
        for row, old in zip(rows, before, strict=True)
        if (now := Findings.of(row)) != old
    ]
    patch(session, SheetImportRow, changed)


def keep_written(session: Session, rows: Sequence[Row]) -> None:
    """Keep what became of rows that were written into the register, for the way back."""
    kept = ("id", *_WRITTEN)
    patch(session, SheetImportRow, [{key: getattr(one, key) for key in kept} for one in rows])


def pieces(
    session: Session, import_id: int, *conditions: ColumnElement[bool]
) -> Iterator[list[Row]]:
    """All rows of an import that fulfil the conditions, in the order of the file."""
    mine = SheetImportRow.import_id == import_id
    span = select(func.min(SheetImportRow.id), func.max(SheetImportRow.id)).where(mine)
    ends = session.execute(span).one()
    done, last = (ends[0] or 0) - 1, ends[1] or 0
    while True:
        # The sum keeps the database from sorting the whole import again for every piece.
        found = _rows(
            session, SheetImportRow.import_id + 0 == import_id, SheetImportRow.id > done,
            SheetImportRow.id <= last, *conditions, limit=PIECE,
        )  # fmt: skip
        if not found:
            return
        done = found[-1].id
        yield found


def grouped(
    session: Session, import_id: int, *conditions: ColumnElement[bool]
) -> Iterator[list[Row]]:
    """The same, but all rows about one object come in one piece."""
    by_object: dict[int, list[int]] = {}
    for number, object_id in session.execute(
        select(SheetImportRow.id, SheetImportRow.object_id).where(
            SheetImportRow.import_id == import_id, *conditions
        )
    ):
        by_object.setdefault(object_id or 0, []).append(number)
    for ids in packed(by_object.values()):
        yield by_ids(session, ids)


def packed(groups: Iterable[list[int]]) -> Iterator[list[int]]:
    """Whole groups put together to about `PIECE`."""
    piece: list[int] = []
    for group in groups:
        piece += group
        if len(piece) >= PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def by_ids(session: Session, ids: Sequence[int]) -> list[Row]:
    """Rows by their number in the table, in the order of the file."""
    return _rows(session, SheetImportRow.id.in_(ids))


def _rows(
    session: Session, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Row]:
    columns = [getattr(SheetImportRow, name) for name in _KEPT]
    found = session.execute(
        select(SheetImportRow.id, *columns)
        .where(*conditions)
        .order_by(SheetImportRow.id)
        .limit(limit)
    )
    rows = []
    for number, *values in found:
        row = Row(**dict(zip(_KEPT, values, strict=True)))
        row.id, row.verdict = number, RowVerdict(row.verdict)
        rows.append(row)
    return rows


def problems_of(
    session: Session, import_id: int, words: Callable[[str], str]
) -> Iterator[list[Any]]:
    """Row, field, heading, text and whether it blocks, of everything that is wrong in an import.

    `words` names a field that stands in no column of the file.
    """
    for rows in pieces(session, import_id, func.json_array_length(SheetImportRow.problems) > 0):
        for row in rows:
            for one in row.problems:
                heading = one["heading"] or words(one["field"])
                yield [row.number, one["field"], heading, one["text"], one["blocks"]]
