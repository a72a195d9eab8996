"""The log: who did what and when, newest first, and whether the whole of it is sound."""

import json
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

import audit
import clock
from audit_events import EVENTS
from extensions import db
from models import AuditEvent, AuditHead, User
from rules.permissions import Permission
from views.guards import account, requires
from views.log_words import BODY_WORDS

bp = Blueprint("log", __name__, url_prefix="/nhat-ky")

PER_PAGE = 50
CAP = 1_000
EVENTS_PER_SECOND = 50_000
"""A careful guess for the sentence that says how long a check takes; a busy machine with two cores
read 58,000 to 116,000."""

# Which page shows the thing that an event is about, and what may see it.
PAGES: Mapping[str, tuple[str, str, str, Permission]] = {
    "certificate": (
        "Chứng thư",
        "certificates.show",
        "certificate_id",
        Permission.CERTIFICATE_VIEW,
    ),
    "device": ("Thiết bị", "devices.show", "device_id", Permission.DEVICE_VIEW),
    "person": ("Cá nhân", "people.show", "person_id", Permission.PERSON_VIEW),
    "agency": ("Đơn vị", "agencies.show", "agency_id", Permission.AGENCY_VIEW),
    "user": ("Tài khoản", "users.show", "user_id", Permission.USER_MANAGE),
    "certificate_request": (
        "Văn bản đề nghị",
        "certificate_requests.show",
        "request_id",
        Permission.CERTIFICATE_REQUEST_VIEW,
    ),
    "import_batch": (
        "Lần nhập",
        "certificate_imports.show",
        "batch_id",
        Permission.CERTIFICATE_IMPORT,
    ),
    "sheet_import": (
        "Lần nhập Excel",
        "sheet_imports.show",
        "import_id",
        Permission.SHEET_IMPORT,
    ),
}
OTHER_NOUNS: Mapping[str, str] = {
    "installation": "Phần mềm",
    "signing_job": "Việc ký số",
    "signing_agent": "Chương trình ký",
    "verification": "Kiểm tra chữ ký",
    "setting": "Thiết lập",
    "trust": "Chứng thư tin cậy",
    "file": "Tệp",
    "form": "Biểu mẫu",
    "regulation": "Quy chế",
    "report": "Báo cáo năm",
    "sheet": "Bảng tính",
}


@bp.get("")
@requires(Permission.AUDIT_VIEW)
def index() -> ResponseReturnValue:
    """Events in scope, newest first, of one kind or one day where asked."""
    event = request.args.get("su-kien", "")
    typed = request.args.get("ngay", "").strip()
    day = _day(typed)
    before = request.args.get("truoc", type=int)
    where = [account().scope(Permission.AUDIT_VIEW).clause(AuditEvent.agency_id)]
    if event in EVENTS:
        where.append(AuditEvent.event == event)
    if day is not None:
        where += _on(day)
    paged = [*where, AuditEvent.seq < before] if before else where
    rows = db.session.execute(
        select(AuditEvent, User.display_name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(*paged)
        .order_by(AuditEvent.seq.desc())
        .limit(PER_PAGE + 1)
    ).all()
    some = select(AuditEvent.seq).where(*where).limit(CAP + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(some)) or 0
    kept = {"su-kien": event, "ngay": typed}
    return render_template(
        "log/index.html",
        rows=[_shown(row, name) for row, name in rows[:PER_PAGE]],
        count=min(count, CAP),
        capped=count > CAP,
        events=_event_choices(),
        event=event,
        typed=typed,
        wrong_day=bool(typed) and day is None,
        head=db.session.execute(select(AuditHead)).scalar_one(),
        next_url=url_for(".index", **kept, truoc=rows[PER_PAGE - 1][0].seq)
        if len(rows) > PER_PAGE
        else "",
        first_url=url_for(".index", **kept) if before else "",
        seconds=_seconds,
    )


def _on(day: date) -> list[ColumnElement[bool]]:
    """The conditions for one Vietnamese day.

    The first and last number of the day come first, so that the indexes of kind and agency, which
    go by number, still serve; the instant itself hides from the indexes.
    """
    begins = datetime.combine(day, datetime.min.time(), tzinfo=clock.VIETNAM)
    ends = begins + timedelta(days=1)
    first, last = db.session.execute(
        select(func.min(AuditEvent.seq), func.max(AuditEvent.seq)).where(
            AuditEvent.at >= begins, AuditEvent.at < ends
        )
    ).one()
    if first is None:
        return [false()]
    hidden = func.coalesce(AuditEvent.at, AuditEvent.at, type_=AuditEvent.at.type)
    return [AuditEvent.seq.between(first, last), hidden >= begins, hidden < ends]


@bp.post("/kiem-tra")
@requires(Permission.AUDIT_VERIFY)
def verify() -> ResponseReturnValue:
    """Read the whole log from its first event and check sequence, chain and every hash."""
    began = time.monotonic()
    # A session of its own: the check lets go of every row it has read.
    with Session(db.engine) as session:
        result = audit.verify(session)
    return render_template(
        "log/verified.html",
        result=result,
        at=clock.now(),
        seconds=max(1, round(time.monotonic() - began)),
    )


def _seconds(events: int) -> int:
    """How long checking this many events may take, in whole seconds."""
    return 1 + events // EVENTS_PER_SECOND


def _day(typed: str) -> date | None:
    for shape in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(typed, shape).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _event_choices() -> list[tuple[str, str]]:
    named = sorted(((kind.words, name) for name, kind in EVENTS.items()))
    return [("", "tất cả"), *((name, words) for words, name in named)]


def _shown(row: AuditEvent, name: str | None) -> dict[str, Any]:
    known = EVENTS.get(row.event)
    return {
        "row": row,
        "what": known.words if known else row.event,
        "who": name or ("Phần mềm" if row.actor_id is None else f"tài khoản số {row.actor_id}"),
        "about": _about(row),
        "url": _url(row),
        "body": {BODY_WORDS.get(key, key): value for key, value in json.loads(row.body).items()},
    }


def _about(row: AuditEvent) -> str:
    words = PAGES[row.noun][0] if row.noun in PAGES else OTHER_NOUNS.get(row.noun, row.noun)
    number = f" số {row.object_id}" if row.object_id.isdecimal() else f" {row.object_id[:12]}"
    return words + number


def _url(row: AuditEvent) -> str:
    """The page of the thing, for those who may see such things; empty otherwise."""
    if row.noun not in PAGES or not row.object_id.isdecimal():
        return ""
    _, endpoint, name, permission = PAGES[row.noun]
    if endpoint not in current_app.view_functions or not account().can(permission):
        return ""
    return url_for(endpoint, **{name: int(row.object_id)})
