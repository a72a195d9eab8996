"""Servers that are slow, endless, broken or false: the agent gives up in time, with one reason."""

from __future__ import annotations

import inspect
import json
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from signing import messages
from signing.agent import client as client_module
from signing.agent.client import Address, Patience, ServerClient
from signing.agent.clock import now
from signing.agent.state import AgentState
from signing.errors import ServerUnreachable, SigningError
from signing.messages import (
    HEARTBEAT_PATH,
    AnswerForged,
    MessageMalformed,
    ServerIdentity,
    ServerKey,
    ServerRefused,
    TlsMismatch,
    sign_response,
)
from tests.signing.agent.conftest import PIN, Browser
from tests.signing.agent.office import NAME, Office
from tests.signing.pki import Holder

KEY = ServerKey.generate()
#: So much that whoever is not given up for what they say is never given up.
USUAL = Patience(silent=3600, whole=3600)
SHORT = Patience(silent=0.25, whole=0.5)
#: These never come to an end by themselves; waiting for them is cut short.
SLOW = {"silent", "drips its status", "drips headers", "drips the body", "goes on for ever"}
Play = Callable[[socket.socket, threading.Event], None]


@contextmanager
def playing(play: Play) -> Iterator[int]:
    """A server on a port of loopback that treats every caller with `play`."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    crew: list[threading.Thread] = []

    def one(caller: socket.socket) -> None:
        with caller, suppress(OSError, ssl.SSLError):
            play(caller, over)

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, _ = listener.accept()
                crew.append(threading.Thread(target=one, args=(caller,)))
                crew[-1].start()

    main = threading.Thread(target=serve)
    main.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in (main, *crew):
            each.join()


def says(*pieces: bytes, pause: float = 0.0, for_ever: bytes = b"") -> Play:
    """Reads the request, says the pieces, then `for_ever` again and again while anybody listens."""

    def play(caller: socket.socket, over: threading.Event) -> None:
        caller.recv(1 << 16)
        for piece in pieces:
            caller.sendall(piece)
        while for_ever and not over.is_set():
            caller.sendall(for_ever)
            over.wait(pause)

    return play


def silent(caller: socket.socket, over: threading.Event) -> None:
    over.wait()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FALSE: dict[str, tuple[Play, type[SigningError]]] = {
    "silent": (silent, ServerUnreachable),
    "closes at once": (lambda caller, _: None, ServerUnreachable),
    "drips its status": (says(for_ever=b"H", pause=0.02), ServerUnreachable),
    "drips headers": (says(HEAD, for_ever=b"X: y\r\n", pause=0.02), ServerUnreachable),
    "drips the body": (says(HEAD + b"\r\n", for_ever=b" ", pause=0.02), ServerUnreachable),
    "endless headers": (says(HEAD, for_ever=b"X: y\r\n" * 500), ServerUnreachable),
    "endless header": (says(HEAD + b"X: ", for_ever=b"y" * 65_536), ServerUnreachable),
    "goes on for ever": (says(for_ever=b"HTTP/1.1 100 Continue\r\n\r\n" * 50), ServerUnreachable),
    "no HTTP": (says(b"\x00\xff SSH-2.0-x\r\n\r\n"), ServerUnreachable),
    "short": (says(HEAD + b"Content-Length: 99\r\n\r\n{}"), ServerUnreachable),
    "promises too much": (says(HEAD + b"Content-Length: %d\r\n\r\n{}" % 10**18), ServerUnreachable),
    "two lengths": (
        says(HEAD + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
        AnswerForged,
    ),
    "a chunk of -5": (
        says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", for_ever=b"x" * 65_536),
        SigningError,
    ),
    "a chunk without end": (
        says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", for_ever=b"x" * 65_536),
        SigningError,
    ),
    "no such chunk": (
        says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n"),
        ServerUnreachable,
    ),
    "sends elsewhere": (
        says(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
        ServerRefused,
    ),
    "not signed": (says(HEAD + b"Content-Length: 2\r\n\r\n{}"), AnswerForged),
    "signed by nobody": (
        says(HEAD + b"X-So-Token-Answer: x\r\nContent-Length: 2\r\n\r\n{}"),
        AnswerForged,
    ),
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> AgentState:
    return AgentState(tmp_path_factory.mktemp("agent"))


def ask(
    state: AgentState, port: int, how: str = "", scheme: str = "http", pinned: str = ""
) -> None:
    client = ServerClient(state, now, SHORT if how in SLOW else USUAL)
    client.call_key(Address(scheme, "127.0.0.1", port), KEY.public, pinned, HEARTBEAT_PATH, b"{}")


@pytest.mark.parametrize("how", FALSE)
def test_a_false_server_is_given_up_in_time_with_one_reason(
    how: str, state: AgentState, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 4 << 20)
    play, expected = FALSE[how]
    with playing(play) as port, pytest.raises(expected):
        ask(state, port, how)


@pytest.mark.parametrize("how", ["silent", "no HTTP", "closes at once", "drips its status"])
def test_a_server_that_breaks_the_handshake_is_given_up_too(how: str, state: AgentState):
    with playing(FALSE[how][0]) as port, pytest.raises(ServerUnreachable):
        ask(state, port, how, "https")


def test_another_certificate_than_the_pinned_one_gets_no_byte_of_the_request(
    tmp_path: Path, holder: Holder, state: AgentState
):
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem = tmp_path / "other.pem"
    secret = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(secret + holder.certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    heard: list[bytes] = []

    def play(caller: socket.socket, _: threading.Event) -> None:
        with context.wrap_socket(caller, server_side=True) as inside:
            heard.append(inside.recv(1 << 16))

    with playing(play) as port, pytest.raises(TlsMismatch):
        ask(state, port, "", "https", "ab" * 32)
    assert not any(heard)


VALUES = (
    *(None, True, -1, 10**30, 1.5, "", "x" * 5000, "\ud800", "\x00", "ấ", [], {}, [[]], [{}]),
    *(["a", 1], {"a": {}}, float("inf"), "2026-13-45T99:99:99Z", "9999-12-31T23:59:59Z"),
)


def altered(body: bytes, chance: random.Random) -> bytes:
    """A message with something else in one of its places, or cut, or nested too deep."""
    act = chance.randrange(10)
    if act == 0:
        return body[: chance.randrange(len(body) or 1)]
    if act == 1:
        return b"[" * 50_000
    if act == 2:
        return body.replace(b":", b":" + b'{"a":' * chance.choice([2, 5000]), 1)
    if act == 3:
        place = chance.randrange(len(body) or 1)
        return body[:place] + chance.randbytes(2) + body[place + 1 :]
    data = json.loads(body)
    inside: object = data
    while isinstance(inside, (dict, list)) and inside:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = chance.choice(keys)
        if not isinstance(inside[key], (dict, list)) or not inside[key] or chance.random() < 0.3:
            inside[key] = chance.choice(VALUES)
            if chance.random() < 0.2 and isinstance(inside, dict):
                del inside[key]
            break
        inside = inside[key]
    return json.dumps(data, allow_nan=True).encode("utf-8", "surrogatepass")


def readers() -> dict[str, Callable[[bytes], object]]:
    """Everything of the protocol that reads the body of a message."""
    return {
        name: each.from_body
        for name, each in vars(messages).items()
        if inspect.isclass(each) and hasattr(each, "from_body")
    }


def test_no_message_of_either_side_is_read_into_anything_but_a_value_or_a_refusal(
    paired: Browser, agent: object, office: Office, holder: Holder
):
    heard: list[bytes] = []
    office.tamper = lambda body: heard.append(body) or body
    _, ticket = office.press_sign(agent.state.keys.public, holder, count=2)  # type: ignore[attr-defined]
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    paired.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)  # type: ignore[attr-defined]
    paired.open("/nhat-ky?doi-chieu=1")
    heard += [body for _, _, body in office.seen]
    chance = random.Random(20261121)  # noqa: S311  # repeatable, nothing secret
    bodies = sorted({each for each in heard if len(each) < 100_000 and each.startswith(b"{")})
    tried = 0
    for name, read in readers().items():
        for body in bodies:
            for _ in range(6):
                wrong = altered(body, chance)
                try:
                    read(wrong)
                except SigningError:
                    pass
                except Exception as error:
                    raise AssertionError((name, wrong[:300])) from error
                tried += 1
    assert len(readers()) > 10
    assert tried > 500


def test_an_identity_that_is_signed_but_makes_no_sense_is_refused(state: AgentState):
    chance = random.Random(20261121)  # noqa: S311  # repeatable, nothing secret
    true = ServerIdentity(NAME, KEY.public, "0.1.0", "").to_body()
    told: list[bytes] = []

    def play(caller: socket.socket, _: threading.Event) -> None:
        asked = caller.recv(1 << 16).decode()
        nonce = asked.split("nonce=")[1].split()[0]
        body = altered(true, chance)
        told.append(body)
        header = sign_response(KEY, nonce=nonce, status=200, body=body, at=now())
        lines = f"{messages.RESPONSE_HEADER}: {header}\r\nContent-Length: {len(body)}\r\n\r\n"
        caller.sendall(HEAD + lines.encode() + body)

    client = ServerClient(state, now, USUAL)
    understood = 0
    with playing(play) as port:
        for _ in range(150):
            with suppress(MessageMalformed, AnswerForged, SigningError):
                identity, _ = client.identity(Address("http", "127.0.0.1", port))
                assert identity.key == KEY.public
                understood += 1
    assert len(told) == 150
    assert understood < 75
