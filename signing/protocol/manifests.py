"""What exactly is to be signed: a batch of one or of a thousand, signed by the server."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from signing.errors import HashMismatch, TicketExpired, WrongServer
from signing.protocol.encoding import (
    Fields,
    b64,
    blob,
    canonical_json,
    unb64,
    whole_number,
    write_instant,
)
from signing.protocol.keys import ServerKey
from signing.protocol.pairing import Pairing
from signing.protocol.refusals import MessageMalformed
from signing.protocol.tickets import Ticket

ByteRange = tuple[int, int, int, int]
"""Start and length of the bytes before the hole, start and length of those after (ISO 32000-2,
12.8.1)."""

_PURPOSE = "manifest"


@dataclass(frozen=True, slots=True)
class Item:
    """One prepared document. `sha256` (hex) and `size` are of the whole prepared file with its
    hole; `title` and `number` are shown to the person, and so is `capacity`: as what they sign."""

    name: str
    sha256: str
    size: int
    byte_range: ByteRange
    field: str
    title: str
    number: str = ""
    capacity: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {
            "byte_range": list(self.byte_range),
            "capacity": self.capacity,
            "field": self.field,
            "name": self.name,
            "number": self.number,
            "sha256": self.sha256,
            "size": self.size,
            "title": self.title,
        }

    @classmethod
    def from_dict(cls, data: object) -> Item:
        """Reads plain data; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(
            name=fields.text("name", most=300),
            sha256=fields.text("sha256", most=64),
            size=fields.integer("size"),
            byte_range=_byte_range(fields),
            field=fields.text("field", most=200),
            title=fields.text("title", most=500),
            number=fields.text("number", most=200),
            capacity=fields.text("capacity", most=900) if fields.has("capacity") else "",
        )

    def check(self, pdf: bytes) -> None:
        """Raises `HashMismatch` unless `pdf` is byte for byte the prepared document and the byte
        range covers all of it but the hole."""
        if len(pdf) != self.size:
            raise HashMismatch("size")
        if not hmac.compare_digest(hashlib.sha256(pdf).hexdigest(), self.sha256):
            raise HashMismatch("sha256")
        start, before, resume, after = self.byte_range
        whole = start == 0 and 0 < before < resume and resume + after == len(pdf)
        # The hole must hold the hexadecimal string of the signature and nothing else, or a part of
        # what is shown would not be under the signature.
        if not whole or pdf[before : before + 1] != b"<" or pdf[resume - 1 : resume] != b">":
            raise HashMismatch("byte range")
        if pdf[before + 1 : resume - 1].strip(b"0"):
            raise HashMismatch("hole")


def _byte_range(fields: Fields) -> ByteRange:
    numbers = fields.each("byte_range", whole_number)
    if len(numbers) != 4:
        raise MessageMalformed("byte_range")
    return (numbers[0], numbers[1], numbers[2], numbers[3])


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of what the server checked before the key is touched (Điều 29, 31, 32 Nghị định số
    68/2024/NĐ-CP). `good` is False for a warning, for example when no CRL could be had."""

    text: str
    good: bool

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {"good": self.good, "text": self.text}

    @classmethod
    def from_dict(cls, data: object) -> Evidence:
        """Reads plain data; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(fields.text("text"), fields.flag("good"))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole job as the person consents to it.

    `certificate_sha256` is the hex SHA-256 of the signer's certificate DER, `chain` the DER of its
    issuers without the root; `return_path` is where on the pinned server the browser goes back to;
    `device_serial` is the token on which the register has the certificate, "" when it has none.
    """

    job_id: str
    server_id: str
    server_name: str
    user_id: str
    user_name: str
    act: str
    certificate_sha256: str
    chain: tuple[bytes, ...]
    items: tuple[Item, ...]
    evidence: tuple[Evidence, ...]
    return_path: str
    issued_at: datetime
    expires_at: datetime
    device_serial: str = ""

    def __post_init__(self) -> None:
        check_return_path(self.return_path)
        if not self.items:
            raise MessageMalformed("items")

    def to_payload(self) -> bytes:
        """The canonical bytes that are signed; their SHA-256 goes into the ticket."""
        return canonical_json(
            {
                "act": self.act,
                "certificate_sha256": self.certificate_sha256,
                "chain": [b64(der) for der in self.chain],
                "device_serial": self.device_serial,
                "evidence": [line.to_dict() for line in self.evidence],
                "expires_at": write_instant(self.expires_at),
                "issued_at": write_instant(self.issued_at),
                "items": [item.to_dict() for item in self.items],
                "job_id": self.job_id,
                "return_path": self.return_path,
                "server_id": self.server_id,
                "server_name": self.server_name,
                "user_id": self.user_id,
                "user_name": self.user_name,
            }
        )

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of `to_payload`."""
        return hashlib.sha256(self.to_payload()).hexdigest()

    @classmethod
    def from_payload(cls, payload: bytes) -> Manifest:
        """Reads the bytes; raises `MessageMalformed`."""
        fields = Fields.parse(payload)
        return cls(
            job_id=fields.text("job_id", most=64),
            server_id=fields.text("server_id", most=64),
            server_name=fields.text("server_name", most=300),
            user_id=fields.text("user_id", most=100),
            user_name=fields.text("user_name", most=300),
            act=fields.text("act", most=300),
            certificate_sha256=fields.text("certificate_sha256", most=64),
            chain=fields.each("chain", blob),
            items=fields.each("items", Item.from_dict),
            evidence=fields.each("evidence", Evidence.from_dict),
            return_path=fields.text("return_path", most=500),
            issued_at=fields.instant("issued_at"),
            expires_at=fields.instant("expires_at"),
            device_serial=(
                fields.text("device_serial", most=100) if fields.has("device_serial") else ""
            ),
        )


def check_return_path(path: str) -> None:
    """Raises `MessageMalformed` unless `path` stays on the server it is appended to.

    A path like `//evil.example` or `/\\evil` would leave it (RFC 3986 section 4.2; browsers read
    the backslash as a slash).
    """
    plain = path.isascii() and path.isprintable() and " " not in path
    if not plain or not path.startswith("/") or path.startswith("//") or "\\" in path:
        raise MessageMalformed("return_path")


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """The canonical bytes of a manifest and the server's signature over them."""

    payload: bytes
    signature: bytes

    def to_dict(self) -> dict[str, object]:
        """Plain data, with the payload kept as the very bytes that were signed."""
        return {"payload": b64(self.payload), "signature": b64(self.signature)}

    @classmethod
    def from_fields(cls, fields: Fields) -> SignedManifest:
        """Reads plain data; raises `MessageMalformed`."""
        return cls(fields.blob("payload"), unb64(fields.text("signature")))


def sign_manifest(server_key: ServerKey, manifest: Manifest) -> SignedManifest:
    """The manifest under the server's identity key."""
    payload = manifest.to_payload()
    return SignedManifest(payload, server_key.sign(_PURPOSE, payload))


def open_manifest(
    signed: SignedManifest, *, ticket: Ticket, pairing: Pairing, at: datetime
) -> Manifest:
    """The manifest, when it is the one of this ticket and of the pinned server.

    Raises `WrongServer` (signature), `HashMismatch` (another manifest than the ticket names, or
    another job or user), `TicketExpired`, `MessageMalformed`.
    """
    if not pairing.server_key.verify(_PURPOSE, signed.payload, signed.signature):
        raise WrongServer("manifest signature")
    digest = hashlib.sha256(signed.payload).hexdigest()
    if not hmac.compare_digest(digest, ticket.manifest_sha256):
        raise HashMismatch("manifest")
    manifest = Manifest.from_payload(signed.payload)
    same = (manifest.job_id, manifest.server_id, manifest.user_id, manifest.act)
    if same != (ticket.job_id, ticket.server_id, ticket.user_id, ticket.act):
        raise HashMismatch("manifest and ticket")
    if at >= manifest.expires_at:
        raise TicketExpired
    return manifest
