"""Indexes for whose hands a device left, and for the reminders of a whole province."""

from alembic import op

revision = "0016_daily_indexes"
down_revision = "0015_outside_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_custody_move_holder_before_id", "custody_move", ["holder_before_id"])
    op.create_index("ix_reminder_open", "reminder", ["settled_at", "due_on", "id"])


def downgrade() -> None:
    op.drop_index("ix_reminder_open", "reminder")
    op.drop_index("ix_custody_move_holder_before_id", "custody_move")
