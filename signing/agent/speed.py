"""How fast a token signs, measured on structures that can never pass for a document.

What is signed is not a digest that somebody chose: it is a text that names itself a speed test, is
made of random bytes of this computer, and begins with "S" where signed attributes of CMS begin
with the tag of a SET (0x31, RFC 5652 section 5.4). It never leaves this computer.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from signing.agent.journal import Journal
from signing.agent.work import Tokens
from signing.errors import SigningError

SAMPLES = 5
DOMAIN = b"So Token speed test, not a document and not a login\n"


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of the login with the first signature, and of each further one."""

    first: float
    each: float


def sample() -> bytes:
    """One structure to sign: our domain, then 256 random bits."""
    return DOMAIN + secrets.token_bytes(32)


class SpeedDesk:
    """Measures one token at a time, after a person has typed the PIN on the agent's own page."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        journal: Journal,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._tokens, self._journal, self._seconds = tokens, journal, seconds
        self._lock = threading.Lock()

    def measure(
        self, der: bytes, certificate_sha256: str, pin: str | None, *, allow_final_try: bool
    ) -> Speed:
        """Sign `SAMPLES` structures under one login. Raises any error of tokens and PINs."""
        with self._lock:
            took: list[float] = []
            began = self._seconds()
            items = [sample() for _ in range(SAMPLES)]
            for _ in self._tokens.sign(der, items, pin, allow_final_try=allow_final_try):
                now = self._seconds()
                took.append(now - began)
                began = now
            if len(took) < 2:
                raise SigningError("speed")
            self._journal.record(
                "speed_tested",
                certificate_sha256=certificate_sha256,
                signatures=str(len(took)),
            )
            return Speed(took[0], sum(took[1:]) / (len(took) - 1))
