"""Ruled tables with a head of one or two tiers that flow over pages. Lengths are points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from letters.flow import Piece, Placed
from letters.fonts import Face, Faces
from letters.ink import Pen
from letters.text import balance, wrap_cell

PADDING_X = 3.0
PADDING_Y = 2.5
SPACE_BEFORE = 5.0
RULE = 0.5

# A row taller than this many lines is cut into pieces, so that no name is too long for a page.
_LINES_IN_ONE_PIECE = 24


@dataclass(frozen=True, slots=True)
class Column:
    """One column; columns with the same non-empty `group` stand together under that heading."""

    heading: str
    width: float
    centred: bool = False
    group: str = ""


Cells = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Table:
    """The columns and the type of one table."""

    columns: tuple[Column, ...]
    faces: Faces
    size: float

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """Distances of the vertical rules from the left edge of the table."""
        edges = [0.0]
        for column in self.columns:
            edges.append(edges[-1] + column.width)
        return tuple(edges)

    @cached_property
    def pitch(self) -> float:
        """From one baseline in a cell to the next."""
        return self.size * Face.LINE

    @cached_property
    def head(self) -> "Head":
        """The head, drawn once and repeated on every page that goes on with the table."""
        return _head(self)

    def pieces(self, rows: Iterable[Sequence[str]]) -> list[Piece]:
        """The head and the rows; a line feed inside a cell begins a new line."""
        made: list[Piece] = [self.head]
        for cells in rows:
            made.extend(self._row(cells, first=len(made) == 1))
        return made

    def _row(self, cells: Sequence[str], *, first: bool) -> list[Piece]:
        face, size = self.faces.regular, self.size
        wrapped: list[tuple[str, ...]] = []
        for text, column in zip(cells, self.columns, strict=True):
            width = column.width - 2 * PADDING_X
            if not text:
                wrapped.append(())
            elif "\n" in text:
                parts = text.split("\n")
                wrapped.append(sum((wrap_cell(p, face, size, width) for p in parts), ()))
            else:
                wrapped.append(wrap_cell(text, face, size, width))
        count = max(map(len, wrapped), default=1) or 1
        if count <= _LINES_IN_ONE_PIECE:
            return [self._piece(tuple(wrapped), count, may_start=not first, ends=True)]
        made: list[Piece] = []
        for at in range(0, count, _LINES_IN_ONE_PIECE):
            part = tuple(lines[at : at + _LINES_IN_ONE_PIECE] for lines in wrapped)
            size_of_part = min(_LINES_IN_ONE_PIECE, count - at)
            ends = at + _LINES_IN_ONE_PIECE >= count
            may_start = bool(at) or not first
            made.append(self._piece(part, size_of_part, may_start=may_start, ends=ends))
        return made

    def _piece(self, cells: Cells, count: int, *, may_start: bool, ends: bool) -> "Row":
        return Row(
            height=count * self.pitch + 2 * PADDING_Y,
            may_start_page=may_start,
            lines=1,
            head=self.head,
            table=self,
            cells=cells,
            ends_row=ends,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TablePiece(Piece):
    """The head or a row; the grid around it is drawn page by page in `draw_grids`."""

    table: Table

    def grid(self, x: float, top: float) -> list[tuple[float, float, float, float]]:
        """Horizontal rules of this piece."""
        return []


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Row(TablePiece):
    """One row, or a part of a very long one; every cell stands in the middle of its height."""

    cells: Cells
    ends_row: bool

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw the text of the cells."""
        table = self.table
        face, size, pitch = table.faces.regular, table.size, table.pitch
        middle = top - self.height / 2
        for lines, column, left in zip(self.cells, table.columns, table.edges, strict=False):
            baseline = middle + len(lines) * pitch / 2 - size * Face.ASCENT
            for text in lines:
                if column.centred:
                    pen.centred(x + left + column.width / 2, baseline, text, face, size)
                else:
                    pen.text(x + left + PADDING_X, baseline, text, face, size)
                baseline -= pitch

    def grid(self, x: float, top: float) -> list[tuple[float, float, float, float]]:
        """The rule below the row."""
        y = top - self.height
        return [(x, y, x + self.table.edges[-1], y)] if self.ends_row else []


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A heading and its frame: left, top, right, bottom from the upper left corner of the head."""

    lines: tuple[str, ...]
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Head(TablePiece):
    """The head of a table."""

    cells: tuple[HeadCell, ...]

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw the headings, bold and in the middle of their frames."""
        face, size, pitch = self.table.faces.bold, self.table.size, self.table.pitch
        for cell in self.cells:
            middle = top - (cell.top + cell.bottom) / 2
            baseline = middle + len(cell.lines) * pitch / 2 - size * Face.ASCENT
            for text in cell.lines:
                pen.centred(x + (cell.left + cell.right) / 2, baseline, text, face, size)
                baseline -= pitch

    def grid(self, x: float, top: float) -> list[tuple[float, float, float, float]]:
        """The rules above and below, and those inside a group of columns."""
        right, foot = x + self.table.edges[-1], top - self.height
        rules = [(x, top, right, top), (x, foot, right, foot)]
        for cell in self.cells:
            if cell.bottom < self.height:  # A group: a rule under it, verticals below.
                y = top - cell.bottom
                rules.append((x + cell.left, y, x + cell.right, y))
        return rules


def _grouped(columns: Sequence[Column]) -> list[tuple[str, list[int]]]:
    """Runs of columns: ("", [i]) for a plain column, (heading, [i, j]) for a group."""
    runs: list[tuple[str, list[int]]] = []
    for group, indices in groupby(range(len(columns)), key=lambda i: columns[i].group):
        if group:
            runs.append((group, list(indices)))
        else:
            runs.extend(("", [index]) for index in indices)
    return runs


def _head(table: Table) -> Head:
    face, size, columns, edges = table.faces.bold, table.size, table.columns, table.edges

    def fitted(text: str, width: float) -> tuple[str, ...]:
        parts = text.split("\n")  # The heading's own line breaks come first.
        return tuple(
            line for part in parts for line in balance(part, face, size, width - 2 * PADDING_X)
        )

    def tall(*cells: Sequence[str]) -> float:
        return max(map(len, cells)) * table.pitch + 2 * PADDING_Y

    names = [fitted(column.heading, column.width) for column in columns]
    runs = _grouped(columns)
    groups = {
        run[0]: fitted(group, edges[run[-1] + 1] - edges[run[0]]) for group, run in runs if group
    }
    plain = [names[run[0]] for group, run in runs if not group]
    below = [names[index] for group, run in runs if group for index in run]
    upper = tall(*groups.values()) if groups else 0.0
    lower = tall(*below) if below else 0.0
    height = max(upper + lower, tall(*plain) if plain else 0.0)
    upper = height - lower  # Room to spare goes to the group's heading.
    cells: list[HeadCell] = []
    for group, run in runs:
        left, right = edges[run[0]], edges[run[-1] + 1]
        if not group:
            cells.append(HeadCell(names[run[0]], left, 0.0, right, height))
            continue
        cells.append(HeadCell(groups[run[0]], left, 0.0, right, upper))
        cells.extend(HeadCell(names[i], edges[i], upper, edges[i + 1], height) for i in run)
    return Head(height=height, space_before=SPACE_BEFORE, table=table, cells=tuple(cells))


def _verticals(
    table: Table, run: Sequence[Placed], x: float
) -> list[tuple[float, float, float, float]]:
    """Vertical rules through a run of pieces; inside a group they begin below its heading."""
    top = run[0].top
    foot = run[-1].top - run[-1].piece.height
    starts = dict.fromkeys(table.edges, 0.0)
    if isinstance(run[0].piece, Head):
        for cell in run[0].piece.cells:
            if cell.bottom < run[0].piece.height:
                inside = [edge for edge in table.edges if cell.left < edge < cell.right]
                starts.update(dict.fromkeys(inside, cell.bottom))
    return [(x + edge, top - start, x + edge, foot) for edge, start in starts.items()]


def draw_grids(pen: Pen, x: float, page: Sequence[Placed]) -> None:
    """Draw the rules of every table on one page: verticals in one stroke each."""
    for table, placed in groupby(page, key=_table_of):
        if table is None:
            continue
        run = list(placed)
        rules = _verticals(table, run, x)
        for at in run:
            assert isinstance(at.piece, TablePiece)  # noqa: S101 - told to mypy; grouped so
            rules.extend(at.piece.grid(x, at.top))
        last = run[-1].top - run[-1].piece.height
        rules.append((x, last, x + table.edges[-1], last))  # Also where a long row is cut.
        pen.rules(rules, RULE)


def _table_of(placed: Placed) -> Table | None:
    return placed.piece.table if isinstance(placed.piece, TablePiece) else None
