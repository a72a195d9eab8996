"""Thông báo thu hồi chứng thư: the certificate ends, and the clock of its device starts.

Ground of the clock: Điều 20 NĐ 68/2024/NĐ-CP, 5 working days from the receipt of the notice.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import VIETNAM, Actor
from models import Certificate, CertificateRequest, Device, RequestLine
from operations import follow_ups
from operations import law as house
from operations.calendar import working_calendar
from operations.request_devices import move_device
from operations.request_documents import Upload, keep, record
from operations.request_results import check_day, close, settle
from operations.request_rows import NOUN, load_for_change, move
from operations.transactions import Refused, transaction
from rules.documents import DocumentKind
from rules.law import Law
from rules.lifecycle import CustodyAct
from rules.recalls import CertificateOnDevice, RecallFacts, RecallStage, check_recall, recall_clock
from rules.requests import LineState, RequestAct, RequestKind

RECALL = "request.device_return"


@dataclass(frozen=True)
class Notice:
    """What the notice says: when it came, since when these lines' certificates are revoked."""

    received_on: date
    revoked_on: date
    line_ids: tuple[int, ...]
    proof: Upload


def record_notice(
    session: Session, *, actor: Actor, request_id: int, version: int, notice: Notice, law: Law
) -> None:
    """Write down a notice of revocation: lines granted, certificates ended, devices to be recalled.

    Raises `Refused` for days that cannot be and for lines that are closed, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        if request.kind is not RequestKind.REVOCATION:
            raise Refused("Chỉ đề nghị thu hồi mới có thông báo thu hồi chứng thư.")
        move(request, RequestAct.RECORD_ANSWER)
        check_day(request, notice.received_on, actor)
        if notice.revoked_on > notice.received_on:
            raise Refused("Ngày thu hồi không được sau ngày nhận thông báo.")
        lines = _lines(request, notice)
        sha256 = keep(session, request, actor, DocumentKind.RESULT_NOTICE, notice.proof)
        for line in lines:
            _revoke(session, actor, line, notice.revoked_on)
            close(line, LineState.GRANTED, notice.received_on)
        act = settle(request, notice.received_on)
        _start_recalls(session, actor, request, lines, notice.received_on, law)
        closed = act is RequestAct.RECORD_COMPLETION
        record(
            session,
            f"certificate_request.{'completed' if closed else 'line_answered'}",
            request,
            actor,
            document_sha256=sha256,
            done=len(lines),
            refused=0,
            day=notice.received_on.isoformat(),
        )


def _lines(request: CertificateRequest, notice: Notice) -> list[RequestLine]:
    wanted = set(notice.line_ids)
    lines = [one for one in request.lines if one.id in wanted and one.is_open]
    if not lines or len(lines) != len(wanted):
        raise Refused("Chọn các dòng còn chờ kết quả mà thông báo nêu.")
    return lines


def _revoke(session: Session, actor: Actor, line: RequestLine, on: date) -> None:
    certificate = line.certificate
    if certificate is None:
        return
    # The notice names a day; the certificate counts as revoked from its beginning in Vietnam.
    certificate.revoked_at = datetime.combine(on, time.min, tzinfo=VIETNAM)
    certificate.revocation_reason = line.revocation_ground or None
    certificate.version += 1
    audit.record(
        session,
        "certificate.changed",
        actor=actor,
        noun="certificate",
        object_id=certificate.id,
        agency_id=certificate.agency_id,
        changed=["revocation_reason", "revoked_at"],
    )


def _start_recalls(
    session: Session,
    actor: Actor,
    request: CertificateRequest,
    lines: list[RequestLine],
    received_on: date,
    law: Law,
) -> None:
    """One thing to do for each device whose clock the notice has started."""
    devices = {
        one.certificate.device.id: one.certificate.device
        for one in lines
        if one.certificate is not None and one.certificate.device is not None
    }
    own = house.law_for(law, request.agency)
    calendar = working_calendar(session, today=actor.today)
    for device in devices.values():
        facts = recall_facts(session, device, received_on)
        clock = recall_clock(facts, on=actor.today, law=own, calendar=calendar)
        running = clock.stage in (RecallStage.RUNNING, RecallStage.OVERDUE)
        still_used = any(one.ended_on(actor.today) is None for one in facts.certificates)
        if not running or still_used:
            continue
        told = check_recall(facts, on=actor.today, law=own, calendar=calendar)[0]
        item = follow_ups.Item(
            RECALL,
            f"Thu hồi thiết bị {device.internal_code} và bàn giao về Cục (Mẫu số 08)",
            told.basis,
            due_on=clock.due_on,
            person_id=device.holder_id,
            device_id=device.id,
        )
        follow_ups.propose(
            session,
            actor,
            noun=NOUN,
            object_id=request.id,
            agency_id=device.agency_id,
            items=[item],
        )
        reason = f"Nhận thông báo thu hồi theo đề nghị số {request.id} trong sổ."
        move_device(session, actor, device, CustodyAct.AWAIT_RECALL, on=received_on, reason=reason)


def recall_facts(session: Session, device: Device, received_on: date) -> RecallFacts:
    """The facts on which `rules.recalls` decides, after the notice of that day."""
    rows = session.execute(
        select(Certificate.not_after, Certificate.revoked_at).where(
            Certificate.device_id == device.id
        )
    )
    return RecallFacts(
        label=device.internal_code,
        kind=device.kind,
        state=device.state,
        certificates=tuple(CertificateOnDevice(*row) for row in rows),
        notice_received_on=received_on,
    )
