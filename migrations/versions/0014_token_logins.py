"""Login with the token: the account's mode, what a challenge must remember, emergency codes."""

import sqlalchemy as sa
from alembic import op

revision = "0014_token_logins"
down_revision = "0013_signature_upgrades"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = {"origin": 300, "goal": 300, "code_hash": 64, "refusal": 64, "revocation": 20, "agent": 64}


def upgrade() -> None:
    op.add_column(
        "user_account",
        sa.Column("token_login_mode", sa.String(32), nullable=False, server_default="OFF"),
    )
    op.execute("UPDATE user_account SET token_login_mode = 'ALSO' WHERE token_login")
    op.drop_column("user_account", "token_login")
    with op.batch_alter_table("login_challenge") as batch:
        for name, most in WORDS.items():
            batch.add_column(sa.Column(name, sa.String(most), nullable=False, server_default=""))
        batch.add_column(sa.Column("wanted", sa.String(32)))
        batch.add_column(sa.Column("login_session_id", KEY))
        batch.create_foreign_key(
            "fk_login_challenge_login_session_id", "login_session", ["login_session_id"], ["id"]
        )
    op.create_table(
        "emergency_code",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("issued_by_id", KEY, nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["user_account.id"], name="fk_emergency_code_issued_by_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_emergency_code_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_emergency_code"),
        sa.UniqueConstraint("code_hash", name="uq_emergency_code_code_hash"),
    )
    op.create_index("ix_emergency_code_user_id", "emergency_code", ["user_id"])


def downgrade() -> None:
    op.drop_table("emergency_code")
    with op.batch_alter_table("login_challenge") as batch:
        batch.drop_constraint("fk_login_challenge_login_session_id", type_="foreignkey")
        for name in ("login_session_id", "wanted", *reversed(WORDS)):
            batch.drop_column(name)
    op.add_column(
        "user_account",
        sa.Column("token_login", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute("UPDATE user_account SET token_login = true WHERE token_login_mode <> 'OFF'")
    op.drop_column("user_account", "token_login_mode")
