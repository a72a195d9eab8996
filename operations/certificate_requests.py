"""Drafting a request: which certificates, who is the contact, who will sign.

What happens to it afterwards is in `operations/request_moves.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import Agency, Certificate, CertificateRequest, Person, Position, RequestLine
from operations import law as house
from operations.renewal_findings import judge
from operations.transactions import Conflict, Refused, expect_version, transaction
from rules.findings import Finding, blocking
from rules.law import Law
from rules.requests import IllegalMove, LineState, RequestAct, RequestKind, RequestState, transition
from rules.signers import SignerFacts, SigningAuthority, check_signer

NOUN = "certificate_request"
CA_NAME = "Cục Chứng thực số và Bảo mật thông tin, Ban Cơ yếu Chính phủ"
MOST_LINES = 1000


class RefusedByLaw(Refused):
    """The law refuses; the findings say why, by which article, and what to do instead."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(" ".join(found.message for found in self.findings))


@dataclass(frozen=True)
class Signer:
    """Who is to sign: one position of one person, and the paper behind it."""

    position_id: int
    authority: SigningAuthority
    head_title: str = ""
    collective: str = ""
    paper: str = ""
    paper_until_on: date | None = None


@dataclass(frozen=True)
class Particulars:
    """What a person types into the draft besides the list."""

    planned_receipt_on: date
    contact_id: int | None
    contact_address: str
    addressee: str
    copies_to: str
    drafting_unit: str
    note: str = ""
    wet_signature: bool = False


def certificates_in(session: Session, ids: Sequence[int]) -> list[Certificate]:
    """The certificates of these numbers with all that the rules ask about, in the order given."""
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.id.in_(list(ids)))
        .options(
            joinedload(Certificate.device),
            joinedload(Certificate.person),
            joinedload(Certificate.agency),
        )
    ).all()
    found = {row.id: row for row in rows}
    return [found[number] for number in dict.fromkeys(ids) if number in found]


def draft_renewal(
    session: Session,
    *,
    actor: Actor,
    certificate_ids: Sequence[int],
    planned_receipt_on: date,
    law: Law,
) -> int:
    """Open a renewal request (Mẫu số 04) for these certificates; returns its number.

    The contact is the drafter, the address that of the sender; both can be changed in the draft.
    Raises `RefusedByLaw` when a MUST rule speaks against one of them, `Refused` when they have no
    common sender, and `Conflict` when another request took one of them meanwhile.
    """
    with transaction(session):
        rows = certificates_in(session, certificate_ids)
        if not rows:
            raise Refused("Chưa chọn chứng thư nào. Hãy đánh dấu ít nhất một chứng thư.")
        if len(rows) > MOST_LINES:
            raise Refused(f"Một văn bản đề nghị có tối đa {MOST_LINES} chứng thư. Hãy chia ra.")
        sender = _common_sender(session, rows)
        findings = judge(
            session,
            rows,
            on=actor.today,
            received_on=planned_receipt_on,
            law=house.law_for(law, sender),
            margin_days=house.margin_days(session, sender),
        )
        refusals = [found for each in findings.values() for found in blocking(each)]
        if refusals:
            raise RefusedByLaw(refusals)
        request = _new_draft(session, actor, sender, planned_receipt_on)
        _add_lines(session, request, rows)
        audit.record(
            session,
            "certificate_request.drafted",
            actor=actor,
            noun=NOUN,
            object_id=request.id,
            agency_id=sender.id,
            kind=request.kind.name,
            certificates=[row.id for row in rows],
        )
        return request.id


def _new_draft(
    session: Session, actor: Actor, sender: Agency, planned_receipt_on: date
) -> CertificateRequest:
    request = CertificateRequest(
        agency_id=sender.id,
        kind=RequestKind.RENEWAL,
        state=RequestState.DRAFT,
        addressee=CA_NAME,
        planned_receipt_on=planned_receipt_on,
        contact_id=actor.person_id,
        contact_address=sender.address,
        drafted_by_id=actor.user_id,
        created_at=actor.at,
    )
    _propose_signer(session, request, sender, actor.today)
    session.add(request)
    session.flush()  # The lines below name its number.
    return request


def _common_sender(session: Session, rows: Sequence[Certificate]) -> Agency:
    agencies = {row.agency_id: row.agency for row in rows}
    senders = {
        sender.id: sender
        for sender in (house.sender_for(session, agency) for agency in agencies.values())
        if sender is not None
    }
    if not senders:
        raise Refused(
            "Không có cơ quan nào vừa có tư cách pháp nhân vừa có con dấu riêng để gửi văn bản. "
            "Hãy bổ sung thông tin cơ quan, tổ chức quản lý trực tiếp."
        )
    if len(senders) > 1:
        names = "; ".join(sorted(sender.name for sender in senders.values()))
        raise Refused(
            f"Các chứng thư thuộc nhiều cơ quan, tổ chức quản lý trực tiếp: {names}. "
            "Hãy lập văn bản riêng cho từng cơ quan."
        )
    return next(iter(senders.values()))


def _add_lines(session: Session, request: CertificateRequest, rows: Sequence[Certificate]) -> None:
    first = max((line.position for line in request.lines), default=0) + 1
    for position, row in enumerate(rows, start=first):
        request.lines.append(
            RequestLine(
                certificate_id=row.id,
                chain_id=row.chain_id,
                position=position,
                state=LineState.OPEN,
                is_open=True,
                hold=f"renewal/{row.chain_id}",
                renews=True,
            )
        )
    try:
        session.flush()
    except IntegrityError as error:
        # The index behind "one open renewal line per chain" has the last word.
        raise Conflict(
            "Một trong các chứng thư vừa được đưa vào văn bản đề nghị khác. Hãy chọn lại."
        ) from error


def _propose_signer(
    session: Session, request: CertificateRequest, sender: Agency, on: date
) -> None:
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


def load_for_change(
    session: Session, request_id: int, version: int | None = None
) -> CertificateRequest:
    """The request inside the transaction, with its lines; `Conflict` when it has changed."""
    request = (
        session.scalars(
            select(CertificateRequest)
            .where(CertificateRequest.id == request_id)
            .options(joinedload(CertificateRequest.lines).joinedload(RequestLine.certificate))
            .with_for_update(of=CertificateRequest)
        )
        .unique()
        .one()
    )
    expect_version(request, version)
    return request


def require_draft(request: CertificateRequest) -> None:
    """Raise `Refused` unless the draft is still open to changes."""
    if request.state is not RequestState.DRAFT:
        raise Refused("Văn bản không còn là dự thảo nên không sửa được.")


def edit(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    particulars: Particulars,
) -> None:
    """Change what is typed into a draft. Raises `Refused` when it is no draft, and `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        changed = []
        for name in Particulars.__dataclass_fields__:
            value = getattr(particulars, name)
            if getattr(request, name) != value:
                setattr(request, name, value)
                changed.append(name)
        if not changed:
            return
        request.version += 1
        audit.record(
            session,
            "certificate_request.edited",
            actor=actor,
            noun=NOUN,
            object_id=request.id,
            agency_id=request.agency_id,
            changed=sorted(changed),
        )


def remove_lines(
    session: Session, *, actor: Actor, request_id: int, version: int, line_ids: Sequence[int]
) -> None:
    """Take certificates out of a draft; at least one must stay. Raises `Refused`, `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        going = [line for line in request.lines if line.id in set(line_ids)]
        if not going:
            raise Refused("Chưa chọn dòng nào để bỏ.")
        if len(going) == len(request.lines):
            raise Refused("Văn bản phải còn ít nhất một chứng thư. Nếu không cần nữa, hãy hủy.")
        for line in going:
            request.lines.remove(line)
        session.flush()  # Positions are unique in the letter, so close the gaps after the removal.
        for position, line in enumerate(request.lines, start=1):
            line.position = position
        request.version += 1
        audit.record(
            session,
            "certificate_request.edited",
            actor=actor,
            noun=NOUN,
            object_id=request.id,
            agency_id=request.agency_id,
            changed=["lines"],
        )


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

    Raises `RefusedByLaw` when the capacity lacks what the law demands, `Refused` when the request
    is past signing or the position does not belong to the sender, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        position = session.get(Position, signer.position_id)
        if position is None or not _belongs(session, position, request):
            raise Refused("Người ký phải đang giữ chức vụ tại cơ quan gửi văn bản.")
        facts = signer_facts(signer, position.title)
        if refusals := blocking(check_signer(facts, on=actor.today, law=law)):
            raise RefusedByLaw(refusals)
        voided = request.state is not RequestState.DRAFT
        if voided:
            request.state = move(request, RequestAct.CHANGE_SIGNER)
            request.submitted_at = request.decided_at = request.decided_by_id = None
        request.signer_id = position.person_id
        request.signer_title = position.title
        request.signer_authority = signer.authority
        request.signer_head_title = signer.head_title
        request.signer_collective = signer.collective
        request.authority_paper = signer.paper
        request.authority_until_on = signer.paper_until_on
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


def _belongs(session: Session, position: Position, request: CertificateRequest) -> bool:
    if position.until_on is not None:
        return False
    agency = session.get_one(Agency, position.agency_id)
    sender = session.get_one(Agency, request.agency_id)
    return agency.path.startswith(sender.path)


def move(request: CertificateRequest, act: RequestAct) -> RequestState:
    """The state after the act; raises `Refused` in Vietnamese when it is not possible."""
    try:
        return transition(request.state, act).to
    except IllegalMove as error:
        raise Refused(error.message) from error


def signer_in_list(request: CertificateRequest) -> bool:
    """True when a certificate of the signer is among those of the request."""
    return any(
        line.certificate is not None
        and line.certificate.person_id is not None
        and line.certificate.person_id == request.signer_id
        for line in request.lines
    )


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
