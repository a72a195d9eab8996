"""What was typed into a form outlives the login: it waits for its person, and for nobody else."""

import re
from base64 import b64decode
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import Person
from tests.cast import NOW, PASSWORD, Cast

NEW = "/ca-nhan/moi"
NAME = 'Trần Thị "Ánh" <Nguyệt>'


def hidden(text: str, name: str) -> str:
    """The value of the first hidden field of that name."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', text)
    assert found is not None, name
    return unescape(found[1])


def enter(browser: FlaskClient, username: str, **more: str) -> TestResponse:
    token = hidden(browser.get("/dang-nhap").text, "csrf_token")
    data = {"username": username, "password": PASSWORD, "csrf_token": token, **more}
    return browser.post("/dang-nhap", data=data)


@pytest.fixture
def refused(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> tuple[FlaskClient, TestResponse]:
    """A browser whose login ended while its person typed, and what pressing the button answered."""
    app.config["WTF_CSRF_ENABLED"] = True
    browser = app.test_client()
    enter(browser, "an")
    typed = {
        "csrf_token": hidden(browser.get(NEW).text, "csrf_token"),
        "agency_id": str(cast.commune_a),
        "full_name": NAME,
        "staff_number": "CB-909",
        "title": "Chuyên viên",
        "authority": "",
        "position_from_on": "01/02/2026",
    }
    monkeypatch.setenv("SO_TOKEN_NOW", (NOW + timedelta(hours=2)).isoformat())
    return browser, browser.post(NEW, data=typed)


def test_a_form_sent_too_late_is_sent_again_by_its_person_after_logging_in(
    refused: tuple[FlaskClient, TestResponse], db_session: Session
) -> None:
    browser, answer = refused
    assert answer.status_code == 403
    assert "Những gì đã nhập được giữ lại" in answer.text
    assert db_session.scalar(select(Person.id).where(Person.staff_number == "CB-909")) is None
    again = enter(browser, "an", **{"giu-lai": hidden(answer.text, "giu-lai")}).text
    assert f'action="{NEW}"' in again
    typed = ("agency_id", "full_name", "staff_number", "title", "authority", "position_from_on")
    sent = browser.post(NEW, data={name: hidden(again, name) for name in ("csrf_token", *typed)})
    assert sent.status_code == 302
    found = db_session.scalars(select(Person).where(Person.staff_number == "CB-909")).one()
    assert found.full_name == NAME


def test_who_reads_the_page_at_a_shared_computer_learns_nothing_of_what_was_typed(
    refused: tuple[FlaskClient, TestResponse],
) -> None:
    _, answer = refused
    packed = URLSafeTimedSerializer("", salt="").loads_unsafe(hidden(answer.text, "giu-lai"))[1]
    assert "CB-909" not in packed
    assert b"CB-909" not in b64decode(packed)


def test_a_wrong_password_does_not_lose_what_was_typed(
    refused: tuple[FlaskClient, TestResponse],
) -> None:
    browser, answer = refused
    sealed = hidden(answer.text, "giu-lai")
    data = {
        "username": "an",
        "password": "sai",
        "csrf_token": hidden(answer.text, "csrf_token"),
        "giu-lai": sealed,
    }
    assert hidden(browser.post("/dang-nhap", data=data).text, "giu-lai") == sealed


@pytest.mark.parametrize("change", ["another person", "another text", "another day"])
def test_what_was_typed_is_for_its_person_only_and_not_for_ever(
    refused: tuple[FlaskClient, TestResponse], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, answer = refused
    sealed = hidden(answer.text, "giu-lai")
    if change == "another text":
        sealed = sealed[:20] + ("B" if sealed[20] == "A" else "A") + sealed[21:]
    if change == "another day":
        monkeypatch.setattr("views.kept_forms.KEPT_SECONDS", -1)
    entered = enter(browser, "binh" if change == "another person" else "an", **{"giu-lai": sealed})
    assert entered.location == "/"


def test_a_forged_form_a_password_and_an_empty_form_are_not_kept(
    refused: tuple[FlaskClient, TestResponse],
) -> None:
    browser, answer = refused
    token = hidden(answer.text, "csrf_token")
    assert browser.post(NEW, data={"full_name": NAME}).status_code == 400
    empty = browser.post(NEW, data={"csrf_token": token, "full_name": " "})
    assert empty.location == "/dang-nhap"
    secret = browser.post(
        "/tai-khoan/mat-khau", data={"csrf_token": token, "current": PASSWORD, "new": "x"}
    )
    assert secret.location == "/dang-nhap"
