"""What Nghị định số 30/2020/NĐ-CP, Phụ lục I, Phần I fixes, and what a letter consists of.

Numbers of the decree are quoted beside the constants; where it gives a range, the size of its own
example is used. What it leaves open (type inside tables, the room for a signature) is a house
choice and says so. Lengths are points unless a name ends in `_mm`; the origin is the lower left
corner of the page and pages are counted from 0. Nothing is drawn here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from letters.flow import Piece


def mm(length: float) -> float:
    """Millimetres in points."""
    return length * 72 / 25.4


NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

# Type sizes in points: II.1-9 and the examples of Mục V.
NATION_SIZE = 12.0  # 12-13
MOTTO_SIZE = 13.0  # 13-14
AGENCY_SIZE = 12.0  # 12-13
NUMBER_SIZE = 13.0  # 13
DATE_SIZE = 13.0  # 13-14
SUBJECT_SIZE = 12.0  # 12-13
BODY_SIZE = 14.0  # 13-14
SIGNER_SIZE = 14.0  # 13-14
DISTRIBUTION_TITLE_SIZE = 12.0  # 12
DISTRIBUTION_SIZE = 11.0  # 11
PAGE_NUMBER_SIZE = 13.0  # 13-14
ANNEX_SIZE = 14.0  # 14
CONTACT_SIZE = 11.0  # 11-12

FIRST_LINE_INDENT = mm(12.7)  # II.6.e: 1 cm or 1.27 cm
PARAGRAPH_SPACE = 6.0  # II.6.e: at least 6 pt
SUBJECT_SPACE = 6.0  # II.5.b: 6 pt under the number

# House choices: a rule under words hangs this far below the letters; rules are this thick.
RULE_GAP = 2.0
RULE = 0.6
# II.2.b: 1/3 to 1/2 of the line of words.
AGENCY_RULE_SHARE = 0.42

# House choice: the picture of a handwritten signature; a seal is drawn at its true size.
SIGNATURE_WIDTH_MM = 50.0
SIGNATURE_HEIGHT_MM = 28.0
SEAL_DIAMETER_MM = 36.0


class Medium(StrEnum):
    """How number, date, signature and seal get onto the letter."""

    DIGITAL = "digital"  # Fields over the anchors, filled later; nothing is drawn there.
    WET = "wet"  # Dotted blanks for the pen.


@dataclass(frozen=True, slots=True)
class Sheet:
    """A4 with the margins of I.3: top and bottom 20-25, left 30-35, right 15-20 mm."""

    width: float
    height: float
    left: float = mm(30)
    right_margin: float = mm(15)
    margin_y: float = mm(20)

    @property
    def right(self) -> float:
        """Right edge of the text."""
        return self.width - self.right_margin

    @property
    def text_width(self) -> float:
        """Width of the text."""
        return self.right - self.left

    @property
    def top(self) -> float:
        """Upper edge of the text."""
        return self.height - self.margin_y

    @property
    def bottom(self) -> float:
        """Lower edge of the text."""
        return self.margin_y


PORTRAIT = Sheet(mm(210), mm(297))
# I.2: only where the text has tables that are not made into annexes of their own.
LANDSCAPE = Sheet(mm(297), mm(210))


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place for a form field, in points from the lower left corner; pages from 0.

    For "number" and "date" also how the text must be set to look drawn with the rest.
    """

    page: int
    x1: float
    y1: float
    x2: float
    y2: float
    style: str = ""
    size: float = 0.0
    align: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Boxes 2 to 5b. `agency` in capitals as it shall be read; a line feed forces a new line.

    `symbol` is what follows the number: "UBND-VP". `parent_agency` may be empty. `number_digits`
    is the room kept for the number in digital letters.
    """

    agency: str
    parent_agency: str = ""
    symbol: str
    place: str
    subject: str
    number_digits: int = 4


@dataclass(frozen=True, slots=True)
class Signer:
    """Boxes 7a and 7b: e.g. ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH") and the name without titles.

    `other_post` is a further post that II.7.đ puts above the name.
    """

    lines: tuple[str, ...]
    name: str
    other_post: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Box 9b. `first` and "Lưu: VT" are written by the layout; `drafted_by` follows VT."""

    others: tuple[str, ...] = ()
    drafted_by: str = ""
    first: str = "Như trên"  # A decision says "Như Điều 3".


@dataclass(frozen=True, slots=True)
class Annex:
    """A "Phụ lục" in the same file, portrait, with page numbers of its own (III.1)."""

    title: str
    pieces: Sequence[Piece]
    attached_to: str = ""  # "(Kèm theo …)": filled on paper, left out electronically (III.1.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything on the pages of one công văn."""

    letterhead: Letterhead
    addressees: tuple[str, ...]
    body: Sequence[Piece]
    signer: Signer
    distribution: Distribution
    medium: Medium = Medium.DIGITAL
    sheet: Sheet = PORTRAIT
    annexes: tuple[Annex, ...] = ()
    contact_line: str = ""
    seal_mm: float = SEAL_DIAMETER_MM


@dataclass(frozen=True, slots=True)
class DrawnLetter:
    """The bytes, where fields go (empty for paper), what is missing (Vietnamese sentences)."""

    pdf: bytes
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    pages: int = 1
