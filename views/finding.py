"""Finding rows in a register: words and serials, conditions, pages by key, counts with a cap.

The same for every register, and fast for 100,000 rows on SQLite and PostgreSQL alike. First it is
counted, each with a cap, how many rows every condition and every word alone leaves. When the rarest
leaves few, its rows are read through its index, fenced by a LIMIT so that the database keeps to
that order of work, then checked and sorted. When all are common, the index of the order is walked
and each row checked; columns of checks hide behind `coalesce`, so that no other index tempts the
planner. Either way the first thousand numbers come back in order: they are the count and most of
the pages. Pages beyond start at the key of a row, never at an OFFSET.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from models import SearchTerm
from rules.names import fold_words
from rules.serials import normalise_serial, serial_candidates
from views.guards import Scope
from views.kept import until_the_log_grows

PAGE_SIZE = 40
CAP = 1_000
CAP_OF_EACH_IN_A_PART = 300
"""Where the counts of many states are each looked for among the rows of a part of the register."""
CAP_OF_COMMON_WORDS = 100
"""Where every word is common, counting a thousand hits would take too long."""
FEW = 8_000
"""Rows that are quickly read, checked and sorted."""
MANY = 20_000
"""How far the rows of one condition are counted; as many are read only to spare a longer walk."""
USUAL_SIZE = 100_000
"""Rows of a register from which on FEW, and MANY for a word, mean as much more as it has more rows:
among a million every word of a name is in 20,000, and whoever then walks in the order of given
names walks through nearly all for those that come last (Yến), or for three words in few names.
"""
MOST_WORDS = 8
_LONGEST_QUERY = 200
_LAST = "\U0010ffff"
_DIGITS_OF_A_SERIAL = 6
_LETTERS_THEN_GROUPS = re.compile(r"[A-Za-z]{1,5}[0-9]*(?:[ :.-]+[0-9]+)+", re.ASCII)

Columns = Callable[[str], ColumnElement[Any]]
"""From the name of a column to the column: as it is, hidden from indexes, or of a subquery."""


class Words(NamedTuple):
    """One word of a query: the beginnings of terms that it may mean."""

    beginnings: tuple[str, ...]


def words_of(query: str) -> tuple[Words, ...]:
    """The words of a query, each with its other notations when it may be a serial.

    "54:01:0A 0b" is one serial in groups; "nguyen 0x5401" is a name and a serial.
    """
    text = query.strip()[:_LONGEST_QUERY]
    if _is_grouped_serial(text):
        return (Words(_notations(text)),)
    if _LETTERS_THEN_GROUPS.fullmatch(text) and sum(map(str.isdigit, text)) >= _DIGITS_OF_A_SERIAL:
        whole = _notations(text)  # TN 541-000033: the serial of a device, or a code in parts
        return tuple(Words((word, *whole)) for word in fold_words(text))[:MOST_WORDS]
    found: list[Words] = []
    for piece in text.split():
        if "@" in piece:
            found.append(Words((piece.lower(),)))
        elif any(letter.isdigit() for letter in piece) and serial_candidates(piece):
            plain = fold_words(piece)
            same = _notations(piece)
            if len(plain) == 1:
                found.append(Words(tuple(dict.fromkeys((plain[0], *same)))))
            else:  # TB-0012: an internal code, or a serial with separators
                found += [Words((word, *same)) for word in plain]
        else:
            found += [Words((word,)) for word in fold_words(piece)]
    return tuple(dict.fromkeys(found))[:MOST_WORDS]


def _is_grouped_serial(text: str) -> bool:
    """True for a serial written in groups: hexadecimal digits between blanks, colons or hyphens."""
    bare = text.replace("0x", "").replace("0X", "")
    groups = [group for group in bare.replace(":", " ").replace("-", " ").split() if group]
    digits = "".join(groups)
    return (
        len(groups) > 1
        and len(digits) >= _DIGITS_OF_A_SERIAL
        and all(letter in "0123456789abcdefABCDEF" for letter in digits)
        and any(letter.isdigit() for letter in digits)
    )


def _notations(text: str) -> tuple[str, ...]:
    """The stored notations a serial may mean, in the lower case of terms."""
    bare = "".join(letter for letter in text.lower() if letter.isalnum())
    found = (*serial_candidates(text), normalise_serial(text), bare)
    return tuple(dict.fromkeys(one.lower() for one in found if one))


@dataclass(frozen=True)
class Condition:
    """One condition on the rows of a register.

    `build` gets the columns through which an index may seek, and the rest of the columns; told to
    check only, both are the same. `reads` names every column it asks for. `ordered`: the register
    has an index that gives exactly these rows in the order of the list.
    """

    build: Callable[[Columns, Columns], ColumnElement[bool]]
    reads: tuple[str, ...]
    ordered: bool = False


def equals(column: str, value: object, *, ordered: bool = False) -> Condition:
    """The rows whose column has this value."""
    return Condition(lambda seek, _rest: seek(column) == value, (column,), ordered)


def rows_of(noun: str, word: Words) -> Any:
    """The numbers of the rows of a noun that have a term which begins so."""
    parts = [
        select(SearchTerm.object_id.label("object_id")).where(
            SearchTerm.noun == noun,
            SearchTerm.term >= beginning,
            SearchTerm.term < beginning + _LAST,
        )
        for beginning in word.beginnings
    ]
    return parts[0] if len(parts) == 1 else union_all(*parts)


def within(column: str, numbers: Select[tuple[int]]) -> Condition:
    """The rows whose column is one of the numbers that a query gives (an agency and all below)."""
    return Condition(lambda seek, _rest: seek(column).in_(numbers), (column,))


def in_scope(scope: Scope, place: str, owner: str) -> tuple[Condition, ...]:
    """The rows a person may see; nothing when that is all of them."""
    if scope.everything:
        return ()
    if scope.own_person_id is None:
        return (Condition(lambda seek, _rest: scope.clause(seek(place)), (place,)),)
    return (Condition(lambda seek, _rest: scope.clause(seek(place), seek(owner)), (place, owner)),)


def columns_of(model: Any) -> Columns:
    """The columns of a table as they are."""

    def column(name: str) -> ColumnElement[Any]:
        found: ColumnElement[Any] = getattr(model, name)
        return found

    return column


@cache
def hidden(model: Any, name: str) -> ColumnElement[Any]:
    """The value of a column, which no index serves; made once, for making it takes its time."""
    column = getattr(model, name)
    return func.coalesce(column, column)


@dataclass(frozen=True)
class Register:
    """What can be searched: its table, its noun in the index of terms, the column of its order."""

    model: Any
    noun: str
    order: str
    computed: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    def plain(self, name: str) -> ColumnElement[Any]:
        """The column itself, or the expression that the register keeps under this name."""
        column: ColumnElement[Any] = self.computed.get(name, getattr(self.model, name, None))
        return column

    def hidden(self, name: str) -> ColumnElement[Any]:
        """The column's value, which no index serves."""
        return self.computed[name] if name in self.computed else hidden(self.model, name)


@dataclass(frozen=True)
class Page:
    """Numbers of the rows of one page, and how many there are in all."""

    ids: tuple[int, ...]
    count: int
    capped: bool
    before: int | None = None
    """Cursor of the page before; None on the first."""
    after: int | None = None
    """Cursor of the page after; None on the last."""


class Cursor(NamedTuple):
    """Where a page starts: after one row, or before one; both None for the first page."""

    after: int | None = None
    before: int | None = None


FIRST = Cursor()


@dataclass
class Search:
    """One search in a register. Make it, then ask for `page` or `first`."""

    session: Session
    register: Register
    conditions: Sequence[Condition]
    words: Sequence[Words] = ()
    _sizes: tuple[int, ...] | None = field(default=None, init=False)
    _rows: int | None = field(default=None, init=False)

    # How many rows each condition alone leaves ---------------------------------------------------

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows that each condition, then each word, alone leaves; counted up to MANY."""
        if self._sizes is None:
            counted = [self._count(self._seek(one)) for one in self.conditions]
            self._sizes = ()
            if counted or self.words:
                counted.append(select(func.max(self.register.model.id)).scalar_subquery())
                *sizes, self._rows = self.session.execute(select(*counted)).one()
                self._sizes = (*sizes, *self._sizes_of_words())
        return self._sizes

    def _sizes_of_words(self) -> tuple[int, ...]:
        """The same for the words, kept until the log grows: common ones take milliseconds. They
        only choose the way to read; another database's answer would give the same rows.
        """
        if not self.words:
            return ()
        most = self._times(MANY)
        counted = [self._count(self._rows_of(word), most) for word in self.words]
        return until_the_log_grows(
            ("rows of words", self.register.noun, self.words),
            lambda: tuple(self.session.execute(select(*counted)).one()),
        )

    def _times(self, number: int) -> int:
        """The same part of a larger register."""
        return max(number, number * (self._rows or 0) // USUAL_SIZE)

    def _count(self, rows: Any, most: int = MANY) -> Any:
        some = rows.limit(most).subquery()
        return select(func.count()).select_from(some).scalar_subquery()

    def _seek(self, condition: Condition) -> Select[Any]:
        register = self.register
        return select(register.model.id).where(condition.build(register.plain, register.hidden))

    def _rows_of(self, word: Words) -> Any:
        return rows_of(self.register.noun, word)

    # The rows in order ---------------------------------------------------------------------------

    def _rarest(self) -> int | None:
        """Place of the condition or word to read first; None to walk along the order instead."""
        sizes, count = self.sizes, len(self.conditions)
        known = [
            (size, place)
            for place, size in enumerate(sizes)
            if size < (MANY if place < count else self._times(MANY))
        ]
        if not known:
            return None
        least, place = min(known)
        return None if least > self._times(FEW) and least > self._walk_length() else place

    def _walk_length(self) -> float:
        """Rows a walk looks at until it has counted enough, when conditions are unrelated."""
        length = float(CAP_OF_COMMON_WORDS)
        for size in self.sizes:
            length *= (self._rows or 1) / max(size, 1)
        return length

    def _in_order(self) -> tuple[Any, ColumnElement[Any], ColumnElement[Any]]:
        """A query of numbers that match, without order yet; its column of order and its number."""
        rarest, count = self._rarest(), len(self.conditions)
        if rarest is None:
            return self._walk(None)
        if rarest >= count:
            return self._walk(self.words[rarest - count])
        return self._fenced(rarest)

    def _walk(self, driver: Words | None) -> tuple[Any, ColumnElement[Any], ColumnElement[Any]]:
        """Along the index of the order, or through the rows of one rare word."""
        register = self.register
        hide = register.hidden
        checks = [
            one.build(register.plain, hide)
            if one.ordered and driver is None
            else one.build(hide, hide)
            for one in self.conditions
        ]
        checks += [holds(hide, word) for word in self.words if word is not driver]
        query = select(register.model.id)
        if driver is not None:
            query = query.where(register.model.id.in_(self._rows_of(driver)))
        return query.where(*checks), register.plain(register.order), register.model.id

    def _fenced(self, place: int) -> tuple[Any, ColumnElement[Any], ColumnElement[Any]]:
        """The rows of one rare condition, read first, then checked."""
        register = self.register
        others = [one for number, one in enumerate(self.conditions) if number != place]
        names = {register.order, *(name for one in others for name in one.reads)}
        if self.words:
            names.add("search_text")
        driver = self.conditions[place]
        read = select(
            register.model.id, *(register.plain(name).label(name) for name in sorted(names))
        ).where(driver.build(register.plain, register.hidden))
        if driver.ordered:  # That index also holds what is asked of each row.
            read = read.order_by(register.plain(register.order), register.model.id)
        rows = read.limit(MANY).subquery()

        def column(name: str) -> ColumnElement[Any]:
            found: ColumnElement[Any] = rows.c[name]
            return found

        checks = [one.build(column, column) for one in others]
        checks += [holds(column, word) for word in self.words]
        return select(rows.c.id).where(*checks), rows.c[register.order], rows.c.id

    def all_ids(self) -> Select[tuple[int]]:
        """A query of the numbers of all rows that match, in no order: for taking everything."""
        query: Select[tuple[int]] = self._in_order()[0]
        return query

    def size_of(self, wanted: Sequence[Condition]) -> int | None:
        """The least that one of these conditions alone leaves; None without any, or when many."""
        sizes = [
            size for one, size in zip(self.conditions, self.sizes, strict=False) if one in wanted
        ]
        return min(sizes) if sizes and min(sizes) <= FEW else None

    @property
    def cap(self) -> int:
        """How far rows are counted; less where each row of a long walk must be looked at."""
        checks = sum(1 for one in self.conditions if not one.ordered) + len(self.words)
        walks = self._rarest() is None
        return CAP_OF_COMMON_WORDS if walks and (self.words or checks > 1) else CAP

    def first(self, limit: int) -> list[int]:
        """Numbers of the first rows in order."""
        query, order, number = self._in_order()
        return list(self.session.scalars(query.order_by(order, number).limit(limit)))

    def page(self, cursor: Cursor = FIRST, size: int = PAGE_SIZE) -> Page:
        """One page; a cursor that leads nowhere any more gives the first page."""
        window = self.first(self.cap + 1)
        capped = len(window) > self.cap
        start = _start(window, cursor, size)
        if start is not None and (start + size <= self.cap or not capped):
            return _slice(window, start, size, self.cap)
        ids = self._beyond(cursor, size + 1)
        more, ids = len(ids) > size, ids[:size]
        if cursor.after is None:
            ids.reverse()
            if not more:  # nothing before: that is the first page
                return _slice(window, 0, size, self.cap)
            return Page(tuple(ids), min(len(window), self.cap), capped, ids[0], ids[-1])
        if not ids:
            return _slice(window, 0, size, self.cap)
        count = min(len(window), self.cap)
        return Page(tuple(ids), count, capped, ids[0], ids[-1] if more else None)

    def _beyond(self, cursor: Cursor, limit: int) -> list[int]:
        """Numbers after a row, or before it in reverse, by the key of that row."""
        query, order, number = self._in_order()
        anchor = cursor.after if cursor.after is not None else cursor.before
        model = self.register.model
        key = (
            select(self.register.plain(self.register.order))
            .where(model.id == anchor)
            .scalar_subquery()
        )
        here, there = tuple_(order, number), tuple_(key, literal(anchor))
        if cursor.after is not None:
            query = query.where(here > there).order_by(order, number)
        else:
            query = query.where(here < there).order_by(order.desc(), number.desc())
        return list(self.session.scalars(query.limit(limit)))


def holds(columns: Columns, word: Words) -> ColumnElement[bool]:
    """The row's own text has a term that begins so."""
    text = columns("search_text")
    return or_(*(text.contains(f" {one}", autoescape=True) for one in word.beginnings))


def _start(window: Sequence[int], cursor: Cursor, size: int) -> int | None:
    """Where the page begins inside the window; None when the window does not reach it."""
    if cursor.after is None and cursor.before is None:
        return 0
    if cursor.after is not None:
        return window.index(cursor.after) + 1 if cursor.after in window else None
    if cursor.before in window:
        return max(0, window.index(cursor.before) - size)
    return None


def _slice(window: Sequence[int], start: int, size: int, cap: int) -> Page:
    ids = tuple(window[start : start + size])
    count = min(len(window), cap)
    before = ids[0] if start and ids else None
    after = ids[-1] if start + size < len(window) else None
    return Page(ids, count, len(window) > cap, before, after)


def by_ids(
    session: Session, model: Any, ids: Sequence[int], options: Iterable[Any] = ()
) -> list[Any]:
    """The rows of these numbers in that order, in one statement."""
    if not ids:
        return []
    rows = session.scalars(select(model).where(model.id.in_(ids)).options(*options)).unique()
    found = {row.id: row for row in rows}
    return [found[number] for number in ids if number in found]


def counts_of_each(
    session: Session,
    register: Register,
    kept: Sequence[Condition],
    each: Sequence[Condition],
    few: bool,
) -> tuple[list[int], int]:
    """How many rows each condition leaves beside the kept ones, up to a cap and one; and the cap.

    `few`: the kept conditions leave few rows, which are then read once and told apart.
    """
    if few:
        return _told_apart(session, register, kept, each), CAP
    cap = CAP_OF_EACH_IN_A_PART if kept else CAP
    counts = []
    for one in each:
        rows = (
            select(register.model.id)
            .where(
                one.build(register.plain, register.hidden),
                *(other.build(register.hidden, register.hidden) for other in kept),
            )
            .limit(cap + 1)
            .subquery()
        )
        counts.append(select(func.count()).select_from(rows).scalar_subquery())
    return list(session.execute(select(*counts)).one()), cap


def _told_apart(
    session: Session, register: Register, kept: Sequence[Condition], each: Sequence[Condition]
) -> list[int]:
    names = sorted({name for one in each for name in one.reads})
    rows = (
        select(*(register.plain(name).label(name) for name in names))
        .where(*(one.build(register.plain, register.hidden) for one in kept))
        .limit(MANY)
        .subquery()
    )

    def column(name: str) -> ColumnElement[Any]:
        found: ColumnElement[Any] = rows.c[name]
        return found

    number = case(*((one.build(column, column), place) for place, one in enumerate(each)))
    found = session.execute(select(number.label("place"), func.count()).group_by("place")).all()
    counted: dict[int | None, int] = dict(found)  # type: ignore[arg-type] # rows are pairs
    return [min(counted.get(place, 0), CAP + 1) for place in range(len(each))]
