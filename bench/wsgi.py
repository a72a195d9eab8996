"""Compare the WSGI servers that may carry Sổ Token: ``python bench/wsgi.py [--seconds 4] [NAME…]``.

Each server runs alone in its own processes, serves the same small Flask page, and is asked over
loopback by one asyncio client with kept-alive connections. Besides speed it shows what decides on
an office network: does one slow or silent client stop the others, over plain HTTP and over TLS?
Figures of this bench stand in docs/decisions/0001-wsgi-server.md. Linux only (reads /proc).
"""

import argparse
import asyncio
import contextlib
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, render_template_string, request

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tls

THREADS = 8
SERVERS = ("waitress", "cheroot", "granian-1", "granian-2")
PAGE = """<!doctype html><title>Sổ Token</title><table>
{% for row in rows %}<tr><td>{{ row }}</td><td>{{ loop.index }}</td></tr>{% endfor %}</table>"""


def create_app() -> Flask:
    """Return the page that all servers serve: 50 rows, about 3 KB."""
    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def page() -> str:
        request.get_data()
        return render_template_string(PAGE, rows=[f"Thiết bị số {i}" for i in range(50)])

    return app


app = create_app()


def serve(name: str, port: int, cert: Path | None, key: Path | None) -> None:
    """Run one server in this process until it is told to stop."""
    if name == "waitress":
        import waitress

        waitress.serve(app, host="127.0.0.1", port=port, threads=THREADS, _quiet=True)
    elif name == "cheroot":
        from cheroot.ssl.builtin import BuiltinSSLAdapter
        from cheroot.wsgi import Server

        server = Server(("127.0.0.1", port), app, numthreads=THREADS)
        if cert:
            server.ssl_adapter = BuiltinSSLAdapter(str(cert), str(key))
        server.safe_start()
    else:
        from granian import Granian
        from granian.constants import Interfaces
        from granian.http import HTTP1Settings

        sys.path.insert(0, str(Path(__file__).parent))
        Granian(
            "wsgi:app",
            port=port,
            interface=Interfaces.WSGI,
            workers=int(name[-1]),
            blocking_threads=THREADS,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            websockets=False,
            log_enabled=False,
            ssl_cert=cert,
            ssl_key=key,
        ).serve()


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """Return the process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [each for child in children for each in family(int(child))]


def memory_mib(pid: int) -> float:
    """Return the proportional memory (PSS) of a process with its descendants, in MiB."""
    total = 0
    for each in family(pid):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


@contextlib.contextmanager
def running(name: str, cert: Path | None, key: Path | None) -> Iterator[tuple[int, int]]:
    """Start a server, wait until it listens, yield (port, pid), then print how it stopped."""
    port = free_port()
    args = [sys.executable, __file__, "--serve", name, "--port", str(port)]
    if cert and key:
        args += ["--cert", str(cert), "--key", str(key)]
    child = subprocess.Popen(args, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        time.sleep(1.0)
        yield port, child.pid
    finally:
        began = time.perf_counter()
        child.terminate()
        try:
            status: object = child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            status = "had to be killed"
        print(f"    SIGTERM: exit {status} after {time.perf_counter() - began:.2f} s")


def context(tls_on: bool) -> ssl.SSLContext | None:
    """Return a client context that accepts the bench's own certificate."""
    if not tls_on:
        return None
    client = ssl.create_default_context()
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    return client


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send one GET over an open connection, read the whole answer; is the connection kept?"""
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise OSError(head[:40])
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return b"connection: close" not in head.lower()


async def load(port: int, tls_on: bool, clients: int, seconds: float) -> tuple[list[float], int]:
    """Ask without pause from a number of clients; return the times in ms and the failures."""
    times: list[float] = []
    failures = 0
    end = time.perf_counter() + seconds
    use = context(tls_on)

    async def client() -> None:
        nonlocal failures
        kept, writer = False, None
        while time.perf_counter() < end:
            began = time.perf_counter()
            try:
                async with asyncio.timeout(10):
                    if not kept or writer is None:
                        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=use)
                    kept = await ask(reader, writer)
                times.append((time.perf_counter() - began) * 1000)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                failures += 1
                kept = False
            if not kept and writer:
                writer.transport.abort()

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, failures


async def beside(port: int, tls_on: bool, kind: str, count: int = 20) -> str:
    """Open slow clients of one kind, then time a fresh honest client (given up after 12 s)."""
    slow = []
    for _ in range(count):
        use = context(tls_on) if kind != "silent" else None
        opening = asyncio.open_connection("127.0.0.1", port, ssl=use)
        try:
            _reader, writer = await asyncio.wait_for(opening, 3)
        except (OSError, TimeoutError):
            continue
        if kind == "header":
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        elif kind == "body":
            writer.write(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")
        slow.append(writer)
    await asyncio.sleep(0.3)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(12):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context(tls_on))
            await ask(reader, writer)
            writer.close()
        verdict = f"{(time.perf_counter() - began) * 1000:.0f} ms"
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
        verdict = f"no answer in 12 s ({type(problem).__name__})"
    for writer in slow:
        writer.transport.abort()
    return verdict


def measure(name: str, seconds: float, cert: Path | None, key: Path | None) -> None:
    """Print all figures of one server, with TLS when a certificate is given."""
    print(f"  {name}, {'TLS' if cert else 'plain'}")
    with running(name, cert, key) as (port, pid):
        for clients in (1, 16, 100):
            times, failures = asyncio.run(load(port, bool(cert), clients, seconds))
            rate, cut = len(times) / seconds, statistics.quantiles(times, n=100)
            print(
                f"    {clients:3} clients: {rate:6.0f} pages/s, p50 {cut[49]:6.1f} ms,"
                f" p99 {cut[98]:6.1f} ms, {failures} failed"
            )
        print(f"    memory {memory_mib(pid):.0f} MiB")
    for kind in ("header", "body", *(("silent",) if cert else ())):
        with running(name, cert, key) as (port, _pid):
            print(f"    beside 20 slow clients ({kind}):", end=" ", flush=True)
            print(asyncio.run(beside(port, bool(cert), kind)))


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=SERVERS)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--cert", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--key", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve, args.port, args.cert, args.key)
        return
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        cert, key = tls.ensure(Path(folder))
        for name in args.names:
            measure(name, args.seconds, None, None)
            if name != "waitress":  # It has no TLS of its own.
                measure(name, args.seconds, cert, key)


if __name__ == "__main__":
    main()
