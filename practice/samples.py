"""Each prescribed form with fixed practice people; no database, no day, no chance."""

from datetime import date
from functools import cache

import regulations
from letters import catalogue, samples, word
from letters.decree30 import Signer
from letters.samples import Sample, SampleOffice, SamplePerson
from practice import people
from practice.people import EAST, PROVINCE, PersonPlan
from rules.law import Law, LawError
from rules.signers import SignerFacts, SigningAuthority, signature_lines

_BORN_AS_OF = date(2025, 7, 1)
_AS_OF = date(2026, 11, 2)  # The law of this day: a sample must not change overnight.
_CONTACT, _FIRST = 4, 15  # Places in the commune, counted from its chairman.


class NoSuchForm(Exception):
    """No such form or regulation; the message is a Vietnamese sentence."""


def draw(form_number: str, regulation: str) -> bytes:
    """Draw one form ("04") as it is where a regulation applies ("decree_68_2024"); returns a PDF.

    Raises `NoSuchForm`, and `letters.errors.LetterError` when the fonts are missing.
    """
    return sample(form_number, regulation).draw().pdf


def draw_docx(form_number: str, regulation: str) -> bytes:
    """The same words as .docx. Raises like `draw`."""
    drawn = sample(form_number, regulation)
    return word.draw(drawn.compose, drawn.sheet)


def sample(form_number: str, regulation: str) -> Sample:
    """One form ("04") with its data as they are where a regulation applies. Raises NoSuchForm."""
    number = form_number.strip().zfill(2)
    form = catalogue.FORMS.get(f"mau_{number}")
    if form is None:
        known = ", ".join(samples.SAMPLES)
        raise NoSuchForm(f"Chưa có Mẫu số {form_number}; các mẫu hiện có: {known}.")
    return form.sample(
        catalogue.sample_case(form.key, law=_law(regulation), on=_AS_OF, office=_office())
    )


def _law(regulation: str) -> Law:
    law = regulations.load()
    if regulation == people.REGULATION:  # The decree itself; else a regulation that lies over it.
        return law
    try:
        return law.under(regulation, as_if_in_force=True)
    except LawError as error:
        known = ", ".join(one.key for one in law.instruments if one.over is not None)
        raise NoSuchForm(
            f"Không có văn bản quy định nào mang tên {regulation}; "
            f"các tên hiện có: {people.REGULATION}, {known}."
        ) from error


@cache
def _office() -> SampleOffice:
    everybody = people.people(_BORN_AS_OF)
    units = {office.key: office for office in people.agencies()}
    commune = units[EAST]
    officers = [one for one in everybody if one.agency.split(".")[0] == EAST]
    chairman = officers[0]
    facts = SignerFacts(SigningAuthority.HEAD, chairman.positions[0].title)
    with_email = [one for one in officers[_FIRST:] if one.email]
    return SampleOffice(
        agency=commune.name.upper(),
        agency_name=commune.name,
        parent_agency=f"Ủy ban nhân dân {PROVINCE}".upper(),
        symbol=f"{commune.abbreviation}-VP",
        drafted_by="VP",
        place=commune.place,
        province=PROVINCE,
        address=f"{commune.name}, đường Thử Nghiệm, {PROVINCE}",
        official_email=commune.email,
        signer=Signer(signature_lines(facts), chairman.name),
        contact=_person(officers[_CONTACT], units[officers[_CONTACT].agency].name),
        people=tuple(_person(one, units[one.agency].name) for one in with_email),
    )


def _person(person: PersonPlan, agency_name: str) -> SamplePerson:
    return SamplePerson(
        full_name=person.name,
        birth_on=person.birth_on,
        citizen_id=person.citizen_id,
        citizen_id_issued_on=date(2024, 1, 1),
        citizen_id_issued_by=people.CITIZEN_ID_ISSUER,
        official_email=person.email or "",
        position=person.positions[0].title,
        mobile_phone=person.phone,
        agency_name=agency_name,
    )
