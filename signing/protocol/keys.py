"""The long-lived keys of both sides: Ed25519 (RFC 8032) to sign, X25519 (RFC 7748) to receive.

Every signature carries a purpose in front of what is signed, so that a signed manifest can never
pass for a signed answer or a ticket.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from signing.protocol.encoding import base32
from signing.protocol.refusals import MessageMalformed

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
"""HPKE, base mode (RFC 9180): X25519, HKDF-SHA256, ChaCha20-Poly1305."""


def _framed(purpose: str, payload: bytes) -> bytes:
    return b"so-token/1/" + purpose.encode("ascii") + b"\0" + payload


def _identifier(kind: str, *keys: bytes) -> str:
    """160 bits of SHA-256 over the keys, as 32 lower-case letters and digits."""
    return base32(hashlib.sha256(_framed(kind, b"".join(keys))).digest()[:20]).lower()


def shown_fingerprint(identifier: str) -> str:
    """The identifier of a key in groups of four, as a person compares it on two screens."""
    text = identifier.upper()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _verify(raw: bytes, purpose: str, payload: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, _framed(purpose, payload))
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class ServerPublicKey:
    """The server's Ed25519 key as the agent pins it (`raw`: 32 bytes)."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise MessageMalformed("server key")

    @property
    def server_id(self) -> str:
        """The name of the server that nobody else can claim: a hash of its key."""
        return _identifier("server", self.raw)

    def verify(self, purpose: str, payload: bytes, signature: bytes) -> bool:
        """Whether this server signed `payload` for this `purpose`."""
        return _verify(self.raw, purpose, payload, signature)


@dataclass(frozen=True, slots=True)
class ServerKey:
    """The server's Ed25519 identity key. `to_bytes` is secret: owner-only storage."""

    _private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> ServerKey:
        """A new random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, data: bytes) -> ServerKey:
        """The key from its 32 secret bytes; raises `ValueError`."""
        return cls(Ed25519PrivateKey.from_private_bytes(data))

    def to_bytes(self) -> bytes:
        """The 32 secret bytes."""
        return self._private.private_bytes_raw()

    @property
    def public(self) -> ServerPublicKey:
        """The public half."""
        return ServerPublicKey(self._private.public_key().public_bytes_raw())

    def sign(self, purpose: str, payload: bytes) -> bytes:
        """64 bytes of signature over `payload` for one `purpose`."""
        return self._private.sign(_framed(purpose, payload))


@dataclass(frozen=True, slots=True)
class AgentPublicKeys:
    """Both public keys of one agent: `sign` (Ed25519) and `seal` (X25519), 32 bytes each."""

    sign: bytes
    seal: bytes

    def __post_init__(self) -> None:
        if len(self.sign) != 32 or len(self.seal) != 32:
            raise MessageMalformed("agent keys")

    @property
    def agent_id(self) -> str:
        """A hash over both keys: changing either makes another agent."""
        return _identifier("agent", self.sign, self.seal)

    def verify(self, purpose: str, payload: bytes, signature: bytes) -> bool:
        """Whether this agent signed `payload` for this `purpose`."""
        return _verify(self.sign, purpose, payload, signature)


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """The two secret keys of one agent (one per operating-system user)."""

    _sign: Ed25519PrivateKey
    _seal: X25519PrivateKey

    @classmethod
    def generate(cls) -> AgentKeys:
        """Two new random keys."""
        return cls(Ed25519PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, data: bytes) -> AgentKeys:
        """The keys from their 64 secret bytes; raises `ValueError`."""
        return cls(
            Ed25519PrivateKey.from_private_bytes(data[:32]),
            X25519PrivateKey.from_private_bytes(data[32:]),
        )

    def to_bytes(self) -> bytes:
        """The 64 secret bytes: Ed25519 seed, then X25519 scalar."""
        return self._sign.private_bytes_raw() + self._seal.private_bytes_raw()

    @property
    def public(self) -> AgentPublicKeys:
        """The public halves."""
        return AgentPublicKeys(
            self._sign.public_key().public_bytes_raw(), self._seal.public_key().public_bytes_raw()
        )

    def sign(self, purpose: str, payload: bytes) -> bytes:
        """64 bytes of signature over `payload` for one `purpose`."""
        return self._sign.sign(_framed(purpose, payload))

    def unseal(self, purpose: str, sealed: bytes) -> bytes | None:
        """What `seal` closed for this agent and purpose; None for anything else."""
        try:
            return _SUITE.decrypt(sealed, self._seal, info=_framed(purpose, b""))
        except (InvalidTag, ValueError):
            return None


def seal(agent_seal_public_key: bytes, purpose: str, plaintext: bytes) -> bytes:
    """`plaintext` readable only by the agent that holds the X25519 key (32 bytes; RFC 9180)."""
    if len(agent_seal_public_key) != 32:
        raise MessageMalformed("agent keys")
    key = X25519PublicKey.from_public_bytes(agent_seal_public_key)
    return _SUITE.encrypt(plaintext, key, info=_framed(purpose, b""))
