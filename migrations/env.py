"""Runs the migrations for Flask-Migrate, on the engine of the current application.

Migrations themselves import nothing of ours: an old one must still mean what it meant.
"""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

database = current_app.extensions["migrate"].db
target_metadata = database.metadata


def plain_types(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as the plain types they are stored as."""
    if kind == "type":
        name = type(item).__name__
        if name == "Choice":
            return "sa.String(length=32)"
        if name == "Instant":
            return "sa.DateTime(timezone=True)"
    return False


def watch_references(connection: Connection, *, on: bool) -> None:
    """Have SQLite watch foreign keys, or not. It heeds this outside a transaction only, and
    SQLAlchemy begins one before each statement of its own: so the driver is asked directly.
    """
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
        (is_on,) = driver.execute("PRAGMA foreign_keys").fetchone()
        if bool(is_on) is not on:
            raise RuntimeError("SQLite did not heed PRAGMA foreign_keys")


def run() -> None:
    """Upgrade or downgrade in one transaction for each revision."""
    with database.engine.connect() as connection:
        # Tables are rebuilt by batch operations; rows that point at them must not be lost.
        watch_references(connection, on=False)
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
            render_item=plain_types,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        watch_references(connection, on=True)


if context.is_offline_mode():
    raise SystemExit("Migrations need the database: offline mode is not supported.")
run()
