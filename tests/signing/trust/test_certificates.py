"""Certificates that are odd beyond a ValueError of the library."""

import pytest

from signing.trust.certificates import load
from signing.trust.store import read_certificates
from tests.signing.pki import pki


def _with_version(der: bytes, version: int) -> bytes:
    at = der.index(bytes.fromhex("a003020102"))
    return der[: at + 4] + bytes((version,)) + der[at + 5 :]


def _with_an_extension_twice(der: bytes) -> bytes:
    """Subject key identifier (2.5.29.14) renamed to authority key identifier (2.5.29.35)."""
    return der.replace(bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d23"), 1)


@pytest.mark.parametrize("reader", [load, read_certificates])
@pytest.mark.parametrize(
    "spoil", [lambda der: _with_version(der, 34), _with_an_extension_twice, lambda der: der[:-40]]
)
def test_they_are_refused_as_any_other_unreadable_one(reader, spoil):
    with pytest.raises(ValueError, match=r".+"):
        reader(spoil(pki().staff.der))


def test_an_ordinary_one_is_loaded():
    assert load(pki().staff.der) == pki().staff.certificate
