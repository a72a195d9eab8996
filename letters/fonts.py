"""The four faces of the letters: found on the machine, read once, measured with a cache.

Decree 30/2020 (Phụ lục I, Phần I, I.4) prescribes Times New Roman. Where the system does not have
it, Liberation Serif 2 takes its place: same advance widths, full Vietnamese. Version 1, which
Debian 12 still calls fonts-liberation, lacks most Vietnamese letters and is passed over.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from letters.errors import FontsMissing

# Every precomposed Vietnamese letter: base letters with their tones, both cases.
_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
VIETNAMESE_LETTERS = "".join(
    unicodedata.normalize("NFC", letter + tone) for letter in _VOWELS for tone in _TONES
)
VIETNAMESE_LETTERS += VIETNAMESE_LETTERS.upper() + "đĐ"

# File names of one complete family, in the order regular, bold, italic, bold italic.
_FAMILIES: tuple[tuple[str, str, str, str], ...] = (
    ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf"),
    (
        "Times_New_Roman.ttf",
        "Times_New_Roman_Bold.ttf",
        "Times_New_Roman_Italic.ttf",
        "Times_New_Roman_Bold_Italic.ttf",
    ),
    (
        "Times New Roman.ttf",
        "Times New Roman Bold.ttf",
        "Times New Roman Italic.ttf",
        "Times New Roman Bold Italic.ttf",
    ),
    (
        "LiberationSerif-Regular.ttf",
        "LiberationSerif-Bold.ttf",
        "LiberationSerif-Italic.ttf",
        "LiberationSerif-BoldItalic.ttf",
    ),
)


@dataclass(frozen=True, slots=True)
class FontFiles:
    """The files of one family; all four exist and hold every Vietnamese letter."""

    regular: Path
    bold: Path
    italic: Path
    bold_italic: Path


class Style(StrEnum):
    """The four faces; the value is also the name of the style in `signing.pades.layout`."""

    REGULAR = "regular"
    BOLD = "bold"
    ITALIC = "italic"
    BOLD_ITALIC = "bold_italic"


class _Widths(dict[int, float]):
    """Advance width by code point, in 1/1000 of the type size; filled as letters are met."""

    def __init__(self, font: TTFont) -> None:
        super().__init__()
        self._font = font

    def __missing__(self, code: int) -> float:
        width = float(self._font.face.getCharWidth(code))  # type: ignore[no-untyped-call]  # the stubs lack it
        self[code] = width
        return width


class Face:
    """One face, parsed once per process. Widths are for size 1; multiply by the size in points."""

    # Of Times New Roman, and the same in Liberation Serif: share of the size above and below
    # the baseline, and the pitch of Word's single line spacing ("dòng đơn").
    ASCENT = 0.891
    DESCENT = 0.216
    LINE = 1.15

    def __init__(self, style: Style, path: Path) -> None:
        self.style = style
        self.font = TTFont(f"SoToken-{style}", str(path), asciiReadable=False)
        self._widths = _Widths(self.font)
        self._measured: dict[str, float] = {}

    def width(self, text: str) -> float:
        """Width of a text at size 1 (multiply by the size for points); words are remembered."""
        known = self._measured.get(text)
        if known is None:
            if len(self._measured) > 50_000:  # Bounded: a server runs for months.
                self._measured.clear()
            widths = self._widths
            known = sum([widths[code] for code in map(ord, text)]) / 1000
            self._measured[text] = known
        return known

    def unknown(self, text: str) -> str:
        """The letters of a text that this face cannot draw, each once."""
        glyphs = self.font.face.charToGlyph
        return "".join(sorted({letter for letter in text if ord(letter) not in glyphs}))


@dataclass(frozen=True, slots=True)
class Faces:
    """The four faces of one family."""

    regular: Face
    bold: Face
    italic: Face
    bold_italic: Face

    def __getitem__(self, style: Style) -> Face:
        face: Face = getattr(self, style.value)
        return face


def _system_directories() -> Iterator[Path]:
    windows = os.environ.get("WINDIR") or os.environ.get("SYSTEMROOT")
    if windows:
        yield Path(windows) / "Fonts"
    local = os.environ.get("LOCALAPPDATA")
    if local:
        yield Path(local) / "Microsoft" / "Windows" / "Fonts"
    home = Path.home()
    shared = os.environ.get("XDG_DATA_HOME")
    yield Path(shared or home / ".local" / "share") / "fonts"
    yield from (home / ".fonts", home / "Library" / "Fonts")
    yield from map(Path, ("/usr/local/share/fonts", "/usr/share/fonts", "/Library/Fonts"))
    yield Path("/System/Library/Fonts/Supplemental")


def _families(directories: Iterable[Path]) -> Iterator[FontFiles]:
    """Complete families, each within one folder, Times New Roman before Liberation Serif.

    By folder, because several versions of Liberation Serif may be installed side by side.
    """
    folders: dict[Path, dict[str, Path]] = {}
    for directory in directories:
        if directory.is_dir():
            for path in sorted(directory.rglob("*.[tT][tT][fF]")):
                folders.setdefault(path.parent, {}).setdefault(path.name.lower(), path)
    for family in _FAMILIES:
        for folder in folders.values():
            paths = [folder[name.lower()] for name in family if name.lower() in folder]
            if len(paths) == len(family):
                yield FontFiles(*paths)


def _speaks_vietnamese(files: FontFiles) -> bool:
    try:
        return all(
            not Face(style, getattr(files, style.value)).unknown(VIETNAMESE_LETTERS)
            for style in Style
        )
    except (TTFError, OSError):
        return False


def find(directories: Iterable[Path] | None = None) -> FontFiles:
    """Times New Roman of the system, else Liberation Serif.

    `directories` replaces the usual places of the operating system. A family counts only when its
    four files are there and hold every Vietnamese letter.

    Raises FontsMissing (Vietnamese sentence: what to install).
    """
    if directories is None:
        return _find_on_system()
    for files in _families(directories):
        if _speaks_vietnamese(files):
            return files
    raise FontsMissing(
        "Không tìm thấy phông chữ Times New Roman hoặc Liberation Serif đủ bốn kiểu chữ có dấu "
        "tiếng Việt. Trên Debian hoặc Ubuntu, hãy cài gói fonts-liberation2 (bản 2; gói "
        "fonts-liberation bản 1 không có chữ tiếng Việt); trên Windows, hãy cài lại phông Times "
        "New Roman."
    )


@lru_cache(maxsize=1)
def _find_on_system() -> FontFiles:
    return find(tuple(_system_directories()))


_loading = Lock()


def load() -> Faces:
    """The four faces, read once per process.

    Raises FontsMissing.
    """
    with _loading:
        return _load()


@lru_cache(maxsize=1)
def _load() -> Faces:
    files = find()
    faces = Faces(*(Face(style, getattr(files, style.value)) for style in Style))
    registerFont(faces.regular.font)  # The canvas asks for its first font by name.
    return faces
