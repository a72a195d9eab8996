"""What tests of signing do again and again: a person's agent, played with the real protocol, and
people whose certificates have real keys.

The agent here is a caller of the server and nothing more: no token, no PIN, no browser. It believes
no answer that the server has not signed.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

import clock
from models import Agency, Certificate, Entrustment, Person, SigningJob
from operations.transactions import transaction
from rules.certificates import SubscriberKind
from rules.days import expires_on
from signing import cms
from signing.agent import VERSION
from signing.messages import (
    CERTIFICATES_PATH,
    HEARTBEAT_PATH,
    IDENTITY_PATH,
    PAIR_PATH,
    PAIR_POLL_PATH,
    REQUEST_HEADER,
    RESPONSE_HEADER,
    AgentKeys,
    CertificateReport,
    ClaimRequest,
    Failure,
    Heartbeat,
    JobView,
    Manifest,
    Pairing,
    PairingAnswer,
    PairingOffer,
    Receipt,
    Result,
    ServerIdentity,
    ShowRequest,
    Ticket,
    check_pairing_proof,
    commitment,
    job_path,
    new_nonce,
    new_pairing_code,
    open_manifest,
    open_ticket,
    raise_for_error,
    sign_request,
    verify_response,
)
from tests import factories
from tests.cast import Cast
from tests.signing.pki import Holder, pki
from tests.views.requests import approved, request_of, words

Login = Callable[[int], FlaskClient]
SIGN, SEAL = "ky-so", "dong-dau"


@dataclass
class Agent:
    """One paired (or not yet paired) signing program."""

    app: Flask
    keys: AgentKeys = field(default_factory=AgentKeys.generate)
    name: str = "MAY-THU-01"
    port: int = 17995
    pairing: Pairing | None = None
    address: str = "127.0.0.1"

    # --- calls -----------------------------------------------------------------------------------

    def send(
        self,
        path: str,
        body: bytes,
        *,
        nonce: str = "",
        server_id: str = "",
        at: datetime | None = None,
        signed_path: str = "",
        signed_by: AgentKeys | None = None,
    ) -> TestResponse:
        """One call; the answer must bear the server's signature, whatever it says."""
        nonce = nonce or new_nonce()
        header = sign_request(
            signed_by or self.keys,
            server_id=server_id or self.server.key.server_id,
            method="POST",
            path=signed_path or path,
            body=body,
            at=at or clock.now(),
            version=VERSION,
            nonce=nonce,
        )
        if signed_by is not None:  # somebody else's signature under our name
            header = header.replace(signed_by.public.agent_id, self.keys.public.agent_id)
        return self.post(path, body, {REQUEST_HEADER: header}, nonce)

    def post(
        self, path: str, body: bytes, headers: dict[str, str], nonce: str = ""
    ) -> TestResponse:
        """Send bytes with these headers and check that the answer is the server's own."""
        environment = {"REMOTE_ADDR": self.address}
        answer = self.app.test_client().post(
            path, data=body, headers=headers, environ_overrides=environment
        )
        told = answer.headers[RESPONSE_HEADER]
        verify_response(
            self.server.key, told, nonce=nonce, status=answer.status_code, body=answer.data
        )
        return answer

    def call(self, path: str, body: bytes) -> bytes:
        """The body of the answer; raises the error that the server tells."""
        answer = self.send(path, body)
        raise_for_error(answer.status_code, answer.data)
        return answer.data

    @property
    def server(self) -> ServerIdentity:
        """Who the server says it is."""
        return ServerIdentity.from_body(
            self.app.test_client().get(f"{IDENTITY_PATH}?nonce=hoi").data
        )

    # --- pairing ---------------------------------------------------------------------------------

    def offers(self, code: str = "", *, seen_key: ServerIdentity | None = None) -> str:
        """Ask to be paired; returns the code that the agent's own page shows."""
        code = code or new_pairing_code()
        key = (seen_key or self.server).key
        offer = PairingOffer(
            agent=self.keys.public,
            agent_name=self.name,
            commitment=commitment(
                code, server_key=key, agent=self.keys.public, agent_name=self.name
            ),
            port=self.port,
        )
        self.call(PAIR_PATH, offer.to_body())
        return code

    def polls(self, code: str) -> Pairing | None:
        """The pairing, once the code was typed and the server has proved it."""
        answer = PairingAnswer.from_body(self.call(PAIR_POLL_PATH, b"{}"))
        if answer is None:
            return None
        key = self.server.key
        check_pairing_proof(answer, code, server_key=key, agent=self.keys.public)
        self.pairing = Pairing(
            key, answer.server_name, "", "", answer.user_id, answer.user_name, clock.now()
        )
        return self.pairing

    def pairs(self, browser: FlaskClient) -> "Agent":
        """The whole pairing with the account of a browser."""
        code = self.offers()
        assert browser.post("/chuong-trinh-ky", data={"code": code}).status_code == 302
        assert self.polls(code) is not None
        return self

    def beats(self, port: int = 17995) -> bytes:
        return self.call(HEARTBEAT_PATH, Heartbeat(port, "Linux").to_body())

    # --- jobs ------------------------------------------------------------------------------------

    def opens(self, page: str) -> Ticket:
        """The ticket in the link of a watching page."""
        found = re.search(r'href="(http://127\.0\.0\.1:[^"]+)"', page)
        assert found is not None, "no link to the agent"
        text = urlsplit(found.group(1)).path.rsplit("/", 1)[1]
        assert self.pairing is not None
        return open_ticket(text, agent=self.keys, pairings=[self.pairing], at=clock.now())[0]

    def shows(self, ticket: Ticket) -> tuple[Manifest, bytes, JobView]:
        """The manifest and the one document of a job, checked as the agent checks them."""
        body = ShowRequest().to_body()
        view = JobView.from_body(self.call(job_path(ticket.job_id, "show"), body))
        assert self.pairing is not None
        manifest = open_manifest(view.manifest, ticket=ticket, pairing=self.pairing, at=clock.now())
        manifest.items[0].check(view.documents[0])
        return manifest, view.documents[0], view

    def claims(
        self, ticket: Ticket, claim_id: str = "bam-1", *, take_over: bool = False
    ) -> Receipt:
        body = ClaimRequest(claim_id, take_over).to_body()
        return Receipt.from_body(self.call(job_path(ticket.job_id, "claim"), body))

    def signature(self, ticket: Ticket, holder: Holder) -> bytes:
        """The CMS of a holder's key over the document of a job."""
        manifest, pdf, _ = self.shows(ticket)
        digest = cms.digest_of(pdf, manifest.items[0].byte_range)
        return cms.build(digest, holder.der, manifest.chain, holder.sign)

    def returns(self, ticket: Ticket, container: bytes, claim_id: str = "bam-1") -> Receipt:
        body = Result(claim_id, {0: container}).to_body()
        return Receipt.from_body(self.call(job_path(ticket.job_id, "result"), body))

    def signs(self, ticket: Ticket, holder: Holder) -> Receipt:
        """The whole road of a job that nothing disturbs."""
        container = self.signature(ticket, holder)
        self.claims(ticket)
        return self.returns(ticket, container)

    def fails(self, ticket: Ticket, code: str, claim_id: str = "bam-1") -> Receipt:
        body = Failure(claim_id, code).to_body()
        return Receipt.from_body(self.call(job_path(ticket.job_id, "fail"), body))

    def gives_back(self, ticket: Ticket, claim_id: str = "bam-1") -> Receipt:
        body = Failure(claim_id, "tab_closed").to_body()
        return Receipt.from_body(self.call(job_path(ticket.job_id, "release"), body))

    def reports(self, report: CertificateReport) -> Receipt:
        return Receipt.from_body(self.call(CERTIFICATES_PATH, report.to_body()))


# --- people and letters --------------------------------------------------------------------------


def register(
    session: Session,
    holder: Holder,
    owner_id: int,
    *,
    agency_id: int | None = None,
    entrusted_to: int | None = None,
) -> int:
    """Put a real certificate into the register: a person's own, or (with `agency_id`) an agency's,
    entrusted to a person."""
    with transaction(session):
        owner = session.get_one(Person, owner_id)
        kind = SubscriberKind.ORGANISATION if agency_id else SubscriberKind.INDIVIDUAL
        row = factories.certificate(session, owner, agency_id=agency_id, kind=kind)
        content = holder.certificate
        row.der, row.sha256 = (
            holder.der,
            content.fingerprint(content.signature_hash_algorithm).hex(),
        )
        row.not_before, row.not_after = content.not_valid_before_utc, content.not_valid_after_utc
        row.expires_on = expires_on(row.not_after)
        if entrusted_to is not None:
            session.add(
                Entrustment(
                    certificate_id=row.id, person_id=entrusted_to, from_on=factories.day(-10)
                )
            )
        return row.id


def press(
    browser: FlaskClient, session: Session, request_id: int, page: str = SIGN, **typed: object
) -> TestResponse:
    """Press "Chuyển sang Trình ký số" with what the page offers first."""
    form = browser.get(f"/de-nghi/{request_id}/{page}").text
    data: dict[str, object] = {"version": request_of(session, request_id).version}
    for name in ("certificate_id", "agent_id"):
        found = re.search(rf'name="{name}"[^>]*value="(\d+)"', form)
        if found is not None:
            data[name] = found.group(1)
    return browser.post(f"/de-nghi/{request_id}/{page}", data=data | typed)


def opened(answer: TestResponse) -> str:
    """The address of the watching page that pressing led to."""
    assert answer.status_code == 302, words(answer)
    assert answer.location.startswith("/ky-so/"), answer.location
    return str(answer.location)


@dataclass
class Desk:
    """The leader's desk: an approved letter, the leader's browser, agent and certificate."""

    app: Flask
    session: Session
    cast: Cast
    login: Login
    browser: FlaskClient
    agent: Agent
    holder: Holder
    certificate_id: int
    request_id: int

    def opens_a_job(self) -> Ticket:
        """Press "Ký số" and follow the link to the agent."""
        self.address = opened(press(self.browser, self.session, self.request_id))
        return self.agent.opens(self.browser.get(self.address).text)

    def job(self) -> SigningJob:
        """The newest job as the database has it now."""
        self.session.rollback()
        return self.session.scalars(select(SigningJob).order_by(SigningJob.id.desc())).first()

    def certificate(self) -> Certificate:
        return self.session.get_one(Certificate, self.certificate_id)


def leaders_desk(app: Flask, session: Session, cast: Cast, login: Login) -> Desk:
    """An approved letter on the desk of Giang, whose agent is paired."""
    with transaction(session):
        session.get_one(Agency, cast.commune_a).name = "UBND xã Đồi Mẫu"
    request_id = approved(login, session, cast)
    browser = login(cast.giang)
    agent = Agent(app).pairs(browser)
    holder = pki().leader
    certificate_id = register(session, holder, cast.person_giang)
    return Desk(app, session, cast, login, browser, agent, holder, certificate_id, request_id)


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """Move the server's clock (and the agent's, which is the same here); it runs on from there."""
    moved = datetime.fromisoformat(os.environ["SO_TOKEN_NOW"]) + timedelta(minutes=minutes)
    monkeypatch.setenv("SO_TOKEN_NOW", moved.isoformat())
