"""How a person in a position is called in a list to choose from: nobody is taken for a namesake,
and a "Trưởng phòng" says of which body.
"""

from collections import Counter
from collections.abc import Sequence

from models import Position


def position_words(positions: Sequence[Position], agency_id: int) -> dict[int, str]:
    """Name and title by the number of the position; the body where it is not `agency_id`, and what
    tells two apart where both still read alike: staff number or e-mail.
    """
    told = {
        one.id: f"{one.person.full_name} – {one.title}"
        + (f", {one.agency.name}" if one.agency_id != agency_id else "")
        for one in positions
    }
    count = Counter(told.values())
    return {
        one.id: f"{told[one.id]} ({mark})"
        if count[told[one.id]] > 1 and (mark := one.person.staff_number or one.person.email)
        else told[one.id]
        for one in positions
    }
