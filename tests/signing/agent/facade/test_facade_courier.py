"""Where the façade fetches files from and brings them back to: one origin, and nowhere else."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from signing.agent.facade import courier as couriers
from signing.agent.facade.courier import Courier, Pass, name_of, own_path, read_answer
from signing.agent.facade.origins import Origin
from signing.agent.facade.tls import OwnCertificate
from signing.errors import SigningError
from tests.signing.agent.facade.callers import DocumentSystem

ORIGIN = Origin.parse("https://vanban.example:8443")


@pytest.mark.parametrize(
    "address",
    [
        "https://khac.example:8443/f.pdf",
        "http://vanban.example:8443/f.pdf",
        "https://vanban.example/f.pdf",
        "https://vanban.example:8443@khac.example/f.pdf",
        "https://ai@vanban.example:8443/f.pdf",
        "https://vanban.example:8443.khac.example/f.pdf",
        "//vanban.example:8443/f.pdf",
        "/f.pdf",
        "file:///etc/passwd",
        "https://vanban.example:8443\\@khac.example/",
        "https://vanban.example:8443/a\r\nHost: khac",
        "https://vanban.example:99999/f.pdf",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(SigningError) as told:
        own_path(ORIGIN, address)
    assert told.value.code == "address_foreign"


def test_an_address_at_home_is_read_as_a_browser_reads_it() -> None:
    base = "https://vanban.example:8443"
    assert own_path(ORIGIN, f"{base}/f/1.pdf?t=a&b=c") == "/f/1.pdf?t=a&b=c"
    assert own_path(ORIGIN, f"{base}/Tờ trình.pdf") == "/T%E1%BB%9D%20tr%C3%ACnh.pdf"
    assert own_path(Origin.parse("https://a.example"), "https://A.example:443/x") == "/x"
    assert name_of(f"{base}/T%E1%BB%9D%20tr%C3%ACnh%22.pdf?t=1") == "Tờ trình.pdf"
    assert name_of(f"{base}/") == "van-ban.pdf"
    assert name_of(f"{base}/..%2F..%2Fetc%2Fpasswd") == "etcpasswd"


def test_a_name_that_leads_to_this_computer_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SigningError) as told:
        Courier().fetch(
            Origin.parse("http://localhost.localdomain:9"),
            "http://localhost.localdomain:9/f.pdf",
            Pass(),
        )
    assert told.value.code in ("address_foreign", "download_failed")
    plain = ("127.0.0.1", "127.9.9.9", "::1", "::", "169.254.1.1", "224.0.0.1", "?")
    dressed = ("::ffff:127.0.0.1", "::ffff:169.254.1.1", "64:ff9b::7f00:1", "2002:7f00:1::1")
    for address in (*plain, *dressed):
        assert not couriers._allowed(Origin.parse("https://a.example"), address)
    assert couriers._allowed(Origin.parse("https://a.example"), "10.0.0.5")
    assert couriers._allowed(Origin.parse("http://127.0.0.1:8080"), "127.0.0.1")


def test_a_redirect_within_the_system_is_followed(system: DocumentSystem) -> None:
    origin = Origin.parse(system.origin)
    pdf = Courier().fetch(origin, f"{system.origin}/moved/quyet-dinh.pdf", Pass())
    assert pdf == system.files["quyet-dinh.pdf"]


def test_a_system_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SigningError) as told:
            Courier(whole_seconds=0.3).fetch(Origin.parse(address), f"{address}/a.pdf", Pass())
    assert told.value.code == "download_failed"


def _drip(connection: socket.socket) -> None:
    """A file without an announced length, that is not finished when the time is over."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7 ")
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b".")
            time.sleep(0.02)


def _pour(connection: socket.socket) -> None:
    """A chunk of less than nothing: who reads "the rest" of it reads all that comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n%PDF-1.7 ")
    with contextlib.suppress(OSError):
        for _ in range(64):
            connection.sendall(bytes(1 << 20))


def _half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n%PDF-1.7 ")


@pytest.mark.parametrize(
    ("answer", "patience", "code"),
    [
        (_half, 60, "download_failed"),
        (_drip, 0.5, "download_failed"),
        (_pour, 60, "pdf_too_large"),
    ],
)
def test_a_file_that_is_cut_short_or_never_ends_is_not_taken(
    answer: Callable[[socket.socket], None], patience: float, code: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve_once() -> None:
            connection, _peer = listener.accept()
            with connection:
                connection.recv(4096)
                answer(connection)

        thread = threading.Thread(target=serve_once, daemon=True)
        thread.start()
        tracemalloc.start()
        courier = Courier(whole_seconds=patience, largest=1 << 16)
        with pytest.raises(SigningError) as told:
            courier.fetch(Origin.parse(address), f"{address}/a.pdf", Pass())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        thread.join(10)
    assert told.value.code == code
    assert most < 8 << 20


def test_of_several_addresses_of_a_name_the_one_that_answers_is_taken(
    monkeypatch: pytest.MonkeyPatch, system: DocumentSystem
) -> None:
    origin = Origin.parse(system.origin)
    found = [(0, 0, 0, "", (place, origin.port)) for place in ("::1", "127.0.0.1")]
    look_up, dial = socket.getaddrinfo, socket.create_connection

    def both(*asked: Any, **named: Any) -> Any:
        return found if named else look_up(*asked)

    def dead_over_six(place: tuple[str, int], **named: Any) -> socket.socket:
        if place[0] == "::1":
            raise OSError("no route")
        return dial(place, **named)

    monkeypatch.setattr(socket, "getaddrinfo", both)
    monkeypatch.setattr(socket, "create_connection", dead_over_six)
    pdf = Courier().fetch(origin, f"{system.origin}/f/quyet-dinh.pdf", Pass())
    assert pdf == system.files["quyet-dinh.pdf"]


def test_a_system_over_tls_must_have_a_certificate_that_the_computer_trusts(
    tmp_path: Path, system: DocumentSystem
) -> None:
    own = OwnCertificate(tmp_path, lambda: datetime.now(UTC))  # noqa: TID251
    held = socket.create_server(("127.0.0.1", 0))
    with own.context().wrap_socket(held, server_side=True) as wrapped:
        address = f"https://127.0.0.1:{wrapped.getsockname()[1]}"

        def serve_once() -> None:
            for _ in range(2):
                try:
                    connection, _peer = wrapped.accept()
                except OSError:
                    continue
                connection.recv(4096)
                body = b"%PDF-1.7 "
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)
                connection.close()

        thread = threading.Thread(target=serve_once, daemon=True)
        thread.start()
        with pytest.raises(SigningError) as told:
            Courier().fetch(Origin.parse(address), f"{address}/a.pdf", Pass())
        assert told.value.code == "download_failed"

        def trusting() -> ssl.SSLContext:
            context = ssl.create_default_context()
            context.load_verify_locations(cadata=own.der)
            return context

        pdf = Courier(trusting).fetch(Origin.parse(address), f"{address}/a.pdf", Pass())
        assert pdf == b"%PDF-1.7 "
        thread.join(10)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b'{"Status": false, "Message": "Het han phien"}', "handler_refused"),
        (b'{"status": true, "message": "", "fileName": "a"}', "handler_answer_names"),
        (b'{"Status": true, "fileName": "a", "fileServer": "b"}', "handler_answer_names"),
        (b"<html>login</html>", "handler_answer_unreadable"),
        (b'{"Status": 0}', "handler_answer_unreadable"),
        (b'{"Status": "true"}', "handler_answer_unreadable"),
        (b'{"data": {"Status": true}}', "handler_answer_unreadable"),
        (b"[]", "handler_answer_unreadable"),
        (b"", "handler_answer_unreadable"),
    ],
)
def test_an_upload_handler_that_says_something_else_is_named(answer: bytes, code: str) -> None:
    with pytest.raises(SigningError) as told:
        read_answer(answer)
    assert told.value.code == code


def test_the_opaque_value_of_an_upload_handler_goes_through_as_it_is() -> None:
    nested = '{"fileEntryId": 7, "url": "/a"}'
    body = json.dumps({"Status": True, "FileName": "a.pdf", "FileServer": nested}).encode()
    assert read_answer(body).file_server == nested
    assert read_answer(b'{"Status": true, "FileServer": {"a": 1}}').file_server == '{"a": 1}'
    assert read_answer(b'{"Status": true}').file_server == ""
