"""Stocktakes, changes of staff and agencies, reminders, calendars and Excel files."""

import sqlalchemy as sa
from alembic import op

revision = "0008_daily_life"
down_revision = "0007_law_and_custody"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stage_key", sa.String(200), nullable=False),
        sa.Column("clock", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("sentence", sa.String(500), nullable=False),
        sa.Column("stage_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_reminder_agency_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_reminder_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("stage_key", name="uq_reminder_stage_key"),
    )
    op.create_index(
        "ix_reminder_agency_open", "reminder", ["agency_id", "settled_at", "due_on", "id"]
    )
    op.create_index("ix_reminder_object", "reminder", ["noun", "object_id"])
    op.create_index("ix_reminder_person_id", "reminder", ["person_id"])
    op.create_table(
        "calendar_feed",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_calendar_feed_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feed"),
        sa.UniqueConstraint("key_hash", name="uq_calendar_feed_key_hash"),
    )
    op.create_index("ix_calendar_feed_user_id", "calendar_feed", ["user_id"])
    op.create_table(
        "reminder_delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reminder_id", KEY, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="fk_reminder_delivery_reminder_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_delivery"),
        sa.UniqueConstraint(
            "reminder_id",
            "channel",
            "recipient",
            name="uq_reminder_delivery_reminder_id_channel_recipient",
        ),
    )
    op.create_index("ix_reminder_delivery_waiting", "reminder_delivery", ["sent_at", "id"])
    op.create_table(
        "reorganisation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("successor_id", KEY, nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("decision", sa.String(300), nullable=False),
        sa.Column("new_name", sa.String(300), nullable=False),
        sa.Column("new_email_domain", sa.String(120), nullable=False),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_reorganisation_agency_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_reorganisation_created_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["agency.id"], name="fk_reorganisation_successor_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reorganisation"),
    )
    op.create_index("ix_reorganisation_agency", "reorganisation", ["agency_id", "id"])
    op.create_index("ix_reorganisation_successor_id", "reorganisation", ["successor_id"])
    op.create_table(
        "sheet_import",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("file_name", sa.String(260), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_sheet_import_agency_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_sheet_import_created_by_id"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name="fk_sheet_import_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_sheet_import"),
    )
    op.create_index("ix_sheet_import_agency", "sheet_import", ["agency_id", "id"])
    op.create_table(
        "sheet_import_row",
        sa.Column("id", KEY, nullable=False),
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("object_id", KEY, nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("object_version", sa.Integer(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["sheet_import.id"], name="fk_sheet_import_row_import_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sheet_import_row"),
    )
    op.create_index(
        "ix_sheet_import_row_verdict", "sheet_import_row", ["import_id", "verdict", "number"]
    )
    op.create_table(
        "staff_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("to_agency_id", KEY, nullable=True),
        sa.Column("to_body", sa.String(300), nullable=False),
        sa.Column("new_title", sa.String(200), nullable=False),
        sa.Column("decision", sa.String(300), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("sheet_import_id", KEY, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", KEY, nullable=True),
        sa.Column("refused_reason", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_staff_change_agency_id"),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user_account.id"], name="fk_staff_change_answered_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_staff_change_created_by_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_staff_change_person_id"),
        sa.ForeignKeyConstraint(
            ["sheet_import_id"], ["sheet_import.id"], name="fk_staff_change_sheet_import_id"
        ),
        sa.ForeignKeyConstraint(
            ["to_agency_id"], ["agency.id"], name="fk_staff_change_to_agency_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_staff_change"),
    )
    op.create_index("ix_staff_change_agency_open", "staff_change", ["agency_id", "closed_at", "id"])
    op.create_index("ix_staff_change_person_id", "staff_change", ["person_id"])
    op.create_index("ix_staff_change_to_agency_id", "staff_change", ["to_agency_id"])
    op.create_table(
        "stocktake",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("basis", sa.String(300), nullable=False),
        sa.Column("with_subtree", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", KEY, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", KEY, nullable=True),
        sa.Column("paper_id", KEY, nullable=True),
        sa.Column("conclusion", sa.String(1000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_stocktake_agency_id"),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user_account.id"], name="fk_stocktake_closed_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["user_account.id"], name="fk_stocktake_opened_by_id"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_stocktake_paper_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stocktake"),
    )
    op.create_index("ix_stocktake_agency", "stocktake", ["agency_id", "id"])
    op.create_table(
        "stocktake_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stocktake_id", KEY, nullable=False),
        sa.Column("device_id", KEY, nullable=True),
        sa.Column("code_seen", sa.String(120), nullable=False),
        sa.Column("expected_state", sa.String(32), nullable=True),
        sa.Column("expected_holder_id", KEY, nullable=True),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("found_holder_id", KEY, nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_stocktake_item_device_id"),
        sa.ForeignKeyConstraint(
            ["expected_holder_id"], ["person.id"], name="fk_stocktake_item_expected_holder_id"
        ),
        sa.ForeignKeyConstraint(
            ["found_holder_id"], ["person.id"], name="fk_stocktake_item_found_holder_id"
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["stocktake.id"], name="fk_stocktake_item_stocktake_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stocktake_item"),
        sa.UniqueConstraint(
            "stocktake_id", "device_id", name="uq_stocktake_item_stocktake_id_device_id"
        ),
    )
    op.create_index("ix_stocktake_item_device_id", "stocktake_item", ["device_id"])
    op.create_index(
        "ix_stocktake_item_outcome", "stocktake_item", ["stocktake_id", "outcome", "id"]
    )
    op.create_table(
        "stocktake_member",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stocktake_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("part", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_stocktake_member_person_id"),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["stocktake.id"], name="fk_stocktake_member_stocktake_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stocktake_member"),
        sa.UniqueConstraint(
            "stocktake_id", "person_id", name="uq_stocktake_member_stocktake_id_person_id"
        ),
    )
    op.create_table(
        "stocktake_count",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stocktake_id", KEY, nullable=False),
        sa.Column("item_id", KEY, nullable=True),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("how", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("code", sa.String(120), nullable=False),
        sa.Column("found_holder_id", KEY, nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_by_id", KEY, nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("photo_sha256", sa.String(64), nullable=True),
        sa.Column("corrected_by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["corrected_by_id"], ["stocktake_count.id"], name="fk_stocktake_count_corrected_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["counted_by_id"], ["user_account.id"], name="fk_stocktake_count_counted_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["found_holder_id"], ["person.id"], name="fk_stocktake_count_found_holder_id"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["stocktake_item.id"], name="fk_stocktake_count_item_id"
        ),
        sa.ForeignKeyConstraint(
            ["photo_sha256"], ["stored_file.sha256"], name="fk_stocktake_count_photo_sha256"
        ),
        sa.ForeignKeyConstraint(
            ["stocktake_id"], ["stocktake.id"], name="fk_stocktake_count_stocktake_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stocktake_count"),
        sa.UniqueConstraint(
            "stocktake_id", "client_id", name="uq_stocktake_count_stocktake_id_client_id"
        ),
    )
    op.create_index("ix_stocktake_count_item", "stocktake_count", ["item_id", "id"])


def downgrade() -> None:
    op.drop_table("stocktake_count")
    op.drop_table("stocktake_member")
    op.drop_table("stocktake_item")
    op.drop_table("stocktake")
    op.drop_table("staff_change")
    op.drop_table("sheet_import_row")
    op.drop_table("sheet_import")
    op.drop_table("reorganisation")
    op.drop_table("reminder_delivery")
    op.drop_table("calendar_feed")
    op.drop_table("reminder")
