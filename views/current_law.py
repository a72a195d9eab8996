"""What holds in this installation today: the law with the drafts issued since, the calendar, the
margin of an agency. Each without a statement while nothing was written since the last time.
"""

from datetime import date

import regulations
from extensions import db
from models import Agency
from operations.calendar import working_calendar
from operations.law import enacted, margin_days
from rules.law import Law
from rules.working_days import WorkingCalendar
from views.kept import until_the_log_grows


def current_law() -> Law:
    """All instruments, each draft as issued once its number and days were entered."""
    return until_the_log_grows(("law",), lambda: enacted(db.session(), regulations.load()))


def calendar_on(today: date) -> WorkingCalendar:
    """The calendar on which periods in working days are counted."""
    return until_the_log_grows(
        ("calendar", today), lambda: working_calendar(db.session(), today=today)
    )


def margin_of(agency: Agency) -> int:
    """The agency's margin before the last day of receipt, in days."""
    return until_the_log_grows(("margin", agency.id), lambda: margin_days(db.session(), agency))
