"""The one call that a page has made: what it wants, where it stands, how it ended."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from signing.agent.facade.frames import Call, Delivered
from signing.agent.facade.origins import Origin
from signing.agent.imports import Found
from signing.errors import Busy, SigningError
from signing.messages import OutsideVerdict

CALL_LIMIT = timedelta(minutes=12)
"""How long a page waits for a person; a ticket of the server lives ten minutes."""


class Stage(StrEnum):
    """Where a call stands."""

    FETCHING = "fetching"
    ASKING = "asking"
    SIGNING = "signing"
    DELIVERING = "delivering"
    DONE = "done"
    FAILED = "failed"


ENDED = frozenset({Stage.DONE, Stage.FAILED})


@dataclass(slots=True)
class Standing:
    """One call and all that becomes of it. `pdfs` has None where a file could not be had, `sent`
    the places of those that went to the server, `notices` what it said of each of these. Who acts
    upon the person's consent holds `deciding`, so that a double click orders once."""

    origin: Origin
    call: Call
    began_at: datetime
    call_id: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    stage: Stage = Stage.FETCHING
    names: list[str] = field(default_factory=list)
    pdfs: list[bytes | None] = field(default_factory=list, repr=False)
    page_counts: list[int] = field(default_factory=list)
    outcomes: list[Delivered] = field(default_factory=list)
    notices: list[tuple[str, ...]] = field(default_factory=list)
    ticket: str = field(default="", repr=False)
    sent: list[int] = field(default_factory=list)
    number: str = ""
    day: date | None = None
    certificate: Found | None = None
    verdict: OutsideVerdict | None = None
    error: SigningError | None = None
    last_error: SigningError | None = None
    kept: dict[int, bytes] = field(default_factory=dict, repr=False)
    wake: threading.Event = field(default_factory=threading.Event)
    deciding: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, error: SigningError) -> None:
        """Ends the call without a result."""
        self.error, self.stage = error, Stage.FAILED
        self.wake.set()


class CallDesk:
    """Holds the call under way; another one is told `busy`. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._current: Standing | None = None

    @property
    def current(self) -> Standing | None:
        """The call under way, or the last one, for the page."""
        return self._current

    def begin(self, origin: Origin, call: Call) -> Standing:
        """Takes a call on; raises `Busy`."""
        with self._lock:
            if self._current is not None and self._current.stage not in ENDED:
                raise Busy
            self._current = Standing(origin, call, self._clock())
            return self._current

    def of_ticket(self, ticket: str) -> Standing | None:
        """The call whose job this ticket is; None for every other ticket."""
        found = self._current
        return found if found is not None and ticket and found.ticket == ticket else None

    def late(self, standing: Standing) -> bool:
        """Whether the person has had enough time."""
        return self._clock() - standing.began_at > CALL_LIMIT
