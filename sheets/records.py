"""From rows of cells to values by field, with what is wrong at each cell. Shared by all kinds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sheets.columns import ColumnMap
from sheets.reading.cells import Cell, shown
from sheets.reading.rows import SheetRow
from sheets.reading.values import PIN, READERS, Value
from sheets.tables_in import SheetTable
from sheets.vocabulary import Field


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one cell and what to do, in Vietnamese; `blocks`: the row cannot go in.

    `found` is the cell as it stands in the file, which may be personal data: for the screen of the
    person who brought the file, never for a log.
    """

    row: int
    field: str
    heading: str
    text: str
    blocks: bool
    found: str = ""


class MissingColumns(Exception):
    """A required column has not been mapped; the message is a Vietnamese sentence."""


@dataclass(frozen=True)
class _Plan:
    index: int
    field: Field
    read: Callable[[Cell, Field], Value]


class Fields:
    """The values of one row by the key of their field, and the problems met so far."""

    __slots__ = ("_headings", "_values", "problems", "row", "section")

    def __init__(self, row: int, section: str, headings: dict[str, str]) -> None:
        self.row, self.section = row, section
        self.problems: list[Problem] = []
        self._values: dict[str, Any] = {}
        self._headings = headings

    def put(self, key: str, value: Any) -> None:
        self._values[key] = value

    def text(self, key: str) -> str:
        """The value of a field of text; "" when the file has none."""
        return self._values.get(key) or ""

    def get(self, key: str) -> Any:
        """The value of any other field; None when the file has none."""
        return self._values.get(key)

    def has_problem(self, key: str) -> bool:
        return any(problem.field == key for problem in self.problems)

    def complain(self, key: str, text: str, *, blocks: bool = True, found: str = "") -> None:
        """Add a problem at a field, whose heading is the one in the file, else the program's."""
        self.problems.append(
            Problem(self.row, key, self._headings.get(key, ""), text, blocks, found)
        )


def read_fields(table: SheetTable, columns: ColumnMap) -> Iterator[Fields]:
    """The rows of a table one after the other, each cell read as its field asks.

    An empty cell of a required field is a problem that blocks. Raises `MissingColumns`.
    """
    if columns.missing:
        raise MissingColumns(
            "Chưa chọn cột cho: " + ", ".join(field.words for field in columns.missing) + "."
        )
    fields = columns.layout.fields
    plans = [
        _Plan(column.index, fields[column.field], READERS[fields[column.field].value])
        for column in columns.columns
        if column.field is not None
    ]
    headings = {key: field.words for key, field in fields.items()}
    headings |= {plan.field.key: table.headings[plan.index] for plan in plans}
    for row in table.rows:
        yield _read(row, plans, headings)


def _read(row: SheetRow, plans: list[_Plan], headings: dict[str, str]) -> Fields:
    found = Fields(row.number, row.section, headings)
    for plan in plans:
        cell = row.cells[plan.index]
        field = plan.field
        if cell == "" and isinstance(cell, str):
            if field.required:
                found.complain(field.key, f"Thiếu “{field.words}”. Hãy điền vào ô này.")
            continue
        value, flaw, blocks = plan.read(cell, field)
        found.put(field.key, value)
        if flaw:
            said = "" if flaw == PIN else shown(cell)
            found.complain(field.key, flaw, blocks=blocks, found=said)
        elif field.required and value in ("", None):
            found.complain(
                field.key, f"Thiếu “{field.words}”. Hãy điền vào ô này.", found=shown(cell)
            )
    return found


class Repeats:
    """Values that may stand once in a file: the second row is told where the first one is."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], int] = {}

    def check(self, fields: Fields, key: str, value: str, *, blocks: bool = True) -> None:
        """Remember a value, or complain that it stands in an earlier row."""
        if not value:
            return
        first = self._first.setdefault((key, value), fields.row)
        if first != fields.row:
            fields.complain(
                key,
                f"Trùng với dòng {first} trong tệp. Hãy xem lại một trong hai dòng.",
                blocks=blocks,
            )


Record = TypeVar("Record")
