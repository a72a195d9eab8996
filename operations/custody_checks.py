"""What the rules say about an act on devices: facts from the rows, in a fixed number of statements.

The words and the weights are those of `rules/handovers.py` and `rules/recalls.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Agency,
    Certificate,
    Device,
    Entrustment,
    Person,
    Position,
    User,
    UserRole,
)
from operations.custody_history import RevocationLetter, revocation_letters
from operations.law import chains_of, laws_for, laws_of
from operations.transactions import Refused
from rules.agencies import sender_of
from rules.certificates import SubscriberKind
from rules.findings import Finding
from rules.handovers import HandoverFacts, check_correction, check_handover
from rules.law import Law
from rules.lifecycle import CustodyAct
from rules.names import fold
from rules.permissions import Role
from rules.recalls import CertificateOnDevice, RecallFacts, check_return

CLERK_WORDS = ("van thu",)
IT_WORDS = ("cong nghe thong tin", "cntt", "chuyen doi so")
_GIVES = frozenset({CustodyAct.HAND_OVER, CustodyAct.GIVE_BACK})


class RefusedByRule(Refused):
    """A rule refuses; `findings` carry article, message and remedy."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(f"{one.message} {one.remedy}" for one in findings[:3]))
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Decision:
    """The paper that entrusts an agency's device, with its term (last day included)."""

    text: str = ""
    from_on: date | None = None
    until_on: date | None = None


NO_DECISION = Decision()


def serial_of(device: Device) -> str:
    """What a person calls the device: the first serial that is known, else its code."""
    known = device.printed_serial or device.driver_serial or device.notice_serial
    return known or device.internal_code


def findings_of_move(
    session: Session,
    devices: Sequence[Device],
    act: CustodyAct,
    *,
    on: date,
    law: Law,
    holder_id: int | None = None,
    giver_id: int | None = None,
) -> list[Finding]:
    """What the rules say about moving these devices; empty for acts that no rule is about."""
    if act in _GIVES and holder_id is not None:
        receivers = dict.fromkeys((one.id for one in devices), holder_id)
        found = handover_findings(session, devices, receivers, on=on, law=law, giver_id=giver_id)
        return [finding for each in found.values() for finding in each]
    if act is CustodyAct.SEND_TO_AUTHORITY:
        found = return_findings(session, devices, on=on, law=law)
        return [finding for each in found.values() for finding in each]
    return []


def handover_findings(
    session: Session,
    devices: Sequence[Device],
    receivers: Mapping[int, int],
    *,
    on: date,
    law: Law,
    giver_id: int | None = None,
    decision: Decision = NO_DECISION,
    correcting: bool = False,
) -> dict[int, tuple[Finding, ...]]:
    """The findings on giving each device to its receiver (device -> person), by device; or on
    writing down that it is there already (`correcting`).
    """
    check = check_correction if correcting else check_handover
    certificates = certificates_on(session, devices)
    people = _receivers(session, receivers.values())
    clerks = _with_role(session, people, Role.CLERK)
    decided = _decisions(session, certificates, set(receivers.values()), on)
    agencies = _agencies(session, devices)
    chains = _chains(session, agencies.values(), people.values(), on)
    managing = {number: sender_of(above) for number, above in chains.items()}
    laws = laws_of(session, law, chains)
    found = {}
    for device in devices:
        person = people[receivers[device.id]]
        own = living(certificates.get(device.id, []), on)
        known = decision if decision.text else _decision_of(own, person.id, decided)
        facts = HandoverFacts(
            device=serial_of(device),
            device_kind=device.kind,
            receiver_id=person.id,
            receiver_name=person.full_name,
            kinds=frozenset(one.kind for one in own),
            subscribers=_subscribers(own),
            receiver_is_clerk=person.id in clerks or _titled(person, CLERK_WORDS, on),
            receiver_is_it_officer=_titled(person, IT_WORDS, on),
            receiver_left_on=person.left_on,
            receiver_in_agency=_belongs(_workplaces(person, on), device, managing),
            giver_id=giver_id,
            certificates_ended=bool(certificates.get(device.id))
            and not any(_holds(one, on) for one in certificates[device.id]),
            decision=known.text,
            decision_from_on=known.from_on,
            decision_until_on=known.until_on,
        )
        found[device.id] = check(facts, on=on, law=laws[device.agency_id])
    return found


def _subscribers(certificates: Iterable[Certificate]) -> tuple[tuple[int, str], ...]:
    """The people whom the personal certificates on a device name, each once."""
    return tuple(
        dict.fromkeys(
            (one.person_id or 0, one.person.full_name if one.person else one.common_name)
            for one in certificates
            if one.kind is SubscriberKind.INDIVIDUAL
        )
    )


def return_findings(
    session: Session, devices: Sequence[Device], *, on: date, law: Law
) -> dict[int, tuple[Finding, ...]]:
    """The findings on giving each device to the authority with Mẫu số 08, by device."""
    laws = laws_for(session, law, _agencies(session, devices).values())
    facts = recall_facts(session, devices)
    return {one.id: check_return(facts[one.id], on=on, law=laws[one.agency_id]) for one in devices}


def recall_facts(session: Session, devices: Sequence[Device]) -> dict[int, RecallFacts]:
    """What is known of the recall of each device, by device."""
    letters = revocation_letters(session, [one.id for one in devices])
    return recall_facts_from(devices, certificates_on(session, devices), letters)


def recall_facts_from(
    devices: Sequence[Device],
    certificates: Mapping[int, Sequence[Certificate]],
    letters: Sequence[RevocationLetter],
) -> dict[int, RecallFacts]:
    """The same from what is known already: certificates by device, and every Mẫu số 05."""
    notices = {one.device_id: one.noticed_on for one in letters if one.noticed_on}
    return {
        one.id: RecallFacts(
            label=serial_of(one),
            kind=one.kind,
            state=one.state,
            certificates=tuple(
                CertificateOnDevice(each.not_after, each.revoked_at)
                for each in certificates.get(one.id, [])
            ),
            notice_received_on=notices.get(one.id),
        )
        for one in devices
    }


def certificates_on(session: Session, devices: Sequence[Device]) -> dict[int, list[Certificate]]:
    """The certificates on each device with their people, newest last, in one statement."""
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.device_id.in_([one.id for one in devices]))
        .options(joinedload(Certificate.person))
        .order_by(Certificate.not_after, Certificate.id)
    )
    found: dict[int, list[Certificate]] = {}
    for one in rows:
        found.setdefault(one.device_id or 0, []).append(one)
    return found


def living(certificates: Sequence[Certificate], on: date) -> list[Certificate]:
    """Those that hold on a day; when none does, all of them."""
    return [one for one in certificates if _holds(one, on)] or list(certificates)


def _holds(certificate: Certificate, on: date) -> bool:
    return certificate.revoked_at is None and certificate.expires_on >= on


def _receivers(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    wanted = set(ids)
    rows = session.scalars(
        select(Person)
        .where(Person.id.in_(wanted))
        .options(
            joinedload(Person.agency), selectinload(Person.positions).joinedload(Position.agency)
        )
    )
    found = {one.id: one for one in rows}
    if len(found) != len(wanted):
        raise Refused("Không tìm thấy người nhận trong sổ.")
    return found


def _with_role(session: Session, people: Iterable[int], role: Role) -> frozenset[int]:
    rows = session.scalars(
        select(User.person_id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.person_id.in_(list(people)), UserRole.role == role, User.is_active)
    )
    return frozenset(one for one in rows if one is not None)


def _titled(person: Person, words: Sequence[str], on: date) -> bool:
    current = (
        fold(one.title) for one in person.positions if one.until_on is None or one.until_on >= on
    )
    return any(word in title for title in current for word in words)


def _chains(
    session: Session, agencies: Iterable[Agency], people: Iterable[Person], on: date
) -> Mapping[int, Sequence[Agency]]:
    """Each of these units and workplaces with everything above it; one statement."""
    return chains_of(session, chain(agencies, *(_workplaces(one, on) for one in people)))


def _workplaces(person: Person, on: date) -> list[Agency]:
    current = [one.agency for one in person.positions if one.until_on is None or one.until_on >= on]
    return [person.agency, *current]


def _belongs(
    places: Iterable[Agency], device: Device, managing: Mapping[int, Agency | None]
) -> bool:
    """Whether somebody of these places works in the agency of the device, above it or below it, or
    in another unit of the body that manages both (Điều 3: the nearest with a seal of its own).
    """
    number, body = f"/{device.agency_id}/", managing.get(device.agency_id)
    return any(
        one.id == device.agency_id
        or number in one.path
        or f"/{one.id}/" in device.agency.path
        or (body is not None and managing.get(one.id) is body)
        for one in places
    )


def _agencies(session: Session, devices: Sequence[Device]) -> dict[int, Agency]:
    ids = {one.agency_id for one in devices}
    return {one.id: one for one in session.scalars(select(Agency).where(Agency.id.in_(ids)))}


def _decisions(
    session: Session, certificates: Mapping[int, Sequence[Certificate]], people: set[int], on: date
) -> dict[tuple[int, int], Decision]:
    ids = [one.id for each in certificates.values() for one in each]
    rows = session.scalars(
        select(Entrustment)
        .where(
            Entrustment.certificate_id.in_(ids),
            Entrustment.person_id.in_(people),
            or_(Entrustment.until_on.is_(None), Entrustment.until_on >= on),
        )
        .order_by(Entrustment.id)
    )
    return {
        (one.certificate_id, one.person_id): Decision(one.decision, one.from_on, one.until_on)
        for one in rows
    }


def _decision_of(
    certificates: Sequence[Certificate],
    person_id: int,
    decided: Mapping[tuple[int, int], Decision],
) -> Decision:
    for one in certificates:
        if known := decided.get((one.id, person_id)):
            return known
    return NO_DECISION
