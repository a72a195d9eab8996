"""Time-stamp services, and the queue of signed files that are to be raised to a PAdES level."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Agency, Choice, Instant, Key
from rules.upgrades import PadesLevel, UpgradeState


class TimeStampService(Base):
    """A time-stamp server (RFC 3161) that an administrator entered; none is there by itself.

    They are asked in the order of `place`. A password lies in `instance/keys`, not here.
    """

    __tablename__ = "time_stamp_service"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(300))
    place: Mapped[int] = mapped_column(Integer)
    timeout_seconds: Mapped[int] = mapped_column(Integer)
    username: Mapped[str] = mapped_column(String(120), default="")
    is_on: Mapped[bool] = mapped_column(Boolean, default=True)
    # The authority of the practice data, inside this very server; goes with them.
    is_practice: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(Integer, default=1)


class SignatureUpgrade(Base):
    """The signed file of one thing, and the level that it shall have.

    One row for each thing: a later signature begins it anew with the new file. `claim` names the
    run that has it; only that run may finish it. `renew_at`: when its archive stamp is due again.
    """

    __tablename__ = "signature_upgrade"
    __table_args__ = (
        UniqueConstraint("noun", "object_id"),
        Index("ix_signature_upgrade_state", "state", "next_try_at"),
        Index("ix_signature_upgrade_agency", "agency_id", "state", "id"),
        Index("ix_signature_upgrade_renew_at", "renew_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    noun: Mapped[str] = mapped_column(String(40))  # certificate_request, office_document, paper
    object_id: Mapped[int] = mapped_column(Key)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))  # what is to be raised
    wanted: Mapped[PadesLevel] = mapped_column(Choice(PadesLevel))
    reached: Mapped[PadesLevel] = mapped_column(Choice(PadesLevel))
    state: Mapped[UpgradeState] = mapped_column(Choice(UpgradeState))
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # failures in a row
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    claim: Mapped[str] = mapped_column(String(32), default="")
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str] = mapped_column(String(64), default="")  # code of signing.errors
    last_detail: Mapped[str] = mapped_column(String(300), default="")  # for the technician
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    renew_at: Mapped[datetime | None] = mapped_column(Instant)
    levels: Mapped[list[Any]] = mapped_column(JSON, default=list)  # [signer, level], as verified

    agency: Mapped[Agency] = relationship()
