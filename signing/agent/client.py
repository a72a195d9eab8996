"""The agent's only way out: a small HTTP client that talks to pinned servers and nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from signing.agent import VERSION
from signing.agent.state import AgentState
from signing.bodies import read_body
from signing.errors import ServerUnreachable, SigningError
from signing.messages import (
    IDENTITY_PATH,
    REQUEST_HEADER,
    RESPONSE_HEADER,
    AnswerForged,
    ClockSkew,
    MessageMalformed,
    Pairing,
    ServerIdentity,
    ServerPublicKey,
    ServerRefused,
    TlsMismatch,
    check_same_tls,
    new_nonce,
    raise_for_error,
    sign_request,
    verify_response,
)

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer that the agent reads before it gives up."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a server is given: `silent` without a single byte, `whole` for one exchange.

    A server that sends a byte now and then would otherwise hold the person for ever.
    """

    silent: float = 20.0
    whole: float = 120.0


class BadAddress(SigningError):
    code = "bad_address"
    message = "Địa chỉ máy chủ không đúng."
    advice = "Nhập địa chỉ dạng https://ten-may-chu hoặc https://10.0.0.5:8443."


@dataclass(frozen=True, slots=True)
class Address:
    """The origin of a server: scheme, host and port, never a path, a user or a query."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads what a person typed; https is assumed. Raises `BadAddress`."""
        typed = text.strip()
        if "://" not in typed:
            typed = "https://" + typed
        try:
            parts = urlsplit(typed)
            port = parts.port
        except ValueError as error:
            raise BadAddress from error
        bare = not (parts.username or parts.password or parts.query or parts.fragment)
        host = parts.hostname or ""
        sound = host and host.isascii() and all(char.isalnum() or char in "-._:" for char in host)
        if parts.scheme not in {"http", "https"} or not bare or not sound:
            raise BadAddress
        if parts.path not in {"", "/"}:
            raise BadAddress("path")
        return cls(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))

    @property
    def origin(self) -> str:
        """The origin as a browser writes it (RFC 6454)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")

    @property
    def exposed(self) -> bool:
        """Whether documents would cross the network unencrypted."""
        return self.scheme == "http" and self.host not in {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    header: str
    body: bytes
    tls_sha256: str


def _unverified_context() -> ssl.SSLContext:
    """For pinning: the chain is not judged by OpenSSL but by the fingerprint, before any byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _Stream(io.RawIOBase):
    """What a server sends, until it is `over`; shutting a socket leaves what has come in it."""

    def __init__(self, source: socket.socket, over: Callable[[], bool]) -> None:
        self._source = source
        self._over = over

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """One piece. Raises OSError, and TimeoutError when the time is up."""
        if self._over():
            raise TimeoutError
        return self._source.recv_into(buffer)


class _Door:
    """As much of a socket as http.client uses."""

    def __init__(self, source: socket.socket, over: Callable[[], bool]) -> None:
        self.sendall = source.sendall
        self._stream = _Stream(source, over)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The answer, buffered."""
        return io.BufferedReader(self._stream)

    def close(self) -> None:
        """Nothing: http.client lets go before the body is read; the exchange closes at its end."""


class _Exchange:
    """One request and its answer, with an end to all waiting."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self._address = address
        self._patience = patience
        self._socket: socket.socket | None = None
        self._over = False

    @contextlib.contextmanager
    def limited(self) -> Iterator[None]:
        """Within, the connection is cut when the whole time is up; raises `ServerUnreachable`."""
        timer = threading.Timer(self._patience.whole, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            # A refused certificate is an OSError of its own, dealt with before.
            word = "tls" if isinstance(error, ssl.SSLError) else type(error).__name__
            raise ServerUnreachable("time" if self._over else word) from error
        finally:
            timer.cancel()
            self.close()

    def _cut(self) -> None:
        self._over = True
        held = self._socket
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection up."""
        if self._socket is not None:
            self._socket.close()

    def _dial(self) -> socket.socket:
        if self._over:
            raise TimeoutError
        place = (self._address.host, self._address.port)
        made = socket.create_connection(place, timeout=self._patience.silent)
        with contextlib.suppress(OSError):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = made
        return made

    def connect(self, pinned: str | None) -> tuple[str, bool]:
        """Connects; the SHA-256 of the TLS leaf, and whether the system trusts it.

        `pinned` None accepts any leaf (first contact; the pairing code settles who it is).
        Otherwise the leaf must be the pinned one, or be trusted by the system. Raises
        `TlsMismatch`.
        """
        if self._address.scheme == "http":
            self._dial()
            return "", False
        seen = ""
        for context in (_unverified_context(), ssl.create_default_context()):
            trusted = context.verify_mode is ssl.CERT_REQUIRED
            wrapped = context.wrap_socket(
                self._dial(), server_hostname=self._address.host, do_handshake_on_connect=False
            )
            self._socket = wrapped
            try:
                wrapped.do_handshake()
            except ssl.SSLCertVerificationError as error:
                raise TlsMismatch(seen) from error
            seen = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
            if trusted or pinned is None or hmac.compare_digest(seen, pinned):
                return seen, trusted
            wrapped.close()
        raise TlsMismatch(seen)

    def ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Sends the request; the answer and its body, read no further than `LARGEST_ANSWER`."""
        # The class for plain HTTP: what is encrypted is the socket, which is there already.
        connection = http.client.HTTPConnection(self._address.host, self._address.port)
        headers = {"Host": self._address.origin.partition("://")[2], **headers}
        if self._socket is None:
            raise ConnectionError
        connection.sock = _Door(self._socket, lambda: self._over)
        connection.request(method, path, body=body or None, headers=headers)
        with contextlib.closing(connection.getresponse()) as response:
            return response, read_body(response, LARGEST_ANSWER, lambda: self._over)


def _system_trusts(address: Address, patience: Patience) -> bool:
    exchange = _Exchange(address, patience)
    try:
        with exchange.limited():
            return exchange.connect("")[1]
    except SigningError:
        return False


def _exchange(
    address: Address,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    pinned: str | None,
    patience: Patience,
) -> _Answer:
    exchange = _Exchange(address, patience)
    with exchange.limited():
        seen, _ = exchange.connect(pinned)
        response, data = exchange.ask(method, path, body, headers)
    if len(data) > LARGEST_ANSWER:
        raise ServerRefused("answer too large")
    if 300 <= response.status < 400:
        raise ServerRefused("redirect")
    header = response.headers.get(RESPONSE_HEADER, "")
    return _Answer(response.status, header, data, seen)


class ServerClient:
    """Signs requests with the agent's key and believes only answers of the pinned server key."""

    def __init__(
        self, state: AgentState, clock: Callable[[], datetime], patience: Patience | None = None
    ) -> None:
        self._state = state
        self._clock = clock
        self._patience = patience or Patience()
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """The time as the server counts it, learnt from its signed answers to our requests."""
        return self._clock() + self._offset

    def identity(self, address: Address) -> tuple[ServerIdentity, str]:
        """Who answers at `address`, and the TLS leaf seen (hex SHA-256, "" over plain HTTP).

        The answer must be signed by the very key it names, which may be anybody's: the time it
        tells is not believed. Raises `ServerUnreachable`, `ServerRefused`, `AnswerForged`,
        `TlsMismatch` (a leaf that neither the server states nor the system trusts),
        `VersionMismatch`, `MessageMalformed`.
        """
        nonce = new_nonce()
        path = f"{IDENTITY_PATH}?{urlencode({'nonce': nonce})}"
        answer = _exchange(
            address, "GET", path, b"", {"Accept": "application/json"}, None, self._patience
        )
        if answer.status != 200 or not answer.header:
            raise ServerRefused(f"HTTP {answer.status}")
        identity = ServerIdentity.from_body(answer.body)
        self._check(identity.key, answer, nonce)
        check_same_tls(identity.tls_sha256, answer.tls_sha256)
        if (
            answer.tls_sha256
            and not identity.tls_sha256
            and not _system_trusts(address, self._patience)
        ):
            raise TlsMismatch(answer.tls_sha256)
        return identity, answer.tls_sha256

    def call(self, pairing: Pairing, path: str, body: bytes) -> bytes:
        """POST to the paired server; the body of its signed answer.

        A server that has renewed its TLS certificate is asked who it is, and gets the request when
        the pinned key vouches for the new leaf, which is pinned from then on. Raises the error that
        the server tells, `ServerUnreachable`, `ServerRefused`, `AnswerForged`, `TlsMismatch`,
        `VersionMismatch`. A wrong clock is corrected once from the answer.
        """
        address, key = Address.parse(pairing.server_url), pairing.server_key
        pinned = self._state.leaf_of(pairing)
        try:
            return self.call_key(address, key, pinned, path, body)
        except TlsMismatch as mismatch:
            leaf = self._vouched_for(address, key, mismatch)
        # On a full disk the next start of the agent asks the server again.
        with contextlib.suppress(OSError):
            self._state.renew_leaf(pairing.server_id, pinned, leaf)
        return self.call_key(address, key, leaf, path, body)

    def _vouched_for(self, address: Address, key: ServerPublicKey, mismatch: TlsMismatch) -> str:
        """The leaf at the address now, if the pinned key states that very leaf; else the mismatch.

        Raises `ServerUnreachable` and `VersionMismatch` too, when that is why nobody can tell.
        Somebody between us cannot do that: they can pass on the answer of the true server, which
        states its own leaf and not theirs.
        """
        try:
            identity, seen = self.identity(address)
        except (AnswerForged, MessageMalformed, ServerRefused) as error:
            raise mismatch from error
        if identity.key != key or identity.tls_sha256 != seen:
            raise mismatch
        return seen

    def call_key(
        self, address: Address, server_key: ServerPublicKey, tls_sha256: str, path: str, body: bytes
    ) -> bytes:
        """`call` for a server that is not paired yet."""
        try:
            return self._call_once(address, server_key, tls_sha256, path, body)
        except ClockSkew:
            return self._call_once(address, server_key, tls_sha256, path, body)

    def _call_once(
        self, address: Address, server_key: ServerPublicKey, tls_sha256: str, path: str, body: bytes
    ) -> bytes:
        nonce = new_nonce()
        header = sign_request(
            self._state.keys,
            server_id=server_key.server_id,
            method="POST",
            path=path,
            body=body,
            at=self.now(),
            version=VERSION,
            nonce=nonce,
        )
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            REQUEST_HEADER: header,
        }
        answer = _exchange(address, "POST", path, body, headers, tls_sha256, self._patience)
        if not answer.header and answer.status >= 400:
            raise ServerRefused(f"HTTP {answer.status}")
        self._offset = self._check(server_key, answer, nonce) - self._clock()
        raise_for_error(answer.status, answer.body)
        return answer.body

    @staticmethod
    def _check(server_key: ServerPublicKey, answer: _Answer, nonce: str) -> datetime:
        """The time that the signed answer tells. Raises `AnswerForged`."""
        if not answer.header:
            raise AnswerForged("no signature")
        return verify_response(
            server_key, answer.header, nonce=nonce, status=answer.status, body=answer.body
        )
