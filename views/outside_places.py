"""Where number, date and signatures go in a document of another system: as in documents of ours,
where its own words leave room, else where decree 30 wants them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rules import document_landmarks as landmarks
from rules import document_places as rule
from rules.document_landmarks import DayPlaces, PageWord
from rules.document_places import Place
from schema.outside import OutsideDocument
from signing.errors import SigningError
from signing.pades import layout, strangers
from signing.pades.inputs import PageGeometry
from views.office_document_places import LAST_PAGES
from views.verifier import sandbox

NUMBER_WIDTH = 45.0
"""Millimetres: other systems give number and symbol together."""


def sizes(row: OutsideDocument) -> list[tuple[float, float]]:
    """Width and height of each page as people see it, in millimetres."""
    return [(one[0], one[1]) for one in row.layout["pages"]]


def geometry(row: OutsideDocument, page: int) -> PageGeometry:
    """How a page lies in the file."""
    left, bottom, right, top, rotation, unit = row.layout["geometry"][page]
    return PageGeometry(left, bottom, right, top, int(rotation), unit)


def box(row: OutsideDocument, place: Place) -> layout.Box:
    """A place in the coordinates of the file."""
    corners = geometry(row, place.page).rectangle(place.left, place.top, place.width, place.height)
    return layout.Box(place.page, *corners)


def read(row: OutsideDocument, pdf: bytes) -> list[PageWord]:
    """The words of the first page and of the last ones; nothing of a scan."""
    count = len(row.layout["pages"])
    numbers = sorted({0, *range(max(0, count - LAST_PAGES), count)})
    try:
        found = strangers.words(sandbox(), pdf, [(one, geometry(row, one)) for one in numbers])
    except SigningError:
        return []
    return [PageWord(*one.as_list()) for one in found]


def signature(
    row: OutsideDocument, words: Sequence[PageWord], name: str, size: tuple[float, float]
) -> Place | None:
    """Between title and name as they are printed; None where the name is not there."""
    return landmarks.signature_place(words, name=name, title="", size=size, pages=sizes(row))


def texts(
    row: OutsideDocument, names: dict[str, str], words: Sequence[PageWord]
) -> tuple[list[layout.TextField], dict[str, str]]:
    """The fields for number and date, and what is to be known when they are filled: the name of
    the field for the month where the document prints the words around it, and its own symbol.
    """
    first = sizes(row)[0]
    size = 13.0 / geometry(row, 0).unit
    blank = landmarks.number_place(words, first[1])
    symbol = _symbol_behind(blank, words) if blank is not None else ""
    if blank is None or not symbol:
        usual = blank or rule.number(first)
        blank = replace(usual, width=min(NUMBER_WIDTH, _room(usual, words))).moved_into(*first)
    dates = landmarks.day_places(words, first) or DayPlaces(rule.day(first), None, True)
    known = {"whole": "y" if dates.whole else ""}
    middle: layout.Align = "center"
    fields = [
        _text(row, names["number"], blank, size, align=middle if symbol else "left"),
        _text(
            row,
            names["day"],
            dates.day,
            size,
            style="italic",
            align="left" if dates.whole else middle,
        ),
    ]
    if dates.month is not None:
        known["month"] = names["day"].replace("day", "month", 1)
        fields.append(_text(row, known["month"], dates.month, size, style="italic", align=middle))
    return fields, known | ({"symbol": symbol} if symbol else {})


def _text(row: OutsideDocument, name: str, place: Place, size: float, **more: Any) -> Any:
    return layout.TextField(name, box(row, place), size=size, **more)


def _room(place: Place, words: Sequence[PageWord]) -> float:
    """How wide a field may be that begins there, up to the next word of its line."""
    nexts = [
        one.left - place.left
        for one in words
        if one.page == place.page
        and abs(one.top - place.top) < place.height
        and one.left >= place.left + place.width
    ]
    return min(nexts, default=NUMBER_WIDTH)


def _symbol_behind(blank: Place, words: Sequence[PageWord]) -> str:
    """The "/QĐ-UBND" that the document prints behind the blank for its number."""
    edge = blank.left + blank.width
    for one in words:
        beside = abs(one.left - edge) < 3 and abs(one.top - blank.top) < blank.height
        if one.page == blank.page and one.text.startswith("/") and beside:
            return one.text
    return ""
