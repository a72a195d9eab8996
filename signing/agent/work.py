"""One job on the agent's desk, and the token that holds its certificate."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from signing.agent.certificates import ShownCertificate, describe, unfit
from signing.agent.documents import Documents
from signing.agent.pin import PinQuestion
from signing.errors import SigningError
from signing.messages import JobState, Manifest, Outcome, Pairing, Result, Ticket
from signing.tokens.types import TokenInfo, TokenListing


class Tokens(Protocol):
    """What the desk needs of `signing.tokens`."""

    def list_tokens(self) -> TokenListing:
        """Every token that can be read, without a PIN."""

    def sign(
        self,
        certificate_der: bytes,
        to_be_signed: Iterable[bytes],
        pin: str | None,
        allow_final_try: bool = False,
    ) -> Generator[bytes]:
        """Signs each entry under one login, one by one; the first failure is raised."""


class Asker(Protocol):
    """What the desk needs of the PIN window."""

    def available(self) -> bool:
        """Whether it is worth trying."""

    def ask(self, question: PinQuestion, stop: threading.Event) -> str:
        """The PIN; raises `UserCancelled`, `ConsentTimeout`, `NoDisplay`."""


class Stage(StrEnum):
    """Where a job stands on this desk."""

    SHOWN = "shown"
    PIN_WINDOW = "pin_window"
    PIN_PAD = "pin_pad"
    PIN_PAGE = "pin_page"
    SIGNING = "signing"
    UNSENT = "unsent"
    DONE = "done"
    REFUSED = "refused"


WAITING = frozenset({Stage.PIN_WINDOW, Stage.PIN_PAD, Stage.SIGNING})
"""Stages in which the page reloads itself."""

ASKING = frozenset({Stage.PIN_WINDOW, Stage.PIN_PAGE})
"""Stages in which we wait for the PIN; on a token's own pad nobody but the person can end that."""

ENDED = frozenset({Stage.DONE, Stage.REFUSED})
"""Stages after which nothing more comes."""


@dataclass(slots=True)
class Pace:
    """How fast the token signs, as measured since the PIN: seconds of any steady clock."""

    began: float = 0.0
    latest: float = 0.0
    made: int = 0

    def begin(self, at: float) -> None:
        """A new login begins."""
        self.began, self.latest, self.made = at, at, 0

    def count(self, at: float) -> None:
        """One more signature is made."""
        self.latest, self.made = at, self.made + 1

    @property
    def seconds_each(self) -> float | None:
        """Seconds for one document, sending included; None before the first."""
        return (self.latest - self.began) / self.made if self.made else None

    def remaining(self, count: int) -> timedelta | None:
        """How long `count` more will take at this pace; None before the first signature."""
        each = self.seconds_each
        return None if each is None else timedelta(seconds=each * count)


@dataclass(slots=True)
class Work:
    """One job on the desk. `error` is why the last attempt did not succeed.

    `done` are the documents of the job that the server has accepted, `refused` those that it did
    not take, with the code of the reason: neither needs another signature.
    """

    ticket: Ticket
    pairing: Pairing
    manifest: Manifest
    documents: Documents
    server_state: JobState
    seen_at: datetime
    done_before: int = 0
    done: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    stage: Stage = Stage.SHOWN
    click: str = ""
    claim_id: str = ""
    claimed_at: datetime | None = None
    allow_final_try: bool = False
    certificate_der: bytes = b""
    error: SigningError | None = None
    result: Result | None = None
    return_path: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def took(self, outcomes: tuple[Outcome, ...], result: Result) -> None:
        """Notes what the server did with the signatures of one part."""
        self.done.update(result.signatures)
        self.refused.update({each.index: each.code for each in outcomes if each.code})

    @property
    def left(self) -> int:
        """How many documents still want a signature."""
        return len(self.manifest.items) - len(self.done)

    @property
    def return_url(self) -> str:
        """Where the browser goes back to: the pinned server, and a path that it signed."""
        return self.pairing.server_url + (self.return_path or self.manifest.return_path)


@dataclass(frozen=True, slots=True)
class Holder:
    """The token that holds the certificate of a job, or the reason why there is none.

    `doubt` is a sentence about a token that is not the one of the register.
    """

    token: TokenInfo | None
    der: bytes
    certificate: ShownCertificate | None
    problem: SigningError | None
    doubt: str = ""


def find_holder(tokens: Tokens, manifest: Manifest, at: datetime) -> Holder:
    """The token with the certificate of the job, looked for without a PIN, and whether both may
    sign `at` this instant."""
    listing = tokens.list_tokens()
    for token in listing.tokens:
        for each in token.certificates:
            try:
                shown = describe(each.der)
            except SigningError:
                continue
            if shown.sha256 == manifest.certificate_sha256:
                problem = unfit(each.der, manifest.chain, at) or token.pin.hopeless
                return Holder(token, each.der, shown, problem, _doubt(token, manifest))
    return Holder(None, b"", None, listing.missing())


def _doubt(token: TokenInfo, manifest: Manifest) -> str:
    """A word of warning when the register has the certificate on another token."""
    recorded, shown = _plain(manifest.device_serial), _plain(token.serial)
    # A driver that gives no serial, or zeros, tells nothing either way.
    if not recorded or not shown or recorded == shown:
        return ""
    return (
        f"Sổ ghi chứng thư này nằm trên thiết bị số {manifest.device_serial}, còn thiết bị đang "
        f"cắm có số {token.serial}. Nếu không phải thiết bị của anh/chị thì đừng ký; nếu đúng, báo "
        "người quản lý sửa sổ."
    )


def _plain(serial: str) -> str:
    """A serial without what drivers and labels write differently: case, separators, zeros."""
    return "".join(char for char in serial.upper() if char.isalnum()).lstrip("0")
