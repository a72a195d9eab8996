"""The listening side: TLS on 127.0.0.1, Host and Origin judged before there is a socket.

One connection is one call: one text frame in, one out. Whatever a page may send, it gets an answer
or its connection is closed.
"""

from __future__ import annotations

import contextlib
import http
import ipaddress
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.sync.server import Server, ServerConnection, serve

from signing.agent.facade.frames import LARGEST_FRAME
from signing.agent.facade.origins import Origin
from signing.agent.facade.refusals import OriginInvalid, PortTaken
from signing.agent.loopback import listen
from signing.platform import of_other_user

USUAL_PORT = 8987
"""Where the service that offices have today listens, and where their pages look for it."""

WAITING = 32
MOST_CONNECTIONS = 16
FIRST_FRAME_SECONDS = 15.0
LAST_WORD_SECONDS = 10.0
_ROUTE = re.compile(r"/[A-Za-z0-9]{1,40}")

Converse = Callable[[Origin, str, str, Callable[[], bool]], str]
"""Origin, route, frame, and whether the page has gone; the answer."""

log = logging.getLogger("so_token.facade")

PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cổng tương thích · Trình ký số</title>
<h1>Cổng tương thích của Trình ký số đang chạy</h1>
<p>Trình duyệt này đã chấp nhận chứng thư riêng của máy.
Đóng trang này, quay lại hệ thống và ký lại.</p>
<p>Vân tay phải giống ở trang Cổng tương thích của Trình ký số; khác thì đừng chấp nhận.</p></html>
"""


def bind_free(port: int) -> socket.socket:
    """The listening socket, when the port is nobody's. Raises `PortTaken`.

    Some systems let a second program take a port that another holds on all addresses: so it is
    tried first whether anybody answers.
    """
    if port:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            raise PortTaken(str(port))
    try:
        return listen(port, WAITING)
    except OSError as error:
        raise PortTaken(str(port)) from error


class Listener:
    """The server while it is switched on."""

    def __init__(self, port: int, context: ssl.SSLContext, converse: Converse) -> None:
        """Binds and serves in a thread of its own. Raises `PortTaken`."""
        held = bind_free(port)
        self.port: int = held.getsockname()[1]
        self._converse = converse
        self._talking = 0
        self._quiet = threading.Condition()
        self._server: Server = serve(
            self._talk,
            sock=held,
            ssl=context,
            compression=None,
            process_request=self._gate,
            server_header=None,
            open_timeout=10,
            close_timeout=3,
            max_size=LARGEST_FRAME,
            max_queue=1,
            logger=log,
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="cong-tuong-thich", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stops listening, when the call under way has got its answer."""
        with self._quiet:
            self._quiet.wait_for(lambda: self._talking == 0, LAST_WORD_SECONDS)
        self._server.shutdown()
        self._thread.join(10)

    # --- before the upgrade -----------------------------------------------------------------------

    def _gate(self, connection: ServerConnection, request: Request) -> Response | None:
        """None lets the upgrade go on; everything else answers it."""
        if not self._own_person(connection):
            return _plain(http.HTTPStatus.FORBIDDEN, "peer_not_local")
        if request.headers.get_all("Host") != [f"127.0.0.1:{self.port}"]:
            return _plain(http.HTTPStatus.MISDIRECTED_REQUEST, "host_wrong")
        if "Upgrade" not in request.headers:
            found = request.path == "/"
            return _page() if found else _plain(http.HTTPStatus.NOT_FOUND, "page_unknown")
        if _ROUTE.fullmatch(request.path) is None:
            return _plain(http.HTTPStatus.NOT_FOUND, "route_unknown")
        try:
            _origin_of(request)
        except OriginInvalid:
            return _plain(http.HTTPStatus.FORBIDDEN, "origin_missing")
        if len(self._server.handler_threads) > MOST_CONNECTIONS:
            return _plain(http.HTTPStatus.SERVICE_UNAVAILABLE, "busy")
        return None

    def _own_person(self, connection: ServerConnection) -> bool:
        try:
            peer, port = connection.remote_address[:2]
            local = ipaddress.ip_address(peer).is_loopback
        except (ValueError, TypeError, OSError):
            return False
        return local and not of_other_user(port, self.port)

    # --- the one frame ----------------------------------------------------------------------------

    def _talk(self, connection: ServerConnection) -> None:
        request = connection.request
        if request is None:
            return
        try:
            text = connection.recv(timeout=FIRST_FRAME_SECONDS)
        except (TimeoutError, ConnectionClosed):
            return  # Many pages only look whether somebody opens.
        frame = text if isinstance(text, str) else ""
        with self._counted():
            answer = self._converse(
                _origin_of(request),
                request.path[1:],
                frame,
                lambda: connection.protocol.state is not State.OPEN,
            )
            with contextlib.suppress(ConnectionClosed):
                connection.send(answer)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            # The page closes; a page that does not is closed.
            connection.recv(timeout=5)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._quiet:
            self._talking += 1
        try:
            yield
        finally:
            with self._quiet:
                self._talking -= 1
                self._quiet.notify_all()


def _origin_of(request: Request) -> Origin:
    """The one `Origin` of a request; raises `OriginInvalid`, also for a request without any."""
    given = request.headers.get_all("Origin")
    if len(given) != 1:
        raise OriginInvalid
    return Origin.parse(given[0])


def _plain(status: http.HTTPStatus, code: str) -> Response:
    body = f"{code}\n".encode()
    return _response(status, body, "text/plain; charset=utf-8")


def _page() -> Response:
    return _response(http.HTTPStatus.OK, PAGE.encode(), "text/html; charset=utf-8")


def _response(status: http.HTTPStatus, body: bytes, kind: str) -> Response:
    headers = Headers(
        {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )
    return Response(status.value, status.phrase, headers, body)
