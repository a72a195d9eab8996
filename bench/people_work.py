"""Who the people of `bench/people.py` are, what they read, and what they write.

Every act goes through the page and the form that a person would use. Each carries a mark of its
own ("Đo tải 17"), or is an act that a thing bears only once, so that it can be looked for after.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, insert, select

from bench.browsing import Answer, Form, form_of
from bench.pages import FILTERS, SEARCHES
from bench.register import NOW
from extensions import db
from models import Agency, Certificate, Device, Person, User, UserRole
from operations.passwords import hash_password
from rules.agencies import AgencyLevel
from rules.devices import DeviceKind, DeviceState
from rules.papers import PaperState
from rules.permissions import Role
from schema.custody import FollowUp, Incident, Paper, PaperLine
from schema.daily import Reminder
from views.guards import below

PASSWORD = "mat khau thu toc do"  # noqa: S105 - of made-up accounts in a throw-away copy
_F, _S = Role.FOCAL_POINT, Role.STAFF
DESKS = (_F, _S, _F, _F, Role.LEADER, _F, Role.CLERK, _F, _S, _F, None, _F)
"""The people of one office; None: in turn somebody who looks over many offices."""
OVERSEERS = (Role.DEPARTMENT, Role.AUDITOR, Role.DEPARTMENT, Role.ADMINISTRATOR)
LISTS = (
    "/nhac-viec", "/thiet-bi", "/chung-thu", "/chung-thu?xep=ngay", "/ca-nhan", "/bien-ban",
    "/de-nghi", "/su-co", "/bien-dong", "/kiem-ke", "/ban-giao", "/van-ban", "/van-ban-den",
    "/viec-phai-lam", "/de-nghi/gui-toi", "/van-ban/cho-toi-ky",
    "/bao-cao", "/quan-tri/tai-khoan",
)  # fmt: skip
EACH = {"device": "/thiet-bi/{}", "certificate": "/chung-thu/{}", "person": "/ca-nhan/{}",
        "paper": "/bien-ban/{}"}  # fmt: skip
HOME, LIST, SEARCH, DETAIL = "home", "list", "search", "detail"
READING = {HOME: 15, LIST: 30, SEARCH: 20, DETAIL: 35}
"""What of a hundred pages that are read is what."""
MOST = 400
"""Things of an office that are taken up, of each kind."""


@dataclass(frozen=True)
class Kind:
    """One way of writing: how often of a hundred, the event in the log, where its mark stands."""

    name: str
    weight: int
    event: str
    marks: str
    """SQL that gives the mark (or the number) of each thing of this kind that was written."""
    versioned: str = ""
    """The table whose version guards it, for what several people change at once."""


NOTE = Kind("note of a device", 30, "device.changed", "", "device")
PHONE = Kind("particulars of a person", 25, "person.changed", "", "person")
INCIDENT = Kind(
    "incident reported",
    10,
    "incident.reported",
    "SELECT circumstances FROM incident WHERE circumstances LIKE 'Đo tải %'",
)
STATUS = Kind(
    "status minutes drawn",
    10,
    "paper.drawn",
    "SELECT number FROM paper WHERE number LIKE 'Đo tải %'",
)
NUMBER = Kind(
    "number of minutes",
    10,
    "paper.numbered",
    "SELECT number FROM paper WHERE number LIKE 'Số đo tải %'",
)
PRINT = Kind(
    "notice printed",
    10,
    "reminder.printed",
    "SELECT reminder_id FROM reminder_delivery WHERE channel = 'printed'",
)
STEP = Kind(
    "step marked as done",
    5,
    "follow_up.done",
    "SELECT id FROM follow_up WHERE done_at IS NOT NULL",
)
RECEIPT = Kind(
    "receipt confirmed",
    0,
    "custody.moved",
    "SELECT reason FROM custody_move WHERE reason LIKE 'Đo tải %'",
)
KINDS = (NOTE, PHONE, INCIDENT, STATUS, NUMBER, PRINT, STEP, RECEIPT)


@dataclass(frozen=True)
class Job:
    """One act: the page it begins on, which of its forms, and what is typed."""

    kind: Kind
    subject: int
    page: str
    mark: str
    typed: Mapping[str, str]
    having: str = ""
    action: str = ""

    def form(self, answer: Answer) -> Form | None:
        """The form as it is sent: what the page filled in, and what is typed."""
        found = form_of(answer.text, having=self.having, action=self.action)
        if found is None:
            return None
        for name, values in found.offered.items():
            if not found.fields.get(name) and name == "agency_person_id":
                found.fields[name] = next(filter(None, values), "")
        found.fields.update(self.typed)
        return found


@dataclass
class Office:
    """The numbers of what one agency and its units have; what can be done once is taken away."""

    agency_id: int
    numbers: dict[str, list[int]]
    once: dict[Kind, list[int]]


@dataclass
class Somebody:
    """One account with its role and office."""

    user_id: int
    username: str
    role: Role
    office: Office
    own_devices: list[int] = field(default_factory=list)
    pages: dict[str, list[str]] = field(default_factory=dict)

    def page(self, dice: random.Random) -> str:
        """What this person looks at next."""
        kinds = [kind for kind in READING if self.pages.get(kind)]
        kind = dice.choices(kinds, [READING[one] for one in kinds])[0]
        return dice.choice(self.pages[kind])


class Work:
    """Gives each person the next thing to do; numbers every act."""

    def __init__(self, dice: random.Random) -> None:
        self._dice, self._count = dice, 0

    def next_for(self, who: Somebody) -> Job | None:
        """An act that this person may do, or None."""
        self._count += 1
        mark = f"Đo tải {self._count}"
        if who.role is Role.STAFF:
            return self._of_holder(who, mark)
        if who.role is Role.CLERK:
            return self._once(who.office, NUMBER, mark)
        if who.role is not Role.FOCAL_POINT:
            return None
        kinds = [one for one in KINDS if one.weight and one is not NUMBER]
        kind = self._dice.choices(kinds, [one.weight for one in kinds])[0]
        found = None if kind.versioned else self._once(who.office, kind, mark)
        return found or self._versioned(who.office, PHONE if kind is PHONE else NOTE, mark)

    def _versioned(self, office: Office, kind: Kind, mark: str) -> Job:
        numbers = office.numbers[kind.versioned]
        # Every third time one of the two things that everybody in the office is busy with.
        few = numbers[:2] if self._dice.random() < 1 / 3 else numbers
        subject = self._dice.choice(few)
        if kind is PHONE:
            return Job(kind, subject, f"/ca-nhan/{subject}/sua", mark, {"phone": mark}, "phone")
        return Job(kind, subject, f"/thiet-bi/{subject}/sua", mark, {"note": mark}, "note")

    def _once(self, office: Office, kind: Kind, mark: str) -> Job | None:
        waiting = office.once.get(kind)
        return MAKERS[kind](waiting.pop(), mark) if waiting else None

    def _of_holder(self, who: Somebody, mark: str) -> Job | None:
        if not who.own_devices:
            return None
        return _receipt(who.own_devices.pop(), mark)


def _incident(number: int, mark: str) -> Job:
    typed = {"kind": "LOCK", "circumstances": mark, "told_how": "Gọi điện"}
    return Job(INCIDENT, number, f"/su-co/bao-thay?thiet-bi={number}", mark, typed, "told_how")


def _status(number: int, mark: str) -> Job:
    typed = {"number": mark, "lap": "1", "reason": "Kiểm tra định kỳ"}
    page = f"/ban-giao/moi?viec=hien-trang&thiet-bi={number}"
    return Job(STATUS, number, page, mark, typed, "agency_person_id")


def _number(number: int, mark: str) -> Job:
    mark = f"Số {mark.lower()}"
    return Job(NUMBER, number, f"/bien-ban/{number}", mark, {"so-number": mark}, "so-number")


def _print(number: int, _mark: str) -> Job:
    typed, action = {"nhac": str(number)}, "/nhac-viec/thong-bao.pdf"
    return Job(PRINT, number, "/nhac-viec", str(number), typed, action=action)


def _step(number: int, _mark: str) -> Job:
    action = f"/viec-phai-lam/{number}/xong"
    return Job(STEP, number, "/viec-phai-lam", str(number), {}, action=action)


def _receipt(number: int, mark: str) -> Job:
    return Job(RECEIPT, number, f"/thiet-bi/{number}/viec/da-nhan", mark, {"reason": mark}, "on")


MAKERS: Mapping[Kind, Callable[[int, str], Job]] = {
    INCIDENT: _incident,
    STATUS: _status,
    NUMBER: _number,
    PRINT: _print,
    STEP: _step,
}


# The accounts -------------------------------------------------------------------------------------


def make_accounts(count: int, seed: int) -> list[Somebody]:
    """Enter so many accounts into the database of the present application, in offices of twelve."""
    dice = random.Random(seed)
    communes = db.session.scalars(
        select(Agency).where(Agency.level == AgencyLevel.COMMUNE).order_by(Agency.id)
    ).all()
    wanted = min(len(communes), -(-count // len(DESKS)))
    offices = [_office(one, dice) for one in dice.sample(communes, wanted)]
    hashed = hash_password(PASSWORD)
    holders = {one.agency_id: _holders(one) for one in offices}
    province = db.session.scalars(select(Agency.id).order_by(Agency.id).limit(1)).one()
    found, overseers = [], 0
    for number in range(count):
        office, role = offices[number // len(DESKS) % wanted], DESKS[number % len(DESKS)]
        place = office.agency_id
        if role is None:
            role, place = OVERSEERS[overseers % len(OVERSEERS)], province
            overseers += 1
        person_id, own = next(holders[office.agency_id], (None, []))
        user_id = _account(f"do-tai-{number}", role, place, person_id, hashed)
        found.append(Somebody(user_id, f"do-tai-{number}", role, office, own))
    db.session.commit()
    return found


def _account(name: str, role: Role, place: int, person_id: int | None, hashed: str) -> int:
    values = {"username": name, "display_name": f"Người dùng ({name})", "person_id": person_id}
    kept = {"password_hash": hashed, "must_change_password": False, "created_at": NOW}
    answer = db.session.execute(insert(User).values(**values, **kept).returning(User.id))
    number: int = answer.scalar_one()
    db.session.execute(insert(UserRole).values(user_id=number, role=role, agency_id=place))
    return number


def _office(agency: Agency, dice: random.Random) -> Office:
    inside = select(Agency.id).where(below(agency.path))

    def numbers(model: Any, *where: Any) -> list[int]:
        rows = select(model.id).where(model.agency_id.in_(inside), *where).order_by(model.id)
        found = list(db.session.scalars(rows.limit(MOST)))
        dice.shuffle(found)
        return found

    tokens = numbers(
        Device,
        Device.state == DeviceState.IN_USE,
        Device.kind == DeviceKind.PKI_TOKEN,
        Device.holder_id.is_not(None),
        # What is under way with a device already may not begin a second time.
        Device.id.not_in(
            select(PaperLine.device_id)
            .join(Paper, Paper.id == PaperLine.paper_id)
            .where(Paper.state == PaperState.ISSUED, PaperLine.device_id.is_not(None))
        ),
        Device.id.not_in(
            select(Incident.device_id).where(
                Incident.closed_at.is_(None), Incident.device_id.is_not(None)
            )
        ),
    )
    half = len(tokens) // 2
    # Those of certificates: nothing that is done here settles one before it is printed.
    still = (Reminder.noun == "certificate", Reminder.settled_at.is_(None))
    reminders = numbers(Reminder, *still, Reminder.person_id.is_not(None))
    steps = numbers(FollowUp, FollowUp.done_at.is_(None), FollowUp.noun == "incident")
    papers = numbers(Paper, Paper.state == PaperState.ISSUED, Paper.number.is_(None))
    once = {INCIDENT: tokens[:half], STATUS: tokens[half:], NUMBER: papers}
    models = {"device": Device, "certificate": Certificate, "person": Person, "paper": Paper}
    return Office(
        agency.id,
        {name: numbers(model) for name, model in models.items()},
        once | {PRINT: reminders, STEP: steps[:20]},
    )


def _holders(office: Office) -> Iterator[tuple[int, list[int]]]:
    """People of an office with a device that they have not yet confirmed to have, then others."""
    rows: Sequence[Row[tuple[int, int | None, DeviceState]]] = db.session.execute(
        select(Device.id, Device.holder_id, Device.state)
        .where(Device.id.in_(office.numbers["device"]), Device.kind == DeviceKind.PKI_TOKEN)
        .where(Device.holder_id.is_not(None))
    ).all()
    own: dict[int, list[int]] = defaultdict(list)
    for number, holder, state in rows:
        if holder is not None:
            own[holder] += [number] if state is DeviceState.HANDED_OVER else []
    return iter(sorted(own.items(), key=lambda one: -len(one[1])))


def pages_of(who: Somebody) -> dict[str, list[str]]:
    """What a person of this role may want to read; not all of it is open to everybody."""
    filtered = [f"{path}?{one}" for path, asked in FILTERS.items() for one in asked]
    words = [one.replace(" ", "+") for one in SEARCHES]
    searched = [f"{path}?q={one}" for path in ("/thiet-bi", "/chung-thu") for one in words]
    searched += [f"/ca-nhan?q={one}" for one in words[:4]]
    things = [
        address.format(number)
        for name, address in EACH.items()
        for number in who.office.numbers[name][:40]
    ]
    homes = ["/", "/cua-toi", "/lanh-dao"]
    if who.role is Role.STAFF:  # Nothing but their own.
        things = []
    return {HOME: homes, LIST: [*LISTS, *filtered], SEARCH: searched, DETAIL: things}
