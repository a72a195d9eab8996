"""Fixtures that every test may use. The database is made by the migrations, once, then copied."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app, g, request_started
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, event, make_url, select
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import Session

import audit
import clock
from app import create_app, flask_settings
from config import Config
from extensions import db, tune_sqlite
from models import LoginSession, User
from signing.pades.sandbox import Sandbox
from starting.checks import browser_files
from tests import cast as the_cast
from tests.cast import NOW, Cast
from views.guards import key_hash

pytest_plugins = ("tests.chromium", "tests.postgresql")

#: How busy the machine is says nothing about what is tested.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


STRAYED = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)  # before those that this run leaves out are gone
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A story in a browser starts a whole office of processes first: give it longer to end. One in
    a file that `start.py test` does not find for its run in the browser is STRAYED."""
    found = set(browser_files())
    config.stash[STRAYED] = [
        item.nodeid
        for item in items
        if item.get_closest_marker("browser") and item.path not in found
    ]
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory, _application: Flask) -> Path:
    """An instance folder whose database has just been migrated, to be copied by each test."""
    folder = tmp_path_factory.mktemp("migrated")
    _move_to(_application, folder)
    with _application.app_context():
        upgrade()
        _close()
    return folder


@pytest.fixture(scope="session")
def _peopled(
    tmp_path_factory: pytest.TempPathFactory, _migrated: Path, _application: Flask
) -> tuple[Path, Cast]:
    """The same with the people of the cast in it, so that they need not be entered each time."""
    folder = tmp_path_factory.mktemp("peopled") / "instance"
    shutil.copytree(_migrated, folder)
    _move_to(_application, folder)
    with _application.app_context():
        people = the_cast.enter(db.session())
        _close()
    return folder, people


def _close() -> None:
    """Leave the database as one file."""
    db.session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.engine.dispose()


@pytest.fixture
def instance(request: pytest.FixtureRequest, tmp_path: Path, _migrated: Path) -> Path:
    """An instance folder of the test's own, its database migrated and empty but for the cast."""
    folder = tmp_path / "instance"
    with_cast = "cast" in request.fixturenames
    shutil.copytree(request.getfixturevalue("_peopled")[0] if with_cast else _migrated, folder)
    return folder


def _forget(_sender: Flask, **_extra: object) -> None:
    """One application context spans a test; what one request remembered must not reach the next."""
    for name in list(g):
        g.pop(name)


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests: its workers start when first needed and end with the run."""
    with Sandbox() as shared:
        yield shared


def _without_waiting_for_the_disk(dbapi_connection: Any, _record: object) -> None:
    """Tests end before any power cut: nothing they write must outlive one."""
    dbapi_connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def _application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application, made once: binding hundreds of addresses takes longer than most tests."""
    application = create_app(Config.load(tmp_path_factory.mktemp("made"), testing=True))
    names = {*application.extensions, "so_token_untouched"}
    application.extensions["so_token_untouched"] = dict(application.config), names
    with application.app_context():
        db.engine.dispose()
        db.engines[None] = _moving_engine(application)
    return application


def _moving_engine(application: Flask) -> Engine:
    """An engine that opens the file of whichever test it is told: what it once translated into SQL
    it need not translate again, and that takes longer than asking a small database.
    """
    options = application.config["SQLALCHEMY_ENGINE_OPTIONS"]
    url = application.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url, query_cache_size=5000, **options)
    tune_sqlite(engine)
    event.listen(engine, "connect", _without_waiting_for_the_disk)

    def present_file(
        dialect: Dialect, _record: object, place: list[Any], options: dict[str, Any]
    ) -> None:
        now, named = dialect.create_connect_args(engine.url)
        place[:] = now
        options.update(named)

    event.listen(engine, "do_connect", present_file)
    return engine


def _move_to(application: Flask, instance: Path) -> None:
    """Have the application work on another installation, as if it had just been made for it."""
    settings = Config.load(instance, testing=True)
    config, names = application.extensions["so_token_untouched"]
    application.config.clear()
    application.config.update(config)
    application.config.update(flask_settings(settings))
    for name in application.extensions.keys() - names:
        del application.extensions[name]  # such as: that server did not answer just now
    application.extensions["so_token"] = settings
    application.instance_path = str(settings.instance)
    with application.app_context():
        db.engine.dispose()
        db.engine.url = make_url(settings.database_url)


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    instance: Path,
    monkeypatch: pytest.MonkeyPatch,
    _application: Flask,
    _sandbox: Sandbox,
) -> Iterator[Flask]:
    """The real application on the test's own database, on 21/11/2026 at 10:00 in Việt Nam."""
    monkeypatch.setattr(clock, "RUNNING_SINCE", time.monotonic())
    monkeypatch.setenv("SO_TOKEN_NOW", NOW.isoformat())
    _move_to(_application, instance)
    _application.extensions["so_token_sandbox"] = _sandbox
    with request_started.connected_to(_forget, _application), _application.app_context():
        if "answers_are_kept" not in request.keywords:
            event.listen(db.session, "after_commit", _forget_answers)
        yield _application
        if "answers_are_kept" not in request.keywords:
            event.remove(db.session, "after_commit", _forget_answers)
        db.session.remove()
        db.engine.dispose()


def _forget_answers(_session: Session) -> None:
    """Tests enter rows without an event of the log; what pages keep until it grows must go too."""
    current_app.extensions.pop("so_token_answers", None)


@pytest.fixture
def db_session(app: Flask) -> Session:
    """The session that the application itself uses."""
    return db.session  # type: ignore[return-value] # a scoped session answers for its session


@pytest.fixture
def cast(db_session: Session, request: pytest.FixtureRequest) -> Cast:
    """The people and offices of `tests/cast.py`."""
    if db_session.scalar(select(User.id).limit(1)) is None:
        return the_cast.enter(db_session)
    db_session.rollback()
    people: Cast = request.getfixturevalue("_peopled")[1]
    return people


@pytest.fixture
def actor() -> Callable[..., audit.Actor]:
    """Make the actor of an operation: `actor(user_id, person_id=...)`."""

    def make(user_id: int | None = None, person_id: int | None = None) -> audit.Actor:
        return audit.Actor(user_id, person_id, (), "127.0.0.1", NOW)

    return make


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not logged in."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def login(app: Flask, db_session: Session) -> Callable[[int], FlaskClient]:
    """Log a user of the cast in without the password page: `login(cast.an)` returns a browser."""
    app.config["WTF_CSRF_ENABLED"] = False

    def enter(user_id: int) -> FlaskClient:
        key = secrets.token_hex(32)
        db_session.rollback()
        db_session.add(
            LoginSession(
                key_hash=key_hash(key),
                user_id=user_id,
                address="127.0.0.1",
                browser="pytest",
                created_at=NOW,
                seen_at=NOW + timedelta(minutes=1),
                reauthenticated_at=clock.now(),  # the clock runs on from NOW while tests run
            )
        )
        db_session.commit()
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"] = key
            cookie["_fresh"] = True
        return browser

    return enter


@pytest.fixture
def count_statements(app: Flask) -> Callable[[], "contextmanager[list[str]]"]:
    """Count the SQL statements of a block: `with count_statements() as statements: …`."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return counting
