"""Yearly reports, and the history of what was entered about drafts of regulations."""

import sqlalchemy as sa
from alembic import op

revision = "0009_year_reports"
down_revision = "0008_daily_life"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "year_report",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("document_number", sa.String(40), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_to", sa.String(300), nullable=False),
        sa.Column("reopened_reason", sa.String(500), nullable=False),
        sa.Column("changed_by_id", KEY, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_year_report_agency_id"),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["user_account.id"], name="fk_year_report_changed_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_year_report"),
        sa.UniqueConstraint("agency_id", "year", name="uq_year_report_agency_id_year"),
    )
    op.create_index("ix_year_report_year", "year_report", ["year"])
    op.create_table(
        "regulation_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("regulation", sa.String(60), nullable=False),
        sa.Column("number", sa.String(60), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["user_account.id"], name="fk_regulation_entry_entered_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_regulation_entry"),
    )
    op.create_index("ix_regulation_entry_regulation", "regulation_entry", ["regulation"])


def downgrade() -> None:
    op.drop_table("regulation_entry")
    op.drop_table("year_report")
