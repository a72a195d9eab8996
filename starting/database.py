"""What start.py can tell about the database without its libraries, so that it starts quickly."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3

from starting.console import INSTANCE, ROOT

DATABASE = INSTANCE / "so_token.sqlite"


def newest_migration() -> str | None:
    """Return the revision that no other builds on; None when that is not exactly one."""
    revisions, parents = set(), set()
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        revisions.update(re.findall(r'^revision(?:: str)? = "([^"]+)"', text, re.M))
        parents.update(re.findall(r'^down_revision\b[^=]*= "([^"]+)"', text, re.M))
    heads = revisions - parents
    return heads.pop() if len(heads) == 1 else None


def ask(statement: str) -> str | None:
    """Return the first value that the SQLite database gives; None without database or table."""
    if not DATABASE.exists():
        return None
    with contextlib.closing(sqlite3.connect(DATABASE, timeout=10)) as connection:
        try:
            row = connection.execute(statement).fetchone()
        except sqlite3.Error:
            return None
    return None if row is None else str(row[0])


def is_current() -> bool:
    """Has the SQLite database seen the newest migration? (Never sure about another database.)"""
    if os.environ.get("DATABASE_URL"):
        return False
    newest = newest_migration()
    return newest is not None and ask("SELECT version_num FROM alembic_version") == newest


def office_has_begun() -> bool:
    """Is this the office's own database, which practice data must never enter?"""
    if os.environ.get("DATABASE_URL"):
        return True
    if (INSTANCE / "practice").is_dir():
        return False
    return ask("SELECT 1 FROM user_account LIMIT 1") is not None
