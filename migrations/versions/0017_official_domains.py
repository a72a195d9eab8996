"""The mail domains that an agency knows to be given out by the state, beside gov.vn."""

import sqlalchemy as sa
from alembic import op

revision = "0017_official_domains"
down_revision = "0016_daily_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "agency", sa.Column("official_domains", sa.String(600), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("agency", "official_domains")
