"""What a paper tells of devices and people, in the words of that day: kept with it, drawn from it.

Later corrections of the register must not change what a paper says, so nothing is looked up again.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import Agency, Certificate, Device, Person, Position
from operations.custody_checks import living
from operations.law import sender_for
from rules.days import vietnam_day
from rules.devices import DeviceKind
from rules.serials import display_serial


def of_device(
    device: Device,
    certificates: Sequence[Certificate],
    *,
    on: date,
    holder: Person | None,
    title: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """A line about one device with its newest certificate; days as ISO texts, kinds by name."""
    known = living(certificates, on)
    newest = known[-1] if known else None
    serial = device.printed_serial or device.driver_serial or device.notice_serial
    return {
        "certificate_name": newest.common_name if newest else "",
        "certificate_serial": display_serial(newest.serial_number) if newest else "",
        "device_serial": serial or f"mã {device.internal_code}",
        "internal_code": device.internal_code,
        "device_kind": device.kind.name,
        "signing_phone": (device.phone_number or "") if device.kind is DeviceKind.SIM_PKI else "",
        "valid_from": vietnam_day(newest.not_before).isoformat() if newest else "",
        "valid_until": newest.expires_on.isoformat() if newest else "",
        "holder": holder.full_name if holder else "",
        "holder_position": title,
        "workplace": holder.agency.name if holder else device.agency.name,
        "received_on": device.handed_over_on.isoformat() if device.handed_over_on else "",
        "reason": reason,
    }


def of_person(person: Person | None, on: date) -> dict[str, str]:
    """Who acts for a side, or is one; empty without anybody."""
    if person is None:
        return {}
    return {
        "full_name": person.full_name,
        "position": title_of(person, on),
        "workplace": person.agency.name,
        "mobile_phone": person.phone or "",
        "official_email": person.email or "",
    }


def of_agency(agency: Agency) -> dict[str, str]:
    """What the head of a paper and its sides say of the agency."""
    parent = agency.parent
    return {
        "name": agency.name,
        "parent": parent.name if parent is not None else "",
        "abbreviation": agency.abbreviation,
        "address": agency.address,
        "place": agency.place_name,
    }


def title_of(person: Person, on: date) -> str:
    """The title of the main position on a day; "" when none is known."""
    current = [
        one
        for one in person.positions
        if one.from_on <= on and (one.until_on is None or one.until_on >= on)
    ]
    current.sort(key=lambda one: not one.is_primary)
    return current[0].title if current else ""


def people(session: Session, ids: set[int]) -> dict[int, Person]:
    """People with agencies and positions, in a fixed number of statements."""
    rows = session.scalars(
        select(Person)
        .where(Person.id.in_(ids))
        .options(
            selectinload(Person.agency),
            selectinload(Person.positions).selectinload(Position.agency),
        )
    )
    return {one.id: one for one in rows}


def managing_agency(session: Session, agency: Agency) -> Agency:
    """Cơ quan quản lý trực tiếp whose name stands on the paper: who has seal and personality."""
    return sender_for(session, agency) or agency
