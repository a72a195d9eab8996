"""Phiếu kết quả kiểm tra: what was found about signed files, to be printed and kept with them.

No form is prescribed (the layout is our own; decree 30 lends head, type and margins). The words are
those of the page, handed in; nothing is judged here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from letters import paper_page
from letters.blanks import Blanks
from letters.dates import long_date
from letters.decree30 import DrawnLetter, Medium
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
_LABELS = 0.28  # House choice: the share of the left column.

Rows = tuple[tuple[str, str], ...]
"""What is told, and its value; lines within a value are divided by line breaks."""


@dataclass(frozen=True, slots=True)
class FoundSignature:
    """One signature or time stamp: who, and everything that was found."""

    title: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file: the verdict in a sentence, its reasons, its signatures, and how it is known."""

    name: str
    sentence: str
    reasons: tuple[str, ...]
    signatures: tuple[FoundSignature, ...]
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """The report on one or several files, as it was printed `on` that day by `checker`."""

    parent_agency: str = ""
    agency: str = ""
    place: str = ""
    on: date
    files: tuple[FoundFile, ...]
    checker: str = ""
    witness: LogWitness | None = None


def compose(data: VerificationReport, setter: PaperSetter, blanks: Blanks) -> Paper:
    """The report, set by `setter`."""
    setter = setter.sized(PAPER_SIZE)
    body: list[Piece] = []
    for number, file in enumerate(data.files, start=1):
        pieces = _file(file, setter)
        body += setter.heading(f"Tệp {number}", pieces) if len(data.files) > 1 else pieces
    place = blanks.fill(data.place, "Chưa có địa danh ghi trên phiếu.")
    return Paper(
        head=PaperHead(agency=data.agency, parent_agency=data.parent_agency, symbol=None),
        kind="PHIẾU KẾT QUẢ",
        title="Kiểm tra chữ ký số trên tệp PDF",
        body=body,
        closing=SideBySide(
            (
                SignatureBlock(
                    "checker",
                    ("NGƯỜI KIỂM TRA",),
                    data.checker,
                    "(Ký, ghi rõ họ tên)",
                    f"{place}, {long_date(data.on)}",
                    False,
                    False,
                ),
            ),
            columns=1,
        ),
        medium=Medium.WET,
        witness=data.witness,
    )


def _file(file: FoundFile, setter: PaperSetter) -> list[Piece]:
    pieces = setter.lead("Kết luận:", file.sentence)
    for reason in file.reasons:
        pieces += setter.paragraph(reason)
    pieces += _table((("Tệp", file.name), *file.rows), setter)
    for signature in file.signatures:
        pieces += setter.heading(signature.title, _table(signature.rows, setter))
    return pieces


def _table(rows: Rows, setter: PaperSetter) -> list[Piece]:
    width = setter.sheet.text_width
    columns = (Column("Nội dung", width * _LABELS), Column("Kết quả", width * (1 - _LABELS)))
    return setter.table(columns, _SIZE).pieces([(clean(name), _lines(text)) for name, text in rows])


def _lines(text: str) -> str:
    lines: Sequence[str] = [clean(line) for line in text.split("\n")]
    return "\n".join(line for line in lines if line)


def draw(data: VerificationReport) -> DrawnLetter:
    """Draw the report. No anchors: it is printed. Raises FontsMissing, TooLarge."""
    return paper_page.draw_paper(lambda setter, blanks: compose(data, setter, blanks))
