"""Requests that a hostile page or program might send to the agent, made from a seed.

A request is put together from parts that are all as they should be (the ticket, the cookie, the
seal of the form, the headers of a browser), and then one to three parts are spoiled. So every
change of something stays one honest part away from being let in, and must never be.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

SECRET_WORDS = "Văn bản đề nghị gia hạn".encode()
"""Stands in the page of the job: no answer to a spoiled request may hold it."""


@dataclass(frozen=True)
class Stage:
    """What an attacker is given, far more than any has: tickets, cookie and seals of this start.

    `seals` are by page, `forms` are the paths of everything that can be posted.
    """

    port: int
    cookie: str
    seals: dict[str, str]
    signing: str
    importing: str
    login: str
    wrong_tickets: tuple[str, ...]
    forms: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pages(self) -> dict[str, str]:
        """The page of each ticket, and the ticket."""
        tickets = {"ky": self.signing, "doc-chung-thu": self.importing, "dang-nhap": self.login}
        return {f"/{name}/{ticket}": ticket for name, ticket in tickets.items()}


@dataclass
class Request:
    """One request in parts; `spoiled` names what is wrong with it."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    version: str = "HTTP/1.1"
    chunked: bool = False
    spoiled: list[str] = field(default_factory=list)
    ticket_wrong: bool = False

    def put(self, name: str, *values: str) -> None:
        """Replace a header by these values (none: leave it out)."""
        self.headers = [each for each in self.headers if each[0].lower() != name.lower()]
        self.headers += [(name, value) for value in values]

    @property
    def changes(self) -> bool:
        """Whether it asks for a change."""
        return self.method.upper() not in {"GET", "HEAD"}

    def raw(self, *, last: bool) -> bytes:
        """As it goes over the wire."""
        body = self.body
        lines = [f"{self.method} {self.path} {self.version}"]
        headers = list(self.headers)
        if self.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        elif body or self.changes:
            headers.append(("Content-Length", str(len(body))))
        if last:
            headers.append(("Connection", "close"))
        lines += [f"{name}: {value}" for name, value in headers]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


FOREIGN_HOSTS = (
    "evil.example",
    "evil.example:{port}",
    "localhost:{port}",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1.evil.example:{port}",
    "evil.example@127.0.0.1:{port}",
    "127.0.0.1:{port}#@evil.example",
    "[::1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "127.0.0.1:0{port}",
    "127.0.0.1:{port}, evil.example",
    "",
    "*",
)
FOREIGN_ORIGINS = (
    "http://evil.example",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:{port}.evil.example",
    "http://localhost:{port}",
    "HTTP://127.0.0.1:{port}/",
    "http://evil.example@127.0.0.1:{port}",
    "null",
    "file://",
    "",
    "http://127.0.0.1:{port}, http://evil.example",
)
FOREIGN_SITES = ("cross-site", "same-site", "none", "", "SAME-ORIGIN", "same-origin, cross-site")
WRONG_MODES = ("cors", "no-cors", "websocket", "same-origin", "", "navigate, cors")
FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")
PURPOSES = (
    ("Sec-Purpose", "prefetch"),
    ("Sec-Purpose", "prefetch;prerender"),
    ("Purpose", "prefetch"),
    ("X-Moz", "prefetch"),
)
ODD_METHODS = (
    *("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "HEAD"),
    *("post", "G E T", "", "\x00", "POST\t", "É", "A" * 300),
)
ODD_BYTES = ("\x00", "\r", "\n", "\u1ea5", "%00", "%2f", "%0d%0a", "..", "\udcff", "%ff", "\\", "𝕏")


def spoil_host(request: Request, stage: Stage, chance: random.Random) -> None:
    values = [chance.choice(FOREIGN_HOSTS).format(port=stage.port)]
    if chance.random() < 0.3:
        values.insert(chance.randrange(2), stage.host)
    request.put("Host", *([] if chance.random() < 0.05 else values))


def spoil_absolute(request: Request, stage: Stage, chance: random.Random) -> None:
    """The whole address in the first line: it outranks Host (RFC 9112, 3.2.2)."""
    place = chance.choice(FOREIGN_HOSTS[:6]).format(port=stage.port)
    request.path = f"{chance.choice(['http', 'https', 'ftp'])}://{place}{request.path}"


def spoil_origin(request: Request, stage: Stage, chance: random.Random) -> None:
    values = [chance.choice(FOREIGN_ORIGINS).format(port=stage.port)]
    if chance.random() < 0.3:
        values.insert(chance.randrange(2), f"http://{stage.host}")
    request.put("Origin", *values)


def spoil_site(request: Request, stage: Stage, chance: random.Random) -> None:
    request.put("Sec-Fetch-Site", chance.choice(FOREIGN_SITES))


def spoil_mode(request: Request, stage: Stage, chance: random.Random) -> None:
    request.put("Sec-Fetch-Mode", chance.choice(WRONG_MODES))


def spoil_dest(request: Request, stage: Stage, chance: random.Random) -> None:
    request.put("Sec-Fetch-Dest", chance.choice(FRAMES))


def spoil_purpose(request: Request, stage: Stage, chance: random.Random) -> None:
    request.put(*chance.choice(PURPOSES))


def spoil_origin_and_site(request: Request, stage: Stage, chance: random.Random) -> None:
    request.put("Origin")
    request.put("Sec-Fetch-Site")


def spoil_cookie(request: Request, stage: Stage, chance: random.Random) -> None:
    name, value = f"so_token_agent_{stage.port}", stage.cookie
    wrong = (
        *(value[:-1], value[::-1], "A" * 43, "ấ" * 43, "x" * 4000, "", '"' + value, value + ";"),
        *("\udcff" * 43, value[:42] + "%"),
    )
    chosen = chance.choice(wrong)
    other = f"so_token_agent={value}"
    if chosen == value + ";":
        request.put("Cookie", other)
    else:
        request.put("Cookie", *([] if chance.random() < 0.2 else [f"{name}={chosen}"]))


def spoil_seal(request: Request, stage: Stage, chance: random.Random) -> None:
    form = request.body.decode("utf-8", "surrogateescape")
    place = form.find("dau=")
    seal = form[place + 4 : place + 68] if place >= 0 else ""
    others = [each for each in stage.seals.values() if each != seal]
    wrong = chance.choice(
        [
            *others,
            seal[:-1],
            seal.upper() + "Z",
            "",
            "0" * 64,
            "ấ" * 20,
            "%E1%BA%A5",
            "%ff",
            "x" * 9000,
        ]
    )
    if chance.random() < 0.15 and seal:
        request.path += ("&" if "?" in request.path else "?") + urlencode({"dau": seal})
        wrong = ""
    request.body = form.replace(f"dau={seal}", f"dau={wrong}", 1).encode("utf-8", "surrogateescape")


def spoil_body(request: Request, stage: Stage, chance: random.Random) -> None:
    """A form that cannot be read as one, or that is too large."""
    kind = chance.randrange(5)
    if kind == 0:
        request.put("Content-Type", chance.choice(["text/plain", "application/json", "x/y;;=", ""]))
    elif kind == 1:
        request.put(
            "Content-Type", "multipart/form-data; boundary=" + chance.choice(["x", "", "ấ"])
        )
    elif kind == 2:
        request.body = request.body[: chance.randrange(4)]
    elif kind == 3:
        request.body = b"a=" + b"x" * chance.choice([17_000, 33_000, 90_000]) + b"&" + request.body
    else:
        request.body = request.body.replace(
            b"dau=", chance.choice([b"Dau=", b"dau%00=", b"dau[]="])
        )


def spoil_ticket(request: Request, stage: Stage, chance: random.Random) -> None:
    tickets = tuple(stage.pages.values())
    for ticket in tickets:
        if ticket in request.path and not request.ticket_wrong:
            others = [each for each in tickets if each != ticket]
            wrong = chance.choice([*stage.wrong_tickets, *others, *(mutated(ticket, chance),) * 9])
            request.path = request.path.replace(ticket, wrong)
            request.ticket_wrong = True


def mutated(ticket: str, chance: random.Random) -> str:
    """Another text that is nearly this ticket."""
    place = chance.randrange(len(ticket))
    act = chance.randrange(6)
    if act == 0:
        other = "A" if ticket[place] != "A" else "B"
        return ticket[:place] + other + ticket[place + 1 :]
    if act == 1:
        return ticket[:place] or "x"
    if act == 2:
        return ticket + ticket[:place] + "A"
    if act == 3:
        return (
            ticket[:place]
            + quote(chance.choice(ODD_BYTES), errors="surrogateescape")
            + ticket[place:]
        )
    if act == 4:
        return ticket.swapcase()
    return "A" * chance.choice([1, 43, 5000, 15_000])


def spoil_method(request: Request, stage: Stage, chance: random.Random) -> None:
    known = [each for each in ODD_METHODS if each not in {"post", "HEAD"}]
    request.method = chance.choice(known)


Spoiler = Callable[[Request, Stage, random.Random], None]
#: Each of these alone must keep a change from being made.
OF_CHANGES: tuple[Spoiler, ...] = (
    *(spoil_host, spoil_origin, spoil_site, spoil_mode, spoil_dest, spoil_purpose, spoil_cookie),
    *(spoil_seal, spoil_body, spoil_ticket, spoil_method, spoil_origin_and_site, spoil_absolute),
)
#: Each of these alone must keep the page of a job from being shown.
OF_LOOKS: tuple[Spoiler, ...] = (
    *(spoil_host, spoil_mode, spoil_dest, spoil_purpose, spoil_ticket, spoil_absolute),
)


def change(stage: Stage, chance: random.Random) -> Request:
    """A form as the agent's own page would send it, with one to three parts spoiled."""
    path = chance.choice(stage.forms)
    page = "/".join(path.split("/")[:3]) if path.count("/") > 1 else "/"
    seal = stage.seals.get(page, stage.seals["/"])
    form = urlencode(
        {
            "dau": seal,
            "lan-bam": f"{chance.random()}",
            "pin": "PIN-thu-8461",
            "may-chu": "http://127.0.0.1:9/",
            "cau": "kẻ lạ",
            "chung-thu": "ab" * 32,
        }
    )
    request = Request("POST", path, browser_headers(stage, own=True), form.encode())
    request.put("Content-Type", "application/x-www-form-urlencoded")
    has_ticket = page in stage.pages
    spoilers = [each for each in OF_CHANGES if each is not spoil_ticket or has_ticket]
    for spoiler in chance.sample(spoilers, chance.choice([1, 1, 1, 2, 3])):
        spoiler(request, stage, chance)
        request.spoiled.append(spoiler.__name__)
    return dressed(request, chance)


def look(stage: Stage, chance: random.Random) -> Request:
    """A page or picture asked for with one part spoiled, or a place that does not exist."""
    path = chance.choice([*stage.pages, f"/ky/{stage.signing}?van-ban=1"])
    request = Request("GET", path, browser_headers(stage, own=False))
    for spoiler in chance.sample(OF_LOOKS, chance.choice([1, 1, 2])):
        spoiler(request, stage, chance)
        request.spoiled.append(spoiler.__name__)
    return dressed(request, chance)


def wander(stage: Stage, chance: random.Random) -> Request:
    """Anything at all: nothing is known of the answer but that there is one."""
    job = f"/ky/{stage.signing}"
    odd = quote(chance.choice(ODD_BYTES), errors="surrogateescape", safe="%")
    path = chance.choice(
        [
            *("/", "/nhat-ky", "/ghep-noi", "/kiem-tra", "/favicon.ico", "/static/agent.css"),
            *(f"{job}/trang/0/0.png", f"{job}/trang/{chance.randrange(10**9)}/{10**30}.png"),
            *(f"{job}?van-ban={odd}", f"{job}/{odd}", f"/{odd}", "/static/../trang-thai.json"),
            *("/static/%2e%2e/khoa.bin", "//evil.example/", "/ky/", "/" + "a" * 9000, "*", ""),
            "/doc-chung-thu/" + mutated(stage.importing, chance),
        ]
    )
    method = chance.choice(["GET", "GET", "HEAD", *ODD_METHODS])
    request = Request(method, path, browser_headers(stage, own=False))
    for name in ("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Cookie"):
        if chance.random() < 0.3:
            request.put(name, *([chance.choice(ODD_BYTES)] if chance.random() < 0.5 else []))
    return dressed(request, chance)


def browser_headers(stage: Stage, *, own: bool) -> list[tuple[str, str]]:
    """What a browser sends: with a form of the agent's own page, or with a link of the server's."""
    headers = [
        ("Host", stage.host),
        ("Sec-Fetch-Site", "same-origin" if own else "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Cookie", f"so_token_agent_{stage.port}={stage.cookie}"),
    ]
    return [*headers, ("Origin", f"http://{stage.host}")] if own else headers


def dressed(request: Request, chance: random.Random) -> Request:
    """The same with what should not matter: order, case, more headers, chunks, an old version."""
    if chance.random() < 0.3:
        chance.shuffle(request.headers)
    if chance.random() < 0.2:
        request.headers = [(name.upper(), value) for name, value in request.headers]
    if chance.random() < 0.2:
        extra = chance.choice(
            [
                *(("X-Forwarded-Host", "127.0.0.1"), ("X-Forwarded-For", "127.0.0.1")),
                *(("Forwarded", "for=127.0.0.1"), ("X-HTTP-Method-Override", "POST")),
                *(("Upgrade", "websocket"), ("Accept-Language", "vi" * 2000)),
                *(("Authorization", "Basic eDp5"), ("Range", "bytes=0-1"), ("X", "\udcff\u1ea5")),
            ]
        )
        request.headers.append(extra)
    request.chunked = chance.random() < 0.1 and bool(request.body)
    if chance.random() < 0.05:
        request.version = chance.choice(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "X"])
    return request


def broken(stage: Stage, chance: random.Random) -> bytes:
    """Bytes that are no request, or one that contradicts itself."""
    raw = bytearray(change(stage, chance).raw(last=True))
    act = chance.randrange(6)
    if act == 0:
        return chance.randbytes(chance.randrange(1, 600)) + b"\r\n\r\n"
    if act == 1:
        return bytes(raw[: chance.randrange(1, len(raw))])
    if act == 2:
        for _ in range(chance.randrange(1, 6)):
            # In the body and the first line; a bit of a header's value could mend what is spoiled.
            raw[chance.randrange(min(8, len(raw)))] ^= 1 << chance.randrange(8)
        return bytes(raw)
    if act == 3:
        length = chance.choice([b"-1", b"9" * 30, b"1e3", b"0x10", b" ", b"5, 6", b"+4", b"99999"])
        return bytes(raw).replace(b"Content-Length: ", b"Content-Length: " + length + b"\r\nX: ")
    if act == 4:
        size = chance.choice([b"-5", b"FFFFFFFFFFFF", b"zz", b"5;" + b"x" * 20_000, b""])
        head = bytes(raw).split(b"\r\n\r\n")[0].replace(b"Content-Length", b"X-Length")
        return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\nhello\r\n0\r\n\r\n"
    both = b"\r\nTransfer-Encoding: " + chance.choice([b"chunked", b"xchunked", b"chunked, gzip"])
    head, _, body = bytes(raw).partition(b"\r\n\r\n")
    return head + both + b"\r\n\r\n0\r\n\r\n" + body
