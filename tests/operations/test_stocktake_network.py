"""Two people count at once over a network that breaks: nothing is lost, nothing counts twice."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

import audit
from app import create_app
from config import Config
from extensions import db
from models import AuditEvent, Device
from operations.stocktake_counts import Sighting, record
from operations.transactions import transaction
from rules.devices import DeviceKind, DeviceState
from schema.stocktakes import StocktakeCount
from tests import cast as the_cast
from tests.operations.test_stocktakes import GOT, by, opened, outcomes, seen


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database that two connections share: a real file, a real server."""
    overrides: dict[str, object] = {"testing": True}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgresql_url")
    app = create_app(Config.load(tmp_path / "instance", **overrides))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def uploads(told: Sequence[Sighting], luck: random.Random) -> list[list[Sighting]]:
    """How a telephone sends with a network that breaks: parts, some again, the last all again."""
    parts = [list(told[at : at + 23]) for at in range(0, len(told), 23)]
    again = [*parts, *luck.sample(parts, 3), list(told[60:])]  # Answers lost on the way back.
    luck.shuffle(again)
    return again


def test_two_people_count_two_hundred_tokens_at_once_over_a_broken_network(office: Flask) -> None:
    session: Session = db.session()
    cast = the_cast.enter(session)
    with transaction(session):
        kept = {"kind": DeviceKind.PKI_TOKEN, "state": DeviceState.IN_STOCK}
        rows = [
            {**kept, "agency_id": cast.office_a, "internal_code": f"TB-{one:05d}"}
            for one in range(200)
        ]
        session.execute(insert(Device), rows)
    number = opened(session, cast)
    session.close()
    # An counts 0-119 and Chi 80-198, so forty are seen by both, and one by nobody; both find a
    # strange thing; An scans ten of them twice.
    an = [seen(f"TB-{one:05d}", at=one, name=f"an-{one}") for one in range(120)]
    an += [seen(f"TB-{one:05d}", at=130, name=f"an-again-{one}") for one in range(10)]
    chi = [seen(f"tb {one:05d}", at=one, name=f"chi-{one}") for one in range(80, 199)]
    an.append(seen("LA-1", name="an-la"))
    chi.append(seen("LA-1", name="chi-la"))
    gate, problems = threading.Barrier(2), []
    engine = db.engine

    def work(user: str, told: list[Sighting]) -> None:
        gate.wait(timeout=60)
        luck = random.Random(user)  # noqa: S311 - an order, no secret
        for part in uploads(told, luck):
            with Session(engine) as own:
                answers = record(
                    own, actor=by(cast, 300, user), stocktake_id=number, sightings=part
                )
                problems.extend(one.problem for one in answers if one.problem)

    threads = [threading.Thread(target=work, args=one) for one in (("an", an), ("chi", chi))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=120)
    assert not any(one.is_alive() for one in threads)
    assert problems == []
    session.rollback()
    rows = session.execute(select(StocktakeCount.client_id, StocktakeCount.counted_by_id)).all()
    assert sorted(one for one, _ in rows) == sorted(one.client_id for one in [*an, *chi])
    assert Counter(who for _, who in rows) == {cast.an: len(an), cast.chi: len(chi)}
    found = Counter(outcomes(session, number).values())
    assert found == {GOT.RIGHT: 199, GOT.NOT_COUNTED: 1, GOT.SURPLUS: 1}
    events = session.scalars(select(AuditEvent.body).where(AuditEvent.event == "stocktake.counted"))
    new = sum(int(body.split('"counts":')[1].split(",")[0]) for body in events)
    assert new == len(rows)
    assert audit.verify(session).sound
