"""Real processes of start.py for the tests: started, read, ended, never left behind."""

import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 200.0


def listening(port: int) -> bool:
    """Does anybody listen on that port?"""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def finished_environment(folder: Path) -> Path:
    """Lay out an environment that counts as installed: the one that runs these tests, stamped."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").symlink_to(Path(sys.executable))
    (folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    (folder / "pyvenv.cfg").write_text((Path(sys.prefix) / "pyvenv.cfg").read_text())
    stamp = {"path": str(folder.resolve())}
    for name, file in (("agent", "requirements-agent.txt"), ("server", "requirements.txt")):
        text = (ROOT / file).read_text(encoding="utf-8")
        stamp[name] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "so-token.json").write_text(json.dumps(stamp))
    return folder


class Started:
    """A running start.py; its output is collected while it runs."""

    def __init__(self, *arguments: str, root: Path = ROOT, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(root / "start.py"), *arguments],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line.rstrip())

    @property
    def text(self) -> str:
        """Everything said so far."""
        return "\n".join(self.lines)

    def wait_for(self, words: str) -> None:
        """Wait until it has said these words."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.text:
            ended = self.process.poll() is not None and not self._reader.is_alive()
            gone = ended or time.monotonic() > deadline
            assert not gone, f"{words!r} not in: {self.text}"
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end and return the exit status."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return status

    def children(self) -> list[int]:
        """Return the process ids of its direct children, the server first."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def status_of(url: str) -> int:
    """Return the HTTP status that a page answers with, on this computer, whoever signed its TLS."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=60, context=context) as answer:  # noqa: S310 # ours
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code


def until_free(port: int) -> None:
    """Wait until nobody listens on that port any more."""
    deadline = time.monotonic() + PATIENCE
    while listening(port):
        assert time.monotonic() < deadline, f"port {port} is still taken"
        time.sleep(0.1)
