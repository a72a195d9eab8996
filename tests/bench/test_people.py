"""The bench of a hundred people, kept honest on a few of them and a tiny register."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from bench import data, people
from bench.browsing import Form
from bench.people_ledger import Ledger, Outcome, Written, judge
from bench.people_work import INCIDENT, NOTE, Job
from extensions import db


@pytest.fixture
def few(app: Flask, instance: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder with a register as the benches make it, only small."""
    monkeypatch.setenv("SO_TOKEN_NOW", data.NOW.isoformat())
    data.make(app, data.Size(devices=300, certificates=300, agencies=34))
    return instance


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the figures of Linux")
def test_people_at_work_lose_nothing(few: Path, tmp_path: Path) -> None:
    with db.engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    db.engine.dispose()
    asked = people.Asked(people=3, seconds=1, think=0.1, writes=15)
    found = people.measure(few, asked, tmp_path / "run")
    assert found.wrong == []
    assert found.outcomes[Outcome.ACCEPTED] >= 2  # Each focal point begins with a write.


def test_the_bench_sees_what_was_lost(app: Flask, few: Path) -> None:
    def written(kind: object, outcome: Outcome) -> Written:
        job = Job(kind, 1, "/thiet-bi/1/sua", "Đo tải 1", {})  # type: ignore[arg-type]
        return Written(job, 3, Form("", {"version": "1"}), outcome)

    lost = [written(NOTE, Outcome.ACCEPTED), written(NOTE, Outcome.ACCEPTED)]
    lost += [written(INCIDENT, Outcome.ACCEPTED), written(NOTE, Outcome.CONFLICT)]
    wrong = judge(app, Ledger(lost), 0, "")
    assert [one.partition(":")[0] for one in sorted(wrong)] == [
        "device.changed by account 3",
        "incident reported",
        "incident.reported by account 3",
        "note of a device 1",
        "note of a device 1",
        "note of a device 1",
        "note of a device 1",
    ]
