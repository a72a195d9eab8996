"""What a reorganisation touches: agencies, people, devices, certificates, accounts; and what it
asks for. Read only, in a fixed number of statements for any number of people.

A body below the agency that has a seal and legal personality of its own (a school under a commune)
goes on as it is and only hangs elsewhere; everything else is part of the agency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from models import Agency, Certificate, CertificateRequest, Device, Person, User, UserRole
from operations import law as house
from rules.agency_changes import (
    AffectedCertificate,
    AgencyChange,
    ChangeFacts,
    Proposal,
    check_change,
    propose,
)
from rules.certificates import SubscriberKind
from rules.findings import Finding
from rules.law import Law
from rules.requests import NOT_YET_SENT
from rules.staff_changes import StaffChange as Kind
from schema.changes import StaffChange

_GOING = tuple(
    one.value for one in (Kind.RETIRED, Kind.LEFT_SERVICE, Kind.DECEASED, Kind.MOVED_TO_OTHER_BODY)
)


@dataclass(frozen=True)
class Plan:
    """One act as it is planned. `unit_ids` and `person_ids` go over in a split; `ends`: the split
    agency ceases with it.
    """

    agency_id: int
    kind: AgencyChange
    effective_on: date
    decision: str = ""
    successor_id: int | None = None
    new_name: str = ""
    new_email_domain: str = ""
    unit_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()
    ends: bool = False


@dataclass(frozen=True)
class Scope:
    """What a plan touches. `inside`: the agency and those of its units that are part of it;
    `bodies`: bodies of their own right below, which go on.
    """

    plan: Plan
    agency: Agency
    successor: Agency | None
    inside: Sequence[Agency]
    bodies: Sequence[Agency]
    people: Sequence[Person]
    certificates: Sequence[Certificate]
    grants: Sequence[UserRole] = ()
    devices: int = 0
    open_requests: int = 0
    leaving: frozenset[int] = field(default=frozenset())
    successor_has_certificate: bool = False
    sender: Agency | None = None

    @property
    def inside_ids(self) -> list[int]:
        """Numbers of the agency and its inner units."""
        return [one.id for one in self.inside]

    def facts(self) -> ChangeFacts:
        """The facts as the rules want them."""
        plan, to = self.plan, self.successor
        survives = plan.kind is AgencyChange.RENAME or (
            plan.kind is AgencyChange.SPLIT and not plan.ends
        )
        return ChangeFacts(
            change=plan.kind,
            agency=self.agency.name,
            effective_on=plan.effective_on,
            successor=to.name if to else "",
            new_name=plan.new_name,
            new_email_domain=plan.new_email_domain,
            decision=plan.decision,
            survives=survives,
            successor_has_certificate=self.successor_has_certificate,
            successor_may_send=to is None or (to.has_own_seal and to.has_legal_personality),
        )

    def findings(self) -> tuple[Finding, ...]:
        """What is missing or wrong in the plan itself."""
        return check_change(self.facts())

    def proposals(self, *, on: date, law: Law) -> tuple[Proposal, ...]:
        """Every act that the plan asks for, on the day that letters can be received at best."""
        day = max(on, self.plan.effective_on)
        affected = [
            AffectedCertificate(
                one.id,
                one.common_name,
                one.kind,
                one.not_after,
                one.revoked_at,
                stays=one.person_id not in self.leaving,
            )
            for one in self.certificates
        ]
        own = house.law_for(law, self.sender or self.agency)
        return propose(self.facts(), affected, received_on=day, law=own)


def scope_of(session: Session, plan: Plan, *, on: date) -> Scope:
    """Everything that a plan touches. The agency must exist; the successor may be none."""
    agency = session.get_one(Agency, plan.agency_id)
    successor = session.get(Agency, plan.successor_id) if plan.successor_id else None
    inside, bodies = _parts(session, agency, plan)
    ids = [one.id for one in inside]
    people = _people(session, plan, ids)
    person_ids = [one.id for one in people]
    return Scope(
        plan=plan,
        agency=agency,
        successor=successor,
        inside=inside,
        bodies=bodies,
        people=people,
        certificates=_certificates(session, plan, ids, set(person_ids), on),
        grants=_grants(session, plan, ids),
        devices=_count_devices(session, ids),
        open_requests=_open_requests(session, ids),
        leaving=_leaving(session, ids),
        successor_has_certificate=_has_certificate(session, plan.successor_id, on),
        sender=house.sender_for(session, agency),
    )


def moved_people(scope: Scope) -> list[Person]:
    """Those who get another agency in the register: in a split, only those named one by one."""
    if scope.plan.kind is AgencyChange.SPLIT:
        wanted = set(scope.plan.person_ids)
        return [one for one in scope.people if one.id in wanted]
    return list(scope.people)


def _parts(session: Session, agency: Agency, plan: Plan) -> tuple[list[Agency], list[Agency]]:
    """The agency with its inner units, and the bodies of their own right below, topmost only."""
    below = session.scalars(
        select(Agency)
        .where(Agency.path.startswith(agency.path))
        .order_by(house.DEPTH, Agency.sort_key)
    ).all()
    bodies = [
        one
        for one in below
        if one.id != agency.id and one.has_own_seal and one.has_legal_personality
    ]
    top = [
        one for one in bodies if not any(_under(one, each) for each in bodies if each is not one)
    ]
    inside = [one for one in below if not any(_under(one, body) for body in top)]
    if plan.kind is AgencyChange.SPLIT:
        units = [one for one in inside if one.id in plan.unit_ids]
        inside = [one for one in inside if any(_under(one, unit) for unit in units)]
    return inside, top


def _under(one: Agency, other: Agency) -> bool:
    return one.path.startswith(other.path)


def _people(session: Session, plan: Plan, inside: list[int]) -> list[Person]:
    where: ColumnElement[bool] = Person.agency_id.in_(inside)
    if plan.kind is AgencyChange.SPLIT:
        where = where | Person.id.in_(plan.person_ids)
    return list(
        session.scalars(
            select(Person).where(where, Person.left_on.is_(None)).order_by(Person.sort_key)
        )
    )


def _certificates(
    session: Session, plan: Plan, inside: list[int], people: set[int], on: date
) -> list[Certificate]:
    """Those still standing that the change is about; the bytes of each stay in the database."""
    where: ColumnElement[bool] = Certificate.agency_id.in_(inside)
    if plan.kind is AgencyChange.SPLIT:
        # Certificates of people follow the people; those of the old agency are asked about once.
        owns = Certificate.agency_id.in_([*inside, plan.agency_id])
        others = owns & (Certificate.kind != SubscriberKind.INDIVIDUAL)
        where = Certificate.person_id.in_(people) | others
    return list(
        session.scalars(
            select(Certificate)
            .where(where, Certificate.revoked_at.is_(None), Certificate.expires_on >= on)
            .order_by(Certificate.kind, Certificate.sort_key, Certificate.id)
        )
    )


def _grants(session: Session, plan: Plan, inside: list[int]) -> list[UserRole]:
    if plan.kind in (AgencyChange.RENAME, AgencyChange.SPLIT):
        return []
    return list(
        session.scalars(
            select(UserRole)
            .where(UserRole.agency_id.in_(inside))
            .options(joinedload(UserRole.user).joinedload(User.person))
            .order_by(UserRole.id)
        )
    )


def _leaving(session: Session, inside: list[int]) -> frozenset[int]:
    """Those with an open staff change that takes them out: they do not go on to the successor."""
    return frozenset(
        session.scalars(
            select(StaffChange.person_id).where(
                StaffChange.agency_id.in_(inside),
                StaffChange.closed_at.is_(None),
                StaffChange.kind.in_(_GOING),
            )
        )
    )


def _open_requests(session: Session, inside: list[int]) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                CertificateRequest.agency_id.in_(inside),
                CertificateRequest.state.in_(NOT_YET_SENT),
            )
        )
        or 0
    )


def _count_devices(session: Session, inside: list[int]) -> int:
    return session.scalar(select(func.count()).where(Device.agency_id.in_(inside))) or 0


def _has_certificate(session: Session, agency_id: int | None, on: date) -> bool:
    if agency_id is None:
        return False
    found = session.scalar(
        select(Certificate.id)
        .where(
            Certificate.agency_id == agency_id,
            Certificate.kind == SubscriberKind.ORGANISATION,
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= on,
        )
        .limit(1)
    )
    return found is not None
