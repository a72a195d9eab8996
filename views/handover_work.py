"""What waits to be done with devices, as lists that one act works through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import defer, joinedload

import regulations
from extensions import db
from models import Agency, Certificate, Device, Person
from operations.calendar import working_calendar
from operations.custody_checks import recall_facts
from operations.law import laws_for
from rules.devices import DeviceKind, DeviceState
from rules.lifecycle import CustodyAct
from rules.recalls import RecallClock, recall_clock
from views.finding import hidden
from views.guards import Scope, below
from views.kept import key_of, until_the_log_grows
from views.register_pages import Agencies


@dataclass(frozen=True)
class Work:
    """One list: its name in the address, its words, and the acts that work through it."""

    slug: str
    title: str
    sentence: str
    acts: tuple[CustodyAct, ...]


_A = CustodyAct
WORK = {
    one.slug: one
    for one in (
        Work("ban-giao", "Trong kho, chờ bàn giao", "trong kho, chờ bàn giao", (_A.HAND_OVER,)),
        Work(
            "hien-trang",
            "Đang sử dụng, chưa có biên bản",
            "đang sử dụng, chưa có biên bản",
            (_A.CONFIRM_STATUS,),
        ),
        Work(
            "thu-hoi",
            "Phải thu hồi về cơ quan",
            "phải thu hồi về cơ quan",
            (_A.RECALL,),
        ),
        Work("tam-giu", "Cơ quan đang tạm giữ", "cơ quan đang tạm giữ", (_A.GIVE_BACK,)),
        Work(
            "nop-cuc",
            "Đã thu hồi, chờ nộp về Cục",
            "đã thu hồi, chờ nộp về Cục",
            (_A.SEND_TO_AUTHORITY,),
        ),
    )
}
_LISTED = (
    defer(Device.search_text),
    defer(Device.note),
    joinedload(Device.holder).load_only(Person.full_name),
)
_OUT = (DeviceState.HANDED_OVER, DeviceState.IN_USE, DeviceState.LOCKED, DeviceState.DAMAGED)
_CARRIED = (DeviceKind.PKI_TOKEN, DeviceKind.SIM_PKI)
_THINGS = (*_CARRIED, DeviceKind.HSM)
_NOT_CARRIED = tuple(one for one in DeviceKind if one not in _CARRIED)


def without_minutes() -> ColumnElement[bool]:
    """Devices in use for which no minutes are known: the gap of the opening balance."""
    state = hidden(Device, "state")  # Most of a province is in use: the agency's index is better.
    return and_(
        or_(
            and_(state == DeviceState.IN_USE, Device.kind.in_(_THINGS)),
            and_(state == DeviceState.LOCKED, Device.kind.in_(_CARRIED)),
        ),
        or_(Device.handover_minutes.is_(None), Device.handover_minutes == ""),
    )


def _condition(slug: str, today: date) -> ColumnElement[bool]:
    match slug:
        case "hien-trang":
            return without_minutes()
        case "tam-giu":
            return Device.state == DeviceState.HELD
        case "nop-cuc":
            return Device.state == DeviceState.RECALLED
        case "thu-hoi":
            # Said the other way round: most devices are carried, so their index finds nothing.
            return and_(Device.kind.not_in(_NOT_CARRIED), _to_recall(today))
        case _:
            return and_(Device.state == DeviceState.IN_STOCK, Device.kind.in_(_CARRIED))


def _to_recall(today: date) -> ColumnElement[bool]:
    """Waiting for recall, or out with certificates that have all ended."""
    living = exists().where(
        Certificate.device_id == Device.id,
        Certificate.revoked_at.is_(None),
        Certificate.expires_on > today,
    )
    some = exists().where(Certificate.device_id == Device.id)
    ended = and_(Device.state.in_(_OUT), some, ~living)
    return or_(Device.state == DeviceState.AWAITING_RECALL, ended)


def work_counts(scope: Scope, *, today: date) -> dict[str, int]:
    """How many devices wait in each list, in one statement."""
    sums = [
        func.coalesce(func.sum(case((_condition(slug, today), 1), else_=0)), 0) for slug in WORK
    ]

    def make() -> dict[str, int]:
        found = db.session.execute(select(*sums).where(scope.clause(Device.agency_id))).one()
        return dict(zip(WORK, map(int, found), strict=True))

    return until_the_log_grows(("work", key_of(scope), today), make)


def devices_waiting(
    work: Work, scope: Scope, place: Agencies, *, today: date, most: int
) -> tuple[Sequence[Device], int]:
    """The devices of a list by the names of their holders, at most `most`, and how many in all."""
    wanted = [_condition(work.slug, today), scope.clause(Device.agency_id)]
    if place.path:
        wanted.append(Device.agency_id.in_(select(Agency.id).where(below(place.path))))
    rows = db.session.scalars(
        select(Device)
        .where(*wanted)
        .options(*_LISTED, joinedload(Device.agency, innerjoin=True))
        .order_by(Device.sort_key, Device.id)
        .limit(most)
    ).all()
    total = len(rows)
    if total == most:  # Else these are all.
        total = db.session.scalar(select(func.count()).select_from(Device).where(*wanted)) or 0
    return rows, total


def dues(devices: Sequence[Device], *, today: date) -> dict[int, RecallClock]:
    """The clock of Điều 20 for each device whose notice of revocation has come, in a fixed number
    of statements.
    """
    session = db.session()
    facts = recall_facts(session, devices)
    calendar = working_calendar(session, today=today)
    by_agency = laws_for(session, regulations.load(), {one.agency for one in devices})
    found = {}
    for one in devices:
        law = by_agency[one.agency_id]
        clock = recall_clock(facts[one.id], on=today, law=law, calendar=calendar)
        if clock.due_on is not None:
            found[one.id] = clock
    return found
