"""Bulk by month: whose renewal or new issue must start, and one letter for each act."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased, joinedload

import clock
from extensions import db
from models import Certificate, RequestLine
from operations.request_batches import draft_in_one_go
from rules.certificates import CertificateFacts
from rules.clocks import EXAMPLES, Clocks, clocks, expiries_starting_in
from rules.days import MIN_DAYS_LEFT, days_left
from rules.permissions import GRANTS, Permission
from views.current_law import current_law, margin_of
from views.guards import account, requires

bp = Blueprint("request_months", __name__, url_prefix="/de-nghi/theo-thang")
DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
MONTHS_AHEAD = 12
MOST = 1000


@dataclass(frozen=True)
class Row:
    """One certificate whose work starts, with its clocks today."""

    certificate: Certificate
    clocks: Clocks
    in_hand: bool


@bp.get("")
@requires(DRAFT)
def show() -> ResponseReturnValue:
    """The certificates whose work starts in a month, by the act that is open to them."""
    today = clock.today()
    year, month = _asked(today)
    rows = _rows(year, month, today)
    free = [row for row in rows if not row.in_hand]
    known = [row for row in free if row.certificate.renewals is not None]
    renewable = [row for row in known if _renewable(row.certificate, today)]
    return render_template(
        "certificate_requests/month.html",
        month=f"{year:04d}-{month:02d}",
        months=_months(today),
        first=date(year, month, 1),
        renewable=renewable,
        replaceable=[row for row in known if row not in renewable],
        unknown=[row for row in free if row.certificate.renewals is None],
        in_hand=len(rows) - len(free),
        capped=len(rows) >= MOST,
        examples=EXAMPLES,
    )


def _renewable(row: Certificate, today: date) -> bool:
    """Never renewed, and enough days left: the first clock runs. Else only a new issue is open."""
    return row.renewals == 0 and days_left(row.expires_on, today) >= MIN_DAYS_LEFT


@bp.post("")
@requires(DRAFT)
def prepare() -> ResponseReturnValue:
    """Open one draft for each act with what was ticked."""
    scope = account().scope(DRAFT)
    ticked = {
        name: [number for number in request.form.getlist(name, type=int) if number is not None]
        for name in ("gia-han", "cap-moi")
    }
    wanted = [number for numbers in ticked.values() for number in numbers]
    if not wanted or len(wanted) > MOST:
        flash(f"Đánh dấu từ 1 đến {MOST} chứng thư rồi bấm lại.", "warning")
        return redirect(url_for(".show", thang=request.form.get("thang", "")))
    mine = set(
        db.session.scalars(
            select(Certificate.id).where(
                Certificate.id.in_(wanted), scope.clause(Certificate.agency_id)
            )
        )
    )
    done = draft_in_one_go(
        db.session(),
        actor=account().actor(),
        renew=[number for number in ticked["gia-han"] if number in mine],
        replace=[number for number in ticked["cap-moi"] if number in mine],
        law=current_law(),
    )
    for words in done.refusals:
        flash(words, "error")
    if not done.drafts:
        return redirect(url_for(".show", thang=request.form.get("thang", "")))
    flash(f"Đã lập {len(done.drafts)} dự thảo. Kiểm tra từng văn bản rồi trình.", "success")
    if len(done.drafts) == 1:
        return redirect(url_for("certificate_requests.show", request_id=done.drafts[0]))
    return redirect(url_for("certificate_requests.index", **{"trang-thai": "DRAFT"}))


def _asked(today: date) -> tuple[int, int]:
    """Year and month of the address, "2026-12"; this month for anything else."""
    year, _, month = request.args.get("thang", "").partition("-")
    if len(year) == 4 and year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12:
        if 2000 <= int(year) <= 2100:
            return int(year), int(month)
    return today.year, today.month


def _months(today: date) -> list[tuple[str, str]]:
    """This month and the twelve to come, as values and words."""
    found = []
    for ahead in range(MONTHS_AHEAD + 1):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        found.append((f"{year:04d}-{month + 1:02d}", f"tháng {month + 1:02d}/{year:04d}"))
    return found


def _rows(year: int, month: int, today: date) -> list[Row]:
    """What ends in the window of the month; this month also takes what should have started."""
    first, last = expiries_starting_in(year, month)
    if (year, month) == (today.year, today.month):
        first = today
    scope = account().scope(DRAFT)
    line, later = aliased(RequestLine), aliased(Certificate)
    in_hand = exists().where(
        line.chain_id == Certificate.chain_id,
        line.is_open,
        or_(line.renews, ~line.amends),
    )
    found = db.session.execute(
        select(Certificate, in_hand)
        .where(
            scope.clause(Certificate.agency_id),
            Certificate.expires_on.between(first, last),
            Certificate.revoked_at.is_(None),
            ~exists().where(later.predecessor_id == Certificate.id),
        )
        .order_by(Certificate.expires_on, Certificate.sort_key, Certificate.id)
        .limit(MOST)
        .options(joinedload(Certificate.agency), joinedload(Certificate.device))
    ).all()
    margin, now = _margin(), clock.now()
    return [Row(row, clocks(_facts(row), at=now, margin_days=margin), held) for row, held in found]


def _facts(row: Certificate) -> CertificateFacts:
    return CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)


def _margin() -> int:
    grants = [grant for grant in account().user.grants if DRAFT in GRANTS[grant.role]]
    return margin_of(grants[0].agency)
