"""What stands against taking an import back: rows changed since, and whatever points at them."""

from collections.abc import Iterable, Set
from typing import Any

from sqlalchemy import Select, Table, func, or_, select
from sqlalchemy.orm import Session

from extensions import Base
from operations.transactions import Refused
from rules.sheet_imports import RowVerdict
from schema.daily import SheetImportRow

_SHOWN = 10

_WORDS = {
    "certificate": "chứng thư", "device": "thiết bị", "custody_move": "giao nhận thiết bị",
    "user_account": "tài khoản", "request_line": "văn bản đề nghị",
    "certificate_request": "văn bản đề nghị", "paper": "biên bản", "paper_line": "biên bản",
    "incident": "sự cố", "follow_up": "việc phải làm tiếp", "staff_change": "biến động nhân sự",
    "stocktake_item": "kiểm kê", "entrustment": "quyết định giao", "system": "hệ thống",
    "import_item": "lần nhập chứng thư", "reminder": "nhắc việc",
}  # fmt: skip


_NOT_USES = frozenset({"audit_event", "search_term", "sheet_import_row"})
"""Tables that name everything there is: the log, the index of words, and the imports themselves."""


def refuse_dependants(session: Session, model: type[Base], import_id: int, own: Set[str]) -> None:
    """Refuse when any row elsewhere points at what the import added, `own` tables (made with it)
    aside; as many statements for ten thousand rows as for one.

    Asks every foreign key there is, and every table that names things by noun and number, so that
    a table of tomorrow is not forgotten.
    """
    target: Any = model.__table__
    new = added(import_id)
    found: dict[int, set[str]] = {}
    for table in Base.metadata.tables.values():
        asked = [
            select(column).where(column.in_(new))
            for column in table.columns
            if table.name not in own
            and any(key.column.table is target for key in column.foreign_keys)
        ]
        if {"noun", "object_id"} <= set(table.columns.keys()) and table.name not in _NOT_USES:
            named = table.c.noun == target.description, table.c.object_id.in_(new)
            asked.append(select(table.c.object_id).where(*named))
        for statement in asked:
            for number in session.scalars(statement.distinct()):
                found.setdefault(number, set()).add(_WORDS.get(table.name, table.name))
    if found:
        uses = sorted(set().union(*found.values()))
        raise Refused(
            f"Không hoàn tác được: {len(found)} dòng đã được dùng ở nơi khác ({', '.join(uses)})"
            f"{_named(session, target, found)}."
        )


def added(import_id: int) -> Select[int | None]:
    """What the import put into the register."""
    return select(SheetImportRow.object_id).where(
        SheetImportRow.import_id == import_id,
        SheetImportRow.verdict == RowVerdict.NEW.value,
        SheetImportRow.noun != "",
        SheetImportRow.object_id.is_not(None),
    )


def _named(session: Session, table: Table, found: Iterable[int]) -> str:
    name = table.c.get("full_name", table.c.get("internal_code"))
    if name is None:
        return ""
    some = session.scalars(select(name).where(table.c.id.in_(sorted(found)[:_SHOWN])))
    return ": " + ", ".join(some)


def refuse_changed(session: Session, model: Any, import_id: int) -> None:
    """Refuse when something was changed, or is gone, since the import wrote it; names the rows."""
    moved = (
        select(SheetImportRow.number)
        .outerjoin(model, model.id == SheetImportRow.object_id)
        .where(
            SheetImportRow.import_id == import_id,
            SheetImportRow.noun != "",
            or_(model.id.is_(None), model.version != SheetImportRow.object_version),
        )
    )
    count = session.scalar(select(func.count()).select_from(moved.subquery())) or 0
    if count:
        some = session.scalars(moved.order_by(SheetImportRow.number).limit(_SHOWN))
        listed = ", ".join(map(str, some)) + ("…" if count > _SHOWN else "")
        raise Refused(
            f"Không hoàn tác được: {count} dòng đã được sửa sau khi nhập (dòng {listed} "
            "của tệp). Hãy sửa tay các dòng này."
        )
