"""The large data set of the benches: agencies, people, devices, certificates, terms and events.

Run: python -m bench.data FOLDER [--devices 100000] [--agencies 1500] [--events 0]. FOLDER becomes
an instance folder with a migrated SQLite file. Straight bulk inserts; the bytes of certificates are
a few bodies used again and again, because no page of a list reads them. All names are made up by
drawing syllables; the same seed gives the same data. What offices do every day with all that is
made by `bench/daily.py`.
"""

import argparse
import hashlib
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, insert, text, update

import audit
from app import create_app
from bench import daily
from bench.certificate_bodies import bodies
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
    SearchTerm,
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
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.days import expires_on
from rules.devices import DeviceKind, DeviceState
from rules.names import fold, sort_key
from rules.permissions import Role

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
PASSWORD = "mat khau thu toc do"  # noqa: S105 - of made-up accounts in a throw-away file
BATCH = 10_000

# Names and how often they come up, roughly as in a Vietnamese list.
FAMILIES = {
    "Nguyễn": 38, "Trần": 11, "Lê": 10, "Phạm": 7, "Hoàng": 5, "Huỳnh": 5, "Phan": 5, "Vũ": 4,
    "Võ": 4, "Đặng": 3, "Bùi": 2, "Đỗ": 2, "Hồ": 1, "Ngô": 1, "Dương": 1, "Lý": 1,
}  # fmt: skip
MIDDLES = {
    "Thị": 40, "Văn": 30, "Minh": 6, "Ngọc": 6, "Thanh": 5, "Đức": 4, "Quang": 3, "Thị Thu": 3,
    "Hữu": 3,
}  # fmt: skip
GIVENS = (
    "An Anh Ánh Bình Bảo Chi Cường Dung Dũng Duy Đạt Đông Đức Giang Hà Hải Hạnh Hiền Hiếu Hoa Hòa "
    "Hồng Huệ Hùng Hương Huy Khánh Lan Lâm Liên Linh Loan Long Mai Mạnh Minh Nam Nga Ngân Ngọc "
    "Nhung Oanh Phong Phúc Phương Quân Quang Quỳnh Sơn Tài Tâm Thảo Thắng Thủy Tiến Trang Trung "
    "Tuấn Tùng Uyên Vân Việt Yến"
).split()
DEVICE_STATES = {
    DeviceState.IN_USE: 780, DeviceState.HANDED_OVER: 60, DeviceState.IN_STOCK: 70,
    DeviceState.HELD: 15, DeviceState.LOCKED: 12, DeviceState.DAMAGED: 8, DeviceState.MISSING: 3,
    DeviceState.LOST: 4, DeviceState.AWAITING_RECALL: 10, DeviceState.RECALLED: 18,
    DeviceState.RETURNED_TO_CA: 20,
}  # fmt: skip
DEVICE_KINDS = {
    DeviceKind.PKI_TOKEN: 900, DeviceKind.SIM_PKI: 80, DeviceKind.HSM: 3, DeviceKind.CENTRAL: 17,
}  # fmt: skip


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
    """Fill the migrated, empty database of `app`; one transaction."""
    dice = random.Random(seed)
    with db.engine.begin() as connection:
        agencies = _agencies(connection, size.agencies)
        people = _people(connection, dice, size.devices, agencies)
        devices = _devices(connection, dice, people)
        _certificates(connection, dice, size.certificates, people, devices)
        made = _users(connection, agencies, people)
        world = daily.World(
            connection,
            dice,
            NOW,
            agencies,
            people,
            devices,
            _insert,
            made.commune_user,
            daily.sheet_sha256(),
        )
        daily.make(world)
        _events(connection, dice, size.events, agencies, made)
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
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
            "sort_key": sort_key(name),
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


def _people(
    connection: Connection, dice: random.Random, count: int, agencies: list[dict[str, Any]]
) -> list[Person]:
    families = dice.choices(list(FAMILIES), list(FAMILIES.values()), k=count)
    middles = dice.choices(list(MIDDLES), list(MIDDLES.values()), k=count)
    people = []
    for number in range(1, count + 1):
        name = f"{families[number - 1]} {middles[number - 1]} {dice.choice(GIVENS)}"
        initials = "".join(word[0] for word in fold(name).split()[:-1])
        people.append(
            Person(
                id=number,
                agency_id=dice.choice(agencies)["id"],
                staff_number=f"CB{number:06d}",
                full_name=name,
                name_fold=fold(name),
                sort_key=sort_key(name),
                email=f"{fold(name).split()[-1]}{initials}{number}@thunghiem.example",
            )
        )
    _insert_indexed(connection, "person", [(row, terms_of_person(row)) for row in people])
    return people


def _devices(connection: Connection, dice: random.Random, people: list[Person]) -> list[Device]:
    count = len(people)
    states = dice.choices(list(DEVICE_STATES), list(DEVICE_STATES.values()), k=count)
    kinds = dice.choices(list(DEVICE_KINDS), list(DEVICE_KINDS.values()), k=count)
    devices = []
    for number in range(1, count + 1):
        person, state = people[number - 1], states[number - 1]
        held = state not in (DeviceState.IN_STOCK, DeviceState.RETURNED_TO_CA)
        serial = f"{dice.getrandbits(48):012X}"
        devices.append(
            Device(
                id=number,
                agency_id=person.agency_id,
                kind=kinds[number - 1],
                state=state,
                internal_code=f"TB-{number:06d}",
                printed_serial=serial,
                driver_serial=serial,
                label="Thiết bị thử nghiệm",
                model="Kiểu thử nghiệm",
                generation="",
                holder_id=person.id if held else None,
                sort_key=person.sort_key if held else "",
                received_on=TODAY - timedelta(days=dice.randrange(2000)),
                handed_over_on=TODAY - timedelta(days=dice.randrange(900)) if held else None,
                handover_minutes=f"{number}/BB-UBND" if held and number % 3 else None,
            )
        )
    pairs = [
        (row, terms_of_device(row, people[row.id - 1] if row.holder_id else None))
        for row in devices
    ]
    _insert_indexed(connection, "device", pairs)
    return devices


def _certificates(
    connection: Connection,
    dice: random.Random,
    count: int,
    people: list[Person],
    devices: list[Device],
) -> None:
    chains = range(1, count + 1)
    _insert(connection, CertificateChain, ({"id": number, "created_at": NOW} for number in chains))
    ders = bodies(4)
    pairs = []
    for number in chains:
        place = dice.randrange(len(people))
        row = _certificate(dice, number, people[place], devices[place])
        row.der = ders[number % len(ders)]
        pairs.append((row, terms_of_certificate(row, devices[place])))
    _insert_indexed(connection, "certificate", pairs)


def _certificate(dice: random.Random, number: int, person: Person, device: Device) -> Certificate:
    kind = dice.choices(list(SubscriberKind), [92, 6, 2])[0]
    not_after = NOW + timedelta(days=dice.randrange(-500, 1300), seconds=dice.randrange(86_400))
    renewals = dice.choices([0, 1, None], [75, 20, 5])[0]
    origin = {0: CertificateOrigin.ISSUED, 1: CertificateOrigin.RENEWED}.get(
        renewals if renewals is not None else -1, CertificateOrigin.UNKNOWN
    )
    revoked = dice.random() < 0.02
    return Certificate(
        id=number,
        agency_id=person.agency_id,
        chain_id=number,
        origin=origin,
        renewals=renewals,
        kind=kind,
        person_id=person.id if kind is SubscriberKind.INDIVIDUAL else None,
        device_id=device.id,
        issuer="CN=CA thử nghiệm, O=Cơ quan thử nghiệm",
        issuer_name="CA thử nghiệm",
        subject=f"CN={person.full_name}",
        common_name=person.full_name,
        serial_number=f"{dice.getrandbits(63) | 1 << 62:X}",
        not_before=not_after - timedelta(days=1826),
        not_after=not_after,
        expires_on=expires_on(not_after),
        public_key_sha256=hashlib.sha256(f"key {number}".encode()).hexdigest(),
        key_type="RSA",
        key_bits=3072,
        signature_algorithm="sha256WithRSAEncryption",
        limits="Mục đích khóa: chữ ký số, chống chối bỏ",
        email=person.email,
        sha256=hashlib.sha256(f"certificate {number}".encode()).hexdigest(),
        sort_key=person.sort_key,
        revoked_at=NOW - timedelta(days=dice.randrange(300)) if revoked else None,
        created_at=NOW,
    )


def _insert_indexed(
    connection: Connection, noun: str, pairs: Sequence[tuple[Any, set[str]]]
) -> None:
    """Insert rows with their search text, then their terms in the order of the primary key."""
    rows = []
    for row, terms in pairs:
        row.search_text = text_of(terms)
        rows += rows_for(noun, row.id, terms)
    rows.sort(key=lambda one: (str(one["term"]), one["object_id"]))
    _insert(connection, type(pairs[0][0]), (_values(row) for row, _ in pairs))
    _insert(connection, SearchTerm, rows)


def _values(row: Any) -> dict[str, Any]:
    columns = row.__mapper__.column_attrs
    return {one.key: row.__dict__[one.key] for one in columns if one.key in row.__dict__}


def _users(connection: Connection, agencies: list[dict[str, Any]], people: list[Person]) -> Made:
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
    count: int,
    agencies: list[dict[str, Any]],
    made: Made,
) -> None:
    """A chain of events about devices and certificates, continuing the log as it stands."""
    if not count:
        return
    head = connection.execute(text("SELECT seq, hash FROM audit_head")).one()
    seq, previous = head.seq, head.hash

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal seq, previous
        for _ in range(count):
            seq += 1
            row = AuditEvent(
                seq=seq,
                at=NOW - timedelta(seconds=count - seq),
                event="device.changed",
                agency_id=dice.choice(agencies)["id"],
                actor_id=made.commune_user,
                actor_roles="FOCAL_POINT",
                address="127.0.0.1",
                noun=dice.choice(("device", "certificate")),
                object_id=str(dice.randrange(1, 100_000)),
                document_sha256=None,
                body='{"changed":["label"]}',
                body_version=audit.BODY_VERSION,
                prev_hash=previous,
            )
            previous = row.hash = audit.hash_of(row)
            yield _values(row)

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
    parser.add_argument("--devices", type=int, default=Size.devices)
    parser.add_argument("--certificates", type=int, default=Size.certificates)
    parser.add_argument("--agencies", type=int, default=Size.agencies)
    parser.add_argument("--events", type=int, default=Size.events)
    asked = parser.parse_args()
    begun = time.perf_counter()
    app = open_app(asked.folder)
    with app.app_context():
        make(app, Size(asked.devices, asked.certificates, asked.agencies, asked.events))
    size = sum(path.stat().st_size for path in asked.folder.glob("so_token.sqlite*"))
    print(f"{asked.folder}: {size / 1e6:.0f} MB in {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
