"""Where the practice officers work: who they are, and what lies before them, by plain numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Actor
from models import Certificate, CertificateRequest, Device, Person
from operations.request_documents import Drawn
from practice.people import EAST, SOUTH, WEST
from rules.devices import DeviceState
from rules.law import Law
from rules.permissions import Role
from signing.trust.store import TrustStore

_OFFICES = {EAST: "dong", WEST: "tay", SOUTH: "nam"}
_ROLES = {
    "daumoi": Role.FOCAL_POINT,
    "lanhdao": Role.LEADER,
    "vanthu": Role.CLERK,
    "canbo": Role.STAFF,
}


@dataclass(frozen=True)
class Draws:
    """How papers are drawn; the caller brings it, because drawing from rows is a matter of views.

    Both take a row of the register with all its parts.
    """

    letter: Callable[[CertificateRequest], Drawn]
    paper: Callable[[Any], Drawn]


@dataclass(frozen=True)
class Book:
    """Numbers of rows by their keys in the plan: agencies, people by place, users by name."""

    agencies: dict[str, int]
    people: dict[tuple[str, int], int]
    users: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Desk:
    """One session of work in the past of the practice offices. `at`: the instant of building."""

    session: Session
    book: Book
    draws: Draws
    law: Law
    trust: TrustStore
    at: datetime

    def actor(self, commune: str, who: str, days_ago: int) -> Actor:
        """Who acts ("daumoi", "lanhdao", "vanthu", "canbo") so many days ago."""
        user_id, person_id = self.book.users[f"{who}.{_OFFICES[commune]}"]
        at = self.at - timedelta(days=days_ago)
        return Actor(user_id, person_id, (_ROLES[who].name,), "127.0.0.1", at)

    def person(self, commune: str, place: int) -> int:
        """The number of somebody by their place in a commune, counted from its chairman."""
        return self.book.people[commune, place]

    def certificate_of(self, person_id: int) -> int:
        """The newest certificate of a person."""
        rows = select(Certificate.id).where(Certificate.person_id == person_id)
        return self.session.scalars(rows.order_by(Certificate.not_after.desc())).first() or 0

    def device_of(self, person_id: int) -> int:
        """The device in somebody's hands."""
        rows = select(Device.id).where(Device.holder_id == person_id)
        return self.session.scalars(rows.order_by(Device.id)).first() or 0

    def stock(self, commune: str) -> list[int]:
        """The devices that lie in the commune's own office."""
        return list(
            self.session.scalars(
                select(Device.id)
                .where(
                    Device.agency_id == self.book.agencies[f"{commune}.VP"],
                    Device.state == DeviceState.IN_STOCK,
                )
                .order_by(Device.id)
            )
        )

    def name(self, person_id: int) -> str:
        """How somebody is called."""
        return self.session.get_one(Person, person_id).full_name


def scan() -> bytes:
    """A page that stands for the scan of a paper signed by hand."""
    text = b"BT /F1 20 Tf 72 760 Td (BAN QUET THU NGHIEM) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 5 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>",
    )
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return written + head + table + tail % (len(objects) + 1, len(written))
