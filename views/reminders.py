"""Nhắc việc: what is open, notices on paper, and the mail server of the office."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

import clock
from extensions import db
from forms.fields import numbers_in
from forms.reminders import MailServerForm, TrialForm
from labels import label
from operations import follow_ups, mail, reminders
from operations.transactions import Refused
from rules.permissions import Permission
from rules.reminders import Clock
from schema.custody import FollowUp
from schema.daily import Reminder
from views import daily_work
from views.current_law import current_law
from views.guards import account, requires, settings
from views.reminder_notices import notices_pdf

bp = Blueprint("reminders", __name__, url_prefix="/nhac-viec")

VIEW = Permission.REMINDER_VIEW
SEND = Permission.REMINDER_SEND
PER_PAGE = 50
MOST_NOTICES = 300

# Noun of a reminder -> endpoint of its page, the name of its number there, and who may open it.
PAGES: Mapping[str, tuple[str, str, Permission]] = {
    "certificate": ("certificates.show", "certificate_id", Permission.CERTIFICATE_VIEW),
    "device": ("devices.show", "device_id", Permission.DEVICE_VIEW),
    "certificate_request": (
        "certificate_requests.show",
        "request_id",
        Permission.CERTIFICATE_REQUEST_VIEW,
    ),
    "paper": ("papers.show", "paper_id", Permission.PAPER_VIEW),
    "stocktake": ("stocktakes.show", "stocktake_id", Permission.STOCKTAKE_VIEW),
    "incident": ("incidents.show", "incident_id", Permission.INCIDENT_VIEW),
    "staff_change": ("staff_changes.show", "change_id", Permission.STAFF_CHANGE_VIEW),
    "reorganisation": (
        "reorganisations.show",
        "reorganisation_id",
        Permission.STAFF_CHANGE_VIEW,
    ),
}


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Everything that is open in the person's scope, first to fall due first."""
    asked = request.args.get("loai", "")
    which = Clock[asked] if asked in Clock.__members__ else None
    after = request.args.get("sau", type=int)
    where = _open(which)
    count = db.session.scalar(select(func.count()).select_from(Reminder).where(*where)) or 0
    rows = _page(where, after)
    events = _events(rows[:PER_PAGE])
    following = rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None
    person = account()
    server = mail.server_of(db.session()) if person.can(SEND) else None
    return render_template(
        "reminders/index.html",
        rows=[(row, _url(row, events)) for row in rows[:PER_PAGE]],
        count=count,
        today=clock.today(),
        selects=[
            {
                "name": "loai",
                "before": "loại",
                "value": asked,
                "options": [("", "tất cả"), *((one.name, label(one)) for one in Clock)],
            }
        ],
        asked=asked,
        next_url=url_for(".index", loai=asked, sau=following) if following else "",
        first_url=url_for(".index", loai=asked) if after else "",
        clocks={one.name: label(one) for one in Clock},
        said=said,
        may_send=person.can(SEND),
        may_set=person.can(Permission.SETTING_EDIT),
        server=server,
        waiting=mail.waiting(db.session(), *_open(None)) if server is not None else 0,
    )


def said(row: Reminder) -> str:
    """By which ways it was told besides this page, and what failed."""
    mails = [one for one in row.deliveries if one.channel == reminders.EMAIL]
    words = []
    if sent := sum(one.sent_at is not None for one in mails):
        words.append(f"{sent} thư điện tử")
    if failed := [one for one in mails if one.sent_at is None and one.last_error]:
        words.append(f"{len(failed)} thư chưa gửi được: {failed[0].last_error}")
    elif waiting := sum(one.sent_at is None for one in mails):
        words.append(f"{waiting} thư chờ gửi")
    if any(one.channel == reminders.PRINTED for one in row.deliveries):
        words.append("đã in thông báo")
    return "; ".join(words) or "trong phần mềm"


def _open(which: Clock | None) -> list[ColumnElement[bool]]:
    scope = account().scope(VIEW)
    where = [Reminder.settled_at.is_(None), scope.clause(Reminder.agency_id, Reminder.person_id)]
    if which is not None:
        where.append(Reminder.clock == which.name)
    return where


def _page(where: Sequence[ColumnElement[bool]], after: int | None) -> Sequence[Reminder]:
    query = select(Reminder).where(*where)
    if after is not None:
        anchor = select(Reminder.due_on).where(Reminder.id == after).scalar_subquery()
        query = query.where(
            (Reminder.due_on > anchor) | ((Reminder.due_on == anchor) & (Reminder.id > after))
        )
    return db.session.scalars(
        query.order_by(Reminder.due_on, Reminder.id)
        .limit(PER_PAGE + 1)
        .options(
            joinedload(Reminder.agency),
            joinedload(Reminder.person),
            selectinload(Reminder.deliveries),
        )
    ).all()


def _events(rows: Sequence[Reminder]) -> dict[int, tuple[str, int]]:
    """The event that each line of work in these reminders belongs to; one statement."""
    wanted = [row.object_id for row in rows if row.noun == follow_ups.NOUN]
    found = db.session.execute(
        select(FollowUp.id, FollowUp.noun, FollowUp.object_id).where(FollowUp.id.in_(wanted))
    )
    return {number: (noun, event) for number, noun, event in found}


def _url(row: Reminder, events: Mapping[int, tuple[str, int]]) -> str:
    noun, number = row.noun, row.object_id
    if noun == follow_ups.NOUN:
        noun, number = events.get(number, ("", 0))
    if noun not in PAGES:
        return ""
    endpoint, name, permission = PAGES[noun]
    return url_for(endpoint, **{name: number}) if account().can(permission) else ""


@bp.post("/tao")
@requires(SEND)
def make() -> ResponseReturnValue:
    """Make now what the program makes by itself every day. The e-mails leave beside the request: a
    mail server may take minutes.
    """
    session = db.session()
    server = mail.server_of(session)
    done = reminders.run(
        session, actor=account().actor(), law=current_law(), email=server is not None
    )
    words = f"Đã tính lại: {done.made} nhắc việc mới, {done.settled} việc đã xong."
    if server is not None:
        begun, waiting = daily_work.soon(), mail.waiting(session)
        if waiting:
            words += f" {waiting} thư điện tử chờ gửi; phần mềm "
            words += "đang gửi dần." if begun else "gửi ở lần chạy kế tiếp."
    flash(words, "success")
    return redirect(url_for(".index"))


@bp.post("/thong-bao.pdf")
@requires(SEND)
def notices() -> ResponseReturnValue:
    """Notices on paper for the subscribers of the chosen reminders, one sheet for each person."""
    ids = numbers_in(request.form.getlist("nhac"))[:MOST_NOTICES]
    rows = db.session.scalars(
        select(Reminder)
        .where(Reminder.id.in_(ids), Reminder.person_id.is_not(None), *_open(None))
        .order_by(Reminder.due_on, Reminder.id)
        .options(joinedload(Reminder.agency), joinedload(Reminder.person))
    ).all()
    if not rows:
        flash("Chọn ít nhất một nhắc việc có người liên quan để in thông báo.", "error")
        return redirect(url_for(".index"))
    chosen = [row.id for row in rows]
    pdf = notices_pdf(rows, clock.today())
    reminders.mark_printed(db.session(), actor=account().actor(), reminder_ids=chosen)
    answer = current_app.response_class(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="thong-bao-nhac-viec.pdf"'
    return answer


@bp.route("/thu-dien-tu", methods=["GET", "POST"])
@requires(Permission.SETTING_EDIT, fresh=True)
def mail_server() -> ResponseReturnValue:
    """The mail server of the office; its password is kept outside the database."""
    session = db.session()
    known = mail.server_of(session)
    form = MailServerForm(obj=known) if request.method == "GET" and known else MailServerForm()
    if form.validate_on_submit():
        server = mail.MailServer(
            (form.host.data or "").strip(),
            form.port.data or 25,
            form.security.data,
            (form.username.data or "").strip(),
            (form.sender.data or "").strip(),
            (form.address.data or "").strip(),
        )
        _forget_password(known, server, typed=bool(form.password.data))
        try:
            mail.set_server(session, actor=account().actor(), server=server)
        except Refused as error:
            flash(str(error), "error")
        else:
            if form.password.data:
                settings().keep_mail_password(form.password.data)
            flash("Đã ghi máy chủ thư. Hãy gửi thư thử.", "success")
            return redirect(url_for(".mail_server"))
    return render_template("reminders/mail_server.html", form=form, known=known, trial=TrialForm())


def _forget_password(known: mail.MailServer | None, new: mail.MailServer, *, typed: bool) -> None:
    """A stored password goes on only to the server, in the way and under the name for which it was
    typed: else whoever may edit could have it sent to a server of their own. Before the new address
    is kept, since e-mails may leave at any time.
    """
    if known is None or _reached(known) == _reached(new) or not settings().mail_password:
        return
    settings().keep_mail_password("")
    if new.username and not typed:
        flash("Máy chủ hoặc tên đăng nhập đã đổi: nhập lại mật khẩu của hộp thư.", "warning")


def _reached(server: mail.MailServer) -> tuple[str, int, str, str]:
    return server.host, server.port, server.security, server.username


@bp.post("/thu-dien-tu/thu")
@requires(Permission.SETTING_EDIT)
def trial() -> ResponseReturnValue:
    """Send one e-mail to see whether the settings work."""
    form = TrialForm()
    server = mail.server_of(db.session())
    if server is None:
        flash("Chưa có máy chủ thư. Hãy ghi máy chủ thư trước.", "error")
    elif not form.validate():
        flash("; ".join(one for errors in form.errors.values() for one in errors), "error")
    else:
        message = mail.trial(server, form.recipient.data, clock.now())
        try:
            mail.smtp(server, settings().mail_password)(message)
        except mail.MailRefused as error:
            flash(str(error), "error")
        else:
            flash("Máy chủ đã nhận thư thử. Kiểm tra hộp thư của người nhận.", "success")
    return redirect(url_for(".mail_server"))


def open_count(person_scope: Any) -> int:
    """How many reminders are open in a scope; for the home page."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Reminder)
            .where(
                Reminder.settled_at.is_(None),
                person_scope.clause(Reminder.agency_id, Reminder.person_id),
            )
        )
        or 0
    )
