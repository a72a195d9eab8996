"""Guessing passwords becomes slow, for the guesser only."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extensions import db
from models import LoginThrottle
from operations import logins, throttles
from tests.cast import Cast
from tests.operations.logging_in import KEY, MakeActor, fail, try_login


def test_guesses_wait_longer_and_longer_up_to_a_quarter_of_an_hour() -> None:
    waits = [int(throttles.wait_after(n).total_seconds()) for n in range(14)]
    assert waits == [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 giây"), (45, "45 giây"), (60, "1 phút"), (90, "1 phút 30 giây"), (900, "15 phút")],
)
def test_the_wait_is_told_in_words(seconds: int, words: str) -> None:
    assert throttles.in_words(seconds) == words


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    guesser = actor()
    fail(db_session, guesser, 5)
    with pytest.raises(throttles.TooManyTries) as refusal:
        try_login(db_session, guesser)
    assert refusal.value.seconds == 15
    later = replace(guesser, at=guesser.at + timedelta(seconds=15))
    assert try_login(db_session, later).user_id == cast.an


def test_a_colleague_at_another_address_cannot_lock_the_leader_out(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    colleague = replace(actor(), address="10.0.0.66")
    for _ in range(5):
        with pytest.raises(logins.WrongPassword):
            try_login(db_session, colleague, username="giang", password="doan mo mat khau")
    with pytest.raises(throttles.TooManyTries):
        try_login(db_session, colleague, username="giang")
    leader = replace(actor(), address="10.0.0.7")
    assert try_login(db_session, leader, username="giang").user_id == cast.giang


def test_one_bad_guesser_does_not_keep_the_others_at_the_same_address_out(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    fail(db_session, actor(), 5)
    assert try_login(db_session, actor(), username="chi").user_id == cast.chi


def test_trying_while_waiting_does_not_lengthen_the_wait(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    guesser = actor()
    fail(db_session, guesser, 5)
    for _ in range(10):
        with pytest.raises(throttles.TooManyTries):
            try_login(db_session, guesser)
    row = db_session.scalars(select(LoginThrottle)).one()
    assert row.failures == 5


def test_the_right_password_clears_the_account_of_earlier_mistakes(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    fail(db_session, actor(), 4)
    try_login(db_session, actor())
    assert db_session.scalar(select(func.count()).select_from(LoginThrottle)) == 0


def test_old_failures_are_forgotten_after_a_day(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    yesterday = actor()
    fail(db_session, yesterday, 5)
    fail(db_session, replace(yesterday, address="10.0.0.9"), 1)
    today = replace(yesterday, at=yesterday.at + timedelta(hours=25))
    fail(db_session, today, 1)
    [row] = db_session.scalars(select(LoginThrottle)).all()
    assert row.failures == 1


def test_fifty_guesses_at_once_do_not_slip_through(
    app: Flask, db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    guesser = actor()
    pair = throttles.pair_hash(KEY, username="an", address=guesser.address)
    looked_at: list[int] = []

    def guess(number: int) -> None:
        with app.app_context():
            try:
                throttles.count_try(db.session(), pair, at=guesser.at)
                looked_at.append(number)
            except throttles.TooManyTries:
                pass
            finally:
                db.session.remove()

    crowd = [threading.Thread(target=guess, args=(number,)) for number in range(50)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(looked_at) == throttles.FREE_TRIES + 1


def test_all_addresses_of_one_computers_ipv6_network_count_as_one() -> None:
    def hashed(address: str) -> str:
        return throttles.pair_hash(KEY, username="an", address=address)

    assert hashed("2001:db8:1:2::10") == hashed("2001:db8:1:2:ffff::1")
    assert hashed("2001:db8:1:2::10") != hashed("2001:db8:1:3::10")
    for colleague, leader in (("fe80::1", "fe80::2"), ("fd00:1::1", "fd00:1::2")):
        assert hashed(colleague) != hashed(leader)
    assert hashed("::ffff:10.0.0.1") == hashed("10.0.0.1")
    assert hashed("10.0.0.1") != hashed("10.0.0.2")


def test_the_throttle_table_names_nobody(db_session: Session, cast: Cast, actor: MakeActor) -> None:
    fail(db_session, actor(), 1)
    row = db_session.scalars(select(LoginThrottle)).one()
    assert len(row.key_hash) == 64
    assert row.key_hash != throttles.pair_hash(b"other", username="an", address="127.0.0.1")
