"""Bản đọc của hồ sơ: a cover that lists every document with its SHA-256, then their page images.

A reading copy only: pages are pictures, so no signature in it can be checked and none is altered.
The originals stay as they are, beside it in the same zip. No form is prescribed (house rule).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from letters import fonts
from letters.blanks import Blanks
from letters.decree30 import PORTRAIT, DrawnLetter, Sheet
from letters.flow import Piece, paginate
from letters.fonts import Style
from letters.ink import Pen
from letters.paper import PAPER_SIZE
from letters.paper_page import PaperTypesetter
from letters.table import Column, draw_grids
from letters.text import clean

_SIZE = 10.0
_FOOT = 8.0
_MARGIN = 20.0  # Points around the picture of a page.
_HASH_PART = 16  # Digits on one line of the cover, so that a person can compare them.

_SHARES = (
    ("STT", 0.07, True),
    ("Tài liệu", 0.31, False),
    ("Tệp trong hồ sơ", 0.26, False),
    ("Dung lượng, số trang", 0.14, True),
    ("SHA-256", 0.22, False),
)


@dataclass(frozen=True, slots=True)
class CoverLine:
    """One document as the cover lists it."""

    title: str
    file: str
    extent: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One page of a document as PNG or JPEG, with the words at its foot."""

    content: bytes
    foot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCopy:
    """The data of a reading copy. `facts` are label and value; `remarks` whole sentences."""

    agency: str
    title: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[CoverLine, ...]
    remarks: tuple[str, ...] = ()


def draw(data: CaseCopy, pictures: Iterable[PagePicture] = ()) -> DrawnLetter:
    """Draw cover and pages; `pictures` are read one at a time. Raises FontsMissing."""
    faces, blanks = fonts.load(), Blanks()
    pen = Pen(faces, clean(data.title), clean(data.agency))
    _cover(pen, data, PaperTypesetter(faces, PORTRAIT).sized(PAPER_SIZE))
    for one in pictures:
        _page(pen, one, PORTRAIT)
    return DrawnLetter(pen.save(), {}, blanks.sentences, pen.pages)


def _cover(pen: Pen, data: CaseCopy, setter: PaperTypesetter) -> None:
    sheet = setter.sheet
    table = setter.table(
        tuple(
            Column(heading, sheet.text_width * share, centred)
            for heading, share, centred in _SHARES
        ),
        _SIZE,
    )
    pieces: list[Piece] = [
        *setter.centred(clean(data.agency), Style.BOLD),
        *setter.centred(clean(data.title), Style.BOLD),
    ]
    for label, value in data.facts:
        pieces += setter.paragraph(f"{label}: {clean(value)}")
    pieces += table.pieces(
        (str(number), clean(one.title), one.file, clean(one.extent), _in_parts(one.sha256))
        for number, one in enumerate(data.lines, start=1)
    )
    for words in data.remarks:
        pieces += setter.paragraph(clean(words))
    pages, _ = paginate(pieces, sheet.top, sheet.top, sheet.bottom, sheet.bottom)
    for placed in pages:
        pen.start_page(sheet.width, sheet.height)
        for at in placed:
            at.piece.draw(pen, sheet.left, at.top)
        draw_grids(pen, sheet.left, placed)
        pen.finish_page()


def _in_parts(sha256: str) -> str:
    return "\n".join(
        sha256[start : start + _HASH_PART] for start in range(0, len(sha256), _HASH_PART)
    )


def _page(pen: Pen, one: PagePicture, sheet: Sheet) -> None:
    pen.start_page(sheet.width, sheet.height)
    width, height = sheet.width - 2 * _MARGIN, sheet.height - 3 * _MARGIN
    pen.picture(one.content, _MARGIN, 2 * _MARGIN, width, height)
    pen.centred(sheet.width / 2, _MARGIN, clean(one.foot), pen.faces.regular, _FOOT)
    pen.finish_page()
