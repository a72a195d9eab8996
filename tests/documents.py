"""Documents of the office as people bring them on the web, for the tests of their pages."""

import io
import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Position
from operations import files
from rules.office_documents import DocumentWay
from schema.documents import OfficeDocument
from tests.cast import Cast
from tests.signing.files import letter
from tests.signing.pki import Holder, pki
from tests.signing_desk import Agent, Login, opened, register
from tests.views.requests import upload, words

TODAY = "21/11/2026"


def done(answer: TestResponse) -> None:
    assert answer.status_code in (302, 303), words(answer)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (360, 360)) -> bytes:
    """A ring with a cross on a clear ground: a seal when red, a signature when blue."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    wide, high = size[0] - 8, size[1] - 8
    pen.ellipse((8, 8, wide, high), outline=(*colour, 255), width=10)
    pen.line((8, high, wide, 8), fill=(*colour, 255), width=8)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def declared(
    browser: FlaskClient, cast: Cast, way: DocumentWay, secrecy: str = "no"
) -> TestResponse:
    """Declare what the document is; the answer leads to the file."""
    typed = {"secrecy": secrecy, "way": way.name, "agency_id": cast.commune_a}
    return browser.post("/van-ban/moi", data=typed)


def brought(
    browser: FlaskClient,
    cast: Cast,
    way: DocumentWay,
    pdf: bytes | None = None,
    **typed: Any,
) -> int:
    """Declare and bring a document; returns its number."""
    address = declared(browser, cast, way).location
    answer = browser.post(
        address,
        data={"title": "Quyết định thử nghiệm", "file": upload(pdf or letter()), **typed},
        content_type="multipart/form-data",
    )
    done(answer)
    return int(re.search(r"/van-ban/(\d+)/", answer.location).group(1))


def position_of(session: Session, person_id: int) -> int:
    return session.scalars(select(Position.id).where(Position.person_id == person_id)).first()


@dataclass
class Office:
    """Commune A with the leader's, a member's and the agency's certificates on paired agents."""

    app: Flask
    session: Session
    cast: Cast
    login: Login
    agents: dict[int, Agent] = field(default_factory=dict)

    def document(self, document_id: int) -> OfficeDocument:
        """The document as the database has it now."""
        self.session.rollback()
        return self.session.get_one(OfficeDocument, document_id)

    def file(self, document_id: int) -> bytes:
        return files.read(self.session, self.document(document_id).current_sha256)

    def posts(self, who: int, document_id: int, page: str, **typed: Any) -> TestResponse:
        """Send one of the small pages, as of the version that the database has now."""
        data = {"version": self.document(document_id).version, **typed}
        return self.login(who).post(f"/van-ban/{document_id}/{page}", data=data)

    def people(self, document_id: int, *rows: tuple[int, str]) -> None:
        """Choose who signs: (position, act) in their order."""
        typed = {}
        for number, (position, act) in enumerate(rows):
            typed[f"signers-{number}-position_id"] = position
            typed[f"signers-{number}-act"] = act
        done(self.posts(self.cast.chi, document_id, "nguoi-ky", **typed))

    def submits(self, document_id: int) -> None:
        answer = self.posts(self.cast.chi, document_id, "chuyen-ky")
        done(answer)
        said = self.login(self.cast.chi).get(f"/van-ban/{document_id}")
        assert self.document(document_id).state.name in ("SIGNING", "SIGNED"), words(said)

    def press(self, who: int, document_id: int, **typed: Any) -> TestResponse:
        """Press "Chuyển sang Trình ký số" with what the page offers first."""
        self.agent(who)
        browser = self.login(who)
        page = browser.get(f"/van-ban/{document_id}/ky-so").text
        data: dict[str, Any] = {"version": self.document(document_id).version}
        for name in ("certificate_id", "agent_id"):
            found = re.search(rf'name="{name}"[^>]*value="(\d+)"', page)
            if found is not None:
                data[name] = found.group(1)
        return browser.post(f"/van-ban/{document_id}/ky-so", data=data | typed)

    def agent(self, who: int) -> Agent:
        if who not in self.agents:
            self.agents[who] = Agent(self.app, name=f"MAY-{who}").pairs(self.login(who))
        return self.agents[who]

    def signs(self, who: int, document_id: int, holder: Holder, **typed: Any) -> None:
        """The whole road of one signature that nothing disturbs."""
        agent = self.agent(who)
        address = opened(self.press(who, document_id, **typed))
        ticket = agent.opens(self.login(who).get(address).text)
        agent.signs(ticket, holder)

    def numbers(self, document_id: int, number: str = "15", symbol: str = "UBND-VP") -> None:
        done(
            self.posts(
                self.cast.chi,
                document_id,
                "so-van-ban",
                **{
                    "so-version": self.document(document_id).version,
                    "so-number": number,
                    "so-symbol": symbol,
                    "so-document_on": TODAY,
                },
            )
        )


def office(app: Flask, session: Session, cast: Cast, login: Login) -> Office:
    """Giang and Em with their own certificates, Chi with the agency's, entrusted to her."""
    register(session, pki().leader, cast.person_giang)
    register(session, pki().staff, cast.person_em)
    register(
        session,
        pki().agency,
        cast.person_chi,
        agency_id=cast.commune_a,
        entrusted_to=cast.person_chi,
    )
    return Office(app, session, cast, login)
