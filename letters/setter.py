"""What a form asks of whoever sets its words: the page for the printer, or Word.

A form's `compose` only calls these; so `letters.page.Typesetter` (PDF) and `letters.word` (.docx)
say the same words from the same data.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from letters.decree30 import BODY_SIZE, Sheet
from letters.flow import Piece
from letters.fonts import Style
from letters.table import Column


class SetTable(Protocol):
    """A table whose columns are known."""

    def pieces(self, rows: Iterable[Sequence[str]]) -> list[Piece]:
        """The head and the rows; a line feed inside a cell begins a new line."""


class Setter(Protocol):
    """Words into pieces, for one sheet."""

    @property
    def sheet(self) -> Sheet:
        """The sheet that the words are set for."""

    def paragraph(self, text: str, size: float = BODY_SIZE) -> list[Piece]:
        """A paragraph of the body."""

    def heading(self, text: str, following: Sequence[Piece]) -> list[Piece]:
        """A numbered heading that stays with what follows it."""

    def kept(self, title: Sequence[Piece], following: Sequence[Piece]) -> list[Piece]:
        """No page ends with the title and without what follows it."""

    def centred(self, text: str, style: Style, size: float = BODY_SIZE) -> list[Piece]:
        """A centred title."""

    def table(self, columns: tuple[Column, ...], size: float) -> SetTable:
        """A ruled table with letters of `size` points."""
