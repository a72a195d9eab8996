"""A pasted list of staff changes, read and matched with people; nothing is saved here.

One line per person: "mã cán bộ hoặc thư điện tử; loại biến động; ngày; ghi chú". Columns copied
from Excel come with tabs, which count as well.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from models import Person
from operations.staff_changes import Change
from rules.names import fold, fold_words, nfc
from rules.staff_changes import StaffChange as Kind

MOST_LINES = 500
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class Line:
    """One line as it was pasted, and what was understood of it. `wrong` says what was not."""

    number: int
    who: str
    kind: Kind | None
    effective_on: date | None
    note: str
    wrong: str = ""
    person: Person | None = None

    def change(self) -> Change:
        """The change to enter; only for a line with nothing wrong."""
        if self.person is None or self.kind is None or self.effective_on is None:
            raise ValueError(self.wrong)
        away = self.kind is Kind.MOVED_TO_OTHER_BODY
        return Change(
            self.person.id,
            self.kind,
            self.effective_on,
            to_body=self.note if away else "",
            new_title=self.note if self.kind is Kind.POSITION_CHANGED else "",
            note="" if away else self.note,
        )


def read_lines(text: str, kinds: Mapping[str, str]) -> list[Line]:
    """The lines of a pasted list. `kinds`: folded words -> name of the member of StaffChange."""
    found = []
    for number, line in enumerate(nfc(text).splitlines(), 1):
        parts = [part.strip() for part in re.split(r"\t|;", line, maxsplit=3)]
        if any(parts):
            who, what, day, note = [*parts, "", "", ""][:4]
            found.append(_line(number, who, what, day, note, kinds))
    return found[:MOST_LINES]


def match(session: Session, lines: Sequence[Line], *scope: ColumnElement[bool]) -> list[Line]:
    """The lines with the people they name, inside the scope; one statement.

    A person is found by official e-mail address, staff number, or whole name where only one bears
    it.
    """
    keys = {one.who for one in lines}
    names = {fold(one) for one in keys}
    people = session.scalars(
        select(Person)
        .where(
            or_(
                Person.email.in_({one.lower() for one in keys}),
                Person.staff_number.in_(keys),
                Person.name_fold.in_(names),
            ),
            Person.left_on.is_(None),
            *scope,
        )
        .options(joinedload(Person.agency))
    ).all()
    return _without_doubles([_matched(one, people) for one in lines])


def _line(number: int, who: str, what: str, day: str, note: str, kinds: Mapping[str, str]) -> Line:
    name = kinds.get(" ".join(fold_words(what)))
    kind, effective_on = Kind[name] if name else None, _day(day)
    wrong = ""
    if not who:
        wrong = "thiếu mã cán bộ hoặc thư điện tử"
    elif kind is None:
        wrong = f"không hiểu loại biến động “{what}”" if what else "thiếu loại biến động"
    elif effective_on is None:
        wrong = f"ngày “{day}” không đúng" if day else "thiếu ngày"
    elif kind is Kind.MOVED_TO_OTHER_BODY and not note:
        wrong = "ghi tên cơ quan nơi đến vào phần ghi chú"
    return Line(number, who, kind, effective_on, note, wrong)


def _day(text: str) -> date | None:
    if found := _DAY.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _matched(line: Line, people: Sequence[Person]) -> Line:
    if line.wrong:
        return line
    ways = (
        [one for one in people if one.email == line.who.lower()],
        [one for one in people if one.staff_number == line.who],
        [one for one in people if one.name_fold == fold(line.who)],
    )
    for found in ways:
        if len(found) == 1:
            return _with(line, found[0], "")
        if found:
            return _with(line, None, "có nhiều người trùng; hãy ghi thư điện tử")
    return _with(line, None, "không tìm thấy trong phạm vi của anh/chị, hoặc đã nghỉ")


def _without_doubles(lines: Sequence[Line]) -> list[Line]:
    seen: dict[tuple[int, Kind | None], int] = {}
    found = []
    for one in lines:
        if one.person is not None:
            first = seen.setdefault((one.person.id, one.kind), one.number)
            if first != one.number:
                one = _with(one, None, f"trùng với dòng {first}")
        found.append(one)
    return found


def _with(line: Line, person: Person | None, wrong: str) -> Line:
    return Line(line.number, line.who, line.kind, line.effective_on, line.note, wrong, person)
