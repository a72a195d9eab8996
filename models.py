"""Every table of Sổ Token, and nothing but tables.

Behaviour lives elsewhere: law in `rules/`, writes in `operations/`, words in `labels.py`. States
of a certificate are derived, never stored. Personal numbers are encrypted; see `Person`.
Civil dates end in `_on`, aware UTC instants in `_at`.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from rules.agencies import AgencyKind, AgencyLevel
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.documents import DocumentKind, ImportVerdict, JobState, SigningAct
from rules.permissions import Role
from rules.requests import LineState, RequestKind, RequestState
from rules.signers import SigningAuthority
from rules.systems import SystemKind
from rules.token_logins import TokenLogin

Key = BigInteger().with_variant(Integer, "sqlite")


def bytewise(length: int) -> String:
    """Text compared byte by byte on every database, so that ranges of prefixes mean the same."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite forgets the zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Choice(TypeDecorator[Any]):
    """An enum stored by the name of its member, readable in the database and free to grow."""

    impl = String(32)
    cache_ok = True

    def __init__(self, choices: type[StrEnum]) -> None:
        super().__init__(32)
        self.choices = choices

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.choices(value).name

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.choices[value]


# Agencies -------------------------------------------------------------------------------------


class Agency(Base):
    """A body or one of its units, in a tree. `path`, "/1/5/17/", answers for subtrees."""

    __tablename__ = "agency"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    path: Mapped[str] = mapped_column(bytewise(200), default="", index=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    identification_code: Mapped[str | None] = mapped_column(String(40))  # on the document axis
    name: Mapped[str] = mapped_column(String(300))
    name_fold: Mapped[str] = mapped_column(String(300), index=True)
    sort_key: Mapped[str] = mapped_column(bytewise(900), index=True)
    abbreviation: Mapped[str] = mapped_column(
        String(40), default=""
    )  # "UBND", in a letter's number
    level: Mapped[AgencyLevel] = mapped_column(Choice(AgencyLevel))
    kind: Mapped[AgencyKind] = mapped_column(Choice(AgencyKind))
    has_legal_personality: Mapped[bool] = mapped_column(Boolean, default=False)
    has_own_seal: Mapped[bool] = mapped_column(Boolean, default=False)
    regulation: Mapped[str | None] = mapped_column(String(60))  # stem of a file in regulations/
    place_name: Mapped[str] = mapped_column(String(120), default="")  # địa danh of its letters
    province: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(400), default="")
    email: Mapped[str | None] = mapped_column(String(254))
    official_domains: Mapped[str] = mapped_column(  # of mail beside gov.vn, with blanks between
        String(600), default="", server_default=""
    )
    phone: Mapped[str | None] = mapped_column(String(40))
    tax_code: Mapped[str | None] = mapped_column(String(20))
    budget_code: Mapped[str | None] = mapped_column(String(20))
    established_on: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    seal_picture_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    version: Mapped[int] = mapped_column(Integer, default=1)

    parent: Mapped["Agency | None"] = relationship(remote_side=[id], back_populates="children")
    children: Mapped[list["Agency"]] = relationship(back_populates="parent")


class AgencyChange(Base):
    """A merger, split or rename, with its day and the decision behind it."""

    __tablename__ = "agency_change"
    __table_args__ = (CheckConstraint("kind in ('merger','split','rename')", name="kind"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    effective_on: Mapped[date] = mapped_column(Date)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    old_name: Mapped[str] = mapped_column(String(300), default="")
    new_name: Mapped[str] = mapped_column(String(300), default="")
    decision: Mapped[str] = mapped_column(String(300), default="")


# People ---------------------------------------------------------------------------------------


class Person(Base):
    """Cán bộ, công chức, viên chức. The citizen id is encrypted with a key outside the database;
    `citizen_id_hash` is a keyed hash, for looking one up without reading any."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("agency_id", "staff_number"),
        Index("ix_person_agency_sort", "agency_id", "sort_key", "id"),
        Index("ix_person_sort", "sort_key", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    staff_number: Mapped[str | None] = mapped_column(String(40))
    full_name: Mapped[str] = mapped_column(String(200))
    name_fold: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(bytewise(700))
    birth_on: Mapped[date | None] = mapped_column(Date)
    citizen_id_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    citizen_id_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    citizen_id_issued_on: Mapped[date | None] = mapped_column(Date)
    citizen_id_issued_by: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(
        String(254), index=True
    )  # the current one, lower case
    left_on: Mapped[date | None] = mapped_column(Date)
    signature_picture_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    positions: Mapped[list["Position"]] = relationship(
        back_populates="person", order_by="Position.id"
    )
    emails: Mapped[list["PersonEmail"]] = relationship(
        back_populates="person", order_by="PersonEmail.from_on"
    )


class PersonEmail(Base):
    """Official e-mail addresses of a person, past and present."""

    __tablename__ = "person_email"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)

    person: Mapped[Person] = relationship(back_populates="emails")


class Position(Base):
    """A position held; several may be current. `authority` says how its holder signs letters."""

    __tablename__ = "position"
    __table_args__ = (Index("ix_position_agency_current", "agency_id", "until_on"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    title: Mapped[str] = mapped_column(String(200))
    is_primary: Mapped[bool] = mapped_column(Boolean, default=False)
    authority: Mapped[SigningAuthority | None] = mapped_column(Choice(SigningAuthority))
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)

    person: Mapped[Person] = relationship(back_populates="positions")
    agency: Mapped[Agency] = relationship()


# Accounts -------------------------------------------------------------------------------------


class User(Base):
    """An account. What it may do comes from its roles; where, from the scope of each role."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    token_login_mode: Mapped[TokenLogin] = mapped_column(Choice(TokenLogin), default=TokenLogin.OFF)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Integer, default=1)

    person: Mapped[Person | None] = relationship()
    grants: Mapped[list["UserRole"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="UserRole.id"
    )


class UserRole(Base):
    """One role of a user over one agency and everything below it; auditors may have several."""

    __tablename__ = "user_role"
    __table_args__ = (UniqueConstraint("user_id", "role", "agency_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[Role] = mapped_column(Choice(Role))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)

    user: Mapped[User] = relationship(back_populates="grants")
    agency: Mapped[Agency] = relationship()


class LoginSession(Base):
    """One login of one browser. The cookie holds a random value, the database only its hash."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    reauthenticated_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship()


class LoginThrottle(Base):
    """Failed logins of one account from one address; slows that pair down and nobody else."""

    __tablename__ = "login_throttle"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_failure_at: Mapped[datetime] = mapped_column(Instant)
    blocked_until: Mapped[datetime | None] = mapped_column(Instant)


# Devices and certificates ---------------------------------------------------------------------


class Device(Base):
    """Thiết bị lưu khóa bí mật. Its serial may be unreadable: three fields and an internal code.

    `sort_key` is the holder's, copied so that 100,000 rows page by name without a join."""

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("agency_id", "internal_code"),
        Index("ix_device_sort", "sort_key", "id", "state", "kind", "agency_id"),
        Index("ix_device_agency_sort", "agency_id", "sort_key", "id", "state", "kind"),
        Index("ix_device_state_sort", "state", "sort_key", "id", "kind", "agency_id"),
        Index("ix_device_kind_sort", "kind", "sort_key", "id", "state", "agency_id"),
        Index("ix_device_state_kind_sort", "state", "kind", "sort_key", "id", "agency_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[DeviceKind] = mapped_column(Choice(DeviceKind))
    state: Mapped[DeviceState] = mapped_column(Choice(DeviceState))
    internal_code: Mapped[str] = mapped_column(String(40))
    printed_serial: Mapped[str | None] = mapped_column(String(80))
    driver_serial: Mapped[str | None] = mapped_column(String(80), index=True)
    notice_serial: Mapped[str | None] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(120), default="")
    model: Mapped[str] = mapped_column(String(120), default="")
    generation: Mapped[str] = mapped_column(String(60), default="")
    phone_number: Mapped[str | None] = mapped_column(String(40))  # SIM PKI only
    network: Mapped[str] = mapped_column(  # SIM PKI only
        String(40), default="", server_default=""
    )
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    sort_key: Mapped[str] = mapped_column(bytewise(700), default="")
    received_on: Mapped[date | None] = mapped_column(Date)
    handed_over_on: Mapped[date | None] = mapped_column(Date)
    handover_minutes: Mapped[str | None] = mapped_column(String(120))  # number of the biên bản
    note: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    holder: Mapped[Person | None] = relationship()
    certificates: Mapped[list["Certificate"]] = relationship(back_populates="device")


class CertificateChain(Base):
    """Certificates that follow each other by renewal or amendment; a re-issue begins anew."""

    __tablename__ = "certificate_chain"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


_STATE = ("renewals", "revoked_at", "not_before")


_CERTIFICATE_INDEXES = (
    # Each holds whatever decides on the state and the place, so that a page of the register
    # reads rows only for the lines it shows.
    Index("ix_certificate_sort", "sort_key", "id", "expires_on", *_STATE, "kind", "agency_id"),
    Index("ix_certificate_kind_sort", "kind", "sort_key", "id", "expires_on", *_STATE, "agency_id"),
    Index("ix_certificate_expiry", "expires_on", "id", *_STATE, "kind", "agency_id"),
    Index("ix_certificate_kind_expiry", "kind", "expires_on", "id", *_STATE, "agency_id"),
    Index(
        "ix_certificate_agency_sort",
        "agency_id",
        "sort_key",
        "id",
        "expires_on",
        *_STATE,
        "kind",
    ),
    Index("ix_certificate_agency_expiry", "agency_id", "expires_on", "id"),
    Index("ix_certificate_not_before", "not_before"),
    # Partial, so that "not revoked" and "history known", which say little, lure no planner.
    Index(
        "ix_certificate_revoked",
        "revoked_at",
        sqlite_where=text("revoked_at IS NOT NULL"),
        postgresql_where=text("revoked_at IS NOT NULL"),
    ),
    Index(
        "ix_certificate_history_unknown",
        "expires_on",
        "id",
        "sort_key",
        "revoked_at",
        "not_before",
        "kind",
        "agency_id",
        sqlite_where=text("renewals IS NULL"),
        postgresql_where=text("renewals IS NULL"),
    ),
)


class Certificate(Base):
    """Chứng thư chữ ký số chuyên dùng công vụ, with the seven contents of Điều 7 NĐ 68/2024/NĐ-CP.

    `renewals` counts renewals along the chain up to this certificate; NULL: its history is
    unknown and nobody has attested it yet. `expires_on` is the Vietnamese day of `not_after`."""

    __tablename__ = "certificate"
    __table_args__ = _CERTIFICATE_INDEXES

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    chain_id: Mapped[int] = mapped_column(ForeignKey("certificate_chain.id"), index=True)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    origin: Mapped[CertificateOrigin] = mapped_column(Choice(CertificateOrigin))
    renewals: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[SubscriberKind] = mapped_column(Choice(SubscriberKind))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("system.id"), index=True)

    issuer: Mapped[str] = mapped_column(String(500))
    issuer_name: Mapped[str] = mapped_column(String(300))  # its CN
    subject: Mapped[str] = mapped_column(String(1000))
    common_name: Mapped[str] = mapped_column(String(300))
    serial_number: Mapped[str] = mapped_column(String(64), index=True)
    not_before: Mapped[datetime] = mapped_column(Instant)
    not_after: Mapped[datetime] = mapped_column(Instant)
    expires_on: Mapped[date] = mapped_column(Date)
    public_key_sha256: Mapped[str] = mapped_column(String(64), index=True)
    key_type: Mapped[str] = mapped_column(String(20))
    key_bits: Mapped[int] = mapped_column(Integer)
    signature_algorithm: Mapped[str] = mapped_column(String(60))
    limits: Mapped[str] = mapped_column(Text, default="")  # usage limits: key usage, policy
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    der: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sort_key: Mapped[str] = mapped_column(bytewise(700))

    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revocation_reason: Mapped[str | None] = mapped_column(String(60))
    history_attested_on: Mapped[date | None] = mapped_column(Date)
    history_attested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    history_statement: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Instant)
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    person: Mapped[Person | None] = relationship()
    device: Mapped[Device | None] = relationship(back_populates="certificates")
    system: Mapped["System | None"] = relationship()
    chain: Mapped[CertificateChain] = relationship()
    predecessor: Mapped["Certificate | None"] = relationship(remote_side=[id])


class System(Base):
    """Thiết bị, dịch vụ, phần mềm that has, or asks for, a certificate of its own (Mẫu số 03)."""

    __tablename__ = "system"
    __table_args__ = (Index("ix_system_agency_sort", "agency_id", "sort_key", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    name: Mapped[str] = mapped_column(String(300))
    name_fold: Mapped[str] = mapped_column(String(300))
    sort_key: Mapped[str] = mapped_column(bytewise(900))
    kind: Mapped[SystemKind] = mapped_column(Choice(SystemKind))
    edition: Mapped[str] = mapped_column(String(300), default="")  # version, domain, address
    email: Mapped[str | None] = mapped_column(String(254))
    key_store: Mapped[DeviceKind | None] = mapped_column(Choice(DeviceKind))
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    ended_on: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    keeper: Mapped[Person | None] = relationship()


class Entrustment(Base):
    """The decision that entrusts the agency's own certificate and device to its clerk."""

    __tablename__ = "entrustment"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    decision: Mapped[str] = mapped_column(String(300), default="")
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)

    certificate: Mapped[Certificate] = relationship()
    person: Mapped[Person] = relationship()


class SearchTerm(Base):
    """Folded words and serials by which a row is found; kept by `operations/search.py`.

    The row's own `search_text` holds the same terms, for checking a row that is already in hand."""

    __tablename__ = "search_term"
    __table_args__ = (
        Index("ix_search_term_object", "noun", "object_id"),
        {"sqlite_with_rowid": False},
    )

    noun: Mapped[str] = mapped_column(String(16), primary_key=True)  # device, certificate, person
    term: Mapped[str] = mapped_column(bytewise(120), primary_key=True)
    object_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)


# Imports --------------------------------------------------------------------------------------


class ImportBatch(Base):
    """Certificates read from files or from a token, waiting for a person to look and to save."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    source: Mapped[str] = mapped_column(String(16))  # files, token
    created_at: Mapped[datetime] = mapped_column(Instant)
    saved_at: Mapped[datetime | None] = mapped_column(Instant)
    discarded_at: Mapped[datetime | None] = mapped_column(Instant)

    agency: Mapped[Agency] = relationship()
    items: Mapped[list["ImportItem"]] = relationship(
        back_populates="batch", cascade="all, delete-orphan", order_by="ImportItem.id"
    )


class ImportItem(Base):
    """One certificate, or one file that was refused with its reason, of an import."""

    __tablename__ = "import_item"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(260))
    verdict: Mapped[ImportVerdict] = mapped_column(Choice(ImportVerdict))
    reason: Mapped[str] = mapped_column(String(500), default="")
    der: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_serial: Mapped[str | None] = mapped_column(String(80))
    token_label: Mapped[str | None] = mapped_column(String(120))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    matched_by: Mapped[str | None] = mapped_column(String(40))  # e-mail, serial
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))

    batch: Mapped[ImportBatch] = relationship(back_populates="items")
    person: Mapped[Person | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()


# Requests -------------------------------------------------------------------------------------


class CertificateRequest(Base):
    """Yêu cầu chứng thực: the letter of a managing agency, from draft to the authority's answer."""

    __tablename__ = "certificate_request"
    __table_args__ = (
        Index("ix_certificate_request_agency_state", "agency_id", "state", "id"),
        Index("ix_certificate_request_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))  # the sender, with its own seal
    kind: Mapped[RequestKind] = mapped_column(Choice(RequestKind))
    state: Mapped[RequestState] = mapped_column(Choice(RequestState))
    # Whose certificates: chooses Mẫu số 01, 02 or 03 of a first issue; None for the other acts.
    subscriber_kind: Mapped[SubscriberKind | None] = mapped_column(Choice(SubscriberKind))
    central_signing: Mapped[bool] = mapped_column(Boolean, default=False)  # ký số tập trung
    addressee: Mapped[str] = mapped_column(String(300))
    addressee_code: Mapped[str] = mapped_column(String(40), default="")  # on the document axis
    # The department of this installation that handles it, where services are delegated to it.
    addressee_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    copies_to: Mapped[str] = mapped_column(Text, default="")  # Nơi nhận, one line each
    drafting_unit: Mapped[str] = mapped_column(String(40), default="VP")  # in the letter's number
    planned_receipt_on: Mapped[date] = mapped_column(Date)
    wet_signature: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str] = mapped_column(Text, default="")

    contact_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    contact_address: Mapped[str] = mapped_column(String(400), default="")

    signer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signer_title: Mapped[str] = mapped_column(String(200), default="")
    signer_authority: Mapped[SigningAuthority | None] = mapped_column(Choice(SigningAuthority))
    signer_head_title: Mapped[str] = mapped_column(String(200), default="")  # behind KT., TL., TUQ.
    signer_collective: Mapped[str] = mapped_column(String(200), default="")  # behind TM.
    authority_paper: Mapped[str] = mapped_column(String(300), default="")
    authority_until_on: Mapped[date | None] = mapped_column(Date)

    drafted_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision_reason: Mapped[str] = mapped_column(String(1000), default="")
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    document_number: Mapped[str | None] = mapped_column(String(40))
    document_on: Mapped[date | None] = mapped_column(Date)
    sealed_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_on: Mapped[date | None] = mapped_column(Date)  # to the addressee; see RequestSending
    received_on: Mapped[date | None] = mapped_column(Date)  # starts the addressee's clock
    dossier_code: Mapped[str] = mapped_column(String(80), default="")  # at the portal
    result_on: Mapped[date | None] = mapped_column(Date)
    result_note: Mapped[str] = mapped_column(String(1000), default="")
    # The letter that this one sends again, with the lines that came back.
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_request.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship(foreign_keys=[agency_id])
    addressee_agency: Mapped[Agency | None] = relationship(foreign_keys=[addressee_agency_id])
    follows: Mapped["CertificateRequest | None"] = relationship(remote_side=[id])
    contact: Mapped[Person | None] = relationship(foreign_keys=[contact_id])
    signer: Mapped[Person | None] = relationship(foreign_keys=[signer_id])
    drafted_by: Mapped[User] = relationship(foreign_keys=[drafted_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    lines: Mapped[list["RequestLine"]] = relationship(
        back_populates="certificate_request",
        cascade="all, delete-orphan",
        order_by="RequestLine.position",
    )
    documents: Mapped[list["RequestDocument"]] = relationship(
        back_populates="certificate_request", order_by="RequestDocument.id"
    )
    sendings: Mapped[list["RequestSending"]] = relationship(
        back_populates="certificate_request",
        cascade="all, delete-orphan",
        order_by="RequestSending.id",
    )


class RequestLine(Base):
    """One subject of a request, with a state of its own.

    Its subject is a certificate to renew, amend or revoke; a person, agency or system that is to
    get one (`certificate_id` is then the old one, Điều 21); or a device to unlock. `hold` names
    what an open line keeps for itself, "renewal/<chain>": one open renewal per chain."""

    __tablename__ = "request_line"
    __table_args__ = (
        UniqueConstraint("request_id", "certificate_id"),
        Index(
            "uq_request_line_open_hold",
            "hold",
            unique=True,
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        Index("ix_request_line_chain", "chain_id", "is_open"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("certificate_request.id"), index=True)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_chain.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    subject_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("system.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[LineState] = mapped_column(Choice(LineState))
    is_open: Mapped[bool] = mapped_column(Boolean, default=True)
    hold: Mapped[str | None] = mapped_column(String(80))
    renews: Mapped[bool] = mapped_column(Boolean, default=False)
    amends: Mapped[bool] = mapped_column(Boolean, default=False)
    amendment_case: Mapped[str] = mapped_column(String(40), default="")  # rules/amendments.py
    information_before: Mapped[str] = mapped_column(String(300), default="")
    information_after: Mapped[str] = mapped_column(String(300), default="")
    revocation_ground: Mapped[str] = mapped_column(String(40), default="")  # rules/revocations.py
    sim_pki: Mapped[str] = mapped_column(String(40), default="")  # carrier, "cs" to convert
    note: Mapped[str] = mapped_column(String(500), default="")
    overridden_reason: Mapped[str] = mapped_column(String(500), default="")  # of a SHOULD finding
    result_note: Mapped[str] = mapped_column(String(500), default="")
    result_on: Mapped[date | None] = mapped_column(Date)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("request_line.id"))  # sent again

    certificate_request: Mapped[CertificateRequest] = relationship(back_populates="lines")
    certificate: Mapped[Certificate | None] = relationship(foreign_keys=[certificate_id])
    person: Mapped[Person | None] = relationship()
    subject_agency: Mapped[Agency | None] = relationship()
    system: Mapped["System | None"] = relationship()
    device: Mapped[Device | None] = relationship()
    successor: Mapped[Certificate | None] = relationship(foreign_keys=[successor_id])


class RequestSending(Base):
    """One sending of a letter: to its addressee or, as a copy, to another body.

    `sent_on` None: still owed. Each has a proof of its own (Bắc Ninh Điều 6.1)."""

    __tablename__ = "request_sending"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("certificate_request.id"), index=True)
    is_copy: Mapped[bool] = mapped_column(Boolean, default=False)
    recipient: Mapped[str] = mapped_column(String(300))
    recipient_code: Mapped[str] = mapped_column(String(40), default="")
    channel: Mapped[str] = mapped_column(String(60), default="")
    sent_on: Mapped[date | None] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(200), default="")
    proof_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime | None] = mapped_column(Instant)

    certificate_request: Mapped[CertificateRequest] = relationship(back_populates="sendings")


class StoredFile(Base):
    """Bytes, named by their SHA-256. Never changed; the same bytes are kept once."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(Integer)
    media_type: Mapped[str] = mapped_column(String(80))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class RequestDocument(Base):
    """A stored file in its role for a request; `anchors` place its fields and signatures."""

    __tablename__ = "request_document"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("certificate_request.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(Choice(DocumentKind))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(260))
    anchors: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_current: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    certificate_request: Mapped[CertificateRequest] = relationship(back_populates="documents")
    stored_file: Mapped[StoredFile] = relationship()


# Signing --------------------------------------------------------------------------------------


class SigningAgent(Base):
    """A signing program paired with one user: its keys, and when it was last heard of."""

    __tablename__ = "signing_agent"
    __table_args__ = (UniqueConstraint("user_id", "agent_key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    agent_id: Mapped[str] = mapped_column(String(64), index=True)  # a hash over both keys
    agent_key: Mapped[str] = mapped_column(String(64), index=True)  # Ed25519, hexadecimal
    seal_key: Mapped[str] = mapped_column(String(64))  # X25519, hexadecimal
    port: Mapped[int] = mapped_column(Integer)
    program_version: Mapped[str] = mapped_column(String(40), default="")
    paired_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship()


class PairingOffer(Base):
    """A signing program that asked to be paired; the person types its code to accept it."""

    __tablename__ = "pairing_offer"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    offer_id: Mapped[str] = mapped_column(String(64), unique=True)
    commitment: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(120))
    agent_key: Mapped[str] = mapped_column(String(64))
    seal_key: Mapped[str] = mapped_column(String(64))
    port: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proof: Mapped[str | None] = mapped_column(Text)  # the server's answer, once the code was right


class AgentNonce(Base):
    """Nonces of signed agent calls, kept for as long as such a call could be replayed."""

    __tablename__ = "agent_nonce"

    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class SigningJob(Base):
    """One order to sign: bound to session, user, certificate, prepared bytes, field and minutes."""

    __tablename__ = "signing_job"
    __table_args__ = (
        Index(
            "uq_signing_job_open",
            "request_id",
            unique=True,
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        Index(
            "uq_signing_job_open_document",
            "document_id",
            unique=True,
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        Index(
            "uq_signing_job_open_paper",
            "paper_id",
            unique=True,
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_request.id"))
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"))
    # A document of the office has one open job at a time (uq_signing_job_open_document).
    document_id: Mapped[int | None] = mapped_column(ForeignKey("office_document.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    login_session_id: Mapped[int] = mapped_column(ForeignKey("login_session.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("signing_agent.id"))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    act: Mapped[SigningAct] = mapped_column(Choice(SigningAct))
    state: Mapped[JobState] = mapped_column(Choice(JobState))
    is_open: Mapped[bool] = mapped_column(Boolean, default=True)
    claim_id: Mapped[str] = mapped_column(String(64), default="")
    field: Mapped[str] = mapped_column(String(80), default="")
    prepared_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    byte_range: Mapped[list[int]] = mapped_column(JSON, default=list)
    manifest: Mapped[dict[str, Any]] = mapped_column(JSON)  # payload and the server's signature
    evidence: Mapped[list[Any]] = mapped_column(JSON, default=list)  # Điều 31 and 32, as checked
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # number, date typed in
    result_sha256: Mapped[str] = mapped_column(String(64), default="")  # of the CMS returned
    result_file_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    last_error: Mapped[str] = mapped_column(String(64), default="")  # code of signing/errors.py
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    certificate_request: Mapped[CertificateRequest | None] = relationship()
    user: Mapped[User] = relationship()
    certificate: Mapped[Certificate | None] = relationship()
    agent: Mapped[SigningAgent | None] = relationship()
    login_session: Mapped[LoginSession] = relationship()


# Settings and log -----------------------------------------------------------------------------


class Setting(Base):
    """A house setting of one agency (`agency_id` 0: of the installation)."""

    __tablename__ = "setting"

    agency_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(500))


class AuditHead(Base):
    """One row: the last sequence number and hash. Its lock puts the writers in a queue."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Key)
    hash: Mapped[str] = mapped_column(String(64))


class AuditEvent(Base):
    """Append-only, chained by hash; see `audit.py`. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object", "noun", "object_id", "seq"),
        Index("ix_audit_event_agency", "agency_id", "seq"),
        Index("ix_audit_event_actor", "actor_id", "seq"),
        Index("ix_audit_event_event", "event", "seq"),
        Index("ix_audit_event_at", "at", "seq"),
    )

    seq: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    event: Mapped[str] = mapped_column(String(60))
    agency_id: Mapped[int | None] = mapped_column(Key)
    actor_id: Mapped[int | None] = mapped_column(Key)
    actor_roles: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    noun: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(64))
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)  # canonical JSON, its keys declared in audit.EVENTS
    body_version: Mapped[int] = mapped_column(Integer, default=1)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
