"""The leader's page: red, waiting, 13 weeks; the chart is also told in words."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from config import ROOT
from models import Person
from operations.transactions import transaction
from tests import factories
from tests.cast import Cast
from views.leader import HEIGHT, WEEKS, bars

Login = Callable[[int], FlaskClient]
Counter = Callable[[], AbstractContextManager[list[str]]]
TODAY = date(2026, 11, 21)


def test_a_day_belongs_to_one_week_and_the_tallest_bar_fills_the_chart() -> None:
    endings = {
        TODAY: (1, 0),
        TODAY + timedelta(days=6): (1, 1),
        TODAY + timedelta(days=7): (4, 0),
        TODAY + timedelta(weeks=WEEKS): (9, 9),
    }
    drawn = bars(endings, TODAY)
    assert [(bar.ending, bar.replaced) for bar in drawn[:3]] == [(2, 1), (4, 0), (0, 0)]
    assert [bar.height for bar in drawn[:3]] == [HEIGHT // 2, HEIGHT, 0]
    assert sum(bar.ending for bar in drawn) == 6
    assert drawn[0].words == "21/11 đến 27/11/2026: 2 chứng thư hết hạn, 1 phải cấp mới"


def test_an_empty_register_draws_no_bar() -> None:
    assert {bar.height for bar in bars({}, TODAY)} == {0}


def test_the_leader_sees_what_is_red_and_the_weeks_in_words(
    login: Login, cast: Cast, db_session: Session, count_statements: Counter
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        for days in (29, 30):  # the day before the last receipt is over, and that day itself
            factories.certificate(db_session, em, days_left=days)
        factories.certificate(db_session, em, days_left=40, renewals=1)
    giang = login(cast.giang)
    with count_statements() as statements:
        text = giang.get("/lanh-dao").text
    assert len(statements) <= 12
    assert "19/12 đến 25/12/2026: 2 chứng thư hết hạn, 1 phải cấp mới" in text
    assert "1 chứng thư hết hạn, 1 phải cấp mới" in text
    assert re.search(r"19/12 đến 25/12/2026</th>.{0,99}>2</span>.{0,99}>1</span>", text)
    assert "data-print" in text
    assert 'class="one-sheet"' in text
    assert 'class="foot"' not in text.split("<svg", 1)[1].split("</svg>")[0]  # not printed


def test_it_is_for_those_who_decide(login: Login, cast: Cast) -> None:
    assert login(cast.an).get("/lanh-dao").status_code == 403


def test_the_chart_has_one_colour_and_is_told_apart_in_grey() -> None:
    css = (ROOT / "static" / "site.css").read_text(encoding="utf-8")
    rules = re.findall(r"\.(?:chart \.bar|key)[^{]*\{[^}]*\}", css)
    assert rules
    assert set(re.findall(r"var\((--[a-z-]+)\)", " ".join(rules))) == {"--action"}
