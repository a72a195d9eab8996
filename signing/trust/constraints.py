"""Name constraints of authorities (RFC 5280, 4.2.1.10 and 6.1): names that they may not certify."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

_Matches = Callable[[object, object], bool]


def violation(path: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The lowest certificate of a path whose name an authority above it may not certify.

    `path` runs from the subject to the root. A name of a kind that is constrained and that we
    cannot compare counts as forbidden. Raises ValueError for extensions that cannot be read.
    """
    for position, authority in enumerate(path):
        limits = _limits(authority)
        if limits is None:
            continue
        for below, certificate in enumerate(path[:position]):
            # Self-issued authorities (a key changed) are exempt, the subject itself is not.
            if below and certificate.subject == certificate.issuer:
                continue
            if not all(_allowed(name, limits) for name in _names(certificate)):
                return certificate
    return None


def _limits(certificate: x509.Certificate) -> x509.NameConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None


def _names(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    if list(certificate.subject):
        yield x509.DirectoryName(certificate.subject)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        # Older certificates carry the address in the subject only.
        for mail in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
            yield x509.RFC822Name(str(mail.value))
        return
    yield from extension.value


def _allowed(name: x509.GeneralName, limits: x509.NameConstraints) -> bool:
    permitted = [each for each in limits.permitted_subtrees or () if type(each) is type(name)]
    excluded = [each for each in limits.excluded_subtrees or () if type(each) is type(name)]
    if not permitted and not excluded:
        return True
    within = _COMPARE.get(type(name))
    if within is None:
        return False
    try:
        if any(within(name.value, each.value) for each in excluded):
            return False
        return not permitted or any(within(name.value, each.value) for each in permitted)
    except (ValueError, TypeError, AttributeError):
        return False


def _directory(name: object, base: object) -> bool:
    if not isinstance(name, x509.Name) or not isinstance(base, x509.Name):
        return False
    ours, theirs = _prepared(name), _prepared(base)
    return ours[: len(theirs)] == theirs


def _prepared(name: x509.Name) -> list[frozenset[tuple[str, str]]]:
    return [
        frozenset((a.oid.dotted_string, _folded(a.value)) for a in relative)
        for relative in name.rdns
    ]


def _folded(value: str | bytes) -> str:
    """The comparison of RFC 5280, 7.1 in short: compatible forms, no case, single spaces."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _domain(name: object, base: object) -> bool:
    host, limit = str(name).lower().rstrip("."), str(base).lower().rstrip(".")
    if not limit or limit.startswith("."):
        return host.endswith(limit)
    return host == limit or host.endswith("." + limit)


def _mail(name: object, base: object) -> bool:
    local, at, host = str(name).rpartition("@")
    limit = str(base)
    if not at:
        raise ValueError("no address")
    if "@" in limit:
        own, _, place = limit.rpartition("@")
        return local == own and host.lower() == place.lower()
    return _host(host, limit)


def _address(name: object, base: object) -> bool:
    host = urlsplit(str(name)).hostname
    if not host:
        raise ValueError("an address without a host cannot be judged")
    return _host(host, str(base))


def _host(host: str, limit: str) -> bool:
    host, limit = host.lower(), limit.lower()
    return host.endswith(limit) if limit.startswith(".") else host == limit


def _network(name: object, base: object) -> bool:
    if not isinstance(base, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        raise ValueError("not a network")
    return ipaddress.ip_address(str(name)) in base


_COMPARE: dict[type[x509.GeneralName], _Matches] = {
    x509.DirectoryName: _directory,
    x509.DNSName: _domain,
    x509.RFC822Name: _mail,
    x509.UniformResourceIdentifier: _address,
    x509.IPAddress: _network,
}
