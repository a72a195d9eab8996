"""A signature whose certificate has ended since: only a time stamp or our own log can save it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, Certificate, StoredFile
from operations import files, receipts
from operations.transactions import transaction
from signing.pades.report import Verdict
from tests.cast import Cast
from tests.documents import office
from tests.signing import files as signed
from tests.signing.pki import DAY, NOW, crl, pki, subscriber, write_trust
from tests.signing_desk import Login
from tests.views.requests import upload, words
from views.signing_preparation import check_certificate
from views.verifier import judge


def at(monkeypatch: pytest.MonkeyPatch, when: datetime) -> None:
    monkeypatch.setenv("SO_TOKEN_NOW", when.astimezone(UTC).isoformat())


@pytest.fixture
def short_lived(instance: Path) -> bytes:
    """Signed with a certificate that ends tomorrow; lists that are current next week too."""
    made = pki()
    lists = tuple(crl(one, next_update=NOW + 30 * DAY) for one in (made.root, made.issuing))
    write_trust(instance / "trust", roots=(made.root,), intermediates=(made.issuing,), crls=lists)
    ends = subscriber("Người sắp hết hạn", made.issuing, not_after=NOW + DAY)
    return signed.sign(signed.with_fields(), "lanh_dao", ends)


def check(browser: FlaskClient, pdf: bytes) -> str:
    data = {"files": [upload(pdf, "van-ban.pdf")]}
    return words(browser.post("/kiem-tra", data=data, content_type="multipart/form-data"))


def test_a_file_that_was_checked_here_in_time_stays_valid_and_a_stranger_does_not(
    short_lived: bytes, login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOW + timedelta(minutes=20))
    assert "Hợp lệ: chữ ký số còn nguyên vẹn" in check(login(cast.chi), short_lived)
    at(monkeypatch, NOW + 5 * DAY)
    later = judge(short_lived)
    assert later.verdict == Verdict.VALID
    assert "nhật ký tiếp nhận" in later.signatures[0].time_source
    ends = subscriber("Người khác sắp hết hạn", pki().issuing, not_after=NOW + DAY)
    other = judge(signed.sign(signed.with_fields(), "lanh_dao", ends))
    assert other.verdict == Verdict.UNDECIDED
    assert any("không có dấu thời gian" in reason for reason in other.reasons)


def test_only_the_log_proves_when_a_file_came(db_session: Session, cast: Cast) -> None:
    actor = audit.Actor(cast.chi, cast.person_chi, (), "127.0.0.1", clock.now())
    with transaction(db_session):
        sha256 = files.store(db_session, b"%PDF-1.7", files.PDF, at=actor.at)
    # A row without its event proves nothing: anybody who can write the table could date it.
    assert db_session.get(StoredFile, sha256) is not None
    assert receipts.known_since(db_session, sha256) is None
    with transaction(db_session):
        audit.record(
            db_session,
            "document.signed",
            actor=actor,
            noun="office_document",
            object_id=1,
            agency_id=cast.commune_a,
            document_sha256=sha256,
            job=1,
            certificate=1,
            step=0,
            capacity=None,
        )
    event = db_session.query(AuditEvent).order_by(AuditEvent.seq.desc()).first()
    assert receipts.known_since(db_session, sha256) == event.at == actor.at
    assert receipts.known_since(db_session, "0" * 64) is None


def test_a_certificate_that_is_not_valid_at_the_servers_time_signs_nothing(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    office(app, db_session, cast, login)
    certificate = db_session.scalars(select(Certificate).limit(1)).one()
    assert check_certificate(certificate, clock.now()).usable
    ended = certificate.not_after + timedelta(seconds=1)
    refused = check_certificate(certificate, ended)
    assert not refused.usable
    assert "đã hết hạn" in refused.lines[0].text
    early = check_certificate(certificate, certificate.not_before - timedelta(seconds=1))
    assert not early.usable
