"""A whole office as real processes: practice data, server, and the agent of one computer."""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0


def softhsm_module() -> Path:
    """The SoftHSM2 driver of this computer."""
    from signing.tokens.drivers import find_drivers

    return next(driver.path for driver in find_drivers() if driver.practice)


@dataclass
class Process:
    """One program with its output kept in a file, so that a full pipe never stops it."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    handle: subprocess.Popen[bytes] | None = None

    def start(self, url: str) -> None:
        """Start the program and wait until it answers at `url`."""
        with self.log.open("ab") as output:
            self.handle = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.handle.poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=30):  # noqa: S310 - our own loopback
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End the program as a person would, then for good."""
        if self.handle is None or self.handle.poll() is not None:
            return
        self.handle.terminate()
        try:
            self.handle.wait(15)
        except subprocess.TimeoutExpired:
            self.handle.kill()
            self.handle.wait()


@dataclass
class Office:
    """Addresses, practice logins and processes of the office."""

    folder: Path
    module: Path
    server_port: int = field(default_factory=free_port)
    agent_port: int = field(default_factory=free_port)
    agent_environment: dict[str, str] = field(default_factory=dict)
    agent_folder: Path | None = None
    now: datetime | None = None

    @property
    def instance(self) -> Path:
        return self.folder / "instance"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def agent_url(self) -> str:
        return f"http://127.0.0.1:{self.agent_port}"

    def environment(self) -> dict[str, str]:
        """The environment of every program of this office."""
        kept = {key: value for key, value in os.environ.items() if key != "SO_TOKEN_NOW"}
        moved = {"SO_TOKEN_NOW": self.now.isoformat()} if self.now else {}
        return (
            kept
            | moved
            | {
                "SO_TOKEN_INSTANCE": str(self.instance),
                "SO_TOKEN_AGENT_PORT": str(self.agent_port),
                "SOFTHSM2_CONF": str(self.instance / "practice" / "softhsm2.conf"),
                "PYTHONUNBUFFERED": "1",
            }
        )

    def cli(self, *arguments: str) -> str:
        """Run one command of the program and return what it prints."""
        done = subprocess.run(
            [sys.executable, "cli.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def login(self, username: str) -> dict[str, str]:
        """The practice login of one account: password, PIN and name."""
        logins = json.loads((self.instance / "practice" / "logins.json").read_text("utf-8"))
        return next(each for each in logins if each["username"] == username)

    @contextmanager
    def later(self, folder: Path, days: int) -> Iterator["Office"]:
        """The same office so many days on: its data as they are now under a server whose clock has
        moved. The present one goes on beside it, and never sees the days that have not come.
        """
        now = datetime.now(UTC)  # noqa: TID251 - the server's clock is what is moved
        office = Office(folder, self.module, now=now + timedelta(days=days))
        shutil.copytree(self.instance, office.instance, ignore=shutil.ignore_patterns("*.db*"))
        for data in self.instance.glob("*.db"):
            with (
                closing(sqlite3.connect(data)) as here,
                closing(sqlite3.connect(office.instance / data.name)) as there,
            ):
                here.backup(there)
        server = office.server()
        try:
            server.start(f"{office.url}/dang-nhap")
            yield office
        finally:
            server.stop()

    def server(self) -> Process:
        command = [sys.executable, "serve.py", "--port", str(self.server_port)]
        return Process(command, self.environment(), self.folder / "server.log")

    def agent(self) -> Process:
        folder = self.agent_folder or self.folder / "agent"
        command = [
            *(sys.executable, "-m", "signing.agent", "--server", self.url),
            *("--port", str(self.agent_port), "--state", str(folder)),
            *("--module", str(self.module), "--only-module", "--no-window"),
        ]
        environment = self.environment() | self.agent_environment
        return Process(command, environment, folder.with_suffix(".log"))


@contextmanager
def running(folder: Path, module: Path | None = None, **agent_environment: str) -> Iterator[Office]:
    """An office that has just been set up, with server and agent running."""
    folder.mkdir(parents=True, exist_ok=True)
    office = Office(folder, module or softhsm_module(), agent_environment=agent_environment)
    office.cli("demo")
    server, agent = office.server(), office.agent()
    try:
        server.start(f"{office.url}/dang-nhap")
        agent.start(f"{office.agent_url}/?{secrets.token_hex(4)}")
        yield office
    finally:
        agent.stop()
        server.stop()
