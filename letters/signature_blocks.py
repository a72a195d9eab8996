"""Those who sign side by side: two parties of minutes, members of a committee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letters.blanks import Blanks
from letters.decree30 import (
    DATE_SIZE,
    SIGNATURE_WIDTH_MM,
    SIGNER_SIZE,
    Anchor,
    Medium,
    Sheet,
    mm,
)
from letters.flow import Piece
from letters.fonts import Face, Faces
from letters.ink import Pen
from letters.paper import SideBySide, SignatureBlock
from letters.text import balance, clean

HINT_SIZE = 12.0  # House choice: the decree sets no size for "(Ký, ghi rõ họ tên)".
SPACE_BEFORE = 10.0
ROOM_MM = 25.0  # House choice: a picture of 50 x 25 mm; less than in a letter, to save a page.
_GUTTER = 8.0
_CLEAR = mm(1)

NAMELESS = "Chưa có họ và tên người ký ({title})."


def signer_name(block: SignatureBlock, blanks: Blanks) -> str:
    """The name below the signature; a missing one is left empty for the pen, and told."""
    name = clean(block.name)
    if not name and block.name_required:
        blanks.note(NAMELESS.format(title=" ".join(map(clean, block.titles)).lower()))
    return name


def title_lines(block: SignatureBlock) -> list[str]:
    """The titles; a line feed inside one begins a new line."""
    lines = (clean(line) for title in block.titles for line in title.split("\n"))
    return [line for line in lines if line]


@dataclass(frozen=True, slots=True)
class _Set:
    """One block, measured: its lines of type."""

    block: SignatureBlock
    above: str
    titles: tuple[str, ...]
    hint: str
    name: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SignatureRow(Piece):
    """Blocks on a level. Drawing it writes the places for the fields into `anchors`."""

    sets: tuple[_Set, ...]
    columns: int
    faces: Faces
    sheet: Sheet
    seal: float
    anchors: dict[str, Anchor]

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Draw with the upper left corner at (x, top)."""
        width = self.sheet.text_width / self.columns
        alone = len(self.sets) == 1
        for index, one in enumerate(self.sets):
            # A single block of the last row stands on the right, where one signer always stands.
            place = self.columns - 1 if alone else index
            self._block(pen, one, x + width * place, width, top)

    def _block(self, pen: Pen, one: _Set, left: float, width: float, top: float) -> None:
        centre, faces = left + width / 2, self.faces
        if any(other.above for other in self.sets):
            # A long place may reach over the next column, never into the margin.
            half = faces.italic.width(one.above) * DATE_SIZE / 2
            middle = min(centre, self.sheet.right - half)
            pen.centred(middle, top - DATE_SIZE * Face.ASCENT, one.above, faces.italic, DATE_SIZE)
            top -= DATE_SIZE * Face.LINE + 2.0
        pitch = SIGNER_SIZE * Face.LINE
        baseline = top - SIGNER_SIZE * Face.ASCENT
        for line in one.titles:
            pen.centred(centre, baseline, line, faces.bold, SIGNER_SIZE)
            baseline -= pitch
        if one.hint:
            pen.centred(centre, baseline, one.hint, faces.italic, HINT_SIZE)
        upper = top - _head_height(self.sets)
        lower = upper - _room(self.sets, self.seal)
        baseline = lower - SIGNER_SIZE * Face.ASCENT
        for line in one.name:
            pen.centred(centre, baseline, line, faces.bold, SIGNER_SIZE)
            baseline -= pitch
        self._places(pen.pages, one.block, centre, left, (upper + lower) / 2)

    def _places(
        self, page: int, block: SignatureBlock, centre: float, left: float, middle: float
    ) -> None:
        width, height, seal = mm(SIGNATURE_WIDTH_MM), mm(ROOM_MM), self.seal
        width = min(width, self.sheet.text_width / self.columns - 2 * _GUTTER)
        x1 = centre - width / 2
        self.anchors[block.key] = Anchor(
            page, x1, middle - height / 2, x1 + width, middle + height / 2
        )
        if block.sealed:
            # II.8.a: over about a third of the signature, to the left, but not into the margin.
            x = max(x1 + width / 3 - seal, left)
            self.anchors[f"{block.key}_seal"] = Anchor(
                page, x, middle - seal / 2, x + seal, middle + seal / 2
            )


def _head_height(sets: Sequence[_Set]) -> float:
    """Height of titles and hints, the same for every block of a row."""
    titles = max(len(one.titles) for one in sets) * SIGNER_SIZE * Face.LINE
    return titles + (HINT_SIZE * Face.LINE if any(one.hint for one in sets) else 0.0)


def _room(sets: Sequence[_Set], seal: float) -> float:
    signature = mm(ROOM_MM)
    if any(one.hint for one in sets):  # A pen needs less than a picture in a field.
        signature -= HINT_SIZE * Face.LINE
    return (max(seal, signature) if any(s.block.sealed for s in sets) else signature) + 2 * _CLEAR


def _row_height(sets: Sequence[_Set], seal: float) -> float:
    above = DATE_SIZE * Face.LINE + 2.0 if any(one.above for one in sets) else 0.0
    names = max(max((len(one.name) for one in sets), default=0), 1)
    return above + _head_height(sets) + _room(sets, seal) + names * SIGNER_SIZE * Face.LINE


def rows(
    closing: SideBySide, faces: Faces, sheet: Sheet, medium: Medium, blanks: Blanks
) -> tuple[list[SignatureRow], Mapping[str, Anchor]]:
    """The rows of blocks, and the places of their fields, which drawing fills in."""
    anchors: dict[str, Anchor] = {}
    columns, seal = closing.columns, mm(closing.seal_mm)
    width = sheet.text_width / columns - _GUTTER
    sets = [_set(block, faces, width, medium, blanks) for block in closing.blocks]
    made: list[SignatureRow] = []
    for at in range(0, len(sets), columns):
        part = tuple(sets[at : at + columns])
        made.append(
            SignatureRow(
                height=_row_height(part, seal),
                space_before=SPACE_BEFORE,
                may_start_page=bool(at),
                sets=part,
                columns=columns,
                faces=faces,
                sheet=sheet,
                seal=seal,
                anchors=anchors,
            )
        )
    return made, anchors


def _set(block: SignatureBlock, faces: Faces, width: float, medium: Medium, blanks: Blanks) -> _Set:
    bold = faces.bold
    titles = [
        part for line in title_lines(block) for part in balance(line, bold, SIGNER_SIZE, width)
    ]
    name = signer_name(block, blanks)
    return _Set(
        block=block,
        above=clean(block.above),
        titles=tuple(titles),
        hint=clean(block.hint) if medium is Medium.WET else "",
        name=tuple(balance(name, bold, SIGNER_SIZE, width)) if name else (),
    )
