"""A session of its own for work on very many rows, whose pages of the file go back at its end.

SQLite keeps up to 64 MiB of the database's pages for every connection (`extensions.tune_sqlite`),
and an import would fill that once and for all. Here a connection is opened for the work alone, with
little to keep, and closed after it. PostgreSQL keeps its pages in its own processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.orm import Session

from extensions import tune_sqlite

_PAGES = "PRAGMA cache_size=-2048"  # KiB


@contextmanager
def bulk_session(session: Session) -> Iterator[Session]:
    """A session on the same database; `session` gives up what it has read and is not used within.

    On a database that is not a SQLite file it is `session` itself.
    """
    engine = session.get_bind()
    if engine.dialect.name != "sqlite" or not isinstance(engine, Engine):
        yield session
        return
    session.rollback()
    # As in `app.flask_settings`: an error that is logged tells nobody's name.
    own = create_engine(engine.url, poolclass=NullPool, hide_parameters=True)
    tune_sqlite(own)

    @event.listens_for(own, "connect")
    def _keep_little(dbapi_connection: object, _record: object) -> None:
        dbapi_connection.execute(_PAGES)  # type: ignore[attr-defined] # a sqlite3.Connection

    try:
        with Session(own, expire_on_commit=False) as working:
            yield working
    finally:
        own.dispose()
