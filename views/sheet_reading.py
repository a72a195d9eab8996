"""From the bytes of a file to what operations take: columns with a guess, and rows of plain values.

Citizen ids are sealed here, before anything is kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations.personal import CitizenIds
from operations.sheet_rows import Row
from sheets import reading_process
from sheets.reading_work import Task, Work
from sheets.vocabulary import SheetKind, layout


@dataclass(frozen=True)
class Found:
    """What a file is taken for, before anybody has looked at its columns."""

    kind: SheetKind
    mapping: Mapping[str, int]
    choices: Mapping[str, Any]
    rows: int


def look_at(content: bytes, file_name: str, *, kind: str = "", sheet: str = "") -> Found:
    """Read the table and guess its kind and columns; raises `sheets.tables_in.UnreadableSheet`."""
    found = reading_process.look(content, Task(Work.LOOK, file_name, kind=kind, sheet=sheet))
    return Found(SheetKind(found["kind"]), found["mapping"], found["choices"], found["rows"])


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


def read_rows(content: bytes, task: Task, *, citizen_ids: CitizenIds) -> Iterator[Row]:
    """Every row of the table as plain values, one after the other.

    Raises `sheets.tables_in.UnreadableSheet`, whose words also tell of columns that are missing.
    """
    for number, said, problems in reading_process.rows(content, task):
        _seal(said, number, citizen_ids)
        yield Row(number, said, problems)


def _seal(said: dict[str, Any], number: int, citizen_ids: CitizenIds) -> None:
    """Replace a citizen id by its sealed bytes, its keyed hash and its last three digits."""
    for key in ("citizen_id", "holder_citizen_id", "receiver_citizen_id"):
        if clear := said.get(key):
            sealed = citizen_ids.seal_bytes(clear.encode(), f"sheet/{number}")
            said[key] = sealed.hex()
            said[f"{key}_hash"] = citizen_ids.lookup(clear)
            said[key.replace("citizen_id", "citizen_id_tail")] = clear[-3:]
