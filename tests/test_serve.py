"""The real server process: limits on what clients send, TLS, and no one client stops the others."""

import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

import clock
import serve
import tls
from tests.ports import free_port
from tests.signing.pki import key
from tests.signing.tokens.conftest import self_signed
from tests.starting import ROOT, listening, status_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """The port of a running server on empty data of the test's own."""
    port = free_port()
    environment = {**os.environ, "SO_TOKEN_INSTANCE": str(tmp_path), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "serve.py"), "--port", str(port)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not listening(port):
            assert process.poll() is None
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0


def open_request(port: int, head: bytes) -> socket.socket:
    """Send the beginning of a request and leave it there."""
    client = socket.create_connection(("127.0.0.1", port), 60)
    client.sendall(head)
    return client


def first_line(client: socket.socket) -> bytes:
    """Return the status line of the answer."""
    with client, client.makefile("rb") as answer:
        return answer.readline()


def test_clients_that_send_their_body_slowly_do_not_stop_the_pages(server: int) -> None:
    head = b"POST /dang-nhap HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx"
    slow = [open_request(server, head) for _ in range(20)]
    assert status_of(f"http://127.0.0.1:{server}/dang-nhap") == 200
    for client in slow:
        client.close()


def test_clients_that_never_finish_their_head_do_not_stop_the_pages(server: int) -> None:
    head = b"GET /dang-nhap HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    slow = [open_request(server, head) for _ in range(20)]
    assert status_of(f"http://127.0.0.1:{server}/dang-nhap") == 200
    for client in slow:
        client.close()


def test_a_body_over_the_limit_is_refused_before_it_is_sent(server: int) -> None:
    head = b"POST /dang-nhap HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"
    assert first_line(open_request(server, head)).split()[1] == b"413"


def test_one_address_cannot_take_all_places_for_arriving_bodies(server: int) -> None:
    head = b"POST /dang-nhap HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx"
    slow = [open_request(server, head) for _ in range(serve.BODIES_PER_ADDRESS + 1)]
    assert status_of(f"http://127.0.0.1:{server}/dang-nhap") == 200
    # Whichever arrives last finds no place; the others are still waited for.
    answered, _, _ = select.select(slow, [], [], 60)
    (refused,) = answered
    assert first_line(refused).split()[1] == b"503"
    for client in slow:
        client.close()


class Recorder:
    """A WSGI application that keeps what it was given."""

    def __init__(self) -> None:
        self.body: bytes | None = None
        self.length: str | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Read the whole body."""
        self.body = environ["wsgi.input"].read()
        self.length = environ["CONTENT_LENGTH"]
        return [b"done"]


def answer(guard: serve.BodyGuard, environ: dict[str, Any]) -> tuple[bytes, list[str]]:
    """Ask as a server does, to the end and closing; return (content, statuses)."""
    statuses: list[str] = []
    parts = guard(environ, lambda status, headers: statuses.append(status))
    content = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return content, statuses


def test_a_body_of_unknown_length_arrives_whole_with_its_length() -> None:
    recorder = Recorder()
    guard = serve.BodyGuard(recorder, limit=200_000, seconds=5)
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(b"x" * 150_000)}
    assert answer(guard, environ) == (b"done", [])
    assert (recorder.body, recorder.length) == (b"x" * 150_000, "150000")


def test_a_body_of_unknown_length_over_the_limit_shows_its_size_to_the_application() -> None:
    recorder = Recorder()
    guard = serve.BodyGuard(recorder, limit=1000, seconds=5)
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(b"x" * 150_000)}
    answer(guard, environ)
    assert int(recorder.length or 0) > 1000


def test_a_body_cut_short_never_reaches_the_application() -> None:
    recorder = Recorder()
    guard = serve.BodyGuard(recorder, limit=1000, seconds=5)
    environ = {"CONTENT_LENGTH": "10", "wsgi.input": BytesIO(b"x")}
    assert answer(guard, environ)[1] == ["400 Bad Request"]
    assert recorder.body is None


class NoRoom:
    """A body for which the disk has no room."""

    def read(self, size: int = -1) -> bytes:
        """Fail as a write to a full disk does."""
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_body_for_which_the_disk_has_no_room_is_not_called_cut_short() -> None:
    guard = serve.BodyGuard(Recorder(), limit=1000, seconds=5)
    content, statuses = answer(guard, {"CONTENT_LENGTH": "10", "wsgi.input": NoRoom()})
    assert statuses == ["507 Insufficient Storage"]
    assert "Ổ đĩa của máy chủ đã đầy" in content.decode()


class Stuck:
    """A body that never comes."""

    def __init__(self) -> None:
        self.gone = threading.Event()

    def read(self, size: int = -1) -> bytes:
        """Wait until the client is gone."""
        self.gone.wait()
        return b""


def test_a_body_that_never_comes_is_given_up_and_counts_against_its_sender_only() -> None:
    recorder = Recorder()
    guard = serve.BodyGuard(recorder, limit=1000, seconds=0.3)
    stuck = Stuck()
    slow = {"CONTENT_LENGTH": "10", "wsgi.input": stuck, "REMOTE_ADDR": "192.0.2.1"}
    for _ in range(serve.BODIES_PER_ADDRESS):
        assert answer(guard, dict(slow))[1] == ["408 Request Timeout"]
    assert answer(guard, dict(slow))[1] == ["503 Service Unavailable"]
    guard._seconds = 60  # whoever sends what was promised has time, however slow the machine
    honest = {"CONTENT_LENGTH": "1", "wsgi.input": BytesIO(b"x"), "REMOTE_ADDR": "192.0.2.2"}
    assert answer(guard, honest)[0] == b"done"
    stuck.gone.set()


def shown(folder: Path, host: str = "") -> str:
    """The fingerprint of the certificate that a start would serve with."""
    return tls.read(tls.ensure(folder, host)[0]).fingerprint


def test_a_generated_certificate_is_kept_and_names_every_address_of_the_computer(
    tmp_path: Path,
) -> None:
    first = tls.ensure(tmp_path / "tls", "0.0.0.0")  # noqa: S104 # read only
    leaf = tls.read(first[0])
    assert shown(tmp_path / "tls", "0.0.0.0") == leaf.fingerprint  # noqa: S104
    assert leaf.generated
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        with suppress(OSError):
            way.connect(("192.168.255.255", 9))  # The address that colleagues in the LAN type.
        mine = way.getsockname()[0]
    assert {"127.0.0.1", mine} - {"0.0.0.0"} <= set(leaf.addresses)  # noqa: S104
    assert {"localhost", socket.gethostname().lower()} <= set(leaf.names)
    assert "0.0.0.0" not in (*leaf.names, *leaf.addresses)  # noqa: S104


def test_a_generated_certificate_is_renewed_before_its_end_and_when_an_address_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_address(address: str) -> None:
        monkeypatch.setattr(tls, "_addresses_on_the_way", lambda: {address})

    with_address("10.1.2.3")
    first = shown(tmp_path)
    with_address("2001:db8::7")  # Of IPv6 there are new ones every day.
    assert shown(tmp_path) == first
    with_address("10.9.9.9")
    second = shown(tmp_path)
    assert second != first
    assert {"10.1.2.3", "10.9.9.9"} <= set(tls.read(tmp_path / "cert.pem").addresses)
    with_address("10.1.2.3")  # A network that comes and goes changes nothing more.
    assert shown(tmp_path) == second
    assert shown(tmp_path, "so-token.example") != second
    third = shown(tmp_path)
    near = clock.now() + tls.VALID_FOR - timedelta(days=29)
    monkeypatch.setattr(clock, "now", lambda: near)
    fourth = tls.read(tls.ensure(tmp_path)[0])
    assert fourth.fingerprint != third
    assert "10.9.9.9" not in fourth.addresses
    words = tls.notice(fourth, third, near)
    assert fourth.fingerprint in words[0]
    assert "đã thay" in words[1]


def test_the_offices_own_certificate_is_spoken_about_and_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = self_signed(key("tls so-token", 256), "so-token.example")  # type: ignore[arg-type]
    (tmp_path / "cert.pem").write_bytes(holder.public_bytes(Encoding.PEM))
    own = key("tls so-token", 256)
    words = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(own.private_bytes(*words))
    at = tls.read(tmp_path / "cert.pem").ends_at - timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: at)
    leaf = tls.read(tls.ensure(tmp_path, "10.0.0.1")[0])
    assert not leaf.generated
    assert "sắp hết hạn" in tls.notice(leaf, leaf.fingerprint, at)[1]
    with pytest.raises(tls.TlsError, match="do cơ quan đặt"):
        tls.renew(tmp_path)
    other = key("tls khac", 256).private_bytes(*words)
    locked = own.private_bytes(*words[:2], BestAvailableEncryption(b"x"))
    for spoiled, sentence in ((other, "không phải khóa của"), (locked, "mật khẩu"), (b"", "PEM")):
        (tmp_path / "key.pem").write_bytes(spoiled)
        with pytest.raises(tls.TlsError, match=sentence):
            tls.ensure(tmp_path)


def test_half_of_an_offices_own_pair_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("the office's own")
    with pytest.raises(tls.TlsError, match=r"key\.pem"):
        tls.ensure(tmp_path)
    assert (tmp_path / "cert.pem").read_text() == "the office's own"


def test_a_pair_whose_making_was_cut_short_is_completed(tmp_path: Path) -> None:
    first = shown(tmp_path)
    aside = tmp_path / tls._NEW_CERTIFICATE
    (tmp_path / "cert.pem").rename(aside)
    assert shown(tmp_path) == first
    old = (tmp_path / "cert.pem").read_bytes()
    renewed = tls.renew(tmp_path).fingerprint
    (tmp_path / "cert.pem").rename(aside)
    (tmp_path / "cert.pem").write_bytes(old)  # Killed when the new key was there and the old leaf.
    assert shown(tmp_path) == renewed
    key_of_it = (tmp_path / "key.pem").read_bytes()
    (tmp_path / "cert.pem").write_bytes(old)  # The same, and the new leaf is lost.
    third = shown(tmp_path)
    assert third not in (first, renewed)
    assert (tmp_path / tls._UNFIT_KEY).read_bytes() == key_of_it
    aside.write_bytes(old)  # Of one who is making a pair at this moment.
    assert shown(tmp_path) == third
    assert aside.read_bytes() == old


def test_only_what_was_made_here_is_replaced_whatever_it_is_called(tmp_path: Path) -> None:
    own = key("tls so-token", 256)
    holder = self_signed(own, "So Token UBND xã")  # type: ignore[arg-type]
    cert = tmp_path / "cert.pem"
    cert.write_bytes(holder.public_bytes(Encoding.PEM))
    words = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(own.private_bytes(*words))
    before = cert.read_bytes()
    assert not tls.read(tls.ensure(tmp_path, "so-token.example")[0]).generated
    assert cert.read_bytes() == before
    for each in tmp_path.iterdir():
        each.unlink()
    first = tls.renew(tmp_path)
    (tmp_path / tls.MADE).unlink()  # As version 0.1.0 left it.
    assert tls.read(cert) == first


def test_a_clock_put_back_throws_no_certificate_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shown(tmp_path)
    past = clock.now() - timedelta(days=3000)
    monkeypatch.setattr(clock, "now", lambda: past)
    assert shown(tmp_path) == first


def test_a_name_that_is_too_long_for_the_dns_stops_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "a" * 64)
    assert "localhost" in tls.read(tls.ensure(tmp_path)[0]).names


def started(instance: Path, host: str) -> str:
    """What a start at that address tells."""
    assert serve._certificate(serve.Config.load(instance), host)
    return (instance / "tls" / tls.NOTICE).read_text(encoding="utf-8")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that a start sets, taken back afterwards."""
    for each in (serve.TLS_VARIABLE, serve.TLS_LEAF_VARIABLE, serve.TLS_FILE_VARIABLE):
        monkeypatch.setenv(each, "")


@pytest.mark.usefixtures("environment")
def test_a_start_tells_of_a_certificate_that_was_replaced_since_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, host = tmp_path / "tls", "so-token.example"
    assert "đã thay" not in started(tmp_path, host)
    assert "đã thay" not in started(tmp_path, host)
    near = clock.now() + tls.VALID_FOR - timedelta(days=29)
    monkeypatch.setattr(clock, "now", lambda: near)
    renewed = tls.renew(folder)  # As the command line does, which knows no host.
    assert host in renewed.names
    told = started(tmp_path, host)
    assert "đã thay" in told
    assert renewed.fingerprint in told
    assert "đã thay" not in started(tmp_path, host)


@pytest.mark.usefixtures("environment")
def test_a_folder_that_cannot_be_written_stops_no_start(tmp_path: Path) -> None:
    tls.renew(tmp_path / "tls")
    for each in (tls.NOTICE, tls.SERVED):
        (tmp_path / "tls" / each).mkdir()
    assert serve._certificate(serve.Config.load(tmp_path), "localhost.example")
    assert serve._certificate(serve.Config.load(tmp_path), "127.0.0.1") is None


@pytest.mark.usefixtures("environment")
def test_a_serving_process_that_comes_back_states_the_certificate_that_it_serves(
    tmp_path: Path,
) -> None:
    started(tmp_path, "so-token.example")
    renewed = tls.renew(tmp_path / "tls")
    serve.state_leaf()
    stated = serve.Config.load(tmp_path).tls_sha256
    assert stated == renewed.fingerprint.replace(":", "").lower()


def test_the_daily_work_begins_at_once_when_somebody_asks_for_it() -> None:
    begun = threading.Event()
    wake = serve._work_daily(begun.set)
    assert not begun.is_set()
    wake.set()
    assert begun.wait(10)
