"""Two-way pairing of an agent with a server, joined by a code of 80 bits that stays off the net.

1. The agent fetches `ServerIdentity`, makes a code and shows it on its own page only.
2. It sends a `PairingOffer`: its public keys and a commitment, a hash over the code, the server key
   *as the agent saw it* and its own keys.
3. The person, logged in on the web, types the code. The server recomputes the commitment with its
   OWN key: a false server in the middle had to show the agent another key, so it does not match.
4. The server answers the agent's poll with `pairing_proof`, an HMAC under the code over its key,
   the agent's keys and the user. The agent checks it and pins what it saw.

The commitment is public, so the code must resist grinding: 80 bits do, six digits do not.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from signing.protocol.encoding import (
    CROCKFORD,
    Fields,
    b64,
    base32,
    canonical_json,
    write_instant,
)
from signing.protocol.keys import AgentPublicKeys, ServerKey, ServerPublicKey
from signing.protocol.refusals import AnswerForged, MessageMalformed, PairingRefused
from signing.protocol.versions import PROTOCOL, check_protocol

PAIRING_LIFETIME = timedelta(minutes=10)
"""How long the server keeps an offer that nobody has confirmed."""


def new_pairing_code() -> str:
    """80 random bits as 16 Crockford base32 characters, shown `ABCD-EFGH-JKMN-PQRS`."""
    code = base32(secrets.token_bytes(10))
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


def normalise_pairing_code(typed: str) -> str:
    """The code as typed or pasted, without spaces and hyphens, with O, I and L read as digits.

    Raises `PairingRefused` when what is left is not 16 characters of the alphabet.
    """
    code = "".join(char for char in typed.upper() if not char.isspace() and char not in "-–—.")
    code = code.translate(str.maketrans("OIL", "011"))
    if len(code) != 16 or any(char not in CROCKFORD for char in code):
        raise PairingRefused("shape")
    return code


def commitment(
    code: str, *, server_key: ServerPublicKey, agent: AgentPublicKeys, agent_name: str
) -> bytes:
    """32 bytes that tie the code to both sides' keys and to the agent's name, revealing nothing."""
    payload = canonical_json(
        {
            "agent_name": agent_name,
            "code": normalise_pairing_code(code),
            "seal_key": b64(agent.seal),
            "server_key": b64(server_key.raw),
            "sign_key": b64(agent.sign),
        }
    )
    return hashlib.sha256(b"so-token/1/commitment\0" + payload).digest()


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """Who the server says it is. `tls_sha256`: SHA-256 of its TLS leaf as hex, "" when unknown."""

    name: str
    key: ServerPublicKey
    version: str
    tls_sha256: str = ""
    protocol: int = PROTOCOL

    def to_body(self) -> bytes:
        """The body of the answer to GET danh-tinh; sign it with `sign_response` and the nonce."""
        return canonical_json(
            {
                "key": b64(self.key.raw),
                "name": self.name,
                "protocol": self.protocol,
                "tls_sha256": self.tls_sha256,
                "version": self.version,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> ServerIdentity:
        """Reads the answer; raises `MessageMalformed`, `VersionMismatch`."""
        fields = Fields.parse(body)
        check_protocol(fields.integer("protocol"), of_server=True)
        return cls(
            name=fields.text("name", most=300),
            key=ServerPublicKey(fields.blob("key", length=32)),
            version=fields.text("version", most=40),
            tls_sha256=fields.text("tls_sha256", most=64),
            protocol=fields.integer("protocol"),
        )


@dataclass(frozen=True, slots=True)
class PairingOffer:
    """What the agent sends to be paired; signed as a request with its own key."""

    agent: AgentPublicKeys
    agent_name: str
    commitment: bytes
    port: int

    def to_body(self) -> bytes:
        """The body of POST ghep-noi."""
        return canonical_json(
            {
                "agent_name": self.agent_name,
                "commitment": b64(self.commitment),
                "port": self.port,
                "seal_key": b64(self.agent.seal),
                "sign_key": b64(self.agent.sign),
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> PairingOffer:
        """Reads the offer; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        port = fields.integer("port")
        if not 1 <= port <= 65535:
            raise MessageMalformed("port")
        return cls(
            agent=AgentPublicKeys(
                fields.blob("sign_key", length=32), fields.blob("seal_key", length=32)
            ),
            agent_name=fields.text("agent_name", most=120),
            commitment=fields.blob("commitment", length=32),
            port=port,
        )


def check_commitment(offer: PairingOffer, code: str, *, server_key: ServerPublicKey) -> None:
    """Server side, step 3. Raises `PairingRefused` unless offer, code and our own key belong
    together; with several open offers, the right one is the one that does not raise."""
    expected = commitment(
        code, server_key=server_key, agent=offer.agent, agent_name=offer.agent_name
    )
    if not hmac.compare_digest(expected, offer.commitment):
        raise PairingRefused("commitment")


@dataclass(frozen=True, slots=True)
class PairingAnswer:
    """The server's answer to the poll once the person has typed the code."""

    server_name: str
    user_id: str
    user_name: str
    proof: bytes

    def to_body(self) -> bytes:
        """The body of the answer; while nobody has typed the code it is `PAIRING_PENDING`."""
        return canonical_json(
            {
                "proof": b64(self.proof),
                "server_name": self.server_name,
                "state": "paired",
                "user_id": self.user_id,
                "user_name": self.user_name,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> PairingAnswer | None:
        """Reads the answer; None while pending. Raises `MessageMalformed`."""
        fields = Fields.parse(body)
        if fields.text("state") == "pending":
            return None
        return cls(
            server_name=fields.text("server_name", most=300),
            user_id=fields.text("user_id", most=100),
            user_name=fields.text("user_name", most=300),
            proof=fields.blob("proof", length=32),
        )


PAIRING_PENDING = canonical_json({"state": "pending"})
"""The body of the poll's answer while the person has not typed the code yet."""


def pairing_proof(
    code: str,
    *,
    server_key: ServerPublicKey,
    agent: AgentPublicKeys,
    user_id: str,
    user_name: str,
    server_name: str,
) -> bytes:
    """HMAC-SHA256 under the code: proof that the code was typed at the server with this key."""
    payload = canonical_json(
        {
            "agent_id": agent.agent_id,
            "server_key": b64(server_key.raw),
            "server_name": server_name,
            "user_id": user_id,
            "user_name": user_name,
        }
    )
    key = normalise_pairing_code(code).encode("ascii")
    return hmac.new(key, b"so-token/1/pairing-proof\0" + payload, hashlib.sha256).digest()


def check_pairing_proof(
    answer: PairingAnswer, code: str, *, server_key: ServerPublicKey, agent: AgentPublicKeys
) -> None:
    """Agent side, step 4; `server_key` is the key seen in step 1. Raises `PairingRefused`."""
    expected = pairing_proof(
        code,
        server_key=server_key,
        agent=agent,
        user_id=answer.user_id,
        user_name=answer.user_name,
        server_name=answer.server_name,
    )
    if not hmac.compare_digest(expected, answer.proof):
        raise PairingRefused("proof")


def answer_pairing(
    server_key: ServerKey,
    offer: PairingOffer,
    code: str,
    *,
    server_name: str,
    user_id: str,
    user_name: str,
) -> PairingAnswer:
    """Server side, steps 3 and 4 in one: checks the commitment and makes the answer to keep for
    the poll. The code itself need not be kept. Raises `PairingRefused`."""
    check_commitment(offer, code, server_key=server_key.public)
    proof = pairing_proof(
        code,
        server_key=server_key.public,
        agent=offer.agent,
        user_id=user_id,
        user_name=user_name,
        server_name=server_name,
    )
    return PairingAnswer(server_name, user_id, user_name, proof)


@dataclass(frozen=True, slots=True)
class Pairing:
    """What the agent pins: one server, one user. `tls_sha256` is "" over plain HTTP."""

    server_key: ServerPublicKey
    server_name: str
    server_url: str
    tls_sha256: str
    user_id: str
    user_name: str
    paired_at: datetime

    @property
    def server_id(self) -> str:
        """The identifier of the pinned key."""
        return self.server_key.server_id

    def to_dict(self) -> dict[str, str]:
        """Plain data for the agent's own state file."""
        return {
            "paired_at": write_instant(self.paired_at),
            "server_key": b64(self.server_key.raw),
            "server_name": self.server_name,
            "server_url": self.server_url,
            "tls_sha256": self.tls_sha256,
            "user_id": self.user_id,
            "user_name": self.user_name,
        }

    @classmethod
    def from_dict(cls, data: object) -> Pairing:
        """Reads `to_dict`; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(
            server_key=ServerPublicKey(fields.blob("server_key", length=32)),
            server_name=fields.text("server_name"),
            server_url=fields.text("server_url"),
            tls_sha256=fields.text("tls_sha256"),
            user_id=fields.text("user_id"),
            user_name=fields.text("user_name"),
            paired_at=fields.instant("paired_at"),
        )


def check_same_tls(stated: str, seen: str) -> None:
    """Raises `AnswerForged` when the server states another TLS leaf than the agent sees: somebody
    sits between. An unknown one on either side ("") says nothing."""
    if stated and seen and not hmac.compare_digest(stated, seen):
        raise AnswerForged("tls")
