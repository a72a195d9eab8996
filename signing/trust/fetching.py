"""Questions to the authority's services, through a function that the caller gives.

Nothing here opens a connection by itself except `HttpFetcher`, which asks only hosts that an
administrator listed: addresses stand in certificates, and certificates come from strangers.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Protocol
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from signing.bodies import read_body
from signing.trust import ocsp
from signing.trust.crl import MAX_CRL_BYTES, IndexedCrl
from signing.trust.der import INTEGER, SEQUENCE, DerError, expect, header
from signing.trust.ocsp import OcspAnswer

OCSP_TIMEOUT = 15.0
CRL_TIMEOUT = 60.0


class FetchFailed(Exception):
    """No answer; the text says why, for technicians."""


class Fetch(Protocol):
    """Ask an address: POST the body, or GET when there is none. Raises FetchFailed."""

    def __call__(self, url: str, body: bytes | None, timeout: float) -> bytes: ...


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None


class _Request(urllib.request.Request):
    """A request that knows its connections, so that they can be cut."""

    def __init__(self, url: str, data: bytes | None, headers: dict[str, str]) -> None:
        super().__init__(url, data, headers)
        self.connections: list[HTTPConnection] = []


class _Watched(urllib.request.AbstractHTTPHandler):
    def do_open(self, http_class: Any, req: Any, **more: Any) -> HTTPResponse:
        def connection(host: str, **given: Any) -> HTTPConnection:
            made: HTTPConnection = http_class(host, **given)
            req.connections.append(made)
            return made

        return super().do_open(connection, req, **more)


class _Http(_Watched, urllib.request.HTTPHandler):
    pass


class _Https(_Watched, urllib.request.HTTPSHandler):
    pass


@contextlib.contextmanager
def _cut_after(request: _Request, seconds: float) -> Iterator[None]:
    """Cuts the request off when its time is over: a limit of the socket alone begins anew with
    every byte, so that a server may drip the head of an answer for days."""
    done = threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        while not done.wait(0.1):
            for each in list(request.connections):
                held = each.sock
                if held is not None:
                    with contextlib.suppress(OSError):
                        held.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=watch, name="hoi-dich-vu", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def host_of(url: str) -> str:
    """The host that an address names, lower case; "" for an address that is none."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return ""


class HttpFetcher:
    """Asks the hosts of a list over HTTP(S); follows no redirection to anywhere else.

    `credentials`: user name and password (RFC 7617) by the exact address that wants them.
    """

    def __init__(
        self,
        hosts: Collection[str],
        *,
        proxies: Mapping[str, str] | None = None,
        credentials: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._credentials = dict(credentials or {})
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect(), _Http(), _Https()]
        handlers.append(urllib.request.ProxyHandler(dict(proxies or {})))
        self._opener = urllib.request.build_opener(*handlers)

    def __call__(self, url: str, body: bytes | None, timeout: float) -> bytes:
        """Raises FetchFailed: another host, no connection, an error, too long, too large."""
        host = host_of(url)
        if not host or host not in self._hosts or urlsplit(url).scheme not in ("http", "https"):
            raise FetchFailed(f"{host}: not on the list of services")
        headers = {"Content-Type": _content_type(body)} if body is not None else {}
        if url in self._credentials:
            told = ":".join(self._credentials[url]).encode()
            headers["Authorization"] = "Basic " + base64.b64encode(told).decode("ascii")
        request, until = _Request(url, body, headers), time.monotonic() + timeout
        try:
            with _cut_after(request, timeout):
                response = self._opener.open(request, timeout=timeout)
            with response:
                data = read_body(response, MAX_CRL_BYTES, lambda: time.monotonic() > until)
        except urllib.error.HTTPError as error:
            error.close()
            raise FetchFailed(f"{host}: HTTP {error.code}") from error
        except (OSError, ValueError, HTTPException) as error:
            raise FetchFailed(f"{host}: {type(error).__name__}") from error
        if len(data) > MAX_CRL_BYTES:
            raise FetchFailed(f"{host}: the answer is too large")
        return data


def _content_type(body: bytes) -> str:
    """A time-stamp query begins with its version, an OCSP request with a sequence."""
    try:
        start, _ = expect(body, 0, SEQUENCE)
        first, _, _ = header(body, start)
    except DerError:
        return "application/octet-stream"
    return "application/timestamp-query" if first == INTEGER else "application/ocsp-request"


def ask_ocsp(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    fetch: Fetch,
    *,
    timeout: float = OCSP_TIMEOUT,
) -> OcspAnswer | None:
    """The answer of the first service that gives one that counts; None when there is none."""
    question = ocsp.question(certificate, issuer)
    for url in ocsp_addresses(certificate):
        try:
            answer = OcspAnswer(fetch(url, question, timeout))
        except (FetchFailed, DerError):
            continue
        if answer.about(certificate, issuer) and answer.responder(issuer):
            return answer
    return None


def ask_list(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    fetch: Fetch,
    *,
    timeout: float = CRL_TIMEOUT,
) -> IndexedCrl | None:
    """The list that a certificate points at, signed by its issuer; None when there is none."""
    for url in list_addresses(certificate):
        try:
            found = IndexedCrl(fetch(url, None, timeout))
        except (FetchFailed, DerError):
            continue
        if found.issuer == issuer.subject.public_bytes() and found.signed_by(issuer):
            return found
    return None


def ocsp_addresses(certificate: x509.Certificate) -> Iterator[str]:
    """The OCSP services that a certificate names."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, ValueError):
        return
    for each in access.value:
        if each.access_method == AuthorityInformationAccessOID.OCSP:
            yield str(each.access_location.value)


def list_addresses(certificate: x509.Certificate) -> Iterator[str]:
    """The places of revocation lists that a certificate names."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for point in points:
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                yield name.value
