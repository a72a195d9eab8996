"""The reports of the agencies in a person's scope: figures folded to those that write letters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select

import clock
from extensions import db
from models import Agency
from operations.report_figures import count_figures
from operations.reports import figures_of, sections_of
from rules.agencies import AgencyLevel, sender_of
from rules.permissions import Permission
from rules.reports import NUMBERS, Figure, Period, ReportState, Section, total
from schema.reports import YearReport
from views.guards import account, below
from views.kept import key_of, until_the_log_grows

VIEW = Permission.REPORT_VIEW


@dataclass(frozen=True)
class ReportRow:
    """One agency. `figures` are those that were sent, once it was; `state` None: not begun."""

    agency_id: int
    name: str
    figures: Mapping[Figure, int]
    sections: Mapping[Section, int | str] = field(default_factory=dict)
    state: ReportState | None = None
    sent_on: Any = None
    version: int = 0


@dataclass(frozen=True)
class Unit:
    """What must be known of an agency to see whose report it belongs to."""

    id: int
    name: str
    path: str
    level: AgencyLevel
    has_legal_personality: bool
    has_own_seal: bool
    is_ended: bool


def rows_in_scope(period: Period) -> list[ReportRow]:
    """Every agency of the scope that writes letters, by name; kept until the log grows.

    With a year come what was typed and sent; five statements whatever the number of agencies.
    """
    scope, today = account().scope(VIEW), clock.today()
    key = ("reports", key_of(scope), period, today)
    return until_the_log_grows(key, lambda: _rows(scope.clause, period))


def rows_below(path: str, period: Period) -> list[ReportRow]:
    """The agencies of a subtree that write letters, its top among them; kept until the log grows.

    Whoever may see the top sees all below it.
    """

    def within(column: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(select(Agency.id).where(below(path)))
        return found

    key = ("reports below", path, period, clock.today())
    return until_the_log_grows(key, lambda: _rows(within, period))


def summed_sections(rows: Iterable[ReportRow]) -> dict[Section, int]:
    """The numbers that agencies have sent, added up; a draft does not count."""
    sums: dict[Section, int] = {}
    for row in rows:
        for section in NUMBERS:
            value = row.sections.get(section)
            if row.state is ReportState.SENT and isinstance(value, int):
                sums[section] = sums.get(section, 0) + value
    return sums


def _rows(within: Any, period: Period) -> list[ReportRow]:
    counts = count_figures(db.session(), within, period, today=clock.today())
    units = _units(within)
    folded: dict[int, list[Mapping[Figure, int]]] = {}
    for number, figures in counts.items():
        writer = _writer(units, number)
        folded.setdefault(writer.id if writer else number, []).append(figures)
    reports = _reports(within, period.year) if period.year else {}
    return [
        _row(unit, total(folded.get(unit.id, ())), reports.get(unit.id))
        for unit in units.values()
        if unit.id in folded
        or (unit.has_legal_personality and unit.has_own_seal and not unit.is_ended)
    ]


def _units(within: Any) -> dict[int, Unit]:
    """The agencies in scope, by name."""
    columns = (
        Agency.id,
        Agency.name,
        Agency.path,
        Agency.level,
        Agency.has_legal_personality,
        Agency.has_own_seal,
        Agency.ended_on.is_not(None),
    )
    rows = db.session.execute(
        select(*columns).where(within(Agency.id)).order_by(Agency.sort_key, Agency.id)
    )
    return {row.id: Unit(*row) for row in rows}


def _writer(units: Mapping[int, Unit], number: int) -> Unit | None:
    """Whose report a unit belongs to: the nearest that writes letters, within the scope."""
    unit = units.get(number)
    if unit is None:
        return None
    way = [units[int(part)] for part in unit.path.split("/") if part and int(part) in units]
    return sender_of(reversed(way)) or (way[0] if way else None)


def _reports(within: Any, year: int) -> dict[int, YearReport]:
    condition: ColumnElement[bool] = within(YearReport.agency_id)
    rows = db.session.scalars(select(YearReport).where(YearReport.year == year, condition))
    return {row.agency_id: row for row in rows}


def _row(unit: Unit, figures: Mapping[Figure, int], report: YearReport | None) -> ReportRow:
    if report is None:
        return ReportRow(unit.id, unit.name, figures)
    sent = report.state is ReportState.SENT
    return ReportRow(
        unit.id,
        unit.name,
        figures_of(report) if sent else figures,
        sections_of(report),
        report.state,
        report.sent_on if sent else None,
        report.version,
    )
