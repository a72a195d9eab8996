"""Signatures given on the web get their time stamps: at once, or from the queue, never in the way."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, StoredFile
from rules.office_documents import DocumentState, DocumentWay
from rules.upgrades import PadesLevel, UpgradeState
from schema.upgrades import SignatureUpgrade
from signing.pades.report import Report, Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.cast import Cast
from tests.documents import Office, brought, office, position_of
from tests.signing.pki import pki, usual_trust
from tests.signing_desk import Login
from tests.stamping import Tsa, switch_on, time_stamping
from views import upgrade_work


@pytest.fixture
def tsa() -> Iterator[Tsa]:
    with time_stamping() as made:
        yield made


@pytest.fixture
def at_work(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Office:
    usual_trust(instance / "trust")
    app.extensions.pop("so_token_stamp_failed", None)
    return office(app, db_session, cast, login)


def judged(instance: Path, pdf: bytes) -> Report:
    return verify(pdf, trust=TrustStore.load(instance / "trust"), at=clock.now())


def levels(instance: Path, pdf: bytes) -> list[str]:
    report = judged(instance, pdf)
    assert report.verdict == Verdict.VALID, report.reasons
    return [one.level for one in report.signatures if one.level]


def row(session: Session) -> SignatureUpgrade:
    session.rollback()
    return session.scalars(select(SignatureUpgrade)).one()


def signed_by_two(at_work: Office) -> int:
    """A document that the leader and the agency sign, nobody yet."""
    cast, session = at_work.cast, at_work.session
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY)
    at_work.people(number, (position_of(session, cast.person_giang), "APPROVE"))
    at_work.submits(number)
    return number


def test_a_document_is_raised_while_it_goes_on_and_ends_with_an_archive_stamp(
    at_work: Office, instance: Path, tsa: Tsa, tmp_path: Path
) -> None:
    cast, session = at_work.cast, at_work.session
    switch_on(session, tsa, PadesLevel.B_LTA)
    number = signed_by_two(at_work)
    at_work.signs(cast.giang, number, pki().leader)
    before = at_work.file(number)
    assert (row(session).state, tsa.asked) == (UpgradeState.WAITING, [])

    # The leader's own stamp goes into the hole while nothing covers it yet, and nothing else does.
    assert upgrade_work.run().raised == 1
    stamped = at_work.file(number)
    assert len(stamped) == len(before) != 0
    assert stamped != before
    assert levels(instance, stamped) == ["PAdES B-T"]
    found = row(session)
    assert (found.state, found.reached, found.last_error) == (
        UpgradeState.DONE,
        PadesLevel.B_T,
        "awaits_signatures",
    )

    at_work.numbers(number)
    at_work.signs(cast.chi, number, pki().agency)
    assert at_work.document(number).state is DocumentState.ISSUED
    sealed = at_work.file(number)
    assert sealed.startswith(stamped)
    assert row(session).state is UpgradeState.WAITING
    assert upgrade_work.run().raised == 1
    final = at_work.file(number)
    assert levels(instance, final) == ["PAdES B-LTA"] * 2
    found = row(session)
    assert (found.state, found.reached, found.last_error) == (
        UpgradeState.DONE,
        PadesLevel.B_LTA,
        "",
    )
    assert found.renew_at is not None
    assert len(tsa.asked) == 3  # the leader's, the agency's, the archive's

    events = session.scalars(
        select(AuditEvent).where(AuditEvent.event == "document.upgraded").order_by(AuditEvent.seq)
    ).all()
    assert [json.loads(one.body)["level"] for one in events] == ["B_T", "B_LTA"]
    assert events[-1].document_sha256 == found.sha256
    kept = set(session.scalars(select(StoredFile.sha256)))
    assert {_sha(one) for one in (before, stamped, sealed, final)} <= kept
    assert audit.verify(session).sound
    _poppler_accepts(final, 2, tmp_path)


def _sha(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def _poppler_accepts(pdf: bytes, signatures: int, tmp_path: Path) -> None:
    if shutil.which("pdfsig"):
        path = tmp_path / "van-ban.pdf"
        path.write_bytes(pdf)
        told = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True
        ).stdout
        assert told.count("Signature is Valid") >= signatures
        assert not re.search("invalid|mismatch", told, re.IGNORECASE), told
