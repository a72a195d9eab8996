"""Documents that come in are found by the index of terms; indexes for counts of theirs and of a
stocktake.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0018_incoming_search"
down_revision = "0017_official_domains"
branch_labels = None
depends_on = None

NOUN, LONGEST, MOST = "incoming", 120, 1_000
D_WITH_STROKE = str.maketrans({"ð": "d", "ɖ": "d", "Ð": "d", "Ɖ": "d", "đ": "d"})


def upgrade() -> None:
    op.add_column(
        "incoming_document", sa.Column("search_text", sa.Text(), nullable=False, server_default="")
    )
    _fill()
    op.create_index("ix_incoming_document_state", "incoming_document", ["agency_id", "state", "id"])
    op.create_index(
        "ix_stocktake_count_by",
        "stocktake_count",
        ["stocktake_id", "counted_by_id", "counted_at", "item_id"],
    )


def downgrade() -> None:
    op.drop_index("ix_stocktake_count_by", "stocktake_count")
    op.drop_index("ix_incoming_document_state", "incoming_document")
    op.execute(sa.text("DELETE FROM search_term WHERE noun = 'incoming'"))
    op.drop_column("incoming_document", "search_text")


def _fill() -> None:
    """The folded words of each row, as `operations/search.py` writes them from now on."""
    connection = op.get_bind()
    columns = "id, register_number, sender, number, subject"
    rows = connection.execute(sa.text(f"SELECT {columns} FROM incoming_document")).all()  # noqa: S608
    change = sa.text("UPDATE incoming_document SET search_text = :text WHERE id = :id")
    add = sa.text("INSERT INTO search_term (noun, term, object_id) VALUES (:noun, :term, :id)")
    for start in range(0, len(rows), MOST):
        found = {number: _words(*texts) for number, *texts in rows[start : start + MOST]}
        texts = [
            {"id": one, "text": "".join(f" {term}" for term in each)} for one, each in found.items()
        ]
        connection.execute(change, texts)
        terms = [
            {"noun": NOUN, "term": term, "id": one} for one, each in found.items() for term in each
        ]
        if terms:
            connection.execute(add, terms)


def _words(*texts: str) -> list[str]:
    """A copy of `rules.names.fold_words` as it was: migrations know nothing of the house."""
    found: set[str] = set()
    for text in texts:
        lowered = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())
        kept = (one for one in lowered if unicodedata.category(one) not in ("Mn", "Cf"))
        plain = "".join(kept).translate(D_WITH_STROKE)
        found.update(word[:LONGEST] for word in re.findall(r"[^\W_]+", plain))
    return sorted(found)
