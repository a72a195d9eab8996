"""Yearly reports of agencies: what is typed in, and the figures as they stood when it was sent."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Agency, Choice, Instant, Key
from rules.reports import ReportState


class YearReport(Base):
    """Báo cáo năm of one agency that writes letters; a draft shows the register as it is today.

    `sections` holds text and numbers by member of `rules.reports.Section`. `figures` is filled when
    the report is sent, so that what was reported stays what it was.
    """

    __tablename__ = "year_report"
    __table_args__ = (UniqueConstraint("agency_id", "year"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    year: Mapped[int] = mapped_column(Integer, index=True)
    state: Mapped[ReportState] = mapped_column(Choice(ReportState))
    sections: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    figures: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    document_number: Mapped[str] = mapped_column(String(40), default="")
    document_on: Mapped[date | None] = mapped_column(Date)
    sent_on: Mapped[date | None] = mapped_column(Date)
    sent_to: Mapped[str] = mapped_column(String(300), default="")
    reopened_reason: Mapped[str] = mapped_column(String(500), default="")
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
