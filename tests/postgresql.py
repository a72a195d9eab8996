"""A private PostgreSQL server for the tests: made, used and thrown away by each test process.

It listens on a Unix socket in its own folder only, so parallel test processes never meet. When
PostgreSQL is absent the tests that ask for it fail: `start.py test` installs it.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

SUPERUSER = "so_token"
#: A throw-away server need not survive a power cut.
SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=60",
    "timezone=UTC",
)


def programs() -> Path:
    """Return the folder of initdb and pg_ctl; fail the test when PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    if found is None:
        pytest.fail("PostgreSQL is not installed; `python3 start.py test` installs it.")
    return Path(found).parent


def unprivileged() -> list[str]:
    """Return the words before a command of PostgreSQL, which refuses to run as root."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["runuser", "-u", "postgres", "--"] if is_root else []


def run(*command: str | Path) -> None:
    """Run a program of PostgreSQL; fail with what it printed."""
    done = subprocess.run(
        [*unprivileged(), *map(str, command)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{command[0]}: {done.stdout.decode(errors='replace')}")


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    """The folder of the socket of a running, empty PostgreSQL server of this test process."""
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="so-token-pg-"))
    if unprivileged():
        shutil.chown(folder, "postgres")
    data = folder / "data"
    options = " ".join(f"-c {each}" for each in (*SETTINGS, f"unix_socket_directories={folder}"))
    try:
        run(
            *(bin_folder / "initdb", "--pgdata", data, "--username", SUPERUSER),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )
        run(
            *(bin_folder / "pg_ctl", "start", "--wait", "--pgdata", data),
            *("--options", options, "--log", folder / "log"),
        )
        try:
            yield folder
        finally:
            run(bin_folder / "pg_ctl", "stop", "--mode", "immediate", "--pgdata", data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_socket: Path) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database that belongs to one test."""
    name = f"test_{uuid.uuid4().hex}"
    server = f"host={postgresql_socket} user={SUPERUSER} dbname=postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield f"postgresql+psycopg://{SUPERUSER}@/{name}?host={postgresql_socket}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
