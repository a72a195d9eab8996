"""The server's own signing identity, and answers signed with it."""

from datetime import datetime

from flask import Response

from signing.messages import RESPONSE_HEADER, ServerIdentity, ServerKey, sign_response
from version import VERSION
from views.guards import settings


def server_key() -> ServerKey:
    """The identity key of this installation; agents pin its public half."""
    return ServerKey.from_bytes(settings().identity_key)


def identity() -> ServerIdentity:
    """Who this server says it is."""
    return ServerIdentity(
        name=settings().server_name,
        key=server_key().public,
        version=VERSION,
        tls_sha256=settings().tls_sha256,
    )


def signed(status: int, body: bytes, *, nonce: str, at: datetime) -> Response:
    """An answer to an agent, signed with the server's key and bound to the nonce of its call."""
    header = sign_response(server_key(), nonce=nonce, status=status, body=body, at=at)
    return Response(body, status, {RESPONSE_HEADER: header}, content_type="application/json")
