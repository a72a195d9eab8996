"""Documents of the office, documents that come in, pictures, batches, token logins."""

import sqlalchemy as sa
from alembic import op

revision = "0010_office_documents"
down_revision = "0009_year_reports"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "incoming_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by_id", KEY, nullable=False),
        sa.Column("register_number", sa.String(40), nullable=False),
        sa.Column("sender", sa.String(300), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=True),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("file_name", sa.String(260), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("stored_sha256", sa.String(64), nullable=True),
        sa.Column("verdict", sa.String(40), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.Column("notice_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name="fk_incoming_document_agency_id"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name="fk_incoming_document_decided_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["user_account.id"], name="fk_incoming_document_received_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["stored_sha256"], ["stored_file.sha256"], name="fk_incoming_document_stored_sha256"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incoming_document"),
    )
    op.create_index("ix_incoming_document_agency", "incoming_document", ["agency_id", "id"])
    op.create_index("ix_incoming_document_hash", "incoming_document", ["file_sha256"])
    op.create_table(
        "office_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("original_sha256", sa.String(64), nullable=False),
        sa.Column("current_sha256", sa.String(64), nullable=False),
        sa.Column("not_secret_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_secret_by_id", KEY, nullable=False),
        sa.Column("number", sa.String(40), nullable=True),
        sa.Column("symbol", sa.String(60), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=True),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("copy_of", sa.String(300), nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_office_document_agency_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_office_document_created_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["current_sha256"], ["stored_file.sha256"], name="fk_office_document_current_sha256"
        ),
        sa.ForeignKeyConstraint(
            ["not_secret_by_id"], ["user_account.id"], name="fk_office_document_not_secret_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["original_sha256"], ["stored_file.sha256"], name="fk_office_document_original_sha256"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_office_document"),
    )
    op.create_index(
        "ix_office_document_agency_state", "office_document", ["agency_id", "state", "id"]
    )
    op.create_table(
        "signature_picture",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("agency_id", KEY, nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("width_mm", sa.Float(), nullable=False),
        sa.Column("height_mm", sa.Float(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name="fk_signature_picture_agency_id"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_signature_picture_created_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_signature_picture_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name="fk_signature_picture_sha256"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signature_picture"),
    )
    op.create_index("ix_signature_picture_agency", "signature_picture", ["agency_id"])
    op.create_index("ix_signature_picture_person", "signature_picture", ["person_id"])
    op.create_table(
        "document_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("position_id", KEY, nullable=True),
        sa.Column("field", sa.String(80), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("x1", sa.Float(), nullable=False),
        sa.Column("y1", sa.Float(), nullable=False),
        sa.Column("x2", sa.Float(), nullable=False),
        sa.Column("y2", sa.Float(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("comment", sa.String(1000), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certificate_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_document_step_certificate_id"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["office_document.id"], name="fk_document_step_document_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_document_step_person_id"),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name="fk_document_step_position_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_document_step"),
        sa.UniqueConstraint("document_id", "place", name="uq_document_step_document_id_place"),
    )
    op.create_index("ix_document_step_person_state", "document_step", ["person_id", "state"])
    op.create_table(
        "login_challenge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(64), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", KEY, nullable=True),
        sa.Column("certificate_id", KEY, nullable=True),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_login_challenge_certificate_id"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_login_challenge_user_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_login_challenge"),
        sa.UniqueConstraint("public_id", name="uq_login_challenge_public_id"),
    )
    op.create_index("ix_login_challenge_expires_at", "login_challenge", ["expires_at"])
    op.create_table(
        "signing_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("field", sa.String(80), nullable=False),
        sa.Column("prepared_sha256", sa.String(64), nullable=False),
        sa.Column("byte_range", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("result_sha256", sa.String(64), nullable=False),
        sa.Column("result_file_sha256", sa.String(64), nullable=True),
        sa.Column("last_error", sa.String(64), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["signing_job.id"], name="fk_signing_item_job_id"),
        sa.ForeignKeyConstraint(
            ["prepared_sha256"], ["stored_file.sha256"], name="fk_signing_item_prepared_sha256"
        ),
        sa.ForeignKeyConstraint(
            ["result_file_sha256"],
            ["stored_file.sha256"],
            name="fk_signing_item_result_file_sha256",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signing_item"),
        sa.UniqueConstraint("job_id", "place", name="uq_signing_item_job_id_place"),
    )
    with op.batch_alter_table("signing_job") as batch:
        batch.add_column(sa.Column("document_id", KEY))
        batch.create_foreign_key(
            "fk_signing_job_document_id", "office_document", ["document_id"], ["id"]
        )
    op.create_index(
        "uq_signing_job_open_document",
        "signing_job",
        ["document_id"],
        unique=True,
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    )
    op.add_column(
        "user_account",
        sa.Column("token_login", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("user_account", "token_login")
    op.drop_index("uq_signing_job_open_document", table_name="signing_job")
    with op.batch_alter_table("signing_job") as batch:
        batch.drop_constraint("fk_signing_job_document_id", type_="foreignkey")
        batch.drop_column("document_id")
    op.drop_table("signing_item")
    op.drop_table("login_challenge")
    op.drop_table("document_step")
    op.drop_table("signature_picture")
    op.drop_table("office_document")
    op.drop_table("incoming_document")
