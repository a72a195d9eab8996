"""The private PostgreSQL server that other tests stand on."""

import pytest
from sqlalchemy import create_engine, text

pytestmark = pytest.mark.postgresql


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_database_of_its_own(postgresql_url: str, turn: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (name text)"))
        connection.execute(text("INSERT INTO thing VALUES (:name)"), {"name": "Đồng Nai"})
        assert connection.scalar(text("SELECT count(*) FROM thing")) == 1
    engine.dispose()
