"""Which column of a table is which field: a guess from the headings, open to correction.

A guess carries how sure it is, from 0 to 100. Columns that nobody claims stay in sight.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rules.names import fold_words
from sheets.reading.cells import Cell, shown
from sheets.reading.headings import JOINED_BY, numbering_columns
from sheets.tables_in import SheetTable
from sheets.vocabulary import Field, Layout, SheetKind, choices, is_choice, layout, plain

EXACT, CLOSE, CONTAINED, BY_CONTENT = 100, 85, 65, 50
UNSURE = 70
"""Below this a person should look at the guess."""
_SAMPLE = 50
_BRACKETED = re.compile(r"[(\[]")
_OF_THE_CARD = frozenset({"citizen_id_issued_on", "citizen_id_issued_by"})
_ISSUED = re.compile(r"^(?:ngay|noi|co quan) cap\b")
_OTHER_PAPER = re.compile(r"\b(?:chung thu|cts|thiet bi|token|sim|serial|seri)\b")
_MOSTLY = 0.7


@dataclass(frozen=True)
class Column:
    """One column: its place (from 0), heading, field (None: nobody claims it), and how sure that
    is. `examples` are the first different cells, for a person to judge by.
    """

    index: int
    heading: str
    field: str | None
    confidence: int
    examples: tuple[str, ...] = ()
    withheld: bool = False


@dataclass(frozen=True)
class ColumnMap:
    """All columns of a table for one kind of file."""

    kind: SheetKind
    columns: tuple[Column, ...]

    @property
    def layout(self) -> Layout:
        return layout(self.kind)

    @property
    def missing(self) -> tuple[Field, ...]:
        """Required fields without a column; a name in two columns counts as one."""
        taken = {column.field for column in self.columns}
        if {"family_names", "given_name"} <= taken:
            taken.add("full_name")
        return tuple(
            field
            for field in self.layout.fields.values()
            if field.required and field.key not in taken
        )

    @property
    def unmapped(self) -> tuple[Column, ...]:
        """Columns with words in them that no field takes; running numbers are not counted."""
        ordinal = numbering_columns([column.heading for column in self.columns])
        return tuple(
            column
            for column in self.columns
            if column.field is None
            and column.index not in ordinal
            and (column.examples or not re.fullmatch(r"Cột \d+", column.heading))
        )

    @property
    def unsure(self) -> tuple[Column, ...]:
        """Columns whose field is a weak guess."""
        return tuple(one for one in self.columns if one.field and one.confidence < UNSURE)

    def index_of(self, field: str) -> int | None:
        """The place of a field's column."""
        return next((one.index for one in self.columns if one.field == field), None)

    def assign(self, index: int, field: str | None) -> "ColumnMap":
        """The same map with one column given to a field by a person, or to nobody.

        The field leaves the column that had it. Raises ValueError for an unknown field, an unknown
        column, or one that is withheld.
        """
        if field is not None and field not in self.layout.fields:
            raise ValueError(f"unknown field {field!r}")
        if not 0 <= index < len(self.columns) or (field and self.columns[index].withheld):
            raise ValueError(f"column {index} cannot be assigned")
        return replace(self, columns=tuple(self._assigned(index, field)))

    def _assigned(self, index: int, field: str | None) -> Iterator[Column]:
        for column in self.columns:
            if column.index == index:
                yield replace(column, field=field, confidence=EXACT if field else 0)
            elif field is not None and column.field == field:
                yield replace(column, field=None, confidence=0)
            else:
                yield column


def guess(kind: SheetKind, table: SheetTable) -> ColumnMap:
    """The likeliest fields of the columns, each field once; equal guesses go to the left column."""
    offers = [
        (-score, order, index, field.key)
        for index, heading in enumerate(table.headings)
        if heading not in table.withheld
        for order, field in enumerate(layout(kind).fields.values())
        if (score := _score(heading, field)) and not _of_no_card(table.headings, index, field)
    ]
    chosen: dict[int, tuple[str, int]] = {}
    taken: set[str] = set()
    for score, _, index, key in sorted(offers):
        if index not in chosen and key not in taken:
            chosen[index] = (key, -score)
            taken.add(key)
    _split_names(kind, table.headings, chosen)
    _by_content(kind, table, chosen)
    return ColumnMap(
        kind,
        tuple(
            Column(
                index,
                heading,
                chosen[index][0] if index in chosen else None,
                chosen[index][1] if index in chosen else 0,
                examples=_examples(table, index),
                withheld=heading in table.withheld,
            )
            for index, heading in enumerate(table.headings)
        ),
    )


def guess_kind(table: SheetTable) -> SheetKind | None:
    """What the table is a list of, None when its headings do not tell.

    All required columns must be there; then the kind that explains most of the columns, and of two
    such the one that requires more. A column of choices counts only if its words are understood.
    """
    best: tuple[int, int] = (0, 0)
    likeliest = None
    for kind in SheetKind:
        found = guess(kind, table)
        if found.missing:
            continue
        sure = sum(
            column.confidence
            for column in found.columns
            if column.confidence >= UNSURE and _is_understood(found.layout, column)
        )
        needs = sum(field.required for field in found.layout.fields.values())
        if sure and (sure, needs) > best:
            best, likeliest = (sure, needs), kind
    return likeliest


def _is_understood(made: Layout, column: Column) -> bool:
    """Whether the examples of a column of choices are among the choices."""
    field = made.fields[column.field or ""]
    if not is_choice(field.value) or not column.examples:
        return True
    return any(plain(example) in choices(field.value) for example in column.examples)


def _of_no_card(headings: Sequence[str], index: int, field: Field) -> bool:
    """Whether a day or place "of issue" is that of a certificate or device beside it, not of the
    identity card: written into the register it would be a wrong paper of a person.
    """
    if field.key not in _OF_THE_CARD:
        return False
    *over, own = headings[index].split(JOINED_BY)
    if not over:
        before = (one for one in reversed(headings[:index]) if not _ISSUED.search(plain(one)))
        over = [next(before, "")]
    return any(_OTHER_PAPER.search(plain(words)) for words in (*over, own))


def _score(heading: str, field: Field) -> int:
    """How well a heading fits a field. Of a heading over two rows the lower part counts less.

    What stands in brackets counts where it belongs to a known heading ("Ngày sinh (Nữ)").
    """
    if _BRACKETED.search(heading) and " ".join(fold_words(heading)) in field.headings:
        return EXACT
    whole = plain(heading.replace(JOINED_BY, " "))
    if whole in field.headings:
        return EXACT - 1 if _BRACKETED.search(heading) else EXACT
    parts = [plain(part) for part in heading.split(JOINED_BY)]
    if parts[-1] in field.headings:
        return CLOSE
    if len(parts) > 1 and parts[0] in field.headings:
        return CONTAINED - 5
    padded = f" {whole} "
    if any(len(one) > 5 and f" {one} " in padded for one in field.headings):
        return CONTAINED
    return 0


def _split_names(
    kind: SheetKind, headings: Sequence[str], chosen: dict[int, tuple[str, int]]
) -> None:
    """A name merged over two columns: family names in the first, the given name in the next."""
    if "family_names" not in layout(kind).fields:
        return
    for index, (key, _) in list(chosen.items()):
        follows = headings[index + 1] if index + 1 < len(headings) else ""
        if key == "full_name" and follows == f"{headings[index]} (2)":
            chosen[index] = ("family_names", CLOSE)
            chosen[index + 1] = ("given_name", CLOSE)


_LOOKS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE),
    "citizen_id": re.compile(r"0\d{11}"),
    "phone": re.compile(r"(?:0|\+84)[35789]\d{8}"),
}


def _by_content(kind: SheetKind, table: SheetTable, chosen: dict[int, tuple[str, int]]) -> None:
    """Columns whose heading says nothing, but whose cells look like one thing."""
    taken = {key for key, _ in chosen.values()}
    open_fields = [
        field
        for field in layout(kind).fields.values()
        if field.value in _LOOKS and field.key not in taken
    ]
    for field in open_fields:
        for index, heading in enumerate(table.headings):
            if index in chosen or heading in table.withheld:
                continue
            cells = [row.cells[index] for row in table.rows[:_SAMPLE] if row.cells[index] != ""]
            hits = sum(_LOOKS[field.value].fullmatch(shown(cell)) is not None for cell in cells)
            if len(cells) >= 2 and hits >= _MOSTLY * len(cells):
                chosen[index] = (field.key, BY_CONTENT)
                break


def _examples(table: SheetTable, index: int) -> tuple[str, ...]:
    found: dict[Cell, None] = {}
    for row in table.rows[:_SAMPLE]:
        if row.cells[index] != "":
            found[row.cells[index]] = None
            if len(found) == 3:
                break
    return tuple(shown(cell)[:60] for cell in found)
