"""Serve the web application: ``python serve.py --host 127.0.0.1 --port 17990`` (granian, ADR 0001).

Plain HTTP on loopback; TLS everywhere else, with the office's certificate in instance/tls/ or a
generated one. While practice data exist, nothing but loopback is served.
"""

import argparse
import errno
import gc
import ipaddress
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from werkzeug.wsgi import ClosingIterator

import clock
import tls
from config import DEFAULT_PORT, Config, ConfigError

#: Requests the application works on at once. A page is mostly Python: more would only wait longer,
#: and each holds a database connection.
AT_WORK = 8
#: Bodies that may be arriving at once, in all and from one address. Each holds a serving thread.
BODIES_AT_ONCE, BODIES_PER_ADDRESS = 32, 12
#: Serving threads, so that pages are served however many bodies are arriving.
THREADS = AT_WORK + BODIES_AT_ONCE
#: Seconds in which the head of a request must have arrived.
HEAD_SECONDS = 10
#: Seconds in which the body of a request must have arrived (40 MiB at 2.8 Mbit/s).
BODY_SECONDS = 120
#: A body smaller than this stays in memory, a larger one goes to a temporary file.
BODY_IN_MEMORY = 1024 * 1024
#: Read by config.py.
TLS_VARIABLE = "SO_TOKEN_TLS"
TLS_LEAF_VARIABLE = "SO_TOKEN_TLS_SHA256"
#: The certificate file that is served with, for the serving processes.
TLS_FILE_VARIABLE = "SO_TOKEN_TLS_FILE"
PORT_VARIABLE = "SO_TOKEN_PORT"

Environ = dict[str, Any]
Body = tuple[IO[bytes], int]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


log = logging.getLogger("so_token")

#: How long one thread may keep Python to itself while others wait. A page gives it away at each
#: statement and with the usual 5 ms waits as often for whoever reckons: the daily work, a letter.
SWITCH_SECONDS = 0.0005
#: Seconds from the start to the first daily work, and from one to the next.
FIRST_WORK_SECONDS = 30.0
WORK_EVERY_SECONDS = 3600.0
#: Signatures that wait for a time stamp are also looked for when nothing has woken their thread.
UPGRADES_EVERY_SECONDS = 300.0


def is_loopback(host: str) -> bool:
    """Is this the address (or the name) of this computer's loopback interface only?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Crowded(Exception):
    """Too many bodies are arriving."""


class BodyGuard:
    """WSGI middleware: read the body whole before the application starts, within limits.

    granian gives a request to a thread as soon as its head is there and cannot stop reading; a
    client that sends its body byte by byte would hold that thread for ever (bench/wsgi.py shows
    servers stopped by eight of them). Here a helper thread reads, the serving thread waits until
    the deadline and is free again; who holds too many helpers gets 503. A body over the limit is
    not read at all: the application sees its length, no bytes, and answers 413 with its own page.
    """

    def __init__(self, application: Application, *, limit: int, seconds: float) -> None:
        self._application = application
        self._limit = limit
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(AT_WORK)
        self._lock = threading.Lock()
        self._arriving = 0
        self._helpers: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if not _has_body(environ):
            with self._places:
                return self._application(environ, start_response)
        declared = int(environ.get("CONTENT_LENGTH") or 0)
        if declared > self._limit:
            environ["wsgi.input"] = BytesIO()
            with self._places:
                return self._application(environ, start_response)
        try:
            body, size = self._receive(environ, declared)
        except Crowded:
            return _refuse(start_response, "503 Service Unavailable", "Máy chủ đang bận nhận tệp.")
        except TimeoutError:
            return _refuse(start_response, "408 Request Timeout", "Dữ liệu gửi lên quá chậm.")
        except OSError as problem:
            return _refuse(start_response, *_broken_off(problem))
        environ["wsgi.input"] = body
        environ["CONTENT_LENGTH"] = str(size)
        with self._places:
            return ClosingIterator(self._application(environ, start_response), body.close)

    def _receive(self, environ: Environ, declared: int) -> Body:
        """Wait for the body until the deadline.

        Raises Crowded, TimeoutError, or OSError when the client went away.
        """
        address = str(environ.get("REMOTE_ADDR", ""))
        with self._lock:
            if self._arriving >= BODIES_AT_ONCE or self._helpers[address] >= BODIES_PER_ADDRESS:
                raise Crowded
            self._arriving += 1
            self._helpers[address] += 1
        reading: Future[Body] = Future()
        arguments = (reading, address, environ["wsgi.input"], declared)
        threading.Thread(target=self._help, args=arguments, name="body", daemon=True).start()
        try:
            return reading.result(self._seconds)
        except TimeoutError:
            reading.add_done_callback(_discard)
            raise
        finally:
            with self._lock:
                self._arriving -= 1

    def _help(
        self, reading: "Future[Body]", address: str, source: IO[bytes], declared: int
    ) -> None:
        """Be the helper: read the body, however long the client takes to send it or to go away."""
        try:
            reading.set_result(self._read(source, declared))
        except Exception as problem:
            reading.set_exception(problem if isinstance(problem, OSError) else OSError(problem))
        finally:
            with self._lock:
                self._helpers[address] -= 1
                if not self._helpers[address]:
                    del self._helpers[address]

    def _read(self, source: IO[bytes], declared: int) -> Body:
        """Return (the body, rewound; its size), the latter above the limit when it was too long.

        Raises TimeoutError after the deadline, OSError when the client went away.
        """
        deadline = time.monotonic() + self._seconds
        body: IO[bytes] = tempfile.SpooledTemporaryFile(BODY_IN_MEMORY)
        size = 0
        try:
            while size <= self._limit and (chunk := source.read(64 * 1024)):
                if time.monotonic() > deadline:
                    raise TimeoutError
                size += len(chunk)
                body.write(chunk)
            if size < declared:
                raise ConnectionAbortedError
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body, size


def _discard(reading: "Future[Body]") -> None:
    """Close a body that arrived after its deadline."""
    if not reading.cancelled() and reading.exception() is None:
        reading.result()[0].close()


def _has_body(environ: Environ) -> bool:
    return (
        environ.get("CONTENT_LENGTH") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in environ
    )


def _broken_off(problem: OSError) -> tuple[str, str]:
    """Why a body has not arrived: our disk has no room for it, or the client went away."""
    if problem.errno == errno.ENOSPC:
        return "507 Insufficient Storage", "Ổ đĩa của máy chủ đã đầy; báo ngay cho người quản trị."
    return "400 Bad Request", "Dữ liệu gửi lên bị ngắt giữa chừng."


def _refuse(start_response: Callable[..., Any], status: str, sentence: str) -> Iterable[bytes]:
    """Answer with one sentence; the application has not been asked."""
    body = f"{sentence} Hãy thử lại sau ít phút.\n".encode()
    start_response(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ],
    )
    return [body]


def spare_the_program() -> None:
    """Leave what the program is made of out of every search for garbage: it never becomes any.

    Halves the slowest pages of the registers (docs/figures.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def load_application() -> Application:
    """Build the guarded application; runs in the serving process, which granian has started."""
    from app import create_app

    _end_with_parent()
    state_leaf()
    settings = Config.load()
    application = create_app(settings)
    spare_the_program()
    sys.setswitchinterval(SWITCH_SECONDS)
    application.extensions["so_token_daily_wake"] = _work_daily(
        application.extensions["so_token_daily"]
    )
    application.extensions["so_token_upgrades_wake"] = _work_on_upgrades(
        application.extensions["so_token_upgrades"]
    )
    return BodyGuard(application.wsgi_app, limit=settings.upload_limit_bytes, seconds=BODY_SECONDS)


def state_leaf() -> None:
    """State to agents the leaf that this serving process serves: what the file holds now.

    A process that granian starts again reads the files again, which may have been replaced.
    Agents compare the leaf that they see with the one that the server states at pairing.
    """
    if served := os.environ.get(TLS_FILE_VARIABLE):
        leaf = tls.read(Path(served))
        os.environ[TLS_LEAF_VARIABLE] = leaf.fingerprint.replace(":", "").lower()


def _work_daily(work: Callable[[], object]) -> threading.Event:
    """Do the daily work soon after the start, then each hour: PCs that sleep at night miss none.
    The event that comes back wakes it at once, when e-mails wait that somebody asked for.
    """
    wake = threading.Event()

    def repeat() -> None:
        pause = FIRST_WORK_SECONDS
        while True:
            wake.wait(pause)
            wake.clear()
            try:
                work()
            except Exception:  # The next hour tries again; pages must not suffer from it.
                log.exception("daily work failed")
            pause = WORK_EVERY_SECONDS

    threading.Thread(target=repeat, name="daily", daemon=True).start()
    return wake


def _work_on_upgrades(work: Callable[[], object]) -> threading.Event:
    """Give signatures their time stamps in a thread of its own, for a time-stamp server may take
    minutes; the event that comes back wakes it when something new waits.
    """
    wake = threading.Event()

    def repeat() -> None:
        time.sleep(FIRST_WORK_SECONDS / 10)
        while True:
            wake.clear()
            try:
                work()
            except Exception:  # Tried again soon; pages must not suffer from it.
                log.exception("raising the level of signatures failed")
            wake.wait(UPGRADES_EVERY_SECONDS)

    threading.Thread(target=repeat, name="upgrades", daemon=True).start()
    return wake


def _end_with_parent() -> None:
    """End this process when the one that watches it has been killed, so that the port gets free."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments and serve until told to stop (Ctrl-C, SIGTERM, Ctrl-Break)."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Máy chủ của Sổ Token.")
    parser.add_argument("--host", default="127.0.0.1", help="địa chỉ phục vụ")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="cổng phục vụ")
    parser.add_argument("--workers", type=int, default=1, help="số tiến trình phục vụ")
    args = parser.parse_args(arguments)
    os.environ[PORT_VARIABLE] = str(args.port)
    try:
        settings = Config.load()
        certificate = _certificate(settings, args.host)
    except (ConfigError, tls.TlsError, OSError) as problem:
        sys.exit(str(problem))
    _serve(args.host, args.port, args.workers, certificate)


def _certificate(settings: Config, host: str) -> tuple[Path, Path] | None:
    """Return the TLS files to serve with, None on loopback.

    Raises ConfigError when practice data exist and the address is not loopback, tls.TlsError when
    the office's own files cannot be used.
    """
    folder = settings.instance / "tls"
    if is_loopback(host):
        with suppress(OSError):
            (folder / tls.NOTICE).unlink(missing_ok=True)
        return None
    if settings.practice:
        raise ConfigError(
            "Còn dữ liệu thử nghiệm nên chỉ được phục vụ tại 127.0.0.1; "
            "hãy chạy trước: python3 start.py cli init --empty"
        )
    before, _ = tls.last_served(folder)
    certificate = tls.ensure(folder, host)
    leaf = tls.read(certificate[0])
    # The serving processes read it: cookies become Secure, HSTS is sent.
    os.environ[TLS_VARIABLE] = "1"
    os.environ[TLS_FILE_VARIABLE] = str(certificate[0])
    shown = "".join(f"{line}\n" for line in tls.notice(leaf, before, clock.now()))
    tls.remember(folder, leaf, host, shown)  # start.py, which has the person's terminal, reads it.
    sys.stdout.write(shown)
    sys.stdout.flush()
    return certificate


def _serve(host: str, port: int, workers: int, certificate: tuple[Path, Path] | None) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings

    cert, key = certificate or (None, None)
    Granian(
        "serve:load_application",
        factory=True,
        address="127.0.0.1" if host == "localhost" else host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=128 * 1024
        ),
        websockets=False,
        ssl_cert=cert,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        working_dir=Path(__file__).resolve().parent,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
