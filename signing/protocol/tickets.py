"""The ticket in the link that opens the agent: signed by the server, readable by one agent only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from signing.errors import NotPaired, TicketExpired, TicketInvalid, WrongServer
from signing.protocol.encoding import Fields, b64, canonical_json, unb64, write_instant
from signing.protocol.keys import AgentKeys, ServerKey, seal
from signing.protocol.pairing import Pairing
from signing.protocol.refusals import MessageMalformed, TicketNotForThisAgent

TICKET_LIFETIME = timedelta(minutes=10)
"""The usual time between the click on the web and the claim in the agent."""

_PURPOSE = "ticket"
_LONGEST = 4096


class TicketKind(StrEnum):
    """What the ticket lets the agent do."""

    SIGN = "sign"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One permission for one agent, one user and one job.

    `manifest_sha256` is hex, and "" for an import, which has no documents; `act` is what will be
    done, in Vietnamese, as it is shown.
    """

    kind: TicketKind
    job_id: str
    server_id: str
    user_id: str
    agent_id: str
    manifest_sha256: str
    act: str
    issued_at: datetime
    expires_at: datetime

    def to_payload(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical_json(
            {
                "act": self.act,
                "agent_id": self.agent_id,
                "expires_at": write_instant(self.expires_at),
                "issued_at": write_instant(self.issued_at),
                "job_id": self.job_id,
                "kind": self.kind.value,
                "manifest_sha256": self.manifest_sha256,
                "server_id": self.server_id,
                "user_id": self.user_id,
            }
        )

    @classmethod
    def from_payload(cls, payload: bytes) -> Ticket:
        """Reads the bytes; raises `MessageMalformed`."""
        fields = Fields.parse(payload)
        try:
            kind = TicketKind(fields.text("kind"))
        except ValueError as error:
            raise MessageMalformed("kind") from error
        return cls(
            kind=kind,
            job_id=fields.text("job_id", most=64),
            server_id=fields.text("server_id", most=64),
            user_id=fields.text("user_id", most=100),
            agent_id=fields.text("agent_id", most=64),
            manifest_sha256=fields.text("manifest_sha256", most=64),
            act=fields.text("act", most=300),
            issued_at=fields.instant("issued_at"),
            expires_at=fields.instant("expires_at"),
        )


def issue_ticket(server_key: ServerKey, agent_seal_public_key: bytes, ticket: Ticket) -> str:
    """The ticket as URL-safe text: 64 bytes of signature and the payload, sealed to the agent.

    The signature also covers the seal key, so an agent cannot pass its ticket on to another.
    Raises `ValueError` when the ticket names another server than the key.
    """
    if ticket.server_id != server_key.public.server_id:
        raise ValueError("a server issues tickets in its own name only")
    payload = ticket.to_payload()
    signature = server_key.sign(_PURPOSE, agent_seal_public_key + payload)
    return b64(seal(agent_seal_public_key, _PURPOSE, signature + payload))


def open_ticket(
    text: str, *, agent: AgentKeys, pairings: Collection[Pairing], at: datetime
) -> tuple[Ticket, Pairing]:
    """The ticket and the pairing it belongs to.

    Raises `NotPaired` (no pairing at all, or none for this user), `TicketNotForThisAgent` (sealed
    to another agent, or altered), `WrongServer` (not signed by a pinned server), `TicketInvalid`
    (signed, but makes no sense), `TicketExpired`.
    """
    if not pairings:
        raise NotPaired
    try:
        if len(text) > _LONGEST:
            raise MessageMalformed("length")
        opened = agent.unseal(_PURPOSE, unb64(text))
    except MessageMalformed as error:
        raise TicketInvalid("shape") from error
    if opened is None or len(opened) < 64:
        raise TicketNotForThisAgent
    signature, payload = opened[:64], opened[64:]
    try:
        ticket = Ticket.from_payload(payload)
    except MessageMalformed as error:
        raise TicketInvalid(error.detail) from error
    of_server = [pairing for pairing in pairings if pairing.server_id == ticket.server_id]
    if not of_server:
        raise WrongServer("unknown server")
    if not of_server[0].server_key.verify(_PURPOSE, agent.public.seal + payload, signature):
        raise WrongServer("signature")
    if ticket.agent_id != agent.public.agent_id:
        raise TicketNotForThisAgent
    if at >= ticket.expires_at:
        raise TicketExpired
    for pairing in of_server:
        if pairing.user_id == ticket.user_id:
            return ticket, pairing
    raise NotPaired("user")
