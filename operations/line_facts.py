"""From the rows of a line to the facts on which `rules` decides; nothing is decided here."""

from collections.abc import Collection
from datetime import date

from models import Agency, Certificate, Person, Position, RequestLine, System
from operations.request_rows import device_of, name_of, subscriber_of
from rules.amendments import AmendmentCase, AmendmentFacts, Change
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.identity_papers import CITIZEN_ID_DIGITS, IdentityPaper
from rules.issuances import (
    IndividualIssuance,
    IssuanceFacts,
    OrganisationIssuance,
    SystemIssuance,
)
from rules.reissues import ReissueFacts
from rules.renewals import RenewalFacts
from rules.revocation_grounds import RevocationGround
from rules.revocations import RevocationFacts
from rules.serials import display_serial
from rules.unlocks import UnlockFacts

#: Stands for a number that is on file: it was checked when entered and is opened for letters only.
_ON_FILE = "0" * CITIZEN_ID_DIGITS


def of_renewal(certificate: Certificate, open_request: str | None) -> RenewalFacts:
    """The facts on which `rules.renewals` decides."""
    device = certificate.device
    owner = certificate.person
    return RenewalFacts(
        name=certificate.common_name,
        serial_number=certificate.serial_number,
        kind=certificate.kind,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        revoked_at=certificate.revoked_at,
        renewals=certificate.renewals,
        email=owner.email if owner is not None else certificate.agency.email,
        certificate_email=certificate.email,
        open_request=open_request,
        device_kind=device.kind if device is not None else None,
        sim_phone=device.phone_number if device is not None else None,
    )


def of_amendment(line: RequestLine) -> AmendmentFacts:
    """The facts on which `rules.amendments` decides. Raises ValueError without a certificate."""
    certificate = _certificate(line)
    return AmendmentFacts(
        name=certificate.common_name,
        serial_number=certificate.serial_number,
        kind=certificate.kind,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        revoked_at=certificate.revoked_at,
        changes=changes_of(line),
        certificate_email=email_of(certificate),
    )


def changes_of(line: RequestLine) -> tuple[Change, ...]:
    """The changes of a line: line by line where each case has a line of its own in both columns."""
    cases = cases_of(line)
    before = (line.information_before or "").splitlines()
    after = (line.information_after or "").splitlines()
    if len(before) == len(after) == len(cases):
        pairs = zip(cases, before, after, strict=True)
        return tuple(Change(case, old, new) for case, old, new in pairs)
    return tuple(
        Change(case, line.information_before or "", line.information_after or "") for case in cases
    )


def cases_of(line: RequestLine) -> tuple[AmendmentCase, ...]:
    """The cases that a line keeps, as names of `AmendmentCase` with blanks between them."""
    return tuple(AmendmentCase[name] for name in (line.amendment_case or "").split())


def of_revocation(line: RequestLine, *, sender_id: int | None) -> RevocationFacts:
    """The facts on which `rules.revocations` decides. Raises ValueError without a certificate."""
    certificate, device = _certificate(line), device_of(line)
    owner = certificate.person
    organisation = certificate.kind is SubscriberKind.ORGANISATION
    return RevocationFacts(
        name=certificate.common_name,
        serial_number=certificate.serial_number,
        kind=certificate.kind,
        ground=RevocationGround(line.revocation_ground),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        revoked_at=certificate.revoked_at,
        paper=identity_of(owner) if owner is not None else IdentityPaper(),
        tax_code=(certificate.agency.tax_code or "") if organisation else "",
        email=email_of(certificate),
        device_serial=device_serial(line),
        device_kind=device.kind if device is not None else None,
        subscriber_is_sender=organisation and certificate.agency_id == sender_id,
    )


def of_unlock(line: RequestLine) -> UnlockFacts:
    """The facts on which `rules.unlocks` decides. Raises ValueError without a device."""
    if line.device is None:
        raise ValueError("an unlock needs a device")
    device, certificate = line.device, line.certificate
    return UnlockFacts(
        name=certificate.common_name if certificate is not None else "",
        device_serial=device_serial(line),
        kind=device.kind,
        state=device.state,
        agency_name=workplace_of(line),
        email=email_of_unlock(line),
        phone_number=device.phone_number or "",
        not_after=certificate.not_after if certificate is not None else None,
        revoked_at=certificate.revoked_at if certificate is not None else None,
    )


def of_issuance(
    line: RequestLine,
    *,
    central: bool,
    on: date,
    standing_serial: str = "",
    official_domains: Collection[str] = (),
) -> IssuanceFacts:
    """The facts on which `rules.issuances` decides."""
    if line.subject_agency is not None:
        agency = line.subject_agency
        return OrganisationIssuance(
            name=agency.name,
            address=agency.address,
            tax_code=agency.tax_code or "",
            budget_code=agency.budget_code or "",
            province=agency.province,
            email=agency.email or "",
            has_legal_personality=agency.has_legal_personality,
            standing_serial=standing_serial,
            official_domains=official_domains,
        )
    if line.system is not None:
        return _of_system(line.system, standing_serial, official_domains)
    if line.person is None:
        raise ValueError("a first issue needs a subscriber")
    person = line.person
    return IndividualIssuance(
        name=person.full_name,
        birth_on=person.birth_on,
        paper=identity_of(person),
        email=person.email or "",
        agency_name=person.agency.name,
        province=person.agency.province,
        position=title_of(person),
        phone=person.phone or "",
        sim=line.sim_pki or "",
        device_kind=device_kind_wanted(line, central=central),
        belongs=person.left_on is None or person.left_on > on,
        standing_serial=standing_serial,
        official_domains=official_domains,
    )


def employer_of(line: RequestLine) -> Agency | None:
    """The agency whose official mail the subscriber of a first issue uses."""
    owner = line.person or line.system
    return line.subject_agency or (owner.agency if owner is not None else None)


def _of_system(
    system: System, standing_serial: str, official_domains: Collection[str]
) -> SystemIssuance:
    return SystemIssuance(
        name=system.name,
        system_kind=system.kind,
        version=system.edition,
        agency_name=system.agency.name,
        province=system.agency.province,
        email=system.email or system.agency.email or "",
        standing_serial=standing_serial,
        official_domains=official_domains,
    )


def of_reissue(line: RequestLine) -> ReissueFacts:
    """The facts on which `rules.reissues` decides. Raises ValueError without an old certificate."""
    old, device = _certificate(line), device_of(line)
    return ReissueFacts(
        name=name_of(line),
        serial_number=old.serial_number,
        kind=old.kind,
        not_after=old.not_after,
        revoked_at=old.revoked_at,
        renewals=old.renewals,
        carried_serial=display_serial(old.serial_number),
        device_kind=device.kind if device is not None else None,
        device_handed_over=device is not None and device.state is DeviceState.RETURNED_TO_CA,
    )


def device_kind_wanted(line: RequestLine, *, central: bool) -> DeviceKind:
    """Where the new key is to live."""
    if line.system is not None:
        return line.system.key_store or DeviceKind.PKI_TOKEN
    if central:
        return DeviceKind.CENTRAL
    return DeviceKind.SIM_PKI if line.sim_pki else DeviceKind.PKI_TOKEN


def subscriber_key(line: RequestLine) -> tuple[SubscriberKind, int]:
    """Whose certificates the line is about: the kind and the number of the subscriber."""
    kind = subscriber_of(line)
    if line.subject_agency is not None:
        return kind, line.subject_agency.id
    if line.system is not None:
        return kind, line.system.id
    return kind, line.person.id if line.person is not None else 0


def identity_of(person: Person) -> IdentityPaper:
    """The papers of a person without the number itself: only that one is on file."""
    number = _ON_FILE if person.citizen_id_cipher is not None else ""
    return IdentityPaper(number, person.citizen_id_issued_on, person.citizen_id_issued_by or "")


def title_of(person: Person) -> str:
    """The position of a person today, the main one first; "" when none is known."""
    current: list[Position] = [each for each in person.positions if each.until_on is None]
    current.sort(key=lambda each: not each.is_primary)
    return current[0].title if current else ""


def email_of(certificate: Certificate) -> str:
    """The address registered when the certificate was issued, else that of its owner today."""
    owner = certificate.person
    return certificate.email or (owner.email if owner is not None else "") or ""


def email_of_unlock(line: RequestLine) -> str:
    """The official address of the subscriber whose device it is."""
    if line.certificate is not None and (known := email_of(line.certificate)):
        return known
    holder = line.device.holder if line.device is not None else None
    return (holder.email if holder is not None else "") or ""


def workplace_of(line: RequestLine) -> str:
    """Cơ quan, tổ chức công tác of the subscriber whose device it is."""
    if line.certificate is not None:
        return line.certificate.agency.name
    return line.device.agency.name if line.device is not None else ""


def device_serial(line: RequestLine) -> str:
    """Số hiệu thiết bị as printed on it, else as its driver or the authority's notice says."""
    device = device_of(line)
    if device is None:
        return ""
    return device.printed_serial or device.driver_serial or device.notice_serial or ""


def _certificate(line: RequestLine) -> Certificate:
    if line.certificate is None:
        raise ValueError("this line needs a certificate")
    return line.certificate
