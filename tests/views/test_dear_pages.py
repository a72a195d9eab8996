"""What keeps pages cheap with many rows: no scan at a login, quick lists to choose, counts once."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session
from wtforms import Form, SelectChoice
from wtforms.widgets import Select

from forms.fields import ChoiceField
from tests.cast import Cast
from views import guards, handover_work

Login = Callable[[int], FlaskClient]
CHOICES = [
    SelectChoice("1", 'An <b> & "Bình"'),
    SelectChoice('"2"', "Chi"),
    SelectChoice("", "Không ai"),
]


class Choosing(Form):
    quick = ChoiceField(choices=CHOICES, name="who", id="who")
    usual = ChoiceField(choices=CHOICES, name="who", id="who", widget=Select())


def test_a_login_reads_the_roles_of_one_person_only(db_session: Session) -> None:
    asked = guards._LOGIN.params(key_hash="x").compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    plan = db_session.execute(text(f"EXPLAIN QUERY PLAN {asked}"))
    steps = " ".join(row.detail for row in plan)
    assert "SEARCH user_role" in steps
    assert "SCAN user_role" not in steps


@pytest.mark.parametrize("chosen", ["1", '"2"', "", "3"])
def test_a_list_to_choose_is_drawn_as_wtforms_draws_it_and_escaped(chosen: str) -> None:
    form = Choosing(data={"quick": chosen, "usual": chosen})
    assert str(form.quick()) == str(form.usual())


@pytest.mark.parametrize("slug", list(handover_work.WORK))
def test_the_list_of_one_work_has_as_many_rows_as_its_count_says(
    slug: str, cast: Cast, login: Login
) -> None:
    page = login(cast.an).get(f"/ban-giao?viec={slug}").text
    told = re.search(rf'viec={slug}"><strong>(\d+)', page)
    assert told is not None
    assert page.count("<tr data-row>") == int(told.group(1))
