"""Where the words of a document leave room: behind "Số:", between "ngày" and "tháng", between the
signatory's title and name.

NĐ 30/2020/NĐ-CP, Phụ lục I, Phần I, mục II.3 (số), II.4 (địa danh và thời gian), II.7.d (chữ ký số
canh giữa chức vụ và họ tên). What is found here is a better beginning than the fixed presets of
`rules.document_places`; a person sees it and may move it. Pages without text (scans) give nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.document_places import Place

LINE_HEIGHT = 6.5
"""Millimetres of a field of 13 pt on the line of the words around it."""
_UPPER_PART = 0.45  # number and date stand in this part of the first page
_SAME_LINE = 1.5
_SAME_COLUMN = 8.0  # words of one column are never farther apart, columns always are
_LEAST_BLANK = 4.5
_NUMBER_WIDTH = 16.0
_DAY_WIDTH = 58.0
_LEAST_ROOM, _MOST_ROOM = 8.0, 70.0
_CENTRES_APART = 35.0
_LEAST_HEIGHT = 10.0
_MARGIN = 0.3
_RANKS = ("thiếu", "trung", "thượng", "đại")
_FILLER = re.compile(r"[.…_:\s]+")


@dataclass(frozen=True)
class PageWord:
    """A word on a page (from 0), in millimetres from the top-left corner as shown.

    The foot lies where a field must end for its text to stand on the same line.
    """

    page: int
    text: str
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def foot(self) -> float:
        return self.top + self.height


@dataclass(frozen=True)
class DayPlaces:
    """Where the date goes: the whole date, or the day alone, or day and month apart."""

    day: Place
    month: Place | None
    whole: bool


@dataclass(frozen=True)
class _Part:
    """Words of one line and one column."""

    words: tuple[PageWord, ...]

    @property
    def text(self) -> str:
        return " ".join(one.text for one in self.words)

    @property
    def page(self) -> int:
        return self.words[0].page

    @property
    def middle(self) -> float:
        return (self.words[0].left + self.words[-1].right) / 2

    @property
    def top(self) -> float:
        return min(one.top for one in self.words)

    @property
    def foot(self) -> float:
        return max(one.foot for one in self.words)


def number_place(words: Sequence[PageWord], down: float) -> Place | None:
    """The blank behind "Số:" on the first page, `down` mm high; None when none is left there."""
    for row in _rows(words, down):
        at = _number_word(row)
        if at is None:
            continue
        last, after = row[at], _behind(row[at + 1 :])
        if after is None or after.left - last.right > 2 * _NUMBER_WIDTH:
            return _blank(last, last.right + _NUMBER_WIDTH)
        if after.text.startswith("/"):
            return _blank(last, after.left)
    return None


def _number_word(row: Sequence[PageWord]) -> int | None:
    """Where "Số:" begins its column, or the colon behind "Số"; a "số" within a text is none."""
    for at, word in enumerate(row):
        begins = at == 0 or word.left - row[at - 1].right > _SAME_COLUMN
        if begins and _folded(word.text) == "số:":
            return at
        apart = at + 1 < len(row) and row[at + 1].text == ":"
        if begins and apart and _folded(word.text) == "số":
            return at + 1
    return None


def day_places(words: Sequence[PageWord], size: tuple[float, float]) -> DayPlaces | None:
    """The blanks of the date on the first page; None when it is printed already, or not there."""
    across, down = size
    for row in _rows(words, down):
        if (found := _between_the_words(row)) is not None:
            return found
    for row in _rows(words, down):
        begins = _number_word(row) is not None
        last = row[-1]
        room = across - 10 - last.right
        if begins and last.text.endswith(",") and last.left > across * 0.4 and room > 40:
            return DayPlaces(_blank(last, last.right + min(_DAY_WIDTH, room)), None, True)
    return None


def _between_the_words(row: Sequence[PageWord]) -> DayPlaces | None:
    at: dict[str, int] = {}
    for name in ("ngày", "tháng", "năm"):
        for index, word in enumerate(row):
            if _folded(word.text) == name and index > max(at.values(), default=-1):
                at[name] = index
                break
    if len(at) < 3:
        return None
    day, month, year = (row[at[name]] for name in ("ngày", "tháng", "năm"))
    if _behind(row[at["ngày"] + 1 : at["tháng"]]) is not None:
        return None
    printed = _behind(row[at["tháng"] + 1 : at["năm"]])
    months = None if printed is not None else _blank(month, year.left)
    return DayPlaces(_blank(day, month.left), months, False)


def signature_place(
    words: Sequence[PageWord],
    *,
    name: str,
    title: str,
    size: tuple[float, float],
    pages: Sequence[tuple[float, float]],
) -> Place | None:
    """Between title and name of a signatory, centred (II.7.d); the last such place counts.

    `size` is that of the picture; it is made smaller where there is less room. Without the name in
    the text the place is under the title, without a title above the name over the name.
    """
    parts = _parts(words)
    named = [one for one in parts if _is_name(one, name)]
    for one in reversed(named):
        above = _title_above(parts, one)
        if above is not None:
            room = one.top - above.foot
            middle = (one.top + above.foot) / 2
            return _centred(one, middle, size, room, pages)
    if named:
        return _centred(named[-1], named[-1].top - size[1] / 2, size, size[1], pages)
    titled = [one for one in parts if title and _folded(one.text) == _folded(title)]
    for one in reversed(titled):
        if one.text.isupper():
            return _centred(one, one.foot + size[1] / 2 + 1, size, size[1], pages)
    return None


def _centred(
    part: _Part,
    middle: float,
    size: tuple[float, float],
    room: float,
    pages: Sequence[tuple[float, float]],
) -> Place | None:
    if part.page >= len(pages):
        return None
    height = min(size[1], max(room, _LEAST_HEIGHT))
    width = size[0] * height / size[1]
    place = Place(part.page, part.middle - width / 2, middle - height / 2, width, height)
    return place.moved_into(*pages[part.page])


def _title_above(parts: Sequence[_Part], name: _Part) -> _Part | None:
    """The nearest line in capitals above the name, with room for a signature between them."""
    above = [
        one
        for one in parts
        if one.page == name.page
        and one.text.isupper()
        and abs(one.middle - name.middle) < _CENTRES_APART
        and _LEAST_ROOM <= name.top - one.foot <= _MOST_ROOM
    ]
    return max(above, key=lambda one: one.foot, default=None)


def _is_name(part: _Part, name: str) -> bool:
    """The name alone on its line, or behind a degree ("TS.") or a rank ("Đại tá")."""
    text, wanted = _folded(part.text), _folded(name)
    if not wanted or not text.endswith(wanted):
        return False
    before = text.removesuffix(wanted)
    ranks = before.endswith(" ") and before.split()[0] in _RANKS and len(before.split()) == 2
    return not before or before.rstrip().endswith(".") or ranks


def _rows(words: Sequence[PageWord], down: float) -> Iterator[list[PageWord]]:
    """Lines of the upper part of the first page, each from left to right."""
    return _lines([one for one in words if one.page == 0 and one.foot < down * _UPPER_PART])


def _lines(words: Sequence[PageWord]) -> Iterator[list[PageWord]]:
    """Words whose feet lie together, from the first page to the last and from the top down."""
    line: list[PageWord] = []
    for word in sorted(words, key=lambda one: (one.page, one.foot)):
        apart = line and (word.page != line[0].page or word.foot - line[0].foot > _SAME_LINE)
        if apart:
            yield sorted(line, key=lambda one: one.left)
            line = []
        line.append(word)
    if line:
        yield sorted(line, key=lambda one: one.left)


def _parts(words: Sequence[PageWord]) -> list[_Part]:
    """The lines of each column."""
    found: list[_Part] = []
    for line in _lines(words):
        begin = 0
        for at in range(1, len(line) + 1):
            if at == len(line) or line[at].left - line[at - 1].right > _SAME_COLUMN:
                found.append(_Part(tuple(line[begin:at])))
                begin = at
    return found


def _behind(words: Sequence[PageWord]) -> PageWord | None:
    """The first word that is more than dots and lines to be written on."""
    return next((one for one in words if not _FILLER.fullmatch(one.text)), None)


def _blank(before: PageWord, until: float) -> Place:
    left, right = before.right + _MARGIN, until - _MARGIN
    if right - left < _LEAST_BLANK:  # no room was left: in the middle of what there is
        left = (left + right - _LEAST_BLANK) / 2
        right = left + _LEAST_BLANK
    top = before.foot - LINE_HEIGHT
    return Place(before.page, round(left, 2), round(top, 2), round(right - left, 2), LINE_HEIGHT)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
