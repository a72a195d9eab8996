"""Figures of a stocktake for its pages: by the book, in fact, difference; whole and by unit."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from extensions import db
from models import Agency, Device, User
from rules.stocktakes import CountOutcome
from schema.stocktakes import StocktakeCount, StocktakeItem

_MOST_COUNTERS = 40
_ABSENT = (CountOutcome.NOT_COUNTED, CountOutcome.MISSING)
_DIFFERS = (
    CountOutcome.MISSING,
    CountOutcome.SURPLUS,
    CountOutcome.WRONG_HOLDER,
    CountOutcome.DAMAGED,
)


@dataclass(frozen=True)
class Figures:
    """Every outcome by number; as in the minutes, what was not counted is no loss and no gain."""

    by_outcome: Mapping[CountOutcome, int] = field(default_factory=dict)

    def of(self, outcome: CountOutcome) -> int:
        """How many have this outcome."""
        return self.by_outcome.get(outcome, 0)

    @property
    def total(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def book(self) -> int:
        return self.total - self.of(CountOutcome.SURPLUS)

    @property
    def left(self) -> int:
        return self.of(CountOutcome.NOT_COUNTED)

    @property
    def done(self) -> int:
        """How many of the book were looked for, found or not."""
        return self.book - self.left

    @property
    def actual(self) -> int:
        return self.total - sum(self.of(one) for one in _ABSENT)

    @property
    def gap(self) -> int:
        return self.actual + self.left - self.book

    @property
    def differing(self) -> int:
        return sum(self.of(one) for one in _DIFFERS)


@dataclass(frozen=True)
class Unit:
    """One unit with its figures; without a number it holds what no book has."""

    agency_id: int | None
    name: str
    figures: Figures


def figures_of(numbers: Sequence[int]) -> dict[int, Figures]:
    """The figures of campaigns by their number; one statement."""
    rows = db.session.execute(
        select(StocktakeItem.stocktake_id, StocktakeItem.outcome, func.count())
        .where(StocktakeItem.stocktake_id.in_(numbers))
        .group_by(StocktakeItem.stocktake_id, StocktakeItem.outcome)
    )
    found: dict[int, dict[CountOutcome, int]] = defaultdict(dict)
    for number, outcome, count in rows:
        found[number][CountOutcome(outcome)] = count
    return {number: Figures(found[number]) for number in numbers}


def units_of(stocktake_id: int) -> list[Unit]:
    """The figures of a campaign by unit, in the order of names; one statement."""
    counted = (
        select(Device.agency_id, StocktakeItem.outcome, func.count().label("many"))
        .select_from(StocktakeItem)
        .outerjoin(Device, Device.id == StocktakeItem.device_id)
        .where(StocktakeItem.stocktake_id == stocktake_id)
        .group_by(Device.agency_id, StocktakeItem.outcome)
        .subquery()
    )
    rows = db.session.execute(
        select(Agency.id, Agency.name, counted.c.outcome, counted.c.many)
        .select_from(counted)
        .outerjoin(Agency, Agency.id == counted.c.agency_id)
        .order_by(Agency.sort_key.is_(None), Agency.sort_key, Agency.id)
    )
    found: dict[tuple[int | None, str], dict[CountOutcome, int]] = defaultdict(dict)
    for number, name, outcome, count in rows:
        found[(number, name or "Chưa rõ đơn vị")][CountOutcome(outcome)] = count
    return [Unit(number, name, Figures(each)) for (number, name), each in found.items()]


def whole(units: Sequence[Unit]) -> Figures:
    """The sum over all units."""
    total: Counter[CountOutcome] = Counter()
    for one in units:
        total.update(one.figures.by_outcome)
    return Figures(total)


def counters_of(stocktake_id: int) -> Sequence[Any]:
    """Who counted, how often and between when; one statement."""
    return db.session.execute(
        select(
            User.display_name.label("name"),
            func.count().label("counts"),
            func.min(StocktakeCount.counted_at).label("first"),
            func.max(StocktakeCount.counted_at).label("last"),
        )
        .join(User, User.id == StocktakeCount.counted_by_id)
        .where(StocktakeCount.stocktake_id == stocktake_id, StocktakeCount.item_id.is_not(None))
        .group_by(User.id, User.display_name)
        .order_by(func.count().desc(), User.id)
        .limit(_MOST_COUNTERS)
    ).all()


def conflicts_of(stocktake_id: int) -> list[StocktakeItem]:
    """Items of which two counts that still hold name different holders; one statement."""
    holders = func.count(StocktakeCount.found_holder_id.distinct())
    wanted = (
        select(StocktakeCount.item_id)
        .where(
            StocktakeCount.stocktake_id == stocktake_id,
            StocktakeCount.item_id.is_not(None),
            StocktakeCount.corrected_by_id.is_(None),
            StocktakeCount.outcome != CountOutcome.MISSING.value,
            StocktakeCount.found_holder_id.is_not(None),
        )
        .group_by(StocktakeCount.item_id)
        .having(holders > 1)
    )
    return list(
        db.session.scalars(
            select(StocktakeItem).where(StocktakeItem.id.in_(wanted)).order_by(StocktakeItem.id)
        )
    )
