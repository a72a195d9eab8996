"""Documents of the office are found by the index of terms: accent-free, by number and symbol."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0020_document_search"
down_revision = "0019_sim_network"
branch_labels = None
depends_on = None

NOUN, LONGEST, MOST = "document", 120, 1_000
D_WITH_STROKE = str.maketrans({"ð": "d", "ɖ": "d", "Ð": "d", "Ɖ": "d", "đ": "d"})


def upgrade() -> None:
    op.add_column(
        "office_document", sa.Column("search_text", sa.Text(), nullable=False, server_default="")
    )
    _fill()


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM search_term WHERE noun = 'document'"))
    op.drop_column("office_document", "search_text")


def _fill() -> None:
    """The folded words of each row, as `operations/search.py` writes them from now on."""
    connection = op.get_bind()
    columns = "id, title, number, symbol, copy_of"
    rows = connection.execute(sa.text(f"SELECT {columns} FROM office_document")).all()  # noqa: S608
    change = sa.text("UPDATE office_document SET search_text = :text WHERE id = :id")
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


def _words(*texts: str | None) -> list[str]:
    """A copy of `rules.names.fold_words` as it was: migrations know nothing of the house."""
    found: set[str] = set()
    for text in filter(None, texts):
        lowered = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())
        kept = (one for one in lowered if unicodedata.category(one) not in ("Mn", "Cf"))
        plain = "".join(kept).translate(D_WITH_STROKE)
        found.update(word[:LONGEST] for word in re.findall(r"[^\W_]+", plain))
    return sorted(found)
