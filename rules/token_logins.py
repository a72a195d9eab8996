"""Who may log in with the token: the account's mode, the certificate, and the emergency code.

All of this is a rule of the program (no article of the regulations speaks of logging in), but it is
built on the checks of Điều 31 and 32 NĐ 68/2024/NĐ-CP: term, state and path of the certificate.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.certificates import SubscriberKind
from rules.devices import DeviceState


class TokenLogin(StrEnum):
    """How an account may be entered: password alone, either, or the token alone."""

    OFF = "off"
    ALSO = "also"
    ONLY = "only"


class RevocationKnown(StrEnum):
    """What is known about the revocation of a certificate when somebody logs in with it."""

    GOOD = "good"
    REVOKED = "revoked"
    UNCHECKED = "unchecked"


class TokenRefusal(StrEnum):
    """Why a login with the token is refused; the values travel to the agent as error codes."""

    CERTIFICATE_UNKNOWN = "login_certificate_unknown"
    NOT_PERSONAL = "login_not_personal"
    NOT_SWITCHED_ON = "login_not_switched_on"
    ACCOUNT_CLOSED = "login_account_closed"
    OTHER_PERSON = "login_other_person"
    CERTIFICATE_REVOKED = "login_certificate_revoked"
    CERTIFICATE_NOT_VALID = "login_certificate_not_valid"
    DEVICE_LOST = "login_device_lost"
    CERTIFICATE_UNTRUSTED = "login_certificate_untrusted"
    REVOCATION_UNCHECKED = "login_revocation_unchecked"


EMERGENCY_BITS = 100
"""Of an emergency code: twenty letters and digits of five bits each."""
EMERGENCY_HOURS = 24
"""How long an emergency code is good for."""
ESTABLISHED_DAYS = 7
"""Where one person has set the password and another makes the code, how long both must have been
what they are. A rule of the house: an administrator can make a second one of himself in a minute,
and not a week, in which the owner, the others and the log notice."""
CODE_LIFETIME = timedelta(minutes=1)
"""From the proof that the agent sent to the login in the browser; the browser goes by itself."""
CHALLENGE_LIFETIME = timedelta(minutes=3)

_GONE = frozenset(
    {DeviceState.MISSING, DeviceState.LOST, DeviceState.RECALLED, DeviceState.RETURNED_TO_CA}
)
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_ALIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_GROUP = 4


@dataclass(frozen=True)
class TokenFacts:
    """What decides about one certificate. `device` None: the register does not say where it is."""

    kind: SubscriberKind
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    device: DeviceState | None
    trusted: bool
    revocation: RevocationKnown


def certificate_refusal(
    facts: TokenFacts, *, at: datetime, unchecked_allowed: bool
) -> TokenRefusal | None:
    """Why this certificate lets nobody in at this instant; None when it does.

    Revoked is refused whoever says so, the register or the authority. What could not be checked is
    refused unless `unchecked_allowed` (the installation's own setting).
    """
    if facts.kind is not SubscriberKind.INDIVIDUAL:
        return TokenRefusal.NOT_PERSONAL
    if facts.revoked_at is not None or facts.revocation is RevocationKnown.REVOKED:
        return TokenRefusal.CERTIFICATE_REVOKED
    if not facts.not_before <= at <= facts.not_after:
        return TokenRefusal.CERTIFICATE_NOT_VALID
    if facts.device in _GONE:
        return TokenRefusal.DEVICE_LOST
    if not facts.trusted:
        return TokenRefusal.CERTIFICATE_UNTRUSTED
    if facts.revocation is RevocationKnown.UNCHECKED and not unchecked_allowed:
        return TokenRefusal.REVOCATION_UNCHECKED
    return None


def needs_proof(now: TokenLogin, wanted: TokenLogin) -> bool:
    """True when the token must be shown before the account's mode changes.

    Switching on always needs it, so that nobody locks themselves out with a token that does not
    work. So does leaving "only with the token": else the password alone would undo it.
    """
    return wanted is not TokenLogin.OFF or now is TokenLogin.ONLY


def emergency_code(number: int) -> str:
    """The code for a random number of `EMERGENCY_BITS` bits, in groups as it is read aloud."""
    digits = "".join(_DIGITS[(number >> shift) & 31] for shift in range(EMERGENCY_BITS - 5, -1, -5))
    return "-".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def normal_emergency_code(typed: str) -> str:
    """What was typed, as it is compared: capitals without blanks and dashes, I and L as 1, O as 0;
    "" for what cannot be a code."""
    code = "".join(typed.split()).replace("-", "").upper().translate(_ALIKE)
    fits = len(code) == EMERGENCY_BITS // 5 and all(letter in _DIGITS for letter in code)
    return code if fits else ""
