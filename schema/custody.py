"""Custody: papers with their proofs, moves of devices, incidents, and what follows from them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import (
    Agency,
    Certificate,
    CertificateRequest,
    Choice,
    Device,
    Instant,
    Key,
    Person,
    StoredFile,
)
from rules.devices import DeviceState
from rules.documents import SigningAct
from rules.office_documents import StepState
from rules.papers import PaperFileRole, PaperKind, PaperState


class Paper(Base):
    """Minutes, slip, report or decision. Once issued it is frozen: `sha256` names its bytes.

    `particulars` holds what was typed for it and is drawn, besides its lines. `witness_*`: the head
    of the log printed in its foot, so that each paper is a witness of the log."""

    __tablename__ = "paper"
    __table_args__ = (
        Index("ix_paper_agency_kind", "agency_id", "kind", "id"),
        Index("ix_paper_agency_state", "agency_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[PaperKind] = mapped_column(Choice(PaperKind))
    state: Mapped[PaperState] = mapped_column(Choice(PaperState))
    number: Mapped[str | None] = mapped_column(String(60))
    made_on: Mapped[date] = mapped_column(Date)
    place: Mapped[str] = mapped_column(String(200), default="")
    giver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    particulars: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_request.id"), index=True)
    sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    witness_seq: Mapped[int | None] = mapped_column(Key)
    witness_hash: Mapped[str] = mapped_column(String(64), default="")
    sent_on: Mapped[date | None] = mapped_column(Date)
    sent_channel: Mapped[str] = mapped_column(String(60), default="")
    sent_reference: Mapped[str] = mapped_column(String(200), default="")  # mã bưu gửi
    received_on: Mapped[date | None] = mapped_column(Date)  # by the authority
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    giver: Mapped[Person | None] = relationship(foreign_keys=[giver_id])
    receiver: Mapped[Person | None] = relationship(foreign_keys=[receiver_id])
    certificate_request: Mapped[CertificateRequest | None] = relationship()
    lines: Mapped[list["PaperLine"]] = relationship(
        back_populates="paper", cascade="all, delete-orphan", order_by="PaperLine.position"
    )
    files: Mapped[list["PaperFile"]] = relationship(back_populates="paper", order_by="PaperFile.id")
    confirmations: Mapped[list["PaperConfirmation"]] = relationship(
        back_populates="paper", order_by="PaperConfirmation.id"
    )
    signatures: Mapped[list["PaperSignature"]] = relationship(
        back_populates="paper", order_by="PaperSignature.place"
    )


class PaperLine(Base):
    """One device, certificate or person in a paper, in the words of that day."""

    __tablename__ = "paper_line"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    condition: Mapped[str] = mapped_column(String(200), default="")  # tình trạng
    note: Mapped[str] = mapped_column(String(300), default="")
    particulars: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    paper: Mapped[Paper] = relationship(back_populates="lines")
    device: Mapped[Device | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()
    person: Mapped[Person | None] = relationship()


class PaperFile(Base):
    """A stored file in its role for a paper."""

    __tablename__ = "paper_file"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    role: Mapped[PaperFileRole] = mapped_column(Choice(PaperFileRole))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(260))
    anchors: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    paper: Mapped[Paper] = relationship(back_populates="files")
    stored_file: Mapped[StoredFile] = relationship()


class PaperConfirmation(Base):
    """A logged-in person confirmed the receipt: a proof only until a signed one exists."""

    __tablename__ = "paper_confirmation"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime] = mapped_column(Instant)

    paper: Mapped[Paper] = relationship(back_populates="confirmations")
    person: Mapped[Person] = relationship()


class PaperSignature(Base):
    """One digital signature wanted on a paper made to be signed here, and whether it is given.

    `side` is the block of the paper as its anchors call it; all of one `turn` sign in any order."""

    __tablename__ = "paper_signature"
    __table_args__ = (
        UniqueConstraint("paper_id", "place"),
        Index("ix_paper_signature_person_state", "person_id", "state", "paper_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    place: Mapped[int] = mapped_column(Integer)
    turn: Mapped[int] = mapped_column(Integer)
    side: Mapped[str] = mapped_column(String(40))
    act: Mapped[SigningAct] = mapped_column(Choice(SigningAct))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the agency's
    state: Mapped[StepState] = mapped_column(Choice(StepState))
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))

    paper: Mapped[Paper] = relationship(back_populates="signatures")
    person: Mapped[Person | None] = relationship()


class CustodyMove(Base):
    """One move of one device through `rules/lifecycle.py`, never changed; undone by another."""

    __tablename__ = "custody_move"
    __table_args__ = (Index("ix_custody_move_device", "device_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    act: Mapped[str] = mapped_column(String(40))  # member of rules.lifecycle.CustodyAct
    # None: the device was entered into the register by this move.
    state_before: Mapped[DeviceState | None] = mapped_column(Choice(DeviceState))
    state_after: Mapped[DeviceState] = mapped_column(Choice(DeviceState))
    holder_before_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    holder_after_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    agency_before_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    agency_after_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    moved_on: Mapped[date] = mapped_column(Date)
    moved_at: Mapped[datetime] = mapped_column(Instant)
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"), index=True)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    # What the device's row said of its handover before, so that a wrong click can be taken back.
    described_before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("custody_move.id"), unique=True)

    device: Mapped[Device] = relationship()
    holder_before: Mapped[Person | None] = relationship(foreign_keys=[holder_before_id])
    holder_after: Mapped[Person | None] = relationship(foreign_keys=[holder_after_id])
    paper: Mapped[Paper | None] = relationship()


class Incident(Base):
    """Sự cố: a loss, damage, lock or suspected misuse, from its report to its end."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_agency_open", "agency_id", "closed_at", "id"),
        Index("ix_incident_device", "device_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str] = mapped_column(String(40))  # member of rules.incidents.IncidentKind
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    state_before: Mapped[DeviceState | None] = mapped_column(Choice(DeviceState))
    noticed_at: Mapped[datetime] = mapped_column(Instant)  # when the notice was given
    reported_at: Mapped[datetime] = mapped_column(Instant)
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    on_behalf: Mapped[bool] = mapped_column(Boolean, default=False)
    told_how: Mapped[str] = mapped_column(String(300), default="")  # to whom reports for another
    happened: Mapped[str] = mapped_column(String(300), default="")  # when and where, as told
    circumstances: Mapped[str] = mapped_column(Text, default="")
    measures: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(Text, default="")
    prevention: Mapped[str] = mapped_column(Text, default="")
    found_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    device: Mapped[Device | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()
    holder: Mapped[Person | None] = relationship()


class FollowUp(Base):
    """One thing that must follow from an event, proposed with its article: done, or waived.

    `noun` and `object_id` name the event: a staff change, a reorganisation, an incident, a
    stocktake. `alternative` groups ways of which a person chooses one. Open while `done_at` is
    empty; waived when it has a reason."""

    __tablename__ = "follow_up"
    __table_args__ = (
        Index("ix_follow_up_object", "noun", "object_id", "id"),
        Index("ix_follow_up_agency_open", "agency_id", "done_at", "due_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    noun: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(Key)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    code: Mapped[str] = mapped_column(String(60))
    sentence: Mapped[str] = mapped_column(String(500))
    basis: Mapped[str] = mapped_column(String(200), default="")  # citation of that day
    due_on: Mapped[date | None] = mapped_column(Date)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_request.id"), index=True)
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"), index=True)
    alternative: Mapped[str] = mapped_column(String(40), default="")
    code_seen: Mapped[str] = mapped_column(  # on a thing that no register has
        String(120), default="", server_default=""
    )
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    waived_reason: Mapped[str] = mapped_column(String(500), default="")

    person: Mapped[Person | None] = relationship()
    device: Mapped[Device | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()
    certificate_request: Mapped[CertificateRequest | None] = relationship()
    paper: Mapped[Paper | None] = relationship()
