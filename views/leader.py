"""Một trang cho lãnh đạo: what is red, what waits for a decision, what changes in 90 days.

Made to be read in a minute and printed on one A4; everything on it is also reached from home.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import case, func, or_, select

import clock
from extensions import db
from models import Certificate
from rules.days import MIN_DAYS_LEFT
from rules.permissions import Permission
from schema.custody import Incident
from views import home_panels as panels
from views import home_requests as letters
from views import home_work as work
from views.current_law import margin_of
from views.guards import Scope, account, requires
from views.reminders import open_count
from views.signing_counts import own_count

bp = Blueprint("leader", __name__, url_prefix="/lanh-dao")

WEEKS = 13
BAR_WIDTH, GAP, HEIGHT, FOOT = 30, 8, 120, 26
"""Of the chart, in its own units."""


@dataclass(frozen=True)
class Bar:
    """One week of the chart: how many certificates end, of which so many cannot be renewed."""

    first: date
    last: date
    ending: int
    replaced: int
    x: int
    height: int
    full_height: int

    @property
    def days(self) -> str:
        """From which day to which."""
        return f"{self.first:%d/%m} đến {self.last:%d/%m/%Y}"

    @property
    def words(self) -> str:
        """The bar in words, for those who do not see it."""
        days = self.days
        if not self.ending:
            return f"{days}: không có chứng thư hết hạn"
        said = f"{days}: {self.ending} chứng thư hết hạn"
        return said + (f", {self.replaced} phải cấp mới" if self.replaced else "")


@bp.get("")
@requires(Permission.CERTIFICATE_REQUEST_APPROVE)
def show() -> ResponseReturnValue:
    """The page; a fixed number of statements."""
    person, today = account(), clock.today()
    scope = person.scope(Permission.CERTIFICATE_VIEW)
    margin = margin_of(person.user.grants[0].agency)
    rows = work.ending_soon(scope, today)
    tasks = letters.request_tasks(letters.requests_on_the_way(person), person, today)
    return render_template(
        "leader/show.html",
        tasks=tasks,
        red=panels.red_items(rows, today, margin),
        bars=bars(_endings(scope, today), today),
        height=HEIGHT,
        foot=FOOT,
        width=WEEKS * (BAR_WIDTH + GAP),
        bar_width=BAR_WIDTH,
        reminders=open_count(person.scope(Permission.REMINDER_VIEW)),
        incidents=_open_incidents(person.scope(Permission.INCIDENT_VIEW)),
        to_sign=own_count(person),
    )


def _endings(scope: Scope, today: date) -> dict[date, tuple[int, int]]:
    """Certificates in force that end on each day of the next 13 weeks: all, and those that cannot
    be renewed any more (renewed once already, or past the last day of receipt).
    """
    over = or_(Certificate.renewals > 0, Certificate.expires_on < today + timedelta(MIN_DAYS_LEFT))
    renewed = func.sum(case((over, 1), else_=0))
    rows = db.session.execute(
        select(Certificate.expires_on, func.count(), renewed)
        .where(
            scope.clause(Certificate.agency_id),
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= today,
            Certificate.expires_on < today + timedelta(weeks=WEEKS),
        )
        .group_by(Certificate.expires_on)
    )
    return {day: (count, replaced) for day, count, replaced in rows}


def bars(endings: dict[date, tuple[int, int]], today: date) -> Sequence[Bar]:
    """The weeks from today on as bars, the tallest as high as the chart."""
    weeks = []
    for number in range(WEEKS):
        first = today + timedelta(weeks=number)
        days = [first + timedelta(days=day) for day in range(7)]
        found = [endings.get(day, (0, 0)) for day in days]
        weeks.append(
            (days[0], days[-1], sum(one[0] for one in found), sum(one[1] for one in found))
        )
    most = max((week[2] for week in weeks), default=0) or 1
    return [
        Bar(
            first,
            last,
            ending,
            replaced,
            number * (BAR_WIDTH + GAP),
            round(HEIGHT * ending / most),
            round(HEIGHT * replaced / most),
        )
        for number, (first, last, ending, replaced) in enumerate(weeks)
    ]


def _open_incidents(scope: Scope) -> int:
    where = (scope.clause(Incident.agency_id, Incident.holder_id), Incident.closed_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(Incident).where(*where)) or 0
