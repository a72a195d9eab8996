"""How the agent signs its requests and the server its answers; TLS or not, nobody else fits in.

A request carries `So-Token-Request`, an answer `So-Token-Response`: comma-separated `key=value`,
as both sides write them. The signed bytes name method, path, body, time, nonce *and the server's
id*, because one agent key serves several servers and a request must not be passed on.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from signing.errors import SigningError, WrongServer
from signing.protocol.encoding import (
    Fields,
    b64,
    canonical_json,
    read_instant,
    unb64,
    write_instant,
)
from signing.protocol.keys import AgentKeys, AgentPublicKeys, ServerKey, ServerPublicKey
from signing.protocol.refusals import (
    AnswerForged,
    ClockSkew,
    MessageMalformed,
    RequestForged,
    RequestReplayed,
    ServerRefused,
)
from signing.protocol.versions import PROTOCOL, check_protocol

REQUEST_HEADER = "So-Token-Request"
RESPONSE_HEADER = "So-Token-Response"

IDENTITY_PATH = "/tac-nhan/danh-tinh"
"""GET with `?nonce=`; answer: `ServerIdentity`."""
PAIR_PATH = "/tac-nhan/ghep-noi"
"""POST `PairingOffer`; answer: `PAIRING_PENDING`. The request is signed with the offered key."""
PAIR_POLL_PATH = "/tac-nhan/ghep-noi/ket-qua"
"""POST `{}`; answer: `PAIRING_PENDING` or `PairingAnswer`."""
CERTIFICATES_PATH = "/tac-nhan/chung-thu"
"""POST `CertificateReport` under an import ticket; answer: `Receipt`."""
HEARTBEAT_PATH = "/tac-nhan/nhip"
"""POST `Heartbeat`; answer: `HeartbeatAnswer`. Its time also sets the agent's clock."""

JOB_STEPS = {
    "show": "xem",
    "claim": "nhan",
    "result": "ket-qua",
    "fail": "loi",
    "release": "tra-lai",
}

REPLAY_WINDOW = timedelta(minutes=5)
"""How far the time of a request may be from the server's; nonces are remembered twice as long."""


def job_path(job_id: str, step: str) -> str:
    """The path of one step of one job; `step` is a key of `JOB_STEPS`.

    Raises `MessageMalformed` for a job id that could reach another path.
    """
    if not job_id or not all(
        char.isascii() and (char.isalnum() or char in "-_") for char in job_id
    ):
        raise MessageMalformed("job_id")
    return f"/tac-nhan/viec/{job_id}/{JOB_STEPS[step]}"


def new_nonce() -> str:
    """128 random bits as text."""
    return secrets.token_urlsafe(16)


def _pairs(header: str) -> dict[str, str]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    if len(header) > 2000 or any(not middle for _, middle, _ in pairs):
        raise MessageMalformed("header")
    return {key: value for key, _, value in pairs}


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The request header, read but not yet believed."""

    protocol: int
    version: str
    agent_id: str
    server_id: str
    at: datetime
    nonce: str
    signature: bytes

    @classmethod
    def read(cls, header: str) -> RequestHead:
        """Reads the header; raises `MessageMalformed` and `VersionMismatch`."""
        pairs = _pairs(header)
        try:
            protocol = int(pairs["protocol"])
            check_protocol(protocol)
            return cls(
                protocol=protocol,
                version=pairs["version"][:40],
                agent_id=pairs["agent"][:64],
                server_id=pairs["server"][:64],
                at=read_instant(pairs["time"]),
                nonce=pairs["nonce"][:64],
                signature=unb64(pairs["signature"]),
            )
        except (KeyError, ValueError) as error:
            raise MessageMalformed("header") from error


def _request_payload(head: RequestHead, method: str, path: str, body: bytes) -> bytes:
    return canonical_json(
        {
            "agent": head.agent_id,
            "body": hashlib.sha256(body).hexdigest(),
            "method": method.upper(),
            "nonce": head.nonce,
            "path": path,
            "protocol": head.protocol,
            "server": head.server_id,
            "time": write_instant(head.at),
            "version": head.version,
        }
    )


def sign_request(
    agent: AgentKeys,
    *,
    server_id: str,
    method: str,
    path: str,
    body: bytes,
    at: datetime,
    version: str,
    nonce: str,
) -> str:
    """The value of `REQUEST_HEADER`. `nonce` comes from `new_nonce`, `version` is the program's."""
    head = RequestHead(PROTOCOL, version, agent.public.agent_id, server_id, at, nonce, b"")
    signature = agent.sign("request", _request_payload(head, method, path, body))
    return (
        f"protocol={PROTOCOL},version={version},agent={head.agent_id},server={server_id},"
        f"time={write_instant(at)},nonce={nonce},signature={b64(signature)}"
    )


def verify_request(
    head: RequestHead,
    agent: AgentPublicKeys,
    *,
    server_id: str,
    method: str,
    path: str,
    body: bytes,
    at: datetime,
    remember: Callable[[str, str, datetime], bool],
) -> None:
    """Server side. `agent` is looked up by `head.agent_id` (for an offer: taken from the offer).

    `remember(agent_id, nonce, until)` stores the nonce and returns False if it was already there;
    it is asked last, so that strangers cannot fill the store. Raises `WrongServer`,
    `RequestForged`, `RequestReplayed`, and `ClockSkew`, whose signed answer lets the agent correct
    its clock.
    """
    if head.server_id != server_id:
        raise WrongServer("request for another server")
    payload = _request_payload(head, method, path, body)
    known = head.agent_id == agent.agent_id
    if not known or not agent.verify("request", payload, head.signature):
        raise RequestForged
    if abs(head.at - at) > REPLAY_WINDOW:
        raise ClockSkew
    if not remember(head.agent_id, head.nonce, at + 2 * REPLAY_WINDOW):
        raise RequestReplayed


class MemoryNonces:
    """A nonce store for one process; a server with several keeps them in its database."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], datetime] = {}

    def remember(self, agent_id: str, nonce: str, until: datetime) -> bool:
        """Stores the nonce; False if it was there. Forgets what is past its time."""
        now = until - 2 * REPLAY_WINDOW
        self._until = {key: end for key, end in self._until.items() if end >= now}
        if (agent_id, nonce) in self._until:
            return False
        self._until[agent_id, nonce] = until
        return True


def _response_payload(nonce: str, status: int, body: bytes, at: datetime) -> bytes:
    return canonical_json(
        {
            "body": hashlib.sha256(body).hexdigest(),
            "nonce": nonce,
            "status": status,
            "time": write_instant(at),
        }
    )


def sign_response(
    server_key: ServerKey, *, nonce: str, status: int, body: bytes, at: datetime
) -> str:
    """The value of `RESPONSE_HEADER`, bound to the nonce of the request that it answers."""
    signature = server_key.sign("response", _response_payload(nonce, status, body, at))
    return f"time={write_instant(at)},signature={b64(signature)}"


def verify_response(
    server_key: ServerPublicKey, header: str, *, nonce: str, status: int, body: bytes
) -> datetime:
    """Agent side: the server's time, when the answer is its own. Raises `AnswerForged`."""
    try:
        pairs = _pairs(header)
        at, signature = read_instant(pairs["time"]), unb64(pairs["signature"])
    except (KeyError, MessageMalformed) as error:
        raise AnswerForged("header") from error
    if not server_key.verify("response", _response_payload(nonce, status, body, at), signature):
        raise AnswerForged("signature")
    return at


_STATUS = {
    "message_malformed": 400,
    "request_forged": 401,
    "clock_skew": 401,
    "request_replayed": 409,
    "wrong_server": 421,
    "job_not_found": 404,
    "ticket_expired": 410,
    "pairing_expired": 410,
    "version_mismatch": 426,
    "agent_too_old": 426,
    "server_too_old": 426,
}


def error_answer(error: SigningError) -> tuple[int, bytes]:
    """Status and body with which the server tells the agent what is wrong; sign it as usual."""
    return _STATUS.get(error.code, 409), canonical_json({"error": error.to_dict()})


def raise_for_error(status: int, body: bytes) -> None:
    """Agent side: raises the error that the server told; `ServerRefused` for any other failure."""
    if status < 400:
        return
    try:
        told = Fields.parse(body).raw("error")
    except MessageMalformed as error:
        raise ServerRefused(f"HTTP {status}") from error
    raise SigningError.from_dict(told)
