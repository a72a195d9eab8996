"""A renewal from draft to answer: what is written, what is refused, and by which article."""

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from models import AuditEvent, CertificateRequest, Person, Position, RequestLine
from operations import certificate_requests as drafts
from operations import request_moves as moves
from operations.request_documents import Drawn
from operations.transactions import Conflict, Refused, transaction
from rules.documents import DocumentKind
from rules.requests import LineState, RequestState
from rules.signers import SigningAuthority
from tests import factories
from tests.cast import Cast

MakeActor = Callable[..., audit.Actor]


def draw(request: CertificateRequest) -> Drawn:
    """A letter that is told apart by its signer; the real one is drawn in the views' tests."""
    return Drawn(f"%PDF-1.7 {request.signer_id}".encode(), {"number": {"page": 0}})


@pytest.fixture
def em(db_session: Session, cast: Cast) -> Person:
    return db_session.get_one(Person, cast.person_em)


def certificates(session: Session, cast: Cast, *days: int, **more: object) -> list[int]:
    """One certificate of Em for each number of days left."""
    with transaction(session):
        owner = session.get_one(Person, cast.person_em)
        return [factories.certificate(session, owner, days_left=left, **more).id for left in days]


def draft(session: Session, cast: Cast, actor: MakeActor, ids: list[int]) -> int:
    return drafts.draft_renewal(
        session,
        actor=actor(cast.an, cast.person_an),
        certificate_ids=ids,
        planned_receipt_on=factories.day(0),
        law=regulations.load(),
    )


def version(session: Session, request_id: int) -> int:
    return session.get_one(CertificateRequest, request_id).version


def submit(session: Session, cast: Cast, actor: MakeActor, request_id: int) -> None:
    moves.submit(
        session,
        actor=actor(cast.an, cast.person_an),
        request_id=request_id,
        version=version(session, request_id),
        law=regulations.load(),
        draw=draw,
    )


def approve(session: Session, actor: audit.Actor, request_id: int, reason: str = "") -> None:
    moves.approve(
        session,
        actor=actor,
        request_id=request_id,
        version=version(session, request_id),
        law=regulations.load(),
        reason=reason,
    )


def test_a_draft_takes_the_nearest_sealed_agency_its_head_and_its_drafter(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    request = db_session.get_one(
        CertificateRequest, draft(db_session, cast, actor, certificates(db_session, cast, 60, 90))
    )
    assert request.agency_id == cast.commune_a  # the office has no seal of its own
    assert request.signer_id == cast.person_giang
    assert request.signer_authority is SigningAuthority.HEAD
    assert request.contact_id == cast.person_an
    assert [line.state for line in request.lines] == [LineState.OPEN, LineState.OPEN]


@pytest.mark.parametrize(
    ("days", "more", "code"),
    [
        (29, {}, "renewal.too_few_days_left"),
        (100, {"renewals": 1}, "renewal.already_renewed"),
        (-1, {}, "renewal.expired"),
    ],
)
def test_the_law_refuses_with_its_article_and_writes_nothing(
    db_session: Session,
    cast: Cast,
    actor: MakeActor,
    days: int,
    more: dict[str, object],
    code: str,
) -> None:
    ids = certificates(db_session, cast, days, **more)
    with pytest.raises(drafts.RefusedByLaw) as refusal:
        draft(db_session, cast, actor, ids)
    assert code in [found.code for found in refusal.value.findings]
    assert all("Điều" in found.basis for found in refusal.value.findings)
    assert db_session.scalars(select(CertificateRequest)).all() == []


def test_thirty_days_left_are_enough(db_session: Session, cast: Cast, actor: MakeActor) -> None:
    assert draft(db_session, cast, actor, certificates(db_session, cast, 30))


def test_a_certificate_stands_in_one_open_request_only(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    ids = certificates(db_session, cast, 60)
    first = draft(db_session, cast, actor, ids)
    with pytest.raises(drafts.RefusedByLaw, match="đang nằm trong đề nghị"):
        draft(db_session, cast, actor, ids)
    moves.cancel(
        db_session,
        actor=actor(cast.an),
        request_id=first,
        version=version(db_session, first),
        reason="Lập lại",
    )
    assert draft(db_session, cast, actor, ids) != first


def test_the_drafter_does_not_approve(db_session: Session, cast: Cast, actor: MakeActor) -> None:
    request_id = draft(db_session, cast, actor, certificates(db_session, cast, 60))
    submit(db_session, cast, actor, request_id)
    with pytest.raises(drafts.RefusedByLaw, match="không được tự duyệt"):
        approve(db_session, actor(cast.an), request_id)
    approve(db_session, actor(cast.giang), request_id)
    assert db_session.get_one(CertificateRequest, request_id).state is RequestState.APPROVED


def test_an_unknown_history_wants_a_recorded_reason(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    request_id = draft(db_session, cast, actor, certificates(db_session, cast, 60, renewals=None))
    submit(db_session, cast, actor, request_id)
    with pytest.raises(Refused, match="ghi lý do"):
        approve(db_session, actor(cast.giang), request_id)
    approve(db_session, actor(cast.giang), request_id, "Đã đối chiếu hồ sơ giấy")
    request = db_session.get_one(CertificateRequest, request_id)
    assert request.decision_reason == "Đã đối chiếu hồ sơ giấy"
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert "renewal.history_unknown" in event.body
    assert "đối chiếu" not in event.body  # words of people stay out of the log


def test_changing_the_signer_voids_the_approval_and_redraws_the_letter(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    request_id = draft(db_session, cast, actor, certificates(db_session, cast, 60))
    submit(db_session, cast, actor, request_id)
    approve(db_session, actor(cast.giang), request_id)
    other = db_session.scalars(
        select(Position.id).where(Position.person_id == cast.person_em)
    ).one()
    drafts.set_signer(
        db_session,
        actor=actor(cast.an),
        request_id=request_id,
        version=version(db_session, request_id),
        signer=drafts.Signer(other, SigningAuthority.KT, head_title="Chủ tịch", paper="QĐ số 1"),
        law=regulations.load(),
    )
    request = db_session.get_one(CertificateRequest, request_id)
    assert request.state is RequestState.DRAFT
    assert request.decided_at is None
    submit(db_session, cast, actor, request_id)
    request = db_session.get_one(CertificateRequest, request_id)
    letters = [each for each in request.documents if each.kind is DocumentKind.LETTER]
    assert len(letters) == 2
    assert [each.is_current for each in letters] == [False, True]
    assert letters[0].sha256 != letters[1].sha256


def test_a_leader_goes_on_without_the_paper_of_a_delegation_only_with_a_reason(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    request_id = draft(db_session, cast, actor, certificates(db_session, cast, 60))
    other = db_session.scalars(
        select(Position.id).where(Position.person_id == cast.person_em)
    ).one()
    drafts.set_signer(
        db_session,
        actor=actor(cast.an),
        request_id=request_id,
        version=version(db_session, request_id),
        signer=drafts.Signer(other, SigningAuthority.TUQ, head_title="Chủ tịch"),
        law=regulations.load(),
    )
    submit(db_session, cast, actor, request_id)
    with pytest.raises(Refused, match="ghi lý do"):
        approve(db_session, actor(cast.giang), request_id)
    approve(db_session, actor(cast.giang), request_id, "Giấy ủy quyền đang trình ký")
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert '"overridden":["signer.paper_missing"]' in event.body
    assert hashlib.sha256("Giấy ủy quyền đang trình ký".encode()).hexdigest() in event.body


def test_a_leader_who_is_in_the_list_may_sign_and_the_log_says_so(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with transaction(db_session):
        giang = db_session.get_one(Person, cast.person_giang)
        own = factories.certificate(db_session, giang, days_left=60).id
    request_id = draft(db_session, cast, actor, [own])
    submit(db_session, cast, actor, request_id)
    approve(db_session, actor(cast.giang), request_id)
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert '"self_listed":true' in event.body


def test_an_old_page_cannot_overwrite_newer_work(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    request_id = draft(db_session, cast, actor, certificates(db_session, cast, 60, 61))
    seen = version(db_session, request_id)
    line = db_session.scalars(select(RequestLine)).first()
    assert line is not None
    drafts.remove_lines(
        db_session,
        actor=actor(cast.an),
        request_id=request_id,
        version=seen,
        line_ids=[line.id],
        law=regulations.load(),
    )
    with pytest.raises(Conflict):
        moves.cancel(
            db_session, actor=actor(cast.an), request_id=request_id, version=seen, reason="x"
        )
