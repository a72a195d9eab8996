"""From the lines of a request to the lines of its prescribed form."""

from labels import label
from letters.agency_issuance import AgencyIssuanceLine
from letters.person_issuance import PersonIssuanceLine
from letters.renewal_request import RenewalLine
from letters.revocation_request import RevocationLine
from letters.system_issuance import SystemIssuanceLine
from letters.unlock_request import UnlockLine
from models import Person, RequestLine
from operations.line_facts import (
    device_serial,
    email_of,
    email_of_unlock,
    title_of,
    workplace_of,
)
from operations.personal import CitizenIds, WrongKey
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.revocation_grounds import RevocationGround
from rules.serials import display_serial
from views.guards import settings


def citizen_id(person: Person) -> str:
    """The citizen id in the clear, for a letter; empty when unknown or not to be opened."""
    if person.citizen_id_cipher is None:
        return ""
    try:
        return CitizenIds(settings().citizen_key).open(person.citizen_id_cipher, person.id)
    except WrongKey:
        return ""


def person_line(line: RequestLine) -> PersonIssuanceLine:
    """Mẫu số 01; the old serial stands where the line replaces a certificate (Điều 21)."""
    person, old = line.person, line.certificate
    if person is None:
        return PersonIssuanceLine()
    return PersonIssuanceLine(
        full_name=person.full_name,
        birth_on=person.birth_on,
        citizen_id=citizen_id(person),
        citizen_id_issued_on=person.citizen_id_issued_on,
        citizen_id_issued_by=person.citizen_id_issued_by or "",
        official_email=person.email or "",
        agency_name=person.agency.name,
        province=person.agency.province,
        position=title_of(person),
        mobile_phone=person.phone or "",
        old_serial_number=display_serial(old.serial_number) if old is not None else "",
        sim_pki=line.sim_pki,
    )


def agency_line(line: RequestLine) -> AgencyIssuanceLine:
    """Mẫu số 02."""
    agency = line.subject_agency
    if agency is None:
        return AgencyIssuanceLine()
    return AgencyIssuanceLine(
        name=agency.name,
        address=agency.address,
        tax_code=agency.tax_code or "",
        budget_code=agency.budget_code or "",
        province=agency.province,
        official_email=agency.email or "",
    )


def system_line(line: RequestLine) -> SystemIssuanceLine:
    """Mẫu số 03."""
    system = line.system
    if system is None:
        return SystemIssuanceLine()
    return SystemIssuanceLine(
        name=system.name,
        category=label(system.kind),
        version=system.edition,
        agency_name=system.agency.name,
        province=system.agency.province,
        official_email=system.email or system.agency.email or "",
        key_device=label(system.key_store) if system.key_store is not None else "",
    )


def change_line(line: RequestLine) -> RenewalLine:
    """Mẫu số 04; the e-mail is the one registered when it was issued."""
    certificate = line.certificate
    if certificate is None:
        return RenewalLine(renew=line.renews, amend=line.amends)
    device = certificate.device
    on_sim = device is not None and device.kind is DeviceKind.SIM_PKI
    return RenewalLine(
        certificate_name=certificate.common_name,
        serial_number=display_serial(certificate.serial_number),
        official_email=email_of(certificate),
        signing_phone=(device.phone_number or "") if on_sim and device is not None else "",
        information_before=line.information_before,
        information_after=line.information_after,
        renew=line.renews,
        amend=line.amends,
    )


def revocation_line(line: RequestLine) -> RevocationLine:
    """Mẫu số 05; the note of the line says more about its ground."""
    certificate = line.certificate
    if certificate is None:
        return RevocationLine(subscriber=SubscriberKind.INDIVIDUAL)
    owner = certificate.person
    organisation = certificate.kind is SubscriberKind.ORGANISATION
    ground = label(RevocationGround(line.revocation_ground)) if line.revocation_ground else ""
    return RevocationLine(
        subscriber=certificate.kind,
        certificate_name=certificate.common_name,
        citizen_id=citizen_id(owner) if owner is not None else "",
        citizen_id_issued_on=owner.citizen_id_issued_on if owner is not None else None,
        citizen_id_issued_by=(owner.citizen_id_issued_by or "") if owner is not None else "",
        tax_code=(certificate.agency.tax_code or "") if organisation else "",
        budget_code=(certificate.agency.budget_code or "") if organisation else "",
        official_email=email_of(certificate),
        serial_number=display_serial(certificate.serial_number),
        device_serial_number=device_serial(line),
        reason="; ".join(filter(None, (ground, line.note))),
    )


def unlock_line(line: RequestLine) -> UnlockLine:
    """Mẫu số 06."""
    certificate = line.certificate
    return UnlockLine(
        device_serial_number=device_serial(line),
        certificate_name=certificate.common_name if certificate is not None else "",
        agency_name=workplace_of(line),
        official_email=email_of_unlock(line),
    )
