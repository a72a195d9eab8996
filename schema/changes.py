"""People and agencies that change: staff changes, and reorganisations of whole agencies."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Agency, Instant, Key, Person


class StaffChange(Base):
    """A person retires, leaves, moves, gets another position, dies; its acts are FollowUps.

    Between two agencies of this installation one proposes (`to_agency_id`) and the other accepts.
    """

    __tablename__ = "staff_change"
    __table_args__ = (Index("ix_staff_change_agency_open", "agency_id", "closed_at", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))  # member of rules.transfers' enum of changes
    effective_on: Mapped[date] = mapped_column(Date)
    to_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    to_body: Mapped[str] = mapped_column(String(300), default="")  # outside this installation
    new_title: Mapped[str] = mapped_column(String(200), default="")
    decision: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    sheet_import_id: Mapped[int | None] = mapped_column(ForeignKey("sheet_import.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)  # by the accepting agency
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    refused_reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_reason: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship(foreign_keys=[agency_id])
    to_agency: Mapped[Agency | None] = relationship(foreign_keys=[to_agency_id])
    person: Mapped[Person] = relationship()


class Reorganisation(Base):
    """One guided act for a whole agency: merge, split, rename or dissolve; acts are FollowUps.

    `particulars` holds what only some kinds need: units and people that go over in a split, whether
    the old agency goes on, and what was moved when it was carried out."""

    __tablename__ = "reorganisation"
    __table_args__ = (Index("ix_reorganisation_agency", "agency_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str] = mapped_column(String(40))  # member of rules.agency_changes' enum
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    effective_on: Mapped[date] = mapped_column(Date)
    decision: Mapped[str] = mapped_column(String(300), default="")
    new_name: Mapped[str] = mapped_column(String(300), default="")
    new_email_domain: Mapped[str] = mapped_column(String(120), default="")
    particulars: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    applied_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship(foreign_keys=[agency_id])
    successor: Mapped[Agency | None] = relationship(foreign_keys=[successor_id])
