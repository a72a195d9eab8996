"""Pairing as the agent sees it: one attempt at a time, its code shown on this agent's page only."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from signing.agent.client import Address, ServerClient
from signing.agent.journal import Journal
from signing.agent.state import AgentState
from signing.errors import SigningError
from signing.messages import (
    PAIR_PATH,
    PAIR_POLL_PATH,
    PAIRING_LIFETIME,
    Pairing,
    PairingAnswer,
    PairingExpired,
    PairingOffer,
    ServerIdentity,
    check_pairing_proof,
    commitment,
    new_pairing_code,
)


@dataclass(frozen=True, slots=True)
class PendingPairing:
    """A code that waits to be typed on the server's page."""

    address: Address
    identity: ServerIdentity
    tls_sha256: str
    code: str
    started_at: datetime


class PairingDesk:
    """Starts, polls and ends the one pairing under way. Safe to use from several threads."""

    def __init__(
        self,
        *,
        state: AgentState,
        journal: Journal,
        client: ServerClient,
        clock: Callable[[], datetime],
        port: int,
    ) -> None:
        self._state, self._journal, self._client = state, journal, client
        self._clock, self._port = clock, port
        self._lock = threading.Lock()
        self.pending: PendingPairing | None = None

    def start(self, typed_address: str) -> PendingPairing:
        """Asks the server who it is and offers to pair under a fresh code.

        Raises `BadAddress`, and the errors of `ServerClient`.
        """
        address = Address.parse(typed_address)
        identity, tls_sha256 = self._client.identity(address)
        code = new_pairing_code()
        name = platform.node()[:100] or "máy tính"
        agent = self._state.keys.public
        offer = PairingOffer(
            agent=agent,
            agent_name=name,
            commitment=commitment(code, server_key=identity.key, agent=agent, agent_name=name),
            port=self._port,
        )
        self._client.call_key(address, identity.key, tls_sha256, PAIR_PATH, offer.to_body())
        pending = PendingPairing(address, identity, tls_sha256, code, self._clock())
        with self._lock:
            self.pending = pending
        return pending

    def poll(self) -> Pairing | None:
        """The pairing once the person has typed the code; None while waiting.

        Raises `PairingExpired`, `PairingRefused` (the server could not prove that the code was
        typed there), and the errors of `ServerClient`. Whatever is final ends the attempt.
        """
        pending = self.pending
        if pending is None:
            raise PairingExpired
        if self._clock() - pending.started_at > PAIRING_LIFETIME:
            self.cancel()
            raise PairingExpired
        key = pending.identity.key
        body = self._client.call_key(
            pending.address, key, pending.tls_sha256, PAIR_POLL_PATH, b"{}"
        )
        answer = PairingAnswer.from_body(body)
        if answer is None:
            return None
        self.cancel()
        check_pairing_proof(answer, pending.code, server_key=key, agent=self._state.keys.public)
        pairing = Pairing(
            server_key=key,
            server_name=answer.server_name,
            server_url=pending.address.origin,
            tls_sha256=pending.tls_sha256,
            user_id=answer.user_id,
            user_name=answer.user_name,
            paired_at=self._clock(),
        )
        self._state.add_pairing(pairing)
        self._journal.record(
            "paired",
            server_id=pairing.server_id,
            server_name=pairing.server_name,
            server_url=pairing.server_url,
            user_id=pairing.user_id,
        )
        return pairing

    def catch_up(self) -> None:
        """Ends a pairing whose page was closed before it could hear the answer."""
        if self.pending is not None:
            with suppress(SigningError):
                self.poll()

    def cancel(self) -> None:
        """Forgets the code."""
        with self._lock:
            self.pending = None

    def unpair(self, server_id: str, user_id: str) -> None:
        """Forgets a pairing; nothing happens if there is none."""
        if self._state.remove_pairing(server_id, user_id) is not None:
            self._journal.record("unpaired", server_id=server_id, user_id=user_id)
