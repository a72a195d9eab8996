"""Checking an import: small files at once, large ones beside the request, with progress to look at.

The work lies in the database between two transactions of its own, so a server that is stopped, or a
person who gives up, leaves an import that can be checked again and nothing else.
"""

import logging
from collections.abc import Iterator
from threading import Thread

from flask import Flask, current_app
from sqlalchemy.orm import Session

import regulations
from audit import Actor
from extensions import db
from operations import law as house
from operations import sheet_imports as imports
from operations.bulk_work import bulk_session
from operations.files import DamagedFile
from operations.personal import CitizenIds, WrongKey
from operations.sheet_rows import Row
from rules.law import Law
from schema.daily import SheetImport
from sheets.reading_work import Task, Work
from sheets.tables_in import UnreadableSheet
from views.guards import account, settings
from views.sheet_reading import read_rows

AT_ONCE = 3_000
"""Rows that are checked within the request that asks for it."""
_log = logging.getLogger(__name__)


def law_of(row: SheetImport) -> Law:
    """The law of the agency that an import is for."""
    return house.law_for(regulations.load(), row.agency)


def start(import_id: int, version: int, *, rows: int, from_file: bool) -> None:
    """Check an import that `operations.sheet_imports.begin` has begun.

    `from_file`: read the cells again, because the columns changed; else compare the rows kept.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # a proxy
    actor, citizen_ids = account().actor(), CitizenIds(settings().citizen_key)
    arguments = (actor, citizen_ids, import_id, version, from_file)
    if rows <= AT_ONCE:
        _work(*arguments)
        return
    Thread(target=_beside, args=(app, *arguments), name=f"import-{import_id}", daemon=True).start()


def _beside(app: Flask, *arguments: object) -> None:
    with app.app_context():
        try:
            _work(*arguments)  # type: ignore[arg-type] # those of `start`
        finally:
            db.session.remove()


def _work(
    actor: Actor, citizen_ids: CitizenIds, import_id: int, version: int, from_file: bool
) -> None:
    try:
        with bulk_session(db.session()) as session:
            rows = _rows(session, actor, citizen_ids, import_id) if from_file else None
            imports.check(
                session,
                actor=actor,
                import_id=import_id,
                version=version,
                citizen_ids=citizen_ids,
                law=law_of(session.get_one(SheetImport, import_id)),
                rows=rows,
            )
    except imports.Stopped:
        return
    except (UnreadableSheet, WrongKey, DamagedFile) as error:
        _fail(import_id, version, str(error))
    except Exception:
        _log.exception("import %s could not be checked", import_id)
        _fail(import_id, version, "Phần mềm gặp lỗi khi kiểm tra tệp này; sổ không thay đổi.")


def _fail(import_id: int, version: int, sentence: str) -> None:
    try:
        imports.fail(db.session(), import_id, version, sentence)
    except imports.Stopped:
        return


def _rows(session: Session, actor: Actor, citizen_ids: CitizenIds, import_id: int) -> Iterator[Row]:
    row = session.get_one(SheetImport, import_id)
    content = imports.content_of(session, row, citizen_ids)
    task = Task(
        Work.ROWS, row.file_name, row.kind, row.choices.get("sheet") or "", dict(row.mapping),
        actor.today,
    )  # fmt: skip
    session.rollback()  # No transaction stays open while cells are read.
    return read_rows(content, task, citizen_ids=citizen_ids)
