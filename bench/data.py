"""The large data set of the benches: agencies, people, devices, certificates, terms and events.

Run: python -m bench.data FOLDER [--times 1] [--devices 100000] [--agencies 1500] [--events 0].
FOLDER becomes an instance folder with a migrated SQLite file. Straight bulk inserts; the bytes of
certificates are a few bodies used again and again, because no page of a list reads them. All names
are made up by drawing syllables (`bench/register.py`); the same seed gives the same data. What
offices do every day with all that is made by `bench/daily.py`. `--times 10` makes ten times as many
devices, certificates, people and daily work in the same agencies; nothing is kept in memory.
"""

import argparse
import random
import time
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, insert, text, update

import audit
from app import create_app
from bench import daily
from bench.certificate_bodies import bodies
from bench.register import NOW, DrawnPerson, Register
from bench.sheets import peak
from config import Config
from extensions import db
from models import (
    Agency,
    AuditEvent,
    AuditHead,
    Certificate,
    CertificateChain,
    Device,
    Person,
    User,
    UserRole,
)
from operations.search import (
    rows_for,
    terms_of_certificate,
    terms_of_device,
    terms_of_person,
    text_of,
)
from rules.agencies import AgencyKind, AgencyLevel
from rules.names import fold, text_key
from rules.permissions import Role

PASSWORD = "mat khau thu toc do"  # noqa: S105 - of made-up accounts in a throw-away file
BATCH = 10_000


@dataclass(frozen=True)
class Size:
    """How much to make; people are as many as devices."""

    devices: int = 100_000
    certificates: int = 100_000
    agencies: int = 1_500
    events: int = 0


@dataclass(frozen=True)
class Made:
    """Numbers of the rows that the page bench asks for."""

    department_user: int
    branch_user: int
    commune_user: int
    staff_user: int


def make(app: Flask, size: Size, seed: int = 2026) -> Made:
    """Fill the migrated, empty database of `app`; one transaction, memory flat."""
    dice = random.Random(seed)
    db.engine.dispose()
    with db.engine.connect() as connection:
        # A crash here costs nothing but the set; whether its keys fit, a test asks of a small one.
        settings = ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000")
        driver = connection.connection
        for setting in settings:
            driver.cursor().execute(f"PRAGMA {setting}")
        with connection.begin(), _without_indexes(connection):
            made = _fill(connection, dice, size, Register(seed, size.devices, size.agencies))
        driver.cursor().execute("PRAGMA journal_mode=WAL")
        connection.invalidate()  # Nobody else gets a connection with such settings.
    return made


def _fill(connection: Connection, dice: random.Random, size: Size, register: Register) -> Made:
    agencies = _agencies(connection, size.agencies)
    terms = Terms(connection)
    _people(connection, register.people, terms)
    places = _devices(connection, register, terms)
    _certificates(connection, register, size.certificates, terms)
    terms.write()
    made = _users(connection, agencies, register.people)
    world = daily.World(
        connection,
        dice,
        NOW,
        agencies,
        register.people,
        register.devices,
        places,
        _insert,
        made.commune_user,
        daily.sheet_sha256(),
    )
    daily.make(world)
    _events(connection, dice, size, agencies, made)
    return made


def _insert(connection: Connection, model: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            connection.execute(insert(model), batch)
            batch = []
    if batch:
        connection.execute(insert(model), batch)


def _agencies(connection: Connection, count: int) -> list[dict[str, Any]]:
    """A province, one large department with a fifth of all units, and communes of about twelve."""
    rows: list[dict[str, Any]] = []

    def add(name: str, parent: dict[str, Any] | None, level: AgencyLevel) -> dict[str, Any]:
        number = len(rows) + 1
        row = {
            "id": number,
            "parent_id": parent["id"] if parent else None,
            "path": f"{parent['path'] if parent else '/'}{number}/",
            "code": f"TN{number:05d}",
            "name": name,
            "name_fold": fold(name),
            "sort_key": text_key(name),
            "level": level,
            "kind": AgencyKind.DIVISION
            if level is AgencyLevel.SUB_UNIT
            else AgencyKind.PEOPLES_COMMITTEE,
            "has_legal_personality": level is not AgencyLevel.SUB_UNIT,
            "has_own_seal": level is not AgencyLevel.SUB_UNIT,
            "regulation": "decree_68_2024",
        }
        rows.append(row)
        return row

    province = add("UBND tỉnh Thử Nghiệm", None, AgencyLevel.PROVINCE)
    large = add("Sở Giáo dục Thử Nghiệm", province, AgencyLevel.DEPARTMENT)
    for number in range(1, max(2, count // 5)):
        add(f"Trường Thử Nghiệm số {number}", large, AgencyLevel.SUB_UNIT)
    commune = province
    while len(rows) < count:
        if (len(rows) - large["id"]) % 13 == 0 or commune is province:
            commune = add(f"UBND xã Thử {len(rows)}", province, AgencyLevel.COMMUNE)
        else:
            name = f"Phòng Thử {len(rows)} thuộc {commune['name']}"
            add(name, commune, AgencyLevel.SUB_UNIT)
    _insert(connection, Agency, rows)
    return rows


class Terms:
    """Search terms, set aside as they come and written at the end in the order of their key."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._waiting = connection, list[tuple[str, str, int]]()
        connection.exec_driver_sql("CREATE TEMP TABLE set_aside (noun TEXT, term TEXT, id INTEGER)")

    def keep(self, noun: str, number: int, terms: set[str]) -> str:
        """Set the terms of a row aside; returns its search text."""
        self._waiting += [(noun, one["term"], number) for one in rows_for(noun, number, terms)]
        if len(self._waiting) >= BATCH:
            self._put()
        return text_of(terms)

    def _put(self) -> None:
        if self._waiting:
            insertion = "INSERT INTO set_aside VALUES (?, ?, ?)"
            self._connection.exec_driver_sql(insertion, self._waiting)
            self._waiting = []

    def write(self) -> None:
        """Into the table of terms, sorted by the database, which needs no memory for it."""
        self._put()
        self._connection.exec_driver_sql(
            "INSERT INTO search_term (noun, term, object_id)"
            " SELECT noun, term, id FROM set_aside ORDER BY noun, term, id"
        )
        self._connection.exec_driver_sql("DROP TABLE set_aside")


def _people(connection: Connection, people: Sequence[DrawnPerson], terms: Terms) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        for one in people:
            text_in_row = terms.keep("person", one.id, terms_of_person(one))
            yield one._asdict() | {"search_text": text_in_row}

    _insert(connection, Person, rows())


def _devices(connection: Connection, register: Register, terms: Terms) -> "dict[int, array[int]]":
    """Returns the numbers of the devices of each agency."""
    places: dict[int, array[int]] = defaultdict(lambda: array("l"))

    def rows() -> Iterator[dict[str, Any]]:
        for one, person in zip(register.devices, register.people, strict=True):
            places[one.agency_id].append(one.id)
            found = terms_of_device(one, person if one.holder_id else None)
            yield one._asdict() | {"search_text": terms.keep("device", one.id, found)}

    _insert(connection, Device, rows())
    return places


def _certificates(connection: Connection, register: Register, count: int, terms: Terms) -> None:
    chains = range(1, count + 1)
    _insert(connection, CertificateChain, ({"id": number, "created_at": NOW} for number in chains))
    ders = bodies(4)

    def rows() -> Iterator[dict[str, Any]]:
        for number in chains:
            row, device = register.certificate(number)
            found = terms_of_certificate(SimpleNamespace(**row), device)
            text_in_row = terms.keep("certificate", number, found)
            yield row | {"der": ders[number % len(ders)], "search_text": text_in_row}

    _insert(connection, Certificate, rows())


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Rows in bulk first, indexes after: each is then sorted once instead of grown row by row."""
    indexes = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).all()
    for one in indexes:
        connection.exec_driver_sql(f'DROP INDEX "{one.name}"')
    yield
    for one in indexes:
        connection.exec_driver_sql(one.sql)


def _users(
    connection: Connection, agencies: list[dict[str, Any]], people: Sequence[DrawnPerson]
) -> Made:
    """The province's, the large department's and a commune's user, then one of each other role."""
    commune = next(row for row in agencies if row["level"] is AgencyLevel.COMMUNE)
    own = next(row for row in people if row.agency_id == commune["id"])
    accounts = (
        ("tinh", Role.DEPARTMENT, agencies[0], None),
        ("so", Role.DEPARTMENT, agencies[1], None),
        ("xa", Role.FOCAL_POINT, commune, None),
        ("canbo", Role.STAFF, commune, own.id),
        ("lanhdao", Role.LEADER, commune, own.id),
        ("vanthu", Role.CLERK, commune, own.id),
        ("kiemtra", Role.AUDITOR, agencies[0], None),
        ("quantri", Role.ADMINISTRATOR, agencies[0], None),
    )
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    for number, (name, role, place, person_id) in enumerate(accounts, start=1):
        connection.execute(
            insert(User).values(
                id=number,
                username=name,
                display_name=f"Người dùng thử ({name})",
                person_id=person_id,
                password_hash=hashed,
                must_change_password=False,
                created_at=NOW,
            )
        )
        grant = {"user_id": number, "role": role, "agency_id": place["id"]}
        connection.execute(insert(UserRole).values(**grant))
    return Made(1, 2, 3, 4)


def _events(
    connection: Connection,
    dice: random.Random,
    size: Size,
    agencies: list[dict[str, Any]],
    made: Made,
) -> None:
    """A chain of events about devices and certificates, continuing the log as it stands."""
    if not size.events:
        return
    head = connection.execute(text("SELECT seq, hash FROM audit_head")).one()
    seq, previous = head.seq, head.hash
    names = AuditEvent.__table__.columns.keys()

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal seq, previous
        for _ in range(size.events):
            seq += 1
            row = AuditEvent(
                seq=seq,
                at=NOW - timedelta(seconds=size.events - seq),
                event="device.changed",
                agency_id=dice.choice(agencies)["id"],
                actor_id=made.commune_user,
                actor_roles="FOCAL_POINT",
                address="127.0.0.1",
                noun=dice.choice(("device", "certificate")),
                object_id=str(dice.randrange(1, size.devices + 1)),
                document_sha256=None,
                body='{"changed":["label"]}',
                body_version=audit.BODY_VERSION,
                prev_hash=previous,
            )
            previous = row.hash = audit.hash_of(row)
            yield {name: getattr(row, name) for name in names}

    _insert(connection, AuditEvent, rows())
    connection.execute(update(AuditHead).values(seq=seq, hash=previous))


def open_app(folder: Path) -> Flask:
    """The application on the instance folder `folder`, migrated."""
    app = create_app(Config.load(folder))
    with app.app_context():
        upgrade()
    return app


def main() -> None:
    """Make the data set in a new folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--devices", type=int, default=Size.devices)
    parser.add_argument("--certificates", type=int, default=Size.certificates)
    parser.add_argument("--agencies", type=int, default=Size.agencies)
    parser.add_argument("--events", type=int, default=Size.events)
    asked = parser.parse_args()
    begun = time.perf_counter()
    app = open_app(asked.folder)
    devices, certificates = asked.devices * asked.times, asked.certificates * asked.times
    with app.app_context():
        make(app, Size(devices, certificates, asked.agencies, asked.events))
    size = sum(path.stat().st_size for path in asked.folder.glob("so_token.sqlite*"))
    print(
        f"{asked.folder}: {size / 1e6:.0f} MB in {time.perf_counter() - begun:.0f} s "
        f"({time.process_time():.0f} s of processor), {peak():.0f} MiB at most"
    )


if __name__ == "__main__":
    main()
