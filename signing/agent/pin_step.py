"""The step between a click and the token: the PIN, asked on the pad, in the window or on the page.

Signing and logging in share it, so that each way of asking ends alike in both.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from signing.agent.certificates import ShownCertificate, pin_words
from signing.agent.pin import NoDisplay, PinQuestion
from signing.agent.work import Asker, Stage
from signing.errors import ConsentTimeout, SigningError, UserCancelled
from signing.tokens.types import TokenInfo

log = logging.getLogger(__name__)


class Asking(Protocol):
    """What waits for its PIN."""

    stage: Stage
    stop: threading.Event


@dataclass(frozen=True, slots=True)
class Road:
    """Where it goes on: `sign` with the PIN (None: the token has asked for it on its pad), `failed`
    when that raised, `left` when the person or the time ended the question. `current` says whether
    this is still what the desk is about."""

    sign: Callable[[str | None], None]
    failed: Callable[[SigningError], None]
    left: Callable[[SigningError], None]
    current: Callable[[], bool]


class PinStep:
    """Asks, in a thread of its own where somebody has to be waited for. `lock` is the desk's."""

    def __init__(self, window: Asker | None, lock: threading.RLock, name: str) -> None:
        self._window, self._lock, self._name = window, lock, name
        self._thread: threading.Thread | None = None

    def ask(self, work: Asking, question: PinQuestion, road: Road, *, pad: bool) -> None:
        """Begins to ask, with the lock held: on the token's `pad`, else in the window, else (where
        there is no display) by the stage in which the page shows a field."""
        window = self._window
        if pad:
            work.stage = Stage.PIN_PAD
            self.go(road, None)
        elif window is not None and window.available():
            work.stage = Stage.PIN_WINDOW
            self._start(lambda: self._through(window, work, question, road))
        else:
            work.stage = Stage.PIN_PAGE

    def go(self, road: Road, pin: str | None) -> None:
        """Goes on with the PIN in a thread."""
        self._start(lambda: self._sign(road, pin))

    def wait(self, seconds: float) -> None:
        """Waits for the road under way, if any, to end."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _start(self, target: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=target, name=self._name, daemon=True)
        self._thread.start()

    def _through(self, window: Asker, work: Asking, question: PinQuestion, road: Road) -> None:
        try:
            pin = window.ask(question, work.stop)
        except NoDisplay:
            with self._lock:
                if road.current():
                    work.stage = Stage.PIN_PAGE
            return
        except (UserCancelled, ConsentTimeout) as error:
            with self._lock:
                if road.current():
                    road.left(error)
            return
        with self._lock:
            if not road.current():
                return
            work.stage = Stage.SIGNING
        self._sign(road, pin)

    @staticmethod
    def _sign(road: Road, pin: str | None) -> None:
        try:
            road.sign(pin)
        except SigningError as error:
            road.failed(error)
        except Exception as error:
            # Only the kind of a fault is logged: its text might hold what was typed.
            log.error("signing stopped by %s", type(error).__name__)
            road.failed(SigningError(type(error).__name__))


def question_of(
    token: TokenInfo,
    certificate: ShownCertificate,
    *,
    document: str,
    act: str,
    server: str,
    phrase: str,
) -> PinQuestion:
    """What the window shows of this token and certificate."""
    return PinQuestion(
        document=document,
        act=act,
        server=server,
        certificate=f"{certificate.holder} (số {certificate.serial})",
        token=f"{token.label} (số {token.serial})",
        pin_state=pin_words(token.pin)[0],
        phrase=phrase,
        final_try=token.pin.last_try,
    )
