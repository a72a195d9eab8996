"""The agent's small web application: the gate, the headers, the forms' seal, the error page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import Flask, Response, current_app, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from signing.agent import VERSION
from signing.agent.client import Address, ServerClient
from signing.agent.desk import Desk
from signing.agent.facade.courier import Courier
from signing.agent.facade.gateway import Facade
from signing.agent.gate import (
    LARGEST_BODY,
    STATUS,
    Asked,
    BodyTooLarge,
    FormStale,
    NotNavigation,
    OtherUser,
    PageUnknown,
    judge,
)
from signing.agent.imports import ImportDesk
from signing.agent.journal import Journal
from signing.agent.logins import LoginDesk
from signing.agent.pairing_desk import PairingDesk
from signing.agent.speed import SpeedDesk
from signing.agent.state import AgentState
from signing.agent.touch import Touch
from signing.agent.work import Asker, Tokens
from signing.errors import ERRORS, SigningError
from signing.messages import PROTOCOL, shown_fingerprint
from signing.platform import of_other_user

OF_TICKETS = ("/ky/", "/doc-chung-thu/", "/dang-nhap/")
"""Where everything under one ticket is one page, as far as forms are concerned."""


class Pictures(Protocol):
    """What the pages need of `signing.pades.sandbox`: strangers' PDFs are drawn in its process."""

    def page_count(self, pdf: bytes) -> int:
        """How many pages; raises `PdfBroken` and its kin."""

    def page_image(self, pdf: bytes, page: int, width: int) -> bytes:
        """One page (from 0) as PNG, `width` pixels wide."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything the pages use; one per program."""

    state: AgentState
    journal: Journal
    tokens: Tokens
    pictures: Pictures
    desk: Desk
    imports: ImportDesk
    logins: LoginDesk
    facade: Facade
    pairing: PairingDesk
    client: ServerClient
    touch: Touch
    speed: SpeedDesk
    modules: tuple[tuple[str, str], ...]
    port: int
    server_hint: str
    secret: bytes


def make_agent(
    *,
    state: AgentState,
    journal: Journal,
    tokens: Tokens,
    pictures: Pictures,
    window: Asker | None,
    clock: Callable[[], datetime],
    port: int,
    modules: tuple[tuple[str, str], ...] = (),
    server_hint: str = "",
    courier: Courier | None = None,
    show: Callable[[str], None] | None = None,
) -> Agent:
    """Ties the parts together. `modules` are (name, path) of the drivers in use; `window` None
    means that the PIN is asked on the page, `show` None that no page is opened unasked."""
    client = ServerClient(state, clock)
    desk = Desk(
        state=state, journal=journal, client=client, tokens=tokens, window=window, clock=clock
    )
    return Agent(
        state=state,
        journal=journal,
        tokens=tokens,
        pictures=pictures,
        desk=desk,
        imports=ImportDesk(desk=desk, client=client, tokens=tokens, journal=journal),
        logins=LoginDesk(
            desk=desk, state=state, journal=journal, client=client, tokens=tokens, window=window
        ),
        facade=Facade(
            state=state,
            desk=desk,
            client=client,
            journal=journal,
            clock=clock,
            own_port=port,
            page_count=pictures.page_count,
            courier=courier,
            show=show,
        ),
        pairing=PairingDesk(state=state, journal=journal, client=client, clock=clock, port=port),
        client=client,
        touch=Touch(state, client, port),
        speed=SpeedDesk(tokens=tokens, journal=journal),
        modules=modules,
        port=port,
        server_hint=server_hint,
        secret=secrets.token_bytes(32),
    )


def the_agent() -> Agent:
    """The agent of the request."""
    agent: Agent = current_app.extensions["so_token_agent"]
    return agent


def create_application(agent: Agent) -> Flask:
    """The WSGI application of `agent`."""
    from signing.agent import checkup, consent, login_pages, pages
    from signing.agent.facade import pages as facade_pages

    application = Flask(__name__)
    application.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # Nobody may ask across origins, so there is nothing to answer to such a question.
    application.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    application.extensions["so_token_agent"] = agent
    application.jinja_env.trim_blocks = application.jinja_env.lstrip_blocks = True
    application.jinja_env.globals.update(
        seal=form_seal,
        new_click=secrets.token_urlsafe,
        shown_fingerprint=shown_fingerprint,
        errors=ERRORS,
    )
    application.before_request(_gate)
    application.after_request(_headers)
    application.context_processor(_common)
    application.register_blueprint(pages.pages)
    application.register_blueprint(consent.consent)
    application.register_blueprint(login_pages.login_pages)
    application.register_blueprint(facade_pages.gate)
    application.register_blueprint(checkup.checkup)
    application.register_error_handler(SigningError, refuse)
    application.register_error_handler(HTTPException, _refuse_http)
    return application


def _cookie_name() -> str:
    # Cookies do not tell ports apart: the name must differ from those of server and other agents.
    return f"so_token_agent_{the_agent().port}"


def _gate() -> None:
    headers = {name.lower(): value for name, value in request.headers.items()}
    asked = Asked(
        method=request.method,
        path=request.path,
        target=str(request.environ.get("REQUEST_URI", request.path)),
        peer=request.remote_addr or "",
        host=headers.get("host", ""),
        headers=headers,
    )
    agent = the_agent()
    refusal = judge(asked, port=agent.port) or _other_user(agent.port)
    if refusal is not None:
        raise refusal
    agent.desk.sweep()
    cookie = request.cookies.get(_cookie_name(), "")
    g.visitor = cookie if len(cookie) == 43 else secrets.token_urlsafe(32)
    g.new_visitor = g.visitor != cookie
    if request.method == "POST":
        if (request.content_length or 0) > LARGEST_BODY:
            raise BodyTooLarge
        given = request.form.get("dau", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, form_seal().encode()):
            raise FormStale


def _other_user(port: int) -> SigningError | None:
    """The refusal for a program of another person at the same computer, where one can tell."""
    peer_port = str(request.environ.get("REMOTE_PORT") or "")
    if not peer_port.isdecimal():
        return None
    return OtherUser() if of_other_user(int(peer_port), port) else None


def form_seal() -> str:
    """What our forms carry: bound to this start of the program, to the visitor's cookie and to
    the page (everything of one ticket is one page)."""
    scope = "/".join(request.path.split("/")[:3]) if request.path.count("/") > 1 else "/"
    if not request.path.startswith(OF_TICKETS):
        scope = "/"
    message = f"{g.visitor}\0{scope}".encode()
    return hmac.new(the_agent().secret, message, hashlib.sha256).hexdigest()


def _headers(response: Response) -> Response:
    agent = the_agent()
    origins = {Address.parse(each.server_url).origin for each in agent.state.pairings}
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action {' '.join([chr(39) + 'self' + chr(39), *sorted(origins)])}; "
        "frame-ancestors 'none'"
    )
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    if g.get("new_visitor"):
        response.set_cookie(
            _cookie_name(), g.visitor, httponly=True, samesite="Lax", path="/", max_age=None
        )
    return response


def _common() -> dict[str, object]:
    agent = the_agent()
    return {
        "version": VERSION,
        "protocol": PROTOCOL,
        "phrase": agent.state.phrase,
        "address": f"127.0.0.1:{agent.port}",
    }


def refuse(error: SigningError) -> AnyResponse:
    """The page of one refusal: what, and what to do now."""
    back = ""
    of_job = request.path.startswith(OF_TICKETS)
    if of_job and request.method == "POST" and error.code not in STATUS:
        back = "/".join(request.path.split("/")[:3])
    page = render_template("error.html", error=error, back=back)
    return make_response(page, STATUS.get(error.code, 409))


def _refuse_http(error: HTTPException) -> AnyResponse:
    if isinstance(error, RequestEntityTooLarge):
        return refuse(BodyTooLarge())
    if isinstance(error, MethodNotAllowed):
        response = refuse(NotNavigation())
        response.status_code = 405
        return response
    if error.code == 404:
        return refuse(PageUnknown())
    response = refuse(SigningError(str(error.code)))
    response.status_code = error.code or 500
    return response
