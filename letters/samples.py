"""Every form drawn with made-up data: what `cli letters sample` and the screen of forms show.

The office, the people and where the letter goes come in; the words are those of the form. A form
whose layout is inferred says so at the top of its sample.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from letters import (
    agency_issuance,
    paper_samples,
    person_issuance,
    renewal_request,
    revocation_request,
    system_issuance,
    unlock_request,
)
from letters.blanks import Blanks
from letters.decree30 import DrawnLetter, Medium, Sheet, Signer
from letters.prescribed import FormText, PrescribedForm
from letters.requests import ContactPerson, ListPlacement, RequestLetter
from rules.certificates import SubscriberKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePerson:
    """Somebody who does not exist."""

    full_name: str
    birth_on: date
    citizen_id: str
    citizen_id_issued_on: date
    citizen_id_issued_by: str
    official_email: str
    position: str
    mobile_phone: str
    agency_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOffice:
    """A managing body that does not exist, with at least three people beside its contact."""

    agency: str
    agency_name: str
    parent_agency: str
    symbol: str
    drafted_by: str
    place: str
    province: str
    address: str
    official_email: str
    signer: Signer
    contact: SamplePerson
    people: tuple[SamplePerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCase:
    """The office, and what the regulation decides: who receives the letter, who is copied.

    `remark` stands at the top of the sample: that the regulation is still a draft, for example.
    `count` lines are drawn; beyond the office's people they repeat. `words` replaces the words of
    the file.
    """

    office: SampleOffice
    addressees: tuple[str, ...] = ()
    copies_to: tuple[str, ...] = ()
    medium: Medium = Medium.DIGITAL
    placement: ListPlacement = ListPlacement.AUTO
    remark: str = ""
    count: int = 3
    words: Mapping[str, FormText] = field(default_factory=dict)

    def people(self) -> list[tuple[int, SamplePerson]]:
        """As many as lines are wanted, numbered from 1."""
        known = self.office.people
        return [(number + 1, known[number % len(known)]) for number in range(self.count)]


@dataclass(frozen=True, slots=True)
class Sample:
    """A form with its data, ready for any setter (the page, Word)."""

    text: FormText
    sheet: Sheet
    compose: Callable[[Any, Blanks], Any]
    draw: Callable[[], DrawnLetter]


def _words(case: SampleCase, text: FormText) -> FormText:
    return case.words.get(text.form.number, text)


def remarks(case: SampleCase, form: PrescribedForm) -> str:
    """What a reader of this sample must know first: an inferred layout, a draft regulation."""
    inferred = f"Ghi chú của phần mềm: {form.note}" if form.is_inferred else ""
    return " ".join(filter(None, (case.remark, inferred)))


def _contact(office: SampleOffice) -> ContactPerson:
    person = office.contact
    return ContactPerson(
        full_name=person.full_name,
        citizen_id=person.citizen_id,
        citizen_id_issued_on=person.citizen_id_issued_on,
        citizen_id_issued_by=person.citizen_id_issued_by,
        position=person.position,
        agency_name=person.agency_name,
        mobile_phone=person.mobile_phone,
        official_email=person.official_email,
        delivery_address=office.address,
    )


def _common(case: SampleCase, text: FormText) -> dict[str, Any]:
    office = case.office
    return {
        "agency": office.agency,
        "agency_name": office.agency_name,
        "parent_agency": office.parent_agency,
        "symbol": office.symbol,
        "place": office.place,
        "addressees": case.addressees,
        "contact": _contact(office),
        "signer": office.signer,
        "copies_to": case.copies_to,
        "drafted_by": office.drafted_by,
        "medium": case.medium,
        "placement": case.placement,
        "remark": remarks(case, text.form),
    }


def serial_number(number: int) -> str:
    """A serial that no authority gave."""
    return f"{0x1A2B_3C4D_5E6F_7080 + number:016X}"


def device_serial_number(number: int) -> str:
    """A device that nobody made."""
    return f"TN{number:08}"


def _sample(module: Any, letter: RequestLetter[object], text: FormText) -> Sample:
    return Sample(
        text,
        letter.sheet,
        lambda setter, blanks: module.compose(letter, setter, blanks, text),
        lambda: module.draw(letter, text),
    )


def _people(case: SampleCase) -> Sample:
    text = _words(case, person_issuance.TEXT)
    lines = tuple(
        person_issuance.PersonIssuanceLine(
            full_name=person.full_name,
            birth_on=person.birth_on,
            citizen_id=person.citizen_id,
            citizen_id_issued_on=person.citizen_id_issued_on,
            citizen_id_issued_by=person.citizen_id_issued_by,
            official_email=person.official_email,
            agency_name=person.agency_name,
            province=case.office.province,
            position=person.position,
            mobile_phone=person.mobile_phone,
            old_serial_number=serial_number(number) if number % 3 == 2 else "",
            sim_pki="Viettel/cs" if number % 3 == 0 else "",
        )
        for number, person in case.people()
    )
    letter = person_issuance.PersonIssuanceLetter(lines=lines, **_common(case, text))
    return _sample(person_issuance, letter, text)


def _agencies(case: SampleCase) -> Sample:
    text, office = _words(case, agency_issuance.TEXT), case.office
    lines = tuple(
        agency_issuance.AgencyIssuanceLine(
            name=office.agency_name if number == 1 else f"Đơn vị Thử Nghiệm số {number:02}",
            address=office.address,
            tax_code=f"0000{number:06}",
            budget_code=f"000{number:04}",
            province=office.province,
            official_email=office.official_email,
        )
        for number in range(1, case.count + 1)
    )
    letter = agency_issuance.AgencyIssuanceLetter(
        lines=lines,
        attachments=("Quyết định thành lập các cơ quan, tổ chức trong danh sách",),
        **_common(case, text),
    )
    return _sample(agency_issuance, letter, text)


_SYSTEMS = (
    ("Hệ thống thông tin giải quyết thủ tục hành chính Thử Nghiệm", "Phần mềm", "Phiên bản 0.0"),
    ("Dịch vụ tiếp nhận văn bản Thử Nghiệm", "Dịch vụ", "van-ban.thunghiem.example"),
    ("Máy chủ ký số Thử Nghiệm", "Thiết bị", "192.0.2.10"),
)


def _systems(case: SampleCase) -> Sample:
    text, office = _words(case, system_issuance.TEXT), case.office
    lines = tuple(
        system_issuance.SystemIssuanceLine(
            name=name,
            category=category,
            version=version,
            agency_name=office.agency_name,
            province=office.province,
            official_email=office.official_email,
            key_device="HSM" if category == "Thiết bị" else "PKI Token",
        )
        for name, category, version in (_SYSTEMS[n % len(_SYSTEMS)] for n in range(case.count))
    )
    letter = system_issuance.SystemIssuanceLetter(lines=lines, **_common(case, text))
    return _sample(system_issuance, letter, text)


def _renewal(case: SampleCase) -> Sample:
    text = _words(case, renewal_request.TEXT)
    lines = tuple(
        renewal_request.RenewalLine(
            certificate_name=person.full_name,
            serial_number=serial_number(number),
            official_email=person.official_email,
            renew=True,
        )
        for number, person in case.people()
    )
    letter = renewal_request.RenewalLetter(lines=lines, **_common(case, text))
    return _sample(renewal_request, letter, text)


def _revocation(case: SampleCase) -> Sample:
    text, office = _words(case, revocation_request.TEXT), case.office
    people = tuple(
        revocation_request.RevocationLine(
            subscriber=SubscriberKind.INDIVIDUAL,
            certificate_name=person.full_name,
            citizen_id=person.citizen_id,
            citizen_id_issued_on=person.citizen_id_issued_on,
            citizen_id_issued_by=person.citizen_id_issued_by,
            official_email=person.official_email,
            serial_number=serial_number(number),
            device_serial_number=device_serial_number(number),
            reason="Thôi việc",
        )
        for number, person in case.people()[:-1]
    )
    body = revocation_request.RevocationLine(
        subscriber=SubscriberKind.ORGANISATION,
        certificate_name="Đơn vị Thử Nghiệm đã giải thể",
        tax_code="0000000009",
        budget_code="0000009",
        official_email=office.official_email,
        serial_number=serial_number(case.count),
        device_serial_number=device_serial_number(case.count),
        reason="Cơ quan, tổ chức giải thể",
    )
    letter = revocation_request.RevocationLetter(lines=(*people, body), **_common(case, text))
    return _sample(revocation_request, letter, text)


def _unlock(case: SampleCase) -> Sample:
    text = _words(case, unlock_request.TEXT)
    lines = tuple(
        unlock_request.UnlockLine(
            device_serial_number=device_serial_number(number),
            certificate_name=person.full_name,
            agency_name=person.agency_name,
            official_email=person.official_email,
        )
        for number, person in case.people()
    )
    letter = unlock_request.UnlockLetter(lines=lines, **_common(case, text))
    return _sample(unlock_request, letter, text)


def _minutes(number: str) -> Callable[[SampleCase], Sample]:
    """Mẫu 07 to 09, whose made-up data are in letters.paper_samples."""
    module, build = paper_samples.PRESCRIBED[number]

    def sample(case: SampleCase) -> Sample:
        text = _words(case, module.TEXT)
        data = build(case, remarks(case, text.form))
        return Sample(
            text,
            data.sheet,
            lambda setter, blanks: module.compose(data, setter, blanks, text),
            lambda: module.draw(data, text),
        )

    return sample


#: Number of the form -> the words of its file, for screens that show or correct them.
TEXTS: Mapping[str, FormText] = MappingProxyType(
    {
        module.TEXT.form.number: module.TEXT
        for module in (
            person_issuance,
            agency_issuance,
            system_issuance,
            renewal_request,
            revocation_request,
            unlock_request,
            *(module for module, _ in paper_samples.PRESCRIBED.values()),
        )
    }
)

#: Number of the form -> its sample.
SAMPLES: Mapping[str, Callable[[SampleCase], Sample]] = MappingProxyType(
    {
        "01": _people,
        "02": _agencies,
        "03": _systems,
        "04": _renewal,
        "05": _revocation,
        "06": _unlock,
        **{number: _minutes(number) for number in paper_samples.PRESCRIBED},
    }
)
