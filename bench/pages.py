"""Time, SQL statements and size of the pages of the register on the large data set.

Run: python -m bench.pages FOLDER [--repeat 15] [--all]. FOLDER was made by bench.data. Lists with
every pair of filters, searches and detail pages, for the province's, a large department's and a
commune's user. Server side: the whole of WSGI with gzip, without the network. Budget (DESIGN 6):
p95 <= 30 ms, <= 10 statements, <= 60 KB gzipped.
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

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, event, insert, select

from app import create_app
from bench.data import NOW
from config import Config
from extensions import db
from models import Agency, Certificate, Device, LoginSession
from rules.agencies import AgencyLevel
from rules.certificates import CertificateState, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from serve import spare_the_program
from views.guards import key_hash

MILLISECONDS, STATEMENTS, KILOBYTES = 30.0, 10, 60.0
USERS = {"tỉnh": 1, "sở lớn": 2, "xã": 3}
SEARCHES = (
    "nguyen thi anh", "tran van binh", "duc", "yen", "nguyen", "nguyen thi", "le van", "ng",
    "hoang quang tung", "khong co ai ten nay", "anhnt", "TB-000777", "5", "tran thi trang",
)  # fmt: skip


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
        for place in (0.5, 0.97):
            anchor = db.session.scalars(
                select(model.id)
                .order_by(model.sort_key, model.id)
                .offset(int(100_000 * place))
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
    commune = _agency(AgencyLevel.COMMUNE)
    place = {1: commune, 2: _agency(AgencyLevel.DEPARTMENT), 3: commune}[user_id]
    devices = db.session.scalars(select(Device.id).where(Device.agency_id == place).limit(3)).all()
    certificates = db.session.scalars(
        select(Certificate.id).where(Certificate.agency_id == place).limit(3)
    ).all()
    return [
        *(f"/thiet-bi/{one}" for one in devices),
        *(f"/chung-thu/{one}" for one in certificates),
    ]


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


def measure(browser: FlaskClient, engine: Engine, user: str, path: str, repeat: int) -> Figures:
    """One address: a warm-up that counts statements, then the timed requests."""
    with counted(engine) as statements:
        answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
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
    parser.add_argument("--only", default="", help="only addresses that contain this")
    asked = parser.parse_args()
    os.environ["SO_TOKEN_NOW"] = NOW.isoformat()
    app = create_app(Config.load(asked.folder))
    spare_the_program()
    figures = []
    with app.app_context():
        engine, paths = db.engine, addresses()
        more = {name: details(user_id) for name, user_id in USERS.items()}
        browsers = {name: logged_in(app, user_id) for name, user_id in USERS.items()}
    # Outside any context, so that every request makes its own and remembers nothing.
    for name, browser in browsers.items():
        pages = [*(path for path in paths if _may(path, name)), *more[name]]
        figures += [
            measure(browser, engine, name, path, asked.repeat)
            for path in pages
            if asked.only in path
        ]
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
    for name in USERS:
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
