"""Lists of people: rows to frozen records, each with what is wrong in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from rules.names import clean_name, fold
from sheets.columns import ColumnMap
from sheets.reading.values import read_day
from sheets.records import Fields, Problem, Repeats, read_fields
from sheets.tables_in import SheetTable
from sheets.vocabulary import SheetKind, layout

YOUNGEST, OLDEST = 15, 90
"""Years of age outside of which a birthday is called into question (house rule)."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as the file says; "" and None where it says nothing.

    `agency_name` is the unit as written there, or the group that the row stands under.
    """

    row: int
    full_name: str
    birth_on: date | None
    citizen_id: str = field(repr=False)
    citizen_id_issued_on: date | None
    citizen_id_issued_by: str
    email: str
    phone: str
    title: str
    agency_name: str
    section: str
    province: str
    staff_number: str
    position_from_on: date | None
    note: str
    problems: tuple[Problem, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether the row cannot go in as it is."""
        return any(problem.blocks for problem in self.problems)


def read(table: SheetTable, columns: ColumnMap, *, on: date) -> Iterator[PersonRow]:
    """The people of a table in its order, one record per row, whatever is wrong with it.

    `on` is the day of reading, for days that lie in the future. Raises `MissingColumns`.
    """
    repeats = Repeats()
    names: dict[tuple[str, date | None], int] = {}
    combined = _combined_column(columns)
    for found in read_fields(table, columns):
        if combined is not None:
            _take_apart(found)
        yield _person(found, repeats, names, on)


def _person(
    found: Fields, repeats: Repeats, names: dict[tuple[str, date | None], int], on: date
) -> PersonRow:
    name = _name(found)
    birth_on = found.get("birth_on") or found.get("birth_on_woman")
    if found.get("birth_on") and found.get("birth_on_woman"):
        found.complain("birth_on_woman", "Có hai ngày sinh; lấy ngày ở cột Nam.", blocks=False)
    _check_days(found, birth_on, on)
    citizen_id, email = found.text("citizen_id"), found.text("email")
    repeats.check(found, "citizen_id", citizen_id)
    repeats.check(found, "email", email)
    repeats.check(found, "staff_number", found.text("staff_number"))
    if name and not found.has_problem("citizen_id"):
        first = names.setdefault((fold(name), birth_on), found.row)
        if first != found.row and not citizen_id:
            found.complain(
                "full_name",
                f"Trùng họ tên và ngày sinh với dòng {first}. Nếu là hai người, hãy ghi số định "
                "danh cá nhân.",
                blocks=False,
            )
    return PersonRow(
        row=found.row,
        full_name=name,
        birth_on=birth_on,
        citizen_id=citizen_id,
        citizen_id_issued_on=found.get("citizen_id_issued_on"),
        citizen_id_issued_by=found.text("citizen_id_issued_by"),
        email=email,
        phone=found.text("phone"),
        title=found.text("title"),
        agency_name=found.text("agency_name"),
        section=found.section,
        province=found.text("province"),
        staff_number=found.text("staff_number"),
        position_from_on=found.get("position_from_on"),
        note=found.text("note"),
        problems=tuple(found.problems),
    )


def _name(found: Fields) -> str:
    whole, given = found.text("full_name"), found.text("given_name")
    name = whole or clean_name(f"{found.text('family_names')} {given}")
    if whole and given and not found.text("family_names"):
        # A column "Tên" beside the name: the name may be without its last word.
        if fold(whole).split()[-1] != fold(given).split()[-1]:
            name = clean_name(f"{whole} {given}")
            found.complain(
                "full_name", f"Đã ghép hai cột thành “{name}”. Hãy xem lại.", blocks=False
            )
    if not name and not found.has_problem("full_name"):
        found.complain("full_name", "Thiếu họ và tên. Hãy điền vào ô này.")
    elif name and " " not in name:
        found.complain(
            "full_name", "Họ tên chỉ có một tiếng. Hãy ghi đủ họ, chữ đệm và tên.", blocks=False
        )
    return name


def _check_days(found: Fields, birth_on: date | None, on: date) -> None:
    if birth_on is not None and not YOUNGEST <= on.year - birth_on.year <= OLDEST:
        found.complain(
            "birth_on",
            f"Năm sinh {birth_on.year} không hợp lý. Hãy xem lại ngày sinh.",
            blocks=birth_on > on,
        )
    issued_on = found.get("citizen_id_issued_on")
    if issued_on is None:
        return
    if issued_on > on:
        found.complain("citizen_id_issued_on", "Ngày cấp nằm ở tương lai. Hãy xem lại.")
    elif birth_on is not None and issued_on <= birth_on:
        found.complain("citizen_id_issued_on", "Ngày cấp trước ngày sinh. Hãy xem lại.")


# Form 01 of the decree asks for number, day and place of issue in one cell, and lists follow it.
_IN_ONE = re.compile(
    r"(?P<number>\d[\d .]{10,16}\d)\s*[;,/\-\n ]\s*(?:cấp\s*)?(?:ngày\s*(?:cấp\s*:?\s*)?)?"
    r"(?P<day>\d{1,2}[/\-.]\d{1,2}[/\-.]\d{2,4})\s*[;,/\-]?\s*"
    r"(?:tại|nơi cấp|do|bởi)?\s*:?\s*(?P<place>.*)",
    re.IGNORECASE,
)


def _combined_column(columns: ColumnMap) -> int | None:
    """The column of the citizen id, when day and place of issue have no column of their own."""
    if columns.index_of("citizen_id_issued_on") is not None:
        return None
    return columns.index_of("citizen_id")


def _take_apart(found: Fields) -> None:
    """Number, day and place out of one cell that could not be read as a number alone."""
    wrong = next((one for one in found.problems if one.field == "citizen_id"), None)
    if wrong is None or (match := _IN_ONE.fullmatch(wrong.found)) is None:
        return
    number = re.sub(r"\D", "", match["number"])
    day = read_day(match["day"], layout(SheetKind.PEOPLE).fields["citizen_id_issued_on"])
    if len(number) != 12 or day.flaw:
        return
    found.problems.remove(wrong)
    found.put("citizen_id", number)
    found.put("citizen_id_issued_on", day.value)
    found.put("citizen_id_issued_by", match["place"].strip(" .,;"))
