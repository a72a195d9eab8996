"""One call of an agent: read, checked against its key, carried out, and answered signed.

What goes wrong is answered signed too; what nobody expected is logged under a reference.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime

from flask import Response, request
from werkzeug.exceptions import HTTPException

import clock
from extensions import db
from operations import signing_agents
from operations.transactions import Conflict, Refused
from signing import messages as contract
from signing.errors import SigningError
from signing.messages import (
    AgentPublicKeys,
    MessageMalformed,
    RequestForged,
    RequestHead,
    ResultRefused,
    ServerRefused,
)
from views.signing_keys import server_key, signed
from views.signing_preparation import keys_of

log = logging.getLogger("so_token.agents")

SIGNED_CALL = "every call is signed by the agent's own key and checked here"
# Bytes that a call may bring. Bodies are read before it is known who sent them.
SMALL, SIGNATURES, CERTIFICATES = 16 * 1024, 1024 * 1024, 4 * 1024 * 1024
Handler = Callable[[RequestHead, bytes, datetime], bytes]
Keys = Callable[[RequestHead, bytes], AgentPublicKeys]


def answer_call(keys: Keys, handle: Handler, *, most: int = SMALL) -> Response:
    """Check one call, carry it out, and sign the answer; every error is answered signed too."""
    at, nonce = clock.now(), ""
    request.max_content_length = most
    try:
        head = RequestHead.read(request.headers.get(contract.REQUEST_HEADER, ""))
        nonce = head.nonce
        if most > SIGNATURES:
            paired_keys(head, b"")  # Strangers do not make us read something large.
        body = request.get_data(cache=False)
        _check(head, keys(head, body), body, at)
        return signed(200, handle(head, body, at), nonce=nonce, at=at)
    except Exception as error:
        db.session.rollback()
        status, told = _told(error)
        return signed(status, told, nonce=nonce, at=at)


def _check(head: RequestHead, keys: AgentPublicKeys, body: bytes, at: datetime) -> None:
    contract.verify_request(
        head,
        keys,
        server_id=server_key().public.server_id,
        method=request.method,
        path=request.path,
        body=body,
        at=at,
        remember=lambda agent, nonce, until: signing_agents.remember_nonce(
            db.session, agent, nonce, until=until, at=at
        ),
    )


def _told(error: Exception) -> tuple[int, bytes]:
    """Status and body for what went wrong; what nobody expected is logged under a reference."""
    if isinstance(error, SigningError):
        return contract.error_answer(error)
    if isinstance(error, Refused | Conflict):
        return contract.error_answer(ResultRefused(str(error)))
    if isinstance(error, HTTPException):  # above all 413: the body is larger than it may be
        return error.code or 400, contract.error_answer(MessageMalformed(error.name))[1]
    reference = secrets.token_hex(4).upper()
    log.error("%s %s %s", reference, request.method, request.endpoint, exc_info=error)
    return 500, contract.error_answer(ServerRefused(f"mã tham chiếu {reference}"))[1]


def paired_keys(head: RequestHead, _body: bytes) -> AgentPublicKeys:
    """The keys of an agent that is paired with anybody. Raises RequestForged."""
    agent = signing_agents.paired(db.session, head.agent_id)
    if agent is None:
        raise RequestForged
    return keys_of(agent)
