"""Time-stamp services that an administrator entered, and which level signatures shall have.

Nothing is asked and nothing is queued until a level above B-B is chosen and a service is on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Setting
from operations import settings
from operations.settings import INSTALLATION
from operations.transactions import Refused, expect_version, transaction
from rules.upgrades import PadesLevel
from schema.upgrades import TimeStampService

LEVEL, AT_ONCE = "pades.level", "pades.at_once_seconds"
MOST_SERVICES = 10
SHORTEST_SECONDS, LONGEST_SECONDS = 1, 300
MOST_AT_ONCE = 20
"""Nobody waits longer than that for their signature because of a time-stamp server."""


@dataclass(frozen=True)
class Wish:
    """What is set for the installation. `at_once_seconds`: how long a signature that is being given
    may wait for its stamp; 0 leaves all stamps to the queue.
    """

    level: PadesLevel
    at_once_seconds: int


@dataclass(frozen=True)
class Typed:
    """A service as an administrator types it."""

    name: str
    address: str
    timeout_seconds: int
    username: str = ""
    is_on: bool = True


def wish_of(session: Session) -> Wish:
    """The level that is wanted; B-B while nothing was set. One statement."""
    rows = session.scalars(
        select(Setting).where(Setting.agency_id == INSTALLATION, Setting.name.like("pades.%"))
    )
    known = {row.name: row.value for row in rows}
    level = PadesLevel[known.get(LEVEL) or PadesLevel.B_B.name]
    return Wish(level, int(known.get(AT_ONCE) or 0))


def services_of(session: Session, *, only_on: bool = True) -> Sequence[TimeStampService]:
    """The services in the order in which they are asked."""
    statement = select(TimeStampService).order_by(TimeStampService.place, TimeStampService.id)
    if only_on:
        statement = statement.where(TimeStampService.is_on)
    return session.scalars(statement).all()


def set_wish(session: Session, *, actor: Actor, wish: Wish) -> None:
    """Keep which level signatures shall have. Raises `Refused` when nobody could give it."""
    if not 0 <= wish.at_once_seconds <= MOST_AT_ONCE:
        raise Refused(f"Thời gian chờ ngay khi ký từ 0 đến {MOST_AT_ONCE} giây.")
    with transaction(session):
        if wish.level is not PadesLevel.B_B and not services_of(session):
            raise Refused("Nhập và bật ít nhất một dịch vụ dấu thời gian trước khi chọn mức này.")
        for name, value in ((LEVEL, wish.level.name), (AT_ONCE, str(wish.at_once_seconds))):
            settings.keep(session, name, value)
        audit.record(
            session, "setting.changed", actor=actor, noun="setting", object_id=LEVEL, name=LEVEL
        )


def save_service(
    session: Session,
    *,
    actor: Actor,
    typed: Typed,
    service_id: int | None = None,
    version: int | None = None,
) -> int:
    """Enter a service, or change one. Raises `Refused` and `Conflict`."""
    _check(typed)
    with transaction(session):
        row = session.get(TimeStampService, service_id) if service_id is not None else None
        if service_id is not None and row is None:
            raise Refused("Dịch vụ này không còn.")
        if row is None:
            row = _new(session)
        elif row.is_practice:
            raise Refused("Dịch vụ thử nghiệm đi cùng dữ liệu thử nghiệm, không sửa được.")
        else:
            expect_version(row, version)
            row.version += 1
        row.name, row.address = typed.name, typed.address
        row.timeout_seconds, row.username = typed.timeout_seconds, typed.username
        row.is_on = typed.is_on
        _check_wanted(session, row)
        session.flush()
        _record(session, actor, row)
        return row.id


def remove_service(session: Session, *, actor: Actor, service_id: int) -> None:
    """Take a service away. Raises `Refused` when it is the last one and still wanted."""
    with transaction(session):
        row = session.get(TimeStampService, service_id)
        if row is None or row.is_practice:
            raise Refused("Dịch vụ này không còn, hoặc không bỏ được.")
        row.is_on = False
        _check_wanted(session, row)
        _record(session, actor, row)
        session.delete(row)


def move_up(session: Session, *, actor: Actor, service_id: int) -> None:
    """Ask a service before the one that stood before it. Raises `Refused` when it is gone."""
    with transaction(session):
        rows = list(services_of(session, only_on=False))
        at = next((place for place, one in enumerate(rows) if one.id == service_id), None)
        if at is None:
            raise Refused("Dịch vụ này không còn.")
        if at:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
        for place, one in enumerate(rows):
            one.place = place
        _record(session, actor, rows[max(at - 1, 0)])


def _new(session: Session) -> TimeStampService:
    count = session.scalar(select(func.count()).select_from(TimeStampService)) or 0
    if count >= MOST_SERVICES:
        raise Refused(f"Nhiều nhất {MOST_SERVICES} dịch vụ dấu thời gian.")
    last = session.scalar(select(func.max(TimeStampService.place)))
    row = TimeStampService(place=0 if last is None else last + 1, is_practice=False, version=1)
    session.add(row)
    return row


def _check(typed: Typed) -> None:
    try:
        parts = urlsplit(typed.address)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, brackets without an end
        whole = False
    if not whole or parts.username is not None or parts.password is not None:
        raise Refused("Địa chỉ bắt đầu bằng http:// hoặc https://, không kèm tên đăng nhập.")
    if not SHORTEST_SECONDS <= typed.timeout_seconds <= LONGEST_SECONDS:
        raise Refused(f"Số giây chờ từ {SHORTEST_SECONDS} đến {LONGEST_SECONDS}.")
    if typed.username and parts.scheme != "https":
        raise Refused(
            "Mật khẩu chỉ được gửi qua https; địa chỉ http:// không dùng được với tên đăng nhập."
        )


def _check_wanted(session: Session, row: TimeStampService) -> None:
    """The last service may not be switched off while a level above B-B is wanted."""
    if row.is_on or wish_of(session).level is PadesLevel.B_B:
        return
    if not any(one is not row for one in services_of(session)):
        raise Refused("Đây là dịch vụ cuối cùng đang bật. Chọn mức B-B trước rồi mới tắt dịch vụ.")


def _record(session: Session, actor: Actor, row: TimeStampService) -> None:
    audit.record(
        session,
        "setting.changed",
        actor=actor,
        noun="time_stamp_service",
        object_id=row.id,
        name="time_stamp_service",
    )
