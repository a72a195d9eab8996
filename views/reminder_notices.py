"""From open reminders to the notices that are printed for their subscribers."""

from collections.abc import Sequence
from datetime import date

from extensions import db
from letters import notices
from letters.parties import Person as PartyPerson
from models import Agency
from operations import paper_lines
from operations.law import senders_for
from rules.names import head_name, spelt_out
from schema.daily import Reminder
from views.guards import account


def notices_pdf(rows: Sequence[Reminder], today: date) -> bytes:
    """One sheet for each person, with everything that is open for them among these rows."""
    by_person: dict[int, list[Reminder]] = {}
    for row in rows:
        if row.person_id is not None:
            by_person.setdefault(row.person_id, []).append(row)
    managing = senders_for(db.session(), {row.agency_id: row.agency for row in rows}.values())
    contact = _contact(today)
    made = [
        _notice(own, managing.get(own[0].agency_id) or own[0].agency, contact, today)
        for own in by_person.values()
    ]
    return notices.draw_all(made).pdf


def _contact(today: date) -> PartyPerson:
    """Who prints it, as the register knows the person."""
    user = account().user
    if user.person_id is None:
        return PartyPerson(full_name=user.display_name)
    person = paper_lines.people(db.session(), {user.person_id})[user.person_id]
    return PartyPerson(**paper_lines.of_person(person, today))


def _notice(
    own: Sequence[Reminder], agency: Agency, contact: PartyPerson, today: date
) -> notices.ReminderNotice:
    """The notice comes from the body that manages the subscriber, not from a unit inside it."""
    person, parent = own[0].person, agency.parent
    return notices.ReminderNotice(
        parent_agency=head_name(parent.name) if parent is not None else "",
        agency=head_name(agency.name),
        agency_name=spelt_out(agency.name),
        on=today,
        to=PartyPerson(full_name=person.full_name if person is not None else ""),
        tasks=tuple(notices.Task(row.sentence.rstrip("."), row.due_on) for row in own),
        contact=contact,
    )
