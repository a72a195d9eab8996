"""Raising a signature to a higher PAdES level after it was given: when, how far, how often.

The levels are those of ETSI EN 319 142-1; Điều 29 khoản 4 NĐ 68/2024/NĐ-CP asks for the time stamp
where it is to be had. All figures here are rules of this program.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class PadesLevel(StrEnum):
    """What proof a signature carries with it; the values are those of `signing.pades.report`."""

    B_B = "PAdES B-B"
    B_T = "PAdES B-T"
    B_LT = "PAdES B-LT"
    B_LTA = "PAdES B-LTA"


class UpgradeState(StrEnum):
    """Where one file stands in the queue."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    GIVEN_UP = "given_up"


LEVELS = tuple(PadesLevel)
MOST_ATTEMPTS = 12
"""After so many failures in a row (about four days) a person is asked to look."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=24)
RUN_AT_MOST = timedelta(minutes=10)
"""No run asks anybody anything after that."""

CLAIM_LASTS = timedelta(minutes=15)
"""A claim older than this belongs to a program that was killed: longer than any run can take."""

RENEW_BEFORE = timedelta(days=90)
"""How long before the end of the time-stamp authority's certificate an archive stamp is renewed."""

RENEW_AGAIN_AFTER = timedelta(days=30)


def at_least(level: PadesLevel, wanted: PadesLevel) -> bool:
    """True when a level is the wanted one or above it."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def reachable(wanted: PadesLevel, *, finished: bool) -> PadesLevel:
    """How far a file may be raised now.

    While signatures are still to come only the stamp inside the last signature's own hole is
    allowed (B-T): evidence and archive stamps are increments of the whole document, and would have
    to be made again after every further signature.
    """
    return wanted if finished or not at_least(wanted, PadesLevel.B_LT) else PadesLevel.B_T


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many failures in a row; None when it is enough."""
    if attempts >= MOST_ATTEMPTS:
        return None
    # The exponent is capped, so that the product stays a time that can be counted.
    return at + min(FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 12)), LONGEST_PAUSE)


def renewal_due(certificate_ends: datetime, at: datetime) -> datetime:
    """When an archive stamp is to be renewed: before its authority's certificate ends.

    An authority whose certificate ends soon is not asked every hour for another stamp of the same
    certificate: there are at least 30 days between two.
    """
    return max(certificate_ends - RENEW_BEFORE, at + RENEW_AGAIN_AFTER)
