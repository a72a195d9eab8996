"""Time, SQL statements and size of the pages of the register on the large data set.

Run: python -m bench.pages FOLDER [--repeat 15] [--all] [--daily] [--only TEXT]. FOLDER was made by
bench.data. Lists with every pair of filters (not with --daily), searches and detail pages, for the
province's, a large department's and a commune's user; lists and details of daily work for every
role. Server side: the whole of WSGI with gzip, without the network. Budget (DESIGN 6): p95 <= 30
ms, <= 10 statements, <= 60 KB gzipped.
"""

import argparse
import itertools
import math
import os
import secrets
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, event, func, insert, select

from app import create_app
from bench.register import NOW
from config import Config
from extensions import db
from models import Agency, Certificate, CertificateRequest, Device, LoginSession, Person
from rules.agencies import AgencyLevel
from rules.certificates import CertificateState, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from schema.changes import StaffChange
from schema.custody import Incident, Paper
from schema.documents import IncomingDocument, OfficeDocument
from schema.stocktakes import Stocktake
from serve import spare_the_program
from views.guards import key_hash

MILLISECONDS, STATEMENTS, KILOBYTES = 30.0, 10, 60.0
USERS = {"tỉnh": 1, "sở lớn": 2, "xã": 3}
OTHERS = {"cán bộ": 4, "lãnh đạo": 5, "văn thư": 6, "kiểm tra": 7, "quản trị": 8}
"""Roles that open the registers and their daily lists, but not every pair of filters."""
SEARCHES = (
    "nguyen thi anh", "tran van binh", "duc", "yen", "nguyen", "nguyen thi", "le van", "ng",
    "hoang quang tung", "khong co ai ten nay", "anhnt", "TB-000777", "5", "tran thi trang",
)  # fmt: skip
BARE = (
    "/", "/lanh-dao", "/cua-toi", "/thiet-bi", "/chung-thu", "/ca-nhan", "/ca-nhan?q=nguyen+thi",
    "/de-nghi/gui-toi", "/nhac-viec", "/tiep-nhan", "/bao-cao", "/van-ban/cho-toi-ky", "/kiem-ke",
    "/nhat-ky", "/hinh-chu-ky", "/bang-tinh", "/quan-tri/tai-khoan",
)  # fmt: skip
FILTERS = {
    "/bien-ban": ("loai=HANDOVER", "trang-thai=ISSUED", "q=an", "q=12", "loai=LOSS"),
    "/de-nghi": ("loai=RENEWAL", "trang-thai=SENT", "tim=nguyen", "viec=tre"),
    "/su-co": ("loai=LOSS", "trang-thai=dang"),
    "/bien-dong": ("trang-thai=ket-thuc", "trang-thai=qua-han"),
    "/van-ban": ("trang-thai=SIGNING", "q=so+12", "cach-ky=PERSON_AND_AGENCY"),
    "/van-ban-den": ("trang-thai=CHECKED", "q=so+123"),
    "/ban-giao": ("viec=thu-hoi", "viec=nop-cuc"),
}
"""Lists of daily work, each with filters of its own beside the unit."""
DAILY: dict[str, Any] = {
    "/bien-ban": Paper, "/de-nghi": CertificateRequest, "/su-co": Incident, "/kiem-ke": Stocktake,
    "/bien-dong": StaffChange, "/van-ban": OfficeDocument, "/van-ban-den": IncomingDocument,
    "/ca-nhan": Person,
}  # fmt: skip
"""Where the single things of daily work are shown."""


@dataclass(frozen=True)
class Figures:
    """What one address cost."""

    user: str
    path: str
    median: float
    p95: float
    cpu: float
    """Median of the processor time, which a busy machine does not stretch."""
    statements: int
    kilobytes: float

    @property
    def within(self) -> bool:
        return (
            self.p95 <= MILLISECONDS
            and self.statements <= STATEMENTS
            and self.kilobytes <= KILOBYTES
        )


def addresses() -> list[str]:
    """Lists with no filter, each filter and each pair; searches; deep pages; details."""
    large = _agency(AgencyLevel.DEPARTMENT)
    commune = _agency(AgencyLevel.COMMUNE)
    places = [f"don-vi={large}", f"don-vi={commune}"]
    found: list[str] = []
    states = [f"trang-thai={one.name}" for one in DeviceState]
    kinds = [f"loai={one.name}" for one in DeviceKind]
    found += _lists("/thiet-bi", [states, kinds, places], [""])
    states = [f"trang-thai={one.name}" for one in CertificateState]
    kinds = [f"loai={one.name}" for one in SubscriberKind]
    found += _lists("/chung-thu", [states, kinds, places], ["", "xep=ngay"])
    for words in SEARCHES:
        asked = words.replace(" ", "+")
        found += [f"/thiet-bi?q={asked}", f"/chung-thu?q={asked}", f"/chung-thu?q={asked}&xep=ngay"]
        found += [f"/chung-thu?q={asked}&trang-thai=EXPIRED", f"/thiet-bi?q={asked}&{places[0]}"]
    for name, model in (("/thiet-bi", Device), ("/chung-thu", Certificate)):
        rows = db.session.scalar(select(func.max(model.id))) or 0
        for place in (0.5, 0.97):
            anchor = db.session.scalars(
                select(model.id)
                .order_by(model.sort_key, model.id)
                .offset(int(rows * place))
                .limit(1)
            ).first()
            found += [f"{name}?sau={anchor}", f"{name}?truoc={anchor}"]
            found += [f"{name}?sau={anchor}&q=nguyen+van", f"{name}?sau={anchor}&{places[0]}"]
    return found


def _agency(level: AgencyLevel) -> int:
    return db.session.scalars(
        select(Agency.id).where(Agency.level == level).order_by(Agency.id).limit(1)
    ).one()


def _lists(path: str, filters: Sequence[Sequence[str]], orders: Sequence[str]) -> list[str]:
    found = []
    for order in orders:
        chosen: list[tuple[str, ...]] = [()]
        for many in range(1, 3):
            for groups in itertools.combinations(filters, many):
                chosen += itertools.product(*groups)
        for parts in chosen:
            query = "&".join((*parts, *([order] if order else [])))
            found.append(f"{path}?{query}" if query else path)
    return found


def details(user_id: int) -> list[str]:
    """A few devices and certificates that the user may see."""
    level = AgencyLevel.DEPARTMENT if user_id == USERS["sở lớn"] else AgencyLevel.COMMUNE
    place = _agency(level)
    devices = db.session.scalars(select(Device.id).where(Device.agency_id == place).limit(3)).all()
    certificates = db.session.scalars(
        select(Certificate.id).where(Certificate.agency_id == place).limit(3)
    ).all()
    found = [
        *(f"/thiet-bi/{one}" for one in devices),
        *(f"/chung-thu/{one}" for one in certificates),
    ]
    for address, model in DAILY.items():
        rows = select(model.id).where(model.agency_id == place).order_by(model.id.desc())
        found += [f"{address}/{one}" for one in db.session.scalars(rows.limit(2))]
    return found


def pages_of_daily_work() -> list[str]:
    """The lists of daily work: bare, with each filter, deep, searched; and what is made of many."""
    large = _agency(AgencyLevel.DEPARTMENT)
    found = list(BARE)
    for address, filters in FILTERS.items():
        found += [address, f"{address}?don-vi={large}", *(f"{address}?{one}" for one in filters)]
    for address, model in (("/bien-ban", Paper), ("/de-nghi", CertificateRequest)):
        middle = db.session.scalar(select(func.max(model.id))) or 0
        found.append(f"{address}?truoc={middle // 2}")
    return found


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The SQL statements of a block."""
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN":
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measure(
    browser: FlaskClient, engine: Engine, user: str, path: str, repeat: int
) -> Figures | None:
    """One address: a warm-up that counts statements, then the timed requests; None: refused."""
    with counted(engine) as statements:
        answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
    if answer.status_code in (302, 403, 404):  # Not for this role, or not theirs.
        return None
    if answer.status_code != 200:
        raise SystemExit(f"{user} {path}: {answer.status_code}")
    times, worked = [], []
    for _ in range(repeat):
        begun, work = time.perf_counter(), time.process_time()
        browser.get(path, headers={"Accept-Encoding": "gzip"}).get_data()
        times.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - work) * 1000)
    times.sort()
    p95 = times[max(0, math.ceil(len(times) * 0.95) - 1)]
    size = len(answer.get_data()) / 1000
    middle = statistics.median
    return Figures(user, path, middle(times), p95, middle(worked), len(statements), size)


def logged_in(app: Flask, user_id: int) -> FlaskClient:
    """A browser with a live login, without the password page."""
    key = secrets.token_hex(32)
    with db.engine.begin() as connection:
        connection.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
        connection.execute(
            insert(LoginSession).values(
                key_hash=key_hash(key),
                user_id=user_id,
                address="127.0.0.1",
                browser="bench",
                created_at=NOW,
                seen_at=NOW + timedelta(minutes=1),
                reauthenticated_at=NOW,
            )
        )
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = key
        cookie["_fresh"] = True
    return browser


def main() -> None:
    """Print the table; the exit status is 1 when a page leaves its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--all", action="store_true", help="every line, not the slowest ones")
    parser.add_argument("--daily", action="store_true", help="without the filters of registers")
    parser.add_argument("--only", default="", help="only addresses that contain this")
    asked = parser.parse_args()
    os.environ["SO_TOKEN_NOW"] = NOW.isoformat()
    app = create_app(Config.load(asked.folder))
    spare_the_program()
    figures = []
    with app.app_context():
        engine, paths = db.engine, addresses()
        everybody = USERS | OTHERS
        more = {name: details(user_id) for name, user_id in everybody.items()}
        browsers = {name: logged_in(app, user_id) for name, user_id in everybody.items()}
        daily = pages_of_daily_work()
    # Outside any context, so that every request makes its own and remembers nothing.
    for name, browser in browsers.items():
        wanted = [*(paths if name in USERS and not asked.daily else ()), *daily]
        for path in (*(one for one in wanted if _may(one, name)), *more[name]):
            if asked.only in path:
                found = measure(browser, engine, name, path, asked.repeat)
                figures += [found] if found is not None else []
    report(figures, asked.all)
    raise SystemExit(0 if all(one.within for one in figures) else 1)


def _may(path: str, user: str) -> bool:
    """The filters by agency are asked only of those who have that agency."""
    return "don-vi=" not in path or user == "tỉnh"


def report(figures: Sequence[Figures], everything: bool) -> None:
    """The slowest pages, and all that leave the budget."""
    print(
        f"{'người dùng':10} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8} {'SQL':>4} {'KB gz':>6}  "
        "địa chỉ"
    )
    ordered = sorted(figures, key=lambda one: -one.p95)
    shown = ordered if everything else [one for one in ordered if not one.within] + ordered[:15]
    for one in dict.fromkeys(shown):
        sign = " " if one.within else "!"
        print(
            f"{one.user:10} {one.median:8.1f} {one.p95:8.1f} {one.cpu:8.1f} {one.statements:4} "
            f"{one.kilobytes:6.1f} {sign}{one.path}"
        )
    for name in USERS | OTHERS:
        own = [one for one in figures if one.user == name]
        if own:
            print(
                f"{name}: {len(own)} trang, p95 cao nhất {max(one.p95 for one in own):.1f} ms, "
                f"trung vị {statistics.median(one.median for one in own):.1f} ms, "
                f"nhiều nhất {max(one.statements for one in own)} câu SQL, "
                f"{max(one.kilobytes for one in own):.1f} KB"
            )


if __name__ == "__main__":
    main()
