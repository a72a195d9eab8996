"""From a staff change to what must follow: facts of the person, then the proposals of the rules.

Read in a fixed number of statements for any number of people; the words and grounds are those of
`rules/transfers.py`, under the regulation that the person's agency follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Agency, Certificate, Device, Entrustment, Person, User
from operations import law as house
from operations.follow_ups import Item
from rules.agencies import sender_of
from rules.findings import HOUSE_RULE
from rules.law import Law
from rules.staff_changes import StaffChange as Kind
from rules.transfers import (
    CertificateHeld,
    DeviceHeld,
    Proposal,
    TransferAct,
    TransferFacts,
    proposals_for,
)

T = TypeVar("T")

DAYS_TO_DO = 7
"""House rule: what a change asks for is due a week after it takes effect, or after it is known."""
AMEND, REVOKE = "amend", "revoke"
ACCOUNT = "staff_change.account"
NOTHING_TO_DO = ("transfer.keep", "transfer.nothing_held")
"""Codes that only tell; they close with the change itself."""
LEAVING = (Kind.RETIRED, Kind.LEFT_SERVICE, Kind.DECEASED)
WITHIN = (Kind.MOVED_WITHIN, Kind.POSITION_CHANGED)
_WAYS = {
    TransferAct.AMEND: AMEND,
    TransferAct.REVOKE: REVOKE,
    TransferAct.RECALL_DEVICE: REVOKE,
}
_ABOUT_DEVICES = (TransferAct.RECALL_DEVICE, TransferAct.HOLD_DEVICE)


@dataclass(frozen=True)
class Holdings:
    """What one person holds on the day of writing, with the law of the agency that writes."""

    person: Person
    sender: Agency | None
    law: Law
    certificates: Sequence[Certificate] = ()
    devices: Sequence[Device] = ()
    entrusted: Sequence[Entrustment] = ()
    accounts: Sequence[User] = field(default=())

    def facts(self, kind: Kind, effective_on: date, fits: bool | None) -> TransferFacts:
        """The facts as the rules want them."""
        return TransferFacts(
            name=self.person.full_name,
            change=kind,
            effective_on=effective_on,
            certificates=tuple(
                CertificateHeld(one.serial_number, one.not_after, one.revoked_at)
                for one in self.certificates
            ),
            devices=tuple(
                DeviceHeld(label, one.kind, one.state) for label, one in self.labels.items()
            ),
            fits=fits,
            entrusted=tuple(one.certificate.common_name for one in self.entrusted),
        )

    @property
    def labels(self) -> Mapping[str, Device]:
        """The devices by the code on them; two agencies may have given the same one."""
        found: dict[str, Device] = {}
        for one in self.devices:
            code = one.internal_code
            found[code if code not in found else f"{code} (số {one.id})"] = one
        return found


def holdings_of(
    session: Session, person_ids: Iterable[int], *, on: date, law: Law
) -> dict[int, Holdings]:
    """What these people hold; a fixed number of statements."""
    ids = sorted(set(person_ids))
    people = session.scalars(
        select(Person)
        .where(Person.id.in_(ids))
        .options(joinedload(Person.agency), selectinload(Person.positions))
    ).all()
    agencies = {one.agency_id: one.agency for one in people}.values()
    chains = house.chains_of(session, agencies)
    senders = {number: sender_of(above) for number, above in chains.items()}
    laws = house.laws_of(session, law, chains)
    owned = select(Certificate).where(Certificate.person_id.in_(ids)).order_by(Certificate.id)
    certificates = _grouped(session.scalars(owned), "person_id")
    held = select(Device).where(Device.holder_id.in_(ids)).order_by(Device.id)
    devices = _grouped(session.scalars(held), "holder_id")
    entrusted = _grouped(
        session.scalars(
            select(Entrustment)
            .where(
                Entrustment.person_id.in_(ids),
                or_(Entrustment.until_on.is_(None), Entrustment.until_on >= on),
            )
            .options(joinedload(Entrustment.certificate))
        ),
        "person_id",
    )
    users = select(User).where(User.person_id.in_(ids), User.is_active)
    accounts = _grouped(session.scalars(users), "person_id")
    return {
        one.id: Holdings(
            one,
            senders.get(one.agency_id),
            laws[one.agency_id],
            certificates.get(one.id, ()),
            devices.get(one.id, ()),
            entrusted.get(one.id, ()),
            accounts.get(one.id, ()),
        )
        for one in people
    }


def items_for(
    held: Holdings, kind: Kind, *, effective_on: date, on: date, fits: bool | None = None
) -> list[Item]:
    """Every proposal as lines of one subject each, then the rules of the house; never empty.

    The law is that of the day of the change, or of today if that lies behind.
    """
    facts, day = held.facts(kind, effective_on, fits), max(on, effective_on)
    due_on = day + timedelta(days=DAYS_TO_DO)
    found = []
    for proposal in proposals_for(facts, on=day, law=held.law):
        for one in _each(proposal, facts, day, held.law):
            found.append(_item(one, held, due_on))
    if kind in (*LEAVING, Kind.MOVED_TO_OTHER_BODY):
        found += [_account_item(held.person, one, due_on) for one in held.accounts]
    return found


def _each(proposal: Proposal, facts: TransferFacts, day: date, law: Law) -> list[Proposal]:
    """The proposal for each of its subjects, in a sentence of its own: each is done by itself."""
    if len(proposal.subjects) < 2 or proposal.act is TransferAct.HAND_ON_ENTRUSTMENT:
        return [proposal]
    found = []
    for subject in proposal.subjects:
        if proposal.act in _ABOUT_DEVICES:
            one = tuple(each for each in facts.devices if each.label == subject)
            narrowed = replace(facts, devices=one)
        else:
            kept = tuple(each for each in facts.certificates if each.serial_number == subject)
            narrowed = replace(facts, certificates=kept)
        found += [
            each
            for each in proposals_for(narrowed, on=day, law=law)
            if each.act is proposal.act
            and each.finding.code == proposal.finding.code
            and each.subjects == (subject,)
        ]
    return found


def _item(proposal: Proposal, held: Holdings, due_on: date) -> Item:
    said = proposal.finding
    subject = proposal.subjects[0] if proposal.subjects else ""
    device = held.labels.get(subject) if proposal.act in _ABOUT_DEVICES else None
    certificates = {one.serial_number: one.id for one in held.certificates}
    if proposal.act is TransferAct.HAND_ON_ENTRUSTMENT:
        certificate_id: int | None = held.entrusted[0].certificate_id
    else:
        certificate_id = None if device else certificates.get(subject)
    return Item(
        code=said.code,
        sentence=f"{said.message} {said.remedy}",
        basis=said.basis,
        due_on=None if said.code in NOTHING_TO_DO else due_on,
        person_id=held.person.id,
        device_id=device.id if device else None,
        certificate_id=certificate_id,
        alternative=_WAYS.get(proposal.act, "") if proposal.is_choice else "",
    )


def _account_item(person: Person, user: User, due_on: date) -> Item:
    return Item(
        ACCOUNT,
        f"Tài khoản “{user.username}” của {person.full_name} trong phần mềm còn dùng được. Đề nghị "
        "người quản trị tài khoản khóa hoặc đổi phạm vi.",
        HOUSE_RULE,
        due_on,
        person_id=person.id,
    )


def _grouped(rows: Iterable[T], column: str) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return found
