"""The digital signatures that a paper waits for: whose, in which turn, given or not."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012_paper_signatures"
down_revision = "0011_document_capacities"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "paper_signature",
        sa.Column("id", KEY, nullable=False),
        sa.Column("paper_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(40), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certificate_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_paper_signature_paper_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_paper_signature_person_id"),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_paper_signature_certificate_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_paper_signature"),
        sa.UniqueConstraint("paper_id", "place", name="uq_paper_signature_paper_id_place"),
    )
    op.create_index(
        "ix_paper_signature_person_state", "paper_signature", ["person_id", "state", "paper_id"]
    )
    _take_over()


def _take_over() -> None:
    """Minutes of two sides that were made to be signed digitally keep waiting for whom they did."""
    link = op.get_bind()
    papers = link.execute(
        sa.text(
            "SELECT id, giver_id, receiver_id, particulars FROM paper WHERE state = 'ISSUED' "
            "AND kind IN ('HANDOVER', 'INTERNAL_RETURN', 'PERMISSION', 'CORRECTION')"
        )
    ).all()
    for number, giver, receiver, told in papers:
        particulars = json.loads(told) if isinstance(told, str) else told
        if particulars.get("medium") == "digital" and giver and receiver:
            _enter(link, number, giver, receiver)


def _enter(link: sa.Connection, number: int, giver: int, receiver: int) -> None:
    signed = link.execute(
        sa.text("SELECT count(*) FROM paper_file WHERE paper_id = :paper AND role = 'SIGNED'"),
        {"paper": number},
    ).scalar_one()
    states = ("SIGNED", "DUE") if signed else ("DUE", "WAITING")
    for place, (side, person, state) in enumerate(
        zip(("giver", "receiver"), (giver, receiver), states, strict=True)
    ):
        link.execute(
            sa.text(
                "INSERT INTO paper_signature (paper_id, place, turn, side, act, person_id, state) "
                "VALUES (:paper, :place, :place, :side, :act, :person, :state)"
            ),
            {
                "paper": number,
                "place": place,
                "side": side,
                "act": side.upper(),
                "person": person,
                "state": state,
            },
        )


def downgrade() -> None:
    op.drop_table("paper_signature")
