"""Bare SQLite beside the program: so many writers, one write a second each, as the program writes.

The same shape of one transaction (the head of the log read, a row changed, an event and
the head written), every commit on disk. Once begun IMMEDIATE, as the program begins, once with
SQLite's own deferred beginning, where a writer who has read what another then changes must fail.
"""

import hashlib
import random
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

SCHEMA = """
CREATE TABLE head (seq INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE event (seq INTEGER PRIMARY KEY, event TEXT, object_id INTEGER, hash TEXT);
CREATE TABLE thing (id INTEGER PRIMARY KEY, note TEXT, version INTEGER);
"""


def compare(folder: Path, writers: int, seconds: float) -> None:
    """Print both ways, each in a new file in this folder."""
    for begin in ("BEGIN IMMEDIATE", "BEGIN"):
        file = folder / f"{begin.split()[-1]}.sqlite"
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
            connection.execute("INSERT INTO head VALUES (0, '')")
            things = ((number + 1, "", 1) for number in range(writers))
            connection.executemany("INSERT INTO thing VALUES (?, ?, ?)", things)
        connection.close()
        times, failed = _run(file, begin, writers, seconds)
        times.sort()
        p50, p99 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
        print(
            f"bare SQLite, {begin}, {writers} writes/s: p50 {p50:.1f}, p99 {p99:.1f} ms, "
            f"{failed.total()} of {len(times)} failed {dict(failed) or ''}"
        )


def _run(
    file: Path, begin: str, writers: int, seconds: float
) -> tuple[list[float], "Counter[str]"]:
    times: list[float] = []
    failed: Counter[str] = Counter()
    end = time.monotonic() + seconds

    def write(number: int) -> None:
        connection = sqlite3.connect(file, isolation_level=None, timeout=15)
        connection.execute("PRAGMA synchronous = FULL")
        time.sleep(random.random())
        while time.monotonic() < end:
            begun = time.perf_counter()
            try:
                _write(connection, begin, number + 1)
            except sqlite3.OperationalError as problem:
                failed[str(problem)] += 1
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            took = time.perf_counter() - begun
            times.append(took * 1000)
            time.sleep(max(0.0, 1 - took))
        connection.close()

    crew = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    return times, failed


def _write(connection: sqlite3.Connection, begin: str, number: int) -> None:
    connection.execute(begin)
    seq, previous = connection.execute("SELECT seq, hash FROM head").fetchone()
    own = hashlib.sha256(f"{previous} {seq}".encode()).hexdigest()
    connection.execute("UPDATE thing SET version = version + 1 WHERE id = ?", (number,))
    connection.execute("INSERT INTO event VALUES (?, 'changed', ?, ?)", (seq + 1, number, own))
    connection.execute("UPDATE head SET seq = ?, hash = ?", (seq + 1, own))
    connection.execute("COMMIT")
