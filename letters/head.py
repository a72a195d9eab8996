"""The top of a letter: nation, agency, number, place and date, subject, addressees."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from letters.blanks import DOTS, SHORT_DOTS, Blanks
from letters.decree30 import (
    AGENCY_RULE_SHARE,
    AGENCY_SIZE,
    BODY_SIZE,
    DATE_SIZE,
    MOTTO,
    MOTTO_SIZE,
    NATION,
    NATION_SIZE,
    NUMBER_SIZE,
    RULE,
    RULE_GAP,
    SUBJECT_SIZE,
    SUBJECT_SPACE,
    Anchor,
    Letterhead,
    Medium,
    Sheet,
)
from letters.flow import Line, Piece
from letters.fonts import Face, Faces, Style
from letters.ink import Pen
from letters.text import balance, clean, wrap


def _line_of(text: str, face: Face, size: float, indent: float, space_before: float) -> Line:
    return Line(
        height=size * Face.LINE,
        space_before=space_before,
        lines=0,
        may_start_page=False,
        text=text,
        face=face,
        size=size,
        indent=indent,
    )


def _one_addressee(name: str, faces: Faces, width: float) -> list[Piece]:
    """II.9.d: "Kính gửi:" and one name on the same line, if it can be at 14 or 13 points."""
    face, call = faces.regular, "Kính gửi: "
    for size in (BODY_SIZE, 13.0):
        total = face.width(call + name) * size
        if total <= width:
            return [_line_of(call + name, face, size, (width - total) / 2, 0.0)]
    hanging = face.width(call) * BODY_SIZE
    lines = balance(name, face, BODY_SIZE, width - hanging)
    start = (width - hanging - max(face.width(line) for line in lines) * BODY_SIZE) / 2
    return [
        _line_of(call + lines[0], face, BODY_SIZE, start, 0.0),
        *(_line_of(line, face, BODY_SIZE, start + hanging, 0.0) for line in lines[1:]),
    ]


def _many_addressees(names: Sequence[str], faces: Faces, width: float) -> list[Piece]:
    """II.9.d: each on a line of its own, the dashes under one another below the colon."""
    face, size = faces.regular, BODY_SIZE
    colon, dash = face.width("Kính gửi") * size, face.width("- ") * size
    ends = [";"] * (len(names) - 1) + ["."]
    entries = [
        wrap(name.rstrip(" ;.") + end, face, size, width - colon - dash)
        for name, end in zip(names, ends, strict=True)
    ]
    widest = max(face.width(line) for lines in entries for line in lines) * size
    start = (width - colon - dash - widest) / 2
    pieces: list[Piece] = [_line_of("Kính gửi:", face, size, start, 0.0)]
    for first, *rest in entries:
        pieces.append(_line_of("- " + first, face, size, start + colon, 2.0))
        pieces.extend(_line_of(line, face, size, start + colon + dash, 0.0) for line in rest)
    return pieces


def addressee_pieces(names: Sequence[str], faces: Faces, sheet: Sheet) -> list[Piece]:
    """Box 9a."""
    if len(names) == 1:
        return _one_addressee(names[0], faces, sheet.text_width)
    return _many_addressees(names, faces, sheet.text_width)


@dataclass(slots=True)
class Head:
    """Draws boxes 1 to 5b at the top of the first page."""

    pen: Pen
    sheet: Sheet
    medium: Medium
    blanks: Blanks
    anchors: dict[str, Anchor] = field(default_factory=dict)

    # House choice: share of the width for the agency's column; the nation's name needs the rest.
    LEFT_SHARE = 0.43
    GUTTER = 6.0

    @property
    def _left_width(self) -> float:
        return self.sheet.text_width * self.LEFT_SHARE

    @property
    def _left_centre(self) -> float:
        return self.sheet.left + (self._left_width - self.GUTTER) / 2

    @property
    def _right_centre(self) -> float:
        return self.sheet.left + self._left_width + (self.sheet.text_width - self._left_width) / 2

    def draw(self, head: Letterhead) -> float:
        """Draw; returns the height of the lower edge."""
        nation = self._nation()
        agency = self._agency(head)
        top = min(nation, agency) - 7.0
        baseline = top - NUMBER_SIZE * Face.ASCENT
        number_end = self._number(head, baseline)
        date_foot = self._date(head, baseline, number_end + 2 * self.GUTTER)
        subject_foot = self._subject(head, baseline - NUMBER_SIZE * Face.DESCENT - SUBJECT_SPACE)
        return min(date_foot, subject_foot)

    def _nation(self) -> float:
        """Box 1: two lines, single spaced, and a rule as long as the motto."""
        bold, x = self.pen.faces.bold, self._right_centre
        baseline = self.sheet.top - NATION_SIZE * Face.ASCENT
        self.pen.centred(x, baseline, NATION, bold, NATION_SIZE)
        baseline -= MOTTO_SIZE * Face.LINE
        self.pen.centred(x, baseline, MOTTO, bold, MOTTO_SIZE)
        half = bold.width(MOTTO) * MOTTO_SIZE / 2
        y = baseline - MOTTO_SIZE * Face.DESCENT - RULE_GAP
        self.pen.rule(x - half, y, x + half, y, RULE)
        return y

    def _agency(self, head: Letterhead) -> float:
        """Box 2: the agency above upright, the issuing agency bold, a rule of 1/3 to 1/2."""
        width = self._left_width - self.GUTTER
        baseline = self.sheet.top - AGENCY_SIZE * Face.ASCENT
        if not clean(head.agency):
            self.blanks.note("Chưa có tên cơ quan, tổ chức ban hành văn bản.")
        blocks = [(head.parent_agency, self.pen.faces.regular)] if head.parent_agency else []
        blocks.append((head.agency or DOTS, self.pen.faces.bold))
        last: list[str] = []
        for text, face in blocks:
            last = [
                line
                for part in text.split("\n")
                for line in balance(clean(part), face, AGENCY_SIZE, width)
            ]
            for line in last:
                self.pen.centred(self._left_centre, baseline, line, face, AGENCY_SIZE)
                baseline -= AGENCY_SIZE * Face.LINE
        y = baseline + AGENCY_SIZE * (Face.LINE - Face.DESCENT) - RULE_GAP
        half = _agency_rule(last, self.pen.faces.bold) / 2
        self.pen.rule(self._left_centre - half, y, self._left_centre + half, y, RULE)
        return y

    def _number(self, head: Letterhead, baseline: float) -> float:
        """Box 3: "Số:", the place of the number, "/" and the symbol; returns the right end."""
        face, size = self.pen.faces.regular, NUMBER_SIZE
        symbol = "/" + self.blanks.fill(
            head.symbol.removeprefix("/"), "Chưa có ký hiệu của văn bản.", SHORT_DOTS
        )
        if self.medium is Medium.WET:
            shown = f"Số: {SHORT_DOTS}{symbol}"
            self.pen.centred(self._left_centre, baseline, shown, face, size)
            return self._left_centre + face.width(shown) * size / 2
        before, after = face.width("Số: ") * size, face.width(symbol) * size
        room = face.width("0" * head.number_digits) * size
        x = self._left_centre - (before + room + after) / 2
        self.pen.text(x, baseline, "Số:", face, size)
        self.pen.text(x + before + room, baseline, symbol, face, size)
        self.anchors["number"] = _text_anchor(
            x + before, baseline, room, Style.REGULAR, size, "right"
        )
        return x + before + room + after

    def _date(self, head: Letterhead, baseline: float, leftmost: float) -> float:
        """Box 4: place and date, italic, centred under box 1; returns the lower edge."""
        face, size, sheet = self.pen.faces.italic, DATE_SIZE, self.sheet
        place = self.blanks.fill(head.place, "Chưa có địa danh ghi trên văn bản.") + ", "
        dotted = f"ngày {SHORT_DOTS} tháng {SHORT_DOTS} năm {SHORT_DOTS}"
        wet = self.medium is Medium.WET
        date = dotted if wet else "ngày 30 tháng 12 năm 2000"  # The widest date: equal digits.
        room, total = face.width(date) * size, face.width(place + date) * size
        if total <= sheet.right - leftmost:
            x = min(self._right_centre - total / 2, sheet.right - total)
            if wet:
                self.pen.text(x, baseline, place + dotted, face, size)
                return baseline - size * Face.DESCENT
            self.pen.text(x, baseline, place.rstrip(), face, size)
            x += face.width(place) * size
        else:  # A very long name: the date goes below it and is never squeezed.
            space = sheet.text_width - self._left_width
            for line in wrap(place.rstrip(), face, size, space):
                self.pen.centred(self._right_centre, baseline, line, face, size)
                baseline -= size * Face.LINE
            x = self._right_centre - room / 2
            if wet:
                self.pen.text(x, baseline, dotted, face, size)
        if not wet:
            self.anchors["date"] = _text_anchor(x, baseline, room, Style.ITALIC, size, "left")
        return baseline - size * Face.DESCENT

    def _subject(self, head: Letterhead, top: float) -> float:
        """Box 5b: "V/v …" centred under the number; returns the lower edge."""
        face, size = self.pen.faces.regular, SUBJECT_SIZE
        baseline = top - size * Face.ASCENT
        for line in balance(
            clean("V/v " + head.subject), face, size, self._left_width - 2 * self.GUTTER
        ):
            self.pen.centred(self._left_centre, baseline, line, face, size)
            baseline -= size * Face.LINE
        return baseline + size * (Face.LINE - Face.DESCENT)


def _agency_rule(lines: Sequence[str], face: Face) -> float:
    """Length of the rule: 1/3 to 1/2 of the line above it, and of the longest if that can be."""
    widths = [face.width(line) * AGENCY_SIZE for line in lines]
    wanted = max(widths) * AGENCY_RULE_SHARE
    return max(min(wanted, widths[-1] / 2), widths[-1] / 3)


def _text_anchor(
    x: float, baseline: float, width: float, style: Style, size: float, align: str
) -> Anchor:
    return Anchor(
        page=0,
        x1=x,
        y1=baseline - size * Face.DESCENT,
        x2=x + width,
        y2=baseline + size * Face.ASCENT,
        style=style.value,
        size=size,
        align=align,
    )
