"""Requests for every act: their subjects, sendings and versions; systems as subscribers."""

import sqlalchemy as sa
from alembic import op

revision = "0006_every_act"
down_revision = "0005_log_without_replace"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TEXTS = (
    ("amendment_case", 40),
    ("information_before", 300),
    ("information_after", 300),
    ("revocation_ground", 40),
    ("sim_pki", 40),
    ("note", 500),
)
REFERENCES = (
    ("person_id", "person"),
    ("subject_agency_id", "agency"),
    ("system_id", "system"),
    ("device_id", "device"),
    ("previous_id", "request_line"),
)


def bytewise(length: int) -> sa.types.TypeEngine[str]:
    """Text compared byte by byte on every database."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "system",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agency_id", KEY, nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("name_fold", sa.String(300), nullable=False),
        sa.Column("sort_key", bytewise(900), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("edition", sa.String(300), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("key_store", sa.String(32), nullable=True),
        sa.Column("keeper_id", KEY, nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_system_agency_id"),
        sa.ForeignKeyConstraint(["keeper_id"], ["person.id"], name="fk_system_keeper_id"),
        sa.PrimaryKeyConstraint("id", name="pk_system"),
    )
    op.create_index("ix_system_agency_sort", "system", ["agency_id", "sort_key", "id"])
    op.create_index("ix_system_keeper_id", "system", ["keeper_id"])
    op.create_table(
        "request_sending",
        sa.Column("id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("is_copy", sa.Boolean(), nullable=False),
        sa.Column("recipient", sa.String(300), nullable=False),
        sa.Column("recipient_code", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(60), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("proof_sha256", sa.String(64), nullable=True),
        sa.Column("recorded_by_id", KEY, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["proof_sha256"], ["stored_file.sha256"], name="fk_request_sending_proof_sha256"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name="fk_request_sending_recorded_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certificate_request.id"], name="fk_request_sending_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_request_sending"),
    )
    op.create_index("ix_request_sending_request_id", "request_sending", ["request_id"])
    with op.batch_alter_table("certificate") as batch:
        batch.add_column(sa.Column("system_id", KEY))
        batch.create_foreign_key("fk_certificate_system_id", "system", ["system_id"], ["id"])
    op.create_index("ix_certificate_system_id", "certificate", ["system_id"])
    _widen_requests()
    _widen_lines()


def _widen_requests() -> None:
    op.execute(
        sa.text(
            "INSERT INTO request_sending (request_id, is_copy, recipient, recipient_code, channel,"
            " sent_on, reference) SELECT id, :no, addressee, '', sent_channel, sent_on,"
            " sent_reference FROM certificate_request WHERE sent_on IS NOT NULL"
        ).bindparams(no=False)
    )
    with op.batch_alter_table("certificate_request") as batch:
        batch.add_column(sa.Column("subscriber_kind", sa.String(32)))
        batch.add_column(_not_null("central_signing", sa.Boolean(), sa.false()))
        batch.add_column(_not_null("addressee_code", sa.String(40), ""))
        batch.add_column(sa.Column("addressee_agency_id", KEY))
        batch.add_column(sa.Column("received_on", sa.Date()))
        batch.add_column(_not_null("dossier_code", sa.String(80), ""))
        batch.add_column(sa.Column("follows_id", KEY))
        batch.create_foreign_key(
            "fk_certificate_request_addressee_agency_id", "agency", ["addressee_agency_id"], ["id"]
        )
        batch.create_foreign_key(
            "fk_certificate_request_follows_id", "certificate_request", ["follows_id"], ["id"]
        )
        batch.drop_column("sent_reference")
        batch.drop_column("sent_channel")
    op.create_index(
        "ix_certificate_request_addressee_agency_id",
        "certificate_request",
        ["addressee_agency_id"],
    )


def _widen_lines() -> None:
    op.drop_index("uq_request_line_open_chain", table_name="request_line")
    with op.batch_alter_table("request_line") as batch:
        for name in ("person_id", "subject_agency_id", "system_id", "device_id", "previous_id"):
            batch.add_column(sa.Column(name, KEY))
        batch.add_column(sa.Column("hold", sa.String(80)))
        batch.add_column(_not_null("renews", sa.Boolean(), sa.false()))
        batch.add_column(_not_null("amends", sa.Boolean(), sa.false()))
        batch.add_column(sa.Column("result_on", sa.Date()))
        for name, length in TEXTS:
            batch.add_column(_not_null(name, sa.String(length), ""))
        batch.alter_column("certificate_id", existing_type=KEY, nullable=True)
        batch.alter_column("chain_id", existing_type=KEY, nullable=True)
        for name, table in REFERENCES:
            batch.create_foreign_key(f"fk_request_line_{name}", table, [name], ["id"])
    # Until now every request was a renewal, and its open lines held their chains.
    op.execute(
        sa.text(
            "UPDATE request_line SET renews = :yes,"
            " hold = 'renewal/' || CAST(chain_id AS VARCHAR(20))"
        ).bindparams(yes=True)
    )
    for name in ("person_id", "subject_agency_id", "system_id", "device_id"):
        op.create_index(f"ix_request_line_{name}", "request_line", [name])
    op.create_index("ix_request_line_chain", "request_line", ["chain_id", "is_open"])
    _open_index("uq_request_line_open_hold", "hold")


def _not_null(name: str, kind: sa.types.TypeEngine[object], default: object) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _open_index(name: str, column: str) -> None:
    op.create_index(
        name,
        "request_line",
        [column],
        unique=True,
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    )


def downgrade() -> None:
    _narrow_lines()
    with op.batch_alter_table("certificate_request") as batch:
        batch.add_column(_not_null("sent_channel", sa.String(60), ""))
        batch.add_column(_not_null("sent_reference", sa.String(200), ""))
        batch.drop_constraint("fk_certificate_request_follows_id", type_="foreignkey")
        batch.drop_constraint("fk_certificate_request_addressee_agency_id", type_="foreignkey")
        batch.drop_index("ix_certificate_request_addressee_agency_id")
        for name in (
            "follows_id dossier_code received_on addressee_agency_id addressee_code "
            "central_signing subscriber_kind"
        ).split():
            batch.drop_column(name)
    sending = "FROM request_sending s WHERE s.request_id = certificate_request.id AND NOT s.is_copy"
    op.execute(
        sa.text(
            "UPDATE certificate_request SET"  # noqa: S608 - only our own words
            f" sent_channel = (SELECT s.channel {sending} LIMIT 1),"
            f" sent_reference = (SELECT s.reference {sending} LIMIT 1)"
            f" WHERE EXISTS (SELECT 1 {sending})"
        )
    )
    with op.batch_alter_table("certificate") as batch:
        batch.drop_constraint("fk_certificate_system_id", type_="foreignkey")
        batch.drop_index("ix_certificate_system_id")
        batch.drop_column("system_id")
    op.drop_table("request_sending")
    op.drop_table("system")


def _narrow_lines() -> None:
    # What an older program cannot show it must not meet: lines without a certificate.
    op.execute(sa.text("DELETE FROM request_line WHERE certificate_id IS NULL OR chain_id IS NULL"))
    op.drop_index("uq_request_line_open_hold", table_name="request_line")
    op.drop_index("ix_request_line_chain", table_name="request_line")
    for name in ("person_id", "subject_agency_id", "system_id", "device_id"):
        op.drop_index(f"ix_request_line_{name}", table_name="request_line")
    with op.batch_alter_table("request_line") as batch:
        for name, _ in REFERENCES:
            batch.drop_constraint(f"fk_request_line_{name}", type_="foreignkey")
            batch.drop_column(name)
        for name in ("hold", "renews", "amends", "result_on", *(name for name, _ in TEXTS)):
            batch.drop_column(name)
        batch.alter_column("certificate_id", existing_type=KEY, nullable=False)
        batch.alter_column("chain_id", existing_type=KEY, nullable=False)
    _open_index("uq_request_line_open_chain", "chain_id")
