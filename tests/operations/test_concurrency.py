"""Twenty people at once: one open renewal per chain, a log without gaps, and nothing lost."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from app import create_app
from config import Config
from extensions import db
from models import AuditEvent, CertificateRequest, Person, RequestLine
from operations import certificate_requests as drafts
from operations import people
from operations.certificate_requests import RefusedByLaw
from operations.personal import CitizenIds
from operations.transactions import Conflict, transaction
from tests import cast as the_cast
from tests import factories
from tests.cast import NOW, Cast

THREADS = 20
CERTIFICATES = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database that many connections share: a real file, a real server."""
    overrides: dict[str, object] = {"testing": True}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgresql_url")
    app = create_app(Config.load(tmp_path / "instance", **overrides))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(work: "list[object]", act: object) -> list[object]:
    """Run `act(session, item)` for each item in a thread of its own, all let go together.

    Returns what each gave back or raised, in their order.
    """
    engine = db.engine
    gate = threading.Barrier(len(work))
    results: list[object] = [None] * len(work)

    def run(place: int, item: object) -> None:
        with Session(engine) as session:
            gate.wait(timeout=60)
            try:
                results[place] = act(session, item)  # type: ignore[operator] # a function
            except Exception as error:
                results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return results


def prepared(session: Session) -> tuple[Cast, list[int]]:
    cast = the_cast.enter(session)
    with transaction(session):
        em = session.get_one(Person, cast.person_em)
        ids = [factories.certificate(session, em, days_left=60).id for _ in range(CERTIFICATES)]
    return cast, ids


def by(cast: Cast) -> audit.Actor:
    return audit.Actor(cast.an, cast.person_an, ("FOCAL_POINT",), "127.0.0.1", NOW)


def test_twenty_people_who_renew_the_same_certificates_get_one_open_line_per_chain(
    office: Flask,
) -> None:
    session: Session = db.session()
    cast, ids = prepared(session)
    session.close()
    law = regulations.load()

    def renew(own: Session, place: object) -> int:
        assert isinstance(place, int)
        return drafts.draft_renewal(
            own,
            actor=by(cast),
            certificate_ids=[ids[place % CERTIFICATES]],
            planned_receipt_on=factories.day(0),
            law=law,
        )

    results = at_once(list(range(THREADS)), renew)
    made = [one for one in results if isinstance(one, int)]
    refused = [one for one in results if isinstance(one, RefusedByLaw | Conflict)]
    assert len(made) == CERTIFICATES
    assert len(made) + len(refused) == THREADS, [one for one in results if one not in refused]
    open_lines = Counter(session.scalars(select(RequestLine.chain_id).where(RequestLine.is_open)))
    assert sorted(open_lines.values()) == [1] * CERTIFICATES
    assert set(session.scalars(select(CertificateRequest.id))) == set(made)
    drafted = session.scalars(
        select(AuditEvent.object_id).where(AuditEvent.event == "certificate_request.drafted")
    ).all()
    assert sorted(map(int, drafted)) == sorted(made)  # no act without its event, nothing twice
    check_log(session)


def test_twenty_writers_on_different_things_lose_nothing_and_leave_no_gap(office: Flask) -> None:
    session: Session = db.session()
    cast, _ = prepared(session)
    session.close()
    secret = CitizenIds(b"k" * 32)

    def add(own: Session, place: object) -> int:
        return people.create_person(
            own,
            actor=by(cast),
            particulars=people.Particulars(cast.office_a, f"Người Thử {place}"),
            email=f"nguoi.{place}@thunghiem.example",
            citizen_id=f"{place:012d}",
            citizen_ids=secret,
        )

    results = at_once(list(range(THREADS)), add)
    assert all(isinstance(one, int) for one in results), results
    assert len(set(map(str, results))) == THREADS
    assert audit.verify(session).events == THREADS
    check_log(session)


def test_of_twenty_changes_to_one_page_one_wins_and_the_rest_are_told(office: Flask) -> None:
    session: Session = db.session()
    cast, _ = prepared(session)
    session.close()
    secret = CitizenIds(b"k" * 32)

    def change(own: Session, place: object) -> str:
        people.change_person(
            own,
            actor=by(cast),
            person_id=cast.person_em,
            version=1,
            particulars=people.Particulars(cast.office_a, "Phạm Văn Em", phone=f"{place}"),
            citizen_ids=secret,
        )
        return f"{place}"

    results = at_once(list(range(1, THREADS + 1)), change)
    won = [one for one in results if isinstance(one, str)]
    assert len(won) == 1
    assert sum(isinstance(one, Conflict) for one in results) == THREADS - 1
    assert session.get_one(Person, cast.person_em).phone == won[0]
    check_log(session)


def check_log(session: Session) -> None:
    session.rollback()
    seqs = list(session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)))
    assert seqs == list(range(1, len(seqs) + 1))
    assert audit.verify(session).sound
