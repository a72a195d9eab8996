"""The clock of the person's own computer. It dates nothing that is signed."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
