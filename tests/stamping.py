"""A time-stamp service that an office uses: real answers over a real connection on loopback."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

import audit
import clock
from operations import time_stamps
from operations.time_stamps import Typed, Wish
from rules.upgrades import PadesLevel
from tests.signing.pki import Holder
from tests.signing.responders import serving, stamp, stamp_server


@dataclass
class Tsa:
    """The server and how it behaves: `answer` may be changed between questions."""

    base: str = ""
    asked: list[float] = field(default_factory=list)
    answer: Callable[[bytes], bytes] | None = None
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"{self.base}/tsa"

    def __call__(self, query: bytes) -> bytes:
        with self._lock:
            self.asked.append(time.monotonic())
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            return (self.answer or honest)(query)
        finally:
            with self._lock:
                self._now -= 1


def honest(query: bytes, signer: Holder | None = None) -> bytes:
    """What a time-stamp authority answers, dated by the clock of the tests."""
    return stamp(query, signer or stamp_server(), made=clock.now().replace(microsecond=0))


@contextmanager
def time_stamping() -> Iterator[Tsa]:
    """A service on loopback."""
    made = Tsa()
    with serving({"/tsa": made}) as base:
        made.base = base
        yield made


def switch_on(
    session: Session,
    tsa: Tsa,
    level: PadesLevel = PadesLevel.B_T,
    *,
    at_once: int = 0,
    seconds: int = 5,
) -> int:
    """Enter the service and the level as an administrator does; returns its number."""
    actor = audit.system_actor(clock.now())
    typed = Typed("Dịch vụ thử", tsa.address, seconds)
    number = time_stamps.save_service(session, actor=actor, typed=typed)
    time_stamps.set_wish(session, actor=actor, wish=Wish(level, at_once))
    return number
