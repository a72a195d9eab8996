"""From a row of the register of papers to the frozen data of its letter, as PDF and as .docx.

What a paper tells stands in its own rows (`operations/paper_lines.py`), so that it can be written
again with the same words; only citizen ids are opened anew. Nothing is stored here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from labels import label
from letters import decree30, word
from letters.decree30 import Medium
from letters.paper import LogWitness
from letters.parties import NOBODY, DeviceLine, Party, Person
from operations.request_documents import Drawn
from rules.devices import DeviceKind
from rules.names import head_name, spelt_out
from rules.papers import PaperKind
from schema.custody import Paper, PaperLine
from views.form_words import words_of
from views.letters_data import citizen_id

SHORT_HASH = 8
"""Digits of the log's hash in the foot of a paper; `audit.Witness` takes no fewer."""


@dataclass(frozen=True)
class Letter:
    """The module of `letters` that draws a paper, and its data."""

    module: Any
    data: Any


Make = Callable[[Paper], Letter]
_MAKERS: dict[PaperKind, Make] = {}


def maker(*kinds: PaperKind) -> Callable[[Make], Make]:
    """Register what makes the letter of these kinds of paper (`views/papers_data_*.py`)."""

    def keep(make: Make) -> Make:
        _MAKERS.update(dict.fromkeys(kinds, make))
        return make

    return keep


def can_draw(kind: PaperKind) -> bool:
    """True for the kinds of paper that this room knows how to write."""
    return kind in _MAKERS


def draw_paper(paper: Paper) -> Drawn:
    """Draw a paper as its rows say; what is missing stays visibly blank.

    Raises `letters.errors.LetterError` (Vietnamese) when it cannot be drawn, KeyError for a kind
    that another room draws.
    """
    letter = _MAKERS[paper.kind](paper)
    drawn = letter.module.draw(letter.data, words_of(letter.module))
    return Drawn(
        drawn.pdf,
        {name: anchor_of(one) for name, one in drawn.anchors.items()},
        tuple(drawn.missing),
    )


def anchor_of(anchor: decree30.Anchor) -> dict[str, Any]:
    """A place for a field, as the database keeps it."""
    names = ("page", "x1", "y1", "x2", "y2", "style", "size", "align")
    return {name: getattr(anchor, name) for name in names}


def as_word(paper: Paper) -> bytes:
    """The same paper as .docx, from the same words; for offices that finish in Word."""
    letter = _MAKERS[paper.kind](paper)
    words = words_of(letter.module)
    return word.draw(
        lambda setter, blanks: letter.module.compose(letter.data, setter, blanks, words),
        letter.data.sheet,
    )


# Parts that the papers share ----------------------------------------------------------------------


def record(paper: Paper) -> dict[str, Any]:
    """What every minutes holds: head, number, day and place, medium, witness of the log."""
    told = paper.particulars
    agency = told.get("agency", {})
    return {
        "agency": head_name(agency.get("name", "")),
        "parent_agency": head_name(agency.get("parent", "")),
        "symbol": agency.get("abbreviation", ""),
        "number": paper.number or "",
        "at_time": told.get("at_time", ""),
        "held_on": paper.made_on,
        "place": paper.place,
        "copies": int(told.get("copies") or 2),
        "medium": medium(paper),
        "landscape": bool(told.get("landscape")),
        "witness": witness(paper),
    }


def issuer(paper: Paper) -> dict[str, Any]:
    """What every paper issued by the agency holds: its head, number, place and medium."""
    agency = paper.particulars.get("agency", {})
    return {
        "parent_agency": head_name(agency.get("parent", "")),
        "agency": head_name(agency.get("name", "")),
        "agency_name": spelt_out(agency.get("name", "")),
        "symbol": agency.get("abbreviation", ""),
        "number": paper.number or "",
        "place": agency.get("place", ""),
        "medium": medium(paper),
    }


def medium(paper: Paper) -> Medium:
    """How the paper is signed: by pen unless it was made to be signed digitally."""
    return Medium.DIGITAL if paper.particulars.get("medium") == "digital" else Medium.WET


def witness(paper: Paper) -> LogWitness | None:
    """The head of the log when the paper was made."""
    if paper.witness_seq is None:
        return None
    return LogWitness(paper.witness_seq, paper.witness_hash[:SHORT_HASH])


def agency_party(paper: Paper, who: str) -> Party:
    """The agency as a side, for which the person under this key of the particulars acts."""
    agency = paper.particulars.get("agency", {})
    acting = person(paper.particulars.get(who, {}))
    return Party(
        body=spelt_out(agency.get("name", "")),
        people=(acting,) if acting is not NOBODY else (),
        address=agency.get("address", ""),
    )


def person(told: Mapping[str, str], number: str = "") -> Person:
    """A person of a paper; `number` is the citizen id, opened for this drawing only."""
    if not told:
        return NOBODY
    return Person(
        full_name=told.get("full_name", ""),
        position=told.get("position", ""),
        workplace=spelt_out(told.get("workplace", "")),
        citizen_id=number,
        mobile_phone=told.get("mobile_phone", ""),
        official_email=told.get("official_email", ""),
    )


def person_party(paper: Paper, who: str) -> Party:
    """A person as a side, with the citizen id of that person's row."""
    row = paper.giver if who == "giver" else paper.receiver
    found = person(paper.particulars.get(who, {}), citizen_id(row) if row is not None else "")
    return Party(people=(found,)) if found is not NOBODY else Party()


def lines(paper: Paper) -> tuple[DeviceLine, ...]:
    """The lines of a paper, in its order."""
    return tuple(_line(one) for one in paper.lines)


def _line(line: PaperLine) -> DeviceLine:
    told = line.particulars
    kind = told.get("device_kind")
    return DeviceLine(
        certificate_name=told.get("certificate_name", ""),
        certificate_serial=told.get("certificate_serial", ""),
        device_serial=told.get("device_serial", ""),
        internal_code=told.get("internal_code", ""),
        device_kind=label(DeviceKind[kind]) if kind else "",
        signing_phone=told.get("signing_phone", ""),
        valid_from=day(told.get("valid_from")),
        valid_until=day(told.get("valid_until")),
        holder=told.get("holder", ""),
        holder_position=told.get("holder_position", ""),
        found_with=told.get("found_with", ""),
        workplace=spelt_out(told.get("workplace", "")),
        received_on=day(told.get("received_on")),
        reason=told.get("reason", ""),
        condition=line.condition,
        difference=told.get("difference", ""),
        remark=line.note,
    )


def day(value: Any) -> date | None:
    """A day kept as ISO text; None when there is none."""
    return date.fromisoformat(str(value)) if value else None
