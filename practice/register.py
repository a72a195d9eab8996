"""Writes the practice data into the register: all rows and one event, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import insert
from sqlalchemy.orm import Session

import audit
from models import (
    Agency,
    AgencyChange,
    Certificate,
    CertificateChain,
    Device,
    Entrustment,
    Person,
    PersonEmail,
    Position,
    SearchTerm,
    User,
    UserRole,
)
from operations import search
from operations.certificates import contents
from operations.personal import CitizenIds
from practice import people as made_up
from practice.accounts import AccountPlan
from practice.desk import Book
from practice.holdings import LEADER, Case, History, Holding, revocation
from practice.people import AgencyPlan, PersonPlan
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.names import fold, sort_key, text_key
from rules.token_logins import TokenLogin
from sheets.x509 import describe

NOUN = "practice"
_KEPT_BY_AGENCY = {DeviceState.IN_STOCK, DeviceState.RECALLED, DeviceState.RETURNED_TO_CA}
_OLD = timedelta(days=500)


@dataclass(frozen=True)
class IssuedHolding:
    """A holding with the certificates of its chain, oldest first, and its token's serial."""

    holding: Holding
    certificates: tuple[x509.Certificate, ...]
    token_serial: str | None


@dataclass(frozen=True)
class Everything:
    """All that goes into the register. `password_hashes` by user name."""

    id: str
    agencies: tuple[AgencyPlan, ...]
    people: tuple[PersonPlan, ...]
    holdings: tuple[IssuedHolding, ...]
    stock: tuple[tuple[str, Case], ...]
    accounts: tuple[AccountPlan, ...]
    password_hashes: Mapping[str, str]


def write(session: Session, plan: Everything, *, citizen_key: bytes, at: datetime) -> Book:
    """Insert the plan inside the caller's transaction; returns what it became."""
    today = audit.system_actor(at).today
    writer = _Writer(session, at, today, CitizenIds(citizen_key))
    writer.add_agencies(plan.agencies)
    writer.add_people(plan.people)
    writer.add_accounts(plan.accounts, plan.password_hashes)
    writer.add_holdings(plan.holdings, plan.stock)
    session.execute(insert(SearchTerm), writer.terms)
    return writer.book(plan.people)


def record(session: Session, plan: Everything, book: Book, *, at: datetime) -> None:
    """The last event of the making, `practice.created`, inside the caller's transaction."""
    audit.record(
        session,
        "practice.created",
        actor=audit.system_actor(at),
        noun=NOUN,
        object_id=plan.id,
        agency_id=book.agencies[made_up.ROOT],
        people=len(plan.people),
        devices=len(plan.holdings) + len(plan.stock),
        certificates=sum(len(each.certificates) for each in plan.holdings),
    )


class _Writer:
    """Keeps the rows of one writing by their keys in the plan."""

    def __init__(self, session: Session, at: datetime, today: date, ids: CitizenIds) -> None:
        self.session, self.at, self.today, self.ids = session, at, today, ids
        self.agencies: dict[str, Agency] = {}
        self.people: dict[int, Person] = {}
        self.terms: list[dict[str, object]] = []
        self.devices = 0
        self.users: list[User] = []

    def book(self, plans: Iterable[PersonPlan]) -> Book:
        """The numbers of what was written, by its keys."""
        places: Counter[str] = Counter()
        people = {}
        for plan in plans:
            office = plan.agency.split(".")[0]
            people[office, places[office]] = self.people[plan.number].id
            places[office] += 1
        users = {one.username: (one.id, one.person_id or 0) for one in self.users}
        return Book({key: row.id for key, row in self.agencies.items()}, people, users)

    def add_agencies(self, plans: Iterable[AgencyPlan]) -> None:
        for number, plan in enumerate(plans):
            row = _agency(plan, number, self.agencies, self.today - 2 * _OLD)
            self.session.add(row)
            self.session.flush()  # The path of the tree is made of numbers.
            above = self.agencies[plan.parent].path if plan.parent else "/"
            row.path = f"{above}{row.id}/"
            self.agencies[plan.key] = row
        school = self.agencies[f"{made_up.EAST}.TH"]
        self.session.add(
            AgencyChange(
                kind="rename",
                effective_on=self.today - _OLD,
                agency_id=school.id,
                old_name="Trường Tiểu học Thử Nghiệm Cũ",
                new_name=school.name,
                decision="Quyết định số 01/QĐ-THUNGHIEM",
            )
        )

    def add_people(self, plans: Iterable[PersonPlan]) -> None:
        for plan in plans:
            self.people[plan.number] = self._person(plan)
        self.session.add_all(self.people.values())
        self.session.flush()  # A citizen id is sealed to the number of its person.
        for plan in plans:
            row = self.people[plan.number]
            row.citizen_id_cipher = self.ids.seal(plan.citizen_id, row.id)
            self._index(search.PERSON, row.id, search.terms_of_person(row))

    def _person(self, plan: PersonPlan) -> Person:
        row = Person(
            agency_id=self.agencies[plan.agency].id,
            staff_number=plan.staff_number,
            full_name=plan.name,
            name_fold=fold(plan.name),
            sort_key=sort_key(plan.name),
            birth_on=plan.birth_on,
            citizen_id_hash=self.ids.lookup(plan.citizen_id),
            citizen_id_issued_on=self.today - 3 * _OLD,
            citizen_id_issued_by=made_up.CITIZEN_ID_ISSUER,
            phone=plan.phone,
            email=plan.email,
        )
        changed_on = self.today - _OLD
        row.positions = [
            Position(
                agency_id=self.agencies[position.agency].id,
                title=position.title,
                is_primary=turn == 0,
                authority=position.authority,
                from_on=changed_on,
            )
            for turn, position in enumerate(plan.positions)
        ]
        if plan.email:
            before = changed_on - _OLD
            old = PersonEmail(email=plan.old_email, from_on=before, until_on=changed_on)
            row.emails = [old, PersonEmail(email=plan.email, from_on=changed_on)]
        return row

    def add_accounts(self, plans: Iterable[AccountPlan], hashes: Mapping[str, str]) -> None:
        for plan in plans:
            user = User(
                username=plan.username,
                display_name=plan.person.name,
                person_id=self.people[plan.person.number].id,
                password_hash=hashes[plan.username],
                must_change_password=False,  # start.py prints it at every start.
                # The leader may try both ways in: password, or practice token and PIN.
                token_login_mode=TokenLogin.ALSO if plan.token == LEADER else TokenLogin.OFF,
                created_at=self.at,
            )
            user.grants = [UserRole(role=plan.role, agency_id=self.agencies[plan.scope].id)]
            self.users.append(user)
        self.session.add_all(self.users)
        self.session.flush()

    def add_holdings(
        self, issued: Iterable[IssuedHolding], stock: Iterable[tuple[str, Case]]
    ) -> None:
        made = [
            (each, self._device(each.holding.agency, each.holding.case, each)) for each in issued
        ]
        kept = [self._device(agency, case, None) for agency, case in stock]
        chains = [CertificateChain(created_at=self.at) for _ in made]
        self.session.add_all([*(device for _, device in made), *kept, *chains])
        self.session.flush()
        for (each, device), chain in zip(made, chains, strict=True):
            holder = self._holder(each.holding)
            self._index(search.DEVICE, device.id, search.terms_of_device(device, holder))
            present = self._certificates(each, device, chain)[-1]
            if each.holding.kind is SubscriberKind.ORGANISATION and holder is not None:
                self._entrust(present, holder)
        for device in kept:
            self._index(search.DEVICE, device.id, search.terms_of_device(device, None))

    def _entrust(self, certificate: Certificate, clerk: Person) -> None:
        self.session.add(
            Entrustment(
                certificate_id=certificate.id,
                person_id=clerk.id,
                decision="Quyết định số 02/QĐ-THUNGHIEM",
                from_on=self.today - _OLD,
            )
        )

    def _certificates(
        self, each: IssuedHolding, device: Device, chain: CertificateChain
    ) -> list[Certificate]:
        rows: list[Certificate] = []
        for certificate in each.certificates:
            present = certificate is each.certificates[-1]
            row = self._certificate(each.holding, certificate, present=present)
            row.device_id, row.chain_id = device.id, chain.id
            row.predecessor_id = rows[-1].id if rows else None
            self.session.add(row)
            self.session.flush()  # The next one names this one by its number.
            self._index(search.CERTIFICATE, row.id, search.terms_of_certificate(row, device))
            rows.append(row)
        return rows

    def _certificate(
        self, holding: Holding, certificate: x509.Certificate, *, present: bool
    ) -> Certificate:
        content = describe(certificate.public_bytes(Encoding.DER))
        origin, renewals = _origin(holding.case, present=present)
        revoked_ago, reason = revocation(holding.case, present=present)
        owner = self._holder(holding) if holding.kind is SubscriberKind.INDIVIDUAL else None
        return Certificate(
            agency_id=self.agencies[holding.agency].id,
            origin=origin,
            renewals=renewals,
            kind=holding.kind,
            person_id=owner.id if owner else None,
            **contents(content),
            revoked_at=None if revoked_ago is None else self.at - timedelta(days=revoked_ago),
            revocation_reason=reason or None,
            created_at=self.at,
        )

    def _device(self, agency: str, case: Case, issued: IssuedHolding | None) -> Device:
        self.devices += 1
        number = self.devices
        holder = self._holder(issued.holding) if issued else None
        handed_over = case.state is not DeviceState.IN_STOCK and case.device in _HANDED_ON
        on = self.today - timedelta(days=60 + number % 300) if handed_over else None
        in_hand = holder if case.state not in _KEPT_BY_AGENCY else None
        printed = case.serial_known and case.token is None and case.device is not DeviceKind.CENTRAL
        label = case.token or _DEVICE_WORDS[case.device][0]
        return Device(
            agency_id=self.agencies[agency].id,
            kind=case.device,
            state=case.state,
            internal_code=f"TB-{number:04d}",
            printed_serial=f"TN5410{number:08d}" if printed else None,
            driver_serial=issued.token_serial if issued else None,
            notice_serial=f"TN5410{number:08d}" if printed and number % 2 else None,
            label=label,
            model=_DEVICE_WORDS[case.device][1] if case.token is None else "SoftHSM2 (thử nghiệm)",
            generation="Thử nghiệm",
            phone_number=f"0000{900_000 + number:06d}"
            if case.device is DeviceKind.SIM_PKI and case.phone
            else None,
            holder_id=in_hand.id if in_hand else None,
            sort_key=in_hand.sort_key if in_hand else "",
            network="Viettel" if case.device is DeviceKind.SIM_PKI else "",
            received_on=(on or self.today) - timedelta(days=20)
            if case.device is not DeviceKind.CENTRAL
            else None,
            handed_over_on=on,
            handover_minutes=f"{number:02d}/BB-THUNGHIEM" if on and case.minutes else None,
        )

    def _holder(self, holding: Holding) -> Person | None:
        return self.people[holding.person.number] if holding.person else None

    def _index(self, noun: str, object_id: int, terms: set[str]) -> None:
        self.terms += search.rows_for(noun, object_id, terms)
        search.set_text(self.session, noun, object_id, terms)


_HANDED_ON = (DeviceKind.PKI_TOKEN, DeviceKind.SIM_PKI)
_DEVICE_WORDS = {
    DeviceKind.PKI_TOKEN: ("PKI Token THỬ NGHIỆM", "Token thử nghiệm"),
    DeviceKind.SIM_PKI: ("SIM PKI THỬ NGHIỆM", "SIM thử nghiệm"),
    DeviceKind.HSM: ("HSM THỬ NGHIỆM", "HSM thử nghiệm"),
    DeviceKind.CENTRAL: ("Ký số tập trung THỬ NGHIỆM", "Dịch vụ thử nghiệm"),
}


def _agency(plan: AgencyPlan, number: int, known: Mapping[str, Agency], since: date) -> Agency:
    return Agency(
        parent_id=known[plan.parent].id if plan.parent else None,
        code=plan.key,
        identification_code=f"000.{number:02d}",
        name=plan.name,
        name_fold=fold(plan.name),
        sort_key=text_key(plan.name),
        abbreviation=plan.abbreviation,
        level=plan.level,
        kind=plan.kind,
        has_legal_personality=plan.sealed,
        has_own_seal=plan.sealed,
        regulation=made_up.regulation_of(plan),
        place_name=plan.place,
        province=made_up.PROVINCE,
        address=f"Số {number + 1}, đường Thử Nghiệm, {made_up.PROVINCE}",
        email=plan.email,
        phone=f"0000{800_000 + number}",
        established_on=since,
    )


def _origin(case: Case, *, present: bool) -> tuple[CertificateOrigin, int | None]:
    """Origin of a certificate and the renewals along its chain up to it."""
    if case.history is History.UNKNOWN:
        return CertificateOrigin.UNKNOWN, None
    if present and case.history is History.RENEWED:
        return CertificateOrigin.RENEWED, 1
    if present and case.history is History.AMENDED:
        return CertificateOrigin.AMENDED, 0
    return CertificateOrigin.ISSUED, 0
