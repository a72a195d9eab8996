"""Who else may stand beside the agent: other people at the same computer, other tokens in the
port, servers and agents of other versions."""

from __future__ import annotations

import os
import socket
import struct
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from signing.agent import VERSION, application
from signing.agent.application import Agent
from signing.agent.work import find_holder
from signing.errors import ERRORS
from signing.messages import AgentTooOld, ServerTooOld, check_protocol
from signing.platform import connection_owner, of_other_user
from signing.platform_windows import rows_of
from signing.tokens.types import TokenListing
from tests.signing.agent.conftest import NAVIGATION, Browser
from tests.signing.agent.office import Office
from tests.signing.pki import Holder

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of Linux")


@LINUX
def test_the_owner_of_a_connection_is_read_from_the_kernel():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", own)) as caller:
            peer = caller.getsockname()[1]
            assert connection_owner(Path("/proc/net/tcp"), peer, own) == os.getuid()
            assert not of_other_user(peer, own)
    assert connection_owner(Path("/proc/net/tcp"), 1, 2) is None


TABLE = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    "   0: 0100007F:8235 0100007F:464B 01 00000000:00000000 00:00000000 00000000  4711 0 1\n"
)


def test_another_user_is_told_apart_and_a_table_that_cannot_be_read_tells_nothing(tmp_path: Path):
    table = tmp_path / "tcp"
    table.write_text(TABLE)
    assert connection_owner(table, 0x8235, 0x464B) == 4711
    assert connection_owner(table, 0x464B, 0x8235) is None
    table.write_text("hỏng\n0: 0100007F:8235 0100007F:464B\n", encoding="utf-8")
    assert connection_owner(table, 0x8235, 0x464B) is None
    assert connection_owner(tmp_path / "missing", 1, 2) is None


def test_the_table_of_windows_is_read_by_its_layout():
    def row(local: int, local_port: int, remote: int, remote_port: int, process: int) -> bytes:
        ports = [
            struct.unpack("<H", struct.pack(">H", port))[0] for port in (local_port, remote_port)
        ]
        return struct.pack("<6I", 5, local, ports[0], remote, ports[1], process)

    home, away = 0x0100007F, 0x0A00000A
    table = struct.pack("<I", 3) + row(home, 33333, home, 17995, 42) + row(away, 1, home, 2, 7)
    assert rows_of(table) == [(33333, 17995, 42)]  # the third row is cut off


@pytest.mark.parametrize(("stranger", "status"), [(True, 403), (False, 200)])
def test_a_program_of_another_person_at_this_computer_is_refused(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, stranger: bool, status: int
):
    asked = []
    monkeypatch.setattr(
        application, "of_other_user", lambda peer, own: asked.append((peer, own)) or stranger
    )
    answer = browser.client.get("/", headers=NAVIGATION, environ_overrides={"REMOTE_PORT": "40001"})
    assert (answer.status_code, asked) == (status, [(40001, 17995)])
    assert ("thuộc về người khác" in answer.text) is stranger


def test_a_token_that_the_register_has_elsewhere_is_warned_of_but_may_sign(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, _ = office.press_sign(agent.state.keys.public, holder)
    (token,) = agent.tokens.list_tokens().tokens
    same = f"00-{token.serial.lower()}"
    for recorded, doubted in (("", False), (same, False), ("SO-KHAC-77", True)):
        found = find_holder(
            agent.tokens, replace(job.manifest, device_serial=recorded), agent.client.now()
        )
        assert (found.problem, bool(found.doubt)) == (None, doubted)
    assert "SO-KHAC-77" in found.doubt
    assert token.serial in found.doubt


@pytest.mark.parametrize("told", ["", "0000000000000000"])
def test_a_token_whose_driver_gives_no_serial_is_not_called_another_one(
    paired: Browser, agent: Agent, office: Office, holder: Holder, told: str
):
    job, _ = office.press_sign(agent.state.keys.public, holder)
    (token,) = agent.tokens.list_tokens().tokens

    class Nameless:
        def list_tokens(self) -> TokenListing:
            return TokenListing((replace(token, serial=told),), ())

    manifest = replace(job.manifest, device_serial="SO-KHAC-77")
    assert find_holder(Nameless(), manifest, agent.client.now()).doubt == ""  # type: ignore[arg-type]


def test_each_side_says_in_words_which_of_the_two_is_too_old():
    check_protocol(1)
    for theirs, of_server, expected in (
        (0, False, AgentTooOld),
        (2, False, ServerTooOld),
        (0, True, ServerTooOld),
        (2, True, AgentTooOld),
    ):
        with pytest.raises(expected):
            check_protocol(theirs, of_server=of_server)
    assert ERRORS["agent_too_old"] is AgentTooOld


@pytest.mark.parametrize(("version", "words"), [(VERSION, "khớp với"), ("9.9", "khác bản nhưng")])
def test_the_agents_page_says_whether_server_and_agent_fit(
    paired: Browser, agent: Agent, office: Office, version: str, words: str
):
    office.version = version
    agent.touch.beat("Linux")
    paired.open("/")
    assert words in paired.page


def test_a_server_that_cannot_be_reached_is_named_on_the_page(
    paired: Browser, agent: Agent, office: Office
):
    office.redirect_to = "http://127.0.0.1:9"
    agent.touch.beat("Linux")
    paired.open("/")
    assert "Lần liên lạc gần nhất chưa được" in paired.page
