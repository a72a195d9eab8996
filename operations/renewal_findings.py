"""What the law says about renewing certificates; read by pages and by acts alike."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Certificate, RequestLine
from rules.findings import Finding, Severity
from rules.law import Law
from rules.renewals import RenewalFacts, check_renewal


def judge(
    session: Session,
    certificates: Iterable[Certificate],
    *,
    on: date,
    received_on: date | None,
    law: Law,
    margin_days: int,
    request_id: int | None = None,
) -> dict[int, tuple[Finding, ...]]:
    """Findings on each certificate by its number, in one statement however many there are.

    `request_id` is the request being judged itself: its own open line does not stand in its way.
    """
    rows = list(certificates)
    held = _open_requests(session, rows, request_id)
    return {
        row.id: check_renewal(
            facts_of(row, held.get(row.chain_id)),
            on=on,
            received_on=received_on,
            law=law,
            margin_days=margin_days,
        )
        for row in rows
    }


def facts_of(certificate: Certificate, open_request: str | None) -> RenewalFacts:
    """The facts on which `rules.renewals` decides."""
    device = certificate.device
    owner = certificate.person
    return RenewalFacts(
        name=certificate.common_name,
        serial_number=certificate.serial_number,
        kind=certificate.kind,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        revoked_at=certificate.revoked_at,
        renewals=certificate.renewals,
        email=owner.email if owner is not None else certificate.agency.email,
        certificate_email=certificate.email,
        open_request=open_request,
        device_kind=device.kind if device is not None else None,
        sim_phone=device.phone_number if device is not None else None,
    )


def reasons_wanted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Warnings that a leader may pass over only with a recorded reason: those that rest on law.

    A warning of the house alone ("gấp") informs; asking for a reason each time would teach people
    to type dots.
    """
    return tuple(
        found
        for found in findings
        if found.severity is Severity.SHOULD and found.provision is not None
    )


def _open_requests(
    session: Session, certificates: Iterable[Certificate], request_id: int | None
) -> Mapping[int, str]:
    chains = {row.chain_id for row in certificates}
    if not chains:
        return {}
    rows = session.execute(
        select(RequestLine.chain_id, RequestLine.request_id).where(
            RequestLine.chain_id.in_(chains), RequestLine.is_open, RequestLine.renews
        )
    )
    return {
        chain: f"số {number} trong sổ"
        for chain, number in rows
        if chain is not None and number != request_id
    }
