"""Slowing down guesses of a password, per account and address together.

Never per account alone: then anybody could keep the leader out by typing wrong passwords. Never per
address alone: then one person could keep out a whole office behind one address. The table holds
only keyed hashes, so that it tells nobody who mistyped, or where.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import LoginThrottle
from operations.transactions import Refused, transaction

FREE_TRIES = 4
"""Tries without a wait: a mistyped password, caps lock, an old password, the right one."""
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
"""Leaves a guesser at one address 96 tries a day."""
FORGOTTEN_AFTER = timedelta(hours=24)
_UNIQUE_LOCAL = ip_network("fc00::/7")  # RFC 4193


class TooManyTries(Refused):
    """The pair of account and address must wait; `seconds` says how long."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            f"Đã nhập sai mật khẩu nhiều lần. Hãy đợi {in_words(seconds)} rồi thử lại."
        )


def in_words(seconds: int) -> str:
    """A length of time in Vietnamese: "45 giây", "1 phút 30 giây", "15 phút"."""
    minutes, rest = divmod(max(1, seconds), 60)
    parts = [f"{minutes} phút"] if minutes else []
    if rest:
        parts.append(f"{rest} giây")
    return " ".join(parts)


def pair_hash(key: bytes, *, username: str, address: str) -> str:
    """What the database keeps of an account and the address that tries it (HMAC-SHA-256)."""
    content = f"{username}\x00{_neighbourhood(address)}".encode()
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _neighbourhood(address: str) -> str:
    """One computer may use any address of its IPv6 /64, so a public /64 counts as one address.

    A private one does not: there a whole office shares it, and a colleague could lock out the
    leader.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        if not parsed.is_link_local and parsed not in _UNIQUE_LOCAL:
            return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def wait_after(failures: int) -> timedelta:
    """How long the pair waits after so many failures: 15 s, then twice as long each time."""
    if failures <= FREE_TRIES:
        return timedelta(0)
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(failures - FREE_TRIES - 1, 20)))


def count_try(session: Session, pair: str, *, at: datetime) -> None:
    """Count a try before its password is looked at; `forgive` takes it back when it was right.

    Counting first is what stops fifty guesses sent at once from all slipping through while the slow
    hash is at work. Raises `TooManyTries` while the pair has to wait; that does not lengthen it.
    """
    # Read first without the write lock: a blocked guesser must not queue up before the writers.
    _refuse_while_waiting(session.get(LoginThrottle, pair), at)
    with transaction(session):
        row = session.execute(
            select(LoginThrottle).where(LoginThrottle.key_hash == pair)
        ).scalar_one_or_none()
        _refuse_while_waiting(row, at)
        session.execute(
            delete(LoginThrottle)
            .where(LoginThrottle.last_failure_at < at - FORGOTTEN_AFTER)
            .where(LoginThrottle.key_hash != pair)
        )
        if row is None:
            row = LoginThrottle(key_hash=pair, failures=0)
            session.add(row)
        elif row.last_failure_at < at - FORGOTTEN_AFTER:
            row.failures = 0
        row.failures += 1
        row.last_failure_at = at
        wait = wait_after(row.failures)
        row.blocked_until = at + wait if wait else None


def _refuse_while_waiting(row: LoginThrottle | None, at: datetime) -> None:
    if row is not None and row.blocked_until is not None and row.blocked_until > at:
        raise TooManyTries(ceil((row.blocked_until - at).total_seconds()))


def forgive(session: Session, pair: str) -> None:
    """Forget the failures of a pair, inside the caller's transaction: the password was right."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.key_hash == pair))
