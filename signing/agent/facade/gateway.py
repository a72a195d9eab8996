"""The façade as a whole: off until the person switches it on, and answering while it is on."""

from __future__ import annotations

import json
import logging
import threading
import webbrowser
from collections.abc import Callable
from datetime import datetime, timedelta

from signing.agent import VERSION
from signing.agent.client import ServerClient
from signing.agent.desk import Desk
from signing.agent.facade import frames
from signing.agent.facade.calls import CallDesk, Standing
from signing.agent.facade.courier import Courier
from signing.agent.facade.journey import Journey
from signing.agent.facade.listener import USUAL_PORT, Listener
from signing.agent.facade.origins import Origin, OriginBook
from signing.agent.facade.refusals import (
    FrameMalformed,
    OriginNotPaired,
    RouteRefused,
    RouteUnknown,
)
from signing.agent.facade.routes import ROUTES, Kind, Route
from signing.agent.facade.tls import OwnCertificate
from signing.agent.journal import Journal
from signing.agent.state import AgentState, write_private
from signing.errors import SigningError

log = logging.getLogger("so_token.facade")

CALL_PAGE, SETTINGS_PAGE = "/cong/viec", "/cong"
SHOW_AGAIN = timedelta(seconds=20)
"""Between two times that a page brings the settings before the person."""


def open_in_browser(address: str) -> None:
    """Brings a page of the agent before the person, in their usual browser."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


class Facade:
    """Switch, allowed origins, the call under way. Safe to use from several threads."""

    def __init__(
        self,
        *,
        state: AgentState,
        desk: Desk,
        client: ServerClient,
        journal: Journal,
        clock: Callable[[], datetime],
        own_port: int,
        page_count: Callable[[bytes], int],
        courier: Courier | None = None,
        show: Callable[[str], None] | None = None,
    ) -> None:
        """`show` opens an address before the person; None where there is no display. Raises
        `StateBroken`."""
        self._state, self._journal, self._clock = state, journal, clock
        self._own = f"http://127.0.0.1:{own_port}"
        self._show_address = show
        self._settings = state.folder / "cong-tuong-thich.json"
        self._lock = threading.Lock()
        self._listener: Listener | None = None
        self._certificate: OwnCertificate | None = None
        self._shown_at: datetime | None = None
        self.problem: SigningError | None = None
        self.origins = OriginBook(state.folder / "he-thong-duoc-goi.json", clock)
        self.calls = CallDesk(clock)
        self.journey = Journey(
            state=state,
            desk=desk,
            client=client,
            calls=self.calls,
            courier=courier or Courier(),
            page_count=page_count,
            show=lambda: self._show(CALL_PAGE),
        )

    # --- the switch -------------------------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """Where it listens; None while it is off."""
        listener = self._listener
        return listener.port if listener is not None else None

    @property
    def certificate(self) -> OwnCertificate:
        """The certificate of this computer, made when it is first needed."""
        with self._lock:
            return self._certificate_now()

    def _certificate_now(self) -> OwnCertificate:
        if self._certificate is None:
            self._certificate = OwnCertificate(self._state.folder, self._clock)
        return self._certificate

    def start(self, port: int | None = None, *, remember: bool = True) -> None:
        """Listens from now on, and (`remember`) again whenever the agent starts.

        Raises `PortTaken`; nothing is remembered then.
        """
        with self._lock:
            if self._listener is not None:
                return
            self.journey.stopping = False
            chosen = USUAL_PORT if port is None else port
            context = self._certificate_now().context()
            try:
                self._listener = Listener(chosen, context, self.converse)
            except SigningError as error:
                self.problem = error
                raise
            self.problem = None
            if remember:
                self._remember(on=True, port=chosen)

    def stop(self, *, remember: bool = True) -> None:
        """Stops listening; a page that waits is told so first."""
        with self._lock:
            listener, self._listener = self._listener, None
            self.journey.stopping = True
            self.problem = None
            if remember:
                self._remember(on=False, port=USUAL_PORT)
        if listener is not None:
            listener.close()

    def start_as_remembered(self) -> None:
        """Listens when the person switched it on in an earlier run; a taken port is told on the
        page and stops nothing else."""
        try:
            data = json.loads(self._settings.read_bytes())
            on, port = bool(data["on"]), int(data["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if on:
            try:
                self.start(port, remember=False)
            except SigningError as error:
                log.warning("façade: %s", error.code)

    def _remember(self, *, on: bool, port: int) -> None:
        write_private(self._settings, json.dumps({"on": on, "port": port}).encode())

    # --- origins ----------------------------------------------------------------------------------

    def allow(self, text: str) -> None:
        """The person lets an origin call that asked. Raises `OriginInvalid`."""
        origin = self.origins.allow(text)
        self._journal.record("outside_allowed", origin=origin.text)

    def forget(self, text: str) -> None:
        """The person takes the permission back; a call of that origin under way is ended."""
        if self.origins.forget(text):
            self._journal.record("outside_forgotten", origin=text)
        current = self.calls.current
        if current is not None and current.origin.text == text:
            self.journey.refuse(current)

    # --- calls ------------------------------------------------------------------------------------

    def converse(self, origin: Origin, name: str, text: str, gone: Callable[[], bool]) -> str:
        """The answer to the one frame of a connection; always one."""
        route = ROUTES.get(name)
        try:
            answer = self._converse(origin, route, text, gone)
        except SigningError as error:
            answer = frames.refusal(route, error)
        except Exception as error:
            # Only the kind of a fault is logged: its text might hold what the page sent.
            log.error("façade call stopped by %s", type(error).__name__)
            answer = frames.refusal(route, SigningError(type(error).__name__))
        if route is not None and route.kind in _NOTED and self.origins.allows(origin):
            code = json.loads(answer).get("Code", "")
            try:
                self._journal.record(
                    "outside_answered", origin=origin.text, route=route.name, code=code
                )
            except OSError as error:
                # What was done is done: the page must hear of it.
                log.error("journal: %s", type(error).__name__)
        return answer

    def _converse(
        self, origin: Origin, route: Route | None, text: str, gone: Callable[[], bool]
    ) -> str:
        if not self.origins.allows(origin):
            if self.origins.asked(origin):
                self._show(SETTINGS_PAGE)
            raise OriginNotPaired
        if route is None:
            raise RouteUnknown
        if route.kind is Kind.REFUSED:
            raise RouteRefused(f"Lý do: {route.why}.")
        if route.kind is Kind.VERSION:
            return frames.success(Version=VERSION, Name="Trình ký số (Sổ Token)")
        if route.kind is Kind.SETTINGS:
            self._show_settings()
            return frames.success()
        if not text:
            raise FrameMalformed("text")
        call = frames.read(route, text)
        self._journal.record("outside_called", origin=origin.text, route=route.name)
        return self.journey.run(self.calls.begin(origin, call), gone)

    def of_ticket(self, ticket: str) -> Standing | None:
        """The call whose job a ticket of the desk is."""
        return self.calls.of_ticket(ticket)

    def _show_settings(self) -> None:
        """For a page that asks for it: one tab at a time, however often it asks."""
        now = self._clock()
        with self._lock:
            again = self._shown_at is not None and now - self._shown_at < SHOW_AGAIN
            self._shown_at = self._shown_at if again else now
        if not again:
            self._show(SETTINGS_PAGE)

    def _show(self, path: str) -> None:
        if self._show_address is not None:
            self._show_address(self._own + path)


_NOTED = frozenset({Kind.SIGN, Kind.SIGN_MANY, Kind.VERIFY, Kind.CERTIFICATE})
