"""The network of a SIM PKI beside its number."""

import sqlalchemy as sa
from alembic import op

revision = "0019_sim_network"
down_revision = "0018_incoming_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("network", sa.String(40), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("device", "network")
