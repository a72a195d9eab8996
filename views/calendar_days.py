"""Lịch ngày nghỉ: which days count as working days, and where an administrator corrects them."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from forms.calendar_days import WORKED, CalendarDayForm
from operations import calendar
from operations.transactions import Refused
from rules.permissions import Permission
from views.guards import account, requires

bp = Blueprint("calendar_days", __name__, url_prefix="/quan-tri/lich")

EDIT = Permission.CALENDAR_EDIT


@bp.route("", methods=["GET", "POST"])
@requires(EDIT)
def index() -> ResponseReturnValue:
    """The special days of one year: calculated ones and entered ones; one form for one more."""
    form = CalendarDayForm()
    if form.validate_on_submit():
        day = calendar.DayOff(
            form.day.data,
            form.what.data == WORKED,
            form.name.data,
            form.source.data,
            entered=True,
        )
        try:
            calendar.enter_day(db.session, actor=account().actor(), day=day)
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi ngày này vào lịch.", "success")
            return redirect(url_for(".index", nam=form.day.data.year))
    today = clock.today()
    year = _year(today)
    days = calendar.year_of(db.session(), year)
    counting = calendar.working_calendar(db.session(), today=today)
    return render_template(
        "calendar_days/index.html",
        form=form,
        year=year,
        days=days,
        awaiting=_awaiting(year, days),
        working=sum(
            counting.is_working(date.fromordinal(number))
            for number in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
        ),
        first=calendar.FIRST_YEAR,
        last=today.year + calendar.YEARS_AHEAD - 1,
    )


def _year(today: date) -> int:
    asked = request.args.get("nam", type=int) or today.year
    return min(max(asked, calendar.FIRST_YEAR), today.year + calendar.YEARS_AHEAD - 1)


def _awaiting(year: int, days: tuple[calendar.DayOff, ...]) -> date | None:
    """The day that waits to become law and that nobody has entered."""
    day = calendar.awaiting(year)
    return None if day is None or day in {one.day for one in days} else day


@bp.post("/bo")
@requires(EDIT)
def forget() -> ResponseReturnValue:
    """Take an entered day away again."""
    try:
        day = date.fromisoformat(request.form.get("ngay", ""))
    except ValueError:
        day = date.min
    try:
        calendar.forget_day(db.session, actor=account().actor(), day=day)
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for(".index"))
    flash("Đã bỏ; ngày này trở lại như lịch tính sẵn.", "success")
    return redirect(url_for(".index", nam=day.year))
