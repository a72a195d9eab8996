"""Pages in the layout of Nghị định số 30/2020/NĐ-CP: the base of every letter and minutes.

`Typesetter` turns words into pieces, `draw_letter` puts head, pieces, closing and annexes on
pages. The numbers and the parts of a letter are in `letters.decree30`.
"""

from collections.abc import Sequence

from letters.blanks import Blanks
from letters.closing import Tail
from letters.decree30 import (
    ANNEX_SIZE,
    BODY_SIZE,
    CONTACT_SIZE,
    FIRST_LINE_INDENT,
    PAGE_NUMBER_SIZE,
    PORTRAIT,
    RULE,
    RULE_GAP,
    Annex,
    DrawnLetter,
    Letter,
    Medium,
    Sheet,
)
from letters.flow import Piece, Placed, Setting, kept_with, paginate, paragraph
from letters.fonts import Face, Faces, Style
from letters.head import Head, addressee_pieces
from letters.ink import Pen
from letters.table import Column, Table, draw_grids
from letters.text import balance, clean


class Typesetter:
    """Paragraphs and tables in the sizes of the decree, for one sheet."""

    def __init__(self, faces: Faces, sheet: Sheet) -> None:
        self.faces = faces
        self.sheet = sheet

    def paragraph(self, text: str, size: float = BODY_SIZE) -> list[Piece]:
        """Upright, justified, first line indented (II.6.e)."""
        how = Setting(
            self.faces.regular, size, self.sheet.text_width, first_indent=FIRST_LINE_INDENT
        )
        return paragraph(clean(text), how)

    def heading(self, text: str, following: Sequence[Piece]) -> list[Piece]:
        """A numbered heading on its own line, bold (II.6.đ); stays with what follows."""
        how = Setting(
            self.faces.bold,
            BODY_SIZE,
            self.sheet.text_width,
            first_indent=FIRST_LINE_INDENT,
            keep_with_next=True,
        )
        return kept_with(paragraph(clean(text), how), following)

    def kept(self, title: Sequence[Piece], following: Sequence[Piece]) -> list[Piece]:
        """No page ends with the title and without what follows it."""
        return kept_with(title, following)

    def centred(self, text: str, style: Style, size: float = BODY_SIZE) -> list[Piece]:
        """A centred title; its lines are about equally long."""
        face = self.faces[style]
        how = Setting(face, size, self.sheet.text_width, space_before=2.0, centred=True)
        lines = balance(clean(text), face, size, self.sheet.text_width)
        return [piece for line in lines for piece in paragraph(line, how)]

    def table(self, columns: tuple[Column, ...], size: float) -> Table:
        """A ruled table; the decree gives no size for its letters, so `size` is a house choice."""
        return Table(columns, self.faces, size)


def _draw_page(pen: Pen, sheet: Sheet, placed: Sequence[Placed], number: int) -> None:
    """The pieces of one page and its number, which the first page does not show (I.7)."""
    if number > 1:
        baseline = sheet.height - sheet.margin_y / 2 - PAGE_NUMBER_SIZE * 0.33
        centre = sheet.left + sheet.text_width / 2
        pen.centred(centre, baseline, str(number), pen.faces.regular, PAGE_NUMBER_SIZE)
    for at in placed:
        at.piece.draw(pen, sheet.left, at.top)
    draw_grids(pen, sheet.left, placed)


def _contact_height(text: str, faces: Faces, sheet: Sheet) -> tuple[list[str], float]:
    if not text:
        return [], 0.0
    lines = balance(text, faces.regular, CONTACT_SIZE, sheet.text_width)
    return lines, len(lines) * CONTACT_SIZE * Face.LINE + RULE_GAP + 8.0


def _draw_contact(pen: Pen, sheet: Sheet, lines: Sequence[str], height: float) -> None:
    """Box 13 (III.4): first page, under a rule over the whole width of the text."""
    if not lines:
        return
    y = sheet.bottom + height - 8.0
    pen.rule(sheet.left, y, sheet.right, y, RULE)
    baseline = y - RULE_GAP - CONTACT_SIZE * Face.ASCENT
    for line in lines:
        centre = sheet.left + sheet.text_width / 2
        pen.centred(centre, baseline, line, pen.faces.regular, CONTACT_SIZE)
        baseline -= CONTACT_SIZE * Face.LINE


def draw_letter(letter: Letter, faces: Faces, blanks: Blanks) -> DrawnLetter:
    """Draw a công văn with its annexes. `blanks` may already hold what the body lacks.

    The same letter gives the same bytes. Raises letters.errors.TooLarge.
    """
    sheet, head = letter.sheet, letter.letterhead
    pen = Pen(faces, title=clean("V/v " + head.subject), author=clean(head.agency))
    tail = Tail(faces, sheet, letter.signer, letter.distribution, letter.seal_mm, blanks)
    contact, contact_height = _contact_height(clean(letter.contact_line), faces, sheet)

    pen.start_page(sheet.width, sheet.height)
    drawn_head = Head(pen, sheet, letter.medium, blanks)
    foot = drawn_head.draw(head)
    _draw_contact(pen, sheet, contact, contact_height)
    pieces = [*addressee_pieces(letter.addressees, faces, sheet), *letter.body]
    pages, tail_top = paginate(
        pieces,
        first_top=foot - 14.0,
        top=sheet.top,
        bottom=sheet.bottom,
        first_bottom=sheet.bottom + contact_height,
        tail=tail.height,
    )
    anchors = drawn_head.anchors
    for index, placed in enumerate(pages):
        if index:
            pen.start_page(sheet.width, sheet.height)
        _draw_page(pen, sheet, placed, index + 1)
        if index == len(pages) - 1:
            anchors |= tail.draw(pen, tail_top, index)
        pen.finish_page()
    for annex in letter.annexes:
        _draw_annex(pen, annex, letter.medium)
    if unknown := pen.unknown_letters():
        blanks.note(f"Phông chữ không có ký tự: {' '.join(unknown)}")
    digital = letter.medium is Medium.DIGITAL
    return DrawnLetter(pen.save(), anchors if digital else {}, blanks.sentences, pen.pages)


def _draw_annex(pen: Pen, annex: Annex, medium: Medium) -> None:
    """III.1: always portrait (I.2 allows landscape only without annexes), own page numbers."""
    sheet, setter = PORTRAIT, Typesetter(pen.faces, PORTRAIT)
    titles = setter.centred("Phụ lục", Style.BOLD, ANNEX_SIZE)
    titles += setter.centred(annex.title.upper(), Style.BOLD)
    if medium is Medium.WET and annex.attached_to:
        titles += setter.centred(annex.attached_to, Style.ITALIC)
    pages, _ = paginate(
        kept_with(titles, annex.pieces), sheet.top, sheet.top, sheet.bottom, sheet.bottom
    )
    for index, placed in enumerate(pages):
        pen.start_page(sheet.width, sheet.height)
        _draw_page(pen, sheet, placed, index + 1)
        pen.finish_page()
