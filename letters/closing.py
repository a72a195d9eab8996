"""The end of a letter: the signer, the places of signature and seal, and "Nơi nhận"."""

from dataclasses import dataclass

from letters.blanks import Blanks
from letters.decree30 import (
    DISTRIBUTION_SIZE,
    DISTRIBUTION_TITLE_SIZE,
    SIGNATURE_HEIGHT_MM,
    SIGNATURE_WIDTH_MM,
    SIGNER_SIZE,
    Anchor,
    Distribution,
    Sheet,
    Signer,
    mm,
)
from letters.fonts import Face, Faces
from letters.ink import Pen
from letters.text import balance, clean, wrap


def receivers(distribution: Distribution) -> list[str]:
    """The entries of "Nơi nhận" without their dashes, each with its end: ";" and at last "."."""
    drafted_by = clean(distribution.drafted_by)
    names = [distribution.first, *distribution.others]
    kept = f"Lưu: VT, {drafted_by}" if drafted_by else "Lưu: VT"
    return [*(clean(name).rstrip(" ;.,") + ";" for name in names), kept.rstrip(" ;.,") + "."]


@dataclass(slots=True)
class Tail:
    """Boxes 7 to 9b: the signer on the right, "Nơi nhận" on the left, on a level."""

    faces: Faces
    sheet: Sheet
    signer: Signer
    distribution: Distribution
    seal_mm: float
    blanks: Blanks

    SPACE_BEFORE = 12.0
    SIGNER_SHARE = 0.53  # House choice; the rest, less a gutter, is for "Nơi nhận".
    GUTTER = 10.0
    CLEAR = mm(1)  # Between the seal and the words above and below.

    @property
    def _signer_width(self) -> float:
        return min(self.sheet.text_width * self.SIGNER_SHARE, mm(95))

    @property
    def _centre(self) -> float:
        return self.sheet.right - self._signer_width / 2

    @property
    def _room(self) -> float:
        return mm(max(self.seal_mm, SIGNATURE_HEIGHT_MM)) + 2 * self.CLEAR

    def _titles(self) -> list[str]:
        lines = [line for line in map(clean, self.signer.lines) if line]
        if not lines:
            lines = [self.blanks.fill("", "Chưa có quyền hạn, chức vụ của người ký.")]
        bold, width = self.faces.bold, self._signer_width
        return [part for line in lines for part in balance(line, bold, SIGNER_SIZE, width)]

    def _names(self) -> list[str]:
        name = self.blanks.fill(self.signer.name, "Chưa có họ và tên người ký.")
        lines = [clean(self.signer.other_post), name]
        bold, width = self.faces.bold, self._signer_width
        return [part for line in lines if line for part in balance(line, bold, SIGNER_SIZE, width)]

    def _receivers(self) -> list[tuple[str, bool]]:
        """Lines of the list; true where a line begins with its dash."""
        entries = receivers(self.distribution)
        face = self.faces.regular
        dash = face.width("- ") * DISTRIBUTION_SIZE
        width = self.sheet.text_width - self._signer_width - self.GUTTER - dash
        return [
            (line, index == 0)
            for entry in entries
            for index, line in enumerate(wrap(entry, face, DISTRIBUTION_SIZE, width))
        ]

    @property
    def height(self) -> float:
        """Height of the whole block with the space above it."""
        pitch = SIGNER_SIZE * Face.LINE
        right = (len(self._titles()) + len(self._names())) * pitch + self._room
        left = DISTRIBUTION_TITLE_SIZE + len(self._receivers()) * DISTRIBUTION_SIZE
        return self.SPACE_BEFORE + max(right, left * Face.LINE)

    def draw(self, pen: Pen, top: float, page: int) -> dict[str, Anchor]:
        """Draw below `top`; returns the places of signature and seal."""
        top -= self.SPACE_BEFORE
        pitch, bold = SIGNER_SIZE * Face.LINE, self.faces.bold
        first = baseline = top - SIGNER_SIZE * Face.ASCENT
        for line in self._titles():
            pen.centred(self._centre, baseline, line, bold, SIGNER_SIZE)
            baseline -= pitch
        upper = baseline + pitch - SIGNER_SIZE * Face.DESCENT
        lower = upper - self._room
        baseline = lower - SIGNER_SIZE * Face.ASCENT
        for line in self._names():
            pen.centred(self._centre, baseline, line, bold, SIGNER_SIZE)
            baseline -= pitch
        self._draw_receivers(pen, first)
        return self._places(page, (upper + lower) / 2)

    def _draw_receivers(self, pen: Pen, baseline: float) -> None:
        x, face = self.sheet.left, self.faces.regular
        pen.text(x, baseline, "Nơi nhận:", self.faces.bold_italic, DISTRIBUTION_TITLE_SIZE)
        dash = face.width("- ") * DISTRIBUTION_SIZE
        baseline -= DISTRIBUTION_TITLE_SIZE * Face.LINE
        for line, begins in self._receivers():
            if begins:
                pen.text(x, baseline, "- " + line, face, DISTRIBUTION_SIZE)
            else:
                pen.text(x + dash, baseline, line, face, DISTRIBUTION_SIZE)
            baseline -= DISTRIBUTION_SIZE * Face.LINE

    def _places(self, page: int, middle: float) -> dict[str, Anchor]:
        """II.7.d: signature between post and name; II.8.a: the seal covers its left third."""
        width, height, seal = mm(SIGNATURE_WIDTH_MM), mm(SIGNATURE_HEIGHT_MM), mm(self.seal_mm)
        left = self._centre - width / 2
        seal_right = left + width / 3
        return {
            "signature": Anchor(page, left, middle - height / 2, left + width, middle + height / 2),
            "seal": Anchor(
                page, seal_right - seal, middle - seal / 2, seal_right, middle + seal / 2
            ),
        }
