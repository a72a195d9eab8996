"""The first tables, the head of the log, and the triggers that keep the log append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001_first_tables"
down_revision = None
branch_labels = None
depends_on = None

REFUSAL = "Nhật ký chỉ được ghi thêm"

# They stop accidents. Whoever may drop them is found by the hash chain instead (audit.py).
TRIGGERS = {
    "sqlite": (
        f"""CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
        f"""CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    ),
    "postgresql": (
        f"""CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$""",
        """CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
            FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()""",
        """CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
            FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()""",
    ),
}


def upgrade() -> None:
    op.create_table(
        "agent_nonce",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_agent_nonce")),
    )
    with op.batch_alter_table("agent_nonce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_nonce_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_roles", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("noun", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_version", sa.Integer(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index("ix_audit_event_actor", ["actor_id", "seq"], unique=False)
        batch_op.create_index("ix_audit_event_agency", ["agency_id", "seq"], unique=False)
        batch_op.create_index("ix_audit_event_object", ["noun", "object_id", "seq"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "certificate_chain",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_chain")),
    )
    op.create_table(
        "login_throttle",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_login_throttle")),
    )
    op.create_table(
        "search_term",
        sa.Column("noun", sa.String(length=16), nullable=False),
        sa.Column(
            "term",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "object_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("noun", "term", "object_id", name=op.f("pk_search_term")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("search_term", schema=None) as batch_op:
        batch_op.create_index("ix_search_term_object", ["noun", "object_id"], unique=False)

    op.create_table(
        "setting",
        sa.Column(
            "agency_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "name", name=op.f("pk_setting")),
    )
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_stored_file")),
    )
    op.create_table(
        "agency",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "path",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("identification_code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_fold", sa.String(length=300), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=900).with_variant(sa.String(length=900, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("abbreviation", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("has_legal_personality", sa.Boolean(), nullable=False),
        sa.Column("has_own_seal", sa.Boolean(), nullable=False),
        sa.Column("regulation", sa.String(length=60), nullable=True),
        sa.Column("place_name", sa.String(length=120), nullable=False),
        sa.Column("province", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("tax_code", sa.String(length=20), nullable=True),
        sa.Column("budget_code", sa.String(length=20), nullable=True),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("seal_picture_sha256", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["agency.id"], name=op.f("fk_agency_parent_id")),
        sa.ForeignKeyConstraint(
            ["seal_picture_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_agency_seal_picture_sha256"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )
    with op.batch_alter_table("agency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agency_name_fold"), ["name_fold"], unique=False)
        batch_op.create_index(batch_op.f("ix_agency_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agency_path"), ["path"], unique=False)
        batch_op.create_index(batch_op.f("ix_agency_sort_key"), ["sort_key"], unique=False)

    op.create_table(
        "agency_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "successor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("old_name", sa.String(length=300), nullable=False),
        sa.Column("new_name", sa.String(length=300), nullable=False),
        sa.Column("decision", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "kind in ('merger','split','rename')", name=op.f("ck_agency_change_kind")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_agency_change_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["agency.id"], name=op.f("fk_agency_change_successor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_change")),
    )
    with op.batch_alter_table("agency_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agency_change_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_agency_change_successor_id"), ["successor_id"], unique=False
        )

    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("staff_number", sa.String(length=40), nullable=True),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("name_fold", sa.String(length=200), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=700).with_variant(sa.String(length=700, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("citizen_id_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("citizen_id_hash", sa.String(length=64), nullable=True),
        sa.Column("citizen_id_issued_on", sa.Date(), nullable=True),
        sa.Column("citizen_id_issued_by", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("signature_picture_sha256", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_agency_id")),
        sa.ForeignKeyConstraint(
            ["signature_picture_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_person_signature_picture_sha256"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint(
            "agency_id", "staff_number", name=op.f("uq_person_agency_id_staff_number")
        ),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(
            "ix_person_agency_sort", ["agency_id", "sort_key", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_person_citizen_id_hash"), ["citizen_id_hash"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_person_email"), ["email"], unique=False)
        batch_op.create_index("ix_person_sort", ["sort_key", "id"], unique=False)

    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("internal_code", sa.String(length=40), nullable=False),
        sa.Column("printed_serial", sa.String(length=80), nullable=True),
        sa.Column("driver_serial", sa.String(length=80), nullable=True),
        sa.Column("notice_serial", sa.String(length=80), nullable=True),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("generation", sa.String(length=60), nullable=False),
        sa.Column("phone_number", sa.String(length=40), nullable=True),
        sa.Column("holder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "sort_key",
            sa.String(length=700).with_variant(sa.String(length=700, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column("handover_minutes", sa.String(length=120), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_device_agency_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("fk_device_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint(
            "agency_id", "internal_code", name=op.f("uq_device_agency_id_internal_code")
        ),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(
            "ix_device_agency_sort", ["agency_id", "sort_key", "id", "state", "kind"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_device_driver_serial"), ["driver_serial"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_device_holder_id"), ["holder_id"], unique=False)
        batch_op.create_index(
            "ix_device_kind_sort", ["kind", "sort_key", "id", "state", "agency_id"], unique=False
        )
        batch_op.create_index(
            "ix_device_sort", ["sort_key", "id", "state", "kind", "agency_id"], unique=False
        )
        batch_op.create_index(
            "ix_device_state_sort", ["state", "sort_key", "id", "kind", "agency_id"], unique=False
        )

    op.create_table(
        "person_email",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_email_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_email")),
    )
    with op.batch_alter_table("person_email", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_email_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_email_person_id"), ["person_id"], unique=False)

    op.create_table(
        "position",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("authority", sa.String(length=32), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_position_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_position_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
    )
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.create_index("ix_position_agency_current", ["agency_id", "until_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_position_person_id"), ["person_id"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_user_account_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_account_person_id"), ["person_id"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "predecessor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("renewals", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("device_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("issuer_name", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("common_name", sa.String(length=300), nullable=False),
        sa.Column("serial_number", sa.String(length=64), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("public_key_sha256", sa.String(length=64), nullable=False),
        sa.Column("key_type", sa.String(length=20), nullable=False),
        sa.Column("key_bits", sa.Integer(), nullable=False),
        sa.Column("signature_algorithm", sa.String(length=60), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=700).with_variant(sa.String(length=700, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation_reason", sa.String(length=60), nullable=True),
        sa.Column("history_attested_on", sa.Date(), nullable=True),
        sa.Column(
            "history_attested_by_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("history_statement", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_certificate_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["certificate_chain.id"], name=op.f("fk_certificate_chain_id")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_certificate_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["history_attested_by_id"],
            ["user_account.id"],
            name=op.f("fk_certificate_history_attested_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_certificate_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["certificate.id"], name=op.f("fk_certificate_predecessor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("sha256", name=op.f("uq_certificate_sha256")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(
            "ix_certificate_agency_expiry", ["agency_id", "expires_on", "id"], unique=False
        )
        batch_op.create_index(
            "ix_certificate_agency_sort", ["agency_id", "sort_key", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certificate_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_email"), ["email"], unique=False)
        batch_op.create_index(
            "ix_certificate_expiry",
            ["expires_on", "id", "revoked_at", "agency_id", "kind"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_certificate_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certificate_predecessor_id"), ["predecessor_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certificate_public_key_sha256"), ["public_key_sha256"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certificate_serial_number"), ["serial_number"], unique=False
        )
        batch_op.create_index(
            "ix_certificate_sort",
            ["sort_key", "id", "expires_on", "agency_id", "kind"],
            unique=False,
        )

    op.create_table(
        "certificate_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("addressee", sa.String(length=300), nullable=False),
        sa.Column("copies_to", sa.Text(), nullable=False),
        sa.Column("drafting_unit", sa.String(length=40), nullable=False),
        sa.Column("planned_receipt_on", sa.Date(), nullable=False),
        sa.Column("wet_signature", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("contact_address", sa.String(length=400), nullable=False),
        sa.Column("signer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("signer_title", sa.String(length=200), nullable=False),
        sa.Column("signer_authority", sa.String(length=32), nullable=True),
        sa.Column("signer_head_title", sa.String(length=200), nullable=False),
        sa.Column("signer_collective", sa.String(length=200), nullable=False),
        sa.Column("authority_paper", sa.String(length=300), nullable=False),
        sa.Column("authority_until_on", sa.Date(), nullable=True),
        sa.Column(
            "drafted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=1000), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document_number", sa.String(length=40), nullable=True),
        sa.Column("document_on", sa.Date(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_channel", sa.String(length=60), nullable=False),
        sa.Column("sent_reference", sa.String(length=200), nullable=False),
        sa.Column("result_on", sa.Date(), nullable=True),
        sa.Column("result_note", sa.String(length=1000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_certificate_request_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["person.id"], name=op.f("fk_certificate_request_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["user_account.id"],
            name=op.f("fk_certificate_request_decided_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["drafted_by_id"],
            ["user_account.id"],
            name=op.f("fk_certificate_request_drafted_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["signer_id"], ["person.id"], name=op.f("fk_certificate_request_signer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_request")),
    )
    with op.batch_alter_table("certificate_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_certificate_request_agency_state", ["agency_id", "state", "id"], unique=False
        )
        batch_op.create_index("ix_certificate_request_state", ["state", "id"], unique=False)

    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_import_batch_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_import_batch_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_batch_user_id"), ["user_id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reauthenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_login_session_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_login_session_key_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "pairing_offer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("agent_key", sa.String(length=64), nullable=False),
        sa.Column("seal_key", sa.String(length=64), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_pairing_offer_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_offer")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_pairing_offer_offer_id")),
    )
    with op.batch_alter_table("pairing_offer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pairing_offer_commitment"), ["commitment"], unique=False
        )

    op.create_table(
        "signing_agent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("agent_key", sa.String(length=64), nullable=False),
        sa.Column("seal_key", sa.String(length=64), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("program_version", sa.String(length=40), nullable=False),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_signing_agent_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_agent")),
        sa.UniqueConstraint(
            "user_id", "agent_key", name=op.f("uq_signing_agent_user_id_agent_key")
        ),
    )
    with op.batch_alter_table("signing_agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_agent_agent_key"), ["agent_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_signing_agent_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column(
            "agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_user_role_agency_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_role_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
        sa.UniqueConstraint(
            "user_id", "role", "agency_id", name=op.f("uq_user_role_user_id_role_agency_id")
        ),
    )
    with op.batch_alter_table("user_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_role_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "entrustment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "certificate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("decision", sa.String(length=300), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_entrustment_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_entrustment_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrustment")),
    )
    with op.batch_alter_table("entrustment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entrustment_certificate_id"), ["certificate_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_entrustment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "import_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_name", sa.String(length=260), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=True),
        sa.Column("token_serial", sa.String(length=80), nullable=True),
        sa.Column("token_label", sa.String(length=120), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("matched_by", sa.String(length=40), nullable=True),
        sa.Column(
            "certificate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_item_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_import_item_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_import_item_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_item")),
    )
    with op.batch_alter_table("import_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_item_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "request_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=260), nullable=False),
        sa.Column("anchors", sa.JSON(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_request_document_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certificate_request.id"], name=op.f("fk_request_document_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_file.sha256"], name=op.f("fk_request_document_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_document")),
    )
    with op.batch_alter_table("request_document", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_request_document_request_id"), ["request_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_request_document_sha256"), ["sha256"], unique=False)

    op.create_table(
        "request_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "certificate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("overridden_reason", sa.String(length=500), nullable=False),
        sa.Column("result_note", sa.String(length=500), nullable=False),
        sa.Column(
            "successor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_request_line_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["certificate_chain.id"], name=op.f("fk_request_line_chain_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certificate_request.id"], name=op.f("fk_request_line_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["certificate.id"], name=op.f("fk_request_line_successor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_line")),
        sa.UniqueConstraint(
            "request_id", "certificate_id", name=op.f("uq_request_line_request_id_certificate_id")
        ),
    )
    with op.batch_alter_table("request_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_request_line_certificate_id"), ["certificate_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_request_line_request_id"), ["request_id"], unique=False
        )
        batch_op.create_index(
            "uq_request_line_open_chain",
            ["chain_id"],
            unique=True,
            sqlite_where=sa.text("is_open = 1"),
            postgresql_where=sa.text("is_open"),
        )

    op.create_table(
        "signing_job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "login_session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "certificate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("prepared_sha256", sa.String(length=64), nullable=True),
        sa.Column("byte_range", sa.JSON(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("result_sha256", sa.String(length=64), nullable=False),
        sa.Column("result_file_sha256", sa.String(length=64), nullable=True),
        sa.Column(
            "import_batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("last_error", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["signing_agent.id"], name=op.f("fk_signing_job_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_signing_job_certificate_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_signing_job_import_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_session_id"], ["login_session.id"], name=op.f("fk_signing_job_login_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_sha256"], ["stored_file.sha256"], name=op.f("fk_signing_job_prepared_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certificate_request.id"], name=op.f("fk_signing_job_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["result_file_sha256"],
            ["stored_file.sha256"],
            name=op.f("fk_signing_job_result_file_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_signing_job_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_signing_job_public_id")),
    )
    with op.batch_alter_table("signing_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_job_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_signing_job_open",
            ["request_id"],
            unique=True,
            sqlite_where=sa.text("is_open = 1"),
            postgresql_where=sa.text("is_open"),
        )
    op.bulk_insert(
        sa.table(
            "audit_head",
            sa.column("id", sa.Integer),
            sa.column("seq", sa.BigInteger),
            sa.column("hash", sa.String),
        ),
        [{"id": 1, "seq": 0, "hash": "0" * 64}],
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_event_append_only ON audit_event")
        op.execute("DROP TRIGGER audit_event_no_truncate ON audit_event")
        op.execute("DROP FUNCTION audit_event_refuse()")
    with op.batch_alter_table("signing_job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_signing_job_open",
            sqlite_where=sa.text("is_open = 1"),
            postgresql_where=sa.text("is_open"),
        )
        batch_op.drop_index(batch_op.f("ix_signing_job_user_id"))

    op.drop_table("signing_job")
    with op.batch_alter_table("request_line", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_request_line_open_chain",
            sqlite_where=sa.text("is_open = 1"),
            postgresql_where=sa.text("is_open"),
        )
        batch_op.drop_index(batch_op.f("ix_request_line_request_id"))
        batch_op.drop_index(batch_op.f("ix_request_line_certificate_id"))

    op.drop_table("request_line")
    with op.batch_alter_table("request_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_document_sha256"))
        batch_op.drop_index(batch_op.f("ix_request_document_request_id"))

    op.drop_table("request_document")
    with op.batch_alter_table("import_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_item_batch_id"))

    op.drop_table("import_item")
    with op.batch_alter_table("entrustment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entrustment_person_id"))
        batch_op.drop_index(batch_op.f("ix_entrustment_certificate_id"))

    op.drop_table("entrustment")
    with op.batch_alter_table("user_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_role_agency_id"))

    op.drop_table("user_role")
    with op.batch_alter_table("signing_agent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_agent_user_id"))
        batch_op.drop_index(batch_op.f("ix_signing_agent_agent_key"))

    op.drop_table("signing_agent")
    with op.batch_alter_table("pairing_offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pairing_offer_commitment"))

    op.drop_table("pairing_offer")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_user_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_batch_user_id"))

    op.drop_table("import_batch")
    with op.batch_alter_table("certificate_request", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_request_state")
        batch_op.drop_index("ix_certificate_request_agency_state")

    op.drop_table("certificate_request")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_sort")
        batch_op.drop_index(batch_op.f("ix_certificate_serial_number"))
        batch_op.drop_index(batch_op.f("ix_certificate_public_key_sha256"))
        batch_op.drop_index(batch_op.f("ix_certificate_predecessor_id"))
        batch_op.drop_index(batch_op.f("ix_certificate_person_id"))
        batch_op.drop_index("ix_certificate_expiry")
        batch_op.drop_index(batch_op.f("ix_certificate_email"))
        batch_op.drop_index(batch_op.f("ix_certificate_device_id"))
        batch_op.drop_index(batch_op.f("ix_certificate_chain_id"))
        batch_op.drop_index("ix_certificate_agency_sort")
        batch_op.drop_index("ix_certificate_agency_expiry")

    op.drop_table("certificate")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_account_person_id"))

    op.drop_table("user_account")
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_position_person_id"))
        batch_op.drop_index("ix_position_agency_current")

    op.drop_table("position")
    with op.batch_alter_table("person_email", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_email_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_email_email"))

    op.drop_table("person_email")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index("ix_device_state_sort")
        batch_op.drop_index("ix_device_sort")
        batch_op.drop_index("ix_device_kind_sort")
        batch_op.drop_index(batch_op.f("ix_device_holder_id"))
        batch_op.drop_index(batch_op.f("ix_device_driver_serial"))
        batch_op.drop_index("ix_device_agency_sort")

    op.drop_table("device")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_sort")
        batch_op.drop_index(batch_op.f("ix_person_email"))
        batch_op.drop_index(batch_op.f("ix_person_citizen_id_hash"))
        batch_op.drop_index("ix_person_agency_sort")

    op.drop_table("person")
    with op.batch_alter_table("agency_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agency_change_successor_id"))
        batch_op.drop_index(batch_op.f("ix_agency_change_agency_id"))

    op.drop_table("agency_change")
    with op.batch_alter_table("agency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agency_sort_key"))
        batch_op.drop_index(batch_op.f("ix_agency_path"))
        batch_op.drop_index(batch_op.f("ix_agency_parent_id"))
        batch_op.drop_index(batch_op.f("ix_agency_name_fold"))

    op.drop_table("agency")
    op.drop_table("stored_file")
    op.drop_table("setting")
    with op.batch_alter_table("search_term", schema=None) as batch_op:
        batch_op.drop_index("ix_search_term_object")

    op.drop_table("search_term")
    op.drop_table("login_throttle")
    op.drop_table("certificate_chain")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_event_object")
        batch_op.drop_index("ix_audit_event_agency")
        batch_op.drop_index("ix_audit_event_actor")

    op.drop_table("audit_event")
    with op.batch_alter_table("agent_nonce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_nonce_expires_at"))

    op.drop_table("agent_nonce")
