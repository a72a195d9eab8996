"""What tests of logins with the token do again and again: a browser at the login page, and the
agent of somebody's computer, played with the real protocol and real keys."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import clock
from models import Certificate, User
from operations.transactions import transaction
from rules.certificates import SubscriberKind
from rules.token_logins import TokenLogin
from signing.messages import (
    LOGIN_PATH,
    LoginProof,
    LoginReceipt,
    LoginStatement,
    LoginTicket,
    Pairing,
    login_attributes,
    login_container,
    new_nonce,
    open_login_ticket,
)
from tests.cast import Cast
from tests.signing.pki import Holder, pki
from tests.signing_desk import Agent, Login, register

ORIGIN = "http://localhost"
SWITCH = "/tai-khoan/dang-nhap-bang-thiet-bi"


def set_mode(session: Session, user_id: int, mode: TokenLogin) -> None:
    with transaction(session):
        session.get_one(User, user_id).token_login_mode = mode


def made_an_agencys(session: Session) -> None:
    """The register takes the one certificate that it has for an agency's."""
    with transaction(session):
        session.scalars(select(Certificate)).one().kind = SubscriberKind.ORGANISATION


def mode_of(session: Session, user_id: int) -> TokenLogin:
    session.rollback()
    return session.get_one(User, user_id).token_login_mode


@dataclass
class Door:
    """The leader Giang has a token that the register knows; Chi's computer has a paired agent."""

    app: Flask
    session: Session
    cast: Cast
    login: Login
    agent: Agent
    holder: Holder = field(default_factory=lambda: pki().leader)
    certificate_id: int = 0

    def changes(self, **values: object) -> None:
        """Change the certificate in the register."""
        with transaction(self.session):
            row = self.session.get_one(Certificate, self.certificate_id)
            for name, value in values.items():
                setattr(row, name, value)

    @property
    def pairing(self) -> Pairing:
        assert self.agent.pairing is not None
        return replace(self.agent.pairing, server_url=ORIGIN)

    def begins(self, browser: FlaskClient, goal: str = "") -> str:
        """Press "Đăng nhập bằng thiết bị"; the address of the challenge's page."""
        answer = browser.post("/dang-nhap/thiet-bi", data={"tiep": goal})
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def ticket(self, page: str) -> LoginTicket:
        """What stands in the link to the agent."""
        found = re.search(r'href="http://127\.0\.0\.1:\d+/dang-nhap/([^"]+)"', page)
        assert found is not None, page
        return open_login_ticket(found[1], pairings=[self.pairing], at=clock.now())[0]

    def statement(self, ticket: LoginTicket, holder: Holder) -> LoginStatement:
        """What an honest agent builds."""
        return LoginStatement(
            purpose=ticket.purpose,
            server_key=self.pairing.server_key.raw,
            origin=self.pairing.server_url,
            challenge_id=ticket.challenge_id,
            nonce=ticket.nonce,
            certificate_sha256=hashlib.sha256(holder.der).hexdigest(),
            agent_id=self.agent.keys.public.agent_id,
            agent_nonce=new_nonce(),
            signed_at=clock.now(),
        )

    def proves(
        self, ticket: LoginTicket, holder: Holder | None = None, agent: Agent | None = None
    ) -> str:
        """Sign and send; the address to which the agent leads its browser."""
        holder = holder or self.holder
        said = self.statement(ticket, holder)
        if agent is not None:
            said = replace(said, agent_id=agent.keys.public.agent_id)
        signature = holder.sign(login_attributes(said, holder.der))
        container = login_container(said, holder.der, signature)
        return self.sends(LoginProof(ticket.challenge_id, container), agent)

    def sends(self, proof: LoginProof, agent: Agent | None = None) -> str:
        answer = (agent or self.agent).call(LOGIN_PATH, proof.to_body())
        return LoginReceipt.from_body(answer).return_path

    def comes_back(self, browser: FlaskClient, goal: str = "") -> str:
        """The whole road to the page that asks for the last click; its address."""
        return self.proves(self.ticket(browser.get(self.begins(browser, goal)).text))

    def enters(self, browser: FlaskClient, back: str) -> str:
        """Press "Vào Sổ Token"; where it leads, or "" when nobody was let in."""
        path, code = urlsplit(back).path, back.partition("ma=")[2]
        answer = browser.post(path, data={"ma": code})
        return answer.location if answer.status_code == 303 else ""


def opened_door(app: Flask, session: Session, cast: Cast, login: Login) -> Door:
    """Giang may enter with the token; the paired agent is that of Chi, at whose desk Giang sits."""
    agent = Agent(app).pairs(login(cast.chi))
    set_mode(session, cast.giang, TokenLogin.ALSO)
    door = Door(app, session, cast, login, agent)
    door.certificate_id = register(session, door.holder, cast.person_giang)
    return door
