"""A list of official e-mail addresses and the people of the register, put together.

By citizen id first, then by folded name where only one person and only one line have it. What is
not certain is shown, never guessed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol

from rules.names import fold


class EmailLine(Protocol):
    """What must be known of a line of the list; `sheets.people.PersonRow` is one."""

    @property
    def row(self) -> int: ...
    @property
    def full_name(self) -> str: ...
    @property
    def birth_on(self) -> date | None: ...
    @property
    def citizen_id(self) -> str: ...
    @property
    def email(self) -> str: ...


@dataclass(frozen=True)
class Known:
    """A person of the register. `citizen_key` is whatever `citizen_key` of `match_emails` makes of
    the number (the keyed hash; the number itself stays sealed), "" when there is none.
    """

    person_id: int
    full_name: str
    birth_on: date | None = None
    citizen_key: str = ""
    email: str = ""


class MatchedBy(Enum):
    """What two lines were put together by."""

    CITIZEN_ID = "Số định danh cá nhân"
    NAME_AND_BIRTH = "Họ tên và ngày sinh"
    NAME = "Họ tên"


@dataclass(frozen=True)
class EmailMatch:
    """A certain match. `changes`: the register has another address now; `name_differs`: the
    citizen id is the same, but the name is not.
    """

    row: int
    person_id: int
    email: str
    by: MatchedBy
    changes: bool
    name_differs: bool = False


@dataclass(frozen=True)
class Unmatched:
    """A line without a certain person, why, and whom it may mean."""

    row: int
    full_name: str
    email: str
    reason: str
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True)
class EmailMatches:
    """Everything: certain, ambiguous (with candidates), unmatched, and people left without."""

    matched: tuple[EmailMatch, ...]
    ambiguous: tuple[Unmatched, ...]
    unmatched: tuple[Unmatched, ...]
    people_without: tuple[int, ...]


def match_emails(
    lines: Iterable[EmailLine],
    people: Sequence[Known],
    *,
    citizen_key: Callable[[str], str] = lambda number: number,
) -> EmailMatches:
    """Match the lines of a list to people; `citizen_key` turns a number into the key of `Known`."""
    lines = list(lines)
    by_key = defaultdict(list)
    by_name = defaultdict(list)
    for person in people:
        if person.citizen_key:
            by_key[person.citizen_key].append(person)
        by_name[fold(person.full_name)].append(person)
    matched: dict[int, EmailMatch] = {}
    rest: list[tuple[EmailLine, str]] = []
    taken: dict[int, int] = {}
    unmatched: list[Unmatched] = []
    ambiguous: list[Unmatched] = []
    for line in lines:
        if not line.email:
            unmatched.append(_left(line, "Dòng này không có địa chỉ thư điện tử đọc được."))
            continue
        key = citizen_key(line.citizen_id) if line.citizen_id else ""
        holders = by_key.get(key, []) if key else []
        if len(holders) == 1 and holders[0].person_id not in taken:
            person = holders[0]
            taken[person.person_id] = line.row
            matched[line.row] = _match(line, person, MatchedBy.CITIZEN_ID)
        elif holders:
            reason = "Số định danh này đã gặp ở dòng khác hoặc của nhiều người. Hãy chọn tay."
            ambiguous.append(_left(line, reason, holders))
        else:
            rest.append((line, key))
    for line, match, left in _by_name(rest, by_name, taken):
        if match is not None:
            matched[line.row] = match
        elif left is not None:
            (ambiguous if left.candidates else unmatched).append(left)
    done = {match.person_id for match in matched.values()}
    return EmailMatches(
        tuple(matched[row] for row in sorted(matched)),
        tuple(sorted(ambiguous, key=lambda one: one.row)),
        tuple(sorted(unmatched, key=lambda one: one.row)),
        tuple(person.person_id for person in people if person.person_id not in done),
    )


def _by_name(
    rest: Sequence[tuple[EmailLine, str]],
    by_name: dict[str, list[Known]],
    taken: dict[int, int],
) -> Iterable[tuple[EmailLine, EmailMatch | None, Unmatched | None]]:
    """The second round: by name, among people whom nobody's number has claimed."""
    wanted: dict[int, int] = defaultdict(int)
    offers = []
    for line, key in rest:
        free = [
            person
            for person in by_name.get(fold(line.full_name), [])
            if person.person_id not in taken and _fits(line, key, person)
        ]
        same_birth = [one for one in free if line.birth_on and one.birth_on == line.birth_on]
        chosen = same_birth or free
        offers.append((line, chosen, bool(same_birth)))
        for person in chosen:
            wanted[person.person_id] += 1
    for line, chosen, by_birth in offers:
        if not chosen:
            reason = "Không tìm thấy người này trong sổ. Hãy xem lại họ tên hoặc thêm cán bộ."
            yield line, None, _left(line, reason)
        elif len(chosen) > 1 or wanted[chosen[0].person_id] > 1:
            reason = "Trùng họ tên, không chắc là ai. Hãy chọn tay hoặc ghi số định danh cá nhân."
            yield line, None, _left(line, reason, chosen)
        else:
            by = MatchedBy.NAME_AND_BIRTH if by_birth else MatchedBy.NAME
            yield line, _match(line, chosen[0], by), None


def _fits(line: EmailLine, key: str, person: Known) -> bool:
    """Two numbers or two birthdays that differ mean two people."""
    if key and person.citizen_key and key != person.citizen_key:
        return False
    return not (line.birth_on and person.birth_on and line.birth_on != person.birth_on)


def _match(line: EmailLine, person: Known, by: MatchedBy) -> EmailMatch:
    return EmailMatch(
        line.row,
        person.person_id,
        line.email,
        by,
        changes=bool(person.email) and person.email.lower() != line.email.lower(),
        name_differs=fold(person.full_name) != fold(line.full_name),
    )


def _left(line: EmailLine, reason: str, candidates: Sequence[Known] = ()) -> Unmatched:
    return Unmatched(
        line.row,
        line.full_name,
        line.email,
        reason,
        tuple(person.person_id for person in candidates),
    )
