"""Counting in a stocktake: sightings come in, in any order and more than once, and count once.

Every sighting has an id given where it was made. What became of each device is worked out anew by
`rules.stocktakes.merge` from all its counts, so nothing depends on the order of arrival.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import Agency, Device, Person
from operations.law import sender_for
from operations.stocktake_codes import Found, find_codes, normal
from operations.transactions import Refused, transaction
from rules.findings import blocking
from rules.incidents import check_text, without_secrets
from rules.names import nfc
from rules.stocktakes import (
    Count,
    CountOutcome,
    CountWay,
    Expected,
    Item,
    check_count,
    merge,
    self_confirmation_fits,
)
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem

NOUN = "stocktake"
MOST_AT_ONCE = 1_000
"""Sightings in one upload; a telephone sends what it holds in several."""
_LONGEST_CODE, _LONGEST_NOTE, _LONGEST_ID = 120, 500, 64


@dataclass(frozen=True)
class Sighting:
    """One thing seen (or searched in vain), as it was written down where it was counted.

    Either `code` (whatever stands on it or was scanned) or `item_id` (ticked in a list).
    `found_holder_id` None says nothing about who has it; with `as_booked` it is who the books name.
    """

    client_id: str
    counted_at: datetime
    code: str = ""
    item_id: int | None = None
    seen: bool = True
    damaged: bool = False
    found_holder_id: int | None = None
    as_booked: bool = False
    way: CountWay = CountWay.SCAN
    note: str = ""


_UNSEEN = frozenset({CountOutcome.NOT_COUNTED.value, CountOutcome.MISSING.value})


@dataclass(frozen=True)
class Answer:
    """What became of a sighting: counted now, counted before (`repeated`: sent again, or seen again
    with nothing new to tell), or not taken.

    `problem` is a Vietnamese sentence for the person who counts; "" when it counts.
    """

    client_id: str
    item_id: int | None = None
    outcome: CountOutcome | None = None
    repeated: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """All rows of one campaign, for what looks at the whole."""

    items: Sequence[StocktakeItem]
    counts: Mapping[int, Sequence[StocktakeCount]] = field(default_factory=dict)

    def merged(self) -> tuple[Item, ...]:
        """Every item with its outcome."""
        return merge_rows(self.items, self.counts)

    def row_of(self, item: Item) -> StocktakeItem:
        """The row behind an item."""
        return self._rows[(item.device_id, item.code)]

    @cached_property
    def _rows(self) -> dict[tuple[int | None, str], StocktakeItem]:
        return {_key(one): one for one in self.items}


def sheet_of(session: Session, stocktake_id: int) -> Sheet:
    """Every item of a campaign with its counts; two statements."""
    items = session.scalars(
        select(StocktakeItem)
        .where(StocktakeItem.stocktake_id == stocktake_id)
        .options(
            joinedload(StocktakeItem.device).options(
                joinedload(Device.agency), joinedload(Device.holder)
            ),
            joinedload(StocktakeItem.expected_holder),
            joinedload(StocktakeItem.found_holder),
        )
        .order_by(StocktakeItem.id)
    ).all()
    rows = session.scalars(
        select(StocktakeCount).where(
            StocktakeCount.stocktake_id == stocktake_id, StocktakeCount.item_id.is_not(None)
        )
    )
    return Sheet(items, _by_item(rows))


def record(
    session: Session, *, actor: Actor, stocktake_id: int, sightings: Sequence[Sighting]
) -> list[Answer]:
    """Take sightings in; an answer for each, in their order. Sent again, they change nothing.

    A fixed number of statements however many there are. One that cannot be taken is answered with
    its problem and does not hold up the others. Raises `Refused` for too many at once.
    """
    if len(sightings) > MOST_AT_ONCE:
        raise Refused(f"Mỗi lần gửi nhiều nhất {MOST_AT_ONCE} kết quả.")
    with transaction(session):
        row = session.get_one(Stocktake, stocktake_id)
        work = _Taking(session, actor, row, sightings)
        answers = work.run()
        if work.new:
            audit.record(
                session,
                "stocktake.counted",
                actor=actor,
                noun=NOUN,
                object_id=row.id,
                agency_id=row.agency_id,
                counts=len(work.new),
                repeated=sum(one.repeated for one in answers),
            )
        return answers


def confirm_own(session: Session, *, actor: Actor, item_id: int, client_id: str) -> Answer:
    """The holder whom the books name says "tôi đang giữ".

    Raises `Refused` when the books name somebody else, or the campaign is locked.
    """
    row = session.scalars(
        select(StocktakeItem)
        .where(StocktakeItem.id == item_id)
        .options(joinedload(StocktakeItem.device))
    ).one_or_none()
    if row is None or row.device_id is None or row.expected_state is None:
        raise Refused("Thiết bị này không còn trong đợt kiểm kê.")
    book = Expected(row.device_id, row.expected_state, row.expected_holder_id)
    if not self_confirmation_fits(book, actor.person_id or 0):
        raise Refused("Theo sổ, anh/chị không phải là người đang giữ thiết bị này.")
    own = Sighting(
        client_id=client_id,
        counted_at=actor.at,
        item_id=item_id,
        found_holder_id=actor.person_id,
        way=CountWay.SELF,
    )
    answer = record(session, actor=actor, stocktake_id=row.stocktake_id, sightings=[own])[0]
    if answer.problem:
        raise Refused(answer.problem)
    return answer


def merge_rows(
    items: Iterable[StocktakeItem], counts: Mapping[int, Iterable[StocktakeCount]]
) -> tuple[Item, ...]:
    """The rule's items from rows: what the books had, and all counts of each thing."""
    kept = list(items)
    expected = [
        Expected(one.device_id, one.expected_state, one.expected_holder_id)
        for one in kept
        if one.device_id is not None and one.expected_state is not None
    ]
    told = [each for one in kept for each in _as_counts(one, list(counts.get(one.id, ())))]
    return merge(expected, told)


def settle_items(session: Session, items: Collection[StocktakeItem]) -> None:
    """Work out anew what became of these items, from all their counts; two statements."""
    session.flush()
    ids = [one.id for one in items]
    rows = session.scalars(select(StocktakeCount).where(StocktakeCount.item_id.in_(ids)))
    counts = _by_item(rows)
    merged = {(one.device_id, one.code): one for one in merge_rows(items, counts)}
    for row in items:
        found = merged.get(_key(row))
        own = counts.get(row.id, [])
        valid = [one for one in own if one.corrected_by_id is None]
        row.outcome = (found.outcome if found else CountOutcome.NOT_COUNTED).value
        row.found_holder_id = found.found_holder_id if found else None
        row.counted_at = min((one.counted_at for one in valid), default=None)
        notes = [one.note for one in sorted(valid, key=_when) if one.note]
        row.note = notes[-1] if notes else ""
        row.version += 1
    session.flush()


def allowed_holders(session: Session, row: Stocktake, wanted: Collection[int]) -> set[int]:
    """Those of these people who may be named as holders: of the managing agency and below it."""
    agency = sender_for(session, row.agency) or row.agency
    rows = session.scalars(
        select(Person.id)
        .join(Agency, Agency.id == Person.agency_id)
        .where(
            Person.id.in_(wanted),
            Agency.path >= agency.path,
            Agency.path < agency.path[:-1] + "0",
        )
    )
    return set(rows)


class _Taking:
    """One upload on its way into the rows."""

    def __init__(
        self, session: Session, actor: Actor, row: Stocktake, sightings: Sequence[Sighting]
    ) -> None:
        self.session, self.actor, self.row = session, actor, row
        self.sightings = [_tidied(one) for one in sightings]
        self.new: list[dict[str, Any]] = []

    def run(self) -> list[Answer]:
        known = self._known()
        self.codes = find_codes(
            self.session, self.row, [one.code for one in self.sightings if one.code]
        )
        self.items = self._items()
        self.people = self._people()
        answers = [self._one(one, known) for one in self.sightings]
        if self.new:
            self.session.execute(insert(StocktakeCount), self.new)
        touched = {one.id: one for one in self._touched()}
        if touched:
            settle_items(self.session, list(touched.values()))
        return [self._told(one) for one in answers]

    def _known(self) -> dict[str, int | None]:
        ids = [one.client_id for one in self.sightings]
        rows = self.session.execute(
            select(StocktakeCount.client_id, StocktakeCount.item_id).where(
                StocktakeCount.stocktake_id == self.row.id, StocktakeCount.client_id.in_(ids)
            )
        )
        return dict(iter(rows))

    def _items(self) -> list[StocktakeItem]:
        devices = {each.device_id for one in self.codes.values() for each in one}
        ticked = {one.item_id for one in self.sightings if one.item_id is not None}
        unknown = StocktakeItem.device_id.is_(None)
        return list(
            self.session.scalars(
                select(StocktakeItem).where(
                    StocktakeItem.stocktake_id == self.row.id,
                    unknown | StocktakeItem.device_id.in_(devices) | StocktakeItem.id.in_(ticked),
                )
            )
        )

    def _people(self) -> set[int]:
        wanted = {one.found_holder_id for one in self.sightings if one.found_holder_id}
        return allowed_holders(self.session, self.row, wanted)

    def _one(self, one: Sighting, known: dict[str, int | None]) -> Answer:
        if not one.client_id:
            return Answer("", problem="Thiếu mã của lượt kiểm đếm. Tải lại trang rồi làm lại.")
        if one.client_id in known:
            return Answer(one.client_id, known[one.client_id], repeated=True)
        wanted = Count(one.client_id, self.actor.user_id or 0, one.counted_at)
        found = check_count(wanted, closed_at=self.row.closed_at, now=self.actor.at)
        if refusals := blocking(found):
            words = " ".join(f"{each.message} {each.remedy}" for each in refusals)
            return Answer(one.client_id, problem=words)
        if told := check_text(f"{one.code} {one.note}"):
            return Answer(one.client_id, problem=f"{told[0].message} {told[0].remedy}")
        item = self._item_of(one)
        if isinstance(item, str):
            return Answer(one.client_id, problem=item)
        holder = item.expected_holder_id if one.as_booked else one.found_holder_id
        if holder not in {None, item.expected_holder_id} and holder not in self.people:
            return Answer(
                one.client_id, problem="Người được chọn không thuộc cơ quan này. Hãy chọn lại."
            )
        if item not in self.session:
            self.session.add(item)
            self.session.flush()  # An unknown thing: seldom, and its counts need its number.
        again = self._is_again(one, item, holder)
        self.new.append(_count(one, item, holder, self.row.id, self.actor))
        known[one.client_id] = item.id
        return Answer(one.client_id, item.id, repeated=again)

    def _is_again(self, one: Sighting, item: StocktakeItem, holder: int | None) -> bool:
        """Whether the thing was counted before and this sighting tells nothing new of it."""
        told = outcome_told(seen=one.seen, damaged=one.damaged)
        same = [each for each in self.new if each["item_id"] == item.id]
        if same:
            last = same[-1]
            return (last["outcome"], last["found_holder_id"]) == (told.value, holder)
        counted = item.counted_at is not None and item.outcome not in _UNSEEN
        return counted and one.seen and not one.damaged and holder in (None, item.found_holder_id)

    def _item_of(self, one: Sighting) -> StocktakeItem | str:
        """The item that a sighting means, a new one for what no book has, or the problem."""
        if one.item_id is not None:
            ticked = (each for each in self.items if each.id == one.item_id)
            return next(ticked, None) or "Dòng này không còn trong đợt kiểm kê."
        if not normal(one.code):
            return "Chưa đọc được mã. Quét lại, hoặc nhập mã in trên nhãn."
        found = self.codes[one.code]
        expected = [
            each for each in self.items if each.device_id in {device.device_id for device in found}
        ]
        if len(expected) == 1:
            return expected[0]
        if len(found) > 1:
            return (
                f"Mã “{one.code}” ứng với {len(found)} thiết bị. Đánh dấu đúng thiết bị trong danh "
                "sách."
            )
        return self._surplus(one, found)

    def _surplus(self, one: Sighting, found: Sequence[Found]) -> StocktakeItem:
        """A thing that this campaign does not expect: each once, whoever saw it."""
        if not found:
            for each in self.items:
                if each.device_id is None and normal(each.code_seen) == normal(one.code):
                    return each
        item = StocktakeItem(
            stocktake_id=self.row.id,
            device_id=found[0].device_id if found else None,
            code_seen="" if found else one.code,
            outcome=CountOutcome.SURPLUS.value,
            version=0,
        )
        self.items.append(item)
        return item

    def _touched(self) -> list[StocktakeItem]:
        ids = {one["item_id"] for one in self.new}
        return [one for one in self.items if one.id in ids]

    def _told(self, answer: Answer) -> Answer:
        for one in self.items:
            if one.id == answer.item_id and one.id is not None:
                outcome = CountOutcome(one.outcome)
                return Answer(answer.client_id, one.id, outcome, answer.repeated)
        return answer


def _tidied(one: Sighting) -> Sighting:
    return Sighting(
        client_id=one.client_id.strip()[:_LONGEST_ID],
        counted_at=one.counted_at,
        code=nfc(one.code).strip()[:_LONGEST_CODE],
        item_id=one.item_id,
        seen=one.seen,
        damaged=one.damaged and one.seen,
        found_holder_id=one.found_holder_id if one.seen else None,
        as_booked=one.as_booked and one.seen,
        way=one.way,
        note=without_secrets(nfc(one.note).strip())[:_LONGEST_NOTE],
    )


def _count(
    one: Sighting, item: StocktakeItem, holder: int | None, stocktake_id: int, actor: Actor
) -> dict[str, Any]:
    """A row for one statement with all the others: nothing needs its number."""
    return {
        "stocktake_id": stocktake_id,
        "item_id": item.id,
        "client_id": one.client_id,
        "how": one.way.value,
        "outcome": outcome_told(seen=one.seen, damaged=one.damaged).value,
        "code": one.code,
        "found_holder_id": holder,
        "counted_at": one.counted_at,
        "counted_by_id": actor.user_id,
        "note": one.note,
    }


def outcome_told(*, seen: bool, damaged: bool) -> CountOutcome:
    """What a single count tells by itself; who should have it is compared with the books later."""
    if not seen:
        return CountOutcome.MISSING
    return CountOutcome.DAMAGED if damaged else CountOutcome.RIGHT


def _as_counts(item: StocktakeItem, rows: Sequence[StocktakeCount]) -> list[Count]:
    corrected: dict[int, set[str]] = defaultdict(set)
    for one in rows:
        if one.corrected_by_id is not None:
            corrected[one.corrected_by_id].add(one.client_id)
    return [
        Count(
            client_id=one.client_id,
            counted_by_id=one.counted_by_id,
            counted_at=one.counted_at,
            device_id=item.device_id,
            code=item.code_seen,
            seen=one.outcome != CountOutcome.MISSING,
            damaged=one.outcome == CountOutcome.DAMAGED,
            found_holder_id=one.found_holder_id,
            way=CountWay(one.how),
            corrects=frozenset(corrected[one.id]),
        )
        for one in rows
    ]


def _by_item(rows: Iterable[StocktakeCount]) -> dict[int, list[StocktakeCount]]:
    found: dict[int, list[StocktakeCount]] = defaultdict(list)
    for one in rows:
        found[one.item_id or 0].append(one)
    return found


def _key(row: StocktakeItem) -> tuple[int | None, str]:
    return (row.device_id, "" if row.device_id is not None else row.code_seen)


def _when(one: StocktakeCount) -> tuple[datetime, int]:
    return (one.counted_at, one.id)
