"""What tests of accounts do again and again: log in, and fail to."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from audit import Actor
from operations import logins
from tests.cast import PASSWORD

MakeActor = Callable[..., Actor]
KEY = b"k" * 32


def try_login(
    session: Session, actor: Actor, username: str = "an", password: str = PASSWORD
) -> logins.Login:
    return logins.log_in(
        session,
        actor=actor,
        username=username,
        password=password,
        browser="Firefox trên Linux",
        throttle_key=KEY,
    )


def fail(session: Session, actor: Actor, times: int) -> None:
    for _ in range(times):
        with pytest.raises(logins.WrongPassword):
            try_login(session, actor, password="khong phai mat khau")
