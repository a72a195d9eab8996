"""Who holds which practice device and certificate, and in which state.

Plans only: days are counted from the day of building, nothing is signed or stored here. The commune
of the east is written down case by case, because it is where people learn; the other offices take
the cases of `_SPREAD` in turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto

from practice.people import (
    DEPARTMENT,
    EAST,
    ROOT,
    SAME_NAME,
    SAME_NAME_TWIN,
    SOUTH,
    WEST,
    WITHOUT_EMAIL,
    PersonPlan,
)
from rules.certificates import SubscriberKind
from rules.days import add_years
from rules.devices import DeviceKind, DeviceState

DEVICES = 180
LEADER, SEAL, FOCAL_POINT = "THU NGHIEM Lanh dao", "THU NGHIEM Con dau", "THU NGHIEM Dau moi"
"""Labels of the three tokens that can sign (ASCII, 32 bytes at most)."""

# The hour at which the real authority's certificates begin and end: 23:36:53 in Việt Nam.
_HOUR = time(16, 36, 53, tzinfo=UTC)
_FIRST_YEARS, _RENEWED_YEARS = 5, 3
_LEAD = timedelta(days=40)
"""How long before the old expiry a renewal was granted."""


_AMENDED_AGO = 100


class History(Enum):
    """How a certificate came to be."""

    ISSUED = auto()
    RENEWED = auto()
    AMENDED = auto()
    UNKNOWN = auto()
    NOT_YET = auto()


class Email(Enum):
    """Which address stands in the certificate."""

    PRESENT = auto()
    OLD = auto()
    MISSING = auto()


@dataclass(frozen=True)
class Case:
    """One device with its certificate. `days` are left until expiry; negative: expired."""

    days: int
    history: History = History.ISSUED
    revoked_ago: int | None = None
    reason: str = ""
    email: Email = Email.PRESENT
    device: DeviceKind = DeviceKind.PKI_TOKEN
    state: DeviceState = DeviceState.IN_USE
    minutes: bool = True
    serial_known: bool = True
    phone: bool = True
    token: str | None = None


@dataclass(frozen=True)
class Period:
    """notBefore and notAfter of one certificate."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Holding:
    """A case and whose it is: of a person, of an office (its seal) or of a system of an office.

    `person` holds the device: the subscriber, or the clerk whom the office entrusts with its seal.
    """

    kind: SubscriberKind
    agency: str
    case: Case
    person: PersonPlan | None = None
    system_name: str = ""


LOST = "thiết bị lưu khóa bí mật bị thất lạc"
MOVED = "thuê bao thay đổi vị trí công tác"
REPLACED = "đã thay bằng chứng thư có nội dung mới"

# By the place of a person in the commune, counted from its chairman.
EAST_CASES: dict[int, Case] = {
    0: Case(902, token=LEADER),
    1: Case(100),
    2: Case(415),
    4: Case(60, token=FOCAL_POINT),
    5: Case(733),
    6: Case(119),
    7: Case(120),
    8: Case(121),
    9: Case(46),
    10: Case(45),
    11: Case(44),
    12: Case(31),
    13: Case(30),
    14: Case(29),
    15: Case(75),
    16: Case(90),
    17: Case(110, minutes=False),
    18: Case(58, History.RENEWED),
    19: Case(430, History.RENEWED),
    SAME_NAME: Case(72, History.UNKNOWN, minutes=False),
    SAME_NAME_TWIN: Case(800, History.UNKNOWN, serial_known=False),
    22: Case(20, History.UNKNOWN),
    23: Case(-1, state=DeviceState.AWAITING_RECALL),
    24: Case(0),
    25: Case(400, revoked_ago=30, reason=LOST, state=DeviceState.LOST),
    WITHOUT_EMAIL: Case(80, email=Email.MISSING),
    27: Case(85, email=Email.OLD),
    28: Case(95, device=DeviceKind.SIM_PKI, phone=False),
    29: Case(105, device=DeviceKind.SIM_PKI),
    30: Case(0, History.NOT_YET, state=DeviceState.HANDED_OVER),
    31: Case(300, History.AMENDED),
    32: Case(650),  # Its holder reports a lock: see `life_things`.
    33: Case(-200, state=DeviceState.RECALLED),
    35: Case(520),
    36: Case(97),
    37: Case(1_200, device=DeviceKind.CENTRAL),
    39: Case(210),  # Lost: see `life_things`.
}
"""Places 3 and 34 wait for a certificate, 38 has nothing yet."""

_SPREAD = (
    Case(1_490),
    Case(118),
    Case(905, minutes=False),
    Case(340, History.RENEWED),
    Case(73),
    Case(1_210, device=DeviceKind.SIM_PKI),
    Case(45),
    Case(610, serial_known=False),
    Case(150),
    Case(33),
    Case(480, History.UNKNOWN),
    Case(1_705),
    Case(-45, state=DeviceState.AWAITING_RECALL),
    Case(96, History.RENEWED),
    Case(260),
    Case(12),
    Case(1_330, device=DeviceKind.CENTRAL),
    Case(88, minutes=False),
    Case(700, revoked_ago=90, reason=MOVED, state=DeviceState.RECALLED),
    Case(540, state=DeviceState.DAMAGED),
    Case(56),
    Case(1_015, History.AMENDED),
    Case(64, History.UNKNOWN),
    Case(380),
    Case(820, state=DeviceState.HELD),
)
_EVERY_WITHOUT = 12  # One officer in twelve has no device yet.

_SEALS = {
    EAST: Case(1_105, token=SEAL),
    f"{EAST}.TH": Case(104),
    f"{EAST}.MT": Case(667),
    f"{EAST}.KH": Case(39),
    WEST: Case(77),
    f"{WEST}.TH": Case(-20, state=DeviceState.AWAITING_RECALL),
    SOUTH: Case(1_440),
    DEPARTMENT: Case(215),
    f"{DEPARTMENT}.TT": Case(62, History.RENEWED),
    ROOT: Case(1_600),
}
_SYSTEMS = (
    ("Trục liên thông văn bản THỬ NGHIỆM", Case(1_050, device=DeviceKind.HSM)),
    ("Hệ thống một cửa điện tử THỬ NGHIỆM", Case(111, device=DeviceKind.HSM)),
    ("Cổng ký số tập trung THỬ NGHIỆM", Case(640, device=DeviceKind.CENTRAL)),
)
# What some people gave back when they got their present device.
_FORMER = (
    Case(-420, state=DeviceState.RETURNED_TO_CA),
    Case(-130, state=DeviceState.RECALLED),
    Case(95, revoked_ago=260, reason=LOST, state=DeviceState.LOST),
    Case(-800, History.RENEWED, state=DeviceState.RETURNED_TO_CA),
    Case(-260, serial_known=False, state=DeviceState.RECALLED, minutes=False),
)
_FORMER_HOLDERS = range(9, 150, 14)


def holdings(people: Sequence[PersonPlan]) -> Iterator[Holding]:
    """Every device that has a certificate, with both; in no order that matters."""
    east = next(place for place, person in enumerate(people) if person.agency == EAST)
    spread = 0
    for place, person in enumerate(people):
        in_east = person.agency.split(".")[0] == EAST
        if in_east:
            case = EAST_CASES.get(place - east)
        elif place % _EVERY_WITHOUT == _EVERY_WITHOUT - 1:
            case = None
        else:
            case = _SPREAD[spread % len(_SPREAD)]
            spread += 1
        if case is not None:
            yield Holding(SubscriberKind.INDIVIDUAL, person.agency, case, person)
    for turn, place in enumerate(_FORMER_HOLDERS):
        former = _FORMER[turn % len(_FORMER)]
        yield Holding(SubscriberKind.INDIVIDUAL, people[place].agency, former, people[place])
    for agency, case in _SEALS.items():
        yield Holding(SubscriberKind.ORGANISATION, agency, case, _keeper(people, agency))
    for name, case in _SYSTEMS:
        yield Holding(SubscriberKind.SYSTEM, DEPARTMENT, case, system_name=name)


def _keeper(people: Sequence[PersonPlan], agency: str) -> PersonPlan | None:
    """The clerk of an office; where there is none, its last officer; none where nobody works."""
    clerks = [one for one in people if one.positions[0].title == "Văn thư"]
    own = [one for one in people if one.agency == agency]
    return next((one for one in clerks if one.agency == f"{agency}.VP"), None) or (
        own[-1] if own else None
    )


def revocation(case: Case, *, present: bool) -> tuple[int | None, str]:
    """Days since a certificate of a chain was revoked (None: it was not), and why."""
    if present:
        return case.revoked_ago, case.reason
    return (_AMENDED_AGO, REPLACED) if case.history is History.AMENDED else (None, "")


def stock(used: int) -> Iterator[tuple[str, Case]]:
    """Devices without a certificate, up to `DEVICES` in all: office and state."""
    offices = (f"{EAST}.VP", f"{WEST}.VP", f"{SOUTH}.VP", f"{DEPARTMENT}.VP")
    for turn in range(DEVICES - used):
        known = Case(0, state=DeviceState.IN_STOCK, minutes=False, serial_known=turn % 5 != 4)
        yield offices[turn % len(offices)], replace(known, phone=False)


def periods(case: Case, today: date) -> tuple[Period, ...]:
    """Validity of the certificates of one chain, oldest first; the last one is the present one."""
    ends = today + timedelta(days=case.days)
    if case.history is History.NOT_YET:
        begins = today + timedelta(days=5)
        return (_period(begins, add_years(begins, _FIRST_YEARS) - timedelta(days=1)),)
    if case.history is History.RENEWED:
        first_ends = add_years(ends, -_RENEWED_YEARS)
        return (_first(first_ends), _period(first_ends - _LEAD, ends))
    if case.history is History.AMENDED:
        return (_first(ends), _period(today - timedelta(days=_AMENDED_AGO), ends))
    return (_first(ends),)


def _first(ends: date) -> Period:
    return _period(add_years(ends, -_FIRST_YEARS) + timedelta(days=1), ends)


def _period(begins: date, ends: date) -> Period:
    return Period(datetime.combine(begins, _HOUR), datetime.combine(ends, _HOUR))
