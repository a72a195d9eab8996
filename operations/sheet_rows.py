"""What all kinds of Excel imports share: a row as it was read, and units by their names.

A row says what the file says in plain values (`said`): text, days as ISO text, names of enum
members. Citizen ids are in it sealed, with the keyed hash beside them, never in the clear.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from extensions import Base
from models import Agency
from operations.personal import CitizenIds
from rules.law import Law
from rules.names import fold, fold_words, sort_key
from rules.sheet_imports import RowVerdict

T = TypeVar("T")

CHUNK = 5_000
"""Values in one IN list: far under what SQLite (32,766) and PostgreSQL (65,535) take."""
CANDIDATES = "candidates"
MOST_CANDIDATES = 8


@dataclass(slots=True)
class Row:
    """One row of a file against the register.

    `problems` are dicts of field, heading, text, blocks and `late` (found against the register, not
    in the file itself). `differences` maps a field to [in the register, in the file], or, for an
    ambiguous row, CANDIDATES to a list of [number, words]. `decision` is what a person chose:
    "skip", "object" (a number, or "new"), "take" (fields).
    """

    number: int
    said: dict[str, Any]
    problems: list[dict[str, Any]] = field(default_factory=list)
    verdict: RowVerdict = RowVerdict.NEW
    differences: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] = field(default_factory=dict)
    object_id: int | None = None
    object_version: int | None = None
    before: dict[str, Any] = field(default_factory=dict)
    remark: str = ""
    noun: str = ""
    id: int = 0

    def text(self, key: str) -> str:
        """What the file says, "" when it says nothing."""
        return str(self.said.get(key) or "")

    def day(self, key: str) -> date | None:
        """A day of the file."""
        value = self.said.get(key)
        return date.fromisoformat(value) if value else None

    def name_keys(self, key: str) -> tuple[str, str]:
        """The fold and the sort key of a name; kept with the row, since each look asks for them."""
        kept = self.said.get(f"{key}_keys")
        if kept is None:
            name = self.text(key)
            kept = self.said[f"{key}_keys"] = [fold(name), sort_key(name)]
        return kept[0], kept[1]

    def forget_findings(self) -> None:
        """Back to what the file alone says, before looking at the register again."""
        self.problems = [one for one in self.problems if not one.get("late")]
        self.differences, self.object_id, self.remark = {}, None, ""
        self.verdict = RowVerdict.NEW

    @property
    def blocked(self) -> bool:
        return any(one["blocks"] for one in self.problems)

    def complain(self, key: str, text: str, *, blocks: bool = True) -> None:
        """Add a problem that only the register shows; one that blocks decides the verdict."""
        self.problems.append(
            {"field": key, "heading": "", "text": text, "blocks": blocks, "late": True}
        )
        if blocks:
            self.verdict = RowVerdict.PROBLEM

    def differ(self, key: str, old: str, new: str) -> None:
        self.differences[key] = [old, new]
        self.verdict = RowVerdict.CHANGED

    def ask(self, candidates: Sequence[tuple[int, str]]) -> None:
        """Leave it to a person which of these the row means."""
        self.verdict = RowVerdict.AMBIGUOUS
        self.differences = {CANDIDATES: [list(one) for one in candidates[:MOST_CANDIDATES]]}

    def taken(self, overwrite: Iterable[str]) -> list[str]:
        """The differing fields to take over: gaps always, other values where they were chosen."""
        chosen = self.decision.get("take")
        if chosen is not None:
            return [key for key in self.differences if key in chosen]
        everywhere = set(overwrite)
        return [key for key, (old, _) in self.differences.items() if not old or key in everywhere]


@dataclass
class SoFar:
    """What earlier rows of the same file have claimed: object -> row, "unit/number" -> row."""

    seen: dict[int, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where an import belongs: its agency with all units below, and what a person said of names."""

    agency_id: int
    names: Mapping[int, str]
    words: Mapping[str, int | None]
    chosen: Mapping[str, int]
    today: date
    citizen_ids: CitizenIds
    import_id: int
    law: Law | None = None
    _found: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        session: Session,
        agency_id: int,
        chosen: Mapping[str, int],
        today: date,
        citizen_ids: CitizenIds,
        *,
        import_id: int = 0,
        law: Law | None = None,
    ) -> "Place":
        """Read the agency and its units; one statement."""
        top = select(Agency.path).where(Agency.id == agency_id).scalar_subquery()
        rows = session.execute(
            select(Agency.id, Agency.name, Agency.code).where(
                Agency.path.startswith(top), Agency.ended_on.is_(None)
            )
        ).all()
        words: dict[str, int | None] = {}
        for number, name, code in rows:
            for word in {unit_word(name), unit_word(code)}:
                words[word] = None if word in words else number
        names = {number: name for number, name, _ in rows}
        known = {word: number for word, number in chosen.items() if number in names}
        return cls(agency_id, names, words, known, today, citizen_ids, import_id, law)

    def unit(self, name: str, section: str = "") -> int | None:
        """The unit that a cell names, by name or code; an empty cell is the group that the row
        stands under when that is a unit, else the agency itself. None: not known, or several.
        """
        if not name:
            return (self._unit(unit_word(section)) if section else None) or self.agency_id
        if name not in self._found:
            self._found[name] = self._unit(unit_word(name))
        return self._found[name]

    def _unit(self, word: str) -> int | None:
        if word in self.chosen:
            return self.chosen[word]
        if word in self.words:
            return self.words[word]
        if " " not in word:
            return None
        longer = [number for known, number in self.words.items() if known.startswith(f"{word} ")]
        return longer[0] if len(longer) == 1 else None

    def place_of(self, row: Row) -> int | None:
        """The unit of a row, or None after saying what is wrong with it."""
        name, section = row.text("agency_name"), row.text("section")
        found = self.unit(name, section)
        if section and not name and self._unit(unit_word(section)) is None:
            row.complain(
                "agency_name",
                f"Dòng đứng dưới nhóm “{section}”, không phải tên đơn vị trong sổ: sẽ ghi vào "
                f"{self.names[self.agency_id]}.",
                blocks=False,
            )
        if found is None:
            row.complain(
                "agency_name",
                f"Không có đơn vị “{row.text('agency_name')}” trong phạm vi nhập. Hãy chọn đơn vị "
                "tương ứng ở khung “Tên đơn vị chưa khớp”, hoặc thêm đơn vị vào sổ.",
            )
        return found


def unit_word(name: str) -> str:
    """A unit's name for comparing: folded words, without a leading Roman or Arabic number."""
    words = list(fold_words(name))
    while len(words) > 1 and (words[0].isdigit() or set(words[0]) <= set("ivx")):
        words.pop(0)
    return " ".join(words)


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values, each once, in pieces that fit into one statement."""
    kept = list(dict.fromkeys(values))
    for start in range(0, len(kept), CHUNK):
        yield kept[start : start + CHUNK]


def put(session: Session, model: type[Base], values: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows straight into the table: for thousands the mapper takes half of the time."""
    if values:
        session.execute(insert(model.__table__), values)  # type: ignore[arg-type] # a Table


def put_numbered(
    session: Session, model: Any, values: Sequence[Mapping[str, Any]]
) -> Sequence[int]:
    """Insert many rows and return their numbers in order, inside a transaction of operations.

    Asking the database to return them makes SQLite take the rows one by one. Writers stand in a
    queue (`operations/transactions.py`), so whatever is above the last number is ours.
    """
    last = session.scalar(select(func.max(model.id))) or 0
    put(session, model, values)
    return session.scalars(select(model.id).where(model.id > last).order_by(model.id)).all()


def patch(session: Session, model: type[Base], values: Sequence[Mapping[str, Any]]) -> None:
    """Change many rows by their "id", likewise; all of them in the same columns."""
    if not values:
        return
    table = model.__table__
    named: dict[str, Any] = {key: bindparam(f"new_{key}") for key in values[0] if key != "id"}
    session.connection().execute(
        update(table).where(table.c.id == bindparam("row_id")).values(named),  # type: ignore[arg-type] # a Table
        [{"row_id": one["id"]} | {f"new_{key}": one[key] for key in named} for one in values],
    )


def shown_day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def same_text(one: str | None, other: str | None) -> bool:
    return fold(one or "") == fold(other or "")
