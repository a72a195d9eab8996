"""What a file is taken for before anybody has looked at its columns, as plain values.

Examples of columns show no long number: it may be a citizen id.
"""

import re
from collections.abc import Mapping
from typing import Any

from sheets.columns import ColumnMap, guess, guess_kind
from sheets.tables_in import SheetTable
from sheets.vocabulary import SheetKind

_LONG_NUMBER = re.compile(r"(?<!\w)\d(?:[ .]?\d){7,11}(?!\w)")
"""A citizen id or a telephone number, zeros at the front lost or not; serials are longer."""
_DAY = re.compile(r"\d{1,2}[. ]\d{1,2}[. ]\d{4}")
_MOST_SKIPPED = 50


def look_at_table(table: SheetTable, kind: SheetKind | None) -> dict[str, Any]:
    """The kind (guessed when None), the columns with a guess, and how many rows there are."""
    guessed = guess_kind(table)
    taken = kind or guessed or SheetKind.PEOPLE
    columns = guess(taken, table)
    unclaimed = {one.index for one in columns.unmapped}
    return {
        "kind": taken.value,
        "mapping": {one.field: one.index for one in columns.columns if one.field},
        "rows": len(table.rows),
        "choices": {
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
    }


def masked(text: str) -> str:
    """An example with all but the last three digits of long numbers hidden."""
    if _DAY.fullmatch(text):
        return text
    return _LONG_NUMBER.sub(lambda found: f"•••{found[0][-3:]}", text)


def column_map(kind: SheetKind, table: SheetTable, mapping: Mapping[str, int]) -> ColumnMap:
    """The columns as a person gave them out; what they gave to nobody stays with nobody."""
    columns = guess(kind, table)
    for one in columns.columns:
        columns = columns.assign(one.index, None)
    for field, index in mapping.items():
        columns = columns.assign(index, field)
    return columns
