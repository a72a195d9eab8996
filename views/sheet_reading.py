"""From the bytes of a file to what operations take: columns with a guess, and rows of plain values.

Citizen ids are sealed here, before anything is kept; examples of columns show none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from operations.personal import CitizenIds
from operations.sheet_rows import Row
from sheets import certificates, devices, handovers, people, staff_changes
from sheets.columns import ColumnMap, guess, guess_kind
from sheets.tables_in import SheetTable, read_table
from sheets.vocabulary import SheetKind, layout

READERS: Mapping[SheetKind, Any] = {
    SheetKind.PEOPLE: people,
    SheetKind.DEVICES: devices,
    SheetKind.CERTIFICATES: certificates,
    SheetKind.HANDOVERS: handovers,
    SheetKind.STAFF_CHANGES: staff_changes,
}
_LONG_NUMBER = re.compile(r"(?<!\w)\d(?:[ .]?\d){7,11}(?!\w)")
"""A citizen id or a telephone number, zeros at the front lost or not; serials are longer."""
_DAY = re.compile(r"\d{1,2}[. ]\d{1,2}[. ]\d{4}")
_MOST_SKIPPED = 50
_NOT_SAID = {"row", "problems"}


@dataclass(frozen=True)
class Found:
    """What a file is taken for, before anybody has looked at its columns."""

    kind: SheetKind
    mapping: Mapping[str, int]
    choices: Mapping[str, Any]
    rows: int


def look_at(content: bytes, file_name: str, *, kind: str = "", sheet: str = "") -> Found:
    """Read the table and guess its kind and columns; raises `sheets.tables_in.UnreadableSheet`."""
    table = read_table(content, file_name, sheet=sheet or None)
    guessed = guess_kind(table)
    taken = SheetKind(kind) if kind else guessed or SheetKind.PEOPLE
    columns = guess(taken, table)
    unclaimed = {one.index for one in columns.unmapped}
    return Found(
        taken,
        {one.field: one.index for one in columns.columns if one.field},
        {
            "sheet": table.origin.sheet,
            "other_sheets": list(table.other_sheets),
            "guessed": guessed.value if guessed else "",
            "notes": list(table.notes),
            "skipped": [[row.number, row.reason] for row in table.skipped[:_MOST_SKIPPED]],
            "columns": [
                {
                    "index": one.index,
                    "heading": one.heading,
                    "confidence": one.confidence,
                    "examples": [masked(text) for text in one.examples],
                    "withheld": one.withheld,
                    "unclaimed": one.index in unclaimed,
                }
                for one in columns.columns
            ],
        },
        len(table.rows),
    )


def masked(text: str) -> str:
    """An example with all but the last three digits of long numbers hidden."""
    if _DAY.fullmatch(text):
        return text
    return _LONG_NUMBER.sub(lambda found: f"•••{found[0][-3:]}", text)


def remembered(
    found: Mapping[str, Any], mapping: Mapping[str, int], known: Mapping[str, str], kind: SheetKind
) -> dict[str, int]:
    """The guess, with the columns that a person gave to the same headings the last time."""
    wanted = layout(kind).fields
    by_heading = {one["heading"]: one["index"] for one in found["columns"] if not one["withheld"]}
    kept = {
        field: by_heading[heading]
        for heading, field in known.items()
        if heading in by_heading and field in wanted
    }
    taken = set(kept.values())
    rest = {field: index for field, index in mapping.items() if index not in taken}
    return {**{field: index for field, index in rest.items() if field not in kept}, **kept}


def column_map(kind: SheetKind, table: SheetTable, mapping: Mapping[str, int]) -> ColumnMap:
    """The columns as a person gave them out; what they gave to nobody stays with nobody."""
    columns = guess(kind, table)
    for one in columns.columns:
        columns = columns.assign(one.index, None)
    for field, index in mapping.items():
        columns = columns.assign(index, field)
    return columns


def read_rows(
    table: SheetTable, columns: ColumnMap, *, on: date, citizen_ids: CitizenIds
) -> Iterator[Row]:
    """Every row of the table as plain values; raises `sheets.records.MissingColumns`."""
    names: Sequence[str] | None = None
    for record in READERS[columns.kind].read(table, columns, on=on):
        if names is None:
            names = [one.name for one in fields(record) if one.name not in _NOT_SAID]
        said = {}
        for name in names:
            value = getattr(record, name)
            if value is not None and value != "":
                said[name] = _plain(value)
        _seal(said, record.row, citizen_ids)
        yield Row(record.row, said, [_problem(one) for one in record.problems])


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.name
    return value.isoformat() if isinstance(value, date) else value


def _seal(said: dict[str, Any], number: int, citizen_ids: CitizenIds) -> None:
    """Replace a citizen id by its sealed bytes, its keyed hash and its last three digits."""
    for key in ("citizen_id", "holder_citizen_id", "receiver_citizen_id"):
        if clear := said.get(key):
            sealed = citizen_ids.seal_bytes(clear.encode(), f"sheet/{number}")
            said[key] = sealed.hex()
            said[f"{key}_hash"] = citizen_ids.lookup(clear)
            said[key.replace("citizen_id", "citizen_id_tail")] = clear[-3:]


def _problem(one: Any) -> dict[str, Any]:
    """What is wrong, without the cell itself, which may be personal data."""
    return {"field": one.field, "heading": one.heading, "text": one.text, "blocks": one.blocks}
