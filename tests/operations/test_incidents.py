"""Incidents: what a report moves and proposes, what closes a step, and what finding undoes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from audit import Actor
from models import AuditEvent, CertificateRequest, Device, Person, RequestLine
from operations import custody, follow_ups, incident_papers, incidents, papers
from operations.custody_checks import RefusedByRule
from operations.incident_papers import Wanted
from operations.incidents import Report
from operations.request_documents import Drawn
from operations.transactions import Refused, transaction
from rules.devices import DeviceState
from rules.incidents import IncidentKind, IncidentStep
from rules.lifecycle import CustodyAct
from rules.papers import PaperFileRole, PaperState
from rules.requests import LineState, RequestKind, RequestState
from schema.custody import Incident, Paper
from tests import factories
from tests.cast import NOW, Cast

LAW = regulations.load()
MakeActor = Callable[..., Actor]
K = IncidentKind


@pytest.fixture
def token(db_session: Session, cast: Cast) -> Device:
    """Em's token with a certificate that holds."""
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        row = factories.device(db_session, cast.office_a, "TB-7", em, serial="5410AB12")
        factories.certificate(db_session, em, token=row)
    return row


@pytest.fixture
def em(actor: MakeActor, cast: Cast) -> Actor:
    return actor(cast.em, cast.person_em)


@pytest.fixture
def an(actor: MakeActor, cast: Cast) -> Actor:
    return actor(cast.an, cast.person_an)


def told(session: Session, who: Actor, token: Device, kind: IncidentKind = K.LOSS) -> Incident:
    wish = Report(kind, token.id, NOW - timedelta(hours=2), circumstances="Mất ở trụ sở")
    number = incidents.report(session, actor=who, wish=wish, law=LAW)
    return session.get_one(Incident, number)


def open_codes(session: Session, row: Incident) -> list[str]:
    rows = follow_ups.of(session, incidents.NOUN, row.id)
    return [one.code.removeprefix("incident.") for one in rows if one.done_at is None]


def draw(_paper: Paper) -> Drawn:
    return Drawn(b"%PDF-1.7 " + str(_paper.id).encode())


def sent_revocation(session: Session, cast: Cast, token: Device) -> None:
    """Mẫu số 05 has left the house today."""
    with transaction(session):
        letter = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.REVOCATION,
            state=RequestState.SENT,
            addressee="Cục",
            planned_receipt_on=factories.day(0),
            drafted_by_id=cast.an,
            created_at=NOW,
            sent_on=factories.day(0),
        )
        session.add(letter)
        session.flush()
        certificate = session.get_one(Device, token.id).certificates[0]
        session.add(
            RequestLine(
                request_id=letter.id,
                position=1,
                state=LineState.OPEN,
                certificate_id=certificate.id,
            )
        )


@pytest.mark.parametrize(
    ("kind", "state", "steps"),
    [
        (
            K.LOSS,
            DeviceState.MISSING,
            "immediate_measures report loss_minutes revocation reissue cause_and_prevention",
        ),
        (
            K.DAMAGE,
            DeviceState.DAMAGED,
            "report revocation device_return reissue cause_and_prevention",
        ),
        (K.LOCK, DeviceState.LOCKED, "unlock cause_and_prevention"),
        (
            K.SUSPECTED_MISUSE,
            DeviceState.IN_USE,
            "immediate_measures report revocation device_return reissue cause_and_prevention",
        ),
    ],
)
def test_a_report_moves_the_device_and_proposes_its_steps(
    db_session: Session, em: Actor, token: Device, kind: K, state: DeviceState, steps: str
) -> None:
    row = told(db_session, em, token, kind)
    assert db_session.get_one(Device, token.id).state is state
    assert open_codes(db_session, row) == steps.split()
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert (event.event, event.noun) == ("incident.reported", "incident")
    assert "trụ sở" not in event.body


def test_what_is_refused_leaves_no_incident(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    good = Report(K.LOCK, token.id, NOW)
    for wish in (
        replace(good, noticed_at=NOW + timedelta(hours=1)),
        replace(good, circumstances="Mã PIN: 123456"),
    ):
        with pytest.raises(RefusedByRule):
            incidents.report(db_session, actor=em, wish=wish, law=LAW)
    with pytest.raises(RefusedByRule, match="đầu mối"):
        incidents.report(db_session, actor=an, wish=good, law=LAW)
    assert db_session.scalars(select(Incident)).all() == []
    incidents.report(db_session, actor=em, wish=good, law=LAW)
    with pytest.raises(Refused, match="đã được báo"):
        incidents.report(db_session, actor=em, wish=good, law=LAW)


def test_the_focal_point_reports_for_somebody_with_the_time_of_the_notice(
    db_session: Session, an: Actor, token: Device
) -> None:
    wish = Report(K.LOSS, token.id, NOW - timedelta(days=3), True, "gọi điện")
    number = incidents.report(db_session, actor=an, wish=wish, law=LAW, is_focal_point=True)
    row = db_session.get_one(Incident, number)
    assert (row.on_behalf, row.told_how) == (True, "gọi điện")
    steps = follow_ups.of(db_session, incidents.NOUN, number)
    late = [one.code for one in steps if one.due_on and one.due_on < factories.day(0)]
    assert "incident.report" in late


def test_found_before_the_letter_went_out_everything_is_as_before(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token)
    made = incident_papers.make_loss_minutes(
        db_session, actor=an, incident_id=row.id, version=row.version, wanted=Wanted({}), draw=draw
    )
    row = db_session.get_one(Incident, row.id)
    assert incidents.found(db_session, actor=an, incident_id=row.id, version=row.version, law=LAW)
    device = db_session.get_one(Device, token.id)
    assert (device.state, device.holder_id) == (DeviceState.IN_USE, em.person_id)
    assert db_session.get_one(Paper, made).state is PaperState.CANCELLED
    left = open_codes(db_session, row)
    assert left == ["immediate_measures", "report", "cause_and_prevention"]


def test_found_after_the_letter_went_out_it_waits_to_be_recalled(
    db_session: Session, em: Actor, an: Actor, token: Device, cast: Cast
) -> None:
    row = told(db_session, em, token)
    sent_revocation(db_session, cast, token)
    assert not incidents.found(
        db_session, actor=an, incident_id=row.id, version=row.version, law=LAW
    )
    assert db_session.get_one(Device, token.id).state is DeviceState.AWAITING_RECALL
    assert "device_return" in open_codes(db_session, row)


def test_found_after_its_incident_was_ended_it_opens_again(
    db_session: Session, em: Actor, an: Actor, token: Device, cast: Cast
) -> None:
    row = told(db_session, em, token)
    sent_revocation(db_session, cast, token)
    for one in follow_ups.of(db_session, incidents.NOUN, row.id):
        if one.done_at is None:
            follow_ups.waive(db_session, actor=an, follow_up_id=one.id, reason="Đã làm trên giấy")
    incidents.close(db_session, actor=an, incident_id=row.id, version=row.version)
    version = db_session.get_one(Incident, row.id).version
    incidents.found(db_session, actor=an, incident_id=row.id, version=version, law=LAW)
    row = db_session.get_one(Incident, row.id)
    assert row.closed_at is None
    assert open_codes(db_session, row) == ["device_return"]
    assert db_session.get_one(Device, token.id).state is DeviceState.AWAITING_RECALL


def test_the_signed_minutes_of_a_loss_make_the_device_lost(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token)
    for _ in range(2):  # Made anew, the first draft is cancelled.
        row = db_session.get_one(Incident, row.id)
        made = incident_papers.make_loss_minutes(
            db_session,
            actor=an,
            incident_id=row.id,
            version=row.version,
            wanted=Wanted({"lost_where": "Trụ sở"}),
            draw=draw,
        )
    states = db_session.scalars(select(Paper.state).order_by(Paper.id)).all()
    assert states == [PaperState.CANCELLED, PaperState.ISSUED]
    papers.add_evidence(
        db_session,
        actor=an,
        paper_id=made,
        role=PaperFileRole.SCAN,
        content=b"scan",
        media_type="image/png",
        name="mau-09.png",
    )
    assert db_session.get_one(Device, token.id).state is DeviceState.LOST
    assert "loss_minutes" not in open_codes(db_session, row)


def test_an_incident_ends_only_when_every_step_is_done_or_waived(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token, K.LOCK)
    with pytest.raises(Refused, match="còn 2 việc"):
        incidents.close(db_session, actor=an, incident_id=row.id, version=row.version)
    texts = {"cause": "Nhập sai nhiều lần", "prevention": "Tập huấn"}
    assert incidents.write(
        db_session, actor=an, incident_id=row.id, version=row.version, texts=texts
    )
    step = follow_ups.of(db_session, incidents.NOUN, row.id)[0]
    follow_ups.waive(db_session, actor=an, follow_up_id=step.id, reason="Nhớ lại được")
    row = db_session.get_one(Incident, row.id)
    with pytest.raises(Refused, match="vẫn đang bị khóa"):
        incidents.close(db_session, actor=an, incident_id=row.id, version=row.version)
    custody.move(
        db_session,
        actor=an,
        device_ids=[token.id],
        act=CustodyAct.UNLOCK_DONE,
        on=an.today,
        law=LAW,
    )
    row = db_session.get_one(Incident, row.id)
    incidents.close(db_session, actor=an, incident_id=row.id, version=row.version)
    row = db_session.get_one(Incident, row.id)
    assert row.closed_at is not None
    with pytest.raises(Refused, match="đã kết thúc"):
        incidents.write(
            db_session, actor=an, incident_id=row.id, version=row.version, texts={"cause": "?"}
        )


def test_a_section_that_tells_a_pin_is_refused(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token)
    with pytest.raises(RefusedByRule, match="mật khẩu"):
        incidents.write(
            db_session,
            actor=an,
            incident_id=row.id,
            version=row.version,
            texts={"measures": "đã đổi mã PIN thành 87654321"},
        )


def test_a_second_loss_within_a_year_is_called_a_recurrence(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    first = told(db_session, em, token)
    assert incidents.recurrences(db_session, first) == []
    incidents.found(db_session, actor=an, incident_id=first.id, version=first.version, law=LAW)
    for one in follow_ups.of(db_session, incidents.NOUN, first.id):
        if one.done_at is None:
            follow_ups.waive(db_session, actor=an, follow_up_id=one.id, reason="Không cần")
    first = db_session.get_one(Incident, first.id)
    incidents.close(db_session, actor=an, incident_id=first.id, version=first.version)
    second = told(db_session, em, token)
    assert [one.id for one in incidents.recurrences(db_session, second)] == [first.id]


def test_the_report_step_is_done_when_its_paper_was_sent(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token)
    made = incident_papers.make_report(
        db_session,
        actor=an,
        incident_id=row.id,
        version=row.version,
        wanted=Wanted({"description": "Mất ở trụ sở"}),
        recurrences=0,
        draw=draw,
    )
    assert "report" in open_codes(db_session, row)
    paper = db_session.get_one(Paper, made)
    papers.give_number(db_session, actor=an, paper_id=made, version=paper.version, number="7/BC")
    papers.add_evidence(
        db_session,
        actor=an,
        paper_id=made,
        role=PaperFileRole.SCAN,
        content=b"scan",
        media_type="image/png",
        name="bao-cao.png",
    )
    paper = db_session.get_one(Paper, made)
    papers.record_sending(
        db_session,
        actor=an,
        paper_id=made,
        version=paper.version,
        sent_on=an.today,
        channel="POST",
        reference="",
    )
    assert "report" not in open_codes(db_session, row)
    known = incidents.as_rule(row, follow_ups.of(db_session, incidents.NOUN, row.id))
    assert set(known.done) == {IncidentStep.REPORT}


def test_a_mistaken_report_is_withdrawn_with_its_reason_and_the_log_keeps_both(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token, K.DAMAGE)
    with pytest.raises(Refused, match="lý do"):
        incidents.withdraw(
            db_session, actor=an, incident_id=row.id, version=row.version, reason=" "
        )
    incidents.withdraw(
        db_session, actor=an, incident_id=row.id, version=row.version, reason="Cổng USB hỏng"
    )
    row = db_session.get_one(Incident, row.id)
    assert db_session.get_one(Device, token.id).state is DeviceState.IN_USE
    assert (open_codes(db_session, row), row.cause) == ([], "Báo nhầm: Cổng USB hỏng")
    events = db_session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
    assert events[-2:] == ["incident.reported", "incident.withdrawn"]


def test_a_report_whose_device_has_moved_on_is_not_withdrawn(
    db_session: Session, em: Actor, an: Actor, token: Device
) -> None:
    row = told(db_session, em, token, K.LOCK)
    custody.move(
        db_session, actor=an, device_ids=[token.id], act=CustodyAct.UNLOCK_DONE, on=an.today,
        law=LAW,
    )  # fmt: skip
    row = db_session.get_one(Incident, row.id)
    with pytest.raises(Refused, match="thao tác sau"):
        incidents.withdraw(
            db_session, actor=an, incident_id=row.id, version=row.version, reason="Nhầm"
        )
