"""Time and memory of the Excel import of people and of the export, through the web application.

Run: python -m bench.imports [--people 1000 10000 50000] [--export 100000]. Each count runs in a
process of its own with a fresh database: upload, preview (from columns to rows kept), commit,
preview of the same file again (all known), undo; then people are put in by bulk and taken out as
one list. Budgets (DESIGN 6): for 10,000 preview <= 5 s, commit <= 3 s, export <= 10 s; memory of
the server flat (the peak after the commit grows by at most 15 MiB from 1,000 rows to 10,000 and to
50,000). A twentieth of the rows is wrong.
"""

import argparse
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import func, insert, select

import clock
from app import create_app
from bench.sheets import COLUMNS, peak
from config import Config
from extensions import db
from models import Agency, LoginSession, Person, SearchTerm, User, UserRole
from operations import search
from rules.agencies import AgencyKind, AgencyLevel
from rules.names import fold, sort_key, text_key
from rules.permissions import Role
from schema.daily import SheetImport
from sheets.tables_out import write_table
from views import sheet_jobs
from views.guards import key_hash

BUDGETS = {"preview": 5.0, "commit": 3.0, "export": 10.0}
PLACE = "UBND xã Thử Nghiệm"
_BIRTH, _ISSUED = date(1965, 1, 1), date(2021, 1, 1)
_GIVEN = "Ánh Bình Cúc Dũng Đức Giang Hà Khánh Lan Minh Oanh Phúc".split()


def rows(count: int) -> Iterator[tuple[str | date, ...]]:
    """Made-up people in one agency; every twentieth has a birthday that cannot be."""
    for number in range(count):
        yield (
            f"Nguyễn Thử {_GIVEN[number // 12 % 12]} {_GIVEN[number % 12]}",
            "31/02/1980" if number % 20 == 0 else _BIRTH + timedelta(days=number % 12_000),
            f"000{number:09}",
            _ISSUED + timedelta(days=number % 900),
            "Bộ Công an",
            f"a{number}@thunghiem.gov.vn",
            f"09{number:08}",
            "Chuyên viên",
            PLACE,
            f"TN-{number:06}",
            "",
        )


def office() -> FlaskClient:
    """One commune with its focal point, logged in."""
    place = Agency(
        code="TN", name=PLACE, name_fold=fold(PLACE), sort_key=text_key(PLACE), path="/1/",
        level=AgencyLevel.COMMUNE, kind=AgencyKind.PEOPLES_COMMITTEE, has_own_seal=True,
    )  # fmt: skip
    user = User(
        username="thu", display_name="Thử", password_hash="", must_change_password=False,
        created_at=clock.now(),
    )  # fmt: skip
    db.session.add_all([place, user])
    db.session.flush()
    user.grants.append(UserRole(role=Role.FOCAL_POINT, agency_id=place.id))
    key = secrets.token_hex(32)
    now = clock.now()
    db.session.add(
        LoginSession(
            key_hash=key_hash(key), user_id=user.id, address="127.0.0.1", browser="bench",
            created_at=now, seen_at=now, reauthenticated_at=now,
        )
    )  # fmt: skip
    db.session.commit()
    browser = current_app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = key
        cookie["_fresh"] = True
    return browser


def timed(name: str, count: int, act: Callable[[], Any]) -> Any:
    """Do it and print what it took."""
    before, start, worked = peak(), time.perf_counter(), time.process_time()
    result = act()
    seconds, work = time.perf_counter() - start, time.process_time() - worked
    budget = BUDGETS.get(name) if name == "export" or count <= 10_000 else None
    words = "" if budget is None else f"budget {budget:g} {'ok' if seconds <= budget else 'OVER'}"
    memory = f"{before:5.0f} -> {peak():5.0f} MiB"
    print(f"{name:14} {count:7} {seconds:6.2f} s {work:6.2f} s of work  {memory}  {words}")
    return result


def bring(browser: FlaskClient, content: bytes) -> tuple[int, dict[str, str]]:
    """Upload; returns the number of the import and the form of its columns."""
    data = {"agency_id": "1", "kind": "people", "file": (BytesIO(content), "nguoi.xlsx")}
    answer = browser.post("/bang-tinh/nhap", data=data)
    number = int(re.findall(r"/nhap/(\d+)", answer.location)[0])
    page = browser.get(f"/bang-tinh/nhap/{number}/cot").text
    selects = re.findall(r'<select class="input" name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL)
    form = {
        name: (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
        for name, options in selects
    }
    return number, form


def imports(browser: FlaskClient, count: int) -> None:
    """The way of one file: in, in again, out."""
    stream = BytesIO()
    write_table(stream, COLUMNS, rows(count))
    content = stream.getvalue()

    def check(number: int, form: dict[str, str]) -> None:
        browser.post(f"/bang-tinh/nhap/{number}/cot", data=form)
        assert browser.get(f"/bang-tinh/nhap/{number}").status_code == 200  # noqa: S101

    number, form = timed("upload", count, lambda: bring(browser, content))
    timed("preview", count, lambda: check(number, form))
    row = db.session.get_one(SheetImport, number)
    data = {"version": row.version}
    timed("commit", count, lambda: browser.post(f"/bang-tinh/nhap/{number}/ghi", data=data))
    print("  people:", db.session.scalar(select(func.count(Person.id))))
    second, form = bring(browser, content)
    timed("preview again", count, lambda: check(second, form))
    timed("undo", count, lambda: browser.post(f"/bang-tinh/nhap/{number}/hoan-tac"))
    print("  people:", db.session.scalar(select(func.count(Person.id))))


def export(browser: FlaskClient, count: int) -> None:
    """Everybody of a large register as one list."""
    for start in range(0, count, 10_000):
        people, terms = [], []
        for number in range(start, min(start + 10_000, count)):
            name = f"Nguyễn Thử {_GIVEN[number // 12 % 12]} {_GIVEN[number % 12]}"
            people.append(
                {"id": number + 1, "agency_id": 1, "full_name": name, "name_fold": fold(name),
                 "sort_key": sort_key(name), "email": f"a{number}@thunghiem.gov.vn",
                 "staff_number": f"TN-{number:06}", "version": 1}
            )  # fmt: skip
            terms += search.rows_for(search.PERSON, number + 1, fold(name).split())
        db.session.execute(insert(Person), people)
        db.session.execute(insert(SearchTerm), terms)
    db.session.commit()

    def take() -> None:
        with browser.get("/bang-tinh/xuat/ca-nhan") as answer:
            size = sum(len(piece) for piece in answer.response)
            assert answer.status_code == 200 and size > 0  # noqa: S101, PT018

    timed("export", count, take)


def main() -> None:
    """Print one line per step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--export", type=int, default=100_000)
    given = parser.parse_args()
    if len(given.people) > 1:
        for count in given.people:
            last = count == given.people[-1]
            command = [sys.executable, "-m", "bench.imports", "--people", str(count)]
            command += ["--export", str(given.export if last else 0)]
            subprocess.run(command, check=True)
        return
    sheet_jobs.AT_ONCE = 10**9  # Within the request, so that the clock sees all of it.
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Config.load(Path(folder), testing=True))
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            upgrade()
            browser = office()
            imports(browser, given.people[0])
            if given.export:
                export(browser, given.export)
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
