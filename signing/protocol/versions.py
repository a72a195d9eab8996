"""Which versions of the protocol understand each other."""

from __future__ import annotations

from signing.errors import VersionMismatch

PROTOCOL = 1
"""The version of everything in `signing.protocol`; raised when old and new no longer understand."""

OLDEST_PROTOCOL = 1
"""The oldest version that this side still speaks."""


def check_protocol(theirs: int) -> None:
    """Raises `VersionMismatch`, saying in its detail which side is behind."""
    if theirs < OLDEST_PROTOCOL:
        raise VersionMismatch(f"peer speaks {theirs}, oldest accepted {OLDEST_PROTOCOL}")
    if theirs > PROTOCOL:
        raise VersionMismatch(f"peer speaks {theirs}, newest known {PROTOCOL}")
