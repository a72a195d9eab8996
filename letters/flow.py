"""Pieces that follow one another down the pages, and where pages may break.

A letter becomes a list of pieces none of which is ever cut: one line of text, one row of a table.
The rules of a careful typist are in `paginate`: no single line left behind, a title stays with
what follows it, a table repeats its head, and the signature never stands alone on a page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from letters.errors import TooLarge
from letters.fonts import Face
from letters.ink import Pen
from letters.text import wrap


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Something of a known height (points). `lines` counts lines of text or rows of a list."""

    height: float
    space_before: float = 0.0  # Dropped at the top of a page.
    may_start_page: bool = True
    lines: int = 0
    head: "Piece | None" = None  # Repeated when this piece begins a page.

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw with the upper left corner at (x, top)."""


@dataclass(frozen=True, slots=True, eq=False)
class Line(Piece):
    """One line of a paragraph; `stretch_to` is the width to justify to, or 0."""

    text: str = ""
    face: Face | None = None
    size: float = 0.0
    indent: float = 0.0
    stretch_to: float = 0.0
    centre_in: float = 0.0

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw with the upper left corner at (x, top)."""
        assert self.face is not None  # noqa: S101 - told to mypy; every maker gives one
        baseline = top - self.height + self.size * (Face.LINE - Face.ASCENT)
        if self.centre_in:
            pen.centred(x + self.centre_in / 2, baseline, self.text, self.face, self.size)
        elif self.stretch_to:
            pen.justified(
                x + self.indent, baseline, self.text, self.face, self.size, self.stretch_to
            )
        else:
            pen.text(x + self.indent, baseline, self.text, self.face, self.size)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a paragraph is set; lengths in points, `leading` in single lines (decree: 1 to 1.5)."""

    face: Face
    size: float
    width: float
    first_indent: float = 0.0
    indent: float = 0.0
    space_before: float = 6.0
    leading: float = 1.0
    centred: bool = False
    keep_with_next: bool = False


def paragraph(text: str, how: Setting) -> list[Piece]:
    """A cleaned text as justified lines (or centred ones).

    Of a paragraph at least two lines stay together at the foot and at the top of a page.
    """
    width = how.width - how.indent
    wrapped = wrap(text, how.face, how.size, width, how.first_indent)
    last = len(wrapped) - 1
    height = how.size * Face.LINE * how.leading
    pieces: list[Piece] = []
    for index, words in enumerate(wrapped):
        indent = how.indent + (how.first_indent if index == 0 else 0.0)
        pieces.append(
            Line(
                height=height,
                space_before=how.space_before if index == 0 else 0.0,
                may_start_page=index == 0 or 2 <= index <= last - 1,
                lines=0 if how.keep_with_next else 1,
                text=words,
                face=how.face,
                size=how.size,
                indent=indent,
                stretch_to=0.0 if index == last or how.centred else how.width - indent,
                centre_in=how.width if how.centred else 0.0,
            )
        )
    return pieces


def kept_with(title: Sequence[Piece], following: Sequence[Piece]) -> list[Piece]:
    """A title and what follows it, so that no page ends with the title."""
    first, *rest = following
    return [*title, replace(first, may_start_page=False), *rest]


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece on its page; `top` in points from the lower edge of the page."""

    piece: Piece
    top: float


def _height_from(pieces: Sequence[Piece], start: int) -> float:
    """Height of pieces[start:] when they begin a page."""
    chosen = pieces[start:]
    head = chosen[0].head
    repeated = head.height if head else 0.0
    spaces = sum(piece.space_before for piece in chosen) - chosen[0].space_before
    return repeated + spaces + sum(piece.height for piece in chosen)


def _break_before(pieces: Sequence[Piece], start: int, wanted: int) -> int:
    """The last allowed break at or before `wanted`, else `wanted` itself."""
    for index in range(wanted, start, -1):
        if pieces[index].may_start_page:
            return index
    return wanted


def _page_ends(pieces: Sequence[Piece], first_height: float, height: float) -> list[int]:
    """Index after the last piece of each page."""
    ends: list[int] = []
    start, left, index = 0, first_height, 0
    while index < len(pieces):
        piece = pieces[index]
        if index == start:
            need = piece.height + (piece.head.height if piece.head and start else 0.0)
        else:
            need = piece.height + piece.space_before
        if need > left + 0.01:
            if index == start and left >= height - 0.01:
                raise TooLarge("Một phần của văn bản cao hơn một trang giấy, không thể trình bày.")
            index = _break_before(pieces, start, index)
            ends.append(index)
            start, left = index, height
            continue
        left -= need
        index += 1
    return [*ends, len(pieces)]


def _last_page_start(pieces: Sequence[Piece], lowest: int) -> int:
    """The last allowed break with at least two lines behind it, else `lowest`."""
    lines = 0
    for index in range(len(pieces) - 1, lowest, -1):
        lines += pieces[index].lines
        if lines >= 2 and pieces[index].may_start_page:
            return index
    return lowest


def _with_tail(
    pieces: Sequence[Piece], ends: list[int], first_height: float, height: float, tail: float
) -> list[int]:
    """Page ends such that the tail fits on the last page below at least two lines."""
    start = ends[-2] if len(ends) > 1 else 0
    room = height if start else first_height
    fits = _height_from(pieces, start) + tail <= room + 0.01
    if fits and (start == 0 or sum(piece.lines for piece in pieces[start:]) >= 2):
        return ends
    before = ends[-3] if len(ends) > 2 else 0
    cut = _last_page_start(pieces, before)
    if _height_from(pieces, cut) + tail > height + 0.01:
        raise TooLarge("Phần chữ ký và nơi nhận cao hơn một trang giấy, không thể trình bày.")
    return [*(end for end in ends[:-1] if end < cut), cut, len(pieces)]


def paginate(
    pieces: Sequence[Piece],
    first_top: float,
    top: float,
    bottom: float,
    first_bottom: float,
    tail: float = 0.0,
) -> tuple[list[list[Placed]], float]:
    """Lay the pieces down pages; lengths are points from the lower edge of the page.

    `first_top` and `first_bottom` bound the first page, `top` and `bottom` the others; `tail` is
    the height of the signature block that must follow the last piece on its page.

    Returns the pages and the height at which the tail begins. Raises TooLarge.
    """
    ends = _page_ends(pieces, first_top - first_bottom, top - bottom)
    if tail:
        ends = _with_tail(pieces, ends, first_top - first_bottom, top - bottom, tail)
    return list(_placed(pieces, ends, first_top, top)), _end(pieces, ends, first_top, top)


def _tops(pieces: Sequence[Piece], start: int, end: int, top: float) -> tuple[list[Placed], float]:
    placed: list[Placed] = []
    for index in range(start, end):
        piece = pieces[index]
        if index == start:
            if piece.head and start:
                placed.append(Placed(piece.head, top))
                top -= piece.head.height
        else:
            top -= piece.space_before
        placed.append(Placed(piece, top))
        top -= piece.height
    return placed, top


def _placed(
    pieces: Sequence[Piece], ends: Sequence[int], first_top: float, top: float
) -> Iterator[list[Placed]]:
    start = 0
    for page, end in enumerate(ends):
        yield _tops(pieces, start, end, top if page else first_top)[0]
        start = end


def _end(pieces: Sequence[Piece], ends: Sequence[int], first_top: float, top: float) -> float:
    start = ends[-2] if len(ends) > 1 else 0
    return _tops(pieces, start, ends[-1], top if len(ends) > 1 else first_top)[1]
