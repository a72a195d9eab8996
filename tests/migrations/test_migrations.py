"""The migrations make exactly the tables of models.py, on both databases, and can be undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from app import create_app
from audit import record, system_actor
from config import Config
from extensions import db
from models import Agency, Certificate, Person, SearchTerm
from operations.search import INCOMING, PERSON, terms_of_incoming, text_of
from operations.transactions import transaction
from rules.names import fold, sort_key, text_key
from schema.custody import FollowUp
from schema.documents import IncomingDocument
from tests.cast import NOW
from tests.postgresql import postgresql_url  # noqa: F401 - a fixture

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
NAME = "Yʼ Nhân Êban"  # With an apostrophe that was taken for a letter.
OLD_ROWS = Path(__file__).with_name("rows_of_0005.sql")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on an empty database of each kind."""
    overrides: dict[str, object] = {"testing": True}
    if request.param == "postgresql":
        overrides["database_url"] = request.getfixturevalue("postgresql_url")
    app = create_app(Config.load(tmp_path / "instance", **overrides))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def revisions() -> list[str]:
    """All revisions, oldest first."""
    script = ScriptDirectory(str(MIGRATIONS))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def schema() -> dict[str, list[str]]:
    """Tables and their columns, as the database itself tells them."""
    found = inspect(db.engine)
    return {
        table: sorted(f"{column['name']} {column['type']}" for column in found.get_columns(table))
        for table in sorted(found.get_table_names())
        if table != "alembic_version"
    }


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_paths_and_sort_keys_are_compared_bytewise_whatever_the_locale(database: Flask) -> None:
    """`views/guards.below` reads a subtree as a range of paths; "/" must come before "0"."""
    upgrade()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT table_name, column_name, collation_name "
                    "FROM information_schema.columns WHERE column_name IN ('path', 'sort_key')"
                )
            ).all()
        assert ("agency", "path", "C") in [tuple(row) for row in found]
        assert {row.collation_name for row in found} == {"C"}
    with db.engine.connect() as connection:
        ordered = connection.scalar(text("SELECT '/1/9/' < '/10' AND NOT '/10/' < '/10'"))
    assert ordered


@pytest.mark.timeout(400)
def test_every_revision_can_be_undone_and_done_again(database: Flask) -> None:
    before = "base"
    for revision in revisions():
        shapes = []
        for _ in range(2):
            upgrade(revision=revision)
            shapes.append(schema())
            downgrade(revision=before)
        assert shapes[0] == shapes[1]
        upgrade(revision=revision)
        before = revision


def test_the_log_refuses_to_be_changed_or_shortened(database: Flask) -> None:
    upgrade()
    with transaction(db.session):
        record(
            db.session,
            "practice.removed",
            actor=system_actor(NOW),
            noun="installation",
            object_id=1,
        )
    for statement in ("UPDATE audit_event SET noun = 'x'", "DELETE FROM audit_event"):
        with pytest.raises(DBAPIError, match="Nhật ký chỉ được ghi thêm"), db.engine.begin() as c:
            c.execute(text(statement))


def test_revisions_are_numbered_and_named_like_their_files() -> None:
    names = [path.stem for path in sorted((MIGRATIONS / "versions").glob("*.py"))]
    assert names == revisions()
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert (MIGRATIONS / ".current-head").read_text().strip() == names[-1]


def test_rows_that_point_at_a_rebuilt_table_survive_its_rebuilding(database: Flask) -> None:
    upgrade(revision="0005_log_without_replace")
    with db.engine.begin() as connection:
        for statement in OLD_ROWS.read_text(encoding="utf-8").split(";"):
            connection.execute(text(statement), {"at": NOW, "day": NOW.date(), "yes": True})
    upgrade()
    with db.engine.begin() as connection:
        line = connection.execute(text("SELECT certificate_id, hold, renews FROM request_line"))
        assert [tuple(row) for row in line] == [(1, "renewal/1", True)]
        sending = connection.execute(text("SELECT channel, reference FROM request_sending"))
        assert [tuple(row) for row in sending] == [("portal", "HS-1")]
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def with_names(name: str) -> None:
    """A person and a thing found in a stocktake, as earlier programs wrote them."""
    old = {
        "name": name,
        "fold": "yʼ nhan eban",
        "key": sort_key(name),
        "terms": " eban nhan yʼ yʼnhan",
    }
    thing = "Thiết bị có mã “AB-12”: không có trong sổ."
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO person (id, agency_id, full_name, name_fold, sort_key, search_text,"
                " version) VALUES (1, 1, :name, :fold, :key, :terms, 1)"
            ),
            old,
        )
        connection.execute(
            text("UPDATE certificate SET common_name = :name, sort_key = 'old' WHERE id = 1"), old
        )
        connection.execute(
            text("INSERT INTO search_term VALUES (:noun, :term, 1)"),
            [{"noun": PERSON, "term": one} for one in ("eban", "nhan", "yʼ", "yʼnhan")],
        )
        connection.execute(
            text(
                "INSERT INTO follow_up (id, noun, object_id, agency_id, code, sentence, basis,"
                " alternative, waived_reason) VALUES (1, 'stocktake', 1, 1,"
                " 'stocktake.enter_in_register', :thing, '', '', '')"
            ),
            {"thing": thing},
        )


def test_what_was_kept_before_is_found_and_sorted_as_what_is_new(database: Flask) -> None:
    upgrade(revision="0005_log_without_replace")
    with db.engine.begin() as connection:
        for statement in OLD_ROWS.read_text(encoding="utf-8").split(";"):
            connection.execute(text(statement), {"at": NOW, "day": NOW.date(), "yes": True})
    upgrade(revision="0017_official_domains")
    values = {"day": NOW.date(), "at": NOW, "none": "{}"}
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO incoming_document (id, agency_id, received_on, received_at,"
                " received_by_id, register_number, sender, number, subject, file_name,"
                " file_sha256, file_size, verdict, report, state, reason, version) VALUES (1, 1,"
                " :day, :at, 1, '7', 'Yʼ Sở Đất Mẫu', '15/QĐ-UBND', 'Về đất', 'a', 'x', 1, 'v',"
                " :none, 'CHECKED', '', 1)"
            ),
            values,
        )
    with_names(NAME)
    upgrade()
    row = db.session.scalars(select(IncomingDocument)).one()
    wanted = terms_of_incoming(row)
    assert row.search_text == text_of(wanted)
    kept = select(SearchTerm.term).where(SearchTerm.noun == INCOMING, SearchTerm.object_id == 1)
    assert set(db.session.scalars(kept)) == wanted
    person = db.session.get_one(Person, 1)
    assert (person.name_fold, person.sort_key) == (fold(NAME), sort_key(NAME))
    assert person.search_text == " eban nhan y"
    terms = select(SearchTerm.term).where(SearchTerm.noun == PERSON)
    assert sorted(db.session.scalars(terms)) == ["eban", "nhan", "y"]
    assert db.session.scalars(select(Certificate.sort_key)).one() == sort_key(NAME)
    agency = db.session.execute(select(Agency.name_fold, Agency.sort_key)).one()
    assert tuple(agency) == (fold("Xã Thử"), text_key("Xã Thử"))
    assert db.session.get_one(FollowUp, 1).code_seen == "AB-12"
