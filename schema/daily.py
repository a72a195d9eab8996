"""Reminders with what was sent, secret calendar addresses, and Excel files that were read in."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
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
from models import Agency, Instant, Key, Person, User


class Reminder(Base):
    """One stage of one matter, made once: `stage_key` is unique, so a catch-up repeats nothing."""

    __tablename__ = "reminder"
    __table_args__ = (
        Index("ix_reminder_agency_open", "agency_id", "settled_at", "due_on", "id"),
        Index("ix_reminder_open", "settled_at", "due_on", "id"),
        Index("ix_reminder_object", "noun", "object_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stage_key: Mapped[str] = mapped_column(String(200), unique=True)
    clock: Mapped[str] = mapped_column(String(40))  # member of rules.reminders' enum of clocks
    stage: Mapped[str] = mapped_column(String(40))
    noun: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(Key)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    sentence: Mapped[str] = mapped_column(String(500))
    stage_on: Mapped[date] = mapped_column(Date)  # the day on which this stage began
    due_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)  # the matter is done

    agency: Mapped[Agency] = relationship()
    person: Mapped[Person | None] = relationship()
    deliveries: Mapped[list["ReminderDelivery"]] = relationship(
        back_populates="reminder", cascade="all, delete-orphan", order_by="ReminderDelivery.id"
    )


class ReminderDelivery(Base):
    """One reminder to one recipient over one channel, sent at most once."""

    __tablename__ = "reminder_delivery"
    __table_args__ = (
        UniqueConstraint("reminder_id", "channel", "recipient"),
        Index("ix_reminder_delivery_waiting", "sent_at", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"))
    channel: Mapped[str] = mapped_column(String(20))  # "email", "in_program", "printed"
    recipient: Mapped[str] = mapped_column(String(254))  # an address, or "person/5", "user/3"
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")

    reminder: Mapped[Reminder] = relationship(back_populates="deliveries")


class CalendarFeed(Base):
    """A secret address under which one user's due days can be read as a calendar (.ics)."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # of the secret in the address
    created_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship()


class SheetImport(Base):
    """An Excel file read in: mapped, previewed, committed once, undone while nothing depends."""

    __tablename__ = "sheet_import"
    __table_args__ = (Index("ix_sheet_import_agency", "agency_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[str] = mapped_column(String(40))  # people, devices, certificates, handovers …
    file_name: Mapped[str] = mapped_column(String(260))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # field -> column
    # What the file has and what was decided for all of its rows; see operations/sheet_imports.py.
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20))  # member of rules.sheet_imports.ImportState
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # by verdict
    progress: Mapped[int] = mapped_column(Integer, default=0)  # rows handled so far
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    committed_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    rows: Mapped[list["SheetImportRow"]] = relationship(
        back_populates="sheet_import",
        cascade="all, delete-orphan",
        order_by="SheetImportRow.number",
    )


class SheetImportRow(Base):
    """One row of the file: what it says, what is wrong, what was made of it, what was before."""

    __tablename__ = "sheet_import_row"
    __table_args__ = (
        Index("ix_sheet_import_row_verdict", "import_id", "verdict", "number"),
        Index("ix_sheet_import_row_object", "noun", "object_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("sheet_import.id"))
    number: Mapped[int] = mapped_column(Integer)  # as the spreadsheet counts
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    problems: Mapped[list[Any]] = mapped_column(JSON, default=list)
    verdict: Mapped[str] = mapped_column(String(20))  # member of rules.sheet_imports.RowVerdict
    differences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # field -> old, new
    decision: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what a person chose
    noun: Mapped[str] = mapped_column(String(40), default="")
    object_id: Mapped[int | None] = mapped_column(Key)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # for the undo
    object_version: Mapped[int | None] = mapped_column(Integer)  # after the commit
    remark: Mapped[str] = mapped_column(Text, default="")

    sheet_import: Mapped[SheetImport] = relationship(back_populates="rows")
