"""One job on the agent's desk, and the token that holds its certificate."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from signing.agent.certificates import ShownCertificate, describe
from signing.agent.pin import PinQuestion
from signing.errors import CertNotFound, NoToken, PinLocked, PinNotInitialised, SigningError
from signing.messages import JobState, Manifest, Pairing, Result, Ticket
from signing.tokens.types import BatchOutcome, TokenInfo, TokenListing


class Tokens(Protocol):
    """What the desk needs of `signing.tokens`."""

    def list_tokens(self) -> TokenListing:
        """Every token that can be read, without a PIN."""

    def sign_batch(
        self,
        certificate_der: bytes,
        to_be_signed: Sequence[bytes],
        pin: str | None,
        allow_final_try: bool = False,
    ) -> BatchOutcome:
        """Signs each entry under one login, to the end or to the first failure."""


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


@dataclass(slots=True)
class Work:
    """One job on the desk. `error` is why the last attempt did not succeed."""

    ticket: Ticket
    pairing: Pairing
    manifest: Manifest
    documents: list[bytes]
    server_state: JobState
    seen_at: datetime
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

    @property
    def return_url(self) -> str:
        """Where the browser goes back to: the pinned server, and a path that it signed."""
        return self.pairing.server_url + (self.return_path or self.manifest.return_path)


@dataclass(frozen=True, slots=True)
class Holder:
    """The token that holds the certificate of a job, or the reason why there is none."""

    token: TokenInfo | None
    der: bytes
    certificate: ShownCertificate | None
    problem: SigningError | None


def find_holder(tokens: Tokens, manifest: Manifest) -> Holder:
    """The token with the certificate of the job, looked for without a PIN."""
    listing = tokens.list_tokens()
    for token in listing.tokens:
        for each in token.certificates:
            try:
                shown = describe(each.der)
            except SigningError:
                continue
            if shown.sha256 == manifest.certificate_sha256:
                return Holder(token, each.der, shown, _unusable(token))
    problem: SigningError = CertNotFound() if listing.tokens else NoToken()
    if not listing.tokens and listing.problems:
        problem = listing.problems[0].error
    return Holder(None, b"", None, problem)


def _unusable(token: TokenInfo) -> SigningError | None:
    if token.pin.locked:
        return PinLocked()
    if not token.pin.initialised and not token.pin.protected_path:
        return PinNotInitialised()
    return None
