"""A document that came in and was not taken knows the notice to its sender."""

import sqlalchemy as sa
from alembic import op

revision = "0022_rejection_notices"
down_revision = "0021_names_one_way"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("incoming_document") as batch:
        batch.add_column(sa.Column("notice_paper_id", KEY))
        batch.create_foreign_key(
            "fk_incoming_document_notice_paper_id", "paper", ["notice_paper_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("incoming_document") as batch:
        batch.drop_constraint("fk_incoming_document_notice_paper_id", type_="foreignkey")
        batch.drop_column("notice_paper_id")
