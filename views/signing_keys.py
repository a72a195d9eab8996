"""The server's own signing identity: an Ed25519 key made once and kept in `instance/keys/`."""

from datetime import datetime

from flask import Response, current_app

from config import secret_file
from signing.messages import RESPONSE_HEADER, ServerIdentity, ServerKey, sign_response
from version import VERSION
from views.guards import settings


def server_key() -> ServerKey:
    """The identity key of this installation; agents pin its public half."""
    found: ServerKey | None = current_app.extensions.get("so_token_server_key")
    if found is None:
        secret = secret_file(settings().keys / "server_identity.key")
        found = current_app.extensions["so_token_server_key"] = ServerKey.from_bytes(secret)
    return found


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
