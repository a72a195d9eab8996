"""Server and agent: started, watched, stopped."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

from starting.console import INSTANCE, ROOT, WINDOWS, Trouble, rotate, say
from starting.processes import PYTHON, STOP_SECONDS, apart, attached, environment

READY_SECONDS = 60


class Child:
    """The server or the agent: started, watched, started again once when it crashes, stopped."""

    def __init__(
        self, title: str, module: str, arguments: Sequence[str], url: str, **variables: str
    ) -> None:
        self.title, self.url, self.variables = title, url, variables
        self.given_up = False
        self._module, self._arguments = module, arguments
        self._log = INSTANCE / "logs" / f"{module.split('.')[-1]}.log"
        self._restarts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it with its output in its log."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        rotate(self._log)
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                attached("child", self._module, self._arguments, PYTHON),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(**self.variables),
                cwd=ROOT,
                **apart(),
            )

    def alive(self) -> bool:
        """Is it running?"""
        return self._process is not None and self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Wait until it answers; Trouble when it ends before that or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.url):
            if not self.alive():
                raise Trouble(f"{self.title} không khởi động được; chi tiết ở {self._log}.")
            if time.monotonic() > deadline:
                raise Trouble(f"{self.title} không trả lời sau {READY_SECONDS} giây.")
            time.sleep(0.05)

    def look_after(self) -> bool:
        """Start it again the first time it has ended by itself; False when it has ended twice."""
        if self.given_up or self.alive():
            return not self.given_up
        if self._restarts:
            self.given_up = True
            say(f"{self.title} lại dừng đột ngột; chi tiết ở {self._log}.")
            return False
        self._restarts += 1
        say(f"{self.title} dừng đột ngột; đang khởi động lại.")
        self.start()
        return True

    def ask_to_stop(self) -> None:
        """Ask it to end cleanly."""
        if self._process is None or not self.alive():
            return
        with contextlib.suppress(OSError):
            if WINDOWS:
                self._process.send_signal(signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined,unused-ignore]
            else:
                self._process.terminate()

    def stop(self) -> None:
        """Wait until it has ended; end it by force when that takes too long."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def answers(url: str) -> bool:
    """Does a server answer there, with whatever page that is not an error of its own?"""
    context = ssl.create_default_context()
    context.check_hostname = False  # Our own server on this very machine, perhaps self-signed.
    context.verify_mode = ssl.CERT_NONE
    no_proxy = urllib.request.ProxyHandler({})
    opener = urllib.request.build_opener(no_proxy, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except (OSError, ValueError):
        return False


def wait_until_ready(children: Sequence[Child]) -> None:
    """Wait for all; Trouble when the first one, the server, does not come up.

    Without an agent all but signing works, so its failure is said and the server goes on.
    """
    children[0].wait_until_ready()
    for child in children[1:]:
        try:
            child.wait_until_ready()
        except Trouble as trouble:
            child.given_up = True
            say(str(trouble))


def watch(children: Sequence[Child]) -> int:
    """Look after the children until a signal comes; 1 when the first one, the server, is lost."""
    while True:
        time.sleep(0.3)
        for child in children:
            if not child.look_after() and child is children[0]:
                return 1


@contextlib.contextmanager
def running(children: Sequence[Child]) -> Iterator[None]:
    """Start the children, and stop them all whatever happens."""
    try:
        for child in children:
            child.start()
        yield
    finally:
        for number in stop_signals():
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()


def stop_signals() -> list[int]:
    """Return the signals that ask this program to end."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def check_port(host: str, port: int, option: str) -> None:
    """Raise Trouble when another program listens on that port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if not WINDOWS:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno in (errno.EADDRNOTAVAIL, -errno.ENOENT) or isinstance(
                problem, socket.gaierror
            ):
                raise Trouble(f"Máy này không có địa chỉ mạng {host}.") from problem
            if problem.errno == errno.EACCES and port < 1024:
                raise Trouble(
                    f"Tài khoản này không được mở cổng {port}; hãy chọn cổng từ 1024 trở lên, "
                    f"ví dụ {option} {port + 17000}."
                ) from problem
            raise Trouble(
                f"Cổng {port} đang được chương trình khác dùng (có thể Sổ Token đã chạy rồi); "
                f"hãy đóng chương trình đó hoặc thêm {option} {port + 10}."
            ) from problem
