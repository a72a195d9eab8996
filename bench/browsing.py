"""A small browser for the benches: one kept connection, cookies, gzip, redirects, and real forms.

Standard library and asyncio only, so that a hundred of them cost little beside the server that they
ask. No scripts, no pictures, no TLS.
"""

import asyncio
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

PATIENCE = 60.0
"""Seconds after which a person gives up."""


class NoAnswer(Exception):
    """The server closed the connection, sent nonsense, or took too long."""


@dataclass(frozen=True)
class Answer:
    """What came back for one request, and how long it took (milliseconds)."""

    status: int
    location: str
    body: bytes
    milliseconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Form:
    """A form of a page as a browser would send it when nothing is changed."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    """The values of each list or group of buttons to choose from."""


class _Reader(HTMLParser):
    """Finds the forms of a page that are sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select, self._chosen, self._area = "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "input":
            self._input(self._form, given)
        elif tag == "select":
            self._select, self._chosen = given.get("name", ""), ""
        elif tag == "option" and self._select:
            values = self._form.offered.setdefault(self._select, [])
            if not values or "selected" in given:
                self._chosen = given.get("value", "")
            values.append(given.get("value", ""))
        elif tag == "textarea":
            self._area = given.get("name", "")
            self._form.fields[self._area] = ""

    def _input(self, form: Form, given: Mapping[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if not name or kind in ("submit", "button", "image", "reset", "file"):
            return
        if kind in ("radio", "checkbox"):
            form.offered.setdefault(name, []).append(given.get("value", "on"))
            if "checked" not in given:
                return
        form.fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if self._form is None:
            return
        if tag == "select" and self._select:
            self._form.fields[self._select], self._select = self._chosen, ""
        elif tag == "textarea":
            # The first line break after the tag belongs to the page, not to the text.
            self._form.fields[self._area] = self._form.fields[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "form":
            self._form = None


def form_of(page: str, *, having: str = "", action: str = "") -> Form | None:
    """The form of a page with a field of this name, or that is sent to this address."""
    reader = _Reader()
    reader.feed(page)
    for one in reader.forms:
        if (having and having in one.fields | one.offered) or (action and one.action == action):
            return one
    return None


class Browser:
    """What one person has open: a connection that is kept, and the cookies."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """Ask for a page."""
        return await self._ask("GET", path, b"")

    async def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form; a redirect is not followed, so that each request has its own time."""
        return await self._ask("POST", path, urlencode(fields).encode())

    async def _ask(self, method: str, path: str, body: bytes) -> Answer:
        """Raises NoAnswer; nothing is ever sent twice."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._connection()
                writer.write(self._head(method, path, body) + body)
                status, headers = await self._headers(reader)
                content = await _content(reader, headers)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as problem:
            self.close()
            raise NoAnswer(f"{method} {path}: {problem!r}") from problem
        if headers.get("connection", "").lower() == "close":
            self.close()
        took = (time.perf_counter() - begun) * 1000
        if headers.get("content-encoding") == "gzip":
            content = zlib.decompress(content, 31)
        goal = urlsplit(headers.get("location", ""))
        location = goal.path + (f"?{goal.query}" if goal.query else "")
        return Answer(status, location, content, took)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and not self._streams[0].at_eof():
            return self._streams
        self.close()
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    def _head(self, method: str, path: str, body: bytes) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Accept-Encoding: gzip",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ]
        if self._cookies:
            kept = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            lines.append(f"Cookie: {kept}")
        if method == "POST":
            lines.append(f"Origin: http://127.0.0.1:{self._port}")
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _headers(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in filter(None, lines):
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                cookie, _, kept = value.strip().partition(";")[0].partition("=")
                self._cookies[cookie] = kept
            headers[name.lower()] = value.strip()
        return int(first.split()[1]), headers

    def close(self) -> None:
        """Close the connection; the cookies stay."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _content(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)
