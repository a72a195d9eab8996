"""`cli demo` again, interrupted, in the wrong place, and half taken away."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

import audit
from config import ROOT, Config, ConfigError
from extensions import db
from models import Agency, AuditEvent, Certificate, Person
from operations import installation
from operations.transactions import transaction
from practice import build, tokens
from tests.cast import NOW
from tests.practice.demo_killed import DIED
from tests.practice.fixtures import DRAWS, PracticeInstance, application, settings

MOMENTS = ("certificates on tokens", "moving in", "publishing", "first letter", "last row")


def demo_dies(folder: Path, moment: str) -> None:
    """Run `cli demo` until it dies at a moment."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.practice.demo_killed", moment],
        cwd=ROOT,
        env={**os.environ, "SO_TOKEN_INSTANCE": str(folder), "SO_TOKEN_NOW": NOW.isoformat()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == DIED, done.stderr


def picture(folder: Path) -> dict[str, str]:
    """Every file of the practice data, and every row, by its hash."""
    files = [*(folder / "practice").rglob("*"), *(folder / "trust").rglob("*")]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def rows() -> tuple[int | None, int | None, int | None]:
    """How many people, certificates and events there are."""
    return (
        db.session.scalar(select(func.count(Person.id))),
        db.session.scalar(select(func.count(Certificate.id))),
        db.session.scalar(select(func.count(AuditEvent.seq))),
    )


def test_a_second_run_changes_nothing(practice_copy: Path) -> None:
    before = picture(practice_copy)
    with application(practice_copy) as app:
        counted = rows()
        build.run(settings(app), at=NOW, draws=DRAWS)
        assert rows() == counted
    assert picture(practice_copy) == before


@pytest.mark.timeout(400)
def test_a_run_killed_at_any_point_leaves_nothing_and_the_next_one_makes_everything(
    instance: Path,
) -> None:
    for moment in MOMENTS:
        demo_dies(instance, moment)
        with application(instance):
            assert rows() == (0, 0, 0), moment
    assert (instance / "practice").is_dir()  # The last one died after moving in.
    left_over = (instance / "practice" / "id").read_text(encoding="ascii")
    with application(instance) as app:
        build.run(settings(app), at=NOW, draws=DRAWS)
        made = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
        assert made is not None
        assert rows()[0] == 153
        assert audit.verify(db.session()).sound
    assert made.object_id == (instance / "practice" / "id").read_text(encoding="ascii")
    assert made.object_id != left_over
    assert not (instance / build.SITE).exists()


def test_a_database_of_an_office_is_never_touched(instance: Path) -> None:
    with application(instance) as app:
        installation.begin(
            db.session(),
            actor=audit.system_actor(NOW),
            agency_name="Ủy ban nhân dân xã Có Thật",
            username="quantri",
            version="1",
        )
        before = rows()
        with pytest.raises(ConfigError, match="đã có dữ liệu của cơ quan"):
            build.run(settings(app), at=NOW, draws=DRAWS)
        assert rows() == before
    assert not (instance / "practice").exists()


def test_a_folder_that_was_taken_away_is_made_again_even_where_softhsm_is_gone(
    practice_copy: Path,
    practice_instance: PracticeInstance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.rmtree(practice_copy / "practice")
    monkeypatch.setenv("PATH", str(practice_copy))
    with application(practice_copy) as app:
        build.run(settings(app), at=NOW, draws=DRAWS)
        assert rows()[:2] == (153, 185)
        created = select(AuditEvent.object_id).where(AuditEvent.event == "practice.created")
        made = db.session.scalars(created).one()
    assert made == (practice_copy / "practice" / "id").read_text(encoding="ascii")
    assert "chưa có SoftHSM2" in capsys.readouterr().out
    assert not (practice_copy / "practice" / tokens.CONF).exists()
    assert "cpca.crl" in str(list((practice_copy / "trust" / "crls").iterdir()))


def test_practice_data_somebody_has_worked_on_are_not_thrown_away_with_their_folder(
    practice_copy: Path,
) -> None:
    with application(practice_copy) as app:
        with transaction(db.session()) as session:
            place = session.scalars(select(Agency).where(Agency.parent_id.is_(None))).one()
            audit.record(
                session,
                "agency.changed",
                actor=audit.system_actor(NOW),
                noun="agency",
                object_id=place.id,
                changed=["name"],
            )
        shutil.rmtree(practice_copy / "practice")
        before = rows()
        with pytest.raises(ConfigError, match="khôi phục thư mục này"):
            build.run(settings(app), at=NOW, draws=DRAWS)
        assert rows() == before


def test_an_office_starts_empty_after_the_practice_data(practice_copy: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "cli.py"), "init", "--empty", "--yes"),
            *("--agency", "Ủy ban nhân dân xã Thử Nghiệm"),
        ],
        env={**os.environ, "SO_TOKEN_INSTANCE": str(practice_copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    config = Config.load(practice_copy)
    assert not config.practice
    assert not (config.trust / "practice-roots").exists()
    with application(practice_copy):
        assert db.session.scalar(select(func.count(Agency.id))) == 1
        assert rows()[:2] == (0, 0)
