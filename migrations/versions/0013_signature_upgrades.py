"""Time-stamp services and the queue that raises signatures to a PAdES level."""

import sqlalchemy as sa
from alembic import op

revision = "0013_signature_upgrades"
down_revision = "0012_paper_signatures"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "time_stamp_service",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(120), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("is_practice", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_time_stamp_service"),
    )
    op.create_table(
        "signature_upgrade",
        sa.Column("id", KEY, nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("wanted", sa.String(32), nullable=False),
        sa.Column("reached", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.String(32), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(64), nullable=False),
        sa.Column("last_detail", sa.String(300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name="fk_signature_upgrade_agency_id"
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name="fk_signature_upgrade_sha256"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signature_upgrade"),
        sa.UniqueConstraint("noun", "object_id", name="uq_signature_upgrade_noun_object_id"),
    )
    op.create_index("ix_signature_upgrade_state", "signature_upgrade", ["state", "next_try_at"])
    op.create_index(
        "ix_signature_upgrade_agency", "signature_upgrade", ["agency_id", "state", "id"]
    )
    op.create_index("ix_signature_upgrade_renew_at", "signature_upgrade", ["renew_at"])


def downgrade() -> None:
    op.drop_table("signature_upgrade")
    op.drop_table("time_stamp_service")
