"""The register of requests: newest first, filtered by words in plain sight, paged by number."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

import clock
import regulations
from extensions import db
from labels import label
from models import Agency, CertificateRequest, RequestLine, RequestSending
from operations.request_sendings import copies_owed
from rules.deadlines import AnswerClock, answer_clock, answer_period, last_overdue_receipt
from rules.law import Law
from rules.permissions import Permission
from rules.requests import LineState, RequestKind, RequestState
from rules.working_days import WorkingCalendar
from views.current_law import calendar_on
from views.guards import account, below
from views.register_pages import agencies, member

PER_PAGE = 50
COUNTED_UP_TO = 1000
VIEW = Permission.CERTIFICATE_REQUEST_VIEW

OVERDUE, COPIES, UNRECEIVED, RETURNED = "qua-han", "no-ban-sao", "chua-tiep-nhan", "bi-tra"
WORK = (
    ("", "tất cả"),
    (OVERDUE, "nơi nhận quá hạn trả lời"),
    (COPIES, "còn nợ bản sao"),
    (UNRECEIVED, "đã gửi, chưa ghi tiếp nhận"),
    (RETURNED, "có dòng bị trả lại"),
)


def overdue(today: date, calendar: WorkingCalendar, law: Law) -> ColumnElement[bool]:
    """Requests whose answer is overdue on a day; the same rows as `AnswerClock.is_overdue`.

    The periods are those of the decree: no regulation of a province sets another.
    """
    ways = []
    for kind in RequestKind:
        period = answer_period(kind, on=today, law=law)
        if period is not None:
            last = last_overdue_receipt(period.number, on=today, calendar=calendar)
            ways.append(
                and_(CertificateRequest.kind == kind, CertificateRequest.received_on <= last)
            )
    return and_(CertificateRequest.state == RequestState.SENT, or_(*ways))


def owes_copies() -> ColumnElement[bool]:
    """Requests that have left and of which a copy is still owed."""
    return and_(
        CertificateRequest.sent_on.is_not(None),
        CertificateRequest.state != RequestState.CANCELLED,
        exists().where(
            RequestSending.request_id == CertificateRequest.id,
            RequestSending.is_copy,
            RequestSending.sent_on.is_(None),
        ),
    )


def _work(wanted: str, today: date, calendar: WorkingCalendar) -> ColumnElement[bool] | None:
    if wanted == OVERDUE:
        return overdue(today, calendar, regulations.load())
    if wanted == COPIES:
        return owes_copies()
    if wanted == UNRECEIVED:
        sent = CertificateRequest.state == RequestState.SENT
        return and_(sent, CertificateRequest.received_on.is_(None))
    if wanted == RETURNED:
        of_request = RequestLine.request_id == CertificateRequest.id
        again = RequestLine.__table__.alias("again")
        return exists().where(
            of_request,
            RequestLine.state == LineState.REFUSED,
            ~exists().where(again.c.previous_id == RequestLine.id),
        )
    return None


def found_by(sought: str) -> ColumnElement[bool]:
    """Requests with this number in the register, of the letter, or of the dossier."""
    ways = [
        CertificateRequest.document_number == sought.split("/")[0],
        CertificateRequest.dossier_code == sought,
    ]
    if sought.isdecimal() and len(sought) < 19:
        ways.append(CertificateRequest.id == int(sought))
    return or_(*ways)


def register_page() -> ResponseReturnValue:
    """The page at /de-nghi; a fixed number of statements."""
    given = {name: request.args.get(name, "").strip() for name in ("trang-thai", "loai", "viec")}
    sought = request.args.get("tim", "").strip()[:80]
    today = clock.today()
    calendar = calendar_on(today)
    place = agencies(VIEW, request.args.get("don-vi", type=int))
    where = _where(given, sought, today, calendar)
    if place.path:
        where.append(CertificateRequest.agency_id.in_(select(Agency.id).where(below(place.path))))
    before = request.args.get("truoc", type=int)
    rows = _rows([*where, CertificateRequest.id < before] if before else where)
    some = select(CertificateRequest.id).where(*where).limit(COUNTED_UP_TO + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(some)) or 0
    kept: dict[str, Any] = {**given, "tim": sought, "don-vi": request.args.get("don-vi", "")}
    following = rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None
    shown = rows[:PER_PAGE]
    law = regulations.load()
    return render_template(
        "request_acts/register.html",
        rows=shown,
        clocks={row.id: _clock(row, law, today, calendar) for row in shown},
        owed={row.id: len(copies_owed(row)) for row in shown if row.sent_on},
        count=min(count, COUNTED_UP_TO),
        capped=count > COUNTED_UP_TO,
        sought=sought,
        selects=_selects(given, place),
        filtered=any(kept.values()),
        next_url=url_for("certificate_requests.index", **kept, truoc=following)
        if following
        else "",
    )


def _where(
    given: Mapping[str, str], sought: str, today: date, calendar: WorkingCalendar
) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [account().scope(VIEW).clause(CertificateRequest.agency_id)]
    if (state := member(RequestState, given["trang-thai"])) is not None:
        where.append(CertificateRequest.state == state)
    if (kind := member(RequestKind, given["loai"])) is not None:
        where.append(CertificateRequest.kind == kind)
    if (work := _work(given["viec"], today, calendar)) is not None:
        where.append(work)
    if sought:
        where.append(found_by(sought))
    return where


def _rows(where: list[ColumnElement[bool]]) -> list[CertificateRequest]:
    return list(
        db.session.scalars(
            select(CertificateRequest)
            .where(*where)
            .order_by(CertificateRequest.id.desc())
            .limit(PER_PAGE + 1)
            .options(
                joinedload(CertificateRequest.agency),
                joinedload(CertificateRequest.drafted_by),
                selectinload(CertificateRequest.lines),
                selectinload(CertificateRequest.sendings),
            )
        )
    )


def _clock(
    row: CertificateRequest, law: Law, today: date, calendar: WorkingCalendar
) -> AnswerClock | None:
    if row.state is not RequestState.SENT or row.received_on is None:
        return None
    return answer_clock(row.kind, row.received_on, on=today, law=law, calendar=calendar)


def _selects(given: Mapping[str, str], place: Any) -> list[dict[str, Any]]:
    states = [("", "tất cả"), *((one.name, label(one)) for one in RequestState)]
    kinds = [("", "tất cả"), *((one.name, label(one)) for one in RequestKind)]
    found = [
        {"name": "loai", "before": "loại", "options": kinds, "value": given["loai"]},
        {
            "name": "trang-thai",
            "before": "trạng thái",
            "options": states,
            "value": given["trang-thai"],
        },
        {"name": "viec", "before": "việc", "options": WORK, "value": given["viec"]},
    ]
    if len(place.options) > 2:
        chosen = request.args.get("don-vi", "")
        found.append(
            {"name": "don-vi", "before": "đơn vị", "options": place.options, "value": chosen}
        )
    return found
