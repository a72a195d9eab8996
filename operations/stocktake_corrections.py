"""Deciding what became of one thing in a stocktake: a result with note and photo, a set-aside
mistake, a thing without a label that turns out to be a device of the register.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations import files
from operations.stocktake_codes import find_codes
from operations.stocktake_counts import NOUN, allowed_holders, outcome_told, settle_items
from operations.transactions import Refused, expect_version, transaction
from rules.names import nfc
from rules.stocktakes import CountOutcome, CountWay
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem

_LONGEST_NOTE = 500


@dataclass(frozen=True)
class Photo:
    """A picture of the thing: bytes whose beginning was looked at, and their type."""

    content: bytes
    media_type: str


@dataclass(frozen=True)
class Verdict:
    """What a person decides about one item. `holder_id` None says nothing about who has it."""

    seen: bool = True
    damaged: bool = False
    holder_id: int | None = None
    note: str = ""
    photo: Photo | None = None


def decide(
    session: Session, *, actor: Actor, item_id: int, version: int, verdict: Verdict
) -> CountOutcome:
    """Write down what became of an item; earlier counts that say otherwise no longer hold.

    Raises `Refused` once the campaign is locked or for a holder of another agency, and `Conflict`.
    """
    with transaction(session):
        item, row = _load(session, item_id, version)
        holder = verdict.holder_id if verdict.seen else None
        if holder is not None and holder != item.expected_holder_id:
            if holder not in allowed_holders(session, row, {holder}):
                raise Refused("Người được chọn không thuộc cơ quan này. Hãy chọn lại.")
        earlier = _valid_counts(session, item)
        photo = verdict.photo
        count = StocktakeCount(
            stocktake_id=row.id,
            item_id=item.id,
            client_id=f"decided-{secrets.token_hex(12)}",
            how=CountWay.TICK.value,
            outcome=outcome_told(seen=verdict.seen, damaged=verdict.damaged).value,
            found_holder_id=holder,
            counted_at=actor.at,
            counted_by_id=actor.user_id,
            note=nfc(verdict.note).strip()[:_LONGEST_NOTE],
            photo_sha256=files.store(session, photo.content, photo.media_type, at=actor.at)
            if photo
            else None,
        )
        session.add(count)
        session.flush()
        for one in earlier:
            one.corrected_by_id = count.id
        settle_items(session, [item])
        if earlier:
            _record(session, actor, row, item, item.outcome)
        else:
            _record_first(session, actor, row)
        return CountOutcome(item.outcome)


def set_aside(session: Session, *, actor: Actor, item_id: int, version: int) -> bool:
    """Take the counts of an item back, as made by mistake; they stay in the records.

    An expected device is not counted again, anything else leaves the campaign: then False. Raises
    `Refused` and `Conflict`.
    """
    with transaction(session):
        item, row = _load(session, item_id, version)
        counts = _counts(session, item)
        if not counts:
            raise Refused("Thiết bị này chưa có kết quả kiểm đếm nào.")
        for one in counts:
            one.item_id, one.corrected_by_id = None, None
        session.flush()
        stays = item.expected_state is not None
        if stays:
            settle_items(session, [item])
        else:
            session.delete(item)
        _record(session, actor, row, item, CountOutcome.NOT_COUNTED)
        return stays


def identify(session: Session, *, actor: Actor, item_id: int, version: int, code: str) -> int:
    """Tell which device a thing without a known code is; its counts go there. Returns that item.

    Raises `Refused` when the code names no device or several, and `Conflict`.
    """
    with transaction(session):
        item, row = _load(session, item_id, version)
        if item.device_id is not None:
            raise Refused("Thiết bị này đã có trong sổ.")
        found = find_codes(session, row, [code.strip()]).get(code.strip(), ())
        if len(found) != 1:
            raise Refused(
                f"Mã “{code.strip()}” không ứng với thiết bị nào trong sổ của cơ quan."
                if not found
                else f"Mã “{code.strip()}” ứng với {len(found)} thiết bị. Nhập mã nội bộ đầy đủ."
            )
        target = session.scalars(
            select(StocktakeItem).where(
                StocktakeItem.stocktake_id == row.id,
                StocktakeItem.device_id == found[0].device_id,
            )
        ).one_or_none()
        if target is None:
            target = StocktakeItem(
                stocktake_id=row.id,
                device_id=found[0].device_id,
                outcome=CountOutcome.SURPLUS.value,
                version=0,
            )
            session.add(target)
            session.flush()
        for one in _counts(session, item):
            one.item_id = target.id
        session.flush()
        session.delete(item)
        settle_items(session, [target])
        _record(session, actor, row, target, target.outcome)
        return target.id


# Parts --------------------------------------------------------------------------------------------


def _load(session: Session, item_id: int, version: int) -> tuple[StocktakeItem, Stocktake]:
    item = session.get(StocktakeItem, item_id)
    if item is None:
        raise Refused("Dòng này không còn trong đợt kiểm kê.")
    expect_version(item, version)
    row = session.get_one(Stocktake, item.stocktake_id)
    if row.closed_at is not None:
        raise Refused("Đợt kiểm kê đã khóa sổ. Ghi kết quả này vào đợt sau hoặc xử lý riêng.")
    return item, row


def _counts(session: Session, item: StocktakeItem) -> Sequence[StocktakeCount]:
    return session.scalars(select(StocktakeCount).where(StocktakeCount.item_id == item.id)).all()


def _valid_counts(session: Session, item: StocktakeItem) -> list[StocktakeCount]:
    return [one for one in _counts(session, item) if one.corrected_by_id is None]


def _record(
    session: Session, actor: Actor, row: Stocktake, item: StocktakeItem, outcome: str
) -> None:
    audit.record(
        session,
        "stocktake.corrected",
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        item=item.id,
        outcome=CountOutcome(outcome).name,
    )


def _record_first(session: Session, actor: Actor, row: Stocktake) -> None:
    audit.record(
        session,
        "stocktake.counted",
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        counts=1,
        repeated=0,
    )
