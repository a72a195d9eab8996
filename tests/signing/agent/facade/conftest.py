"""A real Sổ Token server over HTTP, the agent with a SoftHSM2 token and the façade switched on, and
another document system with its page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from models import AuditEvent
from signing.agent.application import Agent
from signing.agent.facade.calls import ENDED
from signing.agent.facade.courier import Courier
from signing.tokens.manager import TokenManager
from tests.cast import Cast
from tests.signing.agent.conftest import PIN, Browser, Clock, browser_of
from tests.signing.agent.facade.callers import DocumentSystem, Waiting, eventually
from tests.signing.files import letter
from tests.signing.pki import pki, usual_trust
from tests.signing.tokens.softhsm import TokenHandle, make_token
from tests.signing_desk import register

Login = Callable[[int], FlaskClient]


@pytest.fixture(scope="session")
def two_tokens(tmp_path_factory: pytest.TempPathFactory) -> TokenHandle:
    """The leader's and the agency's token in the same computer."""
    folder, people = tmp_path_factory.mktemp("facade-softhsm"), pki()
    make_token(folder, "LANH DAO", "so-1", PIN, people.leader.key, people.leader.certificate)
    return make_token(folder, "CO QUAN", "so-2", PIN, people.agency.key, people.agency.certificate)


@pytest.fixture
def tokens(two_tokens: TokenHandle, tmp_path: Path) -> Iterator[TokenManager]:
    variables = dict(two_tokens.environment)
    with TokenManager([two_tokens.module], tmp_path / "pins", environment=variables) as manager:
        yield manager


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The web server on a free port of loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class World:
    """Everything that a call of another system touches."""

    agent: Agent
    browser: Browser
    system: DocumentSystem
    session: Session
    cast: Cast
    login: Login
    shown: list[str]
    clock: Clock

    @property
    def port(self) -> int:
        port = self.agent.facade.port
        assert port is not None
        return port

    def allow(self, origin: str = "") -> None:
        """The person allows the system on the agent's own page."""
        from signing.agent.facade.origins import Origin

        wanted = Origin.parse(origin or self.system.origin)
        self.agent.facade.origins.asked(wanted)
        page = self.browser.open("/cong").get_data(as_text=True)
        assert wanted.text in page
        self.browser.submit("/cong/cho-phep", **{"he-thong": wanted.text})

    def calls(self, route: str, frame: str) -> Waiting:
        """The page calls; returns when the agent asks the person, or has answered."""
        waiting = Waiting(self.port, route, frame, self.system.origin).start()
        desk = self.agent.facade.calls
        eventually(
            lambda: (
                not (waiting.thread and waiting.thread.is_alive())
                or (desk.current is not None and desk.current.stage.value == "asking")
            )
        )
        return waiting

    def agrees(self, common_name: str = "", **typed: str) -> str:
        """The person fills in the agent's page and goes on; the path where they are then."""
        self.browser.open("/cong/viec")
        if common_name:
            typed["chung-thu"] = self.certificate(common_name)
        else:
            found = re.search(r'name="chung-thu" value="([0-9a-f]{64})" checked', self.browser.page)
            typed.setdefault("chung-thu", found[1] if found else "")
        standing = self.agent.facade.calls.current
        assert standing is not None
        acts = standing.call.route.acts
        if acts:
            typed.setdefault("viec-ky", acts[0].name)
        typed.setdefault("cam-ket", "1")
        answer = self.browser.submit("/cong/viec/tiep", **typed)
        return answer.request.path

    def certificate(self, common_name: str) -> str:
        """The fingerprint of the certificate whose holder is shown so."""
        pattern = r'value="([0-9a-f]{64})"[^<]*> <span><strong>([^<]+)</strong>'
        found = {name: sha256 for sha256, name in re.findall(pattern, self.browser.page)}
        return found[common_name]

    def signs(self, pin: str = PIN) -> None:
        """Presses "Ký" on the usual page and types the PIN."""
        path = self.browser.visited[-1]
        assert path.startswith("/ky/"), (path, self.browser.page)
        self.browser.submit(f"{path}/ky")
        self.browser.submit(f"{path}/pin", follow=False, pin=pin)
        self.agent.desk.wait(60)

    def ended(self) -> None:
        """Waits until the call is over."""
        desk = self.agent.facade.calls
        eventually(lambda: desk.current is not None and desk.current.stage in ENDED)

    def events(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))

    def journal(self) -> list[dict[str, Any]]:
        return list(self.agent.journal.entries())


@pytest.fixture
def system() -> Iterator[DocumentSystem]:
    found = DocumentSystem({"quyet-dinh.pdf": letter(), "to-trinh.pdf": letter()})
    yield found
    found.close()


@pytest.fixture
def shown() -> list[str]:
    """The pages that the agent opened by itself."""
    return []


@pytest.fixture
def agent(make: Callable[..., Agent], shown: list[str]) -> Iterator[Agent]:
    made = make(courier=Courier(largest=4 * 1024 * 1024), show=shown.append)
    yield made
    made.facade.stop(remember=False)


@pytest.fixture
def world(
    agent: Agent,
    served: str,
    system: DocumentSystem,
    instance: Path,
    db_session: Session,
    cast: Cast,
    login: Login,
    shown: list[str],
    clock: Clock,
) -> World:
    """Paired, the façade on, the system allowed, the certificates in the register."""
    usual_trust(instance / "trust", practice=True)
    people = pki()
    register(db_session, people.leader, cast.person_chi)
    register(
        db_session,
        people.agency,
        cast.person_chi,
        agency_id=cast.commune_a,
        entrusted_to=cast.person_chi,
    )
    browser = browser_of(agent)
    browser.open("/")
    browser.submit("/ghep-noi", **{"may-chu": served})
    found = re.search(r'<p class="pairing-code mono">([^<]+)</p>', browser.page)
    assert found, browser.page
    assert login(cast.chi).post("/chuong-trinh-ky", data={"code": found[1]}).status_code == 302
    browser.open("/ghep-noi")
    agent.facade.start(0, remember=False)
    whole = World(agent, browser, system, db_session, cast, login, shown, clock)
    whole.allow()
    return whole
