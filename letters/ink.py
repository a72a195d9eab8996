"""Marks on a PDF page: text and rules at exact places, nothing about letters.

Coordinates are PDF points from the lower left corner of the page. The pen writes the text
operators itself, because reportlab's text objects take half of the time of a long annex; pages,
fonts, subsets and the file structure remain reportlab's.
"""

from io import BytesIO
from threading import Lock

from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from letters.fonts import Face, Faces

# ASCII85 makes streams a quarter larger, for channels that are not 8-bit clean. Ours are.
rl_config.useA85 = 0

# reportlab reads glyphs through one file position per font: two threads must not do so at once.
_subsetting = Lock()


class _Codes(dict[int, str]):
    """Unicode code point to the hexadecimal code in the first font subset of one document."""

    def __init__(self, face: Face, canvas: Canvas) -> None:
        super().__init__()
        self._font = face.font
        # Subsets belong to a document; reportlab hands it out under this name only.
        self._document = canvas._doc  # type: ignore[attr-defined]
        self._names: dict[int, str] = {}
        self.crowded = False

    def subset_of(self, letter: str) -> tuple[int, str]:
        """The subset that holds a letter, and its hexadecimal code there."""
        ((subset, code),) = self._font.splitString(letter, self._document)
        return int(subset), code.hex()

    def __missing__(self, code: int) -> str:
        subset, written = self.subset_of(chr(code))
        if subset:  # More than 254 different letters: the slow way, run by run.
            self.crowded = True
        self[code] = written
        return written

    def name(self, subset: int) -> str:
        """What the page calls this subset of the font."""
        name = self._names.get(subset)
        if name is None:
            name = str(self._font.getSubsetInternalName(subset, self._document))
            self._names[subset] = name
        return name

    def runs(self, text: str) -> list[tuple[int, str]]:
        """The text as (subset, hexadecimal codes), as few runs as possible."""
        written = text.translate(self)
        if not self.crowded:
            return [(0, written)]
        runs: list[tuple[int, str]] = []
        for letter in text:
            subset, code = self.subset_of(letter)
            if runs and runs[-1][0] == subset:
                runs[-1] = (subset, runs[-1][1] + code)
            else:
                runs.append((subset, code))
        return runs


class Pen:
    """Draws pages into one PDF. The same calls give the same bytes (reportlab's invariant mode).

    `title` and `author` go into the document information; `author` is the issuing agency.
    """

    def __init__(self, faces: Faces, title: str, author: str) -> None:
        self.faces = faces
        self._buffer = BytesIO()
        self._canvas = Canvas(
            self._buffer,
            invariant=1,
            pageCompression=1,
            initialFontName=faces.regular.font.fontName,  # type: ignore[arg-type]  # wrong in the stubs
            lang="vi-VN",
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setCreator("Sổ Token")
        self._canvas.setSubject(title)
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._codes: dict[Face, _Codes] = {}
        self._marks: list[str] = []
        self._font_in_force = ""
        self.pages = 0

    def start_page(self, width: float, height: float) -> None:
        """Begin a page of this size in points."""
        self._canvas.setPageSize((width, height))

    def finish_page(self) -> None:
        """Put the page into the document."""
        self._canvas.addLiteral("\n".join(self._marks))
        self._canvas.showPage()
        self._marks = []
        self._font_in_force = ""
        self.pages += 1

    def _codes_of(self, face: Face) -> _Codes:
        codes = self._codes.get(face)
        if codes is None:
            codes = self._codes[face] = _Codes(face, self._canvas)
        return codes

    def _set_font(self, name: str, size: float) -> str:
        wanted = f"{name} {size:g} Tf"
        if wanted == self._font_in_force:
            return ""
        self._font_in_force = wanted
        return wanted + " "

    def text(self, x: float, y: float, text: str, face: Face, size: float) -> None:
        """Write a text whose baseline begins at (x, y)."""
        codes = self._codes_of(face)
        shown = "".join(
            f"{self._set_font(codes.name(subset), size)}<{run}> Tj "
            for subset, run in codes.runs(text)
        )
        self._marks.append(f"BT {x:.2f} {y:.2f} Td {shown}ET")

    def centred(self, x: float, y: float, text: str, face: Face, size: float) -> None:
        """Write a text centred on x."""
        self.text(x - face.width(text) * size / 2, y, text, face, size)

    def justified(
        self, x: float, y: float, text: str, face: Face, size: float, width: float
    ) -> None:
        """Write a text stretched to `width` by widening its spaces."""
        words = text.split(" ")
        slack = width - face.width(text) * size
        if len(words) == 1 or slack <= 0:
            self.text(x, y, text, face, size)
            return
        codes = self._codes_of(face)
        shift = f"> {-slack / (len(words) - 1) / size * 1000:.2f} <"
        parts = [codes.runs(word + " ") for word in words[:-1]] + [codes.runs(words[-1])]
        if codes.crowded:
            self._justified_words(x, y, words, face, size, slack / (len(words) - 1))
            return
        shown = shift.join(run for ((_, run),) in parts)
        font = self._set_font(codes.name(0), size)
        self._marks.append(f"BT {x:.2f} {y:.2f} Td {font}[<{shown}>] TJ ET")

    def _justified_words(
        self, x: float, y: float, words: list[str], face: Face, size: float, extra: float
    ) -> None:
        for index, word in enumerate(words):
            shown = word if index == len(words) - 1 else word + " "
            self.text(x, y, shown, face, size)
            x += face.width(shown) * size + extra

    def rule(self, x1: float, y1: float, x2: float, y2: float, thickness: float = 0.5) -> None:
        """Draw a straight solid black rule."""
        self._marks.append(f"{thickness:g} w {x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S")

    def rules(self, ends: list[tuple[float, float, float, float]], thickness: float) -> None:
        """Draw many rules at once: the grid of a table."""
        lines = " ".join(f"{a:.2f} {b:.2f} m {c:.2f} {d:.2f} l" for a, b, c, d in ends)
        self._marks.append(f"{thickness:g} w {lines} S")

    def picture(self, content: bytes, x: float, y: float, width: float, height: float) -> None:
        """Draw a PNG or JPEG as large as fits into this box, in its middle, under all marks."""
        image = ImageReader(BytesIO(content))
        self._canvas.drawImage(
            image, x, y, width, height, preserveAspectRatio=True, anchor="c", mask=None
        )

    def unknown_letters(self) -> str:
        """Letters that were asked for and that the fonts do not have."""
        met = {
            letter
            for face, codes in self._codes.items()
            for letter in face.unknown("".join(map(chr, codes)))
        }
        return "".join(sorted(met))

    def save(self) -> bytes:
        """The whole document."""
        with _subsetting:
            self._canvas.save()
        return self._buffer.getvalue()
