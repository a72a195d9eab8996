"""What a mistyped address or an altered form answers: a page in Vietnamese, no fault of ours."""

import errno
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import errors
from sqlalchemy import insert
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from app import create_app
from config import Config
from extensions import db
from models import Person
from tests.cast import Cast
from views.errors import page

Login = Callable[[int], FlaskClient]
TOO_LARGE = "9" * 25  # more than a database can number its rows


@pytest.mark.parametrize(
    "address",
    [
        f"/ca-nhan/{TOO_LARGE}",
        f"/chung-thu/{TOO_LARGE}",
        f"/de-nghi/{TOO_LARGE}",
        f"/thiet-bi?sau={TOO_LARGE}",
        f"/can-cu-phap-ly/thu-xem?chung-thu={TOO_LARGE}",
    ],
)
def test_a_number_that_no_row_can_have_is_not_found(login: Login, cast: Cast, address: str) -> None:
    answer = login(cast.an).get(address)
    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (errors.NumericValueOutOfRange("bigint out of range"), 404),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), 400),
        (errors.DivisionByZero("division by zero"), 500),
    ],
)
def test_what_postgresql_cannot_hold_is_no_fault_of_ours(
    app: Flask,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    told: psycopg.DataError,
    status: int,
) -> None:
    def ask() -> str:
        raise DataError("SELECT", {}, told)

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "accounts.login", ask)
    assert client.get("/dang-nhap").status_code == status


def test_an_error_of_the_database_tells_no_name(instance: Path) -> None:
    fresh = create_app(Config.load(instance, testing=True))
    with fresh.app_context(), pytest.raises(IntegrityError) as told:
        db.session.execute(insert(Person).values(full_name="Nguyễn Kín Đáo"))
    assert "full_name" in str(told.value)
    assert "Kín Đáo" not in str(told.value)
    with fresh.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 429, 500])
def test_every_error_has_a_page_in_vietnamese_with_a_reference_that_the_log_knows(
    app: Flask, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    with app.test_request_context("/"), caplog.at_level("INFO", "so_token.errors"):
        answer = page(status)
    assert answer.status_code == status
    text = answer.get_data(as_text=True)
    assert 'lang="vi"' in text
    [reference] = re.findall(r'Mã tham chiếu <strong class="serial">([0-9A-F]{8})<', text)
    assert reference in caplog.text


def test_another_overflow_is_still_told_as_a_fault_of_ours(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow() -> str:
        raise OverflowError("date value out of range")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "accounts.login", overflow)
    answer = client.get("/dang-nhap")
    assert answer.status_code == 500
    assert "mã tham chiếu" in answer.text


DATABASE_FULL = sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("INSERT", {}, DATABASE_FULL), 507),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EACCES, "Permission denied"), 500),
    ],
)
def test_a_full_disk_is_told_as_what_it_is(
    app: Flask,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    def ask() -> str:
        raise error

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "accounts.login", ask)
    answer = client.get("/dang-nhap")
    assert answer.status_code == status
    assert ("Ổ đĩa của máy chủ đã đầy" in answer.text) is (status == 507)
    assert "Mã tham chiếu" in answer.text
