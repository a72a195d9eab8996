"""The server's list of signatures, so that the agent can compare it with its own journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signing.protocol.encoding import Fields, canonical_json, write_instant

SIGNATURES_PATH = "/tac-nhan/chu-ky"
"""POST `ListRequest`; answer: `SignatureList`."""

LIST_PART = 500
"""Signatures in one answer."""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Signatures of a paired user are wanted from this place on, the oldest first."""

    user_id: str
    start: int = 0

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"start": self.start, "user_id": self.user_id})

    @classmethod
    def from_body(cls, body: bytes) -> ListRequest:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.text("user_id", most=100), fields.integer("start"))


@dataclass(frozen=True, slots=True)
class SignatureMade:
    """One signature that the server has accepted for the paired user.

    `document_sha256` is of the prepared document; `agent_id` names the agent that made it.
    """

    job_id: str
    document_sha256: str
    agent_id: str
    at: datetime

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {
            "agent_id": self.agent_id,
            "at": write_instant(self.at),
            "document_sha256": self.document_sha256,
            "job_id": self.job_id,
        }

    @classmethod
    def from_dict(cls, data: object) -> SignatureMade:
        """Reads plain data; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(
            job_id=fields.text("job_id", most=64),
            document_sha256=fields.text("document_sha256", most=64),
            agent_id=fields.text("agent_id", most=64),
            at=fields.instant("at"),
        )


@dataclass(frozen=True, slots=True)
class SignatureList:
    """A part of the list; `more` says that there are others behind it."""

    signatures: tuple[SignatureMade, ...]
    more: bool

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json(
            {"more": self.more, "signatures": [each.to_dict() for each in self.signatures]}
        )

    @classmethod
    def from_body(cls, body: bytes) -> SignatureList:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.each("signatures", SignatureMade.from_dict), fields.flag("more"))
