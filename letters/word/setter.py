"""The second setter: the same calls as the page's, answered with paragraphs and tables for Word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from letters.decree30 import BODY_SIZE, FIRST_LINE_INDENT, PARAGRAPH_SPACE, Sheet
from letters.flow import Piece
from letters.fonts import Style
from letters.table import Column
from letters.text import clean
from letters.word.xml import Paragraph, RuledTable, Run


@dataclass(frozen=True, slots=True)
class WordTable:
    """A table whose columns are known."""

    columns: tuple[Column, ...]
    size: float

    def pieces(self, rows: Iterable[Sequence[str]]) -> list[Piece]:
        """The head and the rows as one piece."""
        kept = tuple(tuple(cells) for cells in rows)
        return [RuledTable(columns=self.columns, size=self.size, rows=kept)]


class WordSetter:
    """Implements letters.setter.Setter and letters.paper.PaperSetter for one sheet."""

    def __init__(self, sheet: Sheet, size: float = BODY_SIZE) -> None:
        self._sheet = sheet
        self.size = size

    @property
    def sheet(self) -> Sheet:
        """The sheet that the words are set for."""
        return self._sheet

    def sized(self, size: float) -> "WordSetter":
        """The same setter with a body of `size` points."""
        return WordSetter(self._sheet, size)

    def _body(self, *runs: Run, size: float, keep_next: bool = False) -> list[Piece]:
        return [
            Paragraph(
                runs=runs,
                size=size,
                first_indent=FIRST_LINE_INDENT,
                space_before=PARAGRAPH_SPACE,
                lines=1,
                keep_next=keep_next,
            )
        ]

    def paragraph(self, text: str, size: float = 0.0) -> list[Piece]:
        """Upright, justified, first line indented."""
        return self._body(Run(clean(text)), size=size or self.size)

    def heading(self, text: str, following: Sequence[Piece]) -> list[Piece]:
        """A numbered heading that stays with what follows it."""
        made = self._body(Run(clean(text), bold=True), size=self.size, keep_next=True)
        return [*made, *following]

    def kept(self, title: Sequence[Piece], following: Sequence[Piece]) -> list[Piece]:
        """No page ends with the title and without what follows it."""
        kept = (
            replace(one, keep_next=True) if isinstance(one, Paragraph) else one for one in title
        )
        return [*kept, *following]

    def centred(self, text: str, style: Style, size: float = BODY_SIZE) -> list[Piece]:
        """A centred title."""
        bold = style in {Style.BOLD, Style.BOLD_ITALIC}
        italic = style in {Style.ITALIC, Style.BOLD_ITALIC}
        runs = (Run(clean(text), bold, italic),)
        return [Paragraph(runs=runs, size=size, align="center", space_before=2.0, keep_next=True)]

    def table(self, columns: tuple[Column, ...], size: float) -> WordTable:
        """A ruled table with letters of `size` points."""
        return WordTable(columns, size)

    def italic(self, text: str) -> list[Piece]:
        """A ground ("Căn cứ …")."""
        return self._body(Run(clean(text), italic=True), size=self.size)

    def lead(self, label: str, text: str) -> list[Piece]:
        """A paragraph that begins with bold words."""
        return self._body(Run(f"{clean(label)} ", bold=True), Run(clean(text)), size=self.size)
