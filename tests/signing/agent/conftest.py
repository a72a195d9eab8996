"""A real office over HTTP, a real SoftHSM2 token, and the agent's pages asked as Chromium asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from signing.agent.application import Agent, create_application, make_agent
from signing.agent.clock import now
from signing.agent.journal import Journal
from signing.agent.state import AgentState
from signing.pades.sandbox import Sandbox
from signing.tokens.manager import TokenManager
from tests.signing.agent.office import Office
from tests.signing.pki import Holder, pki
from tests.signing.tokens.softhsm import TokenHandle, make_token

PIN = "PIN-thu-8461"
WRONG_PIN = "PIN-sai-1111"
PORT = 17995
OWN = f"http://127.0.0.1:{PORT}"

NAVIGATION = {
    "Host": f"127.0.0.1:{PORT}",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
SUBMISSION = {**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Origin": OWN}


class Clock:
    """The clock of the person's computer. Only tests move it: on a slow machine a tab would else
    count as gone between two lines."""

    def __init__(self) -> None:
        self.begun, self.ahead = now(), timedelta(0)

    def __call__(self) -> datetime:
        return self.begun + self.ahead


@dataclass
class Browser:
    """Asks as Chromium does: navigation headers, cookies, forms filled from the page."""

    client: FlaskClient
    page: str = ""
    visited: list[str] = field(default_factory=list)

    def open(self, path: str, **headers: str) -> TestResponse:
        return self._keep(self.client.get(path, headers={**NAVIGATION, **headers}), path)

    def submit(self, path: str, *, follow: bool = True, **fields: str) -> TestResponse:
        """Submits the form of the page that leads to `path`, with its hidden fields."""
        forms = re.findall(r'<form method="post" action="([^"]+)".*?</form>', self.page, re.S)
        assert path in [unescape(action) for action in forms], (path, forms)
        form = next(
            found
            for found in re.finditer(
                r'<form method="post" action="([^"]+)".*?</form>', self.page, re.S
            )
            if unescape(found[1]) == path
        )[0]
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
        data = {**{name: unescape(value) for name, value in hidden.items()}, **fields}
        answer = self.client.post(path, data=data, headers=SUBMISSION)
        if follow and answer.status_code == 303:
            return self.open(answer.headers["Location"], **{"Sec-Fetch-Site": "same-origin"})
        return self._keep(answer, path)

    def _keep(self, answer: TestResponse, path: str) -> TestResponse:
        self.visited.append(path)
        if answer.mimetype == "text/html":
            self.page = answer.get_data(as_text=True)
        return answer


@pytest.fixture(scope="session")
def holder() -> Holder:
    return pki().leader


@pytest.fixture(scope="session")
def soft_token(tmp_path_factory: pytest.TempPathFactory, holder: Holder) -> TokenHandle:
    folder = tmp_path_factory.mktemp("agent-softhsm")
    return make_token(folder, "LANH DAO THU", "so-thu-9999", PIN, holder.key, holder.certificate)


@pytest.fixture
def tokens(soft_token: TokenHandle, tmp_path: Path) -> Iterator[TokenManager]:
    state = tmp_path / "pin-counts"
    with TokenManager(
        [soft_token.module], state, environment=dict(soft_token.environment)
    ) as manager:
        yield manager


@pytest.fixture(scope="session")
def pictures() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    yield office
    office.close()


@pytest.fixture
def make(
    tmp_path: Path, tokens: TokenManager, pictures: Sandbox, clock: Clock
) -> Callable[..., Agent]:
    """Makes agents, each with a folder of its own; without a window the page asks for the PIN."""

    def build(name: str = "agent", **parts: object) -> Agent:
        state = AgentState(tmp_path / name)
        given = {
            "state": state,
            "journal": Journal(state.folder / "nhat-ky.jsonl", clock),
            "tokens": tokens,
            "pictures": pictures,
            "window": None,
            "clock": clock,
            "port": PORT,
            **parts,
        }
        return make_agent(**given)  # type: ignore[arg-type]

    return build


@pytest.fixture
def agent(make: Callable[..., Agent]) -> Agent:
    return make()


def browser_of(agent: Agent) -> Browser:
    client = create_application(agent).test_client()
    client.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    return Browser(client)


@pytest.fixture
def browser(agent: Agent) -> Browser:
    return browser_of(agent)


def pair(browser: Browser, office: Office) -> str:
    """The person pairs agent and office; the code that was shown."""
    browser.open("/")
    browser.submit("/ghep-noi", **{"may-chu": office.url})
    found = re.search(r'<p class="pairing-code mono">([^<]+)</p>', browser.page)
    assert found, browser.page
    office.type_code(found[1])
    browser.open("/ghep-noi")
    return found[1]


@pytest.fixture
def paired(browser: Browser, office: Office) -> Browser:
    pair(browser, office)
    return browser
