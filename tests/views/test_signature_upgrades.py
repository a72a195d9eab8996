"""Signatures given on the web get their time stamps: at once, or from the queue."""

import hashlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, RequestDocument, SigningJob, StoredFile
from operations import files, signature_upgrades
from operations.signature_upgrades import Raised
from operations.transactions import transaction
from rules.documents import DocumentKind
from rules.office_documents import DocumentState, DocumentWay
from rules.upgrades import FIRST_PAUSE, MOST_ATTEMPTS, PadesLevel, UpgradeState
from schema.documents import OfficeDocument
from schema.upgrades import SignatureUpgrade, TimeStampService
from signing.pades import tsp
from signing.pades.prepare import TOKEN_RESERVE
from signing.pades.report import Report, Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.cast import Cast
from tests.documents import Office, brought, office, position_of
from tests.signing.pki import pki, usual_trust
from tests.signing.responders import service, stamp, stamp_server
from tests.signing_desk import Login, leaders_desk
from tests.stamping import Tsa, honest, switch_on, time_stamping
from tests.views.requests import words
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


def test_the_hole_is_cut_for_the_level_that_the_office_wants(at_work: Office, tsa: Tsa) -> None:
    cast, session = at_work.cast, at_work.session
    sizes = []
    for level in (PadesLevel.B_B, PadesLevel.B_T):
        if level is not PadesLevel.B_B:
            switch_on(session, tsa, level)
        number = signed_by_two(at_work)
        at_work.signs(cast.giang, number, pki().leader)
        pdf = at_work.file(number)
        sizes.append(max(len(one) for one in re.findall(rb"/Contents <([0-9A-Fa-f]+)>", pdf)) // 2)
    assert sizes[1] - sizes[0] == TOKEN_RESERVE


def test_a_signature_waits_its_few_seconds_for_the_stamp_and_not_one_more(
    at_work: Office, instance: Path, tsa: Tsa
) -> None:
    cast, session = at_work.cast, at_work.session
    switch_on(session, tsa, PadesLevel.B_T, at_once=20)
    number = signed_by_two(at_work)
    at_work.signs(cast.giang, number, pki().leader)
    assert levels(instance, at_work.file(number)) == ["PAdES B-T"]
    assert (row(session).state, len(tsa.asked)) == (UpgradeState.DONE, 1)

    # A server that answers rubbish: the signature is taken as it is, and the page tells why.
    tsa.answer = lambda query: b"rubbish"
    other = signed_by_two(at_work)
    at_work.signs(cast.giang, other, pki().leader)
    assert levels(instance, at_work.file(other)) == ["PAdES B-B"]
    found = waiting(session)
    assert (found.state, found.last_error) == (UpgradeState.WAITING, "tsa_answer")
    page = words(at_work.login(cast.chi).get(f"/van-ban/{other}"))
    assert "Dấu thời gian của chữ ký" in page
    assert "từ chối hoặc trả lời không đúng yêu cầu" in page

    # And for a while nobody else waits for it; the queue makes good what was missed.
    third = signed_by_two(at_work)
    at_work.signs(cast.giang, third, pki().leader)
    assert len(tsa.asked) == 2
    tsa.answer = None
    assert upgrade_work.run().raised == 2
    assert levels(instance, at_work.file(third)) == ["PAdES B-T"]


def test_where_the_first_service_is_not_believed_the_next_one_is_asked(
    at_work: Office, instance: Path, tsa: Tsa
) -> None:
    session = at_work.session
    tsa.answer = by_a_stranger
    switch_on(session, tsa, PadesLevel.B_T, at_once=20)
    with time_stamping() as second:
        switch_on(session, second, PadesLevel.B_T, at_once=20)
        number = signed_by_two(at_work)
        at_work.signs(at_work.cast.giang, number, pki().leader)
        assert levels(instance, at_work.file(number)) == ["PAdES B-T"]
        assert (len(tsa.asked), len(second.asked)) == (1, 1)
        # Where no one is believed the reason is that, whoever else is silent.
        second.answer = refusing
        other = signed_by_two(at_work)
        at_work.signs(at_work.cast.giang, other, pki().leader)
        assert waiting(session).last_error == "stamp_not_trusted"


def waiting(session: Session) -> SignatureUpgrade:
    session.rollback()
    state = SignatureUpgrade.state == UpgradeState.WAITING
    return session.scalars(select(SignatureUpgrade).where(state)).one()


def wrong_imprint(query: bytes) -> bytes:
    return honest(tsp.request(bytes(32), 5))


def wrong_nonce(query: bytes) -> bytes:
    return stamp(query, stamp_server(), made=clock.now(), nonce_shift=1)


def refusing(query: bytes) -> bytes:
    return stamp(query, stamp_server(), made=clock.now(), refuse=True)


def by_a_stranger(query: bytes) -> bytes:
    return honest(query, service("TSA lạ", pki().staff, ExtendedKeyUsageOID.TIME_STAMPING))


def hanging(query: bytes) -> bytes:
    time.sleep(2)
    return honest(query)


MISBEHAVIOUR = (
    (lambda query: b"", "tsa_answer"),
    (lambda query: bytes(1000), "tsa_answer"),
    (wrong_imprint, "tsa_answer"),
    (wrong_nonce, "tsa_answer"),
    (refusing, "tsa_answer"),
    (hanging, "tsa_unreachable"),
    (by_a_stranger, "stamp_not_trusted"),
)


def test_whatever_the_server_does_the_signed_file_stays_and_is_tried_again_later_and_later(
    signed: Office, tsa: Tsa
) -> None:
    session, before = signed.session, signed.file(1)
    for tries, (answer, code) in enumerate(MISBEHAVIOUR, start=1):
        tsa.answer = answer
        with transaction(session):  # a slow machine needs its time for whatever does answer
            seconds = 1 if answer is hanging else 30
            session.scalars(select(TimeStampService)).one().timeout_seconds = seconds
        begun = clock.now()
        assert upgrade_work.run().failed == 1
        assert signed.file(1) == before
        found = row(session)
        assert (found.state, found.last_error, found.attempts) == (
            UpgradeState.WAITING,
            code,
            tries,
        )
        pause = FIRST_PAUSE * 2 ** (tries - 1)
        assert begun + pause <= found.next_try_at <= clock.now() + pause
        assert upgrade_work.run() == upgrade_work.Done()  # not before its time
        due_now(session)


def test_a_verdict_that_a_busy_computer_did_not_reach_is_no_verdict(
    signed: Office, tsa: Tsa, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, before, box = signed.session, signed.file(1), upgrade_work.sandbox()
    with monkeypatch.context() as busy:
        busy.setattr(box, "_time_limit", 0.0001)
        assert upgrade_work.run().failed == 1
    found = row(session)
    assert (found.state, found.last_error) == (UpgradeState.WAITING, "pdf_too_large")
    due_now(session)
    real, asked = box.verify, []

    def late(pdf: bytes, *more: Any) -> Report:
        asked.append(pdf)
        return real(pdf, *more) if len(asked) == 1 else Report.unreadable("quá giờ", checked_at="")

    with monkeypatch.context() as busy:
        busy.setattr(box, "verify", late)
        assert upgrade_work.run().failed == 1
    found = row(session)
    assert (found.state, found.last_error) == (UpgradeState.WAITING, "verdict_missing")
    assert signed.file(1) == before
    due_now(session)
    assert upgrade_work.run().raised == 1


def due_now(session: Session) -> None:
    with transaction(session):
        session.scalars(select(SignatureUpgrade)).one().next_try_at = clock.now()


@pytest.fixture
def signed(at_work: Office, tsa: Tsa) -> Office:
    """A document that the leader has signed; its stamp waits in the queue."""
    switch_on(at_work.session, tsa, PadesLevel.B_T, seconds=30)
    number = signed_by_two(at_work)
    assert number == 1
    at_work.signs(at_work.cast.giang, number, pki().leader)
    return at_work


def test_pages_tell_what_failed_and_the_button_tries_again(
    signed: Office, tsa: Tsa, count_statements: Callable[..., Any]
) -> None:
    session, chi = signed.session, signed.login(signed.cast.chi)
    tsa.answer = refusing
    with transaction(session):
        session.scalars(select(SignatureUpgrade)).one().attempts = MOST_ATTEMPTS - 2
    for _ in range(2):
        due_now(session)
        assert upgrade_work.run().failed == 1
    assert row(session).state is UpgradeState.GIVEN_UP
    assert "document.upgrade_given_up" in set(session.scalars(select(AuditEvent.event)))
    assert "Xem 1 văn bản không gắn được dấu thời gian" in words(chi.get("/"))
    page = words(chi.get("/dau-thoi-gian?trang-thai=thoi"))
    assert "Quyết định thử nghiệm" in page
    assert "Kiểm tra địa chỉ máy chủ dấu thời gian" in page
    assert "Không có văn bản nào" in words(chi.get("/dau-thoi-gian?trang-thai=xong"))

    # Nobody of another commune sees it, and somebody who only looks cannot press it.
    stranger = signed.login(signed.cast.binh)
    assert "Quyết định thử nghiệm" not in words(stranger.get("/dau-thoi-gian"))
    assert stranger.post("/dau-thoi-gian/van-ban/1").status_code in (403, 404)

    tsa.answer = None
    answer = chi.post("/dau-thoi-gian/van-ban/1", follow_redirects=True)
    assert "Đã gắn dấu thời gian." in words(answer)
    assert row(session).reached is PadesLevel.B_T
    assert "đã có đủ dấu thời gian" in words(
        chi.post("/dau-thoi-gian/van-ban/1", follow_redirects=True)
    )
    assert "không gắn được dấu thời gian" not in words(chi.get("/"))


def test_nothing_is_stored_while_somebody_signs_or_after_the_file_has_changed(
    signed: Office, tsa: Tsa
) -> None:
    session, number = signed.session, 1
    signed.numbers(number)
    signed.press(signed.cast.chi, number)  # the agency's signature is under way
    assert upgrade_work.run() == upgrade_work.Done()
    assert row(session).last_error == "signing_under_way"
    assert tsa.asked == []
    # It begins while the server is being asked: what came back is thrown away.
    with transaction(session):
        session.scalars(select(SigningJob).where(SigningJob.is_open)).one().is_open = False
        session.scalars(select(SignatureUpgrade)).one().next_try_at = clock.now()
    claimed = signature_upgrades.claim(session, at=clock.now())
    assert claimed is not None
    with transaction(session):
        session.get_one(OfficeDocument, number).current_sha256 = signed.document(
            number
        ).original_sha256
    kept = signature_upgrades.finish(
        session,
        actor=audit.system_actor(clock.now()),
        claimed=claimed,
        raised=Raised(b"%PDF-", PadesLevel.B_T),
    )
    assert not kept
    assert row(session).last_error == "signed_file_replaced"


def test_a_letter_is_raised_in_place_and_its_old_version_kept(
    app: Flask,
    instance: Path,
    db_session: Session,
    cast: Cast,
    login: Login,
    tsa: Tsa,
) -> None:
    usual_trust(instance / "trust")
    desk = leaders_desk(app, db_session, cast, login)
    switch_on(db_session, tsa, PadesLevel.B_T)
    desk.agent.signs(desk.opens_a_job(), desk.holder)
    assert upgrade_work.run().raised == 1
    db_session.rollback()
    documents = db_session.scalars(
        select(RequestDocument)
        .where(RequestDocument.kind == DocumentKind.SIGNED)
        .order_by(RequestDocument.id)
    ).all()
    assert [one.is_current for one in documents] == [False, True]
    pdf = files.read(db_session, documents[1].sha256)
    assert levels(instance, pdf) == ["PAdES B-T"]
    page = words(desk.browser.get(f"/de-nghi/{desk.request_id}"))
    assert "Mức hiện tại B-T" in page
    assert "Nguyễn Thị Ánh Dương: B-T" in page
    report = words(desk.browser.get(f"/de-nghi/{desk.request_id}/kiem-tra-chu-ky"))
    assert "B-T: có dấu thời gian" in report


def test_an_administrator_enters_a_service_tries_it_and_chooses_a_level(
    app: Flask, instance: Path, cast: Cast, login: Login, tsa: Tsa
) -> None:
    usual_trust(instance / "trust")
    dung, page = login(cast.dung), "/quan-tri/dau-thoi-gian"
    assert "Đang tắt: chữ ký ở mức B-B" in words(dung.get(page))
    wish = {"level": "B_T", "at_once_seconds": "3"}
    assert "Nhập và bật ít nhất một dịch vụ" in words(dung.post(f"{page}/muc", data=wish))
    typed = {"name": "TSA thử", "address": "ftp://x/", "timeout_seconds": "5", "is_on": "y"}
    assert "bắt đầu bằng http" in words(dung.post(f"{page}/dich-vu", data=typed))
    secret = typed | {"address": "https://tsa.example.vn/", "username": "a", "password": "Khó đoán"}
    dung.post(f"{page}/dich-vu", data=secret)
    assert app.extensions["so_token"].secret_of("tsa-1") == "Khó đoán"
    assert "Khó đoán" not in words(dung.get(f"{page}/dich-vu/1"))
    dung.post(f"{page}/dich-vu/1/bo")
    assert app.extensions["so_token"].secret_of("tsa-1") == ""

    dung.post(f"{page}/dich-vu", data=typed | {"address": tsa.address})
    told = words(dung.post(f"{page}/dich-vu/1/thu"))
    assert "trả lời đúng và được tin cậy" in told
    assert "Máy dấu thời gian THỬ NGHIỆM" in told
    tsa.answer = by_a_stranger
    told = words(dung.post(f"{page}/dich-vu/1/thu"))
    assert "không do tổ chức được tin cậy cấp" in told
    tsa.answer = refusing
    assert "từ chối hoặc trả lời không đúng" in words(dung.post(f"{page}/dich-vu/1/thu"))
    assert "Đã ghi mức chữ ký" in words(dung.post(f"{page}/muc", data=wish, follow_redirects=True))
    assert "dịch vụ cuối cùng" in words(dung.post(f"{page}/dich-vu/1/bo", follow_redirects=True))
    assert login(cast.chi).get(page).status_code == 403


def test_the_password_of_a_service_is_not_sent_to_another_address(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    dung, page = login(cast.dung), "/quan-tri/dau-thoi-gian"
    settings = app.extensions["so_token"]
    typed = {"name": "TSA", "timeout_seconds": "5", "username": "a", "version": "1"}
    first = typed | {"address": "https://tsa.example.vn/", "password": "Khó đoán"}
    dung.post(f"{page}/dich-vu", data=first)
    dung.post(f"{page}/dich-vu/1", data=typed | {"address": "https://tsa.example.vn/"})
    assert settings.secret_of("tsa-1") == "Khó đoán"
    moved = typed | {"address": "https://ke-xau.example/", "version": "2"}
    held: list[str] = []  # What a run of the queue that asks at once would send there.

    def note(_session: Session) -> None:
        held.append(settings.secret_of("tsa-1"))

    event.listen(db_session, "after_commit", note, once=True)
    told = words(dung.post(f"{page}/dich-vu/1", data=moved, follow_redirects=True))
    assert "nhập lại mật khẩu" in told
    assert held == [""]
    assert settings.secret_of("tsa-1") == ""


@pytest.mark.parametrize(
    "address",
    ["http://[::1", "http://tsa.example.vn:99999/", "http://tsa.example.vn:x/", "http://:p@tsa/"],
)
def test_an_address_that_is_none_is_refused_with_the_reason(
    cast: Cast, login: Login, address: str
) -> None:
    typed = {"name": "TSA", "address": address, "timeout_seconds": "5"}
    page = login(cast.dung).post("/quan-tri/dau-thoi-gian/dich-vu", data=typed)
    assert "bắt đầu bằng http" in words(page)


def test_the_command_raises_what_is_due_and_says_so(signed: Office, tsa: Tsa) -> None:
    runner = signed.app.test_cli_runner()
    tsa.answer = refusing
    failed = runner.invoke(args=["stamp-queue", "--json"])
    assert (json.loads(failed.output.splitlines()[-1]), failed.exit_code) == (
        {"raised": 0, "failed": 1},
        1,
    )
    tsa.answer = None
    due_now(signed.session)
    assert "1 văn bản đã xong" in runner.invoke(args=["stamp-queue"]).output
