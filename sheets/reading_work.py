"""The three works on a whole file: look at it, tell its rows, give its wrong rows back.

They keep the whole table in memory, so for all but small files they run in a process that ends
with the work (`sheets/reading_process.py`). What goes in and out are lines of JSON, citizen ids in
the clear among them: they pass through pipes only and are never written down here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from io import BytesIO
from typing import Any

from sheets import certificates, devices, handovers, people, staff_changes
from sheets.columns import guess
from sheets.error_file import write_error_file
from sheets.looking import column_map, look_at_table
from sheets.records import MissingColumns, Problem
from sheets.tables_in import UnreadableSheet, read_table
from sheets.vocabulary import SheetKind

READERS: Mapping[SheetKind, Any] = {
    SheetKind.PEOPLE: people,
    SheetKind.DEVICES: devices,
    SheetKind.CERTIFICATES: certificates,
    SheetKind.HANDOVERS: handovers,
    SheetKind.STAFF_CHANGES: staff_changes,
}
_NOT_SAID = {"row", "problems"}


class Work(StrEnum):
    """What is to be done with the file."""

    LOOK = "look"
    ROWS = "rows"
    ERRORS = "errors"


@dataclass(frozen=True)
class Task:
    """One work on one file. `kind` "" lets the headings decide; `mapping` is field -> column,
    None for what the headings say; `on` the day of reading.
    """

    work: Work
    file_name: str
    kind: str = ""
    sheet: str = ""
    mapping: Mapping[str, int] | None = None
    on: date = date.min

    def plain(self) -> dict[str, Any]:
        """The same as values for JSON."""
        return {
            "work": self.work.value, "file_name": self.file_name, "kind": self.kind,
            "sheet": self.sheet, "mapping": self.mapping and dict(self.mapping),
            "on": self.on.isoformat(),
        }  # fmt: skip

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Task":
        """The task that `plain` gave away."""
        values = dict(plain)
        return cls(
            **values | {"work": Work(values["work"]), "on": date.fromisoformat(values["on"])}
        )


def perform(task: Task, content: bytes, problems: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that answer the task; the last but the workbook says "end", or why there is none.

    `problems` are lines of row, field, heading, text, blocks; only `Work.ERRORS` asks for them,
    and lets a workbook follow the line that gives its length.
    """
    try:
        yield from _performed(task, content, problems)
    except (UnreadableSheet, MissingColumns) as error:
        yield _line({"refused": str(error)})


def _performed(task: Task, content: bytes, problems: Iterable[bytes]) -> Iterator[bytes]:
    table = read_table(content, task.file_name, sheet=task.sheet or None)
    if task.work is Work.LOOK:
        yield _line(look_at_table(table, SheetKind(task.kind) if task.kind else None))
    elif task.work is Work.ROWS:
        columns = (
            guess(SheetKind(task.kind), table)
            if task.mapping is None
            else column_map(SheetKind(task.kind), table, task.mapping)
        )
        names: list[str] = []
        for record in READERS[columns.kind].read(table, columns, on=task.on):
            names = names or [one.name for one in fields(record) if one.name not in _NOT_SAID]
            said = {name: _plain(value) for name in names
                    if (value := getattr(record, name)) is not None and value != ""}  # fmt: skip
            yield _line([record.row, said, [_problem(one) for one in record.problems]])
    else:
        stream = BytesIO()
        write_error_file(stream, table, (Problem(*json.loads(line)) for line in problems))
        yield _line({"length": stream.tell()})
        yield stream.getvalue()
        return
    yield _line("end")


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.name
    return value.isoformat() if isinstance(value, date) else value


def _problem(one: Problem) -> dict[str, Any]:
    """What is wrong, without the cell itself, which may be personal data."""
    return {"field": one.field, "heading": one.heading, "text": one.text, "blocks": one.blocks}
