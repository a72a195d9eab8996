"""In which capacity a person signs a document of the office: title, mark, and the paper behind it.

What is written with the signature stays as it was, whatever becomes of the position later.
"""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, Position
from rules.documents import SigningAct
from rules.signers import AUTHORITIES, SignerFacts, SigningAuthority, capacity_words
from schema.documents import DocumentStep

PEOPLES_COMMITTEE = "Ủy ban nhân dân"


@dataclass(frozen=True)
class Capacity:
    """The mark with which somebody signs and what it asks for; no mark means that of the position.

    As `rules.signers.SignerFacts`; the title comes from the position.
    """

    authority: SigningAuthority | None = None
    head_title: str = ""
    collective: str = ""
    paper: str = ""
    paper_until_on: date | None = None


AS_REGISTERED = Capacity()


def completed(
    session: Session, agency: Agency, position: Position, capacity: Capacity, on: date
) -> Capacity:
    """The capacity with the words that the register knows: the position's own mark, the one head's
    title behind KT., TL. and TUQ., the people's committee behind TM. Nothing typed is changed.
    """
    authority = capacity.authority or position.authority
    if authority is None:
        return capacity
    found, needs = replace(capacity, authority=authority), AUTHORITIES[authority]
    if needs.needs_head_title and not found.head_title:
        found = replace(found, head_title=_head_title(session, agency, on))
    if needs.needs_collective and not found.collective and _is_committee(agency):
        found = replace(found, collective=PEOPLES_COMMITTEE)
    return found


def _head_title(session: Session, agency: Agency, on: date) -> str:
    titles = session.scalars(
        select(Position.title).where(
            Position.agency_id == agency.id,
            Position.authority.in_([SigningAuthority.HEAD, SigningAuthority.TM]),
            Position.from_on <= on,
            Position.until_on.is_(None) | (Position.until_on >= on),
        )
    ).all()
    return titles[0] if len(titles) == 1 else ""


def _is_committee(agency: Agency) -> bool:
    return agency.name.casefold().startswith(("ubnd", PEOPLES_COMMITTEE.casefold()))


def write(step: DocumentStep, position: Position | None, capacity: Capacity) -> None:
    """Write title and capacity into a step; only who signs with authority has a mark."""
    step.title = position.title if position is not None else ""
    if position is None or step.act is not SigningAct.APPROVE:
        return
    step.authority = capacity.authority
    step.head_title, step.collective = capacity.head_title, capacity.collective
    step.authority_paper, step.authority_until_on = capacity.paper, capacity.paper_until_on


def capacity_of(step: DocumentStep) -> Capacity:
    """The capacity as it is stored."""
    return Capacity(
        step.authority,
        step.head_title,
        step.collective,
        step.authority_paper,
        step.authority_until_on,
    )


def facts_of(step: DocumentStep) -> SignerFacts | None:
    """What `rules.signers` decides on; None for the agency and while no mark is known."""
    if step.person_id is None or step.authority is None:
        return None
    return SignerFacts(
        authority=step.authority,
        title=step.title,
        head_title=step.head_title,
        collective=step.collective,
        paper=step.authority_paper,
        paper_until_on=step.authority_until_on,
    )


def words_of(step: DocumentStep) -> str:
    """In which capacity a person signs, in one line; "" for the agency."""
    facts = facts_of(step)
    return capacity_words(facts) if facts is not None else step.title
