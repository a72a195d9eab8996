"""One proof used by many at once, and one code at once: one login session, on both databases."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from extensions import db
from models import AuditEvent, LoginSession, Person, User
from operations import emergency_codes, logins, token_logins
from operations.token_logins import NotLetIn, Proof
from operations.transactions import Conflict, transaction
from rules.token_logins import RevocationKnown, TokenLogin
from tests import cast as the_cast
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from tests.operations.test_concurrency import at_once, office  # noqa: F401 - a fixture

KEY = b"k" * 32
THREADS = 8
BROWSER = token_logins.secret_hash("bi-mat")


def nobody() -> audit.Actor:
    return audit.Actor(None, None, (), "10.0.0.7", NOW)


def prepared(session: Session, mode: TokenLogin) -> tuple[Cast, str]:
    """The cast; the leader enters with the token. The SHA-256 of the certificate."""
    cast = the_cast.enter(session)
    with transaction(session):
        leader = session.get_one(Person, cast.person_giang)
        sha256 = factories.certificate(session, leader).sha256
        session.get_one(User, cast.giang).token_login_mode = mode
    return cast, sha256


def challenge(session: Session) -> str:
    return token_logins.open_challenge(
        session,
        address="10.0.0.7",
        at=NOW,
        origin="http://localhost",
        browser_hash=BROWSER,
        goal="/",
    )


def prove(session: Session, public_id: str, sha256: str) -> str:
    return token_logins.take_proof(
        session,
        address="10.0.0.7",
        at=NOW + timedelta(seconds=5),
        public_id=public_id,
        proof=Proof(sha256, "agent", True, RevocationKnown.GOOD),
        throttle_key=KEY,
    )


def test_one_proof_and_one_code_give_one_session_however_many_use_them(
    office: Flask,  # noqa: F811
) -> None:
    session = db.session()
    cast, sha256 = prepared(session, TokenLogin.ALSO)
    public_id = challenge(session)
    session.close()

    def proves(own: Session, _place: object) -> str:
        return prove(own, public_id, sha256)

    codes = at_once([sha256] * THREADS, proves)
    (code,) = [each for each in codes if isinstance(each, str)]
    assert all(
        isinstance(each, str | NotLetIn | token_logins.throttles.TooManyTries) for each in codes
    )

    def enters(own: Session, _place: object) -> int:
        return token_logins.log_in(
            own,
            actor=nobody(),
            public_id=public_id,
            browser_hash=BROWSER,
            code=code,
            browser="Firefox",
        ).login_session_id

    entered = at_once(list(range(THREADS)), enters)
    assert sum(isinstance(each, int) for each in entered) == 1
    assert [each.code for each in entered if isinstance(each, NotLetIn)] == ["login_used"] * 7
    assert len(session.scalars(select(LoginSession)).all()) == 1
    told = session.scalars(
        select(AuditEvent.event).where(AuditEvent.event == "account.token_login")
    ).all()
    assert len(told) == 1
    assert session.get_one(User, cast.giang).last_login_at == NOW
    assert audit.verify(session).sound


def test_one_emergency_code_lets_in_once_however_many_use_it(office: Flask) -> None:  # noqa: F811
    session = db.session()
    cast, _ = prepared(session, TokenLogin.ONLY)
    admin = audit.Actor(cast.dung, None, ("ADMINISTRATOR",), "10.0.0.1", NOW)
    code = emergency_codes.issue(
        session, actor=admin, user_id=cast.giang, reason="mất thiết bị rồi"
    )
    session.close()

    def enters(own: Session, place: object) -> bool:
        return logins.log_in(
            own,
            actor=audit.Actor(None, None, (), f"10.0.0.{place}", NOW),
            username="giang",
            password=PASSWORD,
            browser="Firefox",
            throttle_key=KEY,
            emergency=code,
        ).in_emergency

    entered = at_once([1, 2, 3, 4], enters)
    assert entered.count(True) == 1
    # The others see the mode changed meanwhile, or the code gone; with the password they may now
    # come in the usual way, since the token is no longer asked for.
    assert all(
        each in (True, False) or isinstance(each, Conflict | logins.WrongEmergencyCode)
        for each in entered
    )
    assert session.get_one(User, cast.giang).token_login_mode is TokenLogin.OFF
    used = session.scalars(
        select(AuditEvent.event).where(AuditEvent.event == "account.emergency_code_used")
    ).all()
    assert len(used) == 1
