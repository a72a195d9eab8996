"""The work to do today, as values: what, for whom, until when, and the one button.

Read in a fixed number of statements, whatever the number of rows: one for the certificates that end
soon, one for the requests on the way, one for all counts (each capped).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Any

from flask import url_for
from sqlalchemy import Row, Select, exists, func, literal, or_, select, union_all

import clock
from extensions import db
from models import Agency, Certificate, CertificateRequest, RequestLine
from operations import search
from rules.certificates import CertificateFacts, CertificateState, certificate_state
from rules.days import file_by_on, last_receipt_on
from rules.permissions import Permission
from rules.requests import RequestState
from views.certificate_days import in_state, register
from views.guards import Account, Scope

COUNTED_UP_TO = 1000
MOST_ROWS = 200
SHOWN_IN_A_GROUP = 10
HORIZON_DAYS = 90
FEW_AGENCIES = 20


class Group(IntEnum):
    """Where a task stands on the page."""

    OVERDUE = 0
    WEEK = 1
    MONTH = 2


TITLES = {Group.OVERDUE: "Quá hạn", Group.WEEK: "Tuần này", Group.MONTH: "30 ngày tới"}


@dataclass(frozen=True)
class Task:
    """One thing to do. `due_on` with `to_do` and `then` become words beside it; `said` replaces
    them where there is no day by law.
    """

    group: Group
    what: str
    who: str
    url: str
    action: str
    due_on: date | None = None
    to_do: str = ""
    then: str = ""
    said: str = ""
    certificate_id: int | None = None  # to be renewed; may share one letter with others
    first: bool = False  # does many of the others at once: stands before them


def group_of(due_on: date, today: date) -> Group:
    """Overdue, within seven days, or later."""
    if due_on < today:
        return Group.OVERDUE
    return Group.WEEK if due_on <= today + timedelta(days=7) else Group.MONTH


# Certificates ---------------------------------------------------------------------------------


def _few(scope: Scope) -> bool:
    """Whether the certificates of these agencies are fewer than those of a state or a day."""
    return not scope.everything and len(scope.agency_ids) <= FEW_AGENCIES


def _place(scope: Scope) -> Any:
    """The agency of a certificate; hidden from the planner where its index would read too much."""
    column = Certificate.agency_id
    return column if _few(scope) else func.coalesce(column, column)


def ending_soon(scope: Scope, today: date) -> Sequence[Row[Any]]:
    """Certificates that end within 90 days and that nobody has taken in hand yet.

    Left out: revoked ones, those in an open request, and those that have a successor already.
    """
    # An amendment alone leaves the renewal to be done.
    in_hand = exists().where(
        RequestLine.chain_id == Certificate.chain_id,
        RequestLine.is_open,
        or_(RequestLine.renews, ~RequestLine.amends),
    )
    successor = Certificate.__table__.alias("successor")
    followed = exists().where(successor.c.predecessor_id == Certificate.id)
    return db.session.execute(
        select(
            Certificate.id,
            Certificate.common_name,
            Certificate.expires_on,
            Certificate.not_before,
            Certificate.not_after,
            Certificate.revoked_at,
            Certificate.renewals,
            Agency.name.label("agency"),
        )
        .join(Agency, Agency.id == Certificate.agency_id)
        .where(
            scope.clause(_place(scope)),
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= today,
            Certificate.expires_on <= today + timedelta(days=HORIZON_DAYS),
            ~in_hand,
            ~followed,
        )
        .order_by(Certificate.expires_on, Certificate.id)
        .limit(MOST_ROWS)
    ).all()


def state_of(row: Row[Any], margin_days: int) -> CertificateState:
    """The state of one row of `ending_soon`, by the rule itself."""
    facts = CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)
    return certificate_state(facts, at=clock.now(), margin_days=margin_days)


def certificate_tasks(rows: Sequence[Row[Any]], today: date, margin_days: int) -> list[Task]:
    """What the focal point must do about certificates that end soon, most pressing first."""
    tasks: list[Task] = []
    for row in rows:
        task = _certificate_task(row, state_of(row, margin_days), today, margin_days)
        if task is not None and (task.due_on is None or task.due_on <= today + timedelta(days=30)):
            tasks.append(task)
    return tasks


def _certificate_task(
    row: Row[Any], state: CertificateState, today: date, margin_days: int
) -> Task | None:
    page = url_for("certificates.show", certificate_id=row.id)
    own_day = file_by_on(row.expires_on, margin_days)
    if state in (CertificateState.RENEWAL_DUE, CertificateState.URGENT):
        return _renewal_task(row, own_day, today)
    if state is CertificateState.TOO_LATE:
        return Task(
            Group.OVERDUE,
            f"Chuẩn bị cấp mới cho {row.common_name}",
            f"{row.agency} · không còn đủ điều kiện gia hạn",
            page,
            "Xem chứng thư",
            due_on=row.expires_on,
            then="sau đó không ký số được",
        )
    if state is CertificateState.REPLACEMENT_DUE:
        late = own_day < today
        return Task(
            group_of(own_day, today),
            f"Chuẩn bị cấp mới cho {row.common_name}",
            f"{row.agency} · đã gia hạn một lần, không gia hạn thêm được",
            page,
            "Xem chứng thư",
            due_on=row.expires_on if late else own_day,
            then="sau đó không ký số được" if late else f"hết hạn {row.expires_on:%d/%m/%Y}",
        )
    return None


def _renewal_task(row: Row[Any], own_day: date, today: date) -> Task:
    last_day = last_receipt_on(row.expires_on)
    late = own_day < today
    return Task(
        group_of(own_day, today),
        f"Gia hạn chứng thư của {row.common_name}",
        row.agency + (f" · đã quá ngày nộp của cơ quan ({own_day:%d/%m/%Y})" if late else ""),
        url_for("certificate_requests.new_renewal", **{"chung-thu": row.id}),
        "Lập văn bản gia hạn",
        due_on=last_day if late else own_day,
        to_do="nộp",
        then="sau đó chỉ còn cấp mới" if late else f"nhận chậm nhất {last_day:%d/%m/%Y}",
        certificate_id=row.id,
    )


def history_task(rows: Sequence[Row[Any]], count: int, today: date, margin_days: int) -> list[Task]:
    """One task for all certificates whose history nobody knows yet."""
    if not count:
        return []
    unknown = CertificateState.HISTORY_UNKNOWN
    first = next((row for row in rows if state_of(row, margin_days) is unknown), None)
    due_on = last_receipt_on(first.expires_on) if first is not None else None
    many = f"{COUNTED_UP_TO}+" if count > COUNTED_UP_TO else str(count)
    return [
        Task(
            group_of(due_on, today) if due_on is not None else Group.MONTH,
            f"Xác nhận lịch sử gia hạn của {many} chứng thư",
            "Chưa rõ đã gia hạn lần nào chưa; mỗi chứng thư chỉ được gia hạn một lần",
            url_for("certificates.index", **{"trang-thai": unknown.name}),
            "Mở danh sách",
            due_on=due_on,
            then="chứng thư đầu tiên hết cơ hội gia hạn" if due_on is not None else "",
            said="trước khi đến kỳ gia hạn",
        )
    ]


def grouped(tasks: Sequence[Task], today: date) -> list[dict[str, Any]]:
    """The groups of the page in order, each with its most pressing tasks and how many there are."""
    groups, later = [], today + timedelta(days=30)
    for group in Group:
        own = sorted(
            (task for task in tasks if task.group is group),
            key=lambda task: (
                not task.first,
                task.due_on or today + timedelta(days=HORIZON_DAYS),
            ),
        )
        beyond = group is Group.MONTH and any(task.due_on and task.due_on > later for task in own)
        groups.append(
            {
                "title": TITLES[group] + (" và sau đó" if beyond else ""),
                "tone": {Group.OVERDUE: "late", Group.WEEK: "soon"}.get(group, ""),
                "tasks": own[:SHOWN_IN_A_GROUP],
                "total": len(own),
            }
        )
    return groups


# Counts ---------------------------------------------------------------------------------------

PARTS_OF_90_DAYS = ((0, 30), (31, 60), (61, 90))
COUNTED = (
    (CertificateState.URGENT, "gấp, phải nộp ngay", True),
    (CertificateState.TOO_LATE, "không còn đủ điều kiện gia hạn", True),
    (CertificateState.RENEWAL_DUE, "đến kỳ gia hạn", False),
    (CertificateState.REPLACEMENT_DUE, "đến kỳ chuẩn bị cấp mới", False),
    (CertificateState.HISTORY_UNKNOWN, "chưa rõ lịch sử gia hạn", False),
)
OPEN_REQUESTS = (
    RequestState.DRAFT,
    RequestState.AWAITING_APPROVAL,
    RequestState.APPROVED,
    RequestState.RETURNED,
    RequestState.SIGNED,
    RequestState.NUMBERED,
    RequestState.SEALED,
    RequestState.SENT,
)


def count(
    person: Account, today: date, margin_days: int, more: Mapping[str, Select[Any]]
) -> dict[str, int]:
    """All numbers of the page in one statement, each counted up to 1,001 and no further; `more`
    are queries of row numbers that other parts of the page want counted.
    """
    parts: dict[str, Select[Any]] = dict(more)
    if person.can(Permission.CERTIFICATE_SEARCH):
        parts |= _certificate_parts(person, today, margin_days)
    if person.can(Permission.CERTIFICATE_REQUEST_VIEW):
        theirs = person.scope(Permission.CERTIFICATE_REQUEST_VIEW).clause(
            CertificateRequest.agency_id
        )
        parts["requests"] = select(CertificateRequest.id).where(
            theirs, CertificateRequest.state.in_(OPEN_REQUESTS)
        )
    if not parts:
        return {}
    counted = [
        select(literal(name).label("name"), func.count().label("number")).select_from(
            part.limit(1 if name == "any" else COUNTED_UP_TO + 1).subquery()
        )
        for name, part in parts.items()
    ]
    return {row.name: row.number for row in db.session.execute(union_all(*counted))}


def _certificate_parts(person: Account, today: date, margin_days: int) -> dict[str, Select[Any]]:
    """The counts of certificates as queries, each led along the index that leaves least to read."""
    rows = register(Certificate, search.CERTIFICATE, "expires_on", clock.now())
    scope = person.scope(Permission.CERTIFICATE_SEARCH)
    few = _few(scope)
    own = scope.clause(_place(scope))
    parts: dict[str, Select[Any]] = {}
    for state, _words, _late in COUNTED:
        if state is CertificateState.HISTORY_UNKNOWN and not person.can(
            Permission.CERTIFICATE_HISTORY_ATTEST
        ):
            continue  # nothing for them to do
        asked = in_state(state, clock.now(), margin_days, by_day=True)
        holds = asked.build(rows.hidden if few else rows.plain, rows.hidden)
        parts[state.name] = select(Certificate.id).where(own, holds)
    for first, last in PARTS_OF_90_DAYS:
        parts[f"days_{first}"] = select(Certificate.id).where(
            own,
            rows.hidden("revoked_at").is_(None),
            Certificate.expires_on >= today + timedelta(days=first),
            Certificate.expires_on <= today + timedelta(days=last),
        )
    parts["any"] = select(Certificate.id).where(own)
    return parts


def count_links(numbers: dict[str, int]) -> list[dict[str, Any]]:
    """The one line of counts, each a link to the rows it counts."""
    items = [
        _count_item(numbers[state.name], words, late, "certificates.index", state.name)
        for state, words, late in COUNTED
        if state.name in numbers
    ]
    if "requests" in numbers:
        items.append(
            _count_item(
                numbers["requests"], "văn bản đang xử lý", False, "certificate_requests.index", ""
            )
        )
    return items


def _count_item(number: int, words: str, late: bool, endpoint: str, state: str) -> dict[str, Any]:
    return {
        "count": min(number, COUNTED_UP_TO),
        "capped": number > COUNTED_UP_TO,
        "label": words,
        "late": late,
        "url": url_for(endpoint, **({"trang-thai": state} if state else {})),
    }
