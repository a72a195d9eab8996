"""The home page: the work to do today, for each role."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

import clock
from rules.days import DEFAULT_MARGIN_DAYS
from rules.permissions import Permission, Role
from views import home_daily as daily
from views import home_panels as panels
from views import home_requests as letters
from views import home_work as work
from views import signing_counts
from views.current_law import margin_of
from views.guards import Account, account, open_to_all, requires
from views.request_handling import departments

bp = Blueprint("home", __name__)

MOST_IN_ONE_LETTER = 50
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


@bp.get("/")
@requires()
def show() -> ResponseReturnValue:
    """What waits for this person, most pressing first; then what their role wants to see."""
    person = account()
    if set(person.roles) == {Role.STAFF}:
        return redirect(url_for("own.show"))
    today = clock.today()
    margin = _margin(person)
    rows = _ending(person, today)
    numbers = work.count(
        person, today, margin, daily.parts(person, today) | signing_counts.parts(person)
    )
    tasks = letters.request_tasks(letters.requests_on_the_way(person), person, today)
    tasks += letters.copy_tasks(person)
    tasks += letters.recall_tasks(person, today)
    tasks += letters.handling_tasks(person)
    if person.can(Permission.CERTIFICATE_REQUEST_DRAFT):
        tasks += work.certificate_tasks(rows, today, margin)
    tasks += daily.tasks(numbers)
    tasks += signing_counts.tasks(numbers)
    if person.can(Permission.CERTIFICATE_HISTORY_ATTEST):
        unknown = numbers.get("HISTORY_UNKNOWN", 0)
        tasks += work.history_task(rows, unknown, today, margin)
    due = [task.certificate_id for task in tasks if task.certificate_id is not None]
    return render_template(
        "home/show.html",
        weekday=WEEKDAYS[today.weekday()],
        groups=work.grouped(tasks, today),
        heading=_heading(person),
        has_duties=_has_duties(person),
        counts=work.count_links(numbers),
        register_empty=numbers.get("any") == 0,
        renew_all_url=_one_letter(due),
        renew_all_count=min(len(due), MOST_IN_ONE_LETTER),
        first_steps=_first_steps(person),
        **_panels(person, rows, numbers, margin),
    )


@bp.get("/favicon.ico")
@open_to_all("a picture that browsers ask for by themselves, also beside a PDF")
def favicon() -> ResponseReturnValue:
    """The sign of the program, at the address where browsers look when no page names one."""
    return redirect(url_for("static", filename="favicon.svg"))


def _margin(person: Account) -> int:
    grants = person.user.grants
    if not grants or not person.can(Permission.CERTIFICATE_VIEW):
        return DEFAULT_MARGIN_DAYS
    return margin_of(grants[0].agency)


def _ending(person: Account, today: Any) -> Any:
    if not person.can(Permission.CERTIFICATE_SEARCH):
        return []
    if not {Role.FOCAL_POINT, Role.LEADER} & set(person.roles):
        return []
    return work.ending_soon(person.scope(Permission.CERTIFICATE_SEARCH), today)


def _has_duties(person: Account) -> bool:
    """Whether tasks may ever stand on this person's page; others get no empty list of them."""
    handles = person.can(Permission.CERTIFICATE_REQUEST_HANDLE) and bool(departments())
    return handles or any(person.can(duty.permission) for duty in letters.DUTIES.values())


_HEADINGS = (
    (Role.DEPARTMENT, "Tình hình các cơ quan"),
    (Role.AUDITOR, "Tình hình để kiểm tra"),
    (Role.ADMINISTRATOR, "Quản trị"),
    (Role.STAFF, "Chứng thư và thiết bị của tôi"),
)


def _heading(person: Account) -> str:
    if _has_duties(person):
        return "Việc cần làm"
    return next((words for role, words in _HEADINGS if role in person.roles), "Trang chủ")


def _one_letter(due: list[int]) -> str:
    """The address that puts all due certificates into one letter; empty for less than two."""
    if len(due) < 2:
        return ""
    chosen = {"chung-thu": due[:MOST_IN_ONE_LETTER]}
    return url_for("certificate_requests.new_renewal", **chosen)


def _first_steps(person: Account) -> list[dict[str, Any]]:
    """What to do first while the register is empty."""
    steps = []
    if person.can(Permission.CERTIFICATE_IMPORT):
        steps.append(("Nhập chứng thư", "certificate_imports.new"))
        steps.append(("Thêm cá nhân", "people.index"))
    if person.can(Permission.SIGNING_AGENT_PAIR):
        steps.append(("Ghép nối chương trình ký", "signing_agents.index"))
    return [
        {"label": label, "url": url_for(endpoint), "primary": number == 0}
        for number, (label, endpoint) in enumerate(steps)
    ]


def _panels(person: Account, rows: Any, numbers: dict[str, int], margin: int) -> dict[str, Any]:
    """The parts of the page that belong to single roles."""
    today = clock.today()
    roles = set(person.roles)
    found: dict[str, Any] = {}
    if Role.LEADER in roles:
        found["red"] = panels.red_items(rows, today, margin)
        found["next_days"] = panels.next_days(rows, numbers, today)
    if Role.STAFF in roles:
        found["own"] = panels.own_things(person, clock.now(), margin)
    if Role.AUDITOR in roles:
        found["requests_by_state"] = panels.requests_by_state(person)
    if Role.DEPARTMENT in roles:
        found["roll_up"] = panels.roll_up(person, today)
    if Role.ADMINISTRATOR in roles:
        found["silent"] = panels.silent_accounts(person)
        found["line"] = panels.tls_line(clock.now())
    if person.can(Permission.AUDIT_VIEW):
        found["log"] = panels.log_facts()
        found["log_url"] = url_for("log.index")
    return found
