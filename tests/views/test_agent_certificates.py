"""Certificates that an agent read from the attached token, on their way to a person's eyes."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
from models import (
    AuditEvent,
    ImportBatch,
    ImportItem,
)
from signing.errors import (
    CertNotFound,
    TicketExpired,
)
from signing.messages import (
    CertificateReport,
    JobNotFound,
    ReadCertificate,
    ShowRequest,
    Ticket,
    job_path,
)
from signing.messages import JobState as Stage
from tests.real_certificates import certificate
from tests.signing_desk import Agent, Desk, later

Login = Callable[[int], FlaskClient]


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def events(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))


def reading(desk: Desk) -> tuple[Agent, FlaskClient, Ticket]:
    """An has pressed "Đọc từ thiết bị đang cắm"."""
    browser = desk.login(desk.cast.an)
    agent = Agent(desk.app).pairs(browser)
    answer = browser.post("/chung-thu/doc-tu-thiet-bi", data={"agency_id": desk.cast.commune_a})
    return agent, browser, agent.opens(browser.get(answer.location).text)


def found(*names: str) -> tuple[ReadCertificate, ...]:
    return tuple(
        ReadCertificate(
            certificate(name, "pham.van.em@thunghiem.example"), name, "TOKEN THỬ", "0A1B"
        )
        for name in names
    )


def test_certificates_of_a_token_wait_for_a_person_to_look(desk: Desk) -> None:
    agent, browser, ticket = reading(desk)
    report = CertificateReport(ticket.job_id, found("Phạm Văn Em"))
    receipt = agent.reports(report)
    assert receipt.return_path == f"/ky-so/{ticket.job_id}"
    batch = desk.session.scalars(select(ImportBatch)).one()
    assert browser.get(receipt.return_path).location == f"/chung-thu/nhap/{batch.id}"
    assert desk.session.scalars(select(ImportItem.token_serial)).all() == ["0A1B"]
    assert agent.reports(report) == receipt
    assert count(desk.session, ImportBatch) == 1
    assert "import.staged" in events(desk.session)
    assert audit.verify(desk.session).sound


def test_a_reading_job_signs_nothing_and_a_signing_job_reads_nothing(desk: Desk) -> None:
    agent, _, ticket = reading(desk)
    for step in (lambda: agent.claims(ticket), lambda: agent.returns(ticket, b"x")):
        with pytest.raises(JobNotFound):
            step()
    with pytest.raises(JobNotFound):
        agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body())
    signing = desk.opens_a_job()
    with pytest.raises(JobNotFound):
        desk.agent.reports(CertificateReport(signing.job_id, found("Phạm Văn Em")))


def test_nothing_read_is_an_error_of_its_own_and_leaves_the_job_open(desk: Desk) -> None:
    agent, _, ticket = reading(desk)
    with pytest.raises(CertNotFound):
        agent.reports(CertificateReport(ticket.job_id, ()))
    assert agent.fails(ticket, "no_token", "").state is Stage.ISSUED


def test_a_reading_job_expires_and_belongs_to_one_agent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, _, ticket = reading(desk)
    report = CertificateReport(ticket.job_id, found("Phạm Văn Em"))
    with pytest.raises(JobNotFound):
        desk.agent.reports(report)
    later(monkeypatch, 10.5)
    with pytest.raises(TicketExpired):
        agent.reports(report)
    assert count(desk.session, ImportBatch) == 0


def test_what_a_token_says_of_itself_cannot_break_the_reading(desk: Desk) -> None:
    agent, browser, ticket = reading(desk)
    odd = (
        ReadCertificate(b"not a certificate", "<script>alert(1)</script>", "x" * 300, "y" * 100),
        *found("Phạm Văn Em"),
    )
    receipt = agent.reports(CertificateReport(ticket.job_id, odd))
    page = browser.get(browser.get(receipt.return_path).location).text
    assert "<script>alert" not in page
