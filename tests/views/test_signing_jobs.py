"""Signing as people meet it on the web: who may press, what the pages say, and the whole road."""

import re
import subprocess
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import audit
import clock
from models import (
    AuditEvent,
    CertificateRequest,
    Entrustment,
    RequestDocument,
    SigningJob,
)
from operations import files
from operations.transactions import transaction
from rules.documents import DocumentKind, JobState
from rules.requests import RequestState
from signing import cms
from signing.messages import JobState as Stage
from signing.messages import Receipt, Result, ResultDiffers, job_path, raise_for_error
from signing.pades import increment, layout
from signing.pades.report import Report, Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests import factories
from tests.cast import Cast
from tests.signing.files import fonts, sign
from tests.signing.forgery import forged
from tests.signing.pki import crl, pki
from tests.signing_desk import SEAL, Agent, Desk, opened, press, register
from tests.views.requests import TODAY, act, done, request_of, upload, words

Login = Callable[[int], FlaskClient]
LEADER, AGENCY = "chu_ky_nguoi_co_tham_quyen", "chu_ky_co_quan"


@pytest.fixture
def numbered(desk: Desk) -> Desk:
    """The leader has signed here, the clerk has typed the number."""
    desk.agent.signs(desk.opens_a_job(), desk.holder)
    chi = desk.login(desk.cast.chi)
    done(act(chi, desk.session, desk.request_id, "so-van-ban", number="15", day=TODAY))
    return desk


def entrusted(desk: Desk) -> tuple[FlaskClient, Agent]:
    """Chi holds the agency's token by decision, and her computer is paired."""
    chi = desk.login(desk.cast.chi)
    cast = desk.cast
    register(
        desk.session,
        pki().agency,
        cast.person_chi,
        agency_id=cast.commune_a,
        entrusted_to=cast.person_chi,
    )
    return chi, Agent(desk.app, name="MAY-VAN-THU").pairs(chi)


def newest(desk: Desk, kind: DocumentKind) -> bytes:
    desk.session.rollback()
    row = desk.session.scalars(
        select(RequestDocument)
        .where(RequestDocument.kind == kind, RequestDocument.is_current)
        .order_by(RequestDocument.id.desc())
    ).first()
    assert row is not None
    return files.read(desk.session, row.sha256)


def pdftotext(pdf: bytes) -> str:
    """The text that another program sees, filled fields included, on one line."""
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def judged(instance: Path, pdf: bytes) -> Report:
    return verify(pdf, trust=TrustStore.load(instance / "trust"), at=clock.now())


# Who may press --------------------------------------------------------------------------------


def test_only_the_signatory_named_on_the_letter_may_sign(desk: Desk) -> None:
    with transaction(desk.session):
        row = desk.session.get_one(CertificateRequest, desk.request_id)
        row.signer_id = desk.cast.person_em
    for answer in (
        desk.browser.get(f"/de-nghi/{desk.request_id}/ky-so"),
        press(desk.browser, desk.session, desk.request_id),
    ):
        assert answer.location == f"/de-nghi/{desk.request_id}"
    assert desk.session.scalars(select(SigningJob)).all() == []


@pytest.mark.parametrize("who", ["an", "chi", "em", "huong", "dung", "khanh"])
def test_others_have_no_door_to_the_leaders_signature(desk: Desk, who: str) -> None:
    browser = desk.login(getattr(desk.cast, who))
    for method in ("GET", "POST"):
        answer = browser.open(f"/de-nghi/{desk.request_id}/ky-so", method=method)
        assert answer.status_code == 403


def test_the_letter_of_another_commune_is_not_found(desk: Desk) -> None:
    with transaction(desk.session):
        row = desk.session.get_one(CertificateRequest, desk.request_id)
        row.agency_id = desk.cast.commune_b
    assert desk.browser.get(f"/de-nghi/{desk.request_id}/ky-so").status_code == 404


def test_without_an_agent_the_page_says_what_to_do_first(desk: Desk) -> None:
    with transaction(desk.session):
        desk.session.execute(AGENTS.update().values(revoked_at=clock.now()))
    page = desk.browser.get(f"/de-nghi/{desk.request_id}/ky-so").text
    assert "Ghép nối Trình ký số" in page


AGENTS = SigningJob.metadata.tables["signing_agent"]


@pytest.mark.parametrize("change", ["revoked", "expired", "not_yet", "of_somebody_else"])
def test_a_certificate_that_may_not_sign_is_not_offered(desk: Desk, change: str) -> None:
    with transaction(desk.session):
        row = desk.certificate()
        if change == "revoked":
            row.revoked_at = clock.now()
        elif change == "expired":
            row.not_after = clock.now() - timedelta(seconds=1)
        elif change == "not_yet":
            row.not_before = clock.now() + timedelta(hours=1)
        else:
            row.person_id = desk.cast.person_em
    page = words(desk.browser.get(f"/de-nghi/{desk.request_id}/ky-so"))
    assert "Không có chứng thư để ký" in page
    answer = press(desk.browser, desk.session, desk.request_id, certificate_id=row.id, agent_id=1)
    assert answer.status_code == 200
    assert desk.session.scalars(select(SigningJob)).all() == []


def test_a_certificate_on_the_revocation_list_is_refused_with_the_article(
    desk: Desk, instance: Path
) -> None:
    number = desk.holder.certificate.serial_number
    listed = crl(pki().issuing, [(number, clock.now() - timedelta(days=1))])
    (instance / "trust" / "crls" / "1.crl").write_bytes(listed)
    answer = press(desk.browser, desk.session, desk.request_id)
    assert answer.status_code == 200
    assert "Không ký được bằng chứng thư này: Điều 31" in words(answer)
    assert desk.session.scalars(select(SigningJob)).all() == []


def test_without_a_revocation_list_it_is_warned_recorded_and_signed(
    desk: Desk, instance: Path
) -> None:
    for path in (instance / "trust" / "crls").iterdir():
        path.unlink()
    ticket = desk.opens_a_job()
    assert {"text": "Điều 31: trạng thái thu hồi – chưa kiểm tra.", "good": False} in (
        desk.job().evidence
    )
    assert desk.agent.signs(ticket, desk.holder).state is Stage.ACCEPTED
    assert judged(instance, newest(desk, DocumentKind.SIGNED)).verdict == Verdict.UNDECIDED


def test_somebody_elses_agent_cannot_be_chosen(desk: Desk) -> None:
    other = Agent(desk.app).pairs(desk.login(desk.cast.chi))
    assert other.pairing is not None
    answer = press(desk.browser, desk.session, desk.request_id, agent_id=2)
    assert answer.status_code == 200
    assert desk.session.scalars(select(SigningJob)).all() == []


def test_an_old_page_opens_no_job(desk: Desk) -> None:
    version = request_of(desk.session, desk.request_id).version
    answer = press(desk.browser, desk.session, desk.request_id, version=version - 1)
    assert answer.status_code == 409
    assert desk.session.scalars(select(SigningJob)).all() == []


def test_the_agencys_token_is_only_for_the_clerk_it_is_entrusted_to(numbered: Desk) -> None:
    chi, _ = entrusted(numbered)
    address = f"/de-nghi/{numbered.request_id}/dong-dau"
    assert "UBND" in chi.get(address).text
    for change in (
        {"person_id": numbered.cast.person_em},
        {"person_id": numbered.cast.person_chi, "until_on": factories.day(-1)},
        {"until_on": None, "from_on": factories.day(1)},
    ):
        with transaction(numbered.session):
            numbered.session.execute(Entrustment.__table__.update().values(**change))
        assert "Không có chứng thư để ký" in words(chi.get(address))


def test_a_certificate_entrusted_twice_is_offered_once(numbered: Desk) -> None:
    chi, _ = entrusted(numbered)
    with transaction(numbered.session):
        first = numbered.session.scalars(select(Entrustment)).one()
        numbered.session.add(
            Entrustment(
                certificate_id=first.certificate_id,
                person_id=first.person_id,
                from_on=factories.day(-1),
            )
        )
    page = chi.get(f"/de-nghi/{numbered.request_id}/dong-dau").text
    assert page.count('name="certificate_id"') == 1


# Watching -------------------------------------------------------------------------------------


def test_the_watching_page_is_for_its_own_person_only(desk: Desk) -> None:
    desk.opens_a_job()
    for who in (desk.cast.chi, desk.cast.an):
        stranger = desk.login(who)
        assert stranger.get(desk.address).status_code == 404
        assert stranger.get(f"{desk.address}/trang-thai").status_code == 404
        assert stranger.post(f"{desk.address}/huy").status_code == 404
    assert desk.browser.get(desk.address).status_code == 200
    assert desk.app.test_client().get(desk.address).location.startswith("/dang-nhap")


def test_the_link_to_the_agent_opens_a_new_tab_and_is_sealed_anew_each_time(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    answer = desk.browser.get(desk.address)
    assert 'target="_blank" rel="noopener"' in answer.text
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert desk.agent.opens(answer.text) == ticket


def test_the_state_for_the_page_is_three_plain_values(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    state = f"{desk.address}/trang-thai"
    assert desk.browser.get(state).json == {"state": "issued", "error": "", "open": True}
    desk.agent.claims(ticket)
    desk.agent.fails(ticket, "pin_incorrect")
    assert desk.browser.get(state).json == {
        "state": "issued",
        "error": "pin_incorrect",
        "open": True,
    }
    desk.agent.claims(ticket, "hai")
    desk.agent.returns(ticket, desk.agent.signature(ticket, desk.holder), "hai")
    assert desk.browser.get(state).json == {"state": "accepted", "error": "", "open": False}
    assert desk.browser.get(desk.address).location == f"/de-nghi/{desk.request_id}"


def test_a_job_given_up_leaves_the_letter_as_it_was(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    desk.agent.claims(ticket)
    assert desk.browser.post(f"{desk.address}/huy").location == f"/de-nghi/{desk.request_id}"
    assert request_of(desk.session, desk.request_id).state is RequestState.APPROVED
    assert "Việc ký này đã hủy" in desk.browser.get(desk.address).text
    page = desk.browser.post(f"{desk.address}/huy", follow_redirects=True)
    assert "đã kết thúc" in page.text
    with pytest.raises(Exception, match="không có việc ký này"):
        desk.agent.returns(ticket, desk.agent.signature(ticket, desk.holder))


def test_pressing_again_ends_the_older_job_and_says_so_in_the_log(desk: Desk) -> None:
    desk.opens_a_job()
    first = desk.job().id
    desk.opens_a_job()
    old = desk.session.get_one(SigningJob, first)
    assert (old.state, old.is_open) == (JobState.CANCELLED, False)
    seen = desk.session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
    assert list(seen[-3:]) == [
        "signing_job.issued",
        "signing_job.cancelled",
        "signing_job.issued",
    ]


def test_a_dead_job_has_no_link_and_says_why(desk: Desk) -> None:
    desk.opens_a_job()
    done(
        act(
            desk.login(desk.cast.giang),
            desk.session,
            desk.request_id,
            "duyet",
            **{"tra-lai": "1", "reason": "Sai"},
        )
    )
    page = desk.browser.get(desk.address).text
    assert "văn bản đã thay đổi" in page
    assert "http://127.0.0.1" not in page
    assert "data-watch" not in page


# The whole road -------------------------------------------------------------------------------


def test_leader_and_agency_sign_and_both_signatures_stay_valid(
    numbered: Desk, instance: Path
) -> None:
    chi, agent = entrusted(numbered)
    address = opened(press(chi, numbered.session, numbered.request_id, SEAL))
    ticket = agent.opens(chi.get(address).text)
    manifest, _, _ = agent.shows(ticket)
    assert manifest.items[0].number == "Số 15/UBND-VP, ngày 21/11/2026"
    assert agent.signs(ticket, pki().agency).state is Stage.ACCEPTED

    row = request_of(numbered.session, numbered.request_id)
    assert row.state is RequestState.SEALED
    sealed = newest(numbered, DocumentKind.SEALED)
    report = judged(instance, sealed)
    assert report.verdict == Verdict.PRACTICE, report.reasons
    assert [one.verdict for one in report.signatures] == [Verdict.PRACTICE] * 2
    assert [one.field for one in report.signatures] == [
        "chu_ky_nguoi_co_tham_quyen",
        "chu_ky_co_quan",
    ]
    assert report.signatures[1].covers_whole_file
    assert set(report.signatures[1].locked_fields) == {"so_van_ban", "ngay_van_ban"}
    text = pdftotext(sealed)
    assert re.search(r"Số:\s*15\s*/UBND-VP", text)
    assert "ngày 21 tháng 11 năm 2026" in text
    assert sealed.startswith(newest(numbered, DocumentKind.SIGNED))

    seen = numbered.session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    assert [each.event for each in seen[-2:]] == [
        "signing_job.accepted",
        "certificate_request.sealed",
    ]
    assert seen[-1].document_sha256 == report.sha256
    assert (seen[-1].actor_id, seen[-1].actor_roles) == (numbered.cast.chi, "CLERK")
    assert audit.verify(numbered.session).sound

    for name in ("so_van_ban", "ngay_van_ban"):
        changed = forged(
            sealed,
            lambda writer, name=name: layout.fill_text(
                writer, increment.field_named(writer, name), "16", fonts()
            ),
        )
        assert judged(instance, changed).verdict == Verdict.INVALID


def test_a_number_corrected_while_the_clerk_signs_is_never_sealed_old(numbered: Desk) -> None:
    chi, agent = entrusted(numbered)
    address = opened(press(chi, numbered.session, numbered.request_id, SEAL))
    ticket = agent.opens(chi.get(address).text)
    container = agent.signature(ticket, pki().agency)
    agent.claims(ticket)
    done(act(chi, numbered.session, numbered.request_id, "so-van-ban", number="16", day=TODAY))
    with pytest.raises(Exception, match="không có việc ký này"):
        agent.returns(ticket, container)
    assert request_of(numbered.session, numbered.request_id).state is RequestState.NUMBERED


def test_a_foreign_seal_may_not_lose_the_leaders_signature(numbered: Desk) -> None:
    unsigned = layout.add_fields(
        newest(numbered, DocumentKind.LETTER),
        [],
        [layout.SignatureField("noi_khac", layout.Box(0, 300, 300, 400, 350))],
        fonts(),
    )
    chi = numbered.login(numbered.cast.chi)

    def comes_back(pdf: bytes) -> TestResponse:
        typed = {"file": upload(pdf), "number": "15", "day": TODAY, "seen": "y"}
        return act(chi, numbered.session, numbered.request_id, "ky-o-noi-khac", **typed)

    answer = comes_back(sign(unsigned, "noi_khac", pki().agency))
    assert "không còn giữ chữ ký số của người có thẩm quyền" in words(answer)
    assert "không phải là PDF" in words(comes_back(b"%PNG hay gi do"))
    assert request_of(numbered.session, numbered.request_id).state is RequestState.NUMBERED
    kept = sign(
        newest(numbered, DocumentKind.SIGNED),
        AGENCY,
        pki().agency,
        fill={"so_van_ban": "15", "ngay_van_ban": "ngày 21 tháng 11 năm 2026"},
    )
    done(comes_back(kept))
    assert request_of(numbered.session, numbered.request_id).state is RequestState.SEALED


def test_two_different_results_at_once_end_in_one_signature(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    manifest, pdf, _ = desk.agent.shows(ticket)
    digest = cms.digest_of(pdf, manifest.items[0].byte_range)
    # Both are sound; they differ in the certificates that ride along.
    both = [
        cms.build(digest, desk.holder.der, chain, desk.holder.sign)
        for chain in (manifest.chain, manifest.chain + desk.holder.chain[-1:])
    ]
    desk.agent.claims(ticket)
    desk.session.rollback()
    together(desk, ticket.job_id, both, {"accepted": 1, "result_differs": 1})


def test_the_same_result_twice_at_once_is_taken_once_and_told_twice(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    container = desk.agent.signature(ticket, desk.holder)
    desk.agent.claims(ticket)
    desk.session.rollback()
    together(desk, ticket.job_id, [container, container], {"accepted": 2})


def together(desk: Desk, job_id: str, results: list[bytes], wanted: dict[str, int]) -> None:
    """Send the results at the same moment and check what became of them."""
    start = threading.Barrier(len(results))
    outcomes: list[str] = []
    path = job_path(job_id, "result")

    def send(container: bytes) -> None:
        start.wait(30)
        answer = desk.agent.send(path, Result("bam-1", {0: container}).to_body())
        try:
            raise_for_error(answer.status_code, answer.data)
            outcomes.append(Receipt.from_body(answer.data).state.value)
        except ResultDiffers as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=send, args=(each,)) for each in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {each: outcomes.count(each) for each in outcomes} == wanted
    row = request_of(desk.session, desk.request_id)
    assert [each.kind for each in row.documents].count(DocumentKind.SIGNED) == 1
    seen = desk.session.scalars(select(AuditEvent.event)).all()
    assert seen.count("signing_job.accepted") == seen.count("certificate_request.signed") == 1
    assert audit.verify(desk.session).sound


# Reading certificates -------------------------------------------------------------------------


def test_reading_needs_an_agent_and_the_right_place(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    an = login(cast.an)
    address = "/chung-thu/doc-tu-thiet-bi"
    assert an.post(address).location == "/chuong-trinh-ky"
    Agent(app).pairs(an)
    assert an.post(address, data={"agency_id": cast.commune_b}).status_code == 404
    assert an.post(address, data={"agency_id": "x"}).location.startswith("/ky-so/")
    job = db_session.scalars(select(SigningJob)).one()
    assert job.payload == {"agency_id": cast.commune_a}
    assert login(cast.giang).post(address).status_code == 403


def test_every_press_wants_the_forms_own_token(desk: Desk) -> None:
    """A page of another origin in the same browser cannot press for the person."""
    desk.app.config["WTF_CSRF_ENABLED"] = True
    number = desk.request_id
    for path in (
        f"/de-nghi/{number}/ky-so",
        "/chung-thu/doc-tu-thiet-bi",
        "/chuong-trinh-ky",
        "/chuong-trinh-ky/1/bo",
    ):
        answer = desk.browser.post(path, data={"certificate_id": 1, "agent_id": 1, "version": 1})
        assert answer.status_code in (400, 403), path
    assert desk.session.scalars(select(SigningJob)).all() == []
