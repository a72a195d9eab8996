"""Every page that somebody can reach asks the database ten questions at most (DESIGN 6).

Each role of the practice installation follows every link from the home page, one page of each kind
(several of the kinds that look different in each state). A page is opened as it is after somebody
else has just written something: what is kept only until the log grows is made anew.
"""

import html
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, update

from app import create_app
from config import Config
from extensions import db
from models import LoginSession, User
from tests.cast import NOW
from views.guards import key_hash
from views.kept import Answers

MOST = 10
WHO = (
    "daumoi.dong",
    "lanhdao.dong",
    "vanthu.dong",
    "canbo.dong",
    "kiemtra.dong",
    "so.khcn",
    "quantri",
)
# Kinds of pages that look different in each state, so that several are opened.
MANY = {"/de-nghi/#": 6, "/bien-ban/#": 4, "/su-co/#": 3, "/thiet-bi/#": 4, "/van-ban/#": 3}
# Neither a list nor a page: pictures, printed papers and files are drawn, leaving ends the walk.
NO_PAGE = re.compile(r"\.(pdf|docx|png|xlsx|zip|ics|json|txt)$|/xuat/|/tep/|^/static|/dang-xuat")
# Pages that ask more, with the reason; may only become shorter.
EXCEPTIONS: dict[str, str] = {}

Asked = dict[str, tuple[int, str]]


@pytest.fixture
def walked(practice_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The practice installation on the day it was made; each request makes its own context, so
    that it remembers nothing of the one before.
    """
    monkeypatch.setenv("SO_TOKEN_NOW", NOW.isoformat())
    app = create_app(Config.load(practice_copy, testing=True))
    yield app
    if (box := app.extensions.get("so_token_sandbox")) is not None:
        box.close()
    with app.app_context():
        db.engine.dispose()


def browser_of(app: Flask, username: str) -> FlaskClient:
    """A browser in which the account is logged in, its first password behind it."""
    key = secrets.token_hex(32)
    row = {"key_hash": key_hash(key), "address": "127.0.0.1", "browser": "pytest"}
    days = {"created_at": NOW, "seen_at": NOW + timedelta(minutes=1), "reauthenticated_at": NOW}
    with app.app_context(), db.engine.begin() as connection:
        number = connection.scalar(select(User.id).where(User.username == username))
        connection.execute(update(User).values(must_change_password=False))
        connection.execute(insert(LoginSession).values(user_id=number, **row, **days))
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = key
        cookie["_fresh"] = True
    return browser


def kind_of(address: str) -> str:
    """The kind of page behind an address: numbers and random names left out, query by its keys."""
    parts = urlsplit(address)
    path = re.sub(r"/(?:\d+|[A-Za-z0-9_-]{22}|[a-z0-9-]+-20\d\d)(?=/|$)", "/#", parts.path)
    return "?".join([path, *sorted({key for key, _ in parse_qsl(parts.query)})])


def links_of(page: str) -> Iterator[str]:
    """The addresses of our own that a page leads to."""
    for found in re.findall(r'href="(/[^"#]*)', page):
        address = html.unescape(found)
        if not NO_PAGE.search(urlsplit(address).path) and not address.startswith("//"):
            yield address


def as_after_a_write(app: Flask) -> None:
    """Forget what is kept only until the log grows."""
    kept: Answers | None = app.extensions.get("so_token_answers")
    if kept is not None:
        kept.forget(lambda key: not (isinstance(key, tuple) and key[:1] == ("ground",)))


@contextmanager
def questions(app: Flask) -> Iterator[list[str]]:
    """The statements that the database is asked; beginning a transaction is none."""
    statements: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def walk(app: Flask, browser: FlaskClient, statements: list[str]) -> Asked:
    """Every page that one person reaches, by kind, with the most questions that one of it asked."""

    def ask(address: str) -> str:
        as_after_a_write(app)
        statements.clear()
        answer = browser.get(address)
        plain = answer.status_code == 200 and "html" in (answer.content_type or "")
        return answer.text if plain else ""

    asked: Asked = {}
    waiting, known, opened = ["/"], {"/"}, Counter[str]()
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if opened[kind] >= MANY.get(kind, 1):
            continue
        opened[kind] += 1
        page = ask(address)
        if page and len(statements) > MOST:
            page = ask(address)  # The law and the margin of this agency are known by now.
        if page and len(statements) > asked.get(kind, (0, ""))[0]:
            asked[kind] = (len(statements), address)
        fresh = [one for one in dict.fromkeys(links_of(page)) if one not in known]
        known.update(fresh)
        waiting += fresh
    return asked


@pytest.mark.timeout(600)
def test_no_page_asks_more_than_ten_questions(walked: Flask) -> None:
    asked: Asked = {}
    with questions(walked) as statements:
        for username in WHO:
            found = walk(walked, browser_of(walked, username), statements)
            for kind, (count, address) in found.items():
                if count > asked.get(kind, (0, ""))[0]:
                    asked[kind] = (count, f"{address} ({username})")
    assert len(asked) > 150, "the walk ended early"
    many = {kind: found for kind, found in asked.items() if found[0] > MOST}
    assert {kind: found for kind, found in many.items() if kind not in EXCEPTIONS} == {}
    assert EXCEPTIONS.keys() <= many.keys(), "no exception is needed any more"
