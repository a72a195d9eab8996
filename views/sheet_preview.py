"""The preview of an import: rows against the register, by verdict, page by page."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy import select

from extensions import db
from labels import label
from operations.sheet_rows import CANDIDATES, Row, unit_word
from rules.devices import DeviceKind, DeviceState
from rules.permissions import Permission
from rules.sheet_imports import RowVerdict
from rules.staff_changes import StaffChange
from schema.daily import SheetImport, SheetImportRow
from sheets.vocabulary import SheetKind, layout, words_of
from views.filters import so
from views.guards import account
from views.users import agency_choices

PAGE = 50
_TITLES: Mapping[SheetKind, tuple[str, ...]] = {
    SheetKind.PEOPLE: ("full_name",),
    SheetKind.DEVICES: ("printed_serial", "driver_serial", "notice_serial", "internal_code"),
    SheetKind.CERTIFICATES: ("common_name", "serial_number"),
    SheetKind.HANDOVERS: ("device_serial", "device_code"),
    SheetKind.STAFF_CHANGES: ("full_name",),
}
_HIDDEN = {"citizen_id", "holder_citizen_id", "receiver_citizen_id", "section"}
_MORE_WORDS = {
    "device": "Thiết bị",
    "person": "Thuê bao",
    "title": "Chức vụ",
    "handed_over_on": "Ngày bàn giao",
    "handover_minutes": "Số biên bản",
    "note": "Ghi chú",
}
_ORDER = (RowVerdict.PROBLEM, RowVerdict.AMBIGUOUS, RowVerdict.NEW, RowVerdict.CHANGED,
          RowVerdict.SAME, RowVerdict.SKIPPED)  # fmt: skip


def preview(row: SheetImport) -> dict[str, Any]:
    """The context of the preview page; a fixed number of statements."""
    asked = request.args.get("ket-qua", "")
    wanted = asked if asked in set(RowVerdict) else ""
    after = request.args.get("sau", 0, type=int)
    found = _page(row.id, wanted, after)
    kind = SheetKind(row.kind)
    verdicts = row.counts.get("verdicts", {})
    return {
        "row": row,
        "lines": [_line(one, kind, row) for one in found[:PAGE]],
        "wanted": wanted,
        "after": after,
        "next": found[PAGE - 1].number if len(found) > PAGE else 0,
        "verdicts": [(one, verdicts.get(one.value, 0)) for one in _ORDER],
        "writes": verdicts.get("new", 0) + verdicts.get("changed", 0),
        "overwrites": _overwrites(row, kind),
        "units": row.counts.get("units", {}),
        "agencies": agency_choices(account().scope(Permission.SHEET_IMPORT))[1:]
        if row.counts.get("units")
        else [],
        "warned": row.counts.get("warned", 0),
    }


def _page(import_id: int, verdict: str, after: int) -> Sequence[SheetImportRow]:
    """The rows of one page and the next one, picked by the index: their contents are wide."""
    conditions = [SheetImportRow.import_id == import_id, SheetImportRow.number > after]
    if verdict:
        conditions.append(SheetImportRow.verdict == verdict)
    picked = select(SheetImportRow.id).where(*conditions).order_by(SheetImportRow.number)
    ids = db.session.scalars(picked.limit(PAGE + 1)).all()
    return db.session.scalars(
        select(SheetImportRow).where(SheetImportRow.id.in_(ids)).order_by(SheetImportRow.number)
    ).all()


def field_words(kind: SheetKind, key: str) -> str:
    """The word for a field of a list."""
    fields = layout(kind).fields
    return _MORE_WORDS.get(key) or (fields[key].words if key in fields else key)


def _overwrites(row: SheetImport, kind: SheetKind) -> list[dict[str, Any]]:
    """Fields in which the file says something else than the register, with how often."""
    chosen = set(row.choices.get("overwrite", []))
    return [
        {"key": key, "words": field_words(kind, key), "rows": others, "chosen": key in chosen}
        for key, (_, others) in sorted(row.counts.get("fields", {}).items())
        if others
    ]


def _line(one: SheetImportRow, kind: SheetKind, row: SheetImport) -> dict[str, Any]:
    verdict = RowVerdict(one.verdict)
    differences = {} if verdict is RowVerdict.AMBIGUOUS else one.differences
    said = one.said
    title = next((said[key] for key in _TITLES[kind] if said.get(key)), f"Dòng {one.number}")
    shadow = Row(one.number, said, differences=differences, decision=one.decision)
    taken = set(shadow.taken(row.choices.get("overwrite", [])))
    return {
        "number": one.number,
        "verdict": verdict,
        "title": title,
        "details": _details(said, kind, title),
        "problems": one.problems,
        "remark": one.remark,
        "differences": [
            {"key": key, "words": field_words(kind, key), "old": old, "new": new,
             "taken": key in taken}
            for key, (old, new) in differences.items()
        ],
        "candidates": one.differences.get(CANDIDATES, []),
        "chosen": one.decision.get("object"),
    }  # fmt: skip


def _details(said: Mapping[str, Any], kind: SheetKind, title: str) -> list[tuple[str, str]]:
    """What else the file says in this row, without what is sealed."""
    found = []
    for key, field in layout(kind).fields.items():
        value = said.get(key)
        if value in (None, "") or key in _HIDDEN or value == title:
            continue
        found.append((field.words, _shown(field.value, value)))
    if said.get("section") and not said.get("agency_name"):
        found.append(("Nhóm trong tệp", said["section"]))
    for key in ("citizen_id_tail", "holder_citizen_id_tail", "receiver_citizen_id_tail"):
        if said.get(key):
            found.append(("Số định danh", f"•••{said[key]}"))
    return found


def _shown(reader: str, value: Any) -> str:
    if reader == "day":
        year, month, day = str(value).split("-")
        return f"{day}/{month}/{year}"
    if reader == "device_kind":
        return label(DeviceKind[value])
    if reader == "device_state":
        return label(DeviceState[value])
    if reader == "staff_change":
        return label(StaffChange[value])
    if reader in ("subscriber_kind", "handover_act"):
        return words_of(reader).get(str(value), str(value))
    return so(value) if isinstance(value, int) else str(value)


# What was sent back -------------------------------------------------------------------------------


def decisions_from(form: Any) -> dict[int, dict[str, Any]]:
    """What was chosen for the rows on the page, by their numbers in the file.

    A key with None takes an earlier choice back.
    """
    found: dict[int, dict[str, Any]] = {}
    for text in form.getlist("dong")[:PAGE]:
        if not (text.isascii() and text.isdigit()):
            continue
        number = int(text)
        chosen: dict[str, Any] = {"skip": True if f"bo-{number}" in form else None}
        picked = form.get(f"nguoi-{number}", "")
        if picked == "new":
            chosen["object"] = "new"
        elif picked.isascii() and picked.isdigit():
            chosen["object"] = int(picked)
        if (shown := form.get(f"co-lay-{number}")) is not None:
            taken = form.getlist(f"lay-{number}")
            if set(taken) != set(shown.split()):  # else the choice for all rows goes on
                chosen["take"] = taken
        found[number] = chosen
    return found


def units_from(form: Any) -> dict[str, int]:
    """Names of units in the file that a person tied to units of the register."""
    names = form.getlist("ten-don-vi")
    chosen = form.getlist("don-vi-chon")
    return {
        unit_word(name): int(number)
        for name, number in zip(names, chosen, strict=False)
        if number.isascii() and number.isdigit()
    }
