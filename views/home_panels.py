"""What single roles see on the home page beside their tasks: read, never written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import joinedload

import tls
from extensions import db
from models import (
    Agency,
    AuditEvent,
    AuditHead,
    Certificate,
    CertificateRequest,
    Device,
    User,
    UserRole,
)
from rules.certificates import CertificateFacts, CertificateState, certificate_state
from rules.days import file_by_on, last_receipt_on
from rules.permissions import Permission, Role
from views.guards import Account, Scope, settings
from views.home_work import OPEN_REQUESTS, PARTS_OF_90_DAYS, state_of

NEAR_DAYS = 45
FAR_DAYS = 90
MOST_AGENCIES = 15
MOST_PEOPLE = 10
MOST_RED = 8
RED = (CertificateState.URGENT, CertificateState.TOO_LATE, CertificateState.REPLACEMENT_DUE)


# Leader ---------------------------------------------------------------------------------------


def red_items(rows: Sequence[Row[Any]], today: date, margin_days: int) -> dict[str, Any]:
    """Certificates that nobody has taken in hand and that cannot wait, first to end first."""
    found = []
    for row in rows:
        state = state_of(row, margin_days)
        if state is CertificateState.REPLACEMENT_DUE and file_by_on(row.expires_on) > today:
            continue
        if state in RED:
            found.append(_red(row, state))
    return {"rows": found[:MOST_RED], "total": len(found)}


def _red(row: Row[Any], state: CertificateState) -> dict[str, Any]:
    urgent = state is CertificateState.URGENT
    return {
        "name": row.common_name,
        "agency": row.agency,
        "url": url_for("certificates.show", certificate_id=row.id),
        "state": state,
        "day": last_receipt_on(row.expires_on) if urgent else row.expires_on,
        "to_do": "gia hạn" if urgent else "",
        "then": "sau đó chỉ còn cấp mới" if urgent else "sau đó không ký số được",
    }


def next_days(
    rows: Sequence[Row[Any]], numbers: dict[str, int], today: date
) -> list[dict[str, Any]]:
    """The next 90 days in three parts: how many certificates end, and the first names."""
    parts = []
    for first, last in PARTS_OF_90_DAYS:
        start, end = today + timedelta(days=first), today + timedelta(days=last)
        names = [row.common_name for row in rows if start <= row.expires_on <= end]
        parts.append(
            {
                "from": start,
                "until": end,
                "count": numbers.get(f"days_{first}", 0),
                "open": len(names),
                "names": names[:4],
            }
        )
    return parts


# Staff ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnCertificate:
    """One of a person's own certificates with what it means for them today."""

    row: Certificate
    state: CertificateState
    advice: str


_ADVICE = {
    CertificateState.NOT_YET_VALID: "Chứng thư chưa đến ngày có hiệu lực.",
    CertificateState.ACTIVE: "Anh/chị không phải làm gì.",
    CertificateState.RENEWAL_DUE: (
        "Đầu mối của cơ quan sẽ lập văn bản gia hạn. Hãy giữ thiết bị và nhớ mã PIN."
    ),
    CertificateState.URGENT: "Hãy nhắc đầu mối của cơ quan lập văn bản gia hạn ngay.",
    CertificateState.TOO_LATE: "Không gia hạn được nữa. Hãy nhắc đầu mối chuẩn bị cấp mới.",
    CertificateState.REPLACEMENT_DUE: (
        "Chứng thư đã gia hạn một lần. Hãy nhắc đầu mối chuẩn bị cấp mới."
    ),
    CertificateState.HISTORY_UNKNOWN: (
        "Sổ chưa rõ chứng thư này đã gia hạn lần nào chưa. Nếu biết, hãy báo đầu mối của cơ quan."
    ),
    CertificateState.EXPIRED: "Chứng thư đã hết hạn; không dùng để ký được nữa.",
    CertificateState.REVOKED: "Chứng thư đã bị thu hồi. Hãy nộp lại thiết bị cho đầu mối.",
}


def own_things(person: Account, at: Any, margin_days: int) -> dict[str, Any]:
    """The certificates and devices of the person who is logged in; two statements."""
    owner = person.user.person_id
    if owner is None:
        return {"certificates": [], "devices": []}
    rows = db.session.scalars(
        select(Certificate)
        .where(Certificate.person_id == owner)
        .order_by(Certificate.expires_on.desc(), Certificate.id.desc())
        .limit(MOST_PEOPLE)
    ).all()
    followed = {row.predecessor_id for row in rows}
    certificates = []
    for row in rows:
        if row.id in followed:
            continue
        facts = CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)
        state = certificate_state(facts, at=at, margin_days=margin_days)
        certificates.append(OwnCertificate(row, state, _ADVICE[state]))
    devices = db.session.scalars(
        select(Device).where(Device.holder_id == owner).order_by(Device.id).limit(MOST_PEOPLE)
    ).all()
    return {"certificates": certificates, "devices": list(devices)}


# Auditor and administrator --------------------------------------------------------------------


def log_facts() -> dict[str, Any]:
    """How long the log is and when it was last written; whether it is sound, only checking says."""
    row = db.session.execute(
        select(AuditHead.seq, AuditHead.hash, AuditEvent.at).outerjoin(
            AuditEvent, AuditEvent.seq == AuditHead.seq
        )
    ).one()
    return {"seq": row.seq, "hash": row.hash, "at": row.at}


def requests_by_state(person: Account) -> list[dict[str, Any]]:
    """How many requests of the scope stand where; ends of the road left out."""
    scope = person.scope(Permission.CERTIFICATE_REQUEST_VIEW)
    rows = db.session.execute(
        select(CertificateRequest.state, func.count().label("number"))
        .where(
            scope.clause(CertificateRequest.agency_id),
            CertificateRequest.state.in_(OPEN_REQUESTS),
        )
        .group_by(CertificateRequest.state)
    )
    found = Counter({row.state: row.number for row in rows})
    return [{"state": state, "count": found[state]} for state in OPEN_REQUESTS if found[state]]


def silent_accounts(person: Account) -> dict[str, Any]:
    """Active accounts that nobody has ever logged in with, oldest first."""
    places = person.scope(Permission.USER_MANAGE)
    rows = db.session.scalars(
        select(User)
        .where(
            User.is_active,
            User.last_login_at.is_(None),
            User.id.in_(select(UserRole.user_id).where(places.clause(UserRole.agency_id))),
        )
        .order_by(User.created_at, User.id)
        .limit(MOST_PEOPLE + 1)
        .options(joinedload(User.person))
    ).all()
    return {"rows": rows[:MOST_PEOPLE], "more": len(rows) > MOST_PEOPLE}


@dataclass(frozen=True)
class Line:
    """The server's TLS certificate. `waits`: another lies there and is used from the next start."""

    leaf: tls.Leaf
    days_left: int
    near_end: bool
    waits: bool


def tls_line(at: datetime) -> Line | None:
    """What the administrator must know of the certificate; None where there is none of ours."""
    path = settings().instance / "tls" / tls.CERTIFICATE
    if not settings().behind_tls or not path.exists():
        return None
    try:
        leaf = tls.read(path)
    except (
        tls.TlsError,
        OSError,
    ):  # The next start says what is wrong.
        return None
    used = leaf.fingerprint.replace(":", "").lower() == settings().tls_sha256
    return Line(leaf, (leaf.ends_at - at).days, leaf.near_end(at), not used)


# Department -----------------------------------------------------------------------------------


def roll_up(person: Account, today: date) -> dict[str, Any]:
    """What ends soon and what is on its way, by agency directly under the person's place.

    Three statements; the counts are read from indexes alone.
    """
    scope = person.scope(Permission.CERTIFICATE_SEARCH)
    ending, moving = _ending_by_agency(scope, today), _moving_by_agency(scope)
    agencies = db.session.execute(
        select(Agency.id, Agency.path, Agency.name).where(scope.clause(Agency.id))
    ).all()
    unit = _units(person, agencies)
    sums: dict[int, list[int]] = {}
    for agency_id, soon, all_of_them in ending:
        total = sums.setdefault(unit.get(agency_id, agency_id), [0, 0, 0])
        total[0] += int(soon)
        total[1] += all_of_them - int(soon)
    for agency_id, number in moving:
        sums.setdefault(unit.get(agency_id, agency_id), [0, 0, 0])[2] += number
    names = {row.id: row.name for row in agencies}
    rows = [
        {"id": key, "name": names.get(key, ""), "near": near, "far": far, "requests": moving_here}
        for key, (near, far, moving_here) in sums.items()
    ]
    rows.sort(key=lambda one: (-one["near"], -one["far"], one["name"]))
    return {"rows": rows[:MOST_AGENCIES], "total": len(rows), "agencies": len(set(unit.values()))}


def _ending_by_agency(scope: Scope, today: date) -> Sequence[Row[Any]]:
    near = today + timedelta(days=NEAR_DAYS)
    return db.session.execute(
        select(
            Certificate.agency_id,
            func.sum(case((Certificate.expires_on <= near, 1), else_=0)),
            func.count(),
        )
        .where(
            scope.clause(Certificate.agency_id),
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= today,
            Certificate.expires_on <= today + timedelta(days=FAR_DAYS),
        )
        .group_by(Certificate.agency_id)
    ).all()


def _moving_by_agency(scope: Scope) -> Sequence[Row[Any]]:
    return db.session.execute(
        select(CertificateRequest.agency_id, func.count())
        .where(
            scope.clause(CertificateRequest.agency_id),
            CertificateRequest.state.in_(OPEN_REQUESTS),
        )
        .group_by(CertificateRequest.agency_id)
    ).all()


def _units(person: Account, agencies: Sequence[Row[Any]]) -> dict[int, int]:
    """Every agency -> the one directly under the person's own place that it belongs to."""
    places = [path for role, _, path in person.grants if role is Role.DEPARTMENT]
    depth = min((path.count("/") - 1 for path in places), default=1)
    units = {}
    for row in agencies:
        parts = [int(part) for part in row.path.split("/") if part]
        units[row.id] = parts[depth] if len(parts) > depth else parts[-1]
    return units
