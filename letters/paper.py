"""What a minutes, a decision, a report, a slip or a register consists of; nothing is drawn here.

Decree 30 lays down head, margins, type and closing for all papers of an office; the parts that a
công văn does not have (name of the type, two parties who sign side by side, the grounds of a
decision) are here. `letters.paper_page` draws it as PDF, `letters.word` as .docx.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from letters.blanks import Blanks
from letters.decree30 import PORTRAIT, SEAL_DIAMETER_MM, Distribution, Medium, Sheet, Signer
from letters.flow import Piece
from letters.setter import Setter
from letters.text import clean

#: The body of minutes and slips; decree 30, II.6.e allows 13 or 14, and 13 keeps them on a page.
PAPER_SIZE = 13.0


class PaperSetter(Setter, Protocol):
    """What papers ask beyond the Setter of letters."""

    def sized(self, size: float) -> "PaperSetter":
        """The same setter with a body of `size` points."""

    def italic(self, text: str) -> list[Piece]:
        """A ground ("Căn cứ …"): italic, justified, first line indented (II.6)."""

    def lead(self, label: str, text: str) -> list[Piece]:
        """A paragraph that begins with bold words: "Điều 1." and its text."""


@dataclass(frozen=True, slots=True)
class LogWitness:
    """Head of the event log when the paper was made: each paper is a witness of the log."""

    sequence: int
    short_hash: str

    def __str__(self) -> str:
        return f"Nhật ký: #{self.sequence} {self.short_hash}"


class OfAnAgency(Protocol):
    """Data of a paper that an agency issues under its number, at a place."""

    @property
    def agency(self) -> str: ...
    @property
    def parent_agency(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def place(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperHead:
    """Boxes 1 to 4. Which of them stand there depends on the type of paper.

    Without `agency` the nation's name stands alone in the middle (a person's own request).
    `symbol` None: a paper without a number. `number` as it shall be read; empty: a field or dots.
    `place` None: no line with place and date (minutes, Mẫu 1.9).
    """

    agency: str | None = ""
    parent_agency: str = ""
    symbol: str | None = ""
    number: str = ""
    number_digits: int = 4
    place: str | None = None

    @classmethod
    def issued(cls, data: OfAnAgency, kind: str) -> "PaperHead":
        """The head of a report, decision or notice; `kind` as in its symbol ("BC", "QĐ", "TB")."""
        symbol = clean(data.symbol)
        return cls(
            agency=data.agency,
            parent_agency=data.parent_agency,
            symbol=f"{kind}-{symbol}" if symbol else "",
            number=data.number,
            place=data.place,
        )


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """One who signs. `key` names the anchor; with `sealed` there is a second one, `<key>_seal`.

    `above` is a line over the titles (place and date of a person's own request), `hint` stands in
    italics below them on paper only.
    """

    key: str
    titles: tuple[str, ...]
    name: str = ""
    hint: str = ""
    above: str = ""
    sealed: bool = False
    name_required: bool = True


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Signature blocks in rows of `columns`, from the left; `kept` is a "Nơi nhận" below them."""

    blocks: tuple[SignatureBlock, ...]
    columns: int = 2
    seal_mm: float = SEAL_DIAMETER_MM


@dataclass(frozen=True, slots=True)
class Issued:
    """The closing of decisions, reports and notices: "Nơi nhận" left, the signer right."""

    signer: Signer
    distribution: Distribution
    seal_mm: float = SEAL_DIAMETER_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Everything on the pages of one paper.

    `kind` in capitals ("BIÊN BẢN"), `title` below it, in sentence case; `ruled` puts the short
    rule of box 5a under the title. `authority` in capitals stands between title and body
    (decisions). `remark` stands at the top of a sample: that its layout is inferred. `witness`
    goes small into the foot of every page.
    """

    head: PaperHead
    kind: str
    title: str = ""
    ruled: bool = True
    authority: str = ""
    addressees: tuple[str, ...] = ()
    body: Sequence[Piece]
    closing: SideBySide | Issued | None = None
    medium: Medium = Medium.DIGITAL
    sheet: Sheet = PORTRAIT
    witness: LogWitness | None = None
    remark: str = ""

    @property
    def foot(self) -> str:
        """The small line in the bottom margin; empty when there is nothing to say."""
        return str(self.witness or "")


Compose = Callable[[PaperSetter, Blanks], Paper]
