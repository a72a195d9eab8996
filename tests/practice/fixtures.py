"""A practice instance that other tests may use too: built once per test process, read only.

`from tests.practice.fixtures import practice_copy, practice_instance  # noqa: F401`, and ask for
`practice_instance` (shared; do not write) or `practice_copy` (a copy of your own, without tokens:
their configuration names the folder they were built in).
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

import clock
from app import create_app
from config import Config
from extensions import db
from practice import build
from practice.desk import Draws
from tests.cast import NOW
from views.letters_data import draw_letter
from views.papers_data import draw_paper

DRAWS = Draws(draw_letter, draw_paper)


@dataclass(frozen=True)
class PracticeInstance:
    """A whole installation with practice data, as of `tests.cast.NOW`."""

    folder: Path
    logins: tuple[dict[str, str], ...]

    def login(self, username: str) -> dict[str, str]:
        """What logins.json says of one account."""
        return next(one for one in self.logins if one["username"] == username)


@contextmanager
def application(folder: Path) -> Iterator[Flask]:
    """The real application on an instance folder, with its context entered."""
    app = create_app(Config.load(folder, testing=True))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def settings(app: Flask) -> Config:
    """The settings of an application."""
    found: Config = app.extensions["so_token"]
    return found


@pytest.fixture(scope="session")
def practice_instance(tmp_path_factory: pytest.TempPathFactory) -> PracticeInstance:
    """One practice instance for all tests of this process; nobody may write to it."""
    folder = tmp_path_factory.mktemp("practice") / "instance"
    with application(folder) as app:
        upgrade()
        build.run(settings(app), at=NOW, draws=DRAWS)
    logins = json.loads((folder / "practice" / "logins.json").read_text(encoding="utf-8"))
    return PracticeInstance(folder, tuple(logins))


def _on_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its revocation lists last for a year: on another day it is another installation."""
    monkeypatch.setattr(clock, "RUNNING_SINCE", time.monotonic())
    monkeypatch.setenv("SO_TOKEN_NOW", NOW.isoformat())


@pytest.fixture
def practice_app(
    practice_instance: PracticeInstance, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application on the shared instance, for reading, on the day it was made."""
    _on_that_day(monkeypatch)
    with application(practice_instance.folder) as app:
        yield app


@pytest.fixture
def practice_copy(
    practice_instance: PracticeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the shared instance to write to, on the day it was made. Its tokens stay where
    they were built.
    """
    _on_that_day(monkeypatch)
    with application(practice_instance.folder), db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(shutil.copytree(practice_instance.folder, tmp_path / "practice_copy"))
