"""From parsed TOML to instruments: every check that a file of regulations must pass.

Messages are for the person who edits the file: Vietnamese, with file and key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from rules.provisions import Certainty, Provision

Value: TypeAlias = int | str | bool | tuple[str, ...]


class InstrumentStatus(StrEnum):
    """Where an instrument stands. A draft decides nothing; what is unverified may only warn."""

    IN_FORCE = "in_force"
    DRAFT = "draft"
    UNVERIFIED = "unverified"


_INSTRUMENT_KEYS = frozenset(
    {
        "citation",
        "title",
        "number",
        "issuer",
        "issued_on",
        "effective_from",
        "effective_until",
        "effective_certainty",
        "enacted_citation",
        "locality",
        "replaces",
        "status",
        "over",
        "certainty",
        "note",
    }
)
_SUCCESSOR_KEYS = frozenset({"was", "now", "certainty", "note"})
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
_PARAMETER_KEYS = _GROUND_KEYS | {"value", "unit", "words"}
# A value that is a word of the program, not of people: it needs `words` to be shown.
_CODE = re.compile(r"[a-z][a-z_]+")


class LawError(Exception):
    """A regulation cannot be read or asked. The text is a Vietnamese sentence with file and key."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}, khóa “{key}”: {reason}.")
        self.file = file
        self.key = key
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """One value or one stand-alone provision of an instrument; `source` says where it was read.

    `words` says the value in Vietnamese where it is a word of the program.
    """

    key: str
    value: Value | None
    unit: str
    provision: Provision
    source: str
    note: str
    words: str = ""

    @property
    def shown(self) -> str:
        """The value as people read it: its words, else itself with its unit; "" when there is
        none.
        """
        if self.words or self.value is None:
            return self.words
        if isinstance(self.value, bool):
            return "có" if self.value else "không"
        if isinstance(self.value, tuple):
            return "; ".join(self.value)
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class Successor:
    """A body or level that an instrument names and that is no more; `now` "" when nothing follows.

    `certainty` is that of the succession, not of the instrument's words.
    """

    was: str
    now: str
    certainty: Certainty
    note: str

    @property
    def sentence(self) -> str:
        """ "A nay là B (chưa đối chiếu)": who does what A did, and whether we are sure."""
        now = f"nay là {self.now}" if self.now else "nay không còn"
        sure = "đã đối chiếu" if self.certainty.may_refuse else "chưa đối chiếu"
        return f"{self.was} {now} ({sure})"


@dataclass(frozen=True)
class Instrument:
    """One legal instrument, from one file. `over` names the instrument it lies over, if any.

    `effective_certainty` is that of the first day of force; `enacted_citation` is how a draft will
    be cited, with `{number}` for its number.
    """

    file: str
    key: str
    citation: str
    title: str
    number: str
    issuer: str
    issued_on: date | None
    effective_from: date | None
    effective_until: date | None
    effective_certainty: Certainty
    enacted_citation: str
    locality: str
    replaces: tuple[str, ...]
    status: InstrumentStatus
    over: str | None
    certainty: Certainty
    note: str
    successors: tuple[Successor, ...]
    parameters: tuple[Entry, ...]
    provisions: tuple[Entry, ...]

    @property
    def is_draft(self) -> bool:
        """True until its number and date are entered."""
        return self.status is InstrumentStatus.DRAFT

    def name_today(self, name: str) -> str:
        """The name that a body goes by now: its successor's, or its own when it has none."""
        found = [one.now for one in self.successors if one.was == name and one.now]
        return found[0] if found else name

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Values first, then the provisions that stand alone."""
        return self.parameters + self.provisions


def parse_instrument(file: str, table: Mapping[str, Any]) -> Instrument:
    """One instrument from the parsed TOML of one file; LawError says what is wrong with it."""
    reader = _Table(file, "", table)
    reader.only({"instrument", "parameter", "provision", "successor"})
    head = _Table(file, "instrument", reader.required("instrument", dict))
    head.only(_INSTRUMENT_KEYS)
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
        effective_certainty=head.certainty("effective_certainty", default=head.certainty()),
        enacted_citation=head.text("enacted_citation") or "Quyết định số {number}",
        locality=head.text("locality"),
        replaces=head.texts("replaces"),
        status=_status(head),
        over=head.optional("over", str),
        certainty=head.certainty(),
        note=head.text("note"),
        successors=_successors(reader),
        parameters=_entries(reader, head, "parameter", _PARAMETER_KEYS),
        provisions=_entries(reader, head, "provision", _GROUND_KEYS),
    )


def _status(head: "_Table") -> InstrumentStatus:
    """The status; whatever was issued must have its number and days."""
    word = head.required("status", str)
    try:
        status = InstrumentStatus(word)
    except ValueError:
        known = " hoặc ".join(f"“{one.value}”" for one in InstrumentStatus)
        raise head.error("status", f"phải là {known}") from None
    if status is not InstrumentStatus.DRAFT:
        for needed in ("number", "issued_on", "effective_from"):
            if needed not in head.values:
                raise head.error(needed, "văn bản có hiệu lực phải có mục này")
    return status


def _rows(reader: "_Table", name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables of one name with their places, for whoever complains about one."""
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for number, row in enumerate(reader.optional(name, list) or []):
        place = f"{name} thứ {number + 1}"
        if not isinstance(row, dict):
            raise LawError(reader.file, place, "phải là một bảng")
        rows.append((place, row))
    return rows


def _successors(reader: "_Table") -> tuple[Successor, ...]:
    found = []
    for place, row in _rows(reader, "successor"):
        table = _Table(reader.file, place, row)
        table.only(_SUCCESSOR_KEYS)
        if "now" not in row:
            raise table.error("now", "thiếu tên hiện nay (để trống khi không còn cơ quan nào)")
        was = table.required("was", str)
        found.append(Successor(was, table.text("now"), table.certainty(), table.text("note")))
    return tuple(found)


def _entries(
    reader: "_Table", head: "_Table", name: str, allowed: frozenset[str]
) -> tuple[Entry, ...]:
    return tuple(
        _entry(reader.file, head, place, row, allowed) for place, row in _rows(reader, name)
    )


def _entry(
    file: str, head: "_Table", place: str, row: Mapping[str, Any], allowed: frozenset[str]
) -> Entry:
    key = _Table(file, place, row).required("key", str)
    table = _Table(file, key, row)
    table.only(allowed)
    provision = _provision(table, head)
    value = _value(table)
    if "value" in allowed and value is None and provision.certainty is not Certainty.NOT_FOUND:
        raise table.error("value", "thiếu giá trị")
    words = table.text("words")
    if not words and _is_code(value):
        raise table.error("words", "giá trị là mã của phần mềm nên phải có lời tiếng Việt")
    return Entry(
        key, value, table.text("unit"), provision, table.text("source"), table.text("note"), words
    )


def _value(table: "_Table") -> Value | None:
    value = table.values.get("value")
    if isinstance(value, list):
        return table.texts("value")
    if value is not None and not isinstance(value, (bool, int, str)):
        raise table.error("value", "phải là số nguyên, chữ, đúng/sai hoặc danh sách chữ")
    if isinstance(value, str) and not value.strip():
        raise table.error("value", "chữ không được để trống")
    return value


def _is_code(value: Value | None) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, str) and _CODE.fullmatch(one) is not None for one in parts)


def _provision(table: "_Table", head: "_Table") -> Provision:
    certainty = table.certainty()
    article, form = table.text("article"), table.text("form")
    # What no law states (a contact of the authority) says where it was read; it refuses nobody.
    is_read_elsewhere = bool(table.text("instrument") and table.text("source"))
    if certainty.may_refuse and not article and not form and not is_read_elsewhere:
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

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words, () when the key is not there; refused: empty, with blanks or twice."""
        value = self.optional(name, list)
        if value is None:
            return ()
        if not value:
            raise self.error(name, "danh sách không được trống")
        if not all(isinstance(one, str) and one.strip() for one in value):
            raise self.error(name, "danh sách chỉ gồm chữ, không có mục trống")
        if len(set(value)) < len(value):
            raise self.error(name, "danh sách có mục lặp lại")
        return tuple(value)

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self.error(name, "phải là ngày, dạng 2024-08-15")
        return value

    def certainty(self, name: str = "certainty", default: Certainty | None = None) -> Certainty:
        if default is not None and name not in self.values:
            return default
        mark = self.required(name, str)
        try:
            return Certainty(mark)
        except ValueError:
            raise self.error(name, f"không có dấu “{mark}”") from None
