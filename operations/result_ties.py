"""Gắn chứng thư kết quả: which imported certificate is the answer to which line.

A renewal or amendment is found along its chain (the same key of the same subscriber, see
`import_matching.py`), a first issue by its subscriber and its day. The authority has decided
already: what the law says about the new certificate is told, and a person ties it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from audit import Actor
from models import Certificate, CertificateRequest, RequestLine
from operations import law as house
from operations.request_documents import record
from operations.request_results import close, settle
from operations.request_rows import load_for_change
from operations.transactions import Refused, transaction
from rules.amendments import check_amended_certificate
from rules.certificates import SubscriberKind
from rules.days import vietnam_day
from rules.findings import Finding
from rules.issuances import check_issued_certificate
from rules.law import Law, LawError
from rules.reissues import check_reissued_certificate
from rules.renewals import RenewedCertificate, check_renewed_certificate
from rules.requests import LineState, RequestAct, RequestKind, RequestState

TIED = (RequestKind.ISSUANCE, RequestKind.RENEWAL, RequestKind.AMENDMENT)
MOST_LINES = 200


@dataclass(frozen=True)
class Tie:
    """A certificate that may be the result of a line; `findings` are what the law says of it."""

    line: RequestLine
    certificate: Certificate
    findings: tuple[Finding, ...]


def proposals(session: Session, within: Iterable[ColumnElement[bool]], law: Law) -> list[Tie]:
    """Certificates in the register that may answer untied lines, oldest request first.

    `within` are conditions on `CertificateRequest`. Two statements, however many lines there are.
    """
    lines = session.scalars(
        select(RequestLine)
        .join(RequestLine.certificate_request)
        .where(
            *within,
            CertificateRequest.kind.in_(TIED),
            CertificateRequest.state.in_([RequestState.SENT, RequestState.COMPLETED]),
            RequestLine.state.in_([LineState.OPEN, LineState.GRANTED]),
            RequestLine.successor_id.is_(None),
        )
        .order_by(RequestLine.request_id, RequestLine.position)
        .limit(MOST_LINES)
        .options(
            contains_eager(RequestLine.certificate_request).joinedload(CertificateRequest.agency),
            joinedload(RequestLine.certificate),
            joinedload(RequestLine.person),
            joinedload(RequestLine.subject_agency),
            joinedload(RequestLine.system),
        )
    ).all()
    rows = _candidates(session, lines)
    found = []
    for line in lines:
        for row in rows:
            if _answers(line, row):
                told = findings_on(line, row, law)
                found.append(Tie(line, row, told))
    return found


def _candidates(session: Session, lines: Sequence[RequestLine]) -> Sequence[Certificate]:
    """Certificates of the same chains or subscribers that answer no line yet."""
    old = {line.certificate_id for line in lines if line.certificate_id}
    people = {line.person_id for line in lines if line.person_id}
    agencies = {line.subject_agency_id for line in lines if line.subject_agency_id}
    systems = {line.system_id for line in lines if line.system_id}
    ways: list[ColumnElement[bool]] = [Certificate.predecessor_id.in_(old)] if old else []
    if people:
        ways.append(Certificate.person_id.in_(people))
    if systems:
        ways.append(Certificate.system_id.in_(systems))
    if agencies:
        organisation = Certificate.kind == SubscriberKind.ORGANISATION
        ways.append(and_(organisation, Certificate.agency_id.in_(agencies)))
    if not ways:
        return ()
    taken = select(RequestLine.successor_id).where(RequestLine.successor_id.is_not(None))
    return session.scalars(
        select(Certificate)
        .where(or_(*ways), Certificate.id.not_in(taken), Certificate.revoked_at.is_(None))
        .order_by(Certificate.not_before, Certificate.id)
    ).all()


def _answers(line: RequestLine, row: Certificate) -> bool:
    request = line.certificate_request
    if request.kind is not RequestKind.ISSUANCE:
        return line.certificate_id is not None and row.predecessor_id == line.certificate_id
    if row.predecessor_id is not None or row.id == line.certificate_id:
        return False
    if request.sent_on is not None and vietnam_day(row.not_before) < request.sent_on:
        return False
    if line.person_id is not None:
        return row.kind is SubscriberKind.INDIVIDUAL and row.person_id == line.person_id
    if line.system_id is not None:
        return row.system_id == line.system_id
    return row.kind is SubscriberKind.ORGANISATION and row.agency_id == line.subject_agency_id


def findings_on(line: RequestLine, row: Certificate, law: Law) -> tuple[Finding, ...]:
    """What the law of the day on which the certificate began says of it as the result of a line.

    Nothing for days before the decree.
    """
    request = line.certificate_request
    own = house.law_for(law, request.agency)
    on = vietnam_day(row.not_before)
    old, new = _side(line.certificate), _side(row)
    found: tuple[Finding, ...] = ()
    try:
        if request.kind is RequestKind.ISSUANCE:
            found += check_issued_certificate(
                serial_number=row.serial_number,
                not_before=row.not_before,
                not_after=row.not_after,
                on=on,
                law=own,
            )
            if old is not None and new is not None:
                found += check_reissued_certificate(old, new)
        elif old is not None and new is not None:
            check = check_renewed_certificate if line.renews else check_amended_certificate
            found += check(old, new, on=on, law=own)
    except LawError:
        return ()
    return found


def _side(row: Certificate | None) -> RenewedCertificate | None:
    if row is None:
        return None
    return RenewedCertificate(
        row.serial_number, row.not_before, row.not_after, row.public_key_sha256
    )


def tie(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    line_id: int,
    certificate_id: int,
    law: Law,
    seen: bool = False,
) -> None:
    """Record that a certificate is the result of a line; a line still open is granted by it.

    Raises `Refused` when it does not answer the line, when it is tied already, and when the law has
    something to say that was not marked as `seen`.
    """
    with transaction(session):
        request = load_for_change(session, request_id)
        line = next((one for one in request.lines if one.id == line_id), None)
        row = session.get(Certificate, certificate_id)
        if line is None or row is None or line.successor_id is not None:
            raise Refused("Dòng này đã có chứng thư kết quả hoặc không còn trong sổ.")
        if not _answers(line, row) or row.id not in {
            one.id for one in _candidates(session, [line])
        }:
            raise Refused("Chứng thư này không phải là kết quả của dòng đã chọn.")
        told = findings_on(line, row, law)
        if told and not seen:
            words = " ".join(one.message for one in told)
            raise Refused(f"{words} Đọc lưu ý rồi đánh dấu để vẫn gắn.")
        line.successor_id = row.id
        completed = _grant(request, line, actor)
        record(
            session,
            "certificate_request.result_tied",
            request,
            actor,
            line=line.id,
            certificate=row.id,
        )
        if completed:
            states = [one.state for one in request.lines]
            record(
                session,
                "certificate_request.completed",
                request,
                actor,
                done=states.count(LineState.GRANTED),
                refused=states.count(LineState.REFUSED),
                day=actor.today.isoformat(),
            )


def _grant(request: CertificateRequest, line: RequestLine, actor: Actor) -> bool:
    """Grant a line that was still open; True when that completes the request."""
    if not line.is_open:
        request.version += 1
        return False
    close(line, LineState.GRANTED, actor.today)
    return settle(request, actor.today) is RequestAct.RECORD_COMPLETION
