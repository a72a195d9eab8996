"""Which law and which house settings an agency follows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, Setting
from rules.agencies import sender_of
from rules.days import DEFAULT_MARGIN_DAYS
from rules.law import Law

MARGIN_DAYS = "margin_days"
INSTALLATION = 0


def chain_of(session: Session, agency: Agency) -> list[Agency]:
    """The agency and everything above it, nearest first, in one statement."""
    ids = [int(part) for part in agency.path.split("/") if part]
    rows = {row.id: row for row in session.scalars(select(Agency).where(Agency.id.in_(ids)))}
    return [rows[number] for number in reversed(ids) if number in rows]


def sender_for(session: Session, agency: Agency) -> Agency | None:
    """Who writes the letter for this unit: the nearest with legal personality and own seal."""
    return sender_of(chain_of(session, agency))


def law_for(law: Law, agency: Agency) -> Law:
    """The law as it stands for one agency: its regulation over the decree, where one is loaded."""
    known = {one.key for one in law.instruments if one.over is not None}
    return law.under(agency.regulation) if agency.regulation in known else law


def margin_days(session: Session, agency: Agency) -> int:
    """The agency's own margin before the last day, in days; 45 unless it set another."""
    ids = [int(part) for part in agency.path.split("/") if part]
    rows = {
        row.agency_id: row.value
        for row in session.scalars(
            select(Setting).where(
                Setting.name == MARGIN_DAYS, Setting.agency_id.in_([*ids, INSTALLATION])
            )
        )
    }
    for number in [*reversed(ids), INSTALLATION]:
        if number in rows:
            return int(rows[number])
    return DEFAULT_MARGIN_DAYS
