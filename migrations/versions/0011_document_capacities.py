"""In which capacity a document's signer signs: title, KT./TL./…, and the paper behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0011_document_capacities"
down_revision = "0010_office_documents"
branch_labels = None
depends_on = None

WORDS = {"title": 200, "head_title": 200, "collective": 200, "authority_paper": 300}


def upgrade() -> None:
    for name, most in WORDS.items():
        column = sa.Column(name, sa.String(most), nullable=False, server_default="")
        op.add_column("document_step", column)
    op.add_column("document_step", sa.Column("authority", sa.String(32)))
    op.add_column("document_step", sa.Column("authority_until_on", sa.Date()))
    # The title was told by the position until now; the mark was not recorded and stays unknown.
    op.execute(
        "UPDATE document_step SET title = "
        "(SELECT title FROM position WHERE position.id = document_step.position_id) "
        "WHERE position_id IS NOT NULL"
    )


def downgrade() -> None:
    for name in ("authority_until_on", "authority", *reversed(WORDS)):
        op.drop_column("document_step", name)
