"""Refuse INSERT OR REPLACE on the log: SQLite removes the old row without asking the trigger."""

from alembic import op

revision = "0005_log_without_replace"
down_revision = "0004_agent_identity"
branch_labels = None
depends_on = None

TRIGGER = """CREATE TRIGGER audit_event_no_replace BEFORE INSERT ON audit_event
    WHEN EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq OR hash = NEW.hash)
    BEGIN SELECT RAISE(ABORT, 'Nhật ký chỉ được ghi thêm'); END"""


def upgrade() -> None:
    # On PostgreSQL the same wish, ON CONFLICT DO UPDATE, is an update and meets its trigger.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(TRIGGER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_event_no_replace")
