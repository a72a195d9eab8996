"""Fetches files from an allowed system and brings the signed ones back: to that origin only.

The other service's agent gets any address from anybody and posts to any other; this one talks to
the very scheme, host and port that the person allowed, follows no redirect away from it, and never
reads more or waits longer than its limits.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import re
import secrets
import socket
import ssl
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from signing.agent.facade.frames import Delivered
from signing.agent.facade.origins import Origin
from signing.agent.facade.refusals import (
    AddressForeign,
    DownloadFailed,
    HandlerAnswerNames,
    HandlerAnswerUnreadable,
    HandlerRefused,
    HandlerUnreachable,
    NotPdf,
    OriginInvalid,
    RedirectedElsewhere,
)
from signing.bodies import read_body
from signing.errors import PdfTooLarge, SigningError
from signing.messages import LARGEST_OUTSIDE

SILENT_SECONDS = 20.0
WHOLE_SECONDS = 60.0
LARGEST_ANSWER = 256 * 1024
MOST_REDIRECTS = 3
MOST_PLACES = 3
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
KEYS = ("Status", "Message", "FileName", "FileServer")


@dataclass(frozen=True, slots=True)
class Pass:
    """How the agent shows that it comes for the page: a cookie, a bearer token, or nothing."""

    session_id: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        """The headers; values that could break out of a header are left away."""
        headers = {}
        if self.session_id and re.fullmatch(r"[!-~]+(?:[ ][!-~]+)*", self.session_id):
            named = "=" in self.session_id.rstrip("=")
            headers["Cookie"] = self.session_id if named else f"SessionId={self.session_id}"
        if self.token and re.fullmatch(r"[A-Za-z0-9._~+/=-]+", self.token):
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def own_path(origin: Origin, address: str) -> str:
    """Path and query of an address that lies at this origin; raises `AddressForeign`."""
    if not address.isascii() or any(ord(each) <= 32 or each in '\\"<>' for each in address):
        # Browsers would write such a letter in another way: whoever sends it wants to be misread.
        address = _encoded(address)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise AddressForeign from error
    if (
        parts.scheme not in {"http", "https"}
        or parts.username
        or parts.password
        or "@" in (parts.netloc)
    ):
        raise AddressForeign
    usual = {"http": 80, "https": 443}[parts.scheme]
    there = (parts.scheme, (parts.hostname or ""), port if port is not None else usual)
    if there != (origin.scheme, origin.host, origin.port):
        raise AddressForeign
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _encoded(address: str) -> str:
    """Vietnamese letters and spaces in a path as a browser sends them; the rest is refused."""
    if any(each in '\\"<>' or unicodedata.category(each) in {"Cc", "Cs"} for each in address):
        raise AddressForeign
    return "".join(
        each if each.isascii() and each != " " else "".join(f"%{one:02X}" for one in each.encode())
        for each in address
    )


def name_of(address: str) -> str:
    """A file name for people from the last part of an address; never used as a path."""
    last = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
    kept = "".join(
        each for each in unicodedata.normalize("NFC", last) if each.isalnum() or each in " ._-()"
    )
    return kept.strip(" .")[:150] or "van-ban.pdf"


class Courier:
    """The way to one system. `trust` makes the TLS context; the system's own by default."""

    def __init__(
        self,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        *,
        largest: int = LARGEST_OUTSIDE,
        whole_seconds: float = WHOLE_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._trust, self._largest = trust, largest
        self._whole, self._silent = whole_seconds, silent_seconds

    # --- there ------------------------------------------------------------------------------------

    def fetch(self, origin: Origin, address: str, shown: Pass) -> bytes:
        """The PDF at an address of this origin.

        Raises `AddressForeign`, `RedirectedElsewhere`, `DownloadFailed`, `PdfTooLarge`, `NotPdf`.
        """
        path = own_path(origin, address)
        for _ in range(MOST_REDIRECTS + 1):
            headers = {"Accept": "application/pdf, */*", **shown.headers()}
            asked = self._asked(origin, "GET", path, b"", headers, DownloadFailed)
            with asked as (response, over):
                if response.status in {301, 302, 303, 307, 308}:
                    path = self._next(origin, path, response.headers.get("Location", ""))
                    continue
                if response.status != 200:
                    raise DownloadFailed(f"HTTP {response.status}")
                length = response.headers.get("Content-Length", "")
                if length.isdecimal() and int(length) > self._largest:
                    raise PdfTooLarge
                pdf = read_body(response, self._largest, over.is_set)
                if len(pdf) > self._largest:
                    raise PdfTooLarge
                if b"%PDF-" not in pdf[:1024]:
                    raise NotPdf
                return pdf
        raise DownloadFailed("redirects")

    @staticmethod
    def _next(origin: Origin, path: str, location: str) -> str:
        if location.startswith("/") and not location.startswith(("//", "/\\")):
            location = origin.text + location
        try:
            return own_path(origin, location)
        except (AddressForeign, OriginInvalid) as error:
            raise RedirectedElsewhere from error

    # --- back -------------------------------------------------------------------------------------

    def bring(self, origin: Origin, address: str, shown: Pass, name: str, pdf: bytes) -> Delivered:
        """Posts a signed file as the contract of the other service has it.

        Raises `AddressForeign`, `RedirectedElsewhere`, `HandlerUnreachable`, `HandlerRefused`,
        `HandlerAnswerNames`, `HandlerAnswerUnreadable`.
        """
        path = own_path(origin, address)
        boundary = "----" + secrets.token_hex(16)
        body = _multipart(boundary, name, pdf)
        headers = {
            "Accept": "application/json",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            **shown.headers(),
        }
        asked = self._asked(origin, "POST", path, body, headers, HandlerUnreachable)
        with asked as (response, over):
            if 300 <= response.status < 400:
                raise RedirectedElsewhere
            if response.status != 200:
                raise HandlerUnreachable(f"HTTP {response.status}")
            answer = read_body(response, LARGEST_ANSWER, over.is_set)
        if len(answer) > LARGEST_ANSWER:
            raise HandlerAnswerUnreadable("too large")
        return read_answer(answer)

    @contextlib.contextmanager
    def _asked(
        self,
        origin: Origin,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        failure: type[SigningError],
    ) -> Iterator[tuple[http.client.HTTPResponse, threading.Event]]:
        """One request on a connection of its own, cut when the whole time is over."""
        held: list[socket.socket] = []
        over = threading.Event()

        def cut() -> None:
            over.set()
            for each in held:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._whole, cut)
        timer.daemon = True
        timer.start()
        connection = http.client.HTTPConnection(origin.host, origin.port)
        try:
            connection.sock = self._dial(origin, held)
            if over.is_set():
                raise TimeoutError
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", origin.text.split("://", 1)[1])
            if method == "POST":
                connection.putheader("Content-Length", str(len(body)))
            for key, value in headers.items():
                connection.putheader(key, value)
            connection.putheader("Connection", "close")
            connection.endheaders(body or None)
            with connection.getresponse() as response:
                yield response, over
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise failure(type(error).__name__) from error
        finally:
            timer.cancel()
            connection.close()
            for each in held:
                each.close()

    def _dial(self, origin: Origin, held: list[socket.socket]) -> socket.socket:
        """A connection to an address of the origin's name, looked up once and then judged."""
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        places = [str(each[4][0]) for each in found if _allowed(origin, str(each[4][0]))]
        if not places:
            # A name that leads to this very computer is a page that wants to reach a neighbour.
            raise AddressForeign("address")
        made = self._connected(places[:MOST_PLACES], origin.port)
        held.append(made)
        if origin.scheme == "http":
            return made
        wrapped = self._trust().wrap_socket(
            made, server_hostname=origin.host, do_handshake_on_connect=False
        )
        held.append(wrapped)
        wrapped.do_handshake()
        return wrapped

    def _connected(self, places: Sequence[str], port: int) -> socket.socket:
        """The first that answers: a name may stand for an IPv6 address that leads nowhere."""
        *others, last = places
        for place in others:
            with contextlib.suppress(OSError):
                return socket.create_connection((place, port), timeout=self._silent)
        return socket.create_connection((last, port), timeout=self._silent)


def _allowed(origin: Origin, address: str) -> bool:
    try:
        place = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(place, ipaddress.IPv6Address):
        # An IPv4 address in the clothes of IPv6 leads where the IPv4 address leads (RFC 4291,
        # 2.5.5; RFC 3056; RFC 6052).
        if place in _NAT64:
            place = ipaddress.IPv4Address(int(place) & 0xFFFFFFFF)
        else:
            place = place.ipv4_mapped or place.sixtofour or place
    if place.is_loopback:
        return origin.own_computer
    return not (place.is_unspecified or place.is_multicast or place.is_link_local)


def _multipart(boundary: str, name: str, pdf: bytes) -> bytes:
    """One file under `uploadfile` (RFC 7578); the name in UTF-8, without what could break out."""
    plain = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="uploadfile"; filename="{plain}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return head.encode() + pdf + f"\r\n--{boundary}--\r\n".encode()


def read_answer(body: bytes) -> Delivered:
    """What an upload handler said: a raw JSON object whose `Status` is a boolean.

    Raises `HandlerRefused`, `HandlerAnswerNames` (keys in another case), `HandlerAnswerUnreadable`.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        html = body.lstrip()[:1] == b"<"
        raise HandlerAnswerUnreadable("HTML" if html else "not JSON") from error
    if not isinstance(data, dict):
        raise HandlerAnswerUnreadable("not an object")
    if "Status" not in data:
        other = {key.casefold() for key in data}
        if "status" in other:
            raise HandlerAnswerNames(", ".join(sorted(data))[:200])
        raise HandlerAnswerUnreadable("no Status")
    if not isinstance(data["Status"], bool):
        raise HandlerAnswerUnreadable("Status is not true or false")
    if not data["Status"]:
        raise HandlerRefused(_short(data.get("Message")))
    wrong = [key for key in data if key not in KEYS and key.casefold() in _FOLDED]
    if wrong:
        raise HandlerAnswerNames(", ".join(sorted(wrong))[:200])
    return Delivered(_short(data.get("FileName")), _opaque(data.get("FileServer")))


_FOLDED = {key.casefold() for key in KEYS}


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(each for each in text if unicodedata.category(each) not in {"Cc", "Cs"})[:500]


def _opaque(value: Any) -> str:
    """`FileServer` belongs to the caller: a text goes through as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value) if value is not None else ""
