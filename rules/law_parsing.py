"""From parsed TOML to instruments: every check that a file of regulations must pass.

Messages are for the person who edits the file: Vietnamese, with file and key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rules.provisions import Certainty, Provision

IN_FORCE = "in_force"
DRAFT = "draft"

_INSTRUMENT_KEYS = frozenset(
    {
        "citation",
        "title",
        "number",
        "issuer",
        "issued_on",
        "effective_from",
        "effective_until",
        "status",
        "over",
        "certainty",
    }
)
_GROUND_KEYS = frozenset(
    {
        "key",
        "article",
        "clause",
        "point",
        "form",
        "quote",
        "certainty",
        "source",
        "note",
        "instrument",
        "effective_from",
        "effective_until",
    }
)
_PARAMETER_KEYS = _GROUND_KEYS | {"value", "unit"}


class LawError(Exception):
    """A regulation cannot be read or asked. The text is a Vietnamese sentence with file and key."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}, khóa “{key}”: {reason}.")
        self.file = file
        self.key = key
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """One value or one stand-alone provision of an instrument; `source` says where it was read."""

    key: str
    value: int | str | bool | None
    unit: str
    provision: Provision
    source: str
    note: str


@dataclass(frozen=True)
class Instrument:
    """One legal instrument, from one file. `over` names the instrument it lies over, if any."""

    file: str
    key: str
    citation: str
    title: str
    number: str
    issuer: str
    issued_on: date | None
    effective_from: date | None
    effective_until: date | None
    is_draft: bool
    over: str | None
    certainty: Certainty
    parameters: tuple[Entry, ...]
    provisions: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Values first, then the provisions that stand alone."""
        return self.parameters + self.provisions


def parse_instrument(file: str, table: Mapping[str, Any]) -> Instrument:
    """One instrument from the parsed TOML of one file; LawError says what is wrong with it."""
    reader = _Table(file, "", table)
    reader.only({"instrument", "parameter", "provision"})
    head = _Table(file, "instrument", reader.required("instrument", dict))
    head.only(_INSTRUMENT_KEYS)
    status = head.required("status", str)
    if status not in (IN_FORCE, DRAFT):
        raise head.error("status", f"phải là “{IN_FORCE}” hoặc “{DRAFT}”")
    is_draft = status == DRAFT
    if not is_draft:
        for needed in ("number", "issued_on", "effective_from"):
            if needed not in head.values:
                raise head.error(needed, "văn bản có hiệu lực phải có mục này")
    return Instrument(
        file=file,
        key=file.removesuffix(".toml"),
        citation=head.required("citation", str),
        title=head.required("title", str),
        number=head.text("number"),
        issuer=head.required("issuer", str),
        issued_on=head.day("issued_on"),
        effective_from=head.day("effective_from"),
        effective_until=head.day("effective_until"),
        is_draft=is_draft,
        over=head.optional("over", str),
        certainty=head.certainty(),
        parameters=_entries(reader, head, "parameter", _PARAMETER_KEYS),
        provisions=_entries(reader, head, "provision", _GROUND_KEYS),
    )


def _entries(
    reader: "_Table", head: "_Table", name: str, allowed: frozenset[str]
) -> tuple[Entry, ...]:
    rows = reader.optional(name, list) or []
    return tuple(
        _entry(reader, head, name, number, row, allowed) for number, row in enumerate(rows)
    )


def _entry(
    reader: "_Table", head: "_Table", name: str, number: int, row: Any, allowed: frozenset[str]
) -> Entry:
    place = f"{name} thứ {number + 1}"
    if not isinstance(row, dict):
        raise LawError(reader.file, place, "phải là một bảng")
    key = _Table(reader.file, place, row).required("key", str)
    table = _Table(reader.file, key, row)
    table.only(allowed)
    provision = _provision(table, head)
    value = row.get("value")
    if "value" in row and not isinstance(value, (bool, int, str)):
        raise table.error("value", "phải là số nguyên, chữ hoặc đúng/sai")
    if "value" in allowed and value is None and provision.certainty is not Certainty.NOT_FOUND:
        raise table.error("value", "thiếu giá trị")
    return Entry(
        key, value, table.text("unit"), provision, table.text("source"), table.text("note")
    )


def _provision(table: "_Table", head: "_Table") -> Provision:
    certainty = table.certainty()
    article, form = table.text("article"), table.text("form")
    if certainty.may_refuse and not article and not form:
        raise table.error("article", "thiếu căn cứ (điều hoặc mẫu số)")
    begins, ends = table.day("effective_from"), table.day("effective_until")
    # The value of a named predecessor holds until the new instrument, since an unknown day.
    if begins is None and "instrument" not in table.values:
        begins = head.day("effective_from")
    ends = ends or head.day("effective_until")
    if begins is not None and ends is not None and begins >= ends:
        raise table.error("effective_until", "phải sau ngày bắt đầu hiệu lực")
    return Provision(
        instrument=table.text("instrument") or head.required("citation", str),
        article=article,
        clause=table.text("clause"),
        point=table.text("point"),
        quote=table.text("quote"),
        certainty=certainty,
        effective_from=begins,
        effective_until=ends,
        form=form,
    )


@dataclass(frozen=True)
class _Table:
    """A TOML table that knows its file and its key, so that every complaint can name them."""

    file: str
    key: str
    values: Mapping[str, Any]

    def error(self, name: str, reason: str) -> LawError:
        return LawError(self.file, f"{self.key}.{name}" if self.key else name, reason)

    def only(self, allowed: frozenset[str] | set[str]) -> None:
        for name in self.values:
            if name not in allowed:
                raise self.error(name, "không phải là mục được biết")

    def optional(self, name: str, kind: type[Any]) -> Any:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise self.error(name, "sai kiểu dữ liệu")
        return value

    def required(self, name: str, kind: type[Any]) -> Any:
        value = self.optional(name, kind)
        if not value:
            raise self.error(name, "thiếu mục bắt buộc")
        return value

    def text(self, name: str) -> str:
        return str(self.optional(name, str) or "")

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self.error(name, "phải là ngày, dạng 2024-08-15")
        return value

    def certainty(self) -> Certainty:
        mark = self.required("certainty", str)
        try:
            return Certainty(mark)
        except ValueError:
            raise self.error("certainty", f"không có dấu “{mark}”") from None
