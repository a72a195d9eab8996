"""Deciding who keeps the agency's device: drawn as a decision, in force once it is signed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from audit import Actor
from models import Certificate, Device, Person
from operations import paper_lines
from operations.custody import load_all
from operations.custody_checks import certificates_on, living
from operations.papers import Draw, Line, make
from operations.transactions import Refused
from rules.certificates import SubscriberKind
from rules.papers import PaperKind


@dataclass(frozen=True)
class DecisionWish:
    """Which devices go into whose keeping, from when, until when (None: until it is replaced).

    `signer` says who signs: {"titles", "name", "person_id"}; `particulars` go into the decision.
    """

    device_ids: tuple[int, ...]
    person_id: int
    made_on: date
    from_on: date
    until_on: date | None = None
    number: str = ""
    digital: bool = False
    signer: dict[str, Any] = field(default_factory=dict)
    particulars: dict[str, Any] = field(default_factory=dict)


def decide(session: Session, wish: DecisionWish, *, actor: Actor, draw: Draw) -> int:
    """Draw and freeze the decision; returns the paper. The person may sign with the agency's
    certificate from the day on which its signed copy is kept.

    Raises `Refused` when a device carries no certificate of the agency, or the term is reversed.
    """
    if wish.until_on is not None and wish.until_on < wish.from_on:
        raise Refused("Ngày kết thúc phải sau ngày bắt đầu.")
    devices = load_all(session, wish.device_ids)
    certificates = _agencys(session, devices, wish.made_on)
    signer_id = wish.signer.get("person_id")
    people = paper_lines.people(session, {wish.person_id, *([signer_id] if signer_id else [])})
    agency = paper_lines.managing_agency(session, devices[0].agency)
    told = {
        **wish.particulars,
        "agency": paper_lines.of_agency(agency),
        "receiver": paper_lines.of_person(people[wish.person_id], wish.made_on),
        "giver": paper_lines.of_person(people.get(signer_id or 0), wish.made_on),
        "signer": wish.signer,
        "from_on": wish.from_on.isoformat(),
        "until_on": wish.until_on.isoformat() if wish.until_on else "",
        "medium": "digital" if wish.digital else "wet",
    }
    return make(
        session,
        actor=actor,
        kind=PaperKind.ENTRUSTMENT_DECISION,
        agency_id=agency.id,
        made_on=wish.made_on,
        lines=[
            _line(wish, one, certificates.get(one.id, []), people[wish.person_id])
            for one in devices
        ],
        giver_id=signer_id,
        receiver_id=wish.person_id,
        particulars=told,
        draw=draw,
        number=wish.number,
        place=agency.place_name,
    )


def _agencys(session: Session, devices: Sequence[Device], on: date) -> dict[int, list[Certificate]]:
    """The certificates on devices that each carry one of an agency; else `Refused`."""
    certificates = certificates_on(session, devices)
    for device in devices:
        kinds = {one.kind for one in living(certificates.get(device.id, []), on)}
        if SubscriberKind.ORGANISATION not in kinds:
            raise Refused(f"{device.internal_code} không mang chứng thư của cơ quan, tổ chức.")
    return certificates


def _line(
    wish: DecisionWish, device: Device, certificates: Sequence[Certificate], receiver: Person
) -> Line:
    title = paper_lines.title_of(receiver, wish.made_on)
    told = paper_lines.of_device(
        device, certificates, on=wish.made_on, holder=receiver, title=title
    )
    return Line(device_id=device.id, person_id=receiver.id, particulars=told)
