"""Names compared by their DER first.

asn1crypto compares names by the long rules of RFC 5280, 7.1 (string preparation of each part), and
pyHanko asks it a dozen times for each signature whether a name is itself. Names with equal DER are
equal under any rule; for all others the library's own comparison still decides.
"""

from __future__ import annotations

from typing import Any

from asn1crypto import x509

original = x509.RDNSequence.__eq__


def _equal(own: Any, other: object) -> bool:
    if isinstance(other, x509.RDNSequence) and own.dump() == other.dump():
        return True
    return bool(original(own, other))


def install() -> None:
    """Let asn1crypto use it in this process."""
    x509.RDNSequence.__eq__ = _equal
