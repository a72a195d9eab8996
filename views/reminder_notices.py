"""From open reminders to the notices that are printed for their subscribers."""

from collections.abc import Sequence
from datetime import date

from letters import notices
from letters.parties import Person as PartyPerson
from models import Agency
from rules.names import head_name
from schema.daily import Reminder
from views.guards import account


def notices_pdf(rows: Sequence[Reminder], today: date) -> bytes:
    """One sheet for each person, with everything that is open for them among these rows."""
    by_person: dict[int, list[Reminder]] = {}
    for row in rows:
        if row.person_id is not None:
            by_person.setdefault(row.person_id, []).append(row)
    return notices.draw_all([_notice(own, today) for own in by_person.values()]).pdf


def _notice(own: Sequence[Reminder], today: date) -> notices.ReminderNotice:
    agency: Agency = own[0].agency
    person = own[0].person
    return notices.ReminderNotice(
        agency=head_name(agency.name),
        agency_name=agency.name,
        on=today,
        to=PartyPerson(full_name=person.full_name if person is not None else ""),
        tasks=tuple(notices.Task(row.sentence.rstrip("."), row.due_on) for row in own),
        contact=PartyPerson(full_name=account().user.display_name),
    )
