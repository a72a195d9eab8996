"""Lịch: due days as a calendar file that Outlook, Thunderbird or a phone reads by itself.

The address is the key: whoever has it may read what its account may read, and nothing else. It is
shown once, kept as a hash, and can be revoked.
"""

from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from icalendar import Alarm, Calendar, Event
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from models import LoginSession, User
from operations import calendar_feeds as feeds
from operations.transactions import Refused
from rules.permissions import Permission
from schema.daily import CalendarFeed, Reminder
from views.guards import Account, account, not_found, open_to_all, requires

bp = Blueprint("calendar_feeds", __name__, url_prefix="/lich")

MOST_EVENTS = 1000


@bp.get("")
@requires(Permission.REMINDER_VIEW)
def index() -> ResponseReturnValue:
    """The account's own calendar addresses."""
    rows = feeds.feeds_of(db.session(), account().user.id)
    return render_template("calendar_feeds/index.html", rows=rows, address="")


@bp.post("/tao")
@requires(Permission.REMINDER_VIEW)
def create() -> ResponseReturnValue:
    """Make an address and show it, this once."""
    try:
        key = feeds.create(db.session(), actor=account().actor())
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for(".index"))
    rows = feeds.feeds_of(db.session(), account().user.id)
    address = url_for(".read", key=key, _external=True)
    return render_template("calendar_feeds/index.html", rows=rows, address=address)


@bp.post("/<int:feed_id>/thu-hoi")
@requires(Permission.REMINDER_VIEW)
def revoke(feed_id: int) -> ResponseReturnValue:
    """End one address."""
    try:
        feeds.revoke(db.session(), actor=account().actor(), feed_id=feed_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã thu hồi địa chỉ lịch.", "success")
    return redirect(url_for(".index"))


@bp.get("/<string(length=40):key>.ics")
@open_to_all("the secret in the address is the key; programs that read calendars cannot log in")
def read(key: str) -> ResponseReturnValue:
    """The open reminders of the account behind an address, as a calendar."""
    feed = db.session.scalars(
        select(CalendarFeed)
        .where(CalendarFeed.key_hash == feeds.key_hash(key), CalendarFeed.revoked_at.is_(None))
        .options(joinedload(CalendarFeed.user).selectinload(User.grants))
    ).one_or_none()
    if feed is None or not feed.user.is_active:
        not_found()
    person = _account_of(feed.user)
    scope = person.scope(Permission.REMINDER_VIEW)
    rows = db.session.scalars(
        select(Reminder)
        .where(Reminder.settled_at.is_(None), scope.clause(Reminder.agency_id, Reminder.person_id))
        .order_by(Reminder.due_on, Reminder.id)
        .limit(MOST_EVENTS)
        .options(joinedload(Reminder.agency))
    ).all()
    answer = current_app.response_class(_calendar(list(rows)), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'inline; filename="so-token.ics"'
    return answer


def _account_of(user: User) -> Account:
    """The account as guards know it, for reading only: no login stands behind it."""
    grants = tuple((grant.role, grant.agency_id, grant.agency.path) for grant in user.grants)
    return Account(user, LoginSession(user_id=user.id), "", grants)


def _calendar(rows: list[Reminder]) -> bytes:
    """RFC 5545: one event for each day that something is due, told two days before."""
    host = request.host.partition(":")[0]
    found = Calendar()
    found.add("prodid", "-//So Token//Nhac viec//VI")
    found.add("version", "2.0")
    found.add("x-wr-calname", "Sổ Token: nhắc việc")
    for row in rows:
        event = Event()
        event.add("uid", f"{row.stage_key}@{host}")
        event.add("dtstamp", clock.now())
        event.add("dtstart", row.due_on)
        event.add("dtend", row.due_on + timedelta(days=1))
        event.add("summary", row.sentence)
        event.add("description", f"{row.sentence}\n{row.agency.name}")
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", row.sentence)
        alarm.add("trigger", timedelta(days=-2))
        event.add_component(alarm)
        found.add_component(event)
    content: bytes = found.to_ical()
    return content
