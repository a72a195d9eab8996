"""What requests ask of a person today: to be decided, signed, sent, copied, followed, handled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import Row, func, select

import regulations
from extensions import db
from models import (
    Agency,
    Certificate,
    CertificateRequest,
    Device,
    RequestLine,
    RequestSending,
    User,
)
from operations.revocation_notices import RECALL
from rules.days import last_receipt_on
from rules.deadlines import answer_clock
from rules.devices import DeviceState
from rules.permissions import Permission
from rules.requests import LEFT_THE_HOUSE, RequestKind, RequestState
from rules.working_days import WorkingCalendar
from schema.custody import FollowUp
from views.current_law import calendar_on
from views.guards import Account
from views.home_work import MOST_ROWS, Group, Task, group_of
from views.request_handling import addressed_here

WAITING_LONG_DAYS = 7  # house rule: after a week without an answer, ask

# A letter by what it asks for, with how many subjects it has.
ASKS: Mapping[RequestKind, str] = {
    RequestKind.ISSUANCE: "cấp mới {} chứng thư",
    RequestKind.RENEWAL: "gia hạn {} chứng thư",
    RequestKind.AMENDMENT: "thay đổi thông tin {} chứng thư",
    RequestKind.REVOCATION: "thu hồi {} chứng thư",
    RequestKind.UNLOCK: "khôi phục {} thiết bị",
}
DATED = (RequestKind.RENEWAL, RequestKind.AMENDMENT)  # Điều 12 and 14: 30 days at receipt


@dataclass(frozen=True)
class Duty:
    """Who must do what with a request in one state."""

    permission: Permission
    what: str
    action: str
    endpoint: str


_P, _S = Permission, RequestState
DUTIES: dict[RequestState, Duty] = {
    _S.RETURNED: Duty(
        _P.CERTIFICATE_REQUEST_DRAFT, "Sửa lại", "Xem lý do, sửa", "certificate_requests.show"
    ),
    _S.DRAFT: Duty(
        _P.CERTIFICATE_REQUEST_SUBMIT,
        "Hoàn thiện và trình",
        "Mở dự thảo",
        "certificate_requests.show",
    ),
    _S.AWAITING_APPROVAL: Duty(
        _P.CERTIFICATE_REQUEST_APPROVE, "Duyệt", "Xem và duyệt", "request_acts.decide"
    ),
    _S.APPROVED: Duty(_P.CERTIFICATE_REQUEST_SIGN, "Ký", "Xem và ký", "certificate_requests.show"),
    _S.SIGNED: Duty(
        _P.CERTIFICATE_REQUEST_NUMBER, "Ghi số, ngày cho", "Ghi số và ngày", "request_acts.number"
    ),
    _S.NUMBERED: Duty(
        _P.CERTIFICATE_REQUEST_SEAL,
        "Ký số của cơ quan cho",
        "Mở để ký",
        "certificate_requests.show",
    ),
    _S.SEALED: Duty(
        _P.CERTIFICATE_REQUEST_RECORD_SENDING, "Gửi", "Ghi nhận đã gửi", "request_tracking.sending"
    ),
    _S.SENT: Duty(
        _P.CERTIFICATE_REQUEST_RECORD_RESULT,
        "Theo dõi kết quả",
        "Ghi kết quả",
        "certificate_requests.show",
    ),
}


def requests_on_the_way(person: Account) -> Sequence[Row[Any]]:
    """Requests in a state in which this person may have to act; one statement."""
    states = [state for state, duty in DUTIES.items() if person.can(duty.permission)]
    if not states:
        return []
    scope = person.scope(Permission.CERTIFICATE_REQUEST_VIEW)
    of_request = RequestLine.request_id == CertificateRequest.id
    first_end = (
        select(func.min(Certificate.expires_on))
        .join(RequestLine, RequestLine.certificate_id == Certificate.id)
        .where(of_request, RequestLine.is_open)
        .correlate(CertificateRequest)
        .scalar_subquery()
    )
    lines = select(func.count(RequestLine.id)).where(of_request).scalar_subquery()
    return db.session.execute(
        select(
            CertificateRequest.id,
            CertificateRequest.state,
            CertificateRequest.agency_id,
            CertificateRequest.kind,
            CertificateRequest.sent_on,
            CertificateRequest.received_on,
            CertificateRequest.drafted_by_id,
            CertificateRequest.signer_id,
            Agency.name.label("agency"),
            User.display_name.label("drafter"),
            first_end.label("first_end"),
            lines.label("lines"),
        )
        .join(Agency, Agency.id == CertificateRequest.agency_id)
        .join(User, User.id == CertificateRequest.drafted_by_id)
        .where(scope.clause(CertificateRequest.agency_id), CertificateRequest.state.in_(states))
        .order_by(CertificateRequest.id)
        .limit(MOST_ROWS)
    ).all()


def request_tasks(rows: Sequence[Row[Any]], person: Account, today: date) -> list[Task]:
    """The requests that wait for this person, not for somebody else; one statement at most."""
    own = [row for row in rows if _is_theirs(row, person)]
    received = any(row.state is RequestState.SENT and row.received_on for row in own)
    calendar = calendar_on(today) if received else WorkingCalendar()
    return [_request_task(row, today, calendar) for row in own]


def _is_theirs(row: Row[Any], person: Account) -> bool:
    if not person.scope(DUTIES[row.state].permission).covers(row.agency_id):
        return False
    if row.state is RequestState.AWAITING_APPROVAL:
        return bool(row.drafted_by_id != person.user.id)  # the drafter does not approve
    if row.state is RequestState.APPROVED:
        return bool(row.signer_id == person.user.person_id)
    return True


def _request_task(row: Row[Any], today: date, calendar: WorkingCalendar) -> Task:
    duty = DUTIES[row.state]
    what = f"{duty.what} văn bản {ASKS[row.kind].format(row.lines)}"
    who = f"{row.agency} · số {row.id} trong sổ · {row.drafter} soạn"
    url = url_for(duty.endpoint, request_id=row.id)
    if row.state is RequestState.SENT and row.sent_on is not None:
        group, said = _waiting(row, today, calendar)
        return Task(group, what, who, url, duty.action, said=said)
    if row.kind not in DATED:
        return Task(Group.WEEK, what, who, url, duty.action, said="đang chờ anh/chị")
    if row.first_end is None:
        return Task(Group.WEEK, what, who, url, duty.action, said="chưa có chứng thư nào")
    due_on = last_receipt_on(row.first_end)
    group = group_of(due_on, today)
    if row.state is not RequestState.DRAFT:  # somebody is waiting: that is this week's work
        group = min(group, Group.WEEK)
    return Task(
        group,
        what,
        who,
        url,
        duty.action,
        due_on=due_on,
        to_do="" if group is Group.OVERDUE else "nộp",
        then="chỉ còn cấp mới" if group is Group.OVERDUE else "sau đó chỉ còn cấp mới",
    )


def _waiting(row: Row[Any], today: date, calendar: WorkingCalendar) -> tuple[Group, str]:
    """How a letter stands that has left: the clock of its answer, or how long it has been away."""
    clock = None
    if row.received_on is not None:
        law = regulations.load()
        clock = answer_clock(row.kind, row.received_on, on=today, law=law, calendar=calendar)
    if clock is None:
        days = (today - row.sent_on).days
        said = f"gửi ngày {row.sent_on:%d/%m/%Y}, {days} ngày chưa có trả lời"
        return (Group.WEEK if days >= WAITING_LONG_DAYS else Group.MONTH), said
    expected = " (dự kiến, theo thủ tục cũ)" if clock.is_expected else ""
    if clock.is_overdue:
        late = -clock.working_days_left
        return Group.OVERDUE, f"nơi nhận đã quá hạn trả lời {late} ngày làm việc{expected}"
    return Group.MONTH, f"chờ trả lời đến {clock.due_on:%d/%m/%Y}{expected}"


def copy_tasks(person: Account) -> list[Task]:
    """Copies that are still owed after the letter has left; one statement."""
    if not person.can(Permission.CERTIFICATE_REQUEST_RECORD_SENDING):
        return []
    scope = person.scope(Permission.CERTIFICATE_REQUEST_RECORD_SENDING)
    rows = db.session.execute(
        select(
            RequestSending.id,
            RequestSending.recipient,
            CertificateRequest.id.label("request_id"),
            CertificateRequest.sent_on,
            Agency.name.label("agency"),
        )
        .join(CertificateRequest, CertificateRequest.id == RequestSending.request_id)
        .join(Agency, Agency.id == CertificateRequest.agency_id)
        .where(
            scope.clause(CertificateRequest.agency_id),
            CertificateRequest.state.in_(LEFT_THE_HOUSE),
            RequestSending.is_copy,
            RequestSending.sent_on.is_(None),
        )
        .order_by(RequestSending.id)
        .limit(MOST_ROWS)
    )
    return [
        Task(
            Group.WEEK,
            f"Gửi bản sao cho {row.recipient}",
            f"{row.agency} · số {row.request_id} trong sổ",
            url_for("request_tracking.copy", request_id=row.request_id, sending_id=row.id),
            "Ghi đã gửi bản sao",
            said=f"văn bản đã gửi ngày {row.sent_on:%d/%m/%Y}" if row.sent_on else "còn nợ",
        )
        for row in rows
    ]


def recall_tasks(person: Account, today: date) -> list[Task]:
    """Devices to be handed to the authority after a notice of revocation; one statement."""
    if not person.can(Permission.CUSTODY_MOVE):
        return []
    rows = db.session.execute(
        select(FollowUp.sentence, FollowUp.due_on, FollowUp.device_id, Agency.name.label("agency"))
        .join(Agency, Agency.id == FollowUp.agency_id)
        .join(Device, Device.id == FollowUp.device_id)
        .where(
            person.scope(Permission.CUSTODY_MOVE).clause(FollowUp.agency_id),
            FollowUp.code == RECALL,
            FollowUp.done_at.is_(None),
            Device.state.not_in([DeviceState.RETURNED_TO_CA, DeviceState.LOST]),
        )
        .order_by(FollowUp.due_on, FollowUp.id)
        .limit(MOST_ROWS)
    )
    return [
        Task(
            group_of(row.due_on or today, today),
            row.sentence,
            row.agency,
            url_for("devices.show", device_id=row.device_id),
            "Mở thiết bị",
            due_on=row.due_on,
            then="05 ngày làm việc từ ngày nhận thông báo thu hồi",
        )
        for row in rows
    ]


def handling_tasks(person: Account) -> list[Task]:
    """Requests addressed to the person's department that are not answered; one statement."""
    if not person.can(Permission.CERTIFICATE_REQUEST_HANDLE):
        return []
    lines = (
        select(func.count(RequestLine.id))
        .where(RequestLine.request_id == CertificateRequest.id, RequestLine.is_open)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            CertificateRequest.id,
            CertificateRequest.kind,
            CertificateRequest.sent_on,
            CertificateRequest.received_on,
            Agency.name.label("agency"),
            lines.label("lines"),
        )
        .join(Agency, Agency.id == CertificateRequest.agency_id)
        .where(addressed_here(), CertificateRequest.state == RequestState.SENT)
        .order_by(CertificateRequest.id)
        .limit(MOST_ROWS)
    )
    return [
        Task(
            Group.WEEK,
            ("Trả lời" if row.received_on else "Tiếp nhận")
            + f" đề nghị {ASKS[row.kind].format(row.lines)}",
            row.agency,
            url_for("request_handling.show", request_id=row.id),
            "Trả lời từng dòng" if row.received_on else "Xem và tiếp nhận",
            said=f"tiếp nhận ngày {row.received_on:%d/%m/%Y}"
            if row.received_on
            else f"gửi ngày {row.sent_on:%d/%m/%Y}",
        )
        for row in rows
    ]
