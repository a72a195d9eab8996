"""Indexes by which the log is read by kind of event and by day, a million events or more."""

from alembic import op

revision = "0003_log_indexes"
down_revision = "0002_register_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_event_event", "audit_event", ["event", "seq"])
    op.create_index("ix_audit_event_at", "audit_event", ["at", "seq"])


def downgrade() -> None:
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.drop_index("ix_audit_event_event", table_name="audit_event")
