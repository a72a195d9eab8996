"""The practice accounts: one for each role, with a random password that start.py prints."""

import json
from dataclasses import asdict, dataclass

from labels import label
from operations import passwords
from practice.holdings import FOCAL_POINT, LEADER, SEAL
from practice.people import EAST, ROOT, SOUTH, WEST, PersonPlan
from rules.permissions import Role

LOGINS = "logins.json"


@dataclass(frozen=True)
class AccountPlan:
    """One account: its role at an office, its person, and the token it signs with."""

    role: Role
    username: str
    scope: str
    person: PersonPlan
    token: str | None = None


@dataclass(frozen=True)
class Login:
    """What start.py prints; `pin` is that of the practice token, if there is one."""

    role: str
    username: str
    password: str
    pin: str
    name: str
    agency: str


def plans(people: tuple[PersonPlan, ...]) -> tuple[AccountPlan, ...]:
    """The accounts of the commune of the east, of the province, and of the other communes."""

    def holder(agency: str, title: str, place: int = 0) -> PersonPlan:
        found = [one for one in people if one.agency == agency and one.positions[0].title == title]
        return found[place]

    office, digital = f"{EAST}.VP", "SO.CDS"
    east_contact = holder(office, "Đầu mối quản lý chứng thư")
    west_contact = holder(f"{WEST}.VP", "Đầu mối quản lý chứng thư")
    south_contact = holder(f"{SOUTH}.VP", "Đầu mối quản lý chứng thư")
    chairman, clerk = holder(EAST, "Chủ tịch"), holder(office, "Văn thư")
    return (
        AccountPlan(Role.FOCAL_POINT, "daumoi.dong", EAST, east_contact, FOCAL_POINT),
        AccountPlan(Role.LEADER, "lanhdao.dong", EAST, chairman, LEADER),
        AccountPlan(Role.CLERK, "vanthu.dong", EAST, clerk, SEAL),
        AccountPlan(Role.STAFF, "canbo.dong", EAST, holder(office, "Chuyên viên")),
        AccountPlan(Role.AUDITOR, "kiemtra.dong", EAST, holder("SO.VP", "Chuyên viên")),
        AccountPlan(Role.DEPARTMENT, "so.khcn", ROOT, holder(digital, "Trưởng phòng")),
        AccountPlan(Role.ADMINISTRATOR, "quantri", ROOT, holder(digital, "Chuyên viên")),
        AccountPlan(Role.FOCAL_POINT, "daumoi.tay", WEST, west_contact),
        AccountPlan(Role.LEADER, "lanhdao.tay", WEST, holder(WEST, "Chủ tịch")),
        AccountPlan(Role.STAFF, "canbo.tay", WEST, holder(f"{WEST}.VP", "Chuyên viên", 2)),
        AccountPlan(Role.FOCAL_POINT, "daumoi.nam", SOUTH, south_contact),
        AccountPlan(Role.LEADER, "lanhdao.nam", SOUTH, holder(SOUTH, "Chủ tịch")),
    )


def logins(
    accounts: tuple[AccountPlan, ...], pins: dict[str, str], agencies: dict[str, str]
) -> tuple[Login, ...]:
    """Give each account a random password. `pins` by label of token, `agencies` names by key."""
    return tuple(
        Login(
            role=label(account.role),
            username=account.username,
            password=passwords.first_password(),
            pin=pins.get(account.token or "", ""),
            name=account.person.name,
            agency=agencies[account.scope],
        )
        for account in accounts
    )


def written(logins: tuple[Login, ...]) -> bytes:
    """The file that start.py reads."""
    return json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=1).encode()
