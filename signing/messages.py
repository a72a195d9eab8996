"""The contract between the web server and the signing agent: everything both sides must agree on.

Both import from here and nowhere deeper. Nothing in it knows Flask, a database or a clock: bodies
are bytes, instants are arguments, and what a server must remember it keeps itself.

The server, in the order of the road:

- identity: `ServerIdentity(...).to_body()`, answered with `sign_response`;
- every other request: `RequestHead.read`, look the agent up, `verify_request`, read the body with
  the class named at its path in `signing.protocol.requests`, answer with `sign_response`; an error
  is answered with `error_answer`, signed as well;
- pairing: keep the `PairingOffer`; when the person has typed the code, `answer_pairing`, keep the
  `PairingAnswer` for the poll;
- a job: `sign_manifest`, `issue_ticket` with the manifest's hash, link to `agent_address`;
- its life: `claim`, `take_result`, `accept`, `give_back` from `JobProgress` to `JobProgress`.
"""

from signing.protocol.encoding import canonical_json
from signing.protocol.jobs import (
    CLAIM_LIMIT,
    CertificateReport,
    ClaimRequest,
    Failure,
    Heartbeat,
    HeartbeatAnswer,
    JobProgress,
    JobState,
    JobView,
    Outcome,
    ReadCertificate,
    Receipt,
    Result,
    ShowRequest,
    accept,
    claim,
    end_part,
    give_back,
    take_part,
    take_result,
    view_from,
)
from signing.protocol.keys import (
    AgentKeys,
    AgentPublicKeys,
    ServerKey,
    ServerPublicKey,
    shown_fingerprint,
)
from signing.protocol.manifests import (
    ByteRange,
    Evidence,
    Item,
    Manifest,
    SignedManifest,
    check_return_path,
    open_manifest,
    sign_manifest,
)
from signing.protocol.pairing import (
    PAIRING_LIFETIME,
    PAIRING_PENDING,
    Pairing,
    PairingAnswer,
    PairingOffer,
    ServerIdentity,
    answer_pairing,
    check_commitment,
    check_pairing_proof,
    check_same_tls,
    commitment,
    new_pairing_code,
    normalise_pairing_code,
    pairing_proof,
)
from signing.protocol.refusals import (
    AnswerForged,
    ClaimLost,
    ClockSkew,
    JobNotFound,
    JobRefused,
    MessageMalformed,
    PairingExpired,
    PairingRefused,
    RequestForged,
    RequestReplayed,
    ResultDiffers,
    ResultRefused,
    ServerRefused,
    TicketClaimed,
    TicketNotForThisAgent,
    TlsMismatch,
)
from signing.protocol.requests import (
    CERTIFICATES_PATH,
    HEARTBEAT_PATH,
    IDENTITY_PATH,
    JOB_STEPS,
    LARGEST_REQUEST,
    PAIR_PATH,
    PAIR_POLL_PATH,
    REPLAY_WINDOW,
    REQUEST_HEADER,
    RESPONSE_HEADER,
    MemoryNonces,
    RequestHead,
    error_answer,
    job_path,
    new_nonce,
    raise_for_error,
    sign_request,
    sign_response,
    verify_request,
    verify_response,
)
from signing.protocol.tickets import (
    TICKET_LIFETIME,
    Ticket,
    TicketKind,
    issue_ticket,
    open_ticket,
)
from signing.protocol.versions import (
    OLDEST_PROTOCOL,
    PROTOCOL,
    AgentTooOld,
    ServerTooOld,
    check_protocol,
)

DEFAULT_PORT = 17995
"""The agent's port on loopback, outside those of other agents (8987, 14007, 17739, 24727 ...)."""


def agent_address(port: int, ticket: str, kind: TicketKind) -> str:
    """The link that opens the agent: top-level navigation only, in a new tab without opener."""
    page = {TicketKind.SIGN: "ky", TicketKind.IMPORT: "doc-chung-thu"}[kind]
    return f"http://127.0.0.1:{port}/{page}/{ticket}"


__all__ = [
    "CERTIFICATES_PATH",
    "CLAIM_LIMIT",
    "DEFAULT_PORT",
    "HEARTBEAT_PATH",
    "IDENTITY_PATH",
    "JOB_STEPS",
    "LARGEST_REQUEST",
    "OLDEST_PROTOCOL",
    "PAIRING_LIFETIME",
    "PAIRING_PENDING",
    "PAIR_PATH",
    "PAIR_POLL_PATH",
    "PROTOCOL",
    "REPLAY_WINDOW",
    "REQUEST_HEADER",
    "RESPONSE_HEADER",
    "TICKET_LIFETIME",
    "AgentKeys",
    "AgentPublicKeys",
    "AgentTooOld",
    "AnswerForged",
    "ByteRange",
    "CertificateReport",
    "ClaimLost",
    "ClaimRequest",
    "ClockSkew",
    "Evidence",
    "Failure",
    "Heartbeat",
    "HeartbeatAnswer",
    "Item",
    "JobNotFound",
    "JobProgress",
    "JobRefused",
    "JobState",
    "JobView",
    "Manifest",
    "MemoryNonces",
    "MessageMalformed",
    "Outcome",
    "Pairing",
    "PairingAnswer",
    "PairingExpired",
    "PairingOffer",
    "PairingRefused",
    "ReadCertificate",
    "Receipt",
    "RequestForged",
    "RequestHead",
    "RequestReplayed",
    "Result",
    "ResultDiffers",
    "ResultRefused",
    "ServerIdentity",
    "ServerKey",
    "ServerPublicKey",
    "ServerRefused",
    "ServerTooOld",
    "ShowRequest",
    "SignedManifest",
    "Ticket",
    "TicketClaimed",
    "TicketKind",
    "TicketNotForThisAgent",
    "TlsMismatch",
    "accept",
    "agent_address",
    "answer_pairing",
    "canonical_json",
    "check_commitment",
    "check_pairing_proof",
    "check_protocol",
    "check_return_path",
    "check_same_tls",
    "claim",
    "commitment",
    "end_part",
    "error_answer",
    "give_back",
    "issue_ticket",
    "job_path",
    "new_nonce",
    "new_pairing_code",
    "normalise_pairing_code",
    "open_manifest",
    "open_ticket",
    "pairing_proof",
    "raise_for_error",
    "shown_fingerprint",
    "sign_manifest",
    "sign_request",
    "sign_response",
    "take_part",
    "take_result",
    "verify_request",
    "verify_response",
    "view_from",
]
