"""A parcel: what answers a request is tied to it, what is known already is not entered again."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Actor
from models import CertificateRequest, Device, RequestLine
from operations import custody, intake
from operations.intake import Parcel, parse_lines
from operations.transactions import Refused, transaction
from rules.devices import DeviceKind, DeviceState
from rules.intake import IntakeVerdict
from rules.requests import LineState, RequestKind, RequestState
from schema.custody import FollowUp, Paper
from tests import factories
from tests.cast import NOW, Cast
from views import papers_data_agency  # noqa: F401 - it registers its maker
from views.papers_data import draw_paper

DAY = factories.day(0)


@pytest.fixture
def an(cast: Cast, actor: Callable[..., Actor]) -> Actor:
    return actor(cast.an, cast.person_an)


@pytest.fixture
def asked(db_session: Session, cast: Cast) -> list[int]:
    """Two first issues that were sent: for Em and for Chi; returns their lines."""
    with transaction(db_session):
        request = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.ISSUANCE,
            state=RequestState.SENT,
            addressee="Cục Chứng thực số và Bảo mật thông tin",
            planned_receipt_on=DAY,
            document_number="21",
            document_on=DAY,
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        for at, person in enumerate((cast.person_em, cast.person_chi)):
            request.lines.append(RequestLine(person_id=person, position=at, state=LineState.OPEN))
        db_session.add(request)
        db_session.flush()
        return [one.id for one in request.lines]


def parcel(cast: Cast, typed: str, **more: object) -> Parcel:
    return Parcel(cast.commune_a, DAY, parse_lines(typed), receiver_id=cast.person_an, **more)  # type: ignore[arg-type]


def test_a_device_that_answers_a_request_is_tied_to_its_line(
    db_session: Session, cast: Cast, an: Actor, asked: list[int]
) -> None:
    wanted = parcel(cast, "CC33; Phạm Văn Em")
    verdicts = [one.verdict for one in intake.look(db_session, wanted).compared]
    assert verdicts == [IntakeVerdict.MATCHED, IntakeVerdict.NOT_IN_PARCEL]
    paper_id = intake.accept(db_session, wanted, actor=an, draw=draw_paper)
    db_session.rollback()
    row = db_session.scalars(select(Device)).one()
    assert (row.state, row.received_on) == (DeviceState.IN_STOCK, DAY)
    assert db_session.get_one(RequestLine, asked[0]).device_id == row.id
    assert [one.act for one in custody.history(db_session, row.id)] == ["receive"]
    assert db_session.get_one(Paper, paper_id).particulars["answers"] == [
        f"Văn bản số 21 ngày {DAY:%d/%m/%Y}"
    ]


def test_a_person_may_say_which_request_a_nameless_serial_answers_or_leave_it_out(
    db_session: Session, cast: Cast, an: Actor, asked: list[int]
) -> None:
    wanted = parcel(cast, "CC33\nDD44", answers={0: asked[1]}, left_out=frozenset({1}))
    intake.accept(db_session, wanted, actor=an, draw=draw_paper)
    db_session.rollback()
    row = db_session.scalars(select(Device)).one()
    assert row.printed_serial == "CC33"
    assert db_session.get_one(RequestLine, asked[1]).device_id == row.id


def test_the_same_parcel_is_not_entered_twice(
    db_session: Session, cast: Cast, an: Actor, asked: list[int]
) -> None:
    for _ in range(2):
        intake.accept(db_session, parcel(cast, "CC33\ncc 33"), actor=an, draw=draw_paper)
    assert len(db_session.scalars(select(Device)).all()) == 1


def test_what_a_parcel_brings_closes_what_asked_that_a_found_thing_be_entered(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    asks = {"noun": "stocktake", "object_id": 1, "code": "stocktake.enter_in_register"}
    with transaction(db_session):
        db_session.add_all(
            FollowUp(**asks, agency_id=at, sentence="Thấy khi kiểm kê.", code_seen=code)
            for at, code in ((cast.office_a, "cc:33"), (cast.commune_b, "CC33"),
                             (cast.commune_a, "DD44"))
        )  # fmt: skip
    intake.accept(db_session, parcel(cast, "CC33\nEE55"), actor=an, draw=draw_paper)
    db_session.rollback()
    row = db_session.scalars(select(Device).where(Device.printed_serial == "CC33")).one()
    found = db_session.scalars(select(FollowUp).order_by(FollowUp.id)).all()
    assert [one.done_at is not None for one in found] == [True, False, False]
    assert found[0].device_id == row.id


def test_a_parcel_of_sixty_is_entered_in_as_many_statements_as_one_of_three(
    db_session: Session, cast: Cast, an: Actor, count_statements: Callable[[], Any]
) -> None:
    costs = []
    for many in (3, 60):
        typed = "\n".join(f"EE{many:02}{at:04}" for at in range(many))
        with count_statements() as counted:
            intake.accept(db_session, parcel(cast, typed), actor=an, draw=draw_paper)
        costs.append(len(counted))
    assert costs[0] >= costs[1]


@pytest.mark.parametrize(
    ("typed", "kind", "words"),
    [("", DeviceKind.PKI_TOKEN, "Chưa có thiết bị"), ("AA", DeviceKind.SIM_PKI, "Chỉ PKI Token")],
)
def test_nothing_and_what_never_comes_in_a_parcel_are_refused(
    db_session: Session, cast: Cast, an: Actor, typed: str, kind: DeviceKind, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        intake.accept(db_session, parcel(cast, typed, kind=kind), actor=an, draw=draw_paper)
