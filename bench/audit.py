"""Time to read and check the whole log, beside the least that any chained log must do.

Run: python -m bench.audit [--events 200000]. Makes a log of so many events in a throw-away SQLite
file, checks it as `cli audit verify` does, and prints seconds, the same for a million events, and
the floor: fetching the rows with the bare driver and one SHA-256 over each, nothing decoded.
"""

import argparse
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, update

import audit
from app import create_app
from bench.data import BATCH, open_app
from config import Config
from extensions import db
from models import AuditEvent, AuditHead

BUDGET = 6.0  # seconds for a million events (DESIGN section 6)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def chain(count: int) -> Iterator[AuditEvent]:
    """Events as devices and certificates make them, chained from the first one on."""
    previous = audit.GENESIS
    for seq in range(1, count + 1):
        row = AuditEvent(
            seq=seq,
            at=BEGUN + timedelta(seconds=seq, microseconds=seq % 1_000_000),
            event="certificate.changed",
            agency_id=seq % 1500 + 1,
            actor_id=seq % 300 + 1,
            actor_roles="FOCAL_POINT,CLERK",
            address=f"10.0.{seq % 200}.{seq % 250}",
            noun="certificate",
            object_id=str(seq % 100_000),
            document_sha256=f"{seq:064x}" if seq % 3 == 0 else None,
            body='{"changed":["device_id","person_id"]}',
            body_version=audit.BODY_VERSION,
            prev_hash=previous,
        )
        previous = row.hash = audit.hash_of(row)
        yield row


def fill(count: int) -> None:
    """Write the chain and its head into the empty database of the present application."""
    names = AuditEvent.__table__.columns.keys()
    batch: list[dict[str, object]] = []
    with db.engine.begin() as connection:
        for row in chain(count):
            batch.append({name: getattr(row, name) for name in names})
            if len(batch) == BATCH or row.seq == count:
                connection.execute(insert(AuditEvent), batch)
                batch = []
                last = {"seq": row.seq, "hash": row.hash}
        connection.execute(update(AuditHead).values(**last))


def floor(file: Path) -> float:
    """Seconds for what cannot be left out, in the same process: fetch every row and hash it."""
    begun = time.perf_counter()
    connection = sqlite3.connect(file)
    for row in connection.execute("SELECT * FROM audit_event ORDER BY seq"):
        hashlib.sha256(repr(row).encode()).digest()
    connection.close()
    return time.perf_counter() - begun


def main() -> None:
    """Make the log, check it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        open_app(Path(folder))
        app = create_app(Config.load(Path(folder)))
        with app.app_context():
            fill(count)
            begun = time.perf_counter()
            result = audit.verify(db.session())
            seconds = time.perf_counter() - begun
            least = floor(Path(folder) / "so_token.sqlite")
            db.session.remove()
            db.engine.dispose()
    million = seconds / count * 1e6
    print(f"{result.events} events, sound: {result.sound}")
    print(f"verify {seconds:.2f} s; a million {million:.2f} s (budget {BUDGET:g} s)")
    print(f"floor  {least:.2f} s; verify takes {seconds / least:.1f} times as long")


if __name__ == "__main__":
    main()
