"""Pages and document systems that know only the protocol of the service that offices have today.

Written from its tables: one WebSocket per call, one text frame out, one text frame back, then the
page closes. Nothing here knows Sổ Token.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, request
from websockets.sync.client import connect
from werkzeug.serving import make_server


def unverified() -> ssl.SSLContext:
    """As a browser in which the person has accepted the certificate of this computer."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def call(
    port: int, route: str, frame: str, origin: str | None, *, host: str = "127.0.0.1"
) -> dict[str, Any]:
    """One call as the page's script makes it; the answer, parsed."""
    with connect(
        f"wss://{host}:{port}/{route}", ssl=unverified(), origin=origin, compression=None
    ) as socket:
        socket.send(frame)
        answer = socket.recv(timeout=60)
    assert isinstance(answer, str)
    told: dict[str, Any] = json.loads(answer)
    return told


@dataclass
class Waiting:
    """A call in a thread of its own, as a page waits while the person is busy elsewhere."""

    port: int
    route: str
    frame: str
    origin: str
    answer: dict[str, Any] | None = None
    problem: Exception | None = None
    thread: threading.Thread | None = None
    hang_up: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Waiting:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def _run(self) -> None:
        try:
            with connect(
                f"wss://127.0.0.1:{self.port}/{self.route}",
                ssl=unverified(),
                origin=self.origin,
                compression=None,
            ) as socket:
                socket.send(self.frame)
                while not self.hang_up.is_set():
                    try:
                        answer = socket.recv(timeout=0.05)
                    except TimeoutError:
                        continue
                    self.answer = json.loads(answer)
                    return
        except Exception as error:
            self.problem = error

    def result(self) -> dict[str, Any]:
        """The answer, which always comes."""
        assert self.thread is not None
        self.thread.join(90)
        assert self.problem is None, self.problem
        assert self.answer is not None, "no answer came"
        return self.answer


class DocumentSystem:
    """A document system of an office: serves files, takes signed ones in, as its vendor says."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.taken: dict[str, bytes] = {}
        self.names: list[str] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.handler: Callable[[], Any] = self.usual
        self.token = "t-0001"
        app = Flask("document-system", root_path=str(Path(__file__).parent))
        app.add_url_rule("/f/<name>", view_func=self._file)
        app.add_url_rule("/upload", view_func=self._upload, methods=["POST"])
        app.add_url_rule("/elsewhere", "elsewhere", view_func=lambda: redirect(self.elsewhere))
        app.add_url_rule("/moved/<name>", "moved", view_func=lambda name: redirect(f"/f/{name}"))
        app.add_url_rule("/endless", view_func=self._endless)
        app.add_url_rule(
            "/page",
            "page",
            view_func=lambda: Response(self.page, content_type="text/html; charset=utf-8"),
        )
        app.add_url_rule("/caller.js", view_func=self._script)
        self.elsewhere = "http://127.0.0.1:9/secret.pdf"
        self.page = ""
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _note(self) -> None:
        self.seen.append((request.method, request.path, dict(request.headers)))

    def _file(self, name: str) -> Response:
        self._note()
        if request.args.get("t", self.token) != self.token:
            return Response("<html>login</html>", 200)
        if name not in self.files:
            return Response("none", 404)
        return Response(self.files[name], content_type="application/pdf")

    def _endless(self) -> Response:
        def pieces() -> Any:
            yield b"%PDF-1.7\n"
            for _ in range(200):
                yield b"0" * 65536

        return Response(pieces(), content_type="application/pdf")

    def _upload(self) -> Any:
        self._note()
        given = request.files["uploadfile"]
        self.names.append(given.filename or "")
        self.taken[given.filename or ""] = given.read()
        return self.handler()

    def usual(self) -> Any:
        """The answer of the vendor's sample."""
        name = self.names[-1]
        told = {"Status": True, "Message": "", "FileName": name, "FileServer": f"/luu/{name}"}
        return Response(json.dumps(told), content_type="application/json")

    def _script(self) -> Response:
        text = Path(__file__).with_name("caller.js").read_text("utf-8")
        return Response(text, content_type="text/javascript; charset=utf-8")

    def frame(self, name: str = "quyet-dinh.pdf", **changed: Any) -> str:
        """The frame of a single file, as the page's author writes it."""
        told: dict[str, Any] = {
            "FileUploadHandler": f"{self.origin}/upload?t={self.token}",
            "SessionId": "",
            "JWTToken": "",
            "FileName": f"{self.origin}/f/{name}?t={self.token}",
            "DocNumber": "12/UBND-VP",
            "IssuedDate": "2026-11-20T00:00:00",
            "MetaData": [],
        }
        return json.dumps({**told, **changed})

    def frame_of_many(self, *names: str, **changed: Any) -> str:
        """The frame of several files."""
        files = [
            {"FileID": number, "FileName": name, "URL": f"{self.origin}/f/{name}?t={self.token}"}
            for number, name in enumerate(names, 101)
        ]
        told = {
            "FileUploadHandler": f"{self.origin}/upload?t={self.token}",
            "SessionId": "",
            "Files": files,
        }
        return json.dumps({**told, **changed})


def eventually(found: Callable[[], Any], seconds: float = 90) -> Any:
    """What `found` gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come")
