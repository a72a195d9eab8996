"""What a file of the corpus is: how it is made, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.data.people import people
from tests.data.tiny import AGENCY, Tiny

VALID, INVALID = "hợp lệ", "không hợp lệ"
UNDECIDED, UNREADABLE = "chưa xác định", "không đọc được"


@dataclass(frozen=True)
class Attack:
    """One file: `because` is a piece of one of the reasons, `about` says what was done."""

    name: str
    verdict: str
    because: str
    about: str
    make: Callable[[], bytes]


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str, verdict: str, because: str, about: str
) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Enter a maker into the corpus."""

    def enter(make: Callable[[], bytes]) -> Callable[[], bytes]:
        if name in ATTACKS:
            raise ValueError(f"two files are called {name}")
        ATTACKS[name] = Attack(name, verdict, because, about, make)
        return make

    return enter


def by_leader() -> Tiny:
    """The letter with the leader's honest signature, which locks the number."""
    return Tiny().sign_leader(people().leader)


def by_both() -> Tiny:
    """And the agency's behind it."""
    return by_leader().sign(AGENCY, people().agency, value=21)
