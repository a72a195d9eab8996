"""The agent as a program of its own, with the façade switched on from the command line."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing.protocol.encoding import write_instant
from tests.signing.agent.facade.callers import Waiting, eventually
from tests.signing.tokens.softhsm import TokenHandle

ROOT = Path(__file__).resolve().parents[4]
ORIGIN = "https://vanban.example"


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no polite end of a process")
def test_an_agent_that_is_told_to_stop_answers_the_page_that_waits(
    two_tokens: TokenHandle, tmp_path: Path
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the process has the real clock
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    allowed = {"origin": ORIGIN, "since": write_instant(now)}
    until = write_instant(now + timedelta(days=1))
    (state / "he-thong-duoc-goi.json").write_text(json.dumps([{**allowed, "until": until}]))
    own, port = free_ports(2)
    command = [
        *(sys.executable, "-m", "signing.agent", "--server", "http://127.0.0.1:9"),
        *("--port", str(own), "--state", str(state), "--facade", str(port)),
        *("--module", str(two_tokens.module), "--only-module", "--no-window"),
    ]
    environment = {**os.environ, **two_tokens.environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        assert f"wss://127.0.0.1:{port}/" in lines[1], lines
        page = Waiting(port, "GetCertInfo", "get_cert_info", ORIGIN).start()
        journal = state / "nhat-ky.jsonl"
        eventually(lambda: journal.exists() and "outside_called" in journal.read_text("utf-8"))
        process.terminate()
        assert page.result()["Code"] == "agent_stopping"
        assert process.wait(90) == 0
