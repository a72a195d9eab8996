"""Lay documents of every kind on the desk of the practice leader, each ready to be signed.

Run: python -m tests.browser.fill_the_desk LETTERS DOCUMENTS PAPERS. They come the way
people bring them: through the operations, in the office's own database, while the server runs.
"""

import sys
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import clock
import regulations
from app import create_app
from config import Config
from extensions import db
from models import Certificate, Position, User
from operations import office_documents, papers
from operations.office_documents import Upload, Wanted, WantedStep
from practice.desk import Book, Desk, Draws, scan
from practice.life_requests import Letter, Road
from practice.people import EAST
from rules.certificates import SubscriberKind
from rules.document_places import Place
from rules.documents import SigningAct
from rules.office_documents import DocumentWay
from rules.papers import PaperKind
from rules.requests import RequestKind
from schema.documents import OfficeDocument
from signing.trust.store import TrustStore
from views import office_document_places
from views.letters_data import draw_letter
from views.papers_data import draw_paper

SUBJECT = "THỬ NGHIỆM ký nhiều"


def desk_of(config: Config, session: Session) -> Desk:
    """The desk of the eastern commune, as its officers find it now."""
    rows = session.scalars(select(User).where(User.username.like("%.dong"))).all()
    users = {one.username: (one.id, one.person_id or 0) for one in rows}
    leader = next(one for one in rows if one.username == "lanhdao.dong")
    agency_id = session.scalars(
        select(Position.agency_id).where(Position.person_id == leader.person_id)
    ).first()
    book = Book({EAST: agency_id or 0}, {}, users)
    trust = TrustStore.load(config.trust)
    return Desk(
        session, book, Draws(draw_letter, draw_paper), regulations.load(), trust, clock.now()
    )


def letters(desk: Desk, count: int) -> None:
    """Letters that the leader has approved: each revokes a certificate far from its end."""
    owners = desk.session.scalars(
        select(Certificate.person_id)
        .where(
            Certificate.kind == SubscriberKind.INDIVIDUAL,
            Certificate.revoked_at.is_(None),
            Certificate.agency_id.in_(select(Position.agency_id).where(_theirs(desk))),
        )
        .order_by(Certificate.not_after.desc())
        .limit(count)
    ).all()
    for number, owner in enumerate(owners):
        desk.book.people[EAST, number] = owner or 0
        plan = Letter(EAST, RequestKind.REVOCATION, (number,), 0, "approved")
        for _ in Road(desk, plan, number).steps():
            pass


def _theirs(desk: Desk) -> Any:
    return Position.person_id == desk.book.users["daumoi.dong"][1]


def documents(desk: Desk, count: int) -> None:
    """Documents of the office in two ways, out to be signed by the leader."""
    clerk = desk.actor(EAST, "vanthu", 0)
    _, leader = desk.book.users["lanhdao.dong"]
    position = desk.session.scalars(select(Position.id).where(Position.person_id == leader)).first()
    for number in range(count):
        inside = number % 2 == 0
        way = DocumentWay.MANY_INSIDE if inside else DocumentWay.PERSON_AND_AGENCY
        title = f"Thông báo {SUBJECT} số {number + 1}"
        made = office_documents.upload(
            desk.session,
            actor=clerk,
            law=desk.law,
            brought=Upload(
                desk.book.agencies[EAST],
                title,
                way,
                scan(),
                not_secret_at=clerk.at,
                pages=[(210.0, 297.0)],
                geometry=[(0, 0, 595, 842, 0, 1)],
            ),
        )
        act = SigningAct.INITIAL if inside else SigningAct.APPROVE
        steps = [WantedStep(act, position, Place(0, 120, 230, 50, 25))]
        number_place = day_place = None
        if not inside:
            steps.append(WantedStep(SigningAct.ISSUE, None, Place(0, 100, 225, 36, 36)))
            number_place, day_place = Place(0, 40, 30, 20, 6), Place(0, 120, 40, 60, 6)
        wanted = Wanted(steps, number_place, day_place)
        office_documents.change(
            desk.session, actor=clerk, document_id=made, version=1, wanted=wanted
        )
        row = desk.session.get_one(OfficeDocument, made)
        fields = office_document_places.with_fields(row)
        office_documents.submit(
            desk.session,
            actor=clerk,
            law=desk.law,
            document_id=made,
            version=row.version,
            with_fields=fields,
        )


def minutes(desk: Desk, count: int) -> None:
    """Minutes that the leader signs as the one who gives."""
    actor = desk.actor(EAST, "daumoi", 0)
    for _ in range(count):
        papers.make(
            desk.session,
            actor=actor,
            kind=PaperKind.HANDOVER,
            agency_id=desk.book.agencies[EAST],
            made_on=actor.today,
            lines=[],
            giver_id=desk.book.users["lanhdao.dong"][1],
            receiver_id=desk.book.users["daumoi.dong"][1],
            particulars={
                "medium": "digital",
                "agency": {"name": "UBND xã THỬ NGHIỆM"},
                "giver": {"full_name": "Lãnh đạo THỬ NGHIỆM"},
                "receiver": {"full_name": "Đầu mối THỬ NGHIỆM"},
            },
            draw=desk.draws.paper,
            place="Trụ sở THỬ NGHIỆM",
        )


def main() -> int:
    """Fill the desk of the installation that the environment names."""
    wanted = [int(one) for one in sys.argv[1:4]]
    config = Config.load()
    with create_app(config).app_context():
        desk = desk_of(config, db.session())
        for made, count in zip((letters, documents, minutes), wanted, strict=True):
            made(desk, count)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
