"""Kept answers: right as long as nothing was written, made anew after any act, one's own."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from audit import system_actor
from operations import devices
from rules.devices import DeviceKind
from tests.cast import NOW, Cast
from views.kept import MOST_ANSWERS, Answers

Login = Callable[[int], FlaskClient]

pytestmark = pytest.mark.answers_are_kept


def in_stock(page: str) -> int:
    """What the line of counts says about the state "trong kho"."""
    found = re.search(r"<strong[^>]*>(\d+)</strong>\s*trong kho|(\d+)\s*trong kho", page)
    return int(found.group(1) or found.group(2)) if found else 0


def enter_device(session: Session, agency_id: int) -> None:
    devices.add(
        session,
        actor=system_actor(NOW),
        agency_id=agency_id,
        description=devices.Description(DeviceKind.PKI_TOKEN),
        custody=devices.Custody(),
    )


def test_a_count_follows_at_once_what_was_just_written(
    login: Login, db_session: Session, cast: Cast
) -> None:
    an = login(cast.an)
    for expected in (1, 2, 3):
        enter_device(db_session, cast.commune_a)
        assert in_stock(an.get("/thiet-bi").text) == expected
        assert in_stock(an.get("/thiet-bi").text) == expected


def test_nobody_is_shown_the_answer_of_another_scope(
    login: Login, db_session: Session, cast: Cast
) -> None:
    enter_device(db_session, cast.commune_a)
    assert in_stock(login(cast.an).get("/thiet-bi").text) == 1
    assert in_stock(login(cast.binh).get("/thiet-bi").text) == 0


def test_answers_of_an_older_version_are_made_anew_and_the_oldest_are_dropped() -> None:
    answers = Answers()
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [answers.get("a", 1, make), answers.get("a", 1, make)] == [1, 1]
    assert answers.get("a", 2, make) == 2
    for number in range(MOST_ANSWERS):
        answers.get(number, 2, make)
    assert answers.get("a", 2, make) == len(made)
