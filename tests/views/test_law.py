"""The pages of the law: complete, with their certainty, and every citation leads to its place."""

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

import clock
import regulations
from labels import label
from regulations.clause_map import charts, passages
from rules.clauses import ClauseKind
from rules.findings import Severity, finding
from rules.provisions import Certainty, Provision
from rules.regulation_status import standing
from tests.cast import Cast
from views.clauses import PAGES
from views.law_links import articles_of, law_url, slug, url_of
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


def test_each_citation_leads_to_its_own_article(app: Flask, login: Login, cast: Cast) -> None:
    client = login(cast.em)
    pages = {path: client.get(path).text for path in (PAGE, *map(address_of, charts()))}
    places = {path: ids_of(page) for path, page in pages.items()}
    rows = dict(re.findall(r'<tr id="([^"]+)">(.*?)</tr>', pages[PAGE], re.DOTALL))
    with app.test_request_context():
        for instrument in regulations.load().instruments:
            for entry in instrument.entries:
                path, _, anchor = law_url(entry.provision).partition("#")
                article = entry.provision.article
                assert not anchor or anchor in places[path]
                if path == PAGE and article:
                    assert f"Điều {article}" in rows[anchor]
                elif path != PAGE:
                    assert anchor.startswith(f"dieu-{article}") or not article


@pytest.mark.parametrize("key", list(charts()))
def test_a_regulation_is_read_whole_with_an_anchor_for_each_clause(
    key: str, login: Login, cast: Cast
) -> None:
    page = login(cast.em).get(address_of(key)).text
    places, words = ids_of(page), html.unescape(re.sub(r"<[^>]+>", "", page))
    for place, passage in passages(key).items():
        assert place.anchor in places
        for paragraph in (*passage.words, *passage.closing):
            assert paragraph in words, place.name
    for clause in charts()[key].clauses:
        assert clause.asks in words
        assert clause.reason in words


def test_the_clauses_are_filtered_by_what_the_program_does_about_them(
    login: Login, cast: Cast
) -> None:
    client, path = login(cast.em), address_of("tuyen_quang_06_2026")
    found = {
        word: client.get(f"{path}?loai={word}").text.count('<p class="standing">')
        for word in ("da-co", "dang-lam", "ngoai-phan-mem", "khong-co")
    }
    counts = charts()["tuyen_quang_06_2026"].counts()
    assert list(found.values())[:3] == [
        counts[kind] for kind in (ClauseKind.SERVED, ClauseKind.OPEN, ClauseKind.OUTSIDE)
    ]
    assert found["khong-co"] == sum(counts.values()) - counts[ClauseKind.PARTS]


def test_a_clause_leads_to_its_page_only_where_the_reader_may_go(login: Login, cast: Cast) -> None:
    path = address_of("tuyen_quang_06_2026")
    assert '<a href="/nhat-ky">Nhật ký</a>' in served(login(cast.huong).get(path).text)
    for_staff = served(login(cast.em).get(path).text)
    assert "Nhật ký" in for_staff
    assert 'href="/nhat-ky"' not in for_staff


def test_a_regulation_that_is_not_kept_is_not_found(login: Login, cast: Cast) -> None:
    assert login(cast.em).get(f"{PAGE}/xu-lua-2026").status_code == 404


def test_a_regulation_is_not_shown_to_a_stranger(client: FlaskClient, cast: Cast) -> None:
    assert client.get(address_of("bac_ninh_60_2025")).location.startswith("/dang-nhap")


def test_all_regulations_are_listed_with_their_standing_and_counts(
    login: Login, cast: Cast
) -> None:
    instruments = {one.key: one for one in regulations.load().instruments}
    page = login(cast.em).get(PAGE).text
    table = page.partition('id="quy-che"')[2].partition("</section>")[0]
    for key, chart in charts().items():
        row = table.partition(f'href="{address_of(key)}"')[2].partition("</tr>")[0]
        assert standing(instruments[key], on=clock.today()) in row
        assert f"<span>{chart.counts()[ClauseKind.SERVED]}</span>" in row


def test_every_named_page_exists_and_can_be_come_to(app: Flask) -> None:
    named = {
        page for chart in charts().values() for clause in chart.clauses for page in clause.pages
    }
    assert named <= PAGES.keys()
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    for endpoint in named:
        door = PAGES[endpoint][1] or endpoint
        assert endpoint in rules
        assert not rules[door].arguments, door


def test_a_provision_leads_to_its_clause_or_to_the_nearest_above_it(app: Flask) -> None:
    regulation = next(
        one for one in regulations.load().instruments if one.key == "tuyen_quang_06_2026"
    )
    with app.test_request_context():

        def url(*place: str) -> str | None:
            return url_of(Provision(regulation.citation, *place, "", Certainty.CONFIRMED))

        page = address_of("tuyen_quang_06_2026")
        assert url("10", "2", "a") == f"{page}#dieu-10-khoan-2-diem-a"
        assert url("10", "2", "h") == f"{page}#dieu-10-khoan-2"
        assert url("10", "9", "") == f"{page}#dieu-10"
        assert url("99", "", "") == page


def test_a_draft_that_was_issued_is_found_by_its_number(app: Flask) -> None:
    law, key, day = regulations.load(), "dong_nai_draft_2026", date(2026, 12, 1)
    issued = law.enact(key, number="99/2026/QĐ-UBND", issued_on=day, effective_from=day)
    law = issued.under(key)
    with app.test_request_context():
        ground = law.provision("renewal.max_times", on=day)
        assert "99/2026" in ground.instrument
        assert url_of(ground) == f"{address_of(key)}#dieu-10-khoan-1"


def test_an_article_of_the_decree_has_an_anchor_of_its_own(
    app: Flask, login: Login, cast: Cast
) -> None:
    decree = next(one for one in regulations.load().instruments if one.key == "decree_68_2024")
    page = login(cast.em).get(PAGE).text
    places = ids_of(page)
    for article in articles_of(decree):
        assert f"{slug(decree.key)}-dieu-{article}" in places
    with app.test_request_context():
        unquoted = Provision(decree.citation, "17", "9", "", "", Certainty.CONFIRMED)
        assert url_of(unquoted) == f"{PAGE}#decree-68-2024-dieu-17"
        elsewhere = Provision("Luật Lụa", "1", "", "", "", Certainty.CONFIRMED)
        assert url_of(elsewhere) is None


def test_a_refusal_opens_its_very_clause(app: Flask) -> None:
    draft = next(one for one in regulations.load().instruments if one.key == "dong_nai_draft_2026")
    ground = Provision(f"{draft.citation} (dự thảo)", "10", "1", "", "", Certainty.CONFIRMED)
    with app.test_request_context():
        shown = render_template_string(
            "{% from 'components/findings.html' import findings %}{{ findings([one]) }}",
            one=finding("renewal.twice", Severity.MUST, "Đã gia hạn.", "Cấp mới.", ground),
        )
    assert f'href="{address_of("dong_nai_draft_2026")}#dieu-10-khoan-1"' in shown


def test_the_same_refusal_of_many_things_stands_once_with_each_thing(app: Flask) -> None:
    many = [
        finding("custody.no_certificate", Severity.SHOULD, f"Thiết bị TB-{i:02d} trống.", "Nhập.")
        for i in range(30)
    ]
    other = finding("custody.no_code", Severity.SHOULD, "Thiết bị TB-99 chưa có mã.", "Nhập.")
    with app.test_request_context():
        shown = render_template_string(
            "{% from 'components/findings.html' import findings %}{{ findings(found) }}",
            found=[*many[:7], other, *many[7:]],
        )
    assert shown.count("Nên làm: Nhập.") == 2
    assert all(shown.count(one.message) == 1 for one in [*many, other])
    assert "Lưu ý (30):" in shown
    assert "và 25 mục như vậy nữa" in shown


def test_a_regulation_asks_the_database_no_more_than_the_page_of_the_law(
    login: Login, cast: Cast, count_statements: Callable[[], Any]
) -> None:
    client = login(cast.em)
    with count_statements() as index:
        client.get(PAGE)
    with count_statements() as whole:
        client.get(address_of("tuyen_quang_06_2026"))
    assert len(whole) <= len(index)


def address_of(key: str) -> str:
    return f"{PAGE}/{slug(key)}"


def ids_of(page: str) -> set[str]:
    """The anchors of a page; each is given once."""
    found = re.findall(r'\bid="([^"]+)"', page)
    assert len(found) == len(set(found))
    return set(found)


def served(page: str) -> str:
    """The page without its frame."""
    return page.partition('id="noi-dung"')[2]


def test_a_rule_of_the_house_leads_to_the_page_itself(app: Flask) -> None:
    with app.test_request_context():
        assert law_url(None) == PAGE
    assert app.jinja_env.globals["law_url"] is law_url


def test_what_is_only_inferred_is_named_apart(login: Login, cast: Cast) -> None:
    page = login(cast.em).get(PAGE).text
    apart = page.partition('id="chua-doi-chieu-ten"')[2]
    for _, entry in regulations.load().inferred():
        assert KEY_WORDS[entry.key] in apart
