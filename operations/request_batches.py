"""Many certificates at once: one letter for each act, kind of subscriber and sender."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session, joinedload

from audit import Actor
from models import Certificate
from operations import law as house
from operations.request_drafts import draft
from operations.request_lines import Chosen, Wish, by_number
from operations.transactions import Conflict, Refused
from rules.certificates import SubscriberKind
from rules.law import Law
from rules.requests import RequestKind


@dataclass
class Outcome:
    """The drafts that were opened, by number, and in Vietnamese what was refused."""

    drafts: list[int] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def draft_in_one_go(
    session: Session,
    *,
    actor: Actor,
    renew: Sequence[int],
    replace: Sequence[int],
    law: Law,
) -> Outcome:
    """Open one renewal, and one first issue with the old serials, for each sender concerned.

    A letter for new issues is planned for the day on which the last of its old certificates has
    ended (Điều 21). Each draft is an act of its own: what is refused leaves the others standing.
    """
    done = Outcome()
    today = actor.today
    for rows in _groups(session, renew):
        _try(session, actor, Wish(RequestKind.RENEWAL, today), rows, law, done)
    for rows in _groups(session, replace):
        ends = max(row.expires_on for row in rows)
        day = max(today, ends + timedelta(days=1))
        wish = Wish(RequestKind.ISSUANCE, day, rows[0].kind)
        _try(session, actor, wish, rows, law, done)
    return done


def _groups(session: Session, ids: Iterable[int]) -> list[list[Certificate]]:
    """The certificates apart by who writes for them and by kind of subscriber."""
    rows = by_number(session, Certificate, ids, [joinedload(Certificate.agency)])
    senders = house.senders_for(session, {row.agency_id: row.agency for row in rows}.values())
    groups: dict[tuple[int, SubscriberKind], list[Certificate]] = {}
    for row in rows:
        sender = senders[row.agency_id]
        key = (sender.id if sender is not None else 0, row.kind)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _try(
    session: Session,
    actor: Actor,
    wish: Wish,
    rows: Sequence[Certificate],
    law: Law,
    done: Outcome,
) -> None:
    chosen = Chosen(certificates=tuple(row.id for row in rows))
    try:
        done.drafts.append(draft(session, actor=actor, wish=wish, chosen=chosen, law=law))
    except (Refused, Conflict) as error:
        done.refusals.append(str(error))
