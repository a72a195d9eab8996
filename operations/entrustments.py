"""Who is entrusted with an agency's device, by which paper, for how long.

A row makes the person one who may sign for the agency (`operations/signing_jobs.py` asks for it).
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Certificate, Entrustment
from rules.certificates import SubscriberKind
from rules.days import written
from rules.papers import PaperKind, PaperState
from schema.custody import Paper

MADE = "entrustments"  # In the particulars of a paper: the rows that it brought about.


def decide(session: Session, paper: Paper) -> None:
    """A decision counts once it is signed: from then on the person may sign for the agency."""
    if paper.kind is not PaperKind.ENTRUSTMENT_DECISION or paper.state is not PaperState.PROVEN:
        return
    if paper.particulars.get("entrusted"):
        return
    number = f" số {paper.number}" if paper.number else ""
    decision = f"Quyết định{number} ngày {written(paper.made_on)}"
    paper.particulars = {**paper.particulars, "decision": decision, "entrusted": True}
    receivers = {
        line.device_id: line.person_id
        for line in paper.lines
        if line.device_id is not None and line.person_id is not None
    }
    entrust(session, paper, receivers)


def entrust(session: Session, paper: Paper, receivers: Mapping[int, int]) -> None:
    """One row for each of the agency's certificates on the devices; none is written twice."""
    start = _day(paper.particulars.get("from_on")) or paper.made_on
    until = _day(paper.particulars.get("until_on"))
    decision = str(paper.particulars["decision"])[:300]
    agencys = session.scalars(
        select(Certificate).where(
            Certificate.device_id.in_(receivers),
            Certificate.kind == SubscriberKind.ORGANISATION,
        )
    ).all()
    known = {
        (one.certificate_id, one.person_id, one.decision)
        for one in session.scalars(
            select(Entrustment).where(Entrustment.certificate_id.in_([one.id for one in agencys]))
        )
    }
    made = [
        Entrustment(
            certificate_id=one.id,
            person_id=receivers[one.device_id or 0],
            decision=decision,
            from_on=start,
            until_on=until,
        )
        for one in agencys
        if (one.id, receivers[one.device_id or 0], decision) not in known
    ]
    session.add_all(made)
    session.flush()
    ids = [*paper.particulars.get(MADE, []), *(one.id for one in made)]
    paper.particulars = {**paper.particulars, MADE: ids}


def end_entrustments(session: Session, holders: Mapping[int, int | None], on: date) -> None:
    """Who gives the device back signs no longer with it from the next day on."""
    rows = session.scalars(
        select(Entrustment)
        .join(Certificate, Certificate.id == Entrustment.certificate_id)
        .where(
            Certificate.device_id.in_(holders),
            Entrustment.person_id.in_([one for one in holders.values() if one is not None]),
        )
    )
    for one in rows:
        if one.until_on is None or one.until_on > on:
            one.until_on = max(on, one.from_on)


def forget_entrustments(session: Session, paper: Paper) -> None:
    """Remove what a paper about to be cancelled had entrusted."""
    if ids := paper.particulars.get(MADE):
        session.execute(delete(Entrustment).where(Entrustment.id.in_(ids)))


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
