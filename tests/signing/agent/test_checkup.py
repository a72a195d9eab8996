"""The self-test page: no PIN to look, a PIN and a harmless structure to measure; and strangers at
the port: slow, many, or there before us."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

from signing.agent import speed
from signing.agent.application import Agent
from signing.agent.certificates import describe
from signing.agent.loopback import listen
from signing.tokens.manager import TokenManager
from tests.signing.agent.conftest import PIN, WRONG_PIN, Browser
from tests.signing.pki import Holder

ROOT = Path(__file__).resolve().parents[3]


def measure(browser: Browser, holder: Holder, pin: str) -> None:
    browser.open("/kiem-tra")
    sha256 = describe(holder.der).sha256
    browser.submit("/kiem-tra/toc-do", **{"chung-thu": sha256, "pin": pin})


def test_looking_signs_nothing_and_asks_for_no_pin(browser: Browser, agent: Agent):
    answer = browser.open("/kiem-tra")
    assert answer.status_code == 200
    for words in ("chuỗi nguyên vẹn", "LANH DAO THU", "Mã PIN bình thường", "64 bit"):
        assert words in browser.page
    assert agent.journal.head[0] == 0


def test_the_speed_is_measured_on_structures_that_can_be_no_document(
    browser: Browser,
    agent: Agent,
    holder: Holder,
    tokens: TokenManager,
    monkeypatch: pytest.MonkeyPatch,
):
    signed: list[bytes] = []
    real = tokens.sign

    def spied(
        der: bytes, items: Iterable[bytes], pin: str | None, allow_final_try: bool = False
    ) -> Generator[bytes]:
        signed.extend(items)
        yield from real(der, signed, pin, allow_final_try)

    monkeypatch.setattr(tokens, "sign", spied)
    measure(browser, holder, PIN)
    assert "mỗi chữ ký sau" in browser.page
    assert len(set(signed)) == speed.SAMPLES
    assert all(each.startswith(speed.DOMAIN) and each[:1] != b"\x31" for each in signed)
    (entry,) = agent.journal.entries()
    assert (entry["event"], entry["signatures"]) == ("speed_tested", str(speed.SAMPLES))
    assert PIN not in browser.page


def test_a_wrong_pin_is_told_and_costs_one_try(browser: Browser, agent: Agent, holder: Holder):
    measure(browser, holder, WRONG_PIN)
    assert "Mã PIN không đúng" in browser.page
    assert "nhập sai 1 lần liên tiếp trên máy này" in browser.page
    measure(browser, holder, PIN)
    browser.open("/kiem-tra")
    browser.submit("/kiem-tra/toc-do", **{"chung-thu": "0" * 64, "pin": PIN})
    assert "Không thấy chứng thư" in browser.page


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_other_page_starts_a_measurement(browser: Browser, agent: Agent, site: str):
    answer = browser.client.post(
        "/kiem-tra/toc-do",
        data={"pin": PIN},
        headers={"Host": "127.0.0.1:17995", "Sec-Fetch-Site": site, "Origin": "http://evil.test"},
    )
    assert answer.status_code == 403
    assert agent.journal.head[0] == 0


def test_a_port_that_somebody_holds_is_not_shared():
    with (
        socket.create_server(("127.0.0.1", 0)) as squatter,
        pytest.raises(OSError, match=r"\[(Errno|WinError)"),
    ):
        listen(squatter.getsockname()[1], 1)


@pytest.mark.skipif(os.name == "nt", reason="ends the program with a POSIX signal")
def test_slow_and_oversize_callers_do_not_keep_the_agent_from_answering(tmp_path: Path):
    command = [sys.executable, "-m", "signing.agent", "--port", "0", "--state", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--only-module", "--no-window"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as program:
        try:
            found = re.search(r"127\.0\.0\.1:(\d+)", program.stdout.readline())
            port = int(found[1])
            slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
            for each in slow:
                each.sendall(b"POST /ghep-noi HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9")
            head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port
            assert b" 200 " in ask(port, head + b"Connection: close\r\n\r\n")
            assert b" 431 " in ask(port, head + b"X: " + b"a" * 40_000 + b"\r\n\r\n")
            large = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n" + b"a" * 99
            assert b" 413 " in ask(port, large)
            assert b" 421 " in ask(port, b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n")
            for each in slow:
                each.close()
        finally:
            program.terminate()


def ask(port: int, request: bytes) -> bytes:
    """The first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as caller:
        caller.sendall(request)
        answer = b""
        while b"\r\n" not in answer and (piece := caller.recv(4096)):
            answer += piece
        return answer.split(b"\r\n")[0]
