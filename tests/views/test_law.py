"""The page of the law: complete, with its certainty, and every citation leads to its own row."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

import regulations
from labels import label
from tests.cast import Cast
from views.law import law_url
from views.law_words import KEY_WORDS

Login = Callable[[int], FlaskClient]
PAGE = "/can-cu-phap-ly"


def test_everybody_who_can_log_in_reads_the_law(login: Login, cast: Cast) -> None:
    for who in ("an", "chi", "dung", "em", "giang", "huong", "khanh"):
        assert login(getattr(cast, who)).get(PAGE).status_code == 200


def test_a_stranger_logs_in_first(client: FlaskClient, cast: Cast) -> None:
    assert client.get(PAGE).location.startswith("/dang-nhap")


def test_every_value_has_vietnamese_words_article_and_certainty(login: Login, cast: Cast) -> None:
    page = login(cast.em).get(PAGE).text
    for instrument in regulations.load().instruments:
        for entry in instrument.entries:
            assert KEY_WORDS[entry.key] in page, entry.key
            assert label(entry.provision.certainty) in page
            assert entry.provision.certainty.value not in page.replace("CONFIRMED-VIA", "")


def test_each_citation_leads_to_a_row_of_its_own_article(
    app: Flask, login: Login, cast: Cast
) -> None:
    page = login(cast.em).get(PAGE).text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    rows = dict(re.findall(r'<tr id="([^"]+)">(.*?)</tr>', page, re.DOTALL))
    with app.test_request_context():
        for instrument in regulations.load().instruments:
            for entry in instrument.entries:
                anchor = law_url(entry.provision).partition("#")[2]
                assert anchor in rows
                if entry.provision.article:
                    assert f"Điều {entry.provision.article}" in rows[anchor]


def test_a_rule_of_the_house_leads_to_the_page_itself(app: Flask) -> None:
    with app.test_request_context():
        assert law_url(None) == PAGE
    assert app.jinja_env.globals["law_url"] is law_url


def test_what_is_only_inferred_is_named_apart(login: Login, cast: Cast) -> None:
    page = login(cast.em).get(PAGE).text
    apart = page.partition('id="chua-doi-chieu-ten"')[2]
    for _, entry in regulations.load().inferred():
        assert KEY_WORDS[entry.key] in apart
