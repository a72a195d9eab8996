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
from signing.errors import SigningError
from signing.tokens.types import TokenInfo

log = logging.getLogger(__name__)


class Asking(Protocol):
    """What waits for its PIN."""

    stage: Stage
    stop: threading.Event


class TypedPin:
    """A PIN on its way to the token. Python cannot wipe a str, but who takes it out is the only one
    that holds it, however long the calls in between last."""

    def __init__(self, pin: str | None) -> None:
        self._pin = pin

    def take(self) -> str | None:
        """The PIN, once; None afterwards, and where the token asks for it on its pad."""
        pin, self._pin = self._pin, None
        return pin


@dataclass(frozen=True, slots=True)
class Road:
    """Where it goes on: `sign` with the PIN, `failed` when that raised, `left` (without the lock)
    when the question ended otherwise. `current` says whether this very attempt is still what the
    desk is about: not another one of the same work."""

    sign: Callable[[TypedPin], None]
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
            self.go(road, TypedPin(None))
        elif window is not None and window.available():
            work.stage = Stage.PIN_WINDOW
            stop = work.stop
            self._start(lambda: self._through(window, work, stop, question, road))
        else:
            work.stage = Stage.PIN_PAGE

    def go(self, road: Road, pin: TypedPin) -> None:
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

    def _through(
        self,
        window: Asker,
        work: Asking,
        stop: threading.Event,
        question: PinQuestion,
        road: Road,
    ) -> None:
        try:
            pin = TypedPin(window.ask(question, stop))
        except NoDisplay:
            with self._lock:
                if road.current():
                    work.stage = Stage.PIN_PAGE
            return
        except Exception as error:
            road.left(known(error))
            return
        with self._lock:
            if not road.current():
                return
            work.stage = Stage.SIGNING
        self._sign(road, pin)

    @staticmethod
    def _sign(road: Road, pin: TypedPin) -> None:
        try:
            road.sign(pin)
        except Exception as error:
            road.failed(known(error))


def known(error: Exception) -> SigningError:
    """The error as a person is told; of a fault of ours only the kind is kept and logged, because
    its text might hold what was typed."""
    if isinstance(error, SigningError):
        return error
    log.error("stopped by %s", type(error).__name__)
    return SigningError(type(error).__name__)


def question_of(
    token: TokenInfo,
    certificate: ShownCertificate,
    *,
    document: str,
    act: str,
    server: str,
    phrase: str,
    button: str = "Ký",
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
        button=button,
    )
