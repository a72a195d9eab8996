"""The clauses of a regulation: the text taken apart, and what the program does about each clause.

Two things meet here: the wording as published (`passages_of`) and the clause map (`chart_of`), a
row for every điều, khoản and điểm. `differences` says where the one does not cover the other, so
that a clause can be left out neither by mistake nor on purpose.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rules.law_parsing import LawError

OPENING_WORDS = 9
"""How many words a row repeats, so that a reader knows the clause again."""


class Part(StrEnum):
    """Where an article stands: in the deciding document, or in the regulation annexed to it."""

    DECISION = "decision"
    ANNEX = "annex"


class ClauseKind(StrEnum):
    """What the program does about a clause."""

    SERVED = "served"
    OPEN = "open"
    OUTSIDE = "outside"
    PARTS = "parts"  # words that only lead in to the clauses or points below, which have rows


@dataclass(frozen=True, order=True)
class Place:
    """One điều, khoản or điểm; the empty string where the place is not that deep."""

    part: Part
    article: str
    clause: str = ""
    point: str = ""

    @property
    def anchor(self) -> str:
        """Its name within a page: "dieu-10-khoan-2-diem-a"; đ is written "dd", unlike d."""
        steps = [
            "quyet-dinh" if self.part is Part.DECISION else "",
            f"dieu-{self.article}",
            f"khoan-{self.clause}" if self.clause else "",
            f"diem-{self.point.replace('đ', 'dd')}" if self.point else "",
        ]
        return "-".join(step for step in steps if step)

    @property
    def name(self) -> str:
        """As it is cited: "điểm a khoản 2 Điều 10"."""
        steps = [
            f"điểm {self.point}" if self.point else "",
            f"khoản {self.clause}" if self.clause else "",
            f"Điều {self.article}",
            "Quyết định" if self.part is Part.DECISION else "",
        ]
        return " ".join(step for step in steps if step)

    @property
    def above(self) -> "Place | None":
        """What it is a part of; None for an article."""
        if self.point:
            return replace(self, point="")
        return replace(self, clause="") if self.clause else None


@dataclass(frozen=True)
class Passage:
    """The wording at one place: its paragraphs, and those that close it after its own parts."""

    place: Place
    chapter: str
    words: tuple[str, ...]
    closing: tuple[str, ...] = ()

    @property
    def opening(self) -> str:
        """The first words."""
        return " ".join(" ".join(self.words).split()[:OPENING_WORDS])


@dataclass(frozen=True)
class Clause:
    """One row of the map.

    `asks` is a short Vietnamese sentence, `of_whom` the words of the regulation for those who are
    asked. `pages` are endpoints, `tests` "path::name"; an OPEN row names its `issue` (and the pages
    that do a part of it already), an OUTSIDE row says why no software can.
    """

    place: Place
    opening: str
    kind: ClauseKind
    asks: str = ""
    of_whom: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    issue: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Chart:
    """The clause map of one regulation, in the order of its text."""

    key: str
    clauses: tuple[Clause, ...]

    def counts(self) -> Mapping[ClauseKind, int]:
        """How many rows there are of each kind."""
        found = Counter(one.kind for one in self.clauses)
        return {kind: found[kind] for kind in ClauseKind}


# The text ---------------------------------------------------------------------------------------

_ANNEX = re.compile(r"QUY (?:CHẾ|ĐỊNH)$")
_CHAPTER = re.compile(r"Chương [IVXLC]+$")
_ARTICLE = re.compile(r"Điều (\d+)\.\s+(.+)")
_CLAUSE = re.compile(r"(\d+)[.)]\s+(.+)")
_POINT = re.compile(r"([a-zđ])\)\s+(.+)")
_END = "./."


def passages_of(text: str) -> tuple[Passage, ...]:
    """The wording of every điều, khoản and điểm, in order; one line of the text is one paragraph.

    Head, grounds, signature and list of receivers belong to no article and are left out: a part
    ends with "./.", as decree 30/2020 writes it.
    """
    reader = _Reader()
    for line in text.splitlines():
        reader.take(" ".join(line.split()))
    return tuple(reader.found)


class _Reader:
    """Reads paragraph after paragraph and knows at which place it is."""

    def __init__(self) -> None:
        self.found: list[Passage] = []
        self.part = Part.DECISION
        self.chapter = ""
        self.titled = True
        self.open = False

    def take(self, line: str) -> None:
        """Take the next paragraph."""
        if _ANNEX.match(line):
            self.part, self.open = Part.ANNEX, False
        elif _CHAPTER.match(line):
            self.chapter, self.titled = line, False
        elif not self.titled:
            self.chapter, self.titled = f"{self.chapter}. {line}", True
        elif found := _ARTICLE.match(line):
            self._begin(Place(self.part, found[1]), found[2])
            self.open = True
        elif line and self.open:
            self._within(line)
        if line.endswith(_END):
            self.open = False

    def _begin(self, place: Place, words: str) -> None:
        self.found.append(Passage(place, self.chapter, (words,)))

    def _within(self, line: str) -> None:
        here = self.found[-1].place
        number, letter = _CLAUSE.match(line), _POINT.match(line)
        if number and int(number[1]) == int(here.clause or 0) + 1:
            self._begin(replace(here, clause=number[1], point=""), number[2])
        elif letter:
            self._begin(replace(here, point=letter[1]), letter[2])
        else:
            self._go_on(line)

    def _go_on(self, line: str) -> None:
        """A paragraph without a mark: after points it closes what they are points of."""
        index = len(self.found) - 1
        while self.found[index].place.point:
            index -= 1
        passage = self.found[index]
        if index == len(self.found) - 1:
            self.found[index] = replace(passage, words=(*passage.words, line))
        else:
            self.found[index] = replace(passage, closing=(*passage.closing, line))


# The map ----------------------------------------------------------------------------------------

_TEXT_KEYS = ("article", "clause", "point", "opening", "asks", "reason")
_LIST_KEYS = ("of_whom", "pages", "tests")
_CLAUSE_KEYS = frozenset({*_TEXT_KEYS, *_LIST_KEYS, "part", "kind", "issue"})


def chart_of(key: str, data: Mapping[str, Any]) -> Chart:
    """The clause map from parsed TOML; LawError (Vietnamese) names file and place."""
    file = f"clauses/{key}.toml"
    if set(data) != {"clause"}:
        raise LawError(file, "clause", "tệp chỉ gồm các dòng [[clause]]")
    clauses = tuple(_clause(file, row) for row in data["clause"])
    for place, times in Counter(one.place for one in clauses).items():
        if times > 1:
            raise LawError(file, place.name, "có hai dòng")
    return Chart(key, clauses)


def _clause(file: str, row: Mapping[str, Any]) -> Clause:
    where = " ".join(str(row.get(key, "")) for key in ("article", "clause", "point")).strip()
    if wrong := next(_wrong_fields(row), None):
        raise LawError(file, where, wrong)
    clause = Clause(
        place=_place(row),
        opening=row["opening"],
        kind=ClauseKind(row["kind"]),
        asks=row.get("asks", ""),
        of_whom=tuple(row.get("of_whom", ())),
        pages=tuple(row.get("pages", ())),
        tests=tuple(row.get("tests", ())),
        issue=row.get("issue"),
        reason=row.get("reason", ""),
    )
    if wrong := _wrong_kind(clause):
        raise LawError(file, clause.place.name, wrong)
    return clause


def _place(row: Mapping[str, Any]) -> Place:
    part = Part(row.get("part", Part.ANNEX))
    return Place(part, row["article"], row.get("clause", ""), row.get("point", ""))


def _wrong_fields(row: Mapping[str, Any]) -> Iterator[str]:
    if set(row) - _CLAUSE_KEYS:
        yield f"khóa không biết: {', '.join(sorted(set(row) - _CLAUSE_KEYS))}"
    if any(not isinstance(row.get(key, ""), str) for key in (*_TEXT_KEYS, "part", "kind")):
        yield "giá trị phải là chữ"
    if not row.get("article") or not row.get("opening"):
        yield "thiếu số điều hoặc những chữ mở đầu"
    if row.get("part", Part.ANNEX) not in list(Part) or row.get("kind") not in list(ClauseKind):
        yield "part hoặc kind không đúng"
    for key in _LIST_KEYS:
        many = row.get(key, [])
        if not isinstance(many, list) or not all(isinstance(each, str) and each for each in many):
            yield f"{key} phải là danh sách chữ"
    if type(row.get("issue", 0)) is not int:
        yield "issue phải là số"


def _wrong_kind(one: Clause) -> str:
    """What a row of this kind lacks or has too much; empty when it is right."""
    said = {
        name
        for name in ("asks", "of_whom", "pages", "tests", "issue", "reason")
        if getattr(one, name)
    }
    needed, allowed = _FIELDS[one.kind]
    if missing := needed - said:
        return f"thiếu {', '.join(sorted(missing))}"
    if surplus := said - needed - allowed:
        return f"thừa {', '.join(sorted(surplus))}"
    if bool(one.pages) != bool(one.tests):
        return "trang và bài kiểm đi cùng nhau"
    return ""


_FIELDS: Mapping[ClauseKind, tuple[frozenset[str], frozenset[str]]] = {
    ClauseKind.SERVED: (frozenset({"asks", "of_whom", "pages", "tests"}), frozenset()),
    ClauseKind.OPEN: (frozenset({"asks", "of_whom", "issue"}), frozenset({"pages", "tests"})),
    ClauseKind.OUTSIDE: (frozenset({"asks", "reason"}), frozenset({"of_whom"})),
    ClauseKind.PARTS: (frozenset(), frozenset({"asks", "of_whom"})),
}
"""Kind -> what its rows must have, and what they may have besides."""


# Both together ----------------------------------------------------------------------------------


def differences(passages: Iterable[Passage], chart: Chart) -> tuple[str, ...]:
    """Where map and text do not agree, in Vietnamese; empty when the map covers the whole text."""
    texts = {passage.place: passage for passage in passages}
    rows = {clause.place: clause for clause in chart.clauses}
    return (
        *(f"{place.name}: chưa có trong bản đồ" for place in texts if place not in rows),
        *(f"{place.name}: không có trong văn bản" for place in rows if place not in texts),
        *_misquoted(texts, rows),
        *_misplaced(list(texts), list(rows)),
    )


def _misquoted(texts: Mapping[Place, Passage], rows: Mapping[Place, Clause]) -> Iterator[str]:
    with_parts = {place.above for place in texts}
    for place, passage in texts.items():
        if (row := rows.get(place)) is None:
            continue
        if row.opening != passage.opening:
            yield f"{place.name}: mở đầu bằng “{passage.opening}”"
        if (row.kind is ClauseKind.PARTS) != (place in with_parts):
            yield f"{place.name}: chỉ điều, khoản có phần nhỏ hơn mới ghi “parts”"


def _misplaced(texts: list[Place], rows: list[Place]) -> Iterator[str]:
    if set(texts) == set(rows) and texts != rows:
        yield "thứ tự các dòng khác với văn bản"
