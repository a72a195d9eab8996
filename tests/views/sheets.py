"""Shared by the tests of Excel in and out: files to bring, and the way through the pages."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from extensions import db
from models import Person
from operations import search
from schema.daily import SheetImport, SheetImportRow
from sheets.tables_out import OutColumn, write_table
from tests.cast import Cast

Login = Callable[[int], FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]
ADDRESS = "/bang-tinh/nhap"
NOT_COMPARED = {"audit_event", "audit_head", "sheet_import", "sheet_import_row", "stored_file",
                "login_session", "sqlite_sequence"}  # fmt: skip


def workbook(headings: list[str], *rows: list[Any]) -> bytes:
    """A small .xlsx with these headings and rows."""
    stream = BytesIO()
    write_table(stream, [OutColumn(one, text=True) for one in headings], rows)
    return stream.getvalue()


def upload(browser: FlaskClient, agency: int, content: bytes, name: str, kind: str = "") -> int:
    """Bring a file; returns the number of the import."""
    answer = browser.post(
        ADDRESS, data={"agency_id": agency, "kind": kind, "file": (BytesIO(content), name)}
    )
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/nhap/(\d+)/cot", answer.location)[0])


def columns_of(browser: FlaskClient, number: int) -> dict[str, str]:
    """The form of the columns as the page offers it."""
    page = browser.get(f"{ADDRESS}/{number}/cot").text
    return {
        name: (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
        for name, options in re.findall(
            r'<select class="input" name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL
        )
    }


def bring(
    browser: FlaskClient, agency: int, content: bytes, name: str = "tep.xlsx", kind: str = ""
) -> int:
    """Upload and check with the columns as guessed."""
    number = upload(browser, agency, content, name, kind)
    answer = browser.post(f"{ADDRESS}/{number}/cot", data=columns_of(browser, number))
    assert answer.status_code == 303, answer.text
    return number


def rows_of(session: Session, number: int) -> dict[int, SheetImportRow]:
    session.rollback()
    found = session.scalars(select(SheetImportRow).where(SheetImportRow.import_id == number))
    return {one.number: one for one in found}


def verdicts(session: Session, number: int) -> dict[int, str]:
    return {key: one.verdict for key, one in rows_of(session, number).items()}


def version_of(session: Session, number: int) -> int:
    session.rollback()
    return session.get_one(SheetImport, number).version


def write(browser: FlaskClient, session: Session, number: int) -> str:
    """Commit and return the page that follows."""
    data = {"version": version_of(session, number)}
    return browser.post(f"{ADDRESS}/{number}/ghi", data=data, follow_redirects=True).text


def decide(browser: FlaskClient, session: Session, number: int, **chosen: Any) -> None:
    data = {"version": version_of(session, number)} | {
        key.replace("_", "-"): value for key, value in chosen.items()
    }
    assert browser.post(f"{ADDRESS}/{number}/chon", data=data).status_code == 303


def em_of(session: Session, cast: Cast, **known: Any) -> Person:
    """Em as the program itself would have entered him: with search terms, and what is known."""
    em = session.get_one(Person, cast.person_em)
    for key, value in known.items():
        setattr(em, key, value)
    session.flush()
    search.reindex(session, search.PERSON, em.id, search.terms_of_person(em))
    session.commit()
    return em


def dump(engine: Engine) -> dict[str, list[Any]]:
    """Every table but the log, the files and the imports themselves, row by row."""
    db.session.rollback()
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"'))))  # noqa: S608
            for name in inspect(engine).get_table_names()
            if name not in NOT_COMPARED
        }


PEOPLE = ["Họ và tên", "Ngày sinh", "Số định danh cá nhân", "Thư điện tử công vụ", "Điện thoại",
          "Chức vụ", "Đơn vị công tác", "Mã số cán bộ"]  # fmt: skip


def person(name: str, email: str = "", **more: str) -> list[str]:
    keys = ("born", "citizen", "email", "phone", "title", "unit", "staff")
    values = {"email": email} | more
    return [name, *(values.get(key, "") for key in keys)]


NEW = person("Nguyễn Thử Nghiệm Ánh", "anh@thunghiem.gov.vn", born="05/03/1985",
             citizen="000185000001", phone="0912345678", title="Chuyên viên",
             unit="Văn phòng xã Thử A", staff="TN-1")  # fmt: skip
