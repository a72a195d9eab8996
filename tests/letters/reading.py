"""Reading a drawn letter back as a clerk with a ruler would: words, rules, ink, in millimetres.

Places are measured from the upper left corner of the page. A word's height is that of its
baseline, which does not depend on whether Times New Roman or Liberation Serif was found.
"""

from ctypes import byref, c_double
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

MM = 25.4 / 72


@dataclass(frozen=True)
class Words:
    """Letters drawn on one baseline without a wide gap."""

    page: int
    left: float
    right: float
    baseline: float
    size: float
    text: str

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Rule:
    """A straight rule."""

    page: int
    left: float
    right: float
    top: float
    bottom: float

    @property
    def length(self) -> float:
        return self.right - self.left


def _letters(page: pypdfium2.PdfPage):
    """(letter, x of its origin, right edge, baseline, size) in points, in drawing order."""
    text = page.get_textpage()
    x, y = c_double(), c_double()
    for index in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text, index) == 1:
            continue
        letter = chr(pdfium.FPDFText_GetUnicode(text, index))
        pdfium.FPDFText_GetCharOrigin(text, index, byref(x), byref(y))
        right = text.get_charbox(index, loose=True)[2]
        yield letter, x.value, right, y.value, pdfium.FPDFText_GetFontSize(text, index)


def read_words(pdf: bytes) -> list[Words]:
    """Every run of words of the document, in drawing order."""
    found: list[Words] = []
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document):
        height = page.get_height()
        run: list[tuple[str, float, float, float, float]] = []
        for one in _letters(page):
            if run and (abs(one[3] - run[-1][3]) > 0.1 or not -3 < one[1] - run[-1][2] < 12):
                found.append(_words(number, height, run))
                run = []
            run.append(one)
        if run:
            found.append(_words(number, height, run))
    document.close()
    return [words for words in found if words.text]


def _words(page: int, height: float, run: list[tuple[str, float, float, float, float]]) -> Words:
    shown = [one for one in run if not one[0].isspace()] or run
    return Words(
        page=page,
        left=shown[0][1] * MM,
        right=shown[-1][2] * MM,
        baseline=(height - run[0][3]) * MM,
        size=round(run[0][4], 1),
        text="".join(one[0] for one in run).strip(),
    )


def read_rules(pdf: bytes) -> list[Rule]:
    """Every drawn path of the document as the box around it."""
    found: list[Rule] = []
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document):
        height = page.get_height()
        for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH]):
            left, bottom, right, top = thing.get_bounds()
            found.append(
                Rule(number, left * MM, right * MM, (height - top) * MM, (height - bottom) * MM)
            )
    document.close()
    return found


def plain_text(pdf: bytes) -> str:
    """All words, single spaced."""
    return " ".join(" ".join(words.text.split()) for words in read_words(pdf))


def find_words(pdf: bytes, beginning: str) -> Words:
    """The first run of words that begins so."""
    return next(words for words in read_words(pdf) if words.text.startswith(beginning))


def ink_box(pdf: bytes, page: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of everything dark on a page image at 100 dots per inch."""
    document = pypdfium2.PdfDocument(pdf)
    image = document[page].render(scale=100 / 72).to_pil().convert("L")
    document.close()
    left, top, right, bottom = image.point(lambda light: 255 if light < 128 else 0).getbbox()
    step = 25.4 / 100
    return left * step, top * step, right * step, bottom * step


def golden_text(pdf: bytes) -> str:
    """The whole letter as lines "page  left  baseline  size  words" for a golden file."""
    return "".join(
        f"{words.page + 1:2} {words.left:6.1f} {words.baseline:6.1f} {words.size:5.1f}"
        f"  {words.text}\n"
        for words in read_words(pdf)
    )
