"""Slips: asked for one's own only, answered by a request about the same, or declined."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from audit import Actor
from models import Certificate, CertificateRequest, Person, RequestLine
from operations import slips
from operations.custody_checks import RefusedByRule
from operations.request_documents import Drawn
from operations.slips import Wish
from operations.transactions import Refused, transaction
from rules.papers import PaperState
from rules.requests import LineState, RequestKind, RequestState
from schema.custody import Paper
from tests import factories
from tests.cast import NOW, Cast

MakeActor = Callable[..., Actor]


@pytest.fixture
def certificate(db_session: Session, cast: Cast) -> Certificate:
    """Em's certificate on a token."""
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        token = factories.device(db_session, cast.office_a, "TB-7", em)
        return factories.certificate(db_session, em, token=token)


@pytest.fixture
def em(actor: MakeActor, cast: Cast) -> Actor:
    return actor(cast.em, cast.person_em)


def draw(_paper: Paper) -> Drawn:
    return Drawn(b"%PDF-1.7")


def asked(session: Session, em: Actor, certificate: Certificate) -> Paper:
    wish = Wish(RequestKind.RENEWAL, certificate.id, reason="Sắp hết hạn")
    return session.get_one(Paper, slips.ask(session, actor=em, wish=wish, draw=draw))


def test_a_slip_waits_at_the_agency_of_the_subscriber(
    db_session: Session, em: Actor, certificate: Certificate, cast: Cast
) -> None:
    paper = asked(db_session, em, certificate)
    assert (paper.agency_id, paper.giver_id) == (cast.commune_a, cast.person_em)
    assert paper.particulars["about"]["internal_code"] == "TB-7"
    with pytest.raises(Refused, match="chưa trả lời"):
        asked(db_session, em, certificate)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish(RequestKind.REVOCATION, 1), "lý do"),
        (Wish(RequestKind.AMENDMENT, 1), "thông tin mới"),
        (Wish(RequestKind.RENEWAL), "Chọn chứng thư"),
        (Wish(RequestKind.UNLOCK), "Chọn thiết bị"),
        (Wish(RequestKind.ISSUANCE, reason="pin là 12345678"), "mật khẩu"),
    ],
)
@pytest.mark.usefixtures("certificate")
def test_what_a_slip_lacks_is_said(db_session: Session, em: Actor, wish: Wish, words: str) -> None:
    with pytest.raises(Refused, match=words):
        slips.ask(db_session, actor=em, wish=wish, draw=draw)


def test_nobody_asks_for_what_is_not_theirs(
    db_session: Session, actor: MakeActor, cast: Cast, certificate: Certificate
) -> None:
    chi = actor(cast.chi, cast.person_chi)
    with pytest.raises(Refused, match="của chính mình"):
        asked(db_session, chi, certificate)
    with pytest.raises(Refused, match="chưa gắn"):
        asked(db_session, actor(cast.dung), certificate)


def test_only_a_request_about_the_same_answers_a_slip(
    db_session: Session, em: Actor, actor: MakeActor, cast: Cast, certificate: Certificate
) -> None:
    paper = asked(db_session, em, certificate)
    an = actor(cast.an, cast.person_an)
    with transaction(db_session):
        for kind in (RequestKind.RENEWAL, RequestKind.REVOCATION):
            row = CertificateRequest(
                agency_id=cast.commune_a,
                kind=kind,
                state=RequestState.DRAFT,
                addressee="Cục",
                planned_receipt_on=factories.day(0),
                drafted_by_id=cast.an,
                created_at=NOW,
            )
            db_session.add(row)
            db_session.flush()
            db_session.add(
                RequestLine(
                    request_id=row.id,
                    position=1,
                    state=LineState.OPEN,
                    is_open=False,
                    certificate_id=certificate.id,
                )
            )
    paper = db_session.get_one(Paper, paper.id)
    (right,) = slips.answers(db_session, paper)
    with pytest.raises(Refused, match="không đề nghị đúng"):
        slips.take(
            db_session,
            actor=an,
            paper_id=paper.id,
            version=paper.version,
            request_id=right.id + 1,
        )
    paper = db_session.get_one(Paper, paper.id)
    slips.take(db_session, actor=an, paper_id=paper.id, version=paper.version, request_id=right.id)
    paper = db_session.get_one(Paper, paper.id)
    assert paper.certificate_request is not None
    with pytest.raises(Refused, match="đã được trả lời"):
        slips.decline(db_session, actor=an, paper_id=paper.id, version=paper.version, reason="Muộn")


def test_a_declined_slip_keeps_the_reason(
    db_session: Session, em: Actor, actor: MakeActor, cast: Cast, certificate: Certificate
) -> None:
    paper, an = asked(db_session, em, certificate), actor(cast.an, cast.person_an)
    with pytest.raises(RefusedByRule):
        slips.decline(
            db_session, actor=an, paper_id=paper.id, version=paper.version, reason="PIN: 998877"
        )
    slips.decline(
        db_session, actor=an, paper_id=paper.id, version=paper.version, reason="Còn hạn dài"
    )
    paper = db_session.get_one(Paper, paper.id)
    assert (paper.state, paper.particulars["cancelled"]) == (PaperState.CANCELLED, "Còn hạn dài")
    asked(db_session, em, certificate)
