"""From the rows of a request to the frozen data of its letter; nothing is drawn or written here."""

from letters import renewal_request as mau_04
from models import CertificateRequest, Person, RequestLine
from operations.certificate_requests import facts_of_signer
from operations.personal import CitizenIds, WrongKey
from operations.request_moves import Drawn
from rules.devices import DeviceKind
from rules.serials import display_serial
from rules.signers import signature_lines
from views.guards import settings


def draw_letter(request: CertificateRequest) -> Drawn:
    """Draw the letter of a request as its rows say now; what is missing stays visibly blank.

    Raises `letters.errors.LetterError` (Vietnamese) when it cannot be drawn.
    """
    drawn = mau_04.draw(renewal_letter(request))
    anchors = {
        name: {
            "page": anchor.page,
            "x1": anchor.x1,
            "y1": anchor.y1,
            "x2": anchor.x2,
            "y2": anchor.y2,
            "style": anchor.style,
            "size": anchor.size,
            "align": anchor.align,
        }
        for name, anchor in drawn.anchors.items()
    }
    return Drawn(drawn.pdf, anchors, drawn.missing)


def renewal_letter(request: CertificateRequest) -> mau_04.RenewalLetter:
    """The data of Mẫu số 04."""
    agency = request.agency
    parent = agency.parent
    signer = facts_of_signer(request)
    medium = mau_04.Medium.WET if request.wet_signature else mau_04.Medium.DIGITAL
    return mau_04.RenewalLetter(
        agency=_head_name(agency.name),
        agency_name=agency.name,
        parent_agency=_head_name(parent.name) if parent is not None else "",
        symbol=f"{agency.abbreviation}-{request.drafting_unit}".strip("-"),
        place=agency.place_name,
        addressees=(request.addressee,),
        contact=contact(request),
        lines=tuple(line(each) for each in request.lines),
        signer=mau_04.Signer(
            lines=signature_lines(signer) if signer is not None else (),
            name=request.signer.full_name if request.signer is not None else "",
        ),
        copies_to=tuple(each.strip() for each in request.copies_to.splitlines() if each.strip()),
        drafted_by=request.drafting_unit,
        medium=medium,
    )


def _head_name(name: str) -> str:
    """The name as the head of a letter writes it: in capitals, "UBND" spelt out."""
    spelt = name.replace("UBND", "Ủy ban nhân dân")
    return spelt.upper()


def contact(request: CertificateRequest) -> mau_04.ContactPerson:
    """Mục 1 of the letter: the person who receives the certificates, with the citizen id opened."""
    person = request.contact
    if person is None:
        return mau_04.ContactPerson(delivery_address=request.contact_address)
    return mau_04.ContactPerson(
        full_name=person.full_name,
        citizen_id=citizen_id(person),
        citizen_id_issued_on=person.citizen_id_issued_on,
        citizen_id_issued_by=person.citizen_id_issued_by or "",
        position=_title(person),
        mobile_phone=person.phone or "",
        official_email=person.email or "",
        delivery_address=request.contact_address,
    )


def citizen_id(person: Person) -> str:
    """The citizen id in the clear, for a letter; empty when unknown or not to be opened."""
    if person.citizen_id_cipher is None:
        return ""
    try:
        return CitizenIds(settings().citizen_key).open(person.citizen_id_cipher, person.id)
    except WrongKey:
        return ""


def _title(person: Person) -> str:
    current = [each for each in person.positions if each.until_on is None]
    current.sort(key=lambda each: not each.is_primary)
    return current[0].title if current else ""


def line(each: RequestLine) -> mau_04.RenewalLine:
    """One line of the list in mục 2; the e-mail is the one registered when it was issued."""
    certificate = each.certificate
    if certificate is None:
        return mau_04.RenewalLine(renew=each.renews, amend=each.amends)
    device = certificate.device
    on_sim = device is not None and device.kind is DeviceKind.SIM_PKI
    owner = certificate.person
    return mau_04.RenewalLine(
        certificate_name=certificate.common_name,
        serial_number=display_serial(certificate.serial_number),
        official_email=certificate.email or (owner.email if owner is not None else "") or "",
        signing_phone=(device.phone_number or "") if on_sim and device is not None else "",
        renew=each.renews,
        amend=each.amends,
    )
