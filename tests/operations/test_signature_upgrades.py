"""The queue of signatures that wait for stamps: one run at a time, and no kill loses or doubles."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from app import create_app
from config import Config
from extensions import db
from models import AuditEvent, StoredFile
from operations import files, signature_upgrades, time_stamps
from operations.signature_upgrades import Claimed, Raised
from operations.time_stamps import Typed, Wish
from operations.transactions import Refused, transaction
from rules.documents import SigningAct
from rules.office_documents import DocumentState, DocumentWay, StepState
from rules.upgrades import CLAIM_LASTS, MOST_ATTEMPTS, PadesLevel, UpgradeState
from schema.documents import DocumentStep, OfficeDocument
from schema.upgrades import SignatureUpgrade
from tests import cast as the_cast
from tests.operations.test_concurrency import at_once

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = 4
ISSUED, NOUN = DocumentState.ISSUED, "office_document"


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a real database of each kind, with documents that are all signed."""
    overrides: dict[str, object] = {"testing": True}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgresql_url")
    app = create_app(Config.load(tmp_path / "instance", **overrides))
    with app.app_context():
        upgrade()
        session = db.session()
        people = the_cast.enter(session)
        wanted(session, people)
        yield app
        db.session.remove()
        db.engine.dispose()


def wanted(session: Session, people: the_cast.Cast) -> None:
    """An office that wants B-T, and documents whose stamps wait."""
    actor = audit.system_actor(clock.now())
    typed = Typed("Dịch vụ thử", "http://127.0.0.1:9/tsa", 1)
    time_stamps.save_service(session, actor=actor, typed=typed)
    time_stamps.set_wish(session, actor=actor, wish=Wish(PadesLevel.B_T, 0))
    with transaction(session):
        for number in range(DOCUMENTS):
            document = issued(session, people, b"%%PDF-1.7 %d" % number)
            signature_upgrades.want(session, actor=actor, noun=NOUN, object_id=document.id)


def issued(session: Session, people: the_cast.Cast, content: bytes) -> OfficeDocument:
    at = clock.now()
    sha256 = files.store(session, content, files.PDF, at=at)
    document = OfficeDocument(
        agency_id=people.commune_a,
        title="Văn bản thử",
        way=DocumentWay.COPY,
        state=ISSUED,
        original_sha256=sha256,
        current_sha256=sha256,
        not_secret_at=at,
        not_secret_by_id=people.chi,
        created_by_id=people.chi,
        created_at=at,
    )
    step = DocumentStep(
        place=0,
        act=SigningAct.COPY_TRUE,
        field="o",
        page=0,
        x1=0,
        y1=0,
        x2=9,
        y2=9,
        state=StepState.SIGNED,
        signed_at=at,
    )
    document.steps.append(step)
    session.add(document)
    session.flush()
    return document


def finished(session: Session, claimed: Claimed) -> bool:
    made = Raised(f"%PDF-1.7 {claimed.object_id} raised".encode(), PadesLevel.B_T)
    actor = audit.system_actor(clock.now())
    return signature_upgrades.finish(session, actor=actor, claimed=claimed, raised=made)


def test_of_many_that_reach_for_the_queue_one_gets_it_and_the_file_changes_once(
    office: Flask,
) -> None:
    def grab(session: Session, _item: object) -> Claimed | None:
        return signature_upgrades.claim(session, at=clock.now())

    for turn in range(DOCUMENTS):
        won = [one for one in at_once(list(range(8)), grab) if isinstance(one, Claimed)]
        assert len(won) == 1, f"turn {turn}"
        kept = at_once(won * 4, finished)
        assert sorted(kept) == [False, False, False, True]
    session = db.session()
    assert signature_upgrades.claim(session, at=clock.now()) is None
    events = session.scalars(
        select(AuditEvent.object_id).where(AuditEvent.event == "document.upgraded")
    ).all()
    assert sorted(events) == [str(number) for number in range(1, DOCUMENTS + 1)]
    assert audit.verify(session).sound


_KILLED = """
import sys, time
from pathlib import Path
from app import create_app
from config import Config
from extensions import db
from operations import signature_upgrades
import clock
app = create_app(Config.load(Path(sys.argv[1]), testing=True, database_url=sys.argv[2]))
with app.app_context():
    print(signature_upgrades.claim(db.session(), at=clock.now()).id, flush=True)
    time.sleep(600)
"""


def test_what_a_killed_run_had_claimed_is_taken_again_and_nothing_is_lost(office: Flask) -> None:
    session = db.session()
    told = office.extensions["so_token"]
    running = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(told.instance), told.database_url],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with running, running.stdout or sys.stdin.buffer as told_first:
        number = int(told_first.readline())
        running.send_signal(signal.SIGTERM if os.name == "nt" else 9)
        running.wait()
    now = clock.now()
    row = session.get_one(SignatureUpgrade, number)
    assert (row.state, row.attempts) == (UpgradeState.RUNNING, 0)
    session.rollback()
    assert signature_upgrades.claim(session, at=now) is None  # it might still be at work
    later = now + CLAIM_LASTS + timedelta(seconds=1)
    claimed = signature_upgrades.claim(session, at=later)
    while claimed is not None and claimed.id != number:
        finished(session, claimed)
        claimed = signature_upgrades.claim(session, at=later)
    assert claimed is not None
    lost = Claimed(**{**vars(claimed), "claim": "a claim of before"})
    assert not finished(session, lost)
    assert finished(session, claimed)
    row = session.get_one(SignatureUpgrade, number)
    assert (row.state, row.attempts) == (UpgradeState.DONE, 0)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_file_that_kills_its_run_each_time_is_given_up_and_the_log_says_so(office: Flask) -> None:
    session, at = db.session(), clock.now()
    claimed = signature_upgrades.claim(session, at=at)
    assert claimed is not None
    with transaction(session):
        session.get_one(SignatureUpgrade, claimed.id).attempts = MOST_ATTEMPTS - 1
    signature_upgrades.claim(session, at=at + CLAIM_LASTS + timedelta(seconds=1))
    row = session.get_one(SignatureUpgrade, claimed.id)
    assert (row.state, row.last_error) == (UpgradeState.GIVEN_UP, signature_upgrades.LOST)
    told = session.scalars(
        select(AuditEvent).where(AuditEvent.event == "document.upgrade_given_up")
    ).one()
    assert json.loads(told.body) == {"level": "B_T", "code": signature_upgrades.LOST}


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_the_old_version_stays_under_its_hash_and_one_event_tells_the_level(office: Flask) -> None:
    session = db.session()
    claimed = signature_upgrades.claim(session, at=clock.now(), only=(NOUN, 2))
    assert claimed is not None
    assert claimed.object_id == 2
    assert finished(session, claimed)
    document = session.get_one(OfficeDocument, 2)
    assert (document.version, document.original_sha256) == (1, claimed.sha256)
    assert files.read(session, document.current_sha256) == b"%PDF-1.7 2 raised"
    assert session.get(StoredFile, claimed.sha256) is not None
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()
    assert (event.event, event.noun, event.object_id) == ("document.upgraded", NOUN, "2")
    assert (json.loads(event.body), event.document_sha256) == (
        {"level": "B_T"},
        document.current_sha256,
    )


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_an_archive_stamp_is_due_again_before_its_authority_ends(office: Flask) -> None:
    session, now = db.session(), clock.now()
    claimed = signature_upgrades.claim(session, at=now, only=(NOUN, 1))
    assert claimed is not None
    made = Raised(b"%PDF-1.7 kept", PadesLevel.B_T, now + timedelta(days=300))
    actor = audit.system_actor(now)
    assert signature_upgrades.finish(session, actor=actor, claimed=claimed, raised=made)
    assert signature_upgrades.claim(session, at=now, only=(NOUN, 1)) is None
    again = signature_upgrades.claim(session, at=now + timedelta(days=301), only=(NOUN, 1))
    assert again is not None
    assert again.sha256 != claimed.sha256


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_services_and_levels_are_kept_in_order_and_refused_with_the_reason(office: Flask) -> None:
    session, actor = db.session(), audit.system_actor(clock.now())
    second = time_stamps.save_service(
        session, actor=actor, typed=Typed("Thứ hai", "https://tsa.example.vn/", 30, "so-token")
    )
    time_stamps.move_up(session, actor=actor, service_id=second)
    assert [one.name for one in time_stamps.services_of(session)] == ["Thứ hai", "Dịch vụ thử"]
    for typed in (
        Typed("Sai", "ftp://tsa.example.vn/", 30),
        Typed("Sai", "http://a:b@tsa.example.vn/", 30),
        Typed("Sai", "http://tsa.example.vn/", 30, "so-token"),  # a password in the clear
        Typed("Sai", "http://tsa.example.vn/", 0),
    ):
        with pytest.raises(Refused):
            time_stamps.save_service(session, actor=actor, typed=typed)
    first = time_stamps.services_of(session)[1].id
    time_stamps.remove_service(session, actor=actor, service_id=first)
    with pytest.raises(Refused):  # the last one, while a level is wanted
        time_stamps.remove_service(session, actor=actor, service_id=second)
    time_stamps.set_wish(session, actor=actor, wish=Wish(PadesLevel.B_B, 0))
    time_stamps.remove_service(session, actor=actor, service_id=second)
    with pytest.raises(Refused):
        time_stamps.set_wish(session, actor=actor, wish=Wish(PadesLevel.B_LTA, 0))
