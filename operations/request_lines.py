"""From chosen subjects to the lines that a request would get; nothing is written here.

Pages show these lines with their findings, and the draft takes the very same lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Agency, Certificate, Device, Person, RequestLine, System
from operations.line_facts import device_kind_wanted, email_of
from operations.request_rows import MOST_LINES, subscriber_of
from operations.transactions import Refused
from rules.amendments import AmendmentCase
from rules.certificates import SubscriberKind
from rules.holds import (
    amendment_hold,
    issuance_hold,
    renewal_hold,
    revocation_hold,
    unlock_hold,
)
from rules.names import fold
from rules.requests import LineState, RequestKind
from rules.revocation_grounds import RevocationGround

Row = TypeVar("Row", Agency, Certificate, Device, Person, System)

WITH_CERTIFICATE = (
    joinedload(Certificate.device),
    joinedload(Certificate.person),
    joinedload(Certificate.agency),
    joinedload(Certificate.system).joinedload(System.agency),
)
_PERSON = (joinedload(Person.agency), selectinload(Person.positions))
_LONGEST = 300


@dataclass(frozen=True)
class Chosen:
    """The numbers of what was ticked, in order, whatever the list was."""

    certificates: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    agencies: tuple[int, ...] = ()
    systems: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return any((self.certificates, self.people, self.agencies, self.systems, self.devices))


@dataclass(frozen=True)
class Wish:
    """What a letter is to ask for, and on which terms for all its lines.

    `sim` is the column "SIM PKI" of Mẫu số 01; `cases` empty means: what the register shows to have
    changed. `both` asks for renewal and amendment in one line of Mẫu số 04.
    """

    kind: RequestKind
    planned_receipt_on: date
    subscriber_kind: SubscriberKind | None = None
    central: bool = False
    sim: str = ""
    ground: RevocationGround = RevocationGround.MANAGING_AGENCY
    cases: tuple[AmendmentCase, ...] = ()
    both: bool = False


def lines_for(
    session: Session, wish: Wish, chosen: Chosen, known: Sequence[Certificate] | None = None
) -> list[RequestLine]:
    """The lines that these subjects would be, in the order chosen; unknown numbers are left out.

    `known`: the chosen certificates, where they were loaded already (with `WITH_CERTIFICATE`).
    Raises `Refused` for more subjects than a letter takes.
    """
    total = sum(map(len, (chosen.certificates, chosen.people, chosen.agencies)))
    if total + len(chosen.systems) + len(chosen.devices) > MOST_LINES:
        raise Refused(f"Một văn bản đề nghị có tối đa {MOST_LINES} dòng. Hãy chia ra.")
    certificates = (
        list(known)
        if known is not None
        else by_number(session, Certificate, chosen.certificates, WITH_CERTIFICATE)
    )
    match wish.kind:
        case RequestKind.ISSUANCE:
            return _issuances(session, wish, chosen, certificates)
        case RequestKind.UNLOCK:
            return _unlocks(session, chosen)
        case RequestKind.REVOCATION:
            return [_revocation(row, wish) for row in certificates]
        case _:
            return [_change(row, wish) for row in certificates]


def by_number(
    session: Session, model: type[Row], ids: Iterable[int], options: Iterable[Any] = ()
) -> list[Row]:
    """The rows of these numbers in the order given, each once."""
    order = list(dict.fromkeys(ids))
    if not order:
        return []
    rows = session.scalars(select(model).where(model.id.in_(order)).options(*options)).unique()
    found = {row.id: row for row in rows}
    return [found[number] for number in order if number in found]


def _line(**more: Any) -> RequestLine:
    return RequestLine(**{"renews": False, "amends": False, "state": LineState.OPEN} | more)


def _change(row: Certificate, wish: Wish) -> RequestLine:
    """One line of Mẫu số 04."""
    renews = wish.both or wish.kind is RequestKind.RENEWAL
    amends = wish.both or wish.kind is RequestKind.AMENDMENT
    line = _line(certificate=row, chain_id=row.chain_id, renews=renews, amends=amends)
    line.hold = hold_of(line, wish.kind)
    if amends:
        cases, before, after = proposed_change(row)
        if wish.cases and set(wish.cases) != set(cases):
            known = dict(zip(cases, zip(before, after, strict=True), strict=True))
            cases = wish.cases
            before = [known.get(case, (contents(row, case), ""))[0] for case in cases]
            after = [known.get(case, ("", ""))[1] for case in cases]
        line.amendment_case = " ".join(case.name for case in cases)
        line.information_before = "\n".join(before)[:_LONGEST] if any(before) else ""
        line.information_after = "\n".join(after)[:_LONGEST] if any(after) else ""
    return line


def proposed_change(
    row: Certificate,
) -> tuple[tuple[AmendmentCase, ...], list[str], list[str]]:
    """What the register knows better than the certificate: cases, old words and new words."""
    found: list[tuple[AmendmentCase, str, str]] = []
    owner = row.person
    name = owner.full_name if owner is not None else ""
    address = (owner.email if owner is not None else row.agency.email) or ""
    if row.kind is SubscriberKind.ORGANISATION:
        name = row.agency.name
    if row.kind is SubscriberKind.SYSTEM:
        name, address = (row.system.name if row.system is not None else ""), ""
    if name and fold(name) != fold(row.common_name):
        found.append((AmendmentCase.NAME, row.common_name, name))
    if row.kind is SubscriberKind.INDIVIDUAL:
        known = email_of(row)
        if address and known and address.casefold() != known.casefold():
            found.append((AmendmentCase.EMAIL, known, address))
    return (
        tuple(case for case, _, _ in found),
        [old for _, old, _ in found],
        [new for _, _, new in found],
    )


def contents(row: Certificate, case: AmendmentCase) -> str:
    """What the certificate says now about what a case changes; "" where it does not say it."""
    if case is AmendmentCase.EMAIL:
        return row.email or ""
    if case is AmendmentCase.NAME:
        return row.common_name
    return ""


def _revocation(row: Certificate, wish: Wish) -> RequestLine:
    line = _line(certificate=row, chain_id=row.chain_id, revocation_ground=wish.ground.value)
    line.hold = revocation_hold(row.id)
    return line


def _unlocks(session: Session, chosen: Chosen) -> list[RequestLine]:
    options = (
        joinedload(Device.agency),
        joinedload(Device.holder),
        selectinload(Device.certificates).options(
            joinedload(Certificate.person), joinedload(Certificate.agency)
        ),
    )
    devices = by_number(session, Device, chosen.devices, options)
    return [
        _line(
            device=row,
            certificate=_current(row),
            hold=unlock_hold(row.id),
        )
        for row in devices
    ]


def _current(device: Device) -> Certificate | None:
    """The certificate on a device that ends last, one not revoked before one that is."""
    rows = sorted(device.certificates, key=lambda row: (row.revoked_at is None, row.expires_on))
    return rows[-1] if rows else None


def _issuances(
    session: Session, wish: Wish, chosen: Chosen, certificates: Sequence[Certificate]
) -> list[RequestLine]:
    """People, agencies or systems, and those whose old certificate was chosen (Điều 21)."""
    match wish.subscriber_kind:
        case SubscriberKind.ORGANISATION:
            agencies = by_number(session, Agency, chosen.agencies)
            lines = [_line(subject_agency=row) for row in agencies]
            lines += [
                _line(subject_agency=row.agency, certificate=row)
                for row in certificates
                if row.kind is SubscriberKind.ORGANISATION
            ]
        case SubscriberKind.SYSTEM:
            systems = by_number(session, System, chosen.systems, [joinedload(System.agency)])
            lines = [_line(system=row) for row in systems]
            lines += [
                _line(system=row.system, certificate=row)
                for row in certificates
                if row.system is not None
            ]
        case _:
            lines = _people(session, wish, chosen, certificates)
    for line in lines:
        line.chain_id = line.certificate.chain_id if line.certificate is not None else None
        line.hold = hold_of(line, RequestKind.ISSUANCE, central=wish.central)
    return list({line.hold: line for line in reversed(lines)}.values())[::-1]


def _people(
    session: Session, wish: Wish, chosen: Chosen, certificates: Sequence[Certificate]
) -> list[RequestLine]:
    owners = [row.person_id for row in certificates if row.person_id is not None]
    people = {row.id: row for row in by_number(session, Person, (*chosen.people, *owners), _PERSON)}
    lines = [
        _line(person=people[row.person_id], certificate=row, sim_pki=wish.sim)
        for row in certificates
        if row.person_id in people
    ]
    lines += [
        _line(person=people[number], sim_pki=wish.sim)
        for number in chosen.people
        if number in people
    ]
    return lines


def hold_of(line: RequestLine, kind: RequestKind, *, central: bool = False) -> str:
    """What an open line keeps for itself (`rules.holds`). Raises ValueError without a subject."""
    if kind is RequestKind.UNLOCK and line.device is not None:
        return unlock_hold(line.device.id)
    if kind is RequestKind.ISSUANCE:
        subject = line.subject_agency or line.system or line.person
        if subject is not None:
            wanted = device_kind_wanted(line, central=central)
            return issuance_hold(subscriber_of(line), subject.id, wanted)
    if line.certificate is not None:
        if kind is RequestKind.REVOCATION:
            return revocation_hold(line.certificate.id)
        if line.renews:
            return renewal_hold(line.certificate.chain_id)
        return amendment_hold(line.certificate.id)
    raise ValueError("a line has a subject")
