"""Documents of the office that are signed here, documents that come in, and pictures."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Agency, Certificate, Choice, Instant, Key, Person, Position, SigningJob, User
from rules.documents import JobState, SigningAct
from rules.office_documents import (
    DocumentState,
    DocumentWay,
    IncomingState,
    PictureKind,
    StepState,
)
from rules.signers import SigningAuthority
from schema.custody import Paper


class OfficeDocument(Base):
    """A PDF of the office on its way to be signed. Declared not to be a state secret before a byte
    was stored (Bắc Ninh Điều 2.2)."""

    __tablename__ = "office_document"
    __table_args__ = (Index("ix_office_document_agency_state", "agency_id", "state", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    title: Mapped[str] = mapped_column(String(300))
    way: Mapped[DocumentWay] = mapped_column(Choice(DocumentWay))
    state: Mapped[DocumentState] = mapped_column(Choice(DocumentState))
    original_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    current_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    not_secret_at: Mapped[datetime] = mapped_column(Instant)  # the declaration
    not_secret_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    number: Mapped[str | None] = mapped_column(String(40))
    symbol: Mapped[str] = mapped_column(String(60), default="")
    document_on: Mapped[date | None] = mapped_column(Date)
    layout: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # number, date: where
    copy_of: Mapped[str] = mapped_column(String(300), default="")  # what a copy was made of
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(1000), default="")  # of a return or cancellation
    version: Mapped[int] = mapped_column(Integer, default=1)
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")  # as a device's

    agency: Mapped[Agency] = relationship()
    created_by: Mapped[User] = relationship(foreign_keys=[created_by_id])
    steps: Mapped[list["DocumentStep"]] = relationship(
        back_populates="document", cascade="all, delete-orphan", order_by="DocumentStep.place"
    )


class DocumentStep(Base):
    """One signature wanted on a document: whose, in which capacity, where on the page, when."""

    __tablename__ = "document_step"
    __table_args__ = (
        UniqueConstraint("document_id", "place"),
        Index("ix_document_step_person_state", "person_id", "state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("office_document.id"))
    place: Mapped[int] = mapped_column(Integer)  # the order; people before the agency
    act: Mapped[SigningAct] = mapped_column(Choice(SigningAct))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the agency's
    position_id: Mapped[int | None] = mapped_column(ForeignKey("position.id"))  # the capacity
    # As they were when the signer was chosen: a position may change its title later.
    title: Mapped[str] = mapped_column(String(200), default="")
    authority: Mapped[SigningAuthority | None] = mapped_column(Choice(SigningAuthority))
    head_title: Mapped[str] = mapped_column(String(200), default="")  # behind KT., TL., TUQ.
    collective: Mapped[str] = mapped_column(String(200), default="")  # behind TM.
    authority_paper: Mapped[str] = mapped_column(String(300), default="")
    authority_until_on: Mapped[date | None] = mapped_column(Date)
    field: Mapped[str] = mapped_column(String(80))
    page: Mapped[int] = mapped_column(Integer)  # from 0
    x1: Mapped[float] = mapped_column(Float)  # PDF points from the bottom left as shown
    y1: Mapped[float] = mapped_column(Float)
    x2: Mapped[float] = mapped_column(Float)
    y2: Mapped[float] = mapped_column(Float)
    state: Mapped[StepState] = mapped_column(Choice(StepState))
    comment: Mapped[str] = mapped_column(String(1000), default="")
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))

    document: Mapped[OfficeDocument] = relationship(back_populates="steps")
    person: Mapped[Person | None] = relationship()
    capacity: Mapped[Position | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()


class SigningItem(Base):
    """One document of a signing job that holds several: a batch is a job with many items."""

    __tablename__ = "signing_item"
    __table_args__ = (UniqueConstraint("job_id", "place"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("signing_job.id"))
    place: Mapped[int] = mapped_column(Integer)
    noun: Mapped[str] = mapped_column(String(40))  # a key of signing_nouns.NOUNS
    object_id: Mapped[int] = mapped_column(Key)
    field: Mapped[str] = mapped_column(String(80))
    prepared_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    byte_range: Mapped[list[int]] = mapped_column(JSON)
    state: Mapped[JobState] = mapped_column(Choice(JobState))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result_sha256: Mapped[str] = mapped_column(String(64), default="")  # of the CMS
    result_file_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    last_error: Mapped[str] = mapped_column(String(64), default="")
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    job: Mapped[SigningJob] = relationship()


class IncomingDocument(Base):
    """Văn bản đến: what came in, what our verification said at that moment, what was decided.

    `file_sha256` stays when the file itself had to be deleted (`stored_sha256` is then NULL)."""

    __tablename__ = "incoming_document"
    __table_args__ = (
        Index("ix_incoming_document_agency", "agency_id", "id"),
        Index("ix_incoming_document_hash", "file_sha256"),
        Index("ix_incoming_document_state", "agency_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    received_on: Mapped[date] = mapped_column(Date)
    received_at: Mapped[datetime] = mapped_column(Instant)  # when our server took it in
    received_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    register_number: Mapped[str] = mapped_column(String(40), default="")  # số đến
    sender: Mapped[str] = mapped_column(String(300), default="")
    number: Mapped[str] = mapped_column(String(60), default="")
    document_on: Mapped[date | None] = mapped_column(Date)
    subject: Mapped[str] = mapped_column(String(500), default="")
    file_name: Mapped[str] = mapped_column(String(260))
    file_sha256: Mapped[str] = mapped_column(String(64))
    file_size: Mapped[int] = mapped_column(Integer)
    stored_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    verdict: Mapped[str] = mapped_column(String(40))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[IncomingState] = mapped_column(Choice(IncomingState))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    notice_on: Mapped[date | None] = mapped_column(Date)  # since when the sender is owed a notice
    notice_paper_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")  # as a device's

    agency: Mapped[Agency] = relationship()
    notice: Mapped[Paper | None] = relationship()


class SignaturePicture(Base):
    """A picture of a signature, of initials or of a seal: PNG with transparency, true size."""

    __tablename__ = "signature_picture"
    __table_args__ = (
        Index("ix_signature_picture_person", "person_id"),
        Index("ix_signature_picture_agency", "agency_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[PictureKind] = mapped_column(Choice(PictureKind))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    width_mm: Mapped[float] = mapped_column(Float)
    height_mm: Mapped[float] = mapped_column(Float)
    is_current: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    person: Mapped[Person | None] = relationship()
    agency: Mapped[Agency | None] = relationship()
