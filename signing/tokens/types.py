"""What is said about tokens between the worker, the manager and the agent's pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from signing.errors import CertNotFound, NoToken, PinLocked, PinNotInitialised, SigningError

SAFE_WRONG_ENTRIES = 2
"""Wrong PINs in a row after which we treat the next entry as the last, where the driver is silent.

Tokens of the authority are reported to lock after about three wrong entries, and some vendor
modules never set the flags of PKCS#11 that would say so.
"""


@dataclass(frozen=True, slots=True)
class PinState:
    """State of the user PIN: the flags of CK_TOKEN_INFO (PKCS#11 v2.40, 3.2) and our own count.

    `wrong_entries` counts the wrong entries in a row made through this agent, `flags_seen` says
    that this token's driver has been seen to set its warning flags, so that they can be relied
    upon.
    """

    count_low: bool
    final_try: bool
    locked: bool
    protected_path: bool
    to_be_changed: bool
    initialised: bool
    wrong_entries: int = 0
    flags_seen: bool = False

    @property
    def last_try(self) -> bool:
        """True when one more wrong PIN would lock the token, or may lock it as far as we know."""
        silent = not (self.flags_seen or self.count_low)
        return self.final_try or (silent and self.wrong_entries >= SAFE_WRONG_ENTRIES)

    @property
    def hopeless(self) -> SigningError | None:
        """Why no PIN would help, or None. Of a token with a pad of its own the driver is asked:
        some never say that the PIN there has been set."""
        if self.locked:
            return PinLocked()
        if not self.initialised and not self.protected_path:
            return PinNotInitialised()
        return None

    @property
    def asks_confirmation(self) -> bool:
        """True when a person must confirm the last try in writing before the PIN is asked; a token
        with a pad of its own warns there."""
        return self.last_try and not self.protected_path


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """One certificate object on a token: its exact bytes, and the name the driver gives it."""

    der: bytes
    label: str


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """One token, read without a PIN. `module` is the path of the driver that shows it."""

    module: str
    slot_id: int
    label: str
    serial: str
    manufacturer: str
    model: str
    pin: PinState
    certificates: tuple[TokenCertificate, ...]

    @property
    def counted_as(self) -> str:
        """The name under which wrong PINs are counted: the serial, where the token has one.

        Tokens whose driver gives nothing or only zeros are told apart by what lies on them.
        """
        if has_serial(self.serial):
            return self.serial
        lying = hashlib.sha256(b"".join(sorted(each.der for each in self.certificates)))
        return f"{self.serial} {lying.hexdigest()[:32]}".strip()


def has_serial(serial: str) -> bool:
    """Whether a serial tells one token from another; some drivers answer with zeros or blanks."""
    return bool(serial.strip("0 -"))


@dataclass(frozen=True, slots=True)
class TokenProblem:
    """A module, or one slot of it (its name; "" for the whole module), left out and why."""

    module: str
    slot: str
    error: SigningError


@dataclass(frozen=True, slots=True)
class TokenListing:
    """Everything that could be read, and everything that could not."""

    tokens: tuple[TokenInfo, ...]
    problems: tuple[TokenProblem, ...]

    def missing(self) -> SigningError:
        """What to tell of a certificate that lies on none of these tokens: where there is none at
        all, the fault of a driver says more than an empty reader."""
        if self.tokens:
            return CertNotFound()
        return self.problems[0].error if self.problems else NoToken()
