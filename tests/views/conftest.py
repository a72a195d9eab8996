"""Fixtures of the tests of pages and of what signing agents call."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.signing.pki import usual_trust
from tests.signing_desk import Desk, leaders_desk


@pytest.fixture
def desk(
    app: Flask,
    instance: Path,
    db_session: Session,
    cast: Cast,
    login: Callable[[int], FlaskClient],
) -> Desk:
    """A leader with everything ready to sign, under an authority that the server trusts."""
    usual_trust(instance / "trust", practice=True)
    return leaders_desk(app, db_session, cast, login)
