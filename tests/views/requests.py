"""Steps of a request's road as people take them on the web, for the tests of its pages."""

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import CertificateRequest, Person, Position
from operations.transactions import transaction
from tests import factories
from tests.cast import Cast

Login = Callable[[int], FlaskClient]
TODAY = "21/11/2026"


def certificates(session: Session, cast: Cast, *days: int, **more: Any) -> list[int]:
    """One certificate of Em for each number of days left."""
    with transaction(session):
        owner = session.get_one(Person, cast.person_em)
        return [factories.certificate(session, owner, days_left=left, **more).id for left in days]


def request_of(session: Session, request_id: int) -> CertificateRequest:
    """The request as the database has it now."""
    session.rollback()
    return session.get_one(CertificateRequest, request_id)


def version_of(session: Session, request_id: int) -> int:
    return request_of(session, request_id).version


def draft(browser: FlaskClient, ids: Sequence[int], day: str = TODAY) -> int:
    """Open a draft from the page of the chosen certificates; returns its number."""
    answer = browser.post(
        "/de-nghi/gia-han/moi",
        data={"certificates": list(ids), "planned_receipt_on": day, "lap": "1"},
    )
    assert answer.status_code == 302, words(answer)
    return int(answer.location.rsplit("/", 1)[1])


def act(
    browser: FlaskClient, session: Session, request_id: int, page: str, **typed: Any
) -> TestResponse:
    """Send one of the small pages, as of the version that the database has now."""
    return browser.post(
        f"/de-nghi/{request_id}/{page}",
        data={"version": version_of(session, request_id), **typed},
        content_type="multipart/form-data",
    )


def done(answer: TestResponse) -> None:
    assert answer.status_code == 302, words(answer)


def upload(content: bytes, name: str = "van-ban.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def words(answer: TestResponse) -> str:
    """The text of a page without its tags, on one line."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def approved(login: Login, session: Session, cast: Cast, *days: int, **more: Any) -> int:
    """A request that An drafted and submitted and Giang approved."""
    an = login(cast.an)
    request_id = draft(an, certificates(session, cast, *(days or (60,)), **more))
    done(act(an, session, request_id, "trinh"))
    done(act(login(cast.giang), session, request_id, "duyet", duyet="1"))
    return request_id


def on_paper(login: Login, session: Session, cast: Cast, *days: int) -> int:
    """A request whose signed paper has been scanned; next it is sent."""
    request_id = approved(login, session, cast, *days)
    scan = upload(PNG, "quet.png")
    chi = login(cast.chi)
    done(act(chi, session, request_id, "ban-giay", file=scan, number="15", day=TODAY))
    return request_id


def sent(login: Login, session: Session, cast: Cast, *days: int) -> int:
    """A request that has left."""
    request_id = on_paper(login, session, cast, *days)
    an = login(cast.an)
    done(act(an, session, request_id, "gui", on=TODAY, channel="post", reference="VN 1"))
    return request_id


def position_of(session: Session, person_id: int) -> int:
    return session.scalars(select(Position.id).where(Position.person_id == person_id)).one()


# One white pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63f8"
    "0f00010101001bb6ee560000000049454e44ae426082"
)
