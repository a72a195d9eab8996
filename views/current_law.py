"""What holds in this installation today: the law with the drafts issued since, the calendar, the
margin of an agency. Each without a statement as long as nobody changed it (`views/kept.py`).
"""

from datetime import date

import regulations
from extensions import db
from models import Agency
from operations.calendar import working_calendar
from operations.law import enacted, followed, margin_days
from rules.law import Law
from rules.working_days import WorkingCalendar
from views.kept import until_the_ground_shifts


def current_law() -> Law:
    """All instruments, each draft as issued once its number and days were entered."""
    return until_the_ground_shifts(("law",), lambda: enacted(db.session(), regulations.load()))


def law_of(agency: Agency) -> Law:
    """The law as it stands for one agency: its regulation over the decree."""
    law = current_law()
    key = until_the_ground_shifts(("followed", agency.id), lambda: followed(law, agency))
    return law.under(key) if key is not None else law


def calendar_on(today: date) -> WorkingCalendar:
    """The calendar on which periods in working days are counted."""
    return until_the_ground_shifts(
        ("calendar", today), lambda: working_calendar(db.session(), today=today)
    )


def margin_of(agency: Agency) -> int:
    """The agency's margin before the last day of receipt, in days."""
    return until_the_ground_shifts(("margin", agency.id), lambda: margin_days(db.session(), agency))
