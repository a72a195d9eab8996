"""From the rows of a request to the frozen data of its letter; nothing is drawn or written here.

The lines of each form are in `letters_of_lines`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from letters import (
    agency_issuance,
    person_issuance,
    renewal_request,
    revocation_request,
    system_issuance,
    unlock_request,
)
from letters.decree30 import DrawnLetter, Medium, Signer
from letters.prescribed import FormText
from letters.requests import ContactPerson, RequestLetter
from models import CertificateRequest
from operations.line_facts import title_of
from operations.request_attachments import attachments_of
from operations.request_documents import Drawn
from operations.request_signers import facts_of_signer
from rules.names import head_name
from rules.signers import signature_lines
from views import letters_of_lines as lines_of
from views.form_words import words_for
from views.letters_of_lines import citizen_id
from views.request_gaps import form_of


class Form(NamedTuple):
    """One prescribed form: its letter, its lines from rows, and how it is drawn."""

    letter: Callable[..., RequestLetter[Any]]
    line: Callable[[Any], Any]
    draw: Callable[[Any, FormText | None], DrawnLetter]


FORMS = {
    "01": Form(person_issuance.PersonIssuanceLetter, lines_of.person_line, person_issuance.draw),
    "02": Form(agency_issuance.AgencyIssuanceLetter, lines_of.agency_line, agency_issuance.draw),
    "03": Form(system_issuance.SystemIssuanceLetter, lines_of.system_line, system_issuance.draw),
    "04": Form(renewal_request.RenewalLetter, lines_of.change_line, renewal_request.draw),
    "05": Form(
        revocation_request.RevocationLetter, lines_of.revocation_line, revocation_request.draw
    ),
    "06": Form(unlock_request.UnlockLetter, lines_of.unlock_line, unlock_request.draw),
}


def draw_letter(request: CertificateRequest) -> Drawn:
    """Draw the letter of a request as its rows say now; what is missing stays visibly blank.

    Raises `letters.errors.LetterError` (Vietnamese) when it cannot be drawn.
    """
    number = form_of(request)
    drawn = FORMS[number].draw(letter_of(request), words_for(f"mau_{number}"))
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


def letter_of(request: CertificateRequest) -> RequestLetter[Any]:
    """The frozen data of the prescribed form that fits the request."""
    form = FORMS[form_of(request)]
    agency, parent = request.agency, request.agency.parent
    signer = facts_of_signer(request)
    more: dict[str, Any] = {}
    if form.letter is person_issuance.PersonIssuanceLetter:
        more["central_signing"] = request.central_signing
    return form.letter(
        agency=head_name(agency.name),
        agency_name=agency.name,
        parent_agency=head_name(parent.name) if parent is not None else "",
        symbol=f"{agency.abbreviation}-{request.drafting_unit}".strip("-"),
        place=agency.place_name,
        addressees=(request.addressee,),
        contact=contact(request),
        lines=tuple(form.line(each) for each in request.lines),
        signer=Signer(
            lines=signature_lines(signer) if signer is not None else (),
            name=request.signer.full_name if request.signer is not None else "",
        ),
        copies_to=tuple(each.strip() for each in request.copies_to.splitlines() if each.strip()),
        drafted_by=request.drafting_unit,
        attachments=tuple(one.title for one in attachments_of(request)),
        medium=Medium.WET if request.wet_signature else Medium.DIGITAL,
        **more,
    )


def contact(request: CertificateRequest) -> ContactPerson:
    """Mục 1 of the letter: the person who receives the certificates, with the citizen id opened."""
    person = request.contact
    if person is None:
        return ContactPerson(delivery_address=request.contact_address)
    return ContactPerson(
        full_name=person.full_name,
        citizen_id=citizen_id(person),
        citizen_id_issued_on=person.citizen_id_issued_on,
        citizen_id_issued_by=person.citizen_id_issued_by or "",
        position=title_of(person),
        agency_name=person.agency.name,
        mobile_phone=person.phone or "",
        official_email=person.email or "",
        delivery_address=request.contact_address,
    )
