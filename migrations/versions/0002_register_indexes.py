"""Indexes and one text per row for the registers: any page of 100,000 rows within its budget."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002_register_indexes"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None

NOUNS = ("person", "device", "certificate")
STATE = ("renewals", "revoked_at", "not_before")

OLD = {
    "ix_certificate_sort": ("sort_key", "id", "expires_on", "agency_id", "kind"),
    "ix_certificate_expiry": ("expires_on", "id", "revoked_at", "agency_id", "kind"),
    "ix_certificate_agency_sort": ("agency_id", "sort_key", "id"),
}
NEW = {
    "ix_certificate_sort": ("sort_key", "id", "expires_on", *STATE, "kind", "agency_id"),
    "ix_certificate_kind_sort": ("kind", "sort_key", "id", "expires_on", *STATE, "agency_id"),
    "ix_certificate_expiry": ("expires_on", "id", *STATE, "kind", "agency_id"),
    "ix_certificate_kind_expiry": ("kind", "expires_on", "id", *STATE, "agency_id"),
    "ix_certificate_agency_sort": ("agency_id", "sort_key", "id", "expires_on", *STATE, "kind"),
    "ix_certificate_not_before": ("not_before",),
}
# Partial, so that "not revoked" and "history known", which say little, lure no planner.
PARTIAL = {
    "ix_certificate_revoked": (("revoked_at",), "revoked_at IS NOT NULL"),
    "ix_certificate_history_unknown": (
        ("expires_on", "id", "sort_key", "revoked_at", "not_before", "kind", "agency_id"),
        "renewals IS NULL",
    ),
}


def upgrade() -> None:
    for noun in NOUNS:
        op.add_column(noun, sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
        _fill(noun)
    for name in OLD:
        op.drop_index(name, table_name="certificate")
    for name, columns in NEW.items():
        op.create_index(name, "certificate", list(columns))
    for name, (columns, where) in PARTIAL.items():
        condition = sa.text(where)
        op.create_index(
            name,
            "certificate",
            list(columns),
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_index(
        "ix_device_state_kind_sort", "device", ["state", "kind", "sort_key", "id", "agency_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_device_state_kind_sort", table_name="device")
    for name in (*PARTIAL, *NEW):
        op.drop_index(name, table_name="certificate")
    for name, columns in OLD.items():
        op.create_index(name, "certificate", list(columns))
    for noun in NOUNS:
        op.drop_column(noun, "search_text")


def _fill(noun: str) -> None:
    """Write the terms of every row into its text, each after a blank, in the order of the terms."""
    connection = op.get_bind()
    change = sa.text(f"UPDATE {noun} SET search_text = :text WHERE id = :id")  # noqa: S608
    batch: list[dict[str, object]] = []
    for number, terms in _terms(connection, noun):
        batch.append({"id": number, "text": "".join(f" {term}" for term in sorted(terms))})
        if len(batch) == 5_000:
            connection.execute(change, batch)
            batch = []
    if batch:
        connection.execute(change, batch)


def _terms(connection: sa.Connection, noun: str) -> Iterator[tuple[int, list[str]]]:
    found = connection.execute(
        sa.text("SELECT object_id, term FROM search_term WHERE noun = :noun ORDER BY object_id"),
        {"noun": noun},
    ).all()
    number, terms = None, []
    for row in found:
        if row.object_id != number and number is not None:
            yield number, terms
            terms = []
        number = row.object_id
        terms.append(row.term)
    if number is not None:
        yield number, terms
