"""Sheets of small labels for devices: a QR code, the code, and where a finder may return it.

No personal data: neither holder nor certificate. Measures are millimetres from the upper left
corner of the sheet; a printer's own shift and stretch are set off by `Calibration`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import segno

from letters import fonts
from letters.blanks import Blanks
from letters.decree30 import PORTRAIT, DrawnLetter, mm
from letters.fonts import Face, Faces
from letters.ink import Pen
from letters.text import balance, clean, wrap

FOUND = "Nhặt được xin trả:"

_PAD = 1.5  # Between the edge of a label and its ink: dies cut up to 1 mm off.
_QUIET = 4  # Modules of white around a QR code (ISO/IEC 18004).


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """Where the labels stand on the sheet."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    pitch_x: float
    pitch_y: float
    code_size: float  # Points.
    text_size: float

    @property
    def count(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


class SheetFormat(StrEnum):
    """Label sheets sold in any stationer's, named by how many labels they have."""

    SMALL_65 = "small_65"
    LARGE_24 = "large_24"


#: 38.1 x 21.2 mm with 2.5 mm between columns, and 70 x 37 mm edge to edge.
FORMATS = {
    SheetFormat.SMALL_65: LabelFormat(5, 13, 38.1, 21.2, 4.75, 10.7, 40.6, 21.2, 9.0, 5.5),
    SheetFormat.LARGE_24: LabelFormat(3, 8, 70.0, 37.0, 0.0, 0.5, 70.0, 37.0, 14.0, 8.5),
}


@dataclass(frozen=True, slots=True)
class Label:
    """`code` is the internal code of the device; `qr` what the QR code says, else the code."""

    code: str
    qr: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a printer does to a sheet: shifts in millimetres (right and down positive), and by how
    much a line of 100 mm comes out too long or short ("100 mm printed as 99.4": 99.4).
    """

    right: float = 0.0
    down: float = 0.0
    hundred: float = 100.0

    def __post_init__(self) -> None:
        if not (abs(self.right) <= 10 and abs(self.down) <= 10 and 95 <= self.hundred <= 105):
            raise ValueError("a calibration beyond 10 mm or 5 % is a wrong paper setting")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSheet:
    """Labels in order; the first stands at place `first` (1 is the upper left), so that a sheet
    already begun can be used up. `return_to` is the agency with its address, never a person.
    """

    labels: tuple[Label, ...]
    return_to: str
    format: SheetFormat = SheetFormat.SMALL_65
    first: int = 1
    calibration: Calibration = Calibration()


@dataclass(slots=True)
class _Sheet:
    """Draws in millimetres from the upper left corner, as the calibration has it."""

    pen: Pen
    faces: Faces
    calibration: Calibration

    @property
    def scale(self) -> float:
        """What lengths are multiplied with, so that they come out right."""
        return 100.0 / self.calibration.hundred

    def x(self, at: float) -> float:
        return mm(at * self.scale - self.calibration.right)

    def y(self, at: float) -> float:
        return PORTRAIT.height - mm(at * self.scale - self.calibration.down)

    def qr(self, text: str, left: float, top: float, side: float) -> None:
        """A QR code inside a square of `side`, its quiet zone included: one stroke per run."""
        code = segno.make(text, error="m", micro=False, boost_error=False)
        matrix = [list(row) for row in code.matrix]
        step = side / (len(matrix) + 2 * _QUIET)
        strokes: list[tuple[float, float, float, float]] = []
        for row, modules in enumerate(matrix):
            y = self.y(top + (row + _QUIET + 0.5) * step)
            start: int | None = None
            for column, dark in enumerate([*modules, 0]):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    x1, x2 = (left + (at + _QUIET) * step for at in (start, column))
                    strokes.append((self.x(x1), y, self.x(x2), y))
                    start = None
        self.pen.rules(strokes, mm(step * self.scale))

    def frame(self, left: float, top: float, width: float, height: float) -> None:
        """A thin frame."""
        x1, x2, y1, y2 = (
            self.x(left), self.x(left + width), self.y(top), self.y(top + height),
        )  # fmt: skip
        ends = [(x1, y1, x2, y1), (x1, y2, x2, y2), (x1, y1, x1, y2), (x2, y1, x2, y2)]
        self.pen.rules(ends, 0.25)


def _fitting(text: str, faces: Faces, size: float, width: float, lines: int) -> tuple[str, ...]:
    """At most `lines` lines; the last ends with "…" where the address is longer."""
    wrapped = wrap(text, faces.regular, size, width)
    if len(wrapped) <= lines:
        return tuple(balance(text, faces.regular, size, width))
    kept = wrapped[:lines]
    last = kept[-1]
    while last and faces.regular.width(last + "…") * size > width:
        last = last[:-1]
    return (*kept[:-1], last.rstrip(" ,;.") + "…")


def _draw_label(
    sheet: _Sheet, label: Label, how: LabelFormat, at: int, return_to: str, blanks: Blanks
) -> None:
    """Draw one label; `blanks` is told when the code or the address is too long for it."""
    left = how.left + at % how.columns * how.pitch_x
    top = how.top + at // how.columns * how.pitch_y
    side = how.height - 2 * _PAD
    sheet.qr(clean(label.qr) or clean(label.code), left + _PAD, top + _PAD, side)
    pen, faces = sheet.pen, sheet.faces
    words_left = left + _PAD + side + 0.5
    width = mm(left + how.width - _PAD - words_left)
    code, size = clean(label.code), how.code_size
    while faces.bold.width(code) * size > width and size > how.text_size:
        size -= 0.5
    if faces.bold.width(code) * size > width:
        blanks.note(f"Mã {code} dài quá nhãn, được viết thành nhiều dòng.")
    x = sheet.x(words_left)
    baseline = sheet.y(top + _PAD + 0.8) - size * Face.ASCENT
    for line in wrap(code, faces.bold, size, width):
        pen.text(x, baseline, line, faces.bold, size)
        baseline -= size * Face.LINE
    small, pitch = how.text_size, how.text_size * Face.LINE
    baseline -= small * 0.4
    foot = sheet.y(top + how.height - _PAD)
    room = max(int((baseline + small * Face.ASCENT - foot) / pitch), 2)
    pen.text(x, baseline, FOUND, faces.italic, small)
    shown = _fitting(return_to, faces, small, width, room - 1)
    if shown[-1].endswith("…") and not return_to.endswith("…"):
        blanks.note("Nơi nhận lại dài quá nhãn, phần cuối không được in.")
    for line in shown:
        baseline -= pitch
        pen.text(x, baseline, line, faces.regular, small)


def draw(data: LabelSheet) -> DrawnLetter:
    """Draw the sheets. The same labels give the same bytes.

    `missing` names what is told in vain: no address, a code too long for its label. Raises
    ValueError for a first place that the sheet does not have, and FontsMissing.
    """
    how = FORMATS[data.format]
    if not 1 <= data.first <= how.count:
        raise ValueError(f"a sheet of this format has the places 1 to {how.count}")
    faces, blanks = fonts.load(), Blanks()
    return_to = blanks.fill(data.return_to, "Chưa có tên và địa chỉ cơ quan để ghi lên nhãn.")
    pen = Pen(faces, "Nhãn thiết bị lưu khóa bí mật", "")
    sheet = _Sheet(pen, faces, data.calibration)
    places: Sequence[Label | None] = [*[None] * (data.first - 1), *data.labels]
    for begin in range(0, max(len(places), 1), how.count):
        pen.start_page(PORTRAIT.width, PORTRAIT.height)
        for at, label in enumerate(places[begin : begin + how.count]):
            if label:
                _draw_label(sheet, label, how, at, return_to, blanks)
        pen.finish_page()
    if not data.labels:
        blanks.note("Chưa chọn thiết bị nào để in nhãn.")
    return DrawnLetter(pen.save(), {}, blanks.sentences, pen.pages)


def draw_calibration(
    sheet_format: SheetFormat, calibration: Calibration | None = None
) -> DrawnLetter:
    """A sheet with the frames of all labels and two rulers of 100 mm, to be held against a sheet
    of labels: what differs goes into `Calibration`.
    """
    how, faces = FORMATS[sheet_format], fonts.load()
    pen = Pen(faces, "Tờ thử vị trí nhãn", "")
    sheet = _Sheet(pen, faces, calibration or Calibration())
    pen.start_page(PORTRAIT.width, PORTRAIT.height)
    for at in range(how.count):
        left = how.left + at % how.columns * how.pitch_x
        sheet.frame(left, how.top + at // how.columns * how.pitch_y, how.width, how.height)
    middle_x, middle_y = 105.0, 148.5
    pen.rule(sheet.x(55), sheet.y(middle_y), sheet.x(155), sheet.y(middle_y), 1.0)
    pen.rule(sheet.x(middle_x), sheet.y(98.5), sheet.x(middle_x), sheet.y(198.5), 1.0)
    for x, words in ((56, "Hai đường đậm dài đúng 100 mm."), (107, "Khung phải trùng mép nhãn.")):
        pen.text(sheet.x(x), sheet.y(middle_y - 1.5), words, faces.regular, 8.0)
    pen.finish_page()
    return DrawnLetter(pen.save(), {}, (), pen.pages)
