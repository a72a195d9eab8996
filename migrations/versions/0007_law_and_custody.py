"""What administrators enter about the law; papers, moves of devices, incidents and follow-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0007_law_and_custody"
down_revision = "0006_every_act"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_calendar_day"),
    )
    op.create_table(
        "form_confirmation",
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("words_sha256", sa.String(64), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("confirmed_by_id", KEY, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user_account.id"], name="fk_form_confirmation_confirmed_by_id"
        ),
        sa.PrimaryKeyConstraint("form", name="pk_form_confirmation"),
    )
    op.create_table(
        "form_correction",
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by_id", KEY, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["user_account.id"], name="fk_form_correction_changed_by_id"
        ),
        sa.PrimaryKeyConstraint("form", "key", name="pk_form_correction"),
    )
    op.create_table(
        "regulation_enactment",
        sa.Column("regulation", sa.String(60), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("entered_by_id", KEY, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["user_account.id"], name="fk_regulation_enactment_entered_by_id"
        ),
        sa.PrimaryKeyConstraint("regulation", name="pk_regulation_enactment"),
    )
    op.create_table(
        "incident",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("device_id", KEY, nullable=True),
        sa.Column("certificate_id", KEY, nullable=True),
        sa.Column("holder_id", KEY, nullable=True),
        sa.Column("state_before", sa.String(32), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by_id", KEY, nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("told_how", sa.String(300), nullable=False),
        sa.Column("happened", sa.String(300), nullable=False),
        sa.Column("circumstances", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("prevention", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", KEY, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_incident_agency_id"),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_incident_certificate_id"
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user_account.id"], name="fk_incident_closed_by_id"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_incident_device_id"),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name="fk_incident_holder_id"),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["user_account.id"], name="fk_incident_reported_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_agency_open", "incident", ["agency_id", "closed_at", "id"])
    op.create_index("ix_incident_device", "incident", ["device_id", "id"])
    op.create_index("ix_incident_holder_id", "incident", ["holder_id"])
    op.create_table(
        "paper",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("number", sa.String(60), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("giver_id", KEY, nullable=True),
        sa.Column("receiver_id", KEY, nullable=True),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.Column("request_id", KEY, nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("witness_seq", KEY, nullable=True),
        sa.Column("witness_hash", sa.String(64), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_channel", sa.String(60), nullable=False),
        sa.Column("sent_reference", sa.String(200), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_paper_agency_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_paper_created_by_id"
        ),
        sa.ForeignKeyConstraint(["giver_id"], ["person.id"], name="fk_paper_giver_id"),
        sa.ForeignKeyConstraint(["receiver_id"], ["person.id"], name="fk_paper_receiver_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certificate_request.id"], name="fk_paper_request_id"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name="fk_paper_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_paper"),
    )
    op.create_index("ix_paper_agency_kind", "paper", ["agency_id", "kind", "id"])
    op.create_index("ix_paper_agency_state", "paper", ["agency_id", "state", "id"])
    op.create_index("ix_paper_giver_id", "paper", ["giver_id"])
    op.create_index("ix_paper_receiver_id", "paper", ["receiver_id"])
    op.create_index("ix_paper_request_id", "paper", ["request_id"])
    op.create_table(
        "custody_move",
        sa.Column("id", KEY, nullable=False),
        sa.Column("device_id", KEY, nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("state_before", sa.String(32), nullable=True),
        sa.Column("state_after", sa.String(32), nullable=False),
        sa.Column("holder_before_id", KEY, nullable=True),
        sa.Column("holder_after_id", KEY, nullable=True),
        sa.Column("agency_before_id", KEY, nullable=False),
        sa.Column("agency_after_id", KEY, nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by_id", KEY, nullable=True),
        sa.Column("paper_id", KEY, nullable=True),
        sa.Column("incident_id", KEY, nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("described_before", sa.JSON(), nullable=True),
        sa.Column("undoes_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_after_id"], ["agency.id"], name="fk_custody_move_agency_after_id"
        ),
        sa.ForeignKeyConstraint(
            ["agency_before_id"], ["agency.id"], name="fk_custody_move_agency_before_id"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_custody_move_device_id"),
        sa.ForeignKeyConstraint(
            ["holder_after_id"], ["person.id"], name="fk_custody_move_holder_after_id"
        ),
        sa.ForeignKeyConstraint(
            ["holder_before_id"], ["person.id"], name="fk_custody_move_holder_before_id"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name="fk_custody_move_incident_id"
        ),
        sa.ForeignKeyConstraint(
            ["moved_by_id"], ["user_account.id"], name="fk_custody_move_moved_by_id"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_custody_move_paper_id"),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["custody_move.id"], name="fk_custody_move_undoes_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_custody_move"),
        sa.UniqueConstraint("undoes_id", name="uq_custody_move_undoes_id"),
    )
    op.create_index("ix_custody_move_device", "custody_move", ["device_id", "id"])
    op.create_index("ix_custody_move_holder_after_id", "custody_move", ["holder_after_id"])
    op.create_index("ix_custody_move_incident_id", "custody_move", ["incident_id"])
    op.create_index("ix_custody_move_paper_id", "custody_move", ["paper_id"])
    op.create_table(
        "follow_up",
        sa.Column("id", KEY, nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("sentence", sa.String(500), nullable=False),
        sa.Column("basis", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("device_id", KEY, nullable=True),
        sa.Column("certificate_id", KEY, nullable=True),
        sa.Column("request_id", KEY, nullable=True),
        sa.Column("paper_id", KEY, nullable=True),
        sa.Column("alternative", sa.String(40), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", KEY, nullable=True),
        sa.Column("waived_reason", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_follow_up_agency_id"),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_follow_up_certificate_id"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_follow_up_device_id"),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["user_account.id"], name="fk_follow_up_done_by_id"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_follow_up_paper_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_follow_up_person_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certificate_request.id"], name="fk_follow_up_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_follow_up"),
    )
    op.create_index("ix_follow_up_agency_open", "follow_up", ["agency_id", "done_at", "due_on"])
    op.create_index("ix_follow_up_certificate_id", "follow_up", ["certificate_id"])
    op.create_index("ix_follow_up_device_id", "follow_up", ["device_id"])
    op.create_index("ix_follow_up_object", "follow_up", ["noun", "object_id", "id"])
    op.create_index("ix_follow_up_paper_id", "follow_up", ["paper_id"])
    op.create_index("ix_follow_up_person_id", "follow_up", ["person_id"])
    op.create_index("ix_follow_up_request_id", "follow_up", ["request_id"])
    op.create_table(
        "paper_confirmation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("paper_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_paper_confirmation_paper_id"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_paper_confirmation_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_paper_confirmation_user_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_paper_confirmation"),
    )
    op.create_index("ix_paper_confirmation_paper_id", "paper_confirmation", ["paper_id"])
    op.create_index("ix_paper_confirmation_person_id", "paper_confirmation", ["person_id"])
    op.create_table(
        "paper_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("paper_id", KEY, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(260), nullable=False),
        sa.Column("anchors", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name="fk_paper_file_created_by_id"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_paper_file_paper_id"),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name="fk_paper_file_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_paper_file"),
    )
    op.create_index("ix_paper_file_paper_id", "paper_file", ["paper_id"])
    op.create_index("ix_paper_file_sha256", "paper_file", ["sha256"])
    op.create_table(
        "paper_line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("paper_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("device_id", KEY, nullable=True),
        sa.Column("certificate_id", KEY, nullable=True),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("condition", sa.String(200), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_paper_line_certificate_id"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_paper_line_device_id"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_paper_line_paper_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_paper_line_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_paper_line"),
    )
    op.create_index("ix_paper_line_certificate_id", "paper_line", ["certificate_id"])
    op.create_index("ix_paper_line_device_id", "paper_line", ["device_id"])
    op.create_index("ix_paper_line_paper_id", "paper_line", ["paper_id"])
    op.create_index("ix_paper_line_person_id", "paper_line", ["person_id"])
    with op.batch_alter_table("signing_job") as batch:
        batch.add_column(sa.Column("paper_id", KEY))
        batch.create_foreign_key("fk_signing_job_paper_id", "paper", ["paper_id"], ["id"])
    op.create_index(
        "uq_signing_job_open_paper",
        "signing_job",
        ["paper_id"],
        unique=True,
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    )


def downgrade() -> None:
    op.drop_index("uq_signing_job_open_paper", table_name="signing_job")
    with op.batch_alter_table("signing_job") as batch:
        batch.drop_constraint("fk_signing_job_paper_id", type_="foreignkey")
        batch.drop_column("paper_id")
    op.drop_table("paper_line")
    op.drop_table("paper_file")
    op.drop_table("paper_confirmation")
    op.drop_table("follow_up")
    op.drop_table("custody_move")
    op.drop_table("paper")
    op.drop_table("incident")
    op.drop_table("regulation_enactment")
    op.drop_table("form_correction")
    op.drop_table("form_confirmation")
    op.drop_table("calendar_day")
