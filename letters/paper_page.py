"""Papers as PDF: head, name of the type, body, closing, and the small line in the foot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from letters import fonts
from letters.blanks import Blanks
from letters.closing import Tail
from letters.decree30 import (
    AGENCY_RULE_SHARE,
    BODY_SIZE,
    FIRST_LINE_INDENT,
    NUMBER_SIZE,
    PAGE_NUMBER_SIZE,
    PORTRAIT,
    RULE,
    RULE_GAP,
    Anchor,
    DrawnLetter,
    Letterhead,
    Medium,
    Sheet,
)
from letters.flow import Line, Piece, Placed, Setting, kept_with, paginate, paragraph
from letters.fonts import Face, Faces, Style
from letters.head import Head, addressee_pieces
from letters.ink import Pen
from letters.page import Typesetter
from letters.paper import Compose, Issued, Paper, PaperHead, SideBySide
from letters.signature_blocks import SPACE_BEFORE, rows
from letters.table import draw_grids
from letters.text import balance, clean

REMARK_SIZE = 11.0
FOOT_SIZE = 8.0  # House choice: small enough not to be read as part of the text.


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _LeadLine(Line):
    """The first line of a paragraph, with bold words before it."""

    label: str
    bold: Face
    label_indent: float

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw label and line on one baseline."""
        baseline = top - self.height + self.size * (Face.LINE - Face.ASCENT)
        pen.text(x + self.label_indent, baseline, f"{self.label} ", self.bold, self.size)
        Line.draw(self, pen, x, top)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Rule(Piece):
    """A short rule in the middle of the text, as under the title of box 5a."""

    length: float
    width: float

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw the rule at the upper edge of the piece."""
        left = x + (self.width - self.length) / 2
        y = top - RULE_GAP
        pen.rule(left, y, left + self.length, y, RULE)


class PaperTypesetter(Typesetter):
    """The typesetter of letters with what papers need beside; `size` is that of the body."""

    def __init__(self, faces: Faces, sheet: Sheet, size: float = BODY_SIZE) -> None:
        super().__init__(faces, sheet)
        self.size = size

    def sized(self, size: float) -> "PaperTypesetter":
        """The same setter with a body of `size` points."""
        return PaperTypesetter(self.faces, self.sheet, size)

    def paragraph(self, text: str, size: float = 0.0) -> list[Piece]:
        """Upright, justified, first line indented (II.6.e)."""
        return super().paragraph(text, size or self.size)

    def heading(self, text: str, following: Sequence[Piece]) -> list[Piece]:
        """A numbered heading on its own line, bold (II.6.đ); stays with what follows."""
        how = Setting(
            self.faces.bold,
            self.size,
            self.sheet.text_width,
            first_indent=FIRST_LINE_INDENT,
            keep_with_next=True,
        )
        return kept_with(paragraph(clean(text), how), following)

    def italic(self, text: str) -> list[Piece]:
        """A ground ("Căn cứ …"): italic, justified, first line indented (II.6)."""
        how = Setting(
            self.faces.italic, self.size, self.sheet.text_width, first_indent=FIRST_LINE_INDENT
        )
        return paragraph(clean(text), how)

    def lead(self, label: str, text: str) -> list[Piece]:
        """A paragraph that begins with bold words."""
        bold, label = self.faces.bold, clean(label)
        wide = bold.width(label + " ") * self.size
        how = Setting(
            self.faces.regular,
            self.size,
            self.sheet.text_width,
            first_indent=FIRST_LINE_INDENT + wide,
        )
        first, *rest = paragraph(clean(text), how)
        assert isinstance(first, Line)  # noqa: S101 - told to mypy; paragraphs are lines
        values = {name: getattr(first, name) for name in Line.__dataclass_fields__}
        return [
            _LeadLine(**values, label=label, bold=bold, label_indent=FIRST_LINE_INDENT),
            *rest,
        ]


class _DrawnHead(Head):
    """Boxes 1 to 4 of a paper."""

    alone = False

    @property
    def _right_centre(self) -> float:
        if self.alone:
            return self.sheet.left + self.sheet.text_width / 2
        return Head._right_centre.__get__(self)  # type: ignore[no-any-return]

    def draw_boxes(self, head: PaperHead) -> float:
        """Draw; returns the height of the lower edge."""
        self.alone = head.agency is None
        foot = self._nation()
        if head.agency is None:
            return foot
        letterhead = Letterhead(
            agency=head.agency,
            parent_agency=head.parent_agency,
            symbol=head.symbol or "",
            place=head.place or "",
            subject="",
            number_digits=head.number_digits,
        )
        foot = min(foot, self._agency(letterhead))
        if head.symbol is None and head.place is None:
            return foot
        baseline = foot - 7.0 - NUMBER_SIZE * Face.ASCENT
        end = self.sheet.left
        if head.symbol is not None:
            end = self._paper_number(letterhead, clean(head.number), baseline)
        foot = baseline - NUMBER_SIZE * Face.DESCENT
        if head.place is not None:
            foot = min(foot, self._date(letterhead, baseline, end + 2 * self.GUTTER))
        return foot

    def _paper_number(self, letterhead: Letterhead, number: str, baseline: float) -> float:
        if not number:
            return self._number(letterhead, baseline)
        face, symbol = self.pen.faces.regular, clean(letterhead.symbol).removeprefix("/")
        shown = f"Số: {number}/{symbol}" if symbol else f"Số: {number}"
        self.pen.centred(self._left_centre, baseline, shown, face, NUMBER_SIZE)
        return self._left_centre + face.width(shown) * NUMBER_SIZE / 2


def title_pieces(paper: Paper, setter: Typesetter) -> list[Piece]:
    """Box 5a: name of the type, title, the short rule, and the authority of a decision."""
    pieces = [replace(p, lines=0) for p in setter.centred(paper.kind, Style.BOLD)]
    title = clean(paper.title)
    if title:
        bold, width = setter.faces.bold, setter.sheet.text_width
        # House choice: at most nine tenths of the line, so that a title reads as a title.
        lines = balance(title, bold, BODY_SIZE, width * 0.9)
        for line in lines:
            pieces += [replace(p, lines=0) for p in setter.centred(line, Style.BOLD)]
        if paper.ruled:
            last = bold.width(lines[-1]) * BODY_SIZE
            widest = max(bold.width(line) for line in lines) * BODY_SIZE
            length = max(min(widest * AGENCY_RULE_SHARE, last / 2), last / 3)
            pieces.append(_Rule(height=2 * RULE_GAP, length=length, width=width))
    if authority := clean(paper.authority):
        lines_of = setter.centred(authority, Style.BOLD)
        pieces += [replace(lines_of[0], space_before=10.0), *lines_of[1:]]
    if paper.addressees:
        called = addressee_pieces(tuple(map(clean, paper.addressees)), setter.faces, setter.sheet)
        pieces += [replace(called[0], space_before=12.0), *called[1:]]
        pieces.append(Piece(height=6.0))
    if remark := clean(paper.remark):
        pieces += setter.centred(remark, Style.ITALIC, REMARK_SIZE)
    return [pieces[0], *(replace(piece, may_start_page=False) for piece in pieces[1:])]


@dataclass(frozen=True, slots=True)
class _Closing:
    """The closing, ready to be placed: as the tail of the last page, or as pieces of the flow."""

    pieces: Sequence[Piece]
    height: float
    draw: Callable[[Pen, float, int], dict[str, Anchor]]


def _closing(paper: Paper, faces: Faces, blanks: Blanks) -> _Closing:
    sheet, closing = paper.sheet, paper.closing
    if isinstance(closing, Issued):
        tail = Tail(faces, sheet, closing.signer, closing.distribution, closing.seal_mm, blanks)
        return _Closing((), tail.height, tail.draw)
    if closing is None or not closing.blocks:
        return _Closing((), 0.0, lambda pen, top, page: {})
    return _side_by_side(closing, paper, faces, blanks)


def _side_by_side(closing: SideBySide, paper: Paper, faces: Faces, blanks: Blanks) -> _Closing:
    signing, anchors = rows(closing, faces, paper.sheet, paper.medium, blanks)
    if len(signing) > 1:  # A committee may need more than a page: its rows flow.
        return _Closing(signing, 0.0, lambda pen, top, page: dict(anchors))
    (row,) = signing

    def draw(pen: Pen, top: float, page: int) -> dict[str, Anchor]:
        row.draw(pen, paper.sheet.left, top - SPACE_BEFORE)
        return dict(anchors)

    return _Closing((), row.height + SPACE_BEFORE, draw)


def _furniture(pen: Pen, sheet: Sheet, foot: str, number: int) -> None:
    """The number of the page (not on the first) and the small line in the bottom margin."""
    centre = sheet.left + sheet.text_width / 2
    if number > 1:
        baseline = sheet.height - sheet.margin_y / 2 - PAGE_NUMBER_SIZE * 0.33
        pen.centred(centre, baseline, str(number), pen.faces.regular, PAGE_NUMBER_SIZE)
    if foot:
        face = pen.faces.regular
        baseline = sheet.margin_y / 2
        for line in reversed(balance(foot, face, FOOT_SIZE, sheet.text_width)):
            width = face.width(line) * FOOT_SIZE
            pen.text(sheet.right - width, baseline, line, face, FOOT_SIZE)
            baseline += FOOT_SIZE * Face.LINE


def _placed(pen: Pen, sheet: Sheet, placed: Sequence[Placed]) -> None:
    for at in placed:
        at.piece.draw(pen, sheet.left, at.top)
    draw_grids(pen, sheet.left, placed)


def _draw_one(pen: Pen, paper: Paper, blanks: Blanks) -> dict[str, Anchor]:
    """All pages of one paper; page numbers begin anew with each."""
    sheet, faces, foot = paper.sheet, pen.faces, clean(paper.foot)
    closing = _closing(paper, faces, blanks)
    pen.start_page(sheet.width, sheet.height)
    head = _DrawnHead(pen, sheet, paper.medium, blanks)
    below = head.draw_boxes(paper.head)
    titles = title_pieces(paper, PaperTypesetter(faces, sheet))
    pages, tail_top = paginate(
        [*kept_with(titles, paper.body), *closing.pieces],
        first_top=below - 14.0,
        top=sheet.top,
        bottom=sheet.bottom,
        first_bottom=sheet.bottom,
        tail=closing.height,
    )
    anchors: dict[str, Anchor] = dict(head.anchors)
    for index, placed in enumerate(pages):
        if index:
            pen.start_page(sheet.width, sheet.height)
        _furniture(pen, sheet, foot, index + 1)
        _placed(pen, sheet, placed)
        if index == len(pages) - 1:
            anchors |= closing.draw(pen, tail_top, pen.pages)
        pen.finish_page()
    return anchors


def _drawn(pen: Pen, anchors: dict[str, Anchor], blanks: Blanks, medium: Medium) -> DrawnLetter:
    if unknown := pen.unknown_letters():
        blanks.note(f"Phông chữ không có ký tự: {' '.join(unknown)}")
    shown = anchors if medium is Medium.DIGITAL else {}
    return DrawnLetter(pen.save(), shown, blanks.sentences, pen.pages)


def draw_paper(compose: Compose, sheet: Sheet = PORTRAIT) -> DrawnLetter:
    """Draw what `compose` makes of this sheet's setter. The same paper gives the same bytes.

    Raises letters.errors.FontsMissing and TooLarge.
    """
    faces, blanks = fonts.load(), Blanks()
    paper = compose(PaperTypesetter(faces, sheet), blanks)
    pen = Pen(faces, *_titles(paper))
    return _drawn(pen, _draw_one(pen, paper, blanks), blanks, paper.medium)


def draw_papers(composers: Sequence[Compose], sheet: Sheet = PORTRAIT) -> DrawnLetter:
    """Many papers of one kind in one file, each beginning on a page of its own, for the printer.

    No anchors: a bundle is printed, not signed. Raises ValueError when there is none, and as
    draw_paper does.
    """
    if not composers:
        raise ValueError("nothing to draw")
    faces, blanks = fonts.load(), Blanks()
    setter = PaperTypesetter(faces, sheet)
    papers = [compose(setter, blanks) for compose in composers]
    pen = Pen(faces, *_titles(papers[0]))
    for paper in papers:
        _draw_one(pen, paper, blanks)
    return _drawn(pen, {}, blanks, papers[0].medium)


def _titles(paper: Paper) -> tuple[str, str]:
    """Title and author for the file."""
    title = paper.title and paper.title[0].lower() + paper.title[1:]
    return clean(f"{paper.kind.capitalize()} {title}"), clean(paper.head.agency or "")
