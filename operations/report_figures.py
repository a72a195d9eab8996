"""What the register counts for a period, by agency; a fixed number of statements."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from models import Certificate, CertificateRequest, Device, RequestLine
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.days import VIETNAM
from rules.devices import DeviceKind
from rules.reports import FIGURE_OF_STATE, SOON_DAYS, Figure, Period
from rules.requests import LineState, RequestKind
from schema.custody import CustodyMove, Incident

Within = Callable[[Any], ColumnElement[bool]]
"""A condition on a column of agency numbers."""

Counts = dict[int, dict[Figure, int]]

_ACTIVE = {
    SubscriberKind.ORGANISATION: Figure.ACTIVE_ORGANISATION,
    SubscriberKind.INDIVIDUAL: Figure.ACTIVE_INDIVIDUAL,
    SubscriberKind.SYSTEM: Figure.ACTIVE_SYSTEM,
}
_ACTIVE_PARTS = (
    *_ACTIVE.values(),
    Figure.ENDING_IN_30_DAYS,
    Figure.ENDING_IN_90_DAYS,
    Figure.ENDING_NEXT_YEAR,
)
_STATES = {
    figure: [state for state, one in FIGURE_OF_STATE.items() if one is figure]
    for figure in dict.fromkeys(FIGURE_OF_STATE.values())
}
_BEGUN = {
    CertificateOrigin.ISSUED: Figure.ISSUED,
    CertificateOrigin.RENEWED: Figure.RENEWED,
    CertificateOrigin.AMENDED: Figure.AMENDED,
}


def count_figures(session: Session, within: Within, period: Period, *, today: date) -> Counts:
    """Every figure of a period for each agency that has any; three statements.

    Certificates, devices and incidents count where they belong now. A device that is counted for a
    day in the past stands where its moves say it stood then.
    """
    counts: Counts = {}
    begin, end = _midnight(period.first), _midnight(period.after)
    _add_wide(counts, _ACTIVE_PARTS, session.execute(_active(within, period, end)))
    for agency_id, name, count in session.execute(_acts(within, period, begin, end)):
        if name in Figure.__members__:  # How an imported one came to be may be unknown.
            _put(counts, agency_id, Figure[name], count)
    _add_wide(counts, _STATES, session.execute(_devices(within, period, today)))
    return counts


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def _put(counts: Counts, agency_id: int, figure: Figure, count: int) -> None:
    row = counts.setdefault(agency_id, {})
    row[figure] = row.get(figure, 0) + count


def _add_wide(counts: Counts, figures: Iterable[Figure], rows: Any) -> None:
    """Rows of an agency and one number for each of these figures."""
    wanted = tuple(figures)
    for agency_id, *numbers in rows:
        for figure, number in zip(wanted, numbers, strict=True):
            if number:
                _put(counts, agency_id, figure, number)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group meet a condition."""
    return func.count(case((condition, 1)))


def _is_active(period: Period, end: datetime) -> ColumnElement[bool]:
    """Begun, not ended and not revoked when the last day of the period was over."""
    return and_(
        Certificate.expires_on > period.last,
        Certificate.not_before < end,
        or_(Certificate.revoked_at.is_(None), Certificate.revoked_at >= end),
    )


def _active(within: Within, period: Period, end: datetime) -> Any:
    """Active certificates by kind, and how many of them end soon; one index answers for all."""
    soon, later = (period.last + timedelta(days) for days in SOON_DAYS)
    first, last = period.next_year
    ends = Certificate.expires_on
    conditions = (
        *(Certificate.kind == kind for kind in _ACTIVE),
        ends <= soon,
        ends <= later,
        and_(ends >= first, ends <= last),
    )
    return (
        select(Certificate.agency_id, *map(_number, conditions))
        .where(_is_active(period, end), within(Certificate.agency_id))
        .group_by(Certificate.agency_id)
    )


def _acts(within: Within, period: Period, begin: datetime, end: datetime) -> Any:
    """What was done in the period, and the certificates on SIMs: agency, figure, count."""
    return union_all(
        _begun(within, begin, end),
        _revoked(within, begin, end),
        _on_sim(within, period, end),
        _unlocked(within, period),
        _incidents(within, begin, end),
    )


def _begun(within: Within, begin: datetime, end: datetime) -> Any:
    figure = case(
        *((Certificate.origin == origin, one.name) for origin, one in _BEGUN.items()), else_=""
    )
    return (
        select(Certificate.agency_id, figure, func.count())
        .where(
            Certificate.not_before >= begin,
            Certificate.not_before < end,
            within(Certificate.agency_id),
        )
        .group_by(Certificate.agency_id, figure)
    )


def _revoked(within: Within, begin: datetime, end: datetime) -> Any:
    return (
        select(Certificate.agency_id, literal(Figure.REVOKED.name), func.count())
        .where(
            Certificate.revoked_at >= begin,
            Certificate.revoked_at < end,
            within(Certificate.agency_id),
        )
        .group_by(Certificate.agency_id)
    )


def _on_sim(within: Within, period: Period, end: datetime) -> Any:
    return (
        select(Certificate.agency_id, literal(Figure.ACTIVE_SIM_PKI.name), func.count())
        .join(Device, Device.id == Certificate.device_id)
        .where(
            Device.kind == DeviceKind.SIM_PKI,
            _is_active(period, end),
            within(Certificate.agency_id),
        )
        .group_by(Certificate.agency_id)
    )


def _unlocked(within: Within, period: Period) -> Any:
    """Lines of Mẫu số 06 that were granted; the agency is the one that asked."""
    return (
        select(CertificateRequest.agency_id, literal(Figure.UNLOCKED.name), func.count())
        .join(RequestLine, RequestLine.request_id == CertificateRequest.id)
        .where(
            CertificateRequest.kind == RequestKind.UNLOCK,
            RequestLine.state == LineState.GRANTED,
            RequestLine.result_on >= period.first,
            RequestLine.result_on <= period.last,
            within(CertificateRequest.agency_id),
        )
        .group_by(CertificateRequest.agency_id)
    )


def _incidents(within: Within, begin: datetime, end: datetime) -> Any:
    return (
        select(Incident.agency_id, literal(Figure.INCIDENTS.name), func.count())
        .where(
            Incident.reported_at >= begin,
            Incident.reported_at < end,
            within(Incident.agency_id),
        )
        .group_by(Incident.agency_id)
    )


def _devices(within: Within, period: Period, today: date) -> Any:
    """Devices by state on the last day: what the first later move found, else where they are."""
    kept = and_(Device.kind != DeviceKind.CENTRAL, within(Device.agency_id))
    if period.last >= today:  # An index alone answers this.
        return (
            select(Device.agency_id, *map(_number, _in_states(Device.state)))
            .where(kept)
            .group_by(Device.agency_id)
        )
    known = or_(Device.received_on.is_(None), Device.received_on <= period.last)
    later = (
        select(CustodyMove.device_id, func.min(CustodyMove.id).label("first"))
        .where(CustodyMove.moved_on > period.last)
        .group_by(CustodyMove.device_id)
        .subquery()
    )
    state = case((later.c.first.is_(None), Device.state), else_=CustodyMove.state_before)
    return (
        select(Device.agency_id, *map(_number, _in_states(state)))
        .outerjoin(later, later.c.device_id == Device.id)
        .outerjoin(CustodyMove, CustodyMove.id == later.c.first)
        .where(kept, known)
        .group_by(Device.agency_id)
    )


def _in_states(state: Any) -> Iterator[ColumnElement[bool]]:
    """For each figure of devices, the condition on their state; None: it came in later."""
    for states in _STATES.values():
        yield state.in_(states)
