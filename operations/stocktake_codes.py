"""What a scanned or typed code means: an internal code, a serial in any notation, a certificate.

Only devices of the managing agency and below it are found: a code of another agency's device is a
thing that no book of this agency has.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models import Agency, Certificate, Device, SearchTerm
from operations import search
from operations.law import sender_for
from rules.serials import normalise_serial, serial_candidates
from schema.stocktakes import Stocktake

_COLUMNS = (
    Device.id,
    Device.internal_code,
    Device.printed_serial,
    Device.driver_serial,
    Device.notice_serial,
)


@dataclass(frozen=True)
class Found:
    """A device that a code may mean."""

    device_id: int
    internal_code: str


def normal(code: str) -> str:
    """The notation in which codes are compared: capitals and digits, nothing between them."""
    return normalise_serial(code)


def find_codes(
    session: Session, row: Stocktake, codes: Collection[str]
) -> dict[str, Sequence[Found]]:
    """The devices that each code may mean; at most four statements however many codes."""
    wanted = set(codes)
    if not wanted:
        return {}
    inside = _inside(session, row)
    terms = {each.lower() for code in wanted for each in serial_candidates(code)}
    indexed = select(SearchTerm.object_id).where(
        SearchTerm.noun == search.DEVICE, SearchTerm.term.in_(terms)
    )
    spelt = {each for code in wanted for each in (code, code.upper())}
    by_index = or_(Device.id.in_(indexed), Device.internal_code.in_(spelt))
    found = _matched(session.execute(select(*_COLUMNS).where(inside, by_index)), wanted)
    rest = {one for one in wanted if one not in found and normal(one)}
    if rest:  # Typed without its hyphens, or the serial of the certificate: a slower look.
        bare = func.upper(Device.internal_code)
        for mark in "-_./ ":
            bare = func.replace(bare, mark, "")
        loose = {code.upper() for code in rest} | {normal(code) for code in rest} | _bare(rest)
        found |= _matched(session.execute(select(*_COLUMNS).where(inside, bare.in_(loose))), rest)
        found |= _by_certificate(session, inside, rest - set(found))
    return {code: found.get(code, ()) for code in wanted}


def owners_elsewhere(session: Session, row: Stocktake, codes: Collection[str]) -> dict[str, str]:
    """The agency whose register has a device with this serial, for codes of things that no book of
    the counted agency has; nothing but its name. At most two statements.
    """
    wanted = {normal(code).lower(): code for code in codes if normal(code)}
    if not wanted:
        return {}
    serials = (Device.printed_serial, Device.driver_serial, Device.notice_serial)
    rows = session.execute(
        select(SearchTerm.term, Agency.name, *serials)
        .join(Device, Device.id == SearchTerm.object_id)
        .join(Agency, Agency.id == Device.agency_id)
        .where(
            SearchTerm.noun == search.DEVICE,
            SearchTerm.term.in_(wanted),
            ~_inside(session, row),
        )
    )
    return {
        wanted[term]: name
        for term, name, *carried in rows
        if term in {normal(one).lower() for one in carried if one}
    }


def _inside(session: Session, row: Stocktake) -> ColumnElement[bool]:
    agency = sender_for(session, row.agency) or row.agency
    below = select(Agency.id).where(
        Agency.path >= agency.path, Agency.path < agency.path[:-1] + "0"
    )
    return Device.agency_id.in_(below)


def _bare(codes: Collection[str]) -> set[str]:
    return {"".join(letter for letter in code.upper() if letter.isalnum()) for code in codes}


def _matched(rows: Any, codes: Collection[str]) -> dict[str, Sequence[Found]]:
    by_notation: dict[str, list[Found]] = {}
    for number, internal, *serials in rows:
        for notation in {normal(one) for one in (internal, *serials) if one}:
            by_notation.setdefault(notation, []).append(Found(number, internal))
    found: dict[str, Sequence[Found]] = {}
    for code in codes:
        notations = {normal(code), *serial_candidates(code)}
        devices = {one.device_id: one for each in notations for one in by_notation.get(each, ())}
        if devices:
            found[code] = list(devices.values())
    return found


def _by_certificate(
    session: Session, inside: ColumnElement[bool], codes: Collection[str]
) -> dict[str, Sequence[Found]]:
    candidates = {each for code in codes for each in serial_candidates(code)}
    if not candidates:
        return {}
    rows = session.execute(
        select(Certificate.serial_number, Device.id, Device.internal_code)
        .join(Device, Device.id == Certificate.device_id)
        .where(Certificate.serial_number.in_(candidates), inside)
    ).all()
    found: dict[str, Sequence[Found]] = {}
    for code in codes:
        devices = {
            number: Found(number, internal)
            for serial, number, internal in rows
            if serial in serial_candidates(code)
        }
        if devices:
            found[code] = list(devices.values())
    return found
