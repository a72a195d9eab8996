"""What an administrator may enter about the law: words of forms, days off, drafts that are issued.

The law itself is data in `regulations/*.toml` and `letters/forms/*.toml`.
"""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from extensions import Base
from models import Instant, Key


class FormCorrection(Base):
    """A fixed word of a prescribed form, as corrected against the official annex."""

    __tablename__ = "form_correction"

    form: Mapped[str] = mapped_column(String(40), primary_key=True)  # stem of letters/forms/*.toml
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime] = mapped_column(Instant)


class FormConfirmation(Base):
    """An administrator compared these very words of a form with the official annex."""

    __tablename__ = "form_confirmation"

    form: Mapped[str] = mapped_column(String(40), primary_key=True)
    words_sha256: Mapped[str] = mapped_column(String(64))  # other words: no longer confirmed
    source: Mapped[str] = mapped_column(String(300))  # where the annex was read
    confirmed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime] = mapped_column(Instant)


class CalendarDay(Base):
    """A day that differs from the calculated calendar: a day off, or a make-up day worked."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(300), default="")  # the notice it comes from


class RegulationEnactment(Base):
    """Number and days of a regulation that the program only knows as a draft."""

    __tablename__ = "regulation_enactment"

    regulation: Mapped[str] = mapped_column(String(60), primary_key=True)  # stem of its file
    number: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date] = mapped_column(Date)
    effective_from: Mapped[date] = mapped_column(Date)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(Instant)


class RegulationEntry(Base):
    """Each time somebody entered, corrected or took back number and days of a draft; never changed.

    A row without a number takes the entry back. `reason` is empty only the first time.
    """

    __tablename__ = "regulation_entry"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    regulation: Mapped[str] = mapped_column(String(60), index=True)
    number: Mapped[str | None] = mapped_column(String(60))
    issued_on: Mapped[date | None] = mapped_column(Date)
    effective_from: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(500), default="")
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(Instant)
