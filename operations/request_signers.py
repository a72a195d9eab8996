"""Who signs a request, in which capacity, and whether a digital signature is possible at all."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, Certificate, CertificateRequest, Device, Person, Position
from operations import law as house
from operations.request_rows import NOUN, RefusedByLaw, load_for_change, move
from operations.transactions import Refused, transaction
from rules.certificates import SubscriberKind
from rules.findings import blocking
from rules.law import Law
from rules.requests import RequestAct, RequestKind, RequestState
from rules.signers import SignerFacts, SigningAuthority, check_signer
from rules.signing_mode import SigningMeans, why_not_digital


@dataclass(frozen=True)
class Signer:
    """Who is to sign: one position of one person, and the paper behind it."""

    position_id: int
    authority: SigningAuthority
    head_title: str = ""
    collective: str = ""
    paper: str = ""
    paper_until_on: date | None = None


def propose_signer(session: Session, request: CertificateRequest, sender: Agency, on: date) -> None:
    """The head of the sender, where the register knows exactly one; nobody is invented."""
    heads = session.scalars(
        select(Position).where(
            Position.agency_id == sender.id,
            Position.authority.in_([SigningAuthority.HEAD, SigningAuthority.TM]),
            Position.from_on <= on,
            Position.until_on.is_(None) | (Position.until_on >= on),
        )
    ).all()
    if len(heads) == 1:
        head = heads[0]
        request.signer_id = head.person_id
        request.signer_title = head.title
        request.signer_authority = head.authority
        if head.authority is SigningAuthority.TM:
            request.signer_collective = "Ủy ban nhân dân"


def why_by_hand(session: Session, request: CertificateRequest, on: date) -> str:
    """Why this letter cannot be signed digitally; "" when it can, or when nobody knows.

    The agency's first certificate; or the only means of the signer or of the agency are locked,
    lost, revoked or expired.
    """
    rows = session.execute(
        select(
            Certificate.person_id,
            Certificate.not_after,
            Certificate.revoked_at,
            Device.state,
        )
        .outerjoin(Device, Device.id == Certificate.device_id)
        .where(
            or_(
                (Certificate.kind == SubscriberKind.ORGANISATION)
                & (Certificate.agency_id == request.agency_id),
                Certificate.person_id == (request.signer_id or 0),
            )
        )
    ).all()
    means: dict[bool, list[SigningMeans]] = {True: [], False: []}
    for owner, not_after, revoked_at, state in rows:
        means[owner is not None].append(SigningMeans(not_after, revoked_at, state))
    asked = request.kind is RequestKind.ISSUANCE
    first = asked and any(one.subject_agency_id == request.agency_id for one in request.lines)
    own = asked and any(one.person_id == (request.signer_id or 0) for one in request.lines)
    reasons = (
        why_not_digital(means[False], whose="Cơ quan gửi", first=first, on=on),
        why_not_digital(means[True], whose="Người ký", first=own, on=on),
    )
    return " ".join(filter(None, reasons))


def set_signer(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    signer: Signer,
    law: Law,
) -> None:
    """Choose who signs. After submission this voids the approval: the request is a draft again.

    Signing by hand is proposed anew where the two signers differ in it. Raises `RefusedByLaw` when
    the capacity lacks what the law demands, `Refused` when the request is past signing or the
    position does not belong to the sender, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        position = session.get(Position, signer.position_id)
        if position is None or not _belongs(session, position, request):
            raise Refused("Người ký phải đang giữ chức vụ tại cơ quan gửi văn bản.")
        facts = signer_facts(signer, position.title)
        own = house.law_for(law, request.agency)
        if refusals := blocking(check_signer(facts, on=actor.today, law=own)):
            raise RefusedByLaw(refusals)
        voided = request.state is not RequestState.DRAFT
        if voided:
            request.state = move(request, RequestAct.CHANGE_SIGNER)
            request.submitted_at = request.decided_at = request.decided_by_id = None
        by_hand = bool(why_by_hand(session, request, actor.today))
        _write(request, position, signer)
        now = bool(why_by_hand(session, request, actor.today))
        if now != by_hand:
            request.wet_signature = now
        request.version += 1
        audit.record(
            session,
            "certificate_request.signer_changed",
            actor=actor,
            noun=NOUN,
            object_id=request.id,
            agency_id=request.agency_id,
            signer=position.person_id,
            voided_approval=voided,
        )


def _write(request: CertificateRequest, position: Position, signer: Signer) -> None:
    request.signer_id = position.person_id
    request.signer_title = position.title
    request.signer_authority = signer.authority
    request.signer_head_title = signer.head_title
    request.signer_collective = signer.collective
    request.authority_paper = signer.paper
    request.authority_until_on = signer.paper_until_on


def signer_facts(signer: Signer, title: str) -> SignerFacts:
    """The facts about a chosen signer on which `rules.signers` decides."""
    return SignerFacts(
        authority=signer.authority,
        title=title,
        head_title=signer.head_title,
        collective=signer.collective,
        paper=signer.paper,
        paper_until_on=signer.paper_until_on,
    )


def facts_of_signer(request: CertificateRequest) -> SignerFacts | None:
    """The facts about the signer that the request already has; None while nobody is chosen."""
    if request.signer_id is None or request.signer_authority is None:
        return None
    return SignerFacts(
        authority=request.signer_authority,
        title=request.signer_title,
        head_title=request.signer_head_title,
        collective=request.signer_collective,
        paper=request.authority_paper,
        paper_until_on=request.authority_until_on,
    )


def signer_in_list(request: CertificateRequest) -> bool:
    """True when the signer, or a certificate of theirs, is among the lines of the request."""
    signer = request.signer_id
    return signer is not None and any(
        line.person_id == signer
        or (line.certificate is not None and line.certificate.person_id == signer)
        or (line.device is not None and line.device.holder_id == signer)
        for line in request.lines
    )


def _belongs(session: Session, position: Position, request: CertificateRequest) -> bool:
    if position.until_on is not None:
        return False
    agency = session.get_one(Agency, position.agency_id)
    sender = session.get_one(Agency, request.agency_id)
    return agency.path.startswith(sender.path)


def people_who_may_be_contact(session: Session, request: CertificateRequest) -> list[Person]:
    """Everyone of the sender and its units who could be named as contact in mục 1."""
    sender = session.get_one(Agency, request.agency_id)
    return list(
        session.scalars(
            select(Person)
            .join(Agency, Person.agency_id == Agency.id)
            .where(Agency.path.startswith(sender.path), Person.left_on.is_(None))
            .order_by(Person.sort_key)
        )
    )
