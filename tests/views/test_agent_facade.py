"""Documents of other systems as agents bring them: declared, prepared, signed, given back."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, LoginSession, SigningAgent, SigningJob, StoredFile
from operations import outside_documents
from operations.transactions import transaction
from rules.documents import JobState
from schema.outside import OutsideDocument as Row
from signing.errors import SigningError
from signing.messages import (
    OUTSIDE_ORDER_PATH,
    OUTSIDE_RESULT_PATH,
    OUTSIDE_TAKE_PATH,
    OUTSIDE_VERIFY_PATH,
    OutsideDocument,
    OutsideOrder,
    OutsidePlace,
    OutsideResult,
    OutsideTaken,
    OutsideTicket,
    OutsideVerdict,
    OutsideWish,
    Ticket,
    open_ticket,
)
from signing.pades.report import Report, Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.browser.documents import printed
from tests.cast import Cast
from tests.signing.files import letter, signed_by_leader
from tests.signing.pki import Holder, pki, usual_trust
from tests.signing_desk import Agent, Login, later, register
from tests.views.requests import words

ORIGIN = "https://vanban.doimau.example"


@dataclass
class Person:
    """A person whose agent is paired and whose certificate is in the register."""

    agent: Agent
    holder: Holder
    user_id: int

    def brings(self, pdf: bytes, act: str, /, **changed: object) -> OutsideTaken:
        told = OutsideDocument(
            str(self.user_id), ORIGIN, act, self.sha256, "quyet-dinh.pdf", True, pdf
        )
        told = replace(told, **changed)
        return OutsideTaken.from_body(self.agent.call(OUTSIDE_TAKE_PATH, told.to_body()))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.holder.der).hexdigest()

    def orders(self, act: str, *taken: OutsideTaken, **typed: object) -> Ticket:
        ids = tuple(one.document_id for one in taken)
        order = OutsideOrder(str(self.user_id), act, self.sha256, ids)
        order = replace(order, **typed)  # type: ignore[arg-type]
        body = self.agent.call(OUTSIDE_ORDER_PATH, order.to_body())
        text = OutsideTicket.from_body(body).ticket
        assert self.agent.pairing is not None
        return open_ticket(
            text, agent=self.agent.keys, pairings=[self.agent.pairing], at=clock.now()
        )[0]

    def signs(self, act: str, pdf: bytes, **typed: object) -> bytes:
        """The whole road of one document; returns its signed file."""
        ticket = self.orders(act, self.brings(pdf, act), **typed)
        self.agent.signs(ticket, self.holder)
        return self.fetches(ticket)

    def fetches(self, ticket: Ticket, place: int = 0) -> bytes:
        wish = OutsideWish(str(self.user_id), ticket.job_id, place)
        return OutsideResult.from_body(self.agent.call(OUTSIDE_RESULT_PATH, wish.to_body())).pdf


@dataclass
class Office:
    """A leader and a clerk of commune A."""

    app: Flask
    session: Session
    cast: Cast
    login: Login
    instance: Path
    leader: Person
    clerk: Person

    def judged(self, pdf: bytes) -> Report:
        return verify(pdf, trust=TrustStore.load(self.instance / "trust"), at=clock.now())

    def events(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))

    def count(self, table: type) -> int:
        self.session.rollback()
        return self.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def office(
    app: Flask,
    instance: Path,
    db_session: Session,
    cast: Cast,
    login: Callable[[int], FlaskClient],
) -> Office:
    usual_trust(instance / "trust", practice=True)
    people = pki()
    register(db_session, people.leader, cast.person_giang)
    register(
        db_session,
        people.agency,
        cast.person_chi,
        agency_id=cast.commune_a,
        entrusted_to=cast.person_chi,
    )
    leader = Person(Agent(app, name="MAY-1").pairs(login(cast.giang)), people.leader, cast.giang)
    clerk = Person(Agent(app, name="MAY-2").pairs(login(cast.chi)), people.agency, cast.chi)
    return Office(app, db_session, cast, login, instance, leader, clerk)


def test_a_leader_signs_and_the_clerk_issues_a_document_of_another_system(office: Office) -> None:
    pdf = letter()
    approved = office.leader.signs("APPROVE", pdf, write_number=True)
    assert approved.startswith(pdf)
    issued = office.clerk.signs(
        "ISSUE", approved, write_number=True, number="12/UBND-VP", day="2026-11-20"
    )
    assert issued.startswith(approved)
    report = office.judged(issued)
    assert (report.verdict, len(report.signatures)) == (Verdict.PRACTICE, 2), report.reasons
    assert len(report.signatures[1].locked_fields) == 2
    told = office.events()
    for event in ("outside.taken", "signing_job.accepted", "outside.signed", "outside.fetched"):
        assert told.count(event) == 2, event
    office.session.rollback()
    assert audit.verify(office.session).sound
    row = office.session.scalars(select(Row).order_by(Row.id.desc())).first()
    assert (row.number, row.origin, row.act.name) == ("12/UBND-VP", ORIGIN, "ISSUE")


def test_number_day_and_signatures_go_where_the_document_leaves_room(office: Office) -> None:
    pdf = printed(
        (36, 43, "Số:           /QĐ-UBND"),
        (118, 43, "Đồi Mẫu, ngày        tháng        năm 2026"),
        (134, 150, "CHỦ TỊCH"),
        (128, 182, "Đỗ Hoàng Giang"),
    )
    approved = office.leader.signs("APPROVE", pdf, write_number=True)
    with pytest.raises(SigningError) as told:
        office.clerk.signs("ISSUE", approved, write_number=True, number="7/TB", day="2026-02-05")
    assert "in sẵn ký hiệu" in told.value.detail
    issued = office.clerk.signs(
        "ISSUE", approved, write_number=True, number="7/QĐ-UBND", day="2026-02-05"
    )
    report = office.judged(issued)
    assert (report.verdict, len(report.signatures)) == (Verdict.PRACTICE, 2), report.reasons
    assert len(report.signatures[1].locked_fields) == 3
    fields = [
        one.get_object() for one in PdfFileReader(BytesIO(issued)).root["/AcroForm"]["/Fields"]
    ]
    assert {one["/V"] for one in fields if one["/FT"] == "/Tx"} == {"07", "05", "02"}
    for one in fields:
        foot = float(one["/Rect"][1]) * 25.4 / 72
        if one["/FT"] == "/Sig":  # between title and name, the seal over its left
            assert 297 - 190 < foot < 297 - 150
        else:  # on the line that leaves the blanks
            assert 297 - 46 < foot < 297 - 40


def test_an_unsigned_document_is_numbered_and_issued_in_one_step(office: Office) -> None:
    signed = office.clerk.signs("ISSUE", letter(), number="9", day="2026-11-20", write_number=True)
    report = office.judged(signed)
    assert report.verdict == Verdict.PRACTICE, report.reasons


def test_initials_and_comments_stand_where_the_person_put_them(office: Office) -> None:
    signed = office.leader.signs(
        "COMMENT", letter(), words="Đồng ý, chuyển Văn phòng", place=OutsidePlace(0, 100, 60)
    )
    again = office.leader.signs("INITIAL", signed)
    report = office.judged(again)
    assert (report.verdict, len(report.signatures)) == (Verdict.PRACTICE, 2), report.reasons
    with pytest.raises(SigningError) as told:
        office.leader.signs("INITIAL", again, place=OutsidePlace(50, 0, 0))
    assert told.value.code == "document_refused"


def test_without_the_declaration_nothing_is_stored(office: Office) -> None:
    before = office.count(StoredFile), office.events()
    with pytest.raises(SigningError) as told:
        office.leader.brings(letter(), "APPROVE", not_secret=False)
    assert told.value.code == "secrecy_not_declared"
    assert (office.count(StoredFile), office.events()) == before


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"certificate_sha256": "00" * 32}, "cert_not_yours"),
        ({"act": "ISSUE"}, "result_refused"),  # a leader has no right to issue
        ({"act": "GIVER"}, "result_refused"),
        ({"act": "NONSENSE"}, "message_malformed"),
        ({"user_id": "999"}, "result_refused"),
        ({"pdf": b"%PDF-1.4 nothing"}, "document_refused"),
        ({"pdf": b"<html>"}, "document_refused"),
    ],
)
def test_what_may_not_be_signed_is_refused_before_it_is_stored(
    office: Office, changed: dict[str, object], code: str
) -> None:
    before = office.count(Row), office.count(StoredFile)
    with pytest.raises(SigningError) as told:
        office.leader.brings(changed.pop("pdf", letter()), "APPROVE", **changed)  # type: ignore[arg-type]
    assert told.value.code == code
    assert (office.count(Row), office.count(StoredFile)) == before


def test_nobody_fills_the_store_with_what_is_never_signed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_documents, "MOST_WAITING", 2)
    for _ in range(2):
        office.leader.brings(letter(), "APPROVE")
    with pytest.raises(SigningError) as told:
        office.leader.brings(letter(), "APPROVE")
    assert "quá nhiều văn bản" in told.value.detail
    later(monkeypatch, 31 * 60)
    office.leader.brings(letter(), "APPROVE")


def test_what_was_brought_and_never_ordered_is_gone_after_a_month(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = office.app.extensions["so_token_daily"]
    office.leader.brings(letter(), "APPROVE")
    office.leader.signs("APPROVE", signed_by_leader())
    kept = office.count(StoredFile)
    later(monkeypatch, 29 * 24 * 60)
    daily()
    assert (office.count(Row), office.count(StoredFile)) == (2, kept)
    later(monkeypatch, 2 * 24 * 60)
    daily()
    assert (office.count(Row), office.count(StoredFile)) == (1, kept - 1)
    assert office.session.scalars(select(Row)).one().signed_sha256 is not None
    assert office.events().count("outside.dropped") == 1
    daily()
    assert office.events().count("outside.dropped") == 1


def test_what_was_ordered_and_never_signed_is_gone_after_a_month_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the bytes that were prepared of it; the job keeps its manifest, and is cancelled."""
    kept = office.count(StoredFile)
    ticket = office.leader.orders("APPROVE", office.leader.brings(letter(), "APPROVE"))
    assert office.count(StoredFile) == kept + 2
    assert office.login(office.cast.giang).get(f"/ky-so/nhieu/{ticket.job_id}").status_code == 404
    later(monkeypatch, 31 * 24 * 60)
    office.app.extensions["so_token_daily"]()
    assert (office.count(Row), office.count(StoredFile)) == (0, kept)
    job = office.session.scalars(select(SigningJob)).one()
    assert (job.state, job.is_open) == (JobState.CANCELLED, False)
    assert office.events().count("outside.dropped") == 1


def test_another_persons_certificate_and_anothers_document_are_nobodys_to_use(
    office: Office,
) -> None:
    with pytest.raises(SigningError) as told:
        office.leader.brings(letter(), "APPROVE", certificate_sha256=office.clerk.sha256)
    assert told.value.code == "cert_not_yours"
    taken = office.leader.brings(letter(), "APPROVE")
    with pytest.raises(SigningError) as told:
        office.clerk.orders("ISSUE", taken, number="1", day="2026-11-20")
    assert told.value.code == "result_refused"
    ticket = office.leader.orders("APPROVE", taken)
    office.leader.agent.signs(ticket, office.leader.holder)
    with pytest.raises(SigningError):
        office.clerk.fetches(ticket)


def test_a_document_is_ordered_once_and_an_unfinished_job_gives_way_to_the_next(
    office: Office,
) -> None:
    taken = office.leader.brings(letter(), "APPROVE")
    first = office.leader.orders("APPROVE", taken)
    with pytest.raises(SigningError):
        office.leader.orders("APPROVE", taken)
    second = office.leader.orders("APPROVE", office.leader.brings(letter(), "APPROVE"))
    with pytest.raises(SigningError) as told:
        office.leader.agent.signs(first, office.leader.holder)
    assert told.value.code == "job_not_found"
    office.leader.agent.signs(second, office.leader.holder)
    office.session.rollback()
    states = list(office.session.scalars(select(SigningJob.state).order_by(SigningJob.id)))
    assert states == [JobState.CANCELLED, JobState.ACCEPTED]


def test_the_session_of_such_a_job_opens_nothing_and_ends_with_it(office: Office) -> None:
    ticket = office.leader.orders("APPROVE", office.leader.brings(letter(), "APPROVE"))
    own = select(LoginSession).where(LoginSession.browser == outside_documents.SESSION)
    office.session.rollback()
    assert office.session.scalars(own).one().ended_at is None
    assert "ký cho hệ thống khác" in words(
        office.login(office.cast.giang).get("/tai-khoan/phien-dang-nhap")
    )
    office.leader.agent.signs(ticket, office.leader.holder)
    office.leader.fetches(ticket)
    office.session.rollback()
    assert office.session.scalars(own).one().ended_at is not None


def test_ending_the_pairing_or_the_session_stops_the_job(office: Office) -> None:
    ticket = office.leader.orders("APPROVE", office.leader.brings(letter(), "APPROVE"))
    with transaction(office.session):
        own = select(LoginSession).where(LoginSession.browser == outside_documents.SESSION)
        office.session.scalars(own).one().ended_at = clock.now()
    with pytest.raises(SigningError) as told:
        office.leader.agent.signs(ticket, office.leader.holder)
    assert told.value.code == "job_not_found"
    with transaction(office.session):
        for row in office.session.scalars(select(SigningAgent)):
            row.revoked_at = clock.now()
    with pytest.raises(SigningError) as told:
        office.leader.brings(letter(), "APPROVE")
    assert told.value.code == "request_forged"


def test_number_and_date_cannot_be_added_to_what_was_signed_elsewhere(office: Office) -> None:
    elsewhere = signed_by_leader()
    taken = office.clerk.brings(elsewhere, "ISSUE")
    assert (taken.numbered, taken.signatures) == (False, 1)
    with pytest.raises(SigningError) as told:
        office.clerk.orders("ISSUE", taken, number="1", day="2026-11-20", write_number=True)
    assert told.value.code == "document_refused"
    ticket = office.clerk.orders("ISSUE", taken, number="1", day="2026-11-20")
    office.clerk.agent.signs(ticket, office.clerk.holder)
    report = office.judged(office.clerk.fetches(ticket))
    assert (report.verdict, len(report.signatures)) == (Verdict.PRACTICE, 2), report.reasons


def test_a_forged_signature_is_never_sealed(office: Office) -> None:
    forged = signed_by_leader().replace(b"obj", b"obj ", 1)
    with pytest.raises(SigningError) as told:
        office.clerk.orders("COPY_TRUE", office.clerk.brings(forged, "COPY_TRUE"))
    assert told.value.code in ("result_refused", "document_refused")


def test_the_verdict_on_another_systems_document_is_told_and_logged(office: Office) -> None:
    told = OutsideDocument(
        str(office.clerk.user_id), ORIGIN, "", "", "den.pdf", True, signed_by_leader()
    )
    verdict = OutsideVerdict.from_body(office.clerk.agent.call(OUTSIDE_VERIFY_PATH, told.to_body()))
    assert verdict.verdict == Verdict.PRACTICE
    assert verdict.signatures[0]["signer"]
    assert "verification.made" in office.events()
    assert office.count(StoredFile) == 0


def test_the_person_finds_what_was_signed_and_nobody_else_does(office: Office) -> None:
    signed = office.leader.signs("APPROVE", letter())
    page = office.login(office.cast.giang).get("/ky-so/he-thong-khac")
    assert "quyet-dinh.pdf" in words(page)
    public_id = office.session.scalars(select(Row.public_id)).one()
    path = f"/ky-so/he-thong-khac/{public_id}.pdf"
    assert office.login(office.cast.giang).get(path).data == signed
    assert office.login(office.cast.chi).get(path).status_code == 404
