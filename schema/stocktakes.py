"""Kiểm kê: campaigns, what the books said when they began, and every single count."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Agency, Choice, Device, Instant, Key, Person
from rules.devices import DeviceState


class Stocktake(Base):
    """One campaign over an agency and, if `with_subtree`, everything below it."""

    __tablename__ = "stocktake"
    __table_args__ = (Index("ix_stocktake_agency", "agency_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    name: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(String(300), default="")  # the decision that orders it
    with_subtree: Mapped[bool] = mapped_column(Boolean, default=True)
    due_on: Mapped[date] = mapped_column(Date)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("paper.id"))
    conclusion: Mapped[str] = mapped_column(String(1000), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    agency: Mapped[Agency] = relationship()
    members: Mapped[list["StocktakeMember"]] = relationship(
        back_populates="stocktake", cascade="all, delete-orphan", order_by="StocktakeMember.id"
    )


class StocktakeMember(Base):
    """Who sits on the committee, and as what."""

    __tablename__ = "stocktake_member"
    __table_args__ = (UniqueConstraint("stocktake_id", "person_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    part: Mapped[str] = mapped_column(String(120), default="")  # Trưởng ban, thành viên …

    stocktake: Mapped[Stocktake] = relationship(back_populates="members")
    person: Mapped[Person] = relationship()


class StocktakeItem(Base):
    """A device as the books had it, or one found that no book has, with what the counts say."""

    __tablename__ = "stocktake_item"
    __table_args__ = (
        UniqueConstraint("stocktake_id", "device_id"),
        Index("ix_stocktake_item_outcome", "stocktake_id", "outcome", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    code_seen: Mapped[str] = mapped_column(String(120), default="")  # of one in no book
    expected_state: Mapped[DeviceState | None] = mapped_column(Choice(DeviceState))
    expected_holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str] = mapped_column(String(40))  # member of rules.stocktakes' enum
    found_holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    counted_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(String(500), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)

    device: Mapped[Device | None] = relationship()
    expected_holder: Mapped[Person | None] = relationship(foreign_keys=[expected_holder_id])
    found_holder: Mapped[Person | None] = relationship(foreign_keys=[found_holder_id])


class StocktakeCount(Base):
    """One scan, tick or "tôi đang giữ". `client_id` is given where it is counted, so that a
    repeated upload after a network drop counts once. Without an item it was set aside."""

    __tablename__ = "stocktake_count"
    __table_args__ = (
        UniqueConstraint("stocktake_id", "client_id"),
        Index("ix_stocktake_count_item", "item_id", "id"),
        Index("ix_stocktake_count_by", "stocktake_id", "counted_by_id", "counted_at", "item_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("stocktake_item.id"))
    client_id: Mapped[str] = mapped_column(String(64))
    how: Mapped[str] = mapped_column(String(40))  # member of rules.stocktakes' enum of ways
    outcome: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(120), default="")
    found_holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    counted_at: Mapped[datetime] = mapped_column(Instant)
    counted_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    photo_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    # A later count by which a person decided against this one.
    corrected_by_id: Mapped[int | None] = mapped_column(ForeignKey("stocktake_count.id"))
