"""Documents of other systems that were signed here through the façade."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Agency, Certificate, Choice, Instant, Key, SigningJob, User
from rules.documents import SigningAct


class OutsideDocument(Base):
    """A PDF of another system, brought by a person's agent to be signed, and what became of it.

    Declared not to be a state secret before it left the person's computer (Bắc Ninh Điều 2.2).
    """

    __tablename__ = "outside_document"
    __table_args__ = (
        Index("ix_outside_document_user", "user_id", "id"),
        Index("ix_outside_document_signed", "signed_sha256"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("signing_agent.id"))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    act: Mapped[SigningAct] = mapped_column(Choice(SigningAct))
    origin: Mapped[str] = mapped_column(String(300))  # scheme, host and port of the other system
    file_name: Mapped[str] = mapped_column(String(300))
    original_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    not_secret_at: Mapped[datetime] = mapped_column(Instant)  # the declaration
    # Pages, geometry, signatures found, and the fields for number, date and the agency's signature
    # that the first signature here has made.
    layout: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    number: Mapped[str] = mapped_column(String(60), default="")
    document_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("signing_job.id"), index=True)
    signed_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    signed_at: Mapped[datetime | None] = mapped_column(Instant)

    agency: Mapped[Agency] = relationship()
    certificate: Mapped[Certificate] = relationship()
    user: Mapped[User] = relationship()
    job: Mapped[SigningJob | None] = relationship()
