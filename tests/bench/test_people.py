"""The bench of a hundred people, kept honest on a few of them and a tiny register."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from bench import data, people
from bench.people_ledger import Outcome
from extensions import db


@pytest.fixture
def few(app: Flask, instance: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder with a register as the benches make it, only small."""
    monkeypatch.setenv("SO_TOKEN_NOW", data.NOW.isoformat())
    data.make(app, data.Size(devices=300, certificates=300, agencies=34, events=20))
    return instance


def test_people_at_work_lose_nothing(few: Path, tmp_path: Path) -> None:
    with db.engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    db.engine.dispose()
    asked = people.Asked(people=3, seconds=1, think=0.1, writes=15)
    found = people.measure(few, asked, tmp_path / "run")
    assert found.wrong == []
    assert found.outcomes[Outcome.ACCEPTED] > 5
