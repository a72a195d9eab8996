"""Lists that show the newest first, searched by words: papers, documents that came in.

As in `views/finding.py`, one statement counts, with a cap, how many rows each word leads to. Few:
those are read through the index of terms and checked for the other words. Many: the list is walked
from its newest row until enough is found, so a count of common words stops early too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from extensions import db
from models import Person
from operations import search
from rules.names import fold
from views.finding import (
    CAP,
    CAP_OF_COMMON_WORDS,
    FEW,
    Columns,
    Words,
    columns_of,
    holds,
    rows_of,
    words_of,
)


@dataclass(frozen=True)
class Sought:
    """What a search asks of the rows, and how far it is worth counting them."""

    clause: ColumnElement[bool]
    cap: int


@dataclass(frozen=True)
class Newest:
    """Numbers of one page, the newest first, and how many there are up to the cap."""

    ids: Sequence[int]
    more: bool
    total: int
    capped: bool


def by_words(model: Any, noun: str, query: str) -> Sought | None:
    """Rows of which each word of the query begins a word; None when the query has no word."""
    words = words_of(query)
    if not words:
        return None
    return _sought(noun, words, columns_of(model), model.id)


def by_people(model: Any, query: str, *owners: Any) -> Sought | None:
    """Rows where one of these columns names a person whose name or address has the words.

    None for what has a digit or a sign of numbers: that is no name.
    """
    words, letters = words_of(query), fold(query)
    if not words or not all(one.isalpha() or one in " .'" for one in letters):
        return None
    people = _sought(search.PERSON, words, columns_of(Person), Person.id)
    if people.cap == CAP:
        found = select(Person.id).where(people.clause).cte("named")
        return Sought(or_(*(one.in_(select(found.c.id)) for one in owners)), CAP)
    named = exists().where(Person.id.in_(owners), people.clause).correlate(model)
    return Sought(named, CAP_OF_COMMON_WORDS)


def _sought(
    noun: str, words: Sequence[Words], columns: Columns, number: ColumnElement[int]
) -> Sought:
    sizes = [
        select(func.count()).select_from(rows_of(noun, one).limit(FEW + 1).subquery())
        for one in words
    ]
    counted = db.session.execute(select(*(one.scalar_subquery() for one in sizes))).one()
    rarest = min(range(len(words)), key=counted.__getitem__)
    if counted[rarest] > FEW:
        return Sought(and_(*(holds(columns, one) for one in words)), CAP_OF_COMMON_WORDS)
    others = [holds(columns, one) for place, one in enumerate(words) if place != rarest]
    return Sought(and_(number.in_(rows_of(noun, words[rarest])), *others), CAP)


def newest_page(
    model: Any,
    wanted: Sequence[ColumnElement[bool]],
    *,
    before: int | None,
    size: int,
    cap: int | None = None,
) -> Newest:
    """One page below a row, and the count of all; one statement, two where there are more pages.

    Without a cap, the count is exact: for filters that an index counts.
    """
    rows: Select[tuple[int]] = select(model.id).where(*wanted)
    first = list(
        db.session.scalars(rows.order_by(model.id.desc()).limit((cap or size) + 1))
        if cap or not before
        else ()
    )
    total = len(first)
    if cap is None and (before or total > size):
        everything = select(func.count()).select_from(model).where(*wanted)
        total = db.session.scalar(everything) or 0
    page = first[: size + 1]
    if before:
        below = rows.where(model.id < before).order_by(model.id.desc()).limit(size + 1)
        page = list(db.session.scalars(below))
    capped = cap is not None and total > cap
    return Newest(page[:size], len(page) > size, min(total, cap or total), capped)
