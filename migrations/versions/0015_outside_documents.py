"""Documents of other systems that are signed here through the façade."""

import sqlalchemy as sa
from alembic import op

revision = "0015_outside_documents"
down_revision = "0014_token_logins"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIES = {
    "user_id": ("user_account", "id"),
    "agency_id": ("agency", "id"),
    "agent_id": ("signing_agent", "id"),
    "certificate_id": ("certificate", "id"),
    "original_sha256": ("stored_file", "sha256"),
    "job_id": ("signing_job", "id"),
    "signed_sha256": ("stored_file", "sha256"),
}


def upgrade() -> None:
    op.create_table(
        "outside_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(64), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("agent_id", KEY, nullable=False),
        sa.Column("certificate_id", KEY, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(300), nullable=False),
        sa.Column("file_name", sa.String(300), nullable=False),
        sa.Column("original_sha256", sa.String(64), nullable=False),
        sa.Column("not_secret_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_id", KEY, nullable=True),
        sa.Column("signed_sha256", sa.String(64), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [".".join(tie)], name=f"fk_outside_document_{name}")
            for name, tie in TIES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outside_document"),
        sa.UniqueConstraint("public_id", name="uq_outside_document_public_id"),
    )
    op.create_index("ix_outside_document_job_id", "outside_document", ["job_id"])
    op.create_index("ix_outside_document_signed", "outside_document", ["signed_sha256"])
    op.create_index("ix_outside_document_user", "outside_document", ["user_id", "id"])


def downgrade() -> None:
    op.drop_table("outside_document")
