"""Tables that no longer fit into `models.py`, by the part of daily life that they serve."""

from schema import (
    changes,
    custody,
    daily,
    documents,
    law,
    outside,
    reports,
    stocktakes,
    token_logins,
    upgrades,
)

__all__ = [
    "changes",
    "custody",
    "daily",
    "documents",
    "law",
    "outside",
    "reports",
    "stocktakes",
    "token_logins",
    "upgrades",
]
