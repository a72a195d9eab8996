"""WordprocessingML as text: paragraphs, runs and tables. Lengths are points.

Written directly, because python-docx needs quadratic time for the cells of a long table; the
package around it is python-docx's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from xml.sax.saxutils import escape

from letters.flow import Piece
from letters.table import PADDING_X, PADDING_Y, SPACE_BEFORE, Column

# A row that says more than this may be cut by the foot of a page, or it might never fit one.
_LETTERS_THAT_STAY = 900


def twips(points: float) -> int:
    """Twentieths of a point."""
    return round(points * 20)


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one kind."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Paragraph(Piece):
    """A paragraph for Word. `exactly` is a line height; `rule_over` draws a rule on its top edge
    between the indents.
    """

    height: float = 0.0
    runs: tuple[Run, ...] = ()
    size: float = 14.0
    align: str = "both"
    first_indent: float = 0.0
    left: float = 0.0
    right: float = 0.0
    space_after: float = 0.0
    keep_next: bool = False
    exactly: float = 0.0
    rule_over: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RuledTable(Piece):
    """A table for Word with its head, which is repeated on every page."""

    height: float = 0.0
    columns: tuple[Column, ...]
    size: float
    rows: tuple[tuple[str, ...], ...]


def run(one: Run, size: float) -> str:
    """One run of letters."""
    kind = ("<w:b/>" if one.bold else "") + ("<w:i/>" if one.italic else "")
    half = round(size * 2)
    return (
        f'<w:r><w:rPr>{kind}<w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(one.text)}</w:t></w:r>'
    )


def page_field(size: float) -> str:
    """The number of the page."""
    half = round(size * 2)
    kind = f'<w:rPr><w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
    return f'<w:fldSimple w:instr=" PAGE "><w:r>{kind}<w:t>2</w:t></w:r></w:fldSimple>'


def _properties(one: Paragraph) -> str:
    parts = ["<w:keepNext/>"] if one.keep_next else []
    parts.append("<w:widowControl/>")
    if one.rule_over:
        parts.append(
            '<w:pBdr><w:top w:val="single" w:sz="5" w:space="0" w:color="000000"/></w:pBdr>'
        )
    line = f' w:line="{twips(one.exactly)}" w:lineRule="exact"' if one.exactly else ""
    before, after = twips(one.space_before), twips(one.space_after)
    parts.append(f'<w:spacing w:before="{before}" w:after="{after}"{line}/>')
    first = f' w:firstLine="{twips(one.first_indent)}"' if one.first_indent > 0 else ""
    if one.first_indent < 0:
        first = f' w:hanging="{twips(-one.first_indent)}"'
    parts.append(f'<w:ind w:left="{twips(one.left)}" w:right="{twips(one.right)}"{first}/>')
    parts.append(f'<w:jc w:val="{one.align}"/>')
    return f"<w:pPr>{''.join(parts)}</w:pPr>"


def paragraph(one: Paragraph, inside: str | None = None) -> str:
    """One paragraph; `inside` replaces its runs."""
    shown = "".join(run(each, one.size) for each in one.runs) if inside is None else inside
    if not shown:  # The mark of an empty paragraph has a size too.
        half = round(one.size * 2)
        properties = _properties(one).removesuffix("</w:pPr>")
        return f'<w:p>{properties}<w:rPr><w:sz w:val="{half}"/></w:rPr></w:pPr></w:p>'
    return f"<w:p>{_properties(one)}{shown}</w:p>"


#: Between two tables, and after the last one, Word wants a paragraph: one nobody sees.
NOTHING = Paragraph(size=1.0, exactly=1.0)


def cell(inside: str, width: float, *, span: int = 1, merge: str = "", middle: bool = True) -> str:
    """A cell of a table; `merge` is "restart" or "continue" of a vertical one."""
    parts = f'<w:tcW w:w="{twips(width)}" w:type="dxa"/>'
    if span > 1:
        parts += f'<w:gridSpan w:val="{span}"/>'
    if merge:
        parts += f'<w:vMerge w:val="{merge}"/>'
    if middle:
        parts += '<w:vAlign w:val="center"/>'
    return f"<w:tc><w:tcPr>{parts}</w:tcPr>{inside}</w:tc>"


def row(cells: Iterable[str], *, head: bool = False, whole: bool = True, exactly: float = 0) -> str:
    """A row; `whole` is never cut by the foot of a page, `exactly` is a least height."""
    parts = "<w:cantSplit/>" if whole else ""
    if exactly:
        parts += f'<w:trHeight w:val="{twips(exactly)}" w:hRule="atLeast"/>'
    if head:
        parts += "<w:tblHeader/>"
    return f"<w:tr><w:trPr>{parts}</w:trPr>{''.join(cells)}</w:tr>"


def table(widths: Sequence[float], rows: Iterable[str], *, ruled: bool) -> str:
    """A table of fixed widths."""
    edges = "top left bottom right insideH insideV".split()
    style = "single" if ruled else "nil"
    borders = "".join(f'<w:{e} w:val="{style}" w:sz="4" w:color="000000"/>' for e in edges)
    x, y = (twips(PADDING_X), twips(PADDING_Y)) if ruled else (0, 0)
    margins = "".join(
        f'<w:{edge} w:w="{size}" w:type="dxa"/>'
        for edge, size in (("top", y), ("left", x), ("bottom", y), ("right", x))
    )
    grid = "".join(f'<w:gridCol w:w="{twips(width)}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{twips(sum(widths))}" w:type="dxa"/>'
        f'<w:tblInd w:w="{x}" w:type="dxa"/>'  # Word hangs the first cell's margin out else.
        f"<w:tblBorders>{borders}</w:tblBorders>"
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _words(text: str, size: float, *, centred: bool, bold: bool = False) -> str:
    """A text in a cell; each line feed begins a paragraph of its own."""
    align = "center" if centred else "left"
    return "".join(
        paragraph(Paragraph(runs=(Run(line, bold),) if line else (), size=size, align=align))
        for line in text.split("\n")
    )


def _head(one: RuledTable) -> list[str]:
    columns, size = one.columns, one.size

    def heading(text: str, width: float, span: int = 1, merge: str = "") -> str:
        inside = _words(text, size, centred=True, bold=True)
        return cell(inside, width, span=span, merge=merge)

    if not any(column.group for column in columns):
        return [row([heading(c.heading, c.width) for c in columns], head=True)]
    upper: list[str] = []
    lower: list[str] = []
    for group, run_of in groupby(columns, key=lambda column: column.group):
        together = list(run_of)
        if group:
            width = sum(column.width for column in together)
            upper.append(heading(group, width, len(together)))
            lower += [heading(c.heading, c.width) for c in together]
        else:
            upper += [heading(c.heading, c.width, merge="restart") for c in together]
            lower += [heading("", c.width, merge="continue") for c in together]
    return [row(upper, head=True), row(lower, head=True)]


def ruled_table(one: RuledTable) -> str:
    """The list of a form."""
    rows = _head(one)
    for cells in one.rows:
        rows.append(
            row(
                (
                    cell(_words(text, one.size, centred=column.centred), column.width)
                    for text, column in zip(cells, one.columns, strict=True)
                ),
                whole=sum(map(len, cells)) < _LETTERS_THAT_STAY,
            )
        )
    return table([column.width for column in one.columns], rows, ruled=True)


def pieces(those: Sequence[Piece]) -> str:
    """What a setter made, one under the other."""
    parts: list[str] = []
    after_table = False
    for at, one in enumerate(those):
        following = those[at + 1] if at + 1 < len(those) else None
        if isinstance(one, RuledTable):
            if after_table:
                parts.append(paragraph(NOTHING))
            parts.append(ruled_table(one))
        elif isinstance(one, Paragraph):
            parts.append(paragraph(_before(one, following)))
        after_table = isinstance(one, RuledTable)
    return "".join(parts)


def held(those: Sequence[Piece]) -> list[Piece]:
    """A body whose last two paragraphs stay with what follows: no signature stands alone."""
    last = [at for at, one in enumerate(those) if isinstance(one, Paragraph)][-2:]
    return [
        replace(one, keep_next=True) if isinstance(one, Paragraph) and at in last else one
        for at, one in enumerate(those)
    ]


def _before(one: Paragraph, following: Piece | None) -> Paragraph:
    """A little air between a paragraph and the table below it."""
    return replace(one, space_after=SPACE_BEFORE) if isinstance(following, RuledTable) else one
