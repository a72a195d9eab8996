"""The law as data: reading and asking it. The texts come from `regulations/`; nothing is read here.

Every number has an article, a certainty and the days from which and until which it holds
(half-open), so that an old file is judged by the law of its day. One regulation may lie over the
decree (`Law.under`): a value of its own goes first where it has one. A draft decides nothing until
its number and date are entered (`Law.enact`); `as_if_in_force` is for letter samples, what-if and
tests. A regulation whose force nobody has verified holds, but may only warn.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from rules.law_parsing import (
    Entry,
    Instrument,
    InstrumentStatus,
    LawError,
    Successor,
    Value,
    parse_instrument,
)
from rules.provisions import Certainty, Provision

__all__ = [
    "Instrument",
    "InstrumentStatus",
    "Law",
    "LawError",
    "Parameter",
    "Successor",
    "unmarked",
]

#: What a citation of such an instrument ends with, wherever it is shown.
MARKS = {
    InstrumentStatus.DRAFT: " (dự thảo)",
    InstrumentStatus.UNVERIFIED: " (chưa xác minh hiệu lực)",
}


def unmarked(citation: str) -> str:
    """The name of an instrument without the mark of a draft or of unverified force."""
    for mark in MARKS.values():
        citation = citation.removesuffix(mark)
    return citation


@dataclass(frozen=True)
class Parameter:
    """One value of the law on one day, with its ground. `value` is None only when NOT FOUND."""

    key: str
    value: Value | None
    unit: str
    provision: Provision
    note: str
    shown: str = ""

    @property
    def number(self) -> int:
        """The value as a whole number of `unit`; LawError when it is none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self._wrong("số nguyên")
        return self.value

    @property
    def flag(self) -> bool:
        """The value as yes or no; LawError when it is neither."""
        if not isinstance(self.value, bool):
            raise self._wrong("đúng hoặc sai")
        return self.value

    @property
    def text(self) -> str:
        """The value as words or as a word of the program; LawError when it is none."""
        if not isinstance(self.value, str):
            raise self._wrong("chữ")
        return self.value

    @property
    def texts(self) -> tuple[str, ...]:
        """The value as a list of words; LawError when it is none."""
        if not isinstance(self.value, tuple):
            raise self._wrong("danh sách chữ")
        return self.value

    def _wrong(self, kind: str) -> LawError:
        return LawError(self.provision.instrument, self.key, f"giá trị không phải là {kind}")


@dataclass(frozen=True)
class Law:
    """All instruments read. `top` names the regulation that lies over the decree, if any."""

    instruments: tuple[Instrument, ...]
    top: str | None = None
    as_if_in_force: bool = False
    settled: bool = False
    """Drafts issued since the files were written are among the instruments already."""

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> "Law":
        """The law from TOML texts by file name; LawError (Vietnamese) names file and key.

        Refuses unknown keys, missing grounds, wrong types, bad dates, periods that overlap, one key
        with values of two kinds, and a regulation over an instrument that is not among the texts.
        """
        instruments = tuple(_read(name, text) for name, text in sorted(texts.items()))
        _check_references(instruments)
        _check_overlaps(instruments)
        _check_kinds(instruments)
        return cls(instruments)

    @classmethod
    def errors(cls, texts: Mapping[str, str]) -> tuple[LawError, ...]:
        """What is wrong with the texts: one error of each bad file, or one between good files."""
        found = []
        for name, text in sorted(texts.items()):
            try:
                _read(name, text)
            except LawError as error:
                found.append(error)
        if not found:
            try:
                cls.parse(texts)
            except LawError as error:
                found.append(error)
        return tuple(found)

    def under(self, regulation: str, *, as_if_in_force: bool = False) -> "Law":
        """The law as it is where a regulation applies, named by the stem of its file.

        Raises LawError when there is no such regulation.
        """
        if all(one.key != regulation or one.over is None for one in self.instruments):
            raise LawError(f"{regulation}.toml", "instrument.key", "không có quy chế này")
        return replace(self, top=regulation, as_if_in_force=as_if_in_force)

    def instrument(self, key: str) -> Instrument:
        """The instrument of a file, named by its stem; LawError when there is none."""
        for one in self.instruments:
            if one.key == key:
                return one
        raise LawError(f"{key}.toml", "instrument.key", "không có văn bản này")

    def enact(self, key: str, *, number: str, issued_on: date, effective_from: date) -> "Law":
        """The law once a draft has been issued: from `effective_from` on, its values hold.

        Raises LawError when it is no draft, when the number is blank, or when a day is not after
        the one it must follow. Storing number and days is the caller's.
        """
        draft = self.instrument(key)
        if not draft.is_draft:
            raise LawError(draft.file, "instrument.status", "văn bản này không còn là dự thảo")
        if not number.strip():
            raise LawError(draft.file, "instrument.number", "thiếu số của văn bản")
        if effective_from < issued_on:
            raise LawError(
                draft.file, "instrument.effective_from", "ngày hiệu lực không được trước ngày ký"
            )
        issued = _enacted(draft, number.strip(), issued_on, effective_from)
        instruments = tuple(issued if one is draft else one for one in self.instruments)
        _check_overlaps(instruments)
        return replace(self, instruments=instruments)

    def optional(self, key: str, *, on: date) -> Parameter | None:
        """The value that holds on a day; None where the law of that day says nothing about it."""
        for instrument in self._in_order():
            for entry in instrument.parameters:
                if entry.key == key and self._holds(instrument, entry, on):
                    provision = _marked(instrument, entry.provision)
                    return Parameter(
                        key, entry.value, entry.unit, provision, entry.note, entry.shown
                    )
        return None

    def parameter(self, key: str, *, on: date) -> Parameter:
        """The value that holds on a day; LawError when the law of that day has none."""
        found = self.optional(key, on=on)
        if found is None:
            raise LawError("regulations", key, f"không có giá trị cho ngày {on:%d/%m/%Y}")
        return found

    def provision(self, key: str, *, on: date) -> Provision:
        """The provision (of a value, or one that stands alone) that holds on a day; LawError if
        none.
        """
        for instrument in self._in_order():
            for entry in instrument.entries:
                if entry.key == key and self._holds(instrument, entry, on):
                    return _marked(instrument, entry.provision)
        raise LawError("regulations", key, f"không có điều khoản cho ngày {on:%d/%m/%Y}")

    def inferred(self) -> tuple[tuple[str, Entry], ...]:
        """File name and entry of everything that may only warn, for whoever checks the wording."""
        return tuple(
            (instrument.file, entry)
            for instrument in self.instruments
            for entry in instrument.entries
            if not entry.provision.certainty.may_refuse
        )

    def problems(self) -> tuple[str, ...]:
        """What is not wrong but needs a person: drafts, doubtful force, values not found, gaps."""
        return tuple(problem for one in self.instruments for problem in _problems_of(one))

    def _in_order(self) -> Iterator[Instrument]:
        for instrument in self.instruments:
            if instrument.key == self.top and (self.as_if_in_force or not instrument.is_draft):
                yield instrument
        for instrument in self.instruments:
            if instrument.over is None and not instrument.is_draft:
                yield instrument

    def _holds(self, instrument: Instrument, entry: Entry, on: date) -> bool:
        rehearsed = self.as_if_in_force and instrument.key == self.top and instrument.is_draft
        return rehearsed or entry.provision.in_force(on)


def _read(name: str, text: str) -> Instrument:
    try:
        return parse_instrument(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise LawError(name, "-", f"không đọc được tệp TOML ({error})") from error


def _marked(instrument: Instrument, provision: Provision) -> Provision:
    mark = MARKS.get(instrument.status)
    if mark is None:
        return provision
    unverified = instrument.status is InstrumentStatus.UNVERIFIED
    return replace(provision, instrument=provision.instrument + mark, unverified=unverified)


def _enacted(draft: Instrument, number: str, issued_on: date, effective_from: date) -> Instrument:
    citation = draft.enacted_citation.replace("{number}", number)

    def of_its_own(entry: Entry) -> Entry:
        ground = entry.provision
        begins = max(ground.effective_from or effective_from, effective_from)
        if ground.effective_until is not None and ground.effective_until <= begins:
            raise LawError(draft.file, entry.key, "phải hết hiệu lực sau ngày bắt đầu hiệu lực")
        cited = citation if ground.instrument == draft.citation else ground.instrument
        return replace(entry, provision=replace(ground, instrument=cited, effective_from=begins))

    return replace(
        draft,
        citation=citation,
        number=number,
        issued_on=issued_on,
        effective_from=effective_from,
        status=InstrumentStatus.IN_FORCE,
        parameters=tuple(map(of_its_own, draft.parameters)),
        provisions=tuple(map(of_its_own, draft.provisions)),
    )


def _check_references(instruments: tuple[Instrument, ...]) -> None:
    bases = {one.key for one in instruments if one.over is None}
    for one in instruments:
        if one.over is not None and one.over not in bases:
            raise LawError(one.file, "instrument.over", f"không có văn bản “{one.over}”")


def _check_overlaps(instruments: tuple[Instrument, ...]) -> None:
    """Within one regulation, and among all base instruments, a key has one value on any day."""
    seen: dict[tuple[str | None, str], list[Provision]] = {}
    for one in instruments:
        owner = None if one.over is None else one.key
        for entry in one.entries:
            others = seen.setdefault((owner, entry.key), [])
            if any(_overlap(other, entry.provision) for other in others):
                raise LawError(one.file, entry.key, "hai giá trị có thời gian hiệu lực chồng nhau")
            others.append(entry.provision)


def _check_kinds(instruments: tuple[Instrument, ...]) -> None:
    """A key means one thing: its values are of one kind and unit wherever they stand."""
    seen: dict[str, tuple[type, str]] = {}
    for one in instruments:
        for entry in one.parameters:
            if entry.value is None:
                continue
            kind = (type(entry.value), entry.unit)
            if seen.setdefault(entry.key, kind) != kind:
                reason = "kiểu hoặc đơn vị của giá trị khác với khóa này ở tệp khác"
                raise LawError(one.file, entry.key, reason)


def _overlap(first: Provision, second: Provision) -> bool:
    def begin(one: Provision) -> date:
        return one.effective_from or date.min

    def end(one: Provision) -> date:
        return one.effective_until or date.max

    return begin(first) < end(second) and begin(second) < end(first)


def _problems_of(instrument: Instrument) -> Iterator[str]:
    if instrument.is_draft:
        yield f"{instrument.file}: còn là dự thảo; nhập số, ngày khi văn bản được ban hành."
    if instrument.status is InstrumentStatus.UNVERIFIED:
        yield f"{instrument.file}: chưa xác minh hiệu lực; chỉ được cảnh báo."
    if not instrument.effective_certainty.may_refuse:
        yield f"{instrument.file}: ngày có hiệu lực chưa đối chiếu."
    for gone in instrument.successors:
        yield f"{instrument.file}: {gone.sentence}."
    by_key: dict[str, list[Provision]] = {}
    for entry in instrument.entries:
        if entry.provision.certainty is Certainty.NOT_FOUND:
            yield f"{instrument.file}, khóa {entry.key}: chưa tìm được quy định."
        by_key.setdefault(entry.key, []).append(entry.provision)
    for key, provisions in by_key.items():
        provisions.sort(key=lambda one: one.effective_from or date.min)
        for earlier, later in pairwise(provisions):
            if earlier.effective_until != later.effective_from:
                yield f"{instrument.file}, khóa {key}: có khoảng thời gian không có giá trị."
