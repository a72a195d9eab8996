"""Reading a request and its lines: what every act on a request begins with."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from models import Agency, Certificate, CertificateRequest, Device, Person, RequestLine, System
from operations.transactions import Refused, expect_version
from rules.certificates import SubscriberKind
from rules.findings import Finding
from rules.requests import IllegalMove, RequestAct, RequestState, transition

NOUN = "certificate_request"
MOST_LINES = 1000


class RefusedByLaw(Refused):
    """The law refuses; the findings say why, by which article, and what to do instead."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(" ".join(found.message for found in self.findings))


def line_options() -> tuple[_AbstractLoad, ...]:
    """Load lines with everything that rules, pages and letters ask of their subjects."""
    certificate = joinedload(RequestLine.certificate).options(
        joinedload(Certificate.device),
        joinedload(Certificate.agency),
        joinedload(Certificate.person),
    )
    return (
        certificate,
        joinedload(RequestLine.person).options(
            joinedload(Person.agency), selectinload(Person.positions)
        ),
        joinedload(RequestLine.subject_agency),
        joinedload(RequestLine.system).joinedload(System.agency),
        joinedload(RequestLine.device).options(
            joinedload(Device.holder), joinedload(Device.agency)
        ),
    )


def symbol_of(request: CertificateRequest) -> str:
    """The symbol of the letter: the agency, then the drafting unit where there is one."""
    return f"{request.agency.abbreviation}-{request.drafting_unit}".strip("-")


def load_for_change(
    session: Session, request_id: int, version: int | None = None
) -> CertificateRequest:
    """The request inside the transaction, with its lines; `Conflict` when it has changed."""
    request = session.scalars(
        select(CertificateRequest)
        .where(CertificateRequest.id == request_id)
        .options(selectinload(CertificateRequest.lines).options(*line_options()))
        .with_for_update(of=CertificateRequest)
    ).one()
    expect_version(request, version)
    return request


def require_draft(request: CertificateRequest) -> None:
    """Raise `Refused` unless the draft is still open to changes."""
    if request.state is not RequestState.DRAFT:
        raise Refused("Văn bản không còn là dự thảo nên không sửa được.")


def move(request: CertificateRequest, act: RequestAct) -> RequestState:
    """The state after the act; raises `Refused` in Vietnamese when it is not possible."""
    try:
        return transition(request.state, act).to
    except IllegalMove as error:
        raise Refused(error.message) from error


def place_of(line: RequestLine) -> Agency:
    """Where the subject of a line belongs, for scopes and for finding the sender."""
    subject = line.person or line.system or line.device or line.certificate
    if subject is not None:
        return subject.agency
    if line.subject_agency is None:
        raise ValueError("a line has a subject")
    return line.subject_agency


def name_of(line: RequestLine) -> str:
    """The name by which people know the subject of a line."""
    if line.person is not None:
        return line.person.full_name
    if line.subject_agency is not None:
        return line.subject_agency.name
    if line.system is not None:
        return line.system.name
    if line.certificate is not None:
        return line.certificate.common_name
    return line.device.internal_code if line.device is not None else ""


def subscriber_of(line: RequestLine) -> SubscriberKind:
    """Whose certificate the line is about."""
    if line.subject_agency_id is not None or line.subject_agency is not None:
        return SubscriberKind.ORGANISATION
    if line.system_id is not None or line.system is not None:
        return SubscriberKind.SYSTEM
    if line.certificate is not None:
        return line.certificate.kind
    return SubscriberKind.INDIVIDUAL


def device_of(line: RequestLine) -> Device | None:
    """The device that the line is about: its own, or that of its certificate."""
    if line.device is not None:
        return line.device
    return line.certificate.device if line.certificate is not None else None
