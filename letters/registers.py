"""Sổ: a register as it is printed and bound, A4 landscape, under the official heading.

The columns come from whoever asks: the words are those of the screen or of the export. No form is
prescribed; decree 30 lends head, type and margins.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from letters import paper_page
from letters.blanks import Blanks
from letters.dates import long_date
from letters.decree30 import LANDSCAPE, DrawnLetter, Medium, Sheet
from letters.flow import Piece
from letters.paper import (
    PAPER_SIZE,
    LogWitness,
    Paper,
    PaperHead,
    PaperSetter,
    SideBySide,
    SignatureBlock,
)
from letters.table import Column
from letters.text import clean

_SIZE = 11.0  # House choice: as in the tables of letters.
_ROOM = 25_000  # House choice: a bound register of some 1,500 pages; more is an export's matter.

_HINT = "(Ký, ghi rõ họ tên)"
_HINT_SEALED = "(Ký, đóng dấu và ghi rõ họ tên)"


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """One column. `share` is its width beside the others; `group` is a heading over several."""

    heading: str
    share: float = 1.0
    centred: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register as it stood `on` that day.

    `title` in sentence case under "SỔ"; `scope` one line about what was chosen ("Từ … đến …; loại
    thiết bị: PKI Token"). `rows` are texts as on the screen, one per column, read once. `keeper`
    and `head` are names; `head_titles` the post of the head.
    """

    parent_agency: str = ""
    agency: str = ""
    title: str
    scope: str = ""
    on: date
    place: str = ""
    columns: tuple[RegisterColumn, ...]
    rows: Iterable[Sequence[str]]
    keeper: str = ""
    head: str = ""
    head_titles: tuple[str, ...] = ("THỦ TRƯỞNG CƠ QUAN",)
    witness: LogWitness | None = None

    @property
    def sheet(self) -> Sheet:
        """A4 across: a register is all table (I.2)."""
        return LANDSCAPE


class RegisterTooLong(ValueError):
    """More rows than one printed register holds; the text is Vietnamese and may be shown."""


def compose(data: Register, setter: PaperSetter, blanks: Blanks) -> Paper:
    """The register, set by `setter`. Raises RegisterTooLong."""
    setter = setter.sized(PAPER_SIZE)
    total = sum(column.share for column in data.columns)
    width = setter.sheet.text_width
    table = setter.table(
        tuple(
            Column(clean(c.heading), width * c.share / total, c.centred, clean(c.group))
            for c in data.columns
        ),
        _SIZE,
    )
    rows: list[tuple[str, ...]] = []
    for row in data.rows:
        if len(rows) >= _ROOM:
            raise RegisterTooLong(
                f"Sổ in ra có hơn {_ROOM} dòng; hãy chọn phạm vi hẹp hơn hoặc xuất ra Excel."
            )
        rows.append(tuple("\n".join(map(clean, cell.split("\n"))) for cell in row))
    body: list[Piece] = []
    if scope := clean(data.scope):
        body += setter.paragraph(scope)
    body += table.pieces(rows)
    body += setter.paragraph(
        f"Sổ có {len(rows)} dòng, in theo số liệu đến hết {long_date(data.on)}."
    )
    place = blanks.fill(data.place, "Chưa có địa danh ghi trên sổ.")
    return Paper(
        head=PaperHead(agency=data.agency, parent_agency=data.parent_agency, symbol=None),
        kind="SỔ",
        title=data.title,
        body=body,
        closing=SideBySide(
            (
                SignatureBlock("keeper", ("NGƯỜI LẬP SỔ",), data.keeper, _HINT, "", False, False),
                SignatureBlock(
                    "head",
                    data.head_titles,
                    data.head,
                    _HINT_SEALED,
                    f"{place}, {long_date(data.on)}",
                    True,
                    False,
                ),
            )
        ),
        medium=Medium.WET,
        sheet=LANDSCAPE,
        witness=data.witness,
    )


def draw(data: Register) -> DrawnLetter:
    """Draw the register. No anchors. Raises RegisterTooLong, FontsMissing."""
    return paper_page.draw_paper(lambda setter, blanks: compose(data, setter, blanks), data.sheet)
