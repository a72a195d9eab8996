"""The law as data: reading and asking it. The texts come from `regulations/`; nothing is read here.

Every number has an article, a certainty and the days from which and until which it holds
(half-open), so that an old file is judged by the law of its day. One regulation may lie over the
decree (`Law.under`): a value of its own goes first where it has one. A draft decides nothing until
its number and date are entered; `as_if_in_force` is for letter samples, what-if and tests.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from rules.law_parsing import Entry, Instrument, LawError, parse_instrument
from rules.provisions import Certainty, Provision

__all__ = ["Instrument", "Law", "LawError", "Parameter"]


@dataclass(frozen=True)
class Parameter:
    """One value of the law on one day, with its ground. `value` is None only when NOT FOUND."""

    key: str
    value: int | str | bool | None
    unit: str
    provision: Provision
    note: str

    @property
    def number(self) -> int:
        """The value as a whole number of `unit`; LawError when it is none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise LawError(self.provision.instrument, self.key, "giá trị không phải là số nguyên")
        return self.value


@dataclass(frozen=True)
class Law:
    """All instruments read. `top` names the regulation that lies over the decree, if any."""

    instruments: tuple[Instrument, ...]
    top: str | None = None
    as_if_in_force: bool = False

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> "Law":
        """The law from TOML texts by file name; LawError (Vietnamese) names file and key.

        Refuses unknown keys, missing grounds, wrong types, bad dates, periods that overlap, and a
        regulation over an instrument that is not among the texts.
        """
        instruments = tuple(_read(name, text) for name, text in sorted(texts.items()))
        _check_references(instruments)
        _check_overlaps(instruments)
        return cls(instruments)

    def under(self, regulation: str, *, as_if_in_force: bool = False) -> "Law":
        """The law as it is where a regulation applies, named by the stem of its file.

        Raises LawError when there is no such regulation.
        """
        if all(one.key != regulation or one.over is None for one in self.instruments):
            raise LawError(f"{regulation}.toml", "instrument.key", "không có quy chế này")
        return replace(self, top=regulation, as_if_in_force=as_if_in_force)

    def parameter(self, key: str, *, on: date) -> Parameter:
        """The value that holds on a day; LawError when the law of that day has none."""
        for instrument in self._in_order():
            for entry in instrument.parameters:
                if entry.key == key and self._holds(instrument, entry, on):
                    provision = _with_draft_mark(instrument, entry.provision)
                    return Parameter(key, entry.value, entry.unit, provision, entry.note)
        raise LawError("regulations", key, f"không có giá trị cho ngày {on:%d/%m/%Y}")

    def provision(self, key: str, *, on: date) -> Provision:
        """The provision (of a value, or one that stands alone) that holds on a day; LawError if
        none.
        """
        for instrument in self._in_order():
            for entry in instrument.entries:
                if entry.key == key and self._holds(instrument, entry, on):
                    return _with_draft_mark(instrument, entry.provision)
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
        """What is not wrong but needs a person: drafts, values not found, gaps between periods."""
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


def _with_draft_mark(instrument: Instrument, provision: Provision) -> Provision:
    if not instrument.is_draft:
        return provision
    return replace(provision, instrument=f"{provision.instrument} (dự thảo)")


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


def _overlap(first: Provision, second: Provision) -> bool:
    def begin(one: Provision) -> date:
        return one.effective_from or date.min

    def end(one: Provision) -> date:
        return one.effective_until or date.max

    return begin(first) < end(second) and begin(second) < end(first)


def _problems_of(instrument: Instrument) -> Iterator[str]:
    if instrument.is_draft:
        yield f"{instrument.file}: còn là dự thảo; nhập số, ngày khi văn bản được ban hành."
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
