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


def _renamed(der: bytes, old: str, new: str, *, last: bool = False) -> bytes:
    """The type of one attribute of a name changed: the issuer's, or (`last`) the subject's."""
    one, other = bytes.fromhex(old), bytes.fromhex(new)
    at = der.rindex(one) if last else der.index(one)
    return der[:at] + other + der[at + len(one) :]


@pytest.mark.parametrize("reader", [load, lambda der: read_certificates(der)[0]])
@pytest.mark.parametrize("last", [False, True])
def test_a_country_that_is_none_is_read_without_a_warning_wherever_it_stands(reader, last):
    """Common name (2.5.4.3) renamed to country (2.5.4.6): far longer than two letters."""
    odd = reader(_renamed(pki().staff.der, "0603550403", "0603550406", last=last))
    assert odd.subject.public_bytes()
    assert odd.issuer.rfc4514_string()


def test_a_name_that_cannot_be_read_makes_the_certificate_unreadable():
    der = pki().staff.der
    at = der.rindex(bytes.fromhex("06035504030c")) + 8
    with pytest.raises(ValueError, match="subject"):
        load(der[:at] + b"\xff" + der[at + 1 :])
