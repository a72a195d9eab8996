"""Revocation lists beside the register: what the authority revoked and we did not know of, and what
was asked for and is not revoked when the answer was due.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, undefer

from models import Certificate, CertificateRequest, RequestLine
from rules.deadlines import AnswerClock
from rules.requests import RequestKind, RequestState
from signing.trust.certificates import load
from signing.trust.crl import Entry
from signing.trust.intake import ListFile
from signing.trust.path import common_name
from views.guards import Scope

MOST = 5_000
"""Rows of one answer: SQLite takes 32,766 numbers in a statement, and nobody reads more."""


@dataclass(frozen=True)
class Unknown:
    """A certificate that a list has as revoked (or suspended) and the register as in use."""

    certificate: Certificate
    revoked_at: datetime
    hold: bool
    list_issuer: str


@dataclass(frozen=True)
class Unanswered:
    """A certificate whose revocation was asked for, due, and is on no list."""

    certificate: Certificate
    request: CertificateRequest
    clock: AnswerClock


@dataclass(frozen=True)
class Reconciliation:
    """Both lists, and how many certificates of the register a list speaks of at all."""

    unknown: tuple[Unknown, ...]
    unanswered: tuple[Unanswered, ...]
    unchecked: int
    """Open revocations whose issuer has no current list here: neither revoked nor not."""


ClockOf = Callable[[date], AnswerClock | None]
"""The clock of the answer to a revocation that was received on a day."""

Entries = dict[tuple[bytes, int], tuple[Entry, str]]


@lru_cache(maxsize=2)
def entries_of(lists: tuple[ListFile, ...]) -> Entries:
    """What the lists say, by issuer and serial number; remembered, as long ones take 0.2 s.

    Lists by nobody we know say nothing. A delta's "removed" takes the entry of its base away.
    """
    found: Entries = {}
    known = [one for one in lists if one.issuer is not None]
    for one in sorted(known, key=lambda each: (each.crl.this_update, each.crl.number or 0)):
        name = common_name(one.issuer.subject) if one.issuer is not None else ""
        for serial, entry in one.crl.entries():
            if entry.removed:
                found.pop((one.crl.issuer, serial), None)
            else:
                found[(one.crl.issuer, serial)] = (entry, name)
    return found


def _current(lists: Sequence[ListFile], at: datetime) -> set[bytes]:
    """The issuers that have a complete list in force here."""
    return {
        one.crl.issuer
        for one in lists
        if one.issuer is not None
        and one.crl.delta_of is None
        and one.crl.next_update is not None
        and one.crl.next_update >= at
    }


def reconcile(
    session: Session,
    lists: Sequence[ListFile],
    *,
    scope: Scope,
    at: datetime,
    clock_of: ClockOf,
) -> Reconciliation:
    """Compare lists and register; three statements whatever the number of rows."""
    entries = entries_of(tuple(lists))
    here = scope.clause(Certificate.agency_id, Certificate.person_id)
    lines = _overdue(session, here, clock_of)
    open_lines = [one for one in lines if _entry(entries, one.certificate) is None]
    current = _current(lists, at)
    checked = [one for one in open_lines if _issuer(one.certificate) in current]
    return Reconciliation(
        _unknown(session, here, entries), tuple(checked), len(open_lines) - len(checked)
    )


def _unknown(session: Session, here: ColumnElement[bool], entries: Entries) -> tuple[Unknown, ...]:
    serials = {serial for _, serial in entries}
    names = sorted({name[:300] for _, name in entries.values()})
    candidates = session.execute(
        select(Certificate.id, Certificate.serial_number).where(
            here, Certificate.revoked_at.is_(None), Certificate.issuer_name.in_(names)
        )
    )
    # The register writes serial numbers in hexadecimal; only hits are loaded whole.
    hits = [number for number, serial in candidates if _number(serial) in serials]
    found = []
    for row in _whole(session, hits):
        entry = _entry(entries, row)
        if entry is not None:
            found.append(Unknown(row, entry[0].revoked_at, entry[0].hold, entry[1]))
    return tuple(sorted(found, key=lambda one: (one.revoked_at, one.certificate.id), reverse=True))


def _number(serial: str) -> int:
    try:
        return int(serial.replace(":", "").replace(" ", ""), 16)
    except ValueError:
        return -1


def _whole(session: Session, ids: Sequence[int]) -> Sequence[Certificate]:
    return session.scalars(
        select(Certificate)
        .where(Certificate.id.in_(ids[:MOST]))
        .options(joinedload(Certificate.agency), undefer(Certificate.der))
    ).all()


def _entry(entries: Entries, row: Certificate) -> tuple[Entry, str] | None:
    try:
        certificate = load(row.der)
    except ValueError:
        return None
    return entries.get((certificate.issuer.public_bytes(), certificate.serial_number))


def _issuer(row: Certificate) -> bytes:
    try:
        return load(row.der).issuer.public_bytes()
    except ValueError:
        return b""


def _overdue(session: Session, here: ColumnElement[bool], clock_of: ClockOf) -> list[Unanswered]:
    """The certificates whose revocation was asked for and whose answer is overdue."""
    rows = session.execute(
        select(CertificateRequest, Certificate)
        .join(RequestLine, RequestLine.request_id == CertificateRequest.id)
        .join(Certificate, Certificate.id == RequestLine.certificate_id)
        .where(
            here,
            RequestLine.is_open,
            CertificateRequest.kind == RequestKind.REVOCATION,
            CertificateRequest.state == RequestState.SENT,
            CertificateRequest.received_on.is_not(None),
        )
        .options(joinedload(Certificate.agency), undefer(Certificate.der))
        .order_by(CertificateRequest.received_on, RequestLine.id)
        .limit(MOST)
    )
    found = []
    for request, certificate in rows:
        if request.received_on is None:
            continue
        clock = clock_of(request.received_on)
        if clock is not None and clock.is_overdue:
            found.append(Unanswered(certificate, request, clock))
    return found
