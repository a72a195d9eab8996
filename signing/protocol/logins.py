"""Logging in with the token: the ticket, what is signed, and the proof that goes to the server.

What the token signs is built by the agent alone from pinned values. A stranger chooses nothing of
it but the nonce, which is one field of many: the domain, the server's pinned key and address, the
certificate, and the agent's own random number and time stand beside it. It travels in a CMS whose
content type is our own, and because that type is among the signed attributes, a login never passes
for a signature of a document and a document never for a login (RFC 5652, 5.3 and 11.1).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import cms as asn1_cms

from signing import cms
from signing.errors import NotPaired, SigningError, TicketInvalid, WrongServer
from signing.protocol.encoding import Fields, b64, canonical_json, text, unb64, write_instant
from signing.protocol.keys import ServerKey, ServerPublicKey
from signing.protocol.login_refusals import LoginElsewhere, LoginExpired, LoginForged
from signing.protocol.manifests import check_return_path
from signing.protocol.pairing import Pairing
from signing.protocol.refusals import MessageMalformed
from signing.protocol.requests import REPLAY_WINDOW

LOGIN_PATH = "/tac-nhan/dang-nhap"
"""POST `LoginProof`; answer: `LoginReceipt`."""

LOGIN_CHOICES_PATH = "/tac-nhan/dang-nhap/chung-thu"
"""POST `LoginWish`; answer: `LoginChoices`. Asked before the PIN; it holds and changes nothing."""

LOGIN_DOMAIN = "SO-TOKEN LOGIN v1"

LOGIN_CONTENT = bytes.fromhex("0614698380828fc1b1d4aa8ac784a6efbbd4da94fe3c")
"""DER of the content type: 2.25. and a random UUID of our own as a number (ITU-T X.667)."""

_PURPOSE = "login-ticket"
_LONGEST_TICKET = 2048
_LONGEST_PROOF = 12 * 1024
MOST_CHOICES = 100
"""Certificates that are asked about at once: a drawer full of tokens."""


class LoginPurpose(StrEnum):
    """What the proof is for; it is signed, so that one never serves for the other."""

    LOGIN = "login"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class LoginTicket:
    """The server asks for a proof for one browser's challenge.

    It is signed but, unlike the ticket of a signature, not sealed to an agent: nobody has said yet
    who they are, so the server cannot know whose agent will open it. That costs nothing. The ticket
    holds no secret, any agent paired with this server may answer it, and the answer only helps the
    browser that holds the challenge's cookie.
    """

    purpose: LoginPurpose
    challenge_id: str
    server_id: str
    origin: str
    nonce: str
    issued_at: datetime
    expires_at: datetime

    def to_payload(self) -> bytes:
        """The canonical bytes that are signed."""
        return canonical_json(
            {
                "challenge_id": self.challenge_id,
                "expires_at": write_instant(self.expires_at),
                "issued_at": write_instant(self.issued_at),
                "nonce": self.nonce,
                "origin": self.origin,
                "purpose": self.purpose.value,
                "server_id": self.server_id,
            }
        )

    @classmethod
    def from_payload(cls, payload: bytes) -> LoginTicket:
        """Reads the bytes; raises `MessageMalformed`."""
        fields = Fields.parse(payload)
        return cls(
            purpose=_purpose(fields),
            challenge_id=fields.text("challenge_id", most=64),
            server_id=fields.text("server_id", most=64),
            origin=fields.text("origin", most=300),
            nonce=fields.text("nonce", most=64),
            issued_at=fields.instant("issued_at"),
            expires_at=fields.instant("expires_at"),
        )


def _purpose(fields: Fields) -> LoginPurpose:
    try:
        return LoginPurpose(fields.text("purpose", most=20))
    except ValueError as error:
        raise MessageMalformed("purpose") from error


def issue_login_ticket(server_key: ServerKey, ticket: LoginTicket) -> str:
    """The ticket as URL-safe text: 64 bytes of signature and the payload."""
    payload = ticket.to_payload()
    return b64(server_key.sign(_PURPOSE, payload) + payload)


def login_address(port: int, ticket: str) -> str:
    """The link that opens the agent's login page: top-level navigation only."""
    return f"http://127.0.0.1:{port}/dang-nhap/{ticket}"


def open_login_ticket(
    text: str, *, pairings: Collection[Pairing], at: datetime
) -> tuple[LoginTicket, Pairing]:
    """The ticket and a pairing with its server.

    Raises `NotPaired` (with nobody), `TicketInvalid`, `WrongServer` (not signed by a pinned
    server), `LoginElsewhere` (the page was opened under another address than the pinned one) and
    `LoginExpired`.
    """
    if not pairings:
        raise NotPaired
    try:
        raw = unb64(text) if len(text) <= _LONGEST_TICKET else b""
        signature, payload = raw[:64], raw[64:]
        ticket = LoginTicket.from_payload(payload)
    except MessageMalformed as error:
        raise TicketInvalid(error.detail) from error
    of_server = [each for each in pairings if each.server_id == ticket.server_id]
    if not of_server:
        raise WrongServer("unknown server")
    if not of_server[0].server_key.verify(_PURPOSE, payload, signature):
        raise WrongServer("signature")
    if at >= ticket.expires_at:
        raise LoginExpired
    for pairing in of_server:
        if pairing.server_url == ticket.origin:
            return ticket, pairing
    raise LoginElsewhere(of_server[0].server_url)


@dataclass(frozen=True, slots=True)
class LoginStatement:
    """What the token signs. Every value is pinned, made or read by the agent, but for the
    challenge's id and nonce. `certificate_sha256` is hex, `server_key` the 32 pinned bytes."""

    purpose: LoginPurpose
    server_key: bytes
    origin: str
    challenge_id: str
    nonce: str
    certificate_sha256: str
    agent_id: str
    agent_nonce: str
    signed_at: datetime

    def to_payload(self) -> bytes:
        """The canonical bytes, the domain among them."""
        return canonical_json(
            {
                "agent_id": self.agent_id,
                "agent_nonce": self.agent_nonce,
                "certificate_sha256": self.certificate_sha256,
                "challenge_id": self.challenge_id,
                "domain": LOGIN_DOMAIN,
                "nonce": self.nonce,
                "origin": self.origin,
                "purpose": self.purpose.value,
                "server_key": b64(self.server_key),
                "signed_at": write_instant(self.signed_at),
            }
        )

    @classmethod
    def from_payload(cls, payload: bytes) -> LoginStatement:
        """Reads the bytes; raises `LoginForged` for another domain, another field or spelling."""
        try:
            fields = Fields.parse(payload)
            found = cls(
                purpose=_purpose(fields),
                server_key=fields.blob("server_key", length=32),
                origin=fields.text("origin", most=300),
                challenge_id=fields.text("challenge_id", most=64),
                nonce=fields.text("nonce", most=64),
                certificate_sha256=fields.text("certificate_sha256", most=64),
                agent_id=fields.text("agent_id", most=64),
                agent_nonce=fields.text("agent_nonce", most=64),
                signed_at=fields.instant("signed_at"),
            )
        except MessageMalformed as error:
            raise LoginForged(error.detail) from error
        if found.to_payload() != payload:
            raise LoginForged("domain or spelling")
        return found


def login_attributes(statement: LoginStatement, certificate_der: bytes) -> bytes:
    """Exactly what the token signs: the signed attributes over the statement's digest."""
    digest = hashlib.sha256(statement.to_payload()).digest()
    return cms.signed_attributes(digest, certificate_der, LOGIN_CONTENT)


def login_container(statement: LoginStatement, certificate_der: bytes, signature: bytes) -> bytes:
    """The CMS (DER) around a signature over `login_attributes`, the statement inside.

    Raises `SignatureCheckFailed` unless the certificate's key made the signature.
    """
    return cms.assemble(
        login_attributes(statement, certificate_der),
        signature,
        certificate_der,
        (),
        content_type=LOGIN_CONTENT,
        content=statement.to_payload(),
    )


def read_login(container: bytes) -> tuple[LoginStatement, bytes]:
    """The statement of a proof and the certificate (DER) whose key signed it.

    The container must be, byte for byte, what `login_container` makes of its parts. Raises
    `LoginForged`.
    """
    try:
        if len(container) > _LONGEST_PROOF:
            raise LoginForged("too large")
        signed = asn1_cms.ContentInfo.load(container, strict=True)["content"]
        payload = bytes(signed["encap_content_info"]["content"])
        (certificate,) = (each.chosen.dump() for each in signed["certificates"])
        (signer,) = signed["signer_infos"]
        signature = bytes(signer["signature"].native)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise LoginForged(type(error).__name__) from error
    statement = LoginStatement.from_payload(payload)
    try:
        rebuilt = login_container(statement, certificate, signature)
    except SigningError as error:
        raise LoginForged(error.code) from error
    if rebuilt != container:
        raise LoginForged("not in the agreed form")
    if statement.certificate_sha256 != hashlib.sha256(certificate).hexdigest():
        raise LoginForged("certificate")
    return statement, certificate


def check_statement(
    statement: LoginStatement,
    *,
    server_key: ServerPublicKey,
    ticket: LoginTicket,
    agent_id: str,
    at: datetime,
) -> None:
    """Server side: whether the statement answers this very ticket, through this agent, now.

    Raises `LoginForged` (another server, challenge, nonce, purpose or agent; a time far off),
    `LoginElsewhere`, `LoginExpired`.
    """
    same = (
        (statement.server_key, server_key.raw),
        (statement.challenge_id.encode(), ticket.challenge_id.encode()),
        (statement.nonce.encode(), ticket.nonce.encode()),
        (statement.purpose.value.encode(), ticket.purpose.value.encode()),
        (statement.agent_id.encode(), agent_id.encode()),
    )
    if not all(hmac.compare_digest(one, other) for one, other in same):
        raise LoginForged("another challenge")
    if statement.origin != ticket.origin:
        raise LoginElsewhere(ticket.origin)
    if at >= ticket.expires_at:
        raise LoginExpired
    if abs(statement.signed_at - at) > REPLAY_WINDOW:
        raise LoginForged("time")


@dataclass(frozen=True, slots=True)
class LoginProof:
    """The body of `LOGIN_PATH`: the challenge, and the CMS; or the person's "no"."""

    challenge_id: str
    container: bytes = b""

    @property
    def declined(self) -> bool:
        """Whether the person chose not to log in."""
        return not self.container

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"challenge_id": self.challenge_id, "container": b64(self.container)})

    @classmethod
    def from_body(cls, body: bytes) -> LoginProof:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.text("challenge_id", most=64), fields.blob("container"))


@dataclass(frozen=True, slots=True)
class LoginReceipt:
    """The server's answer: a path on it, with a code for one use in the waiting browser."""

    return_path: str

    def __post_init__(self) -> None:
        check_return_path(self.return_path)

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json({"return_path": self.return_path})

    @classmethod
    def from_body(cls, body: bytes) -> LoginReceipt:
        """Reads it; raises `MessageMalformed`."""
        return cls(Fields.parse(body).text("return_path", most=300))


@dataclass(frozen=True, slots=True)
class LoginWish:
    """The body of `LOGIN_CHOICES_PATH`: the certificates (hex SHA-256) on the tokens there."""

    challenge_id: str
    certificates: tuple[str, ...]

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json(
            {"certificates": list(self.certificates), "challenge_id": self.challenge_id}
        )

    @classmethod
    def from_body(cls, body: bytes) -> LoginWish:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        found = fields.each("certificates", text)
        if len(found) > MOST_CHOICES:
            raise MessageMalformed("certificates")
        return cls(fields.text("challenge_id", most=64), found)


@dataclass(frozen=True, slots=True)
class LoginChoices:
    """Which of them let nobody in whoever asks, each with the code of the reason."""

    refused: Mapping[str, str]

    def to_body(self) -> bytes:
        """The body of the answer."""
        told = [{"certificate": one, "code": code} for one, code in sorted(self.refused.items())]
        return canonical_json({"refused": told})

    @classmethod
    def from_body(cls, body: bytes) -> LoginChoices:
        """Reads it; raises `MessageMalformed`."""
        told = Fields.parse(body).each("refused", Fields)
        return cls({one.text("certificate", most=64): one.text("code", most=64) for one in told})
