"""How a certificate that was read stands to the register: known, new, a renewal, whose.

It is matched to a person by key, e-mail address or the serial of the token it lies on, never by
name alone. The same key of the same subscriber with a later end is a renewal (RFC 3647, 4.6), with
the same end an amendment (Điều 14 NĐ 68/2024/NĐ-CP keeps the period); everything else begins a
chain of unknown history.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from models import Agency, Certificate, Device, Person, PersonEmail
from rules.certificate_content import CertificateContent
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.days import expires_on, vietnam_day
from rules.documents import ImportVerdict
from rules.findings import Finding, Severity, finding
from rules.law import Law, LawError
from rules.names import fold
from rules.renewals import RenewedCertificate, check_renewed_certificate
from rules.serials import display_serial, normalise_serial

BY_KEY, BY_EMAIL, BY_SERIAL = "key", "email", "serial"

Subscriber = tuple[SubscriberKind, int | None]


@dataclass(frozen=True)
class Standing:
    """One certificate against the register, and what saving it would write.

    `registered` is the row of the very same certificate; `predecessor` the one it renews or amends;
    `successor` a later one already registered that would follow it. `renewals` None is unknown.
    """

    content: CertificateContent
    verdict: ImportVerdict
    reason: str = ""
    kind: SubscriberKind = SubscriberKind.INDIVIDUAL
    person: Person | None = None
    matched_by: str = ""
    agency: Agency | None = None
    device: Device | None = None
    origin: CertificateOrigin = CertificateOrigin.UNKNOWN
    renewals: int | None = None
    chain_id: int | None = None
    predecessor: Certificate | None = None
    successor: Certificate | None = None
    registered: Certificate | None = None
    remarks: tuple[str, ...] = ()

    @property
    def last_day(self) -> date:
        """The Vietnamese day on which the certificate ends."""
        return expires_on(self.content.not_after)


@dataclass(frozen=True)
class Register:
    """What the register knows about some certificates, read in a fixed number of statements.

    Only what lies in the agency's own subtree is offered; a certificate registered elsewhere is
    known to be there, and nothing more is said about it.
    """

    top: Agency
    certificates: Sequence[Certificate] = ()
    people: Sequence[tuple[str, Person, bool]] = ()  # address, whose, whether it is the current one
    devices: Sequence[Device] = ()
    agencies: Sequence[Agency] = ()

    @classmethod
    def read(
        cls,
        session: Session,
        top: Agency,
        contents: Sequence[CertificateContent],
        token_serials: Iterable[str],
    ) -> "Register":
        """Everything that could match these contents or tokens, inside `top` and its units."""
        emails = {one.email for one in contents if one.email}
        inside = Agency.path.startswith(top.path)
        certificates = session.scalars(
            select(Certificate)
            .where(
                or_(
                    Certificate.sha256.in_({one.sha256 for one in contents}),
                    Certificate.public_key_sha256.in_({one.public_key_sha256 for one in contents}),
                    Certificate.serial_number.in_({one.serial_number for one in contents}),
                )
            )
            .options(
                joinedload(Certificate.person),
                joinedload(Certificate.device),
                joinedload(Certificate.agency),
            )
        ).all()
        agencies = session.scalars(select(Agency).where(inside, Agency.email.in_(emails))).all()
        return cls(
            top=top,
            certificates=certificates,
            people=_people(session, top, emails),
            devices=_devices(session, top, token_serials),
            agencies=agencies,
        )

    def holds(self, row: Certificate) -> bool:
        """True when the row lies in the agency's own subtree."""
        return row.agency.path.startswith(self.top.path)

    def person_of(self, email: str | None) -> tuple[Person | None, bool]:
        """The one person of this address, and whether several share it."""
        if not email:
            return None, False
        now = {row.id: row for address, row, current in self.people if address == email and current}
        ever = {row.id: row for address, row, _ in self.people if address == email}
        for found in (now, ever):
            if found:
                return (next(iter(found.values())), False) if len(found) == 1 else (None, True)
        return None, False

    def device_of(self, token_serial: str | None) -> Device | None:
        """The one device that bears this serial."""
        if not token_serial:
            return None
        wanted = normalise_serial(token_serial)
        found = [row for row in self.devices if normalise_serial(row.driver_serial or "") == wanted]
        return found[0] if len(found) == 1 else None


def _people(
    session: Session, top: Agency, emails: Collection[str]
) -> list[tuple[str, Person, bool]]:
    if not emails:
        return []
    inside = Agency.path.startswith(top.path)
    current = session.scalars(
        select(Person)
        .join(Agency, Person.agency_id == Agency.id)
        .where(inside, Person.email.in_(emails))
        .options(joinedload(Person.agency))
    ).all()
    ever = session.scalars(
        select(PersonEmail)
        .join(Person, PersonEmail.person_id == Person.id)
        .join(Agency, Person.agency_id == Agency.id)
        .where(inside, PersonEmail.email.in_(emails))
        .options(joinedload(PersonEmail.person).joinedload(Person.agency))
    ).all()
    return [(row.email or "", row, True) for row in current] + [
        (row.email, row.person, False) for row in ever
    ]


def _devices(session: Session, top: Agency, serials: Iterable[str]) -> Sequence[Device]:
    written = {form for one in serials for form in (one, one.strip(), normalise_serial(one))}
    if not written:
        return ()
    return session.scalars(
        select(Device)
        .join(Agency, Device.agency_id == Agency.id)
        .where(Agency.path.startswith(top.path), Device.driver_serial.in_(written))
        .options(joinedload(Device.holder).joinedload(Person.agency))
    ).all()


def standing(
    register: Register,
    content: CertificateContent,
    token_serial: str | None,
    *,
    subscriber: Subscriber | None = None,
) -> Standing:
    """How one certificate stands to the register; `subscriber` overrides whose it seems to be."""
    known = _known(register, content)
    if known is not None:
        return known
    same_key = [
        row
        for row in register.certificates
        if row.public_key_sha256 == content.public_key_sha256 and register.holds(row)
    ]
    found = _whose(register, content, token_serial, same_key)
    wanted = subscriber or _subscriber_of(found)
    mine = [row for row in same_key if _subscriber(row) == wanted]
    found = _in_chain(found, mine)
    others = {row.common_name for row in same_key if _subscriber(row) != wanted}
    if others:
        names = ", ".join(sorted(others))
        found = _remark(found, f"Khóa công khai trùng với chứng thư trong sổ của: {names}.")
    return found


def _known(register: Register, content: CertificateContent) -> Standing | None:
    """The same certificate, or another one under the same issuer and serial (RFC 5280, 4.1.2.2)."""
    for row in register.certificates:
        if row.sha256 == content.sha256:
            if register.holds(row):
                return Standing(
                    content, ImportVerdict.SAME, "Chứng thư này đã có trong sổ.", registered=row
                )
            return Standing(
                content,
                ImportVerdict.REFUSED,
                "Chứng thư này đã có trong sổ, ở cơ quan ngoài phạm vi lần nhập này.",
            )
    for row in register.certificates:
        if (row.issuer, row.serial_number) == (content.issuer[:500], content.serial_number):
            return Standing(
                content,
                ImportVerdict.REFUSED,
                f"Số hiệu {display_serial(content.serial_number)} của nơi cấp này đã có trong sổ "
                "cho một chứng thư khác. Hãy kiểm tra lại tệp.",
            )
    return None


def _whose(
    register: Register,
    content: CertificateContent,
    token_serial: str | None,
    same_key: Sequence[Certificate],
) -> Standing:
    """Whose it seems to be: by its address, else by its key, else by the token it lies on."""
    found = Standing(content, ImportVerdict.CHANGED if same_key else ImportVerdict.NEW)
    device = register.device_of(token_serial)
    latest = max(same_key, key=lambda row: row.not_after, default=None)
    person, shared = register.person_of(content.email)
    if shared:
        found = _remark(found, f"Có nhiều cá nhân cùng dùng địa chỉ {content.email}.")
    if person is not None:
        found = replace(found, person=person, matched_by=BY_EMAIL)
        if fold(content.common_name) != fold(person.full_name):
            found = _remark(found, f"Tên trên chứng thư khác tên trong sổ: {person.full_name}.")
    elif agency := next((row for row in register.agencies if row.email == content.email), None):
        found = replace(found, kind=SubscriberKind.ORGANISATION, agency=agency, matched_by=BY_EMAIL)
    elif latest is not None:
        found = replace(
            found,
            kind=latest.kind,
            person=latest.person,
            agency=latest.agency if latest.person is None else None,
            matched_by=BY_KEY,
        )
    elif device is not None and device.holder is not None:
        found = replace(found, person=device.holder, matched_by=BY_SERIAL)
    if device is not None and found.person is not None and device.holder_id != found.person.id:
        holder = device.holder.full_name if device.holder else "chưa ghi cho ai"
        found = _remark(found, f"Thiết bị {device.internal_code} trong sổ: người sử dụng {holder}.")
    return replace(found, device=device or (latest.device if latest else None))


def _in_chain(found: Standing, mine: Sequence[Certificate]) -> Standing:
    """Renewal, amendment, or the beginning of a chain, among the subscriber's own with its key."""
    content = found.content
    before = [row for row in mine if row.not_after < content.not_after]
    level = [row for row in mine if row.not_after == content.not_after]
    after = [row for row in mine if row.not_after > content.not_after]
    if level:
        last = max(level, key=lambda row: (row.not_before, row.id))
        return replace(
            found,
            origin=CertificateOrigin.AMENDED,
            renewals=last.renewals,
            chain_id=last.chain_id,
            predecessor=last,
        )
    if before:
        last = max(before, key=lambda row: (row.not_after, row.id))
        # Renewed at least this once, even where what came before is not known.
        return replace(
            found,
            origin=CertificateOrigin.RENEWED,
            renewals=(last.renewals or 0) + 1,
            chain_id=last.chain_id,
            predecessor=last,
        )
    if after:
        following = min(after, key=lambda row: (row.not_after, row.id))
        found = replace(found, chain_id=following.chain_id)
        unknown = following.origin is CertificateOrigin.UNKNOWN
        if unknown and following.predecessor_id is None:
            return replace(found, successor=following)
        return _remark(
            found,
            f"Sổ đã có chứng thư sau của cùng khóa, số {display_serial(following.serial_number)}, "
            "với lịch sử khác. Hãy xem lại lịch sử của chứng thư đó.",
        )
    return found


def _subscriber(row: Certificate) -> Subscriber:
    if row.kind is SubscriberKind.INDIVIDUAL:
        return row.kind, row.person_id
    return row.kind, row.agency_id


def _subscriber_of(found: Standing) -> Subscriber | None:
    if found.person is not None:
        return found.kind, found.person.id
    return (found.kind, found.agency.id) if found.agency is not None else None


def _remark(found: Standing, words: str) -> Standing:
    return replace(found, remarks=(*found.remarks, words))


def findings_on(found: Standing, law: Law) -> tuple[Finding, ...]:
    """What the law says about a renewal that was granted, by the law of the day it began.

    Nothing for other certificates, nor for days before the decree. The authority has already
    decided, so the person is told and decides; nothing is refused.
    """
    old, new = found.predecessor, found.content
    if old is None or found.origin is not CertificateOrigin.RENEWED:
        return ()
    on = vietnam_day(new.not_before)
    try:
        told = check_renewed_certificate(
            RenewedCertificate(
                old.serial_number, old.not_before, old.not_after, old.public_key_sha256
            ),
            RenewedCertificate(
                new.serial_number, new.not_before, new.not_after, new.public_key_sha256
            ),
            on=on,
            law=law,
        )
        once = law.parameter("renewal.max_times", on=on)
    except LawError:
        return ()
    if found.renewals is not None and found.renewals > once.number:
        told += (
            finding(
                "import.renewed_again",
                Severity.SHOULD,
                f"Đây là lần gia hạn thứ {found.renewals} của cùng một khóa; chứng thư chỉ được "
                f"gia hạn {once.number:02d} lần.",
                "Kiểm tra lại lịch sử của chuỗi chứng thư, hỏi lại Tổ chức cung cấp dịch vụ.",
                once.provision,
            ),
        )
    return told
