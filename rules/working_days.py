"""Ngày làm việc: counting working days over weekends, public holidays and make-up days.

Rules stay pure: which days are off or worked comes from outside (`operations/calendar.py`). A
period starts on the day after the event; the decree only says "kể từ ngày", and this is the usual
reading of periods in civil law (a rule of the house, not looked up).
"""

from dataclasses import dataclass
from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class WorkingCalendar:
    """Saturdays and Sundays are free, and so is each of `days_off`; each of `days_worked` is not.

    A day that stands in both is worked: a make-up day is decided later than the holiday it pays
    for.
    """

    days_off: frozenset[date] = frozenset()
    days_worked: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """True when offices work on that civil day."""
        if day in self.days_worked:
            return True
        return day.weekday() < _SATURDAY and day not in self.days_off

    def deadline(self, event_on: date, working_days: int) -> date:
        """The last day of a period of `working_days` that starts on the day after the event.

        0 gives the day of the event itself, whatever day that is. Raises ValueError for fewer.
        """
        if working_days < 0:
            raise ValueError("a period has no fewer than 0 working days")
        day = event_on
        while working_days:
            day += _ONE_DAY
            working_days -= self.is_working(day)
        return day

    def working_days_between(self, after: date, until: date) -> int:
        """Working days from the day after `after` up to and including `until`.

        Negative when `until` lies before `after`: how many working days ago it was.
        """
        if until < after:
            return -self.working_days_between(until, after)
        days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
        return sum(self.is_working(day) for day in days)
