"""What may have to be reminded of: the matters of the register, each with whom it concerns.

Each kind of matter is read in a fixed number of statements, however long the register is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import VIETNAM
from models import Agency, Certificate, CertificateRequest, Device, Entrustment, RequestLine
from operations import law as house
from operations.calendar import working_calendar
from operations.follow_ups import CODES, DEVICE_RETURN
from rules.days import RENEWAL_DUE_DAYS
from rules.deadlines import answer_clock
from rules.devices import DeviceState
from rules.law import Law
from rules.papers import PaperKind, PaperState
from rules.reminders import CertificateClock, Clock, Matter, certificate_matters
from rules.requests import LineState, RequestKind, RequestState
from rules.serials import display_serial
from schema.custody import FollowUp, Paper
from schema.daily import Reminder
from schema.stocktakes import Stocktake

IN_HANDS = (DeviceState.HANDED_OVER, DeviceState.IN_USE)
LONGEST_MARGIN = 120
"""Days: no margin that an agency may set is longer (`forms/agencies.py`)."""
PROOF_AFTER_DAYS = 7
"""House rule: minutes still without a signed proof after a week are asked for."""


@dataclass(frozen=True)
class Concern:
    """One matter with its agency, the person it is about, and the words that name it."""

    matter: Matter
    agency_id: int
    person_id: int | None
    subject: str


def concerns(session: Session, *, law: Law, since: date, until: date) -> list[Concern]:
    """Every matter of which a stage may begin after `since` and until `until`."""
    return [
        *_certificates(session, since, until),
        *_idle_devices(session, until),
        *_follow_ups(session),
        *_unanswered(session, law, until),
        *_stocktakes(session),
        *_unproven_papers(session),
        *_entrustments(session),
    ]


def _certificates(session: Session, since: date, until: date) -> Iterator[Concern]:
    horizon = until + timedelta(days=RENEWAL_DUE_DAYS + LONGEST_MARGIN)
    rows = session.execute(
        select(
            Certificate.id,
            Certificate.agency_id,
            Certificate.person_id,
            Certificate.chain_id,
            Certificate.common_name,
            Certificate.serial_number,
            Certificate.not_after,
            Certificate.renewals,
            Certificate.created_at,
        ).where(
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= since,
            Certificate.expires_on <= horizon,
        )
    ).all()
    replaced, sent = _replaced(session), _sent(session)
    margins = house.margins(session, {row.agency_id for row in rows})
    for row in rows:
        facts = CertificateClock(
            row.id,
            row.not_after,
            row.renewals,
            row.created_at.astimezone(VIETNAM).date(),
            renewal_sent_on=sent.get((RequestKind.RENEWAL, row.id)),
            settled_on=replaced.get(row.id) or sent.get((RequestKind.ISSUANCE, row.id)),
        )
        subject = f"chứng thư của {row.common_name} (số {display_serial(row.serial_number)})"
        for matter in certificate_matters(facts, margin_days=margins[row.agency_id]):
            yield Concern(matter, row.agency_id, row.person_id, subject)


def _replaced(session: Session) -> Mapping[int, date]:
    """Certificates that have a successor, with the day on which the register learnt of it."""
    rows = session.execute(
        select(Certificate.predecessor_id, func.min(Certificate.created_at))
        .where(Certificate.predecessor_id.is_not(None))
        .group_by(Certificate.predecessor_id)
    )
    return {number: at.astimezone(VIETNAM).date() for number, at in rows if number is not None}


def _sent(session: Session) -> Mapping[tuple[RequestKind, int], date]:
    """The first day on which a letter about a certificate left: renewals, and new issues.

    A line that was refused or withdrawn asks for nothing any more: its clock runs again.
    """
    rows = session.execute(
        select(
            CertificateRequest.kind,
            RequestLine.certificate_id,
            func.min(CertificateRequest.sent_on),
        )
        .join(CertificateRequest, CertificateRequest.id == RequestLine.request_id)
        .where(
            CertificateRequest.kind.in_([RequestKind.RENEWAL, RequestKind.ISSUANCE]),
            CertificateRequest.state.in_([RequestState.SENT, RequestState.COMPLETED]),
            CertificateRequest.sent_on.is_not(None),
            RequestLine.certificate_id.is_not(None),
            RequestLine.state.not_in([LineState.REFUSED, LineState.WITHDRAWN]),
        )
        .group_by(CertificateRequest.kind, RequestLine.certificate_id)
    )
    return {
        (kind, number): day for kind, number, day in rows if number is not None and day is not None
    }


def _idle_devices(session: Session, until: date) -> Iterator[Concern]:
    """Devices in somebody's hands of which every certificate has ended."""
    last = func.max(Certificate.expires_on)
    rows = session.execute(
        select(Device.id, Device.agency_id, Device.holder_id, Device.internal_code, last)
        .join(Certificate, Certificate.device_id == Device.id)
        .where(Device.state.in_(IN_HANDS), Device.holder_id.is_not(None))
        .group_by(Device.id, Device.agency_id, Device.holder_id, Device.internal_code)
        .having(last < until)
    )
    for number, agency, holder, code, ended in rows:
        day = ended + timedelta(days=1)
        matter = Matter(Clock.RETURN_PROMPT, "device", number, day, day, day)
        yield Concern(matter, agency, holder, f"thiết bị {code}")


def _follow_ups(session: Session) -> Iterator[Concern]:
    """Devices that a notice of revocation calls back, and steps of incidents with a day."""
    rows = session.scalars(
        select(FollowUp).where(FollowUp.done_at.is_(None), FollowUp.due_on.is_not(None))
    )
    for row in rows:
        if row.due_on is None:
            continue
        if row.code in CODES[DEVICE_RETURN]:
            which, begins = Clock.DEVICE_RETURN, row.due_on - timedelta(days=7)
        elif row.noun == "incident":
            which, begins = Clock.INCIDENT_STEP, row.due_on
        else:
            continue
        matter = Matter(which, "follow_up", row.id, row.due_on, row.due_on, begins)
        yield Concern(matter, row.agency_id, row.person_id, f"việc “{row.sentence.rstrip('.')}”")


def _unanswered(session: Session, law: Law, until: date) -> Iterator[Concern]:
    """Letters that were received and whose answer is due."""
    rows = session.execute(
        select(
            CertificateRequest.id,
            CertificateRequest.agency_id,
            CertificateRequest.kind,
            CertificateRequest.received_on,
        ).where(
            CertificateRequest.state == RequestState.SENT,
            CertificateRequest.received_on.is_not(None),
        )
    ).all()
    calendar = working_calendar(session, today=until)
    for row in rows:
        clock = answer_clock(row.kind, row.received_on, on=until, law=law, calendar=calendar)
        if clock is not None:
            day = clock.due_on
            matter = Matter(Clock.REQUEST_ANSWER, "certificate_request", row.id, day, day, day)
            yield Concern(matter, row.agency_id, None, f"đề nghị số {row.id} trong sổ")


def _stocktakes(session: Session) -> Iterator[Concern]:
    rows = session.scalars(select(Stocktake).where(Stocktake.closed_at.is_(None)))
    for row in rows:
        begins = row.opened_at.astimezone(VIETNAM).date()
        matter = Matter(Clock.STOCKTAKE, "stocktake", row.id, row.due_on, row.due_on, begins)
        yield Concern(matter, row.agency_id, None, f"đợt kiểm kê “{row.name}”")


def _unproven_papers(session: Session) -> Iterator[Concern]:
    rows = session.scalars(
        select(Paper).where(Paper.state == PaperState.ISSUED, Paper.kind == PaperKind.HANDOVER)
    )
    for row in rows:
        day = row.made_on + timedelta(days=PROOF_AFTER_DAYS)
        matter = Matter(Clock.RECEIPT_PROOF, "paper", row.id, day, row.made_on, day)
        number = f" số {row.number}" if row.number else ""
        subject = f"biên bản bàn giao{number} ngày {row.made_on:%d/%m/%Y}"
        yield Concern(matter, row.agency_id, row.receiver_id, subject)


def _entrustments(session: Session) -> Iterator[Concern]:
    rows = session.execute(
        select(Entrustment, Certificate.agency_id, Certificate.common_name)
        .join(Certificate, Certificate.id == Entrustment.certificate_id)
        .where(Entrustment.until_on.is_not(None), Certificate.revoked_at.is_(None))
    )
    for row, agency, name in rows:
        if row.until_on is not None:
            until = row.until_on
            matter = Matter(Clock.ENTRUSTMENT_END, "entrustment", row.id, until, until, row.from_on)
            yield Concern(matter, agency, row.person_id, f"việc giao thiết bị của {name}")


def late_comers(
    session: Session, found: list[Concern], *, since: date | None, until: date
) -> list[Concern]:
    """Let what the ledger has never told of begin on the first day that is asked about now.

    Entered after the run of its day, or with a day long gone, it would else be told of only when
    its next stage comes. Of the stages gone by only the latest is said. `since` is the last day
    asked about before, None for a register that has never reminded of anything.
    """
    rows = session.execute(select(Reminder.noun, Reminder.object_id, Reminder.clock))
    told = {(noun, number, clock) for noun, number, clock in rows}
    first = until if since is None else since + timedelta(days=1)
    return [
        one
        if (one.matter.noun, one.matter.object_id, one.matter.clock.name) in told
        else replace(one, matter=replace(one.matter, begins_on=max(one.matter.begins_on, first)))
        for one in found
    ]


def agency_paths(session: Session, ids: set[int]) -> Mapping[int, str]:
    """The places in the tree of these agencies; one statement."""
    rows = session.scalars(select(Agency).where(Agency.id.in_(ids)))
    return {row.id: row.path for row in rows}
