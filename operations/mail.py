"""E-mails of reminders: the office's SMTP server, the queue, and sending each thing at most once.

A delivery is marked as sent before the server is asked and put back only when the server refuses:
a power cut in between loses an e-mail (the program still shows the reminder), it never sends two.
"""

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session, joinedload

import audit
from audit import VIETNAM, Actor
from models import Setting
from operations import settings
from operations.reminders import EMAIL, NOUN
from operations.settings import INSTALLATION
from operations.transactions import Refused, transaction
from schema.daily import Reminder, ReminderDelivery

NAMES = ("host", "port", "security", "username", "sender", "address")
MOST_TRIES = 5
TIMEOUT_SECONDS = 20
MOST_RECIPIENTS_A_RUN = 500


@dataclass(frozen=True)
class MailServer:
    """Where e-mails are handed in. `security`: "tls", "starttls" or "none"; `address` is where the
    program is reached ("https://…"), for the link in the mail. The password is kept outside the
    database and given separately.
    """

    host: str
    port: int
    security: str
    username: str
    sender: str
    address: str


class MailRefused(Exception):
    """The mail server could not be reached or refused; the message is Vietnamese."""


class MailServerAway(MailRefused):
    """The server lets nobody hand in anything now: no e-mail is to blame."""


Transport = Callable[[EmailMessage], None]
"""Hands one e-mail in; raises `MailRefused`, `MailServerAway` before anything of it was sent."""


def server_of(session: Session) -> MailServer | None:
    """The settings of the mail server; None while none is set."""
    rows = session.scalars(
        select(Setting).where(Setting.agency_id == INSTALLATION, Setting.name.like("smtp.%"))
    )
    known = {row.name.removeprefix("smtp."): row.value for row in rows}
    if not known.get("host"):
        return None
    return MailServer(
        known["host"],
        int(known.get("port") or 25),
        known.get("security") or "none",
        known.get("username", ""),
        known.get("sender", ""),
        known.get("address", ""),
    )


def set_server(session: Session, *, actor: Actor, server: MailServer) -> None:
    """Keep the settings; an empty host switches e-mail off. Raises `Refused`."""
    if server.host and not server.sender:
        raise Refused("Nhập địa chỉ thư điện tử dùng làm nơi gửi.")
    with transaction(session):
        for name in NAMES:
            settings.keep(session, f"smtp.{name}", str(getattr(server, name)))
        audit.record(
            session, "setting.changed", actor=actor, noun="setting", object_id="smtp", name="smtp"
        )


def smtp(server: MailServer, password: str) -> Transport:
    """Hands e-mails in at the office's server, one connection for each."""

    def send(message: EmailMessage) -> None:
        try:
            link = _link(server, password)
        except (smtplib.SMTPException, OSError) as error:
            raise MailServerAway(_why(error)) from error
        try:
            with link:
                link.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise MailRefused(_why(error)) from error

    return send


def _link(server: MailServer, password: str) -> smtplib.SMTP:
    """A connection over which an e-mail can be handed in."""
    context = ssl.create_default_context()
    if server.security == "tls":
        link: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        link = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.security == "starttls":
            link.starttls(context=context)
        if server.username:
            link.login(server.username, password)
    except BaseException:
        link.close()
        raise
    return link


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "Máy chủ thư không nhận tên đăng nhập hoặc mật khẩu."
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "Máy chủ thư không nhận địa chỉ người nhận."
    if isinstance(error, ssl.SSLError):
        return "Không lập được kết nối an toàn với máy chủ thư."
    return "Không kết nối được máy chủ thư. Kiểm tra tên máy chủ và cổng."


def send_waiting(
    session: Session, *, who: Callable[[], Actor], server: MailServer, transport: Transport
) -> tuple[int, int]:
    """Send what waits, one e-mail for each recipient; returns how many were sent and how many not.

    `who` is asked anew for each, since a slow server takes minutes and the log tells real times.
    When the server is away the others wait with it, and none of their tries is used up.
    """
    sent = refused = 0
    at = who().at
    # All are written first: a transaction ends the life of the rows that were read before it.
    letters = [
        ([row.id for row in rows], compose(server, recipient, [row.reminder for row in rows], at))
        for recipient, rows in _waiting(session).items()
    ]
    for place, (ids, message) in enumerate(letters):
        if not _claim(session, ids, who()):
            continue
        try:
            transport(message)
        except MailServerAway as error:
            _give_back(session, ids, str(error), tried=False)
            refused += len(letters) - place
            break
        except MailRefused as error:
            _give_back(session, ids, str(error), tried=True)
            refused += 1
        else:
            sent += 1
    if sent:
        _record_sent(session, who(), sent)
    return sent, refused


def waiting(session: Session, *where: ColumnElement[bool]) -> int:
    """How many e-mails wait to be sent, or to be tried again, about reminders under the conditions
    given: one for each recipient.
    """
    recipients = func.count(ReminderDelivery.recipient.distinct())
    return session.scalar(_queued(select(recipients)).where(*where)) or 0


def _queued(statement: Select[Any]) -> Select[Any]:
    return statement.join(Reminder, Reminder.id == ReminderDelivery.reminder_id).where(
        ReminderDelivery.channel == EMAIL,
        ReminderDelivery.sent_at.is_(None),
        ReminderDelivery.tries < MOST_TRIES,
        Reminder.settled_at.is_(None),
    )


def _record_sent(session: Session, actor: Actor, sent: int) -> None:
    with transaction(session):
        audit.record(
            session,
            "reminder.sent",
            actor=actor,
            noun=NOUN,
            object_id=actor.today.isoformat(),
            channel=EMAIL,
            sent=sent,
        )


def _waiting(session: Session) -> Mapping[str, list[ReminderDelivery]]:
    rows = session.scalars(
        _queued(select(ReminderDelivery))
        .order_by(ReminderDelivery.recipient, Reminder.due_on, Reminder.id)
        .options(joinedload(ReminderDelivery.reminder).joinedload(Reminder.agency))
    )
    found: dict[str, list[ReminderDelivery]] = {}
    for row in rows:
        if row.recipient in found or len(found) < MOST_RECIPIENTS_A_RUN:
            found.setdefault(row.recipient, []).append(row)
    return found


def _claim(session: Session, ids: Sequence[int], actor: Actor) -> bool:
    """Mark these as sent, before anything leaves; False when another process has them already."""
    with transaction(session):
        free = session.scalars(
            select(ReminderDelivery.id)
            .where(ReminderDelivery.id.in_(ids), ReminderDelivery.sent_at.is_(None))
            .with_for_update()
        ).all()
        if len(free) != len(ids):
            return False
        session.execute(
            update(ReminderDelivery)
            .where(ReminderDelivery.id.in_(ids))
            .values(sent_at=actor.at, tries=ReminderDelivery.tries + 1, last_error="")
        )
    return True


def _give_back(session: Session, ids: Sequence[int], why: str, *, tried: bool) -> None:
    tries = ReminderDelivery.tries - (0 if tried else 1)
    with transaction(session):
        session.execute(
            update(ReminderDelivery)
            .where(ReminderDelivery.id.in_(ids))
            .values(sent_at=None, tries=tries, last_error=why[:300])
        )


def compose(
    server: MailServer, recipient: str, reminders: Sequence[Reminder], at: datetime
) -> EmailMessage:
    """One e-mail with everything that this recipient is told; no citizen id, no PIN, plain text."""
    message = EmailMessage()
    count = len(reminders)
    message["Subject"] = f"Sổ Token: {count} việc cần làm về chứng thư, thiết bị ký số"
    message["From"] = server.sender
    message["To"] = recipient
    message["Date"] = format_datetime(at.astimezone(VIETNAM))
    message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"Tính đến ngày {at.astimezone(VIETNAM):%d/%m/%Y}:", ""]
    for number, row in enumerate(reminders, start=1):
        lines += [f"{number}. {row.sentence} ({row.agency.name})", ""]
    if server.address:
        lines += [f"Mở Sổ Token: {server.address.rstrip('/')}/nhac-viec", ""]
    lines += [
        "Thư này do phần mềm Sổ Token của cơ quan tự gửi; không trả lời thư này.",
        "Không ai được hỏi mã PIN của thiết bị qua thư điện tử.",
    ]
    message.set_content("\n".join(lines), cte="quoted-printable")
    return message


def trial(server: MailServer, recipient: str, at: datetime) -> EmailMessage:
    """A trial e-mail, to see whether the settings work."""
    message = compose(server, recipient, (), at)
    message.replace_header("Subject", "Sổ Token: thư thử")
    message.set_content("Máy chủ thư đã nhận thư thử của Sổ Token.\n", cte="quoted-printable")
    return message
