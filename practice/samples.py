"""Each prescribed form drawn with fixed practice people; no database, no day, no chance."""

from collections.abc import Callable, Mapping
from datetime import date

import regulations
from letters import renewal_request as mau_04
from practice import people
from practice.people import EAST, PROVINCE, PersonPlan
from rules.law import LawError
from rules.signers import SignerFacts, SigningAuthority, signature_lines

_BORN_AS_OF = date(2025, 7, 1)  # Only birthdays depend on it, and no form prints one.
_SERIALS = ("1A2B3C4D5E6F7081", "1A2B3C4D5E6F7082", "1A2B3C4D5E6F7083")


class NoSuchForm(Exception):
    """No such form or regulation; the message is a Vietnamese sentence."""


def draw(form_number: str, regulation: str) -> bytes:
    """Draw one form ("04") as it is where a regulation applies ("decree_68_2024"); returns a PDF.

    Raises `NoSuchForm`, and `letters.errors.LetterError` when the fonts are missing.
    """
    form = _FORMS.get(form_number.strip().zfill(2))
    if form is None:
        known = ", ".join(_FORMS)
        raise NoSuchForm(f"Chưa có Mẫu số {form_number}; các mẫu hiện có: {known}.")
    if regulation != people.REGULATION:  # The decree itself; else a regulation that lies over it.
        try:
            regulations.load().under(regulation)
        except LawError as error:
            raise NoSuchForm(f"Không có văn bản quy định nào mang tên {regulation}.") from error
    return form()


def _renewal() -> bytes:
    everybody = people.people(_BORN_AS_OF)
    commune = next(office for office in people.agencies() if office.key == EAST)
    officers = [one for one in everybody if one.agency.split(".")[0] == EAST]
    chairman, contact = officers[0], officers[4]
    facts = SignerFacts(SigningAuthority.HEAD, chairman.positions[0].title)
    letter = mau_04.RenewalLetter(
        agency=commune.name.upper(),
        agency_name=commune.name,
        parent_agency=f"Ủy ban nhân dân {PROVINCE}".upper(),
        symbol=f"{commune.abbreviation}-VP",
        place=commune.place,
        contact=_contact(contact, commune.name),
        lines=tuple(
            mau_04.RenewalLine(
                certificate_name=person.name,
                serial_number=serial,
                official_email=person.email or "",
                renew=True,
            )
            for person, serial in zip(officers[15:18], _SERIALS, strict=True)
        ),
        signer=mau_04.Signer(lines=signature_lines(facts), name=chairman.name),
        copies_to=("Sở Khoa học và Công nghệ tỉnh Thử Nghiệm (để theo dõi)",),
        drafted_by="VP",
    )
    return mau_04.draw(letter).pdf


def _contact(person: PersonPlan, office: str) -> mau_04.ContactPerson:
    return mau_04.ContactPerson(
        full_name=person.name,
        citizen_id=person.citizen_id,
        citizen_id_issued_on=date(2024, 1, 1),
        citizen_id_issued_by=people.CITIZEN_ID_ISSUER,
        position=person.positions[0].title,
        mobile_phone=person.phone,
        official_email=person.email or "",
        delivery_address=f"{office}, đường Thử Nghiệm, {PROVINCE}",
    )


_FORMS: Mapping[str, Callable[[], bytes]] = {"04": _renewal}
