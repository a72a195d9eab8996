"""Which person of the register a row of a file means: by citizen id, e-mail, staff number, name.

The same for every kind of list that names people. A name alone decides nothing by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Agency, Person, Position
from operations.sheet_rows import CANDIDATES, Place, Row, chunks, shown_day
from rules.names import fold
from rules.sheet_imports import RowVerdict


class Known(NamedTuple):
    """What of a person in the register is compared."""

    id: int
    agency_id: int
    full_name: str
    sort_key: str
    birth_on: date | None
    staff_number: str | None
    email: str | None
    phone: str | None
    citizen_id_hash: str | None
    citizen_id_issued_on: date | None
    citizen_id_issued_by: str | None
    left_on: date | None
    version: int


_COLUMNS = tuple(getattr(Person, name) for name in Known._fields)


@dataclass(frozen=True)
class Keys:
    """The keys under which a row's fields stand: a list of devices names its holder, say."""

    name: str = "full_name"
    email: str = "email"
    citizen_hash: str = "citizen_id_hash"
    staff_number: str = ""
    birth_on: str = ""


@dataclass
class People:
    """The people that the rows of one file may mean, read in a few statements."""

    place: Place
    by_hash: dict[str, Known] = field(default_factory=dict)
    by_email: dict[str, list[Known]] = field(default_factory=dict)
    by_staff_number: dict[str, list[Known]] = field(default_factory=dict)
    by_name: dict[str, list[Known]] = field(default_factory=dict)
    by_id: dict[int, Known] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, place: Place, rows: Sequence[Row], keys: Keys) -> "People":
        """Look up every key of every row."""
        found = cls(place)
        texts = _texts_of(rows)
        for one in _read(session, Person.citizen_id_hash, texts(keys.citizen_hash)):
            found.by_hash[one.citizen_id_hash or ""] = one
        for one in _read(session, Person.email, texts(keys.email)):
            if one.left_on is None:
                found.by_email.setdefault(one.email or "", []).append(one)
        inside = _inside(place)
        for one in _read(session, Person.staff_number, texts(keys.staff_number), inside):
            found.by_staff_number.setdefault(one.staff_number or "", []).append(one)
        # Names only where nothing else tells: half a province is called Nguyễn Thị Lan.
        unknown = [row for row in rows if not found._certain(row, keys, place.agency_id)]
        names = {row.name_keys(keys.name)[1] for row in unknown} - {""}
        for one in _read(session, Person.sort_key, names, inside):
            if one.left_on is None:
                found.by_name.setdefault(fold(one.full_name), []).append(one)
        for listed in (found.by_email, found.by_staff_number, found.by_name):
            found.by_id.update({one.id: one for some in listed.values() for one in some})
        found.by_id.update({one.id: one for one in found.by_hash.values()})
        return found

    def meant(self, row: Row, keys: Keys, unit: int) -> Known | None:
        """The one person whom the row means; None when there is none, or after the row was given
        a problem or a question (its verdict says which).
        """
        decided = row.decision.get("object")
        if decided == "new":
            return None
        certain = self._certain(row, keys, unit)
        if len(certain) > 1:
            ways = ", ".join(
                f"{way}: {one.full_name if one.agency_id in self.place.names else 'nơi khác'}"
                for way, one in certain
            )
            if len({one.id for _, one in certain}) > 1:
                row.complain(
                    keys.name, f"Các ô của dòng này chỉ những người khác nhau ({ways}). Xem lại."
                )
                return None
        if certain:
            return self._checked(row, keys, certain[0][0], certain[0][1], decided)
        return self._by_name(row, keys, decided)

    def holder(self, row: Row, keys: Keys, unit: int) -> Known | None:
        """The same for a list that only names who has a thing: a name that a single person here
        has is enough, and the row says whom it was taken for.
        """
        found = self.meant(row, keys, unit)
        candidates = row.differences.get(CANDIDATES, [])
        by_name_only = not (row.text(keys.email) or row.text(keys.citizen_hash))
        if row.verdict is RowVerdict.AMBIGUOUS and len(candidates) == 1 and by_name_only:
            found = self.by_id[candidates[0][0]]
            row.verdict, row.differences = RowVerdict.NEW, {}
            row.remark = f"Khớp theo họ tên: {self.described(found)}."
        return found

    def _certain(self, row: Row, keys: Keys, unit: int) -> list[tuple[str, Known]]:
        found: list[tuple[str, Known]] = []
        if (one := self.by_hash.get(row.text(keys.citizen_hash))) is not None:
            found.append(("số định danh", one))
        found += [("thư điện tử", one) for one in self.by_email.get(row.text(keys.email), ())]
        if keys.staff_number:
            numbered = self.by_staff_number.get(row.text(keys.staff_number), [])
            here = [one for one in numbered if one.agency_id == unit] or numbered
            found += [("mã số cán bộ", one) for one in here]
        return found

    def _checked(self, row: Row, keys: Keys, way: str, one: Known, decided: object) -> Known | None:
        if one.agency_id not in self.place.names:
            row.complain(
                keys.name,
                f"Người này ({way}) đã có trong sổ ở đơn vị ngoài phạm vi nhập. Nếu chuyển công "
                "tác thì ghi ở mục Biến động nhân sự.",
            )
            return None
        if one.left_on is not None:
            row.complain(
                keys.name,
                f"Người này đã ghi nghỉ, chuyển đi từ {shown_day(one.left_on)}. Nếu trở lại, hãy "
                "sửa trên trang của người đó trước.",
            )
            return None
        theirs = row.text(keys.citizen_hash)
        if theirs and one.citizen_id_hash and theirs != one.citizen_id_hash:
            row.complain(
                keys.name,
                f"Khớp với {one.full_name} ({way}) nhưng số định danh khác với sổ. Hãy xem lại.",
            )
            return None
        name = row.text(keys.name)
        if way != "số định danh" and name and fold(name) != fold(one.full_name):
            if decided != one.id:
                row.ask([(one.id, f"{self.described(one)} (khớp {way}, họ tên khác)")])
                return None
            row.remark = f"Khớp {way}; họ tên khác với sổ."
        return one

    def _by_name(self, row: Row, keys: Keys, decided: object) -> Known | None:
        born, theirs = (
            row.day(keys.birth_on) if keys.birth_on else None,
            row.text(keys.citizen_hash),
        )
        candidates = [
            one
            for one in self.by_name.get(fold(row.text(keys.name)), ())
            if not (born and one.birth_on and born != one.birth_on)
            and not (theirs and one.citizen_id_hash and theirs != one.citizen_id_hash)
        ]
        chosen = next((one for one in candidates if one.id == decided), None)
        if chosen is not None:
            row.remark = "Người này do anh/chị chọn."
            return chosen
        same_day = [one for one in candidates if born and one.birth_on == born]
        if len(same_day) == 1 and len(candidates) == 1:
            row.remark = "Khớp theo họ tên và ngày sinh."
            return same_day[0]
        if candidates:
            row.ask([(one.id, self.described(one)) for one in candidates])
        return None

    def described(self, one: Known) -> str:
        """Words by which people tell one namesake from another."""
        parts = [one.full_name, shown_day(one.birth_on), self.place.names.get(one.agency_id, "")]
        return ", ".join(part for part in (*parts, one.email or "") if part)


def _texts_of(rows: Iterable[Row]) -> Callable[[str], list[str]]:
    kept = list(rows)

    def texts(key: str) -> list[str]:
        return [text for row in kept if (text := row.text(key))] if key else []

    return texts


def _inside(place: Place) -> Select[Any]:
    top = select(Agency.path).where(Agency.id == place.agency_id).scalar_subquery()
    return select(Agency.id).where(Agency.path.startswith(top))


def _read(
    session: Session, column: Any, values: Iterable[str], inside: Select[Any] | None = None
) -> Iterable[Known]:
    for some in chunks(values):
        statement = select(*_COLUMNS).where(column.in_(some))
        if inside is not None:
            statement = statement.where(Person.agency_id.in_(inside))
        yield from (Known(*one) for one in session.execute(statement))


def current_titles(session: Session, ids: Iterable[int]) -> Mapping[int, list[str]]:
    """The titles of the positions that people hold now."""
    found: dict[int, list[str]] = {}
    for some in chunks(ids):
        held = session.execute(
            select(Position.person_id, Position.title)
            .where(Position.person_id.in_(some), Position.until_on.is_(None))
            .order_by(Position.id)
        )
        for number, title in held:
            found.setdefault(number, []).append(title)
    return found
