"""Certificates read from the token for the register: no PIN, shown first, sent only on a click."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection
from dataclasses import dataclass

from signing.agent.certificates import ShownCertificate, describe
from signing.agent.client import ServerClient
from signing.agent.desk import Desk
from signing.agent.journal import Journal
from signing.agent.work import Tokens
from signing.errors import SigningError
from signing.messages import (
    CERTIFICATES_PATH,
    CertificateReport,
    Pairing,
    ReadCertificate,
    Receipt,
    Ticket,
    TicketKind,
)
from signing.tokens.types import TokenInfo, TokenListing

_KEPT = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One certificate on one token, as shown and as sent."""

    token: TokenInfo
    shown: ShownCertificate
    read: ReadCertificate


def found_on(listing: TokenListing) -> tuple[Found, ...]:
    """Every readable certificate once, in the order of tokens and of objects on them."""
    found: dict[str, Found] = {}
    for token in listing.tokens:
        for each in token.certificates:
            try:
                shown = describe(each.der)
            except SigningError:
                continue
            read = ReadCertificate(each.der, each.label, token.label, token.serial)
            found.setdefault(hashlib.sha256(each.der).hexdigest(), Found(token, shown, read))
    return tuple(found.values())


def chosen(listing: TokenListing, sha256: str) -> Found:
    """The certificate (hex SHA-256) that a person chose on a page. Raises `CertNotFound`, or why
    there is no token at all, when it lies on none now."""
    for each in found_on(listing):
        if each.shown.sha256 == sha256:
            return each
    raise listing.missing()


class ImportDesk:
    """Opens import tickets and sends what the person chose. Safe to use from several threads."""

    def __init__(
        self, *, desk: Desk, client: ServerClient, tokens: Tokens, journal: Journal
    ) -> None:
        self._desk, self._client, self._tokens, self._journal = desk, client, tokens, journal
        self._lock = threading.Lock()
        self._sent: dict[str, str] = {}

    def open(self, text: str) -> tuple[Ticket, Pairing]:
        """The ticket and its pairing; raises the errors of `open_ticket`."""
        return self._desk.read_ticket(text, TicketKind.IMPORT)

    def sent_to(self, text: str) -> str | None:
        """Where to go back to, when this ticket has been used here; None before."""
        with self._lock:
            return self._sent.get(text)

    def send(self, text: str, wanted: Collection[str]) -> str:
        """Sends the certificates whose hex SHA-256 is `wanted`; the address to go back to.

        Raises as `chosen` when none of them is on a token now, and what the server tells.
        """
        ticket, pairing = self.open(text)
        listing = self._tokens.list_tokens()
        picked = [each for each in found_on(listing) if each.shown.sha256 in wanted]
        if not picked:
            raise listing.missing()
        report = CertificateReport(ticket.job_id, tuple(each.read for each in picked))
        body = self._client.call(pairing, CERTIFICATES_PATH, report.to_body())
        back = pairing.server_url + Receipt.from_body(body).return_path
        with self._lock:
            self._sent[text] = back
            for old in list(self._sent)[:-_KEPT]:
                del self._sent[old]
        self._journal.record(
            "certificates_sent",
            server_id=ticket.server_id,
            job_id=ticket.job_id,
            certificates=[each.shown.sha256 for each in picked],
        )
        return back
