"""Find an agent by its id with an index; count offers to pair by the address they come from."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004_agent_identity"
down_revision = "0003_log_indexes"
branch_labels = None
depends_on = None

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def upgrade() -> None:
    op.add_column(
        "signing_agent", sa.Column("agent_id", sa.String(64), nullable=False, server_default="")
    )
    _fill()
    op.create_index("ix_signing_agent_agent_id", "signing_agent", ["agent_id"])
    # Offers live for minutes: those that are open now are simply made again.
    op.execute(sa.text("DELETE FROM pairing_offer"))
    op.drop_column("pairing_offer", "tries")
    op.add_column(
        "pairing_offer", sa.Column("address", sa.String(64), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM pairing_offer"))
    op.drop_column("pairing_offer", "address")
    op.add_column(
        "pairing_offer", sa.Column("tries", sa.Integer(), nullable=False, server_default="0")
    )
    op.drop_index("ix_signing_agent_agent_id", table_name="signing_agent")
    op.drop_column("signing_agent", "agent_id")


def _fill() -> None:
    connection = op.get_bind()
    change = sa.text("UPDATE signing_agent SET agent_id = :agent_id WHERE id = :id")
    for row in connection.execute(sa.text("SELECT id, agent_key, seal_key FROM signing_agent")):
        keys = bytes.fromhex(row.agent_key) + bytes.fromhex(row.seal_key)
        connection.execute(change, {"id": row.id, "agent_id": _agent_id(keys)})


def _agent_id(keys: bytes) -> str:
    """160 bits of a hash over both public keys, as agents name themselves (protocol 1)."""
    digest = hashlib.sha256(b"so-token/1/agent\0" + keys).digest()[:20]
    number = int.from_bytes(digest, "big")
    return "".join(DIGITS[(number >> (5 * place)) & 31] for place in range(31, -1, -1))
