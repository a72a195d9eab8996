"""Where signatures, number and date stand on a page, and what stands beside the agency's signature.

Places are millimetres from the top-left corner of the page as it is shown. The presets follow NĐ
30/2020/NĐ-CP, Phụ lục I, Phần I (mục II.3, II.4, II.7, II.8) and Phần II; they are a beginning, a
person moves them to where the words of the document leave room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rules.days import VIETNAM
from rules.documents import SigningAct
from rules.findings import Finding, Severity, finding
from rules.office_documents import AGENCY_ACTS, PictureKind

A4 = (210.0, 297.0)
CORNER = (95.0, 15.0)
"""A corner line in 10 pt: room for three rows, since agencies have long names."""
SIGNATURE = (50.0, 22.0)
INITIALS = (25.0, 12.0)
SEAL_WITHOUT_PICTURE = (60.0, 25.0)
TEXT_SIZE = 10.0
_RIGHT_MARGIN, _TOP = 15.0, 10.0
_LEAST_SIDE = 3.0
_TRUE_SIZE_SLACK = 0.2

# CONFIRMED (Phụ lục I, Phần II, mục I; ô 14): the line in the corner is "chữ in thường", upright,
# 10 pt, black. "SAO Y" in capitals heads copies on paper (Mẫu 3.1). That the parts are parted by
# semicolons is Mẫu 3.2; the offset "+07:00" behind the time is INFERRED: no official sample has it.
COPY_WORDS: Mapping[SigningAct, str] = {
    SigningAct.COPY_TRUE: "Sao y",
    SigningAct.COPY_OF_COPY: "Sao lục",
    SigningAct.COPY_EXTRACT: "Trích sao",
}


@dataclass(frozen=True)
class Place:
    """A rectangle on a page (from 0), in millimetres from the top-left corner as shown."""

    page: int
    left: float
    top: float
    width: float
    height: float

    def moved_into(self, across: float, down: float) -> "Place":
        """The same place, shrunk and moved just so far that it lies on a page of this size."""
        width, height = min(self.width, across), min(self.height, down)
        left = max(0.0, min(self.left, across - width))
        top = max(0.0, min(self.top, down - height))
        return Place(self.page, round(left, 2), round(top, 2), round(width, 2), round(height, 2))


def corner(page: int, size: tuple[float, float]) -> Place:
    """Top right: annexes in a file of their own, copies, digitised documents (ô 14)."""
    across, down = size
    place = Place(page, across - _RIGHT_MARGIN - CORNER[0], _TOP, *CORNER)
    return place.moved_into(across, down)


def leader(page: int, size: tuple[float, float], picture: tuple[float, float] = SIGNATURE) -> Place:
    """Centred in the right half of the page, where title and name of the signatory stand (7c)."""
    across, down = size
    middle = across * (30 + 0.75 * (A4[0] - 45)) / A4[0]
    place = Place(page, middle - picture[0] / 2, down * 0.72, *picture)
    return place.moved_into(across, down)


def person(number: int, page: int, size: tuple[float, float]) -> Place:
    """Initials and comments: small, one beside the other at the foot of the text, on the left."""
    across, down = size
    place = Place(page, 30 + number % 3 * (INITIALS[0] + 3), down * 0.85, *INITIALS)
    return place.moved_into(across, down)


def seal(
    signature: Place, size: tuple[float, float], picture: tuple[float, float] = SEAL_WITHOUT_PICTURE
) -> Place:
    """Over the left third of the leader's signature, in the true size of the seal (II.8.a)."""
    right = signature.left + signature.width / 3
    top = signature.top + signature.height / 2 - picture[1] / 2
    return Place(signature.page, right - picture[0], top, *picture).moved_into(*size)


def number(size: tuple[float, float]) -> Place:
    """Behind "Số:" under the name of the agency, on the first page (ô 3)."""
    across, down = size
    return Place(0, across * 47 / A4[0], down * 37 / A4[1], 16.0, 6.5).moved_into(across, down)


def day(size: tuple[float, float], whole: bool = True) -> Place:
    """Behind the name of the place, on the line of the number (ô 4)."""
    across, down = size
    width = 58.0 if whole else 10.0
    place = Place(0, across * 132 / A4[0], down * 37 / A4[1], width, 6.5)
    return place.moved_into(across, down)


def check_place(
    place: Place, name: str, pages: tuple[tuple[float, float], ...]
) -> tuple[Finding, ...]:
    """A place must lie on an existing page and be large enough to be seen."""
    lies = (
        0 <= place.page < len(pages)
        and place.left >= 0
        and place.top >= 0
        and min(place.width, place.height) >= _LEAST_SIDE
        and place.left + place.width <= pages[place.page][0] + 0.01
        and place.top + place.height <= pages[place.page][1] + 0.01
    )
    if lies:
        return ()
    return (
        finding(
            "documents.place",
            Severity.MUST,
            f"Vị trí của “{name}” không nằm trọn trên một trang của văn bản, hoặc nhỏ hơn 3 mm.",
            "Sửa trang, lề và kích thước, hoặc đặt lại theo mẫu.",
        ),
    )


def check_true_size(place: Place, picture: tuple[float, float]) -> tuple[Finding, ...]:
    """The seal stands in its true size (NĐ 30/2020, Phụ lục I, II.8.a): width and height in mm."""
    apart = max(abs(place.width - picture[0]), abs(place.height - picture[1]))
    if apart <= _TRUE_SIZE_SLACK:
        return ()
    return (
        finding(
            "documents.true_size",
            Severity.MUST,
            f"Ô đặt dấu là {place.width:g} × {place.height:g} mm, khác kích thước thật của dấu "
            f"({picture[0]:g} × {picture[1]:g} mm).",
            "Đặt lại chữ ký theo mẫu, hoặc sửa chiều rộng, chiều cao của ô.",
        ),
    )


def corner_text(act: SigningAct, *, agency: str, symbol: str, at: datetime) -> str:
    """The words beside the agency's signature on annexes, copies and digitised documents.

    Phụ lục III, Mẫu 2.2 and 3.2, with the offset of ISO 8601: "Số: 15/UBND-VP; 21/11/2026; 10:08:05
    +07:00", "Sao y; UBND xã Đồi Mẫu; …". Raises ValueError for another act.
    """
    when = at.astimezone(VIETNAM).strftime("%d/%m/%Y; %H:%M:%S +07:00")
    if act is SigningAct.ANNEX:
        return f"Số: {symbol}; {when}"
    if act is SigningAct.DIGITISE:
        return f"{agency}; {when}"
    if act in COPY_WORDS:
        return f"{COPY_WORDS[act]}; {agency}; {when}"
    raise ValueError(f"{act} has no words in the corner")


def has_corner(act: SigningAct) -> bool:
    """True for the agency's acts that show words in the corner and no picture."""
    return act in AGENCY_ACTS and act is not SigningAct.ISSUE


def number_text(number: str) -> str:
    """The number as decree 30 writes it: below ten with a zero in front (Phụ lục I, mục II.3)."""
    return f"0{number}" if number.isdecimal() and len(number) == 1 else number


def day_text(day: date, whole: bool = True) -> str:
    """ngày 05 tháng 02 năm 2026: days below ten and the months 1 and 2 with a zero (mục II.4).

    `whole` False gives the day alone, for documents that print month and year themselves.
    """
    if not whole:
        return f"{day.day:02d}"
    return f"ngày {day.day:02d} tháng {month_text(day)} năm {day.year}"


def month_text(day: date) -> str:
    """The month alone: 1 and 2 with a zero (mục II.4)."""
    return f"{day.month:02d}" if day.month < 3 else str(day.month)


# Pictures -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PictureFacts:
    """What was found in a PNG: size in dots, the share of clear dots, and the mean ink."""

    width: int
    height: int
    clear_share: float
    ink: tuple[int, int, int]


WIDTHS_MM: Mapping[PictureKind, tuple[float, float]] = {
    PictureKind.SIGNATURE: (15.0, 90.0),
    PictureKind.SEAL: (15.0, 60.0),
    PictureKind.INITIALS: (5.0, 40.0),
}
_LEAST_CLEAR = 0.05
_COLOURS = {
    PictureKind.SIGNATURE: (2, "xanh"),
    PictureKind.SEAL: (0, "đỏ"),
    PictureKind.INITIALS: (2, "xanh"),
}


def check_picture(
    kind: PictureKind, facts: PictureFacts, width_mm: float, height_mm: float
) -> tuple[Finding, ...]:
    """Transparent ground, the colour of the decree, and a size that such a thing has.

    NĐ 30/2020, Phụ lục I, II.7.d and II.8.a. The limits of size are ours.
    """
    found = []
    if facts.clear_share < _LEAST_CLEAR:
        found.append(
            finding(
                "pictures.ground",
                Severity.MUST,
                "Hình không có nền trong suốt.",
                "Xóa nền của hình (định dạng PNG, nền trong suốt) rồi tải lên lại.",
            )
        )
    least, most = WIDTHS_MM[kind]
    if not least <= width_mm <= most or not least / 3 <= height_mm <= most:
        found.append(
            finding(
                "pictures.size",
                Severity.MUST,
                f"Chiều rộng phải từ {least:g} đến {most:g} mm, chiều cao không quá {most:g} mm.",
                "Đo hình trên giấy và nhập kích thước thật.",
            )
        )
    channel, name = _COLOURS[kind]
    if max(range(3), key=lambda one: facts.ink[one]) != channel or len(set(facts.ink)) == 1:
        found.append(
            finding(
                "pictures.colour",
                Severity.SHOULD,
                f"Màu của hình không phải màu {name}.",
                f"Dùng hình màu {name}.",
            )
        )
    return tuple(found)


def height_for(facts: PictureFacts, width_mm: float) -> float:
    """The height that keeps the picture's proportions, in millimetres with one decimal."""
    return round(width_mm * facts.height / facts.width, 1)


# Points -------------------------------------------------------------------------------------------

POINTS_PER_MM = 72 / 25.4


def to_points(place: Place, down: float) -> tuple[float, float, float, float]:
    """x1, y1, x2, y2 in points from the bottom left of the page as shown, `down` mm high."""
    return (
        place.left * POINTS_PER_MM,
        (down - place.top - place.height) * POINTS_PER_MM,
        (place.left + place.width) * POINTS_PER_MM,
        (down - place.top) * POINTS_PER_MM,
    )


def from_points(page: int, box: tuple[float, float, float, float], down: float) -> Place:
    """The place that `to_points` turned into points, to a hundredth of a millimetre."""
    x1, y1, x2, y2 = (one / POINTS_PER_MM for one in box)
    return Place(page, round(x1, 2), round(down - y2, 2), round(x2 - x1, 2), round(y2 - y1, 2))
