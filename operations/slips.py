"""Phiếu đề nghị: a subscriber asks, the focal point turns it into a request or declines it.

A slip is a paper of the kind SUBSCRIBER_SLIP. It is open while no request answers it; declined
slips are cancelled with a reason that the subscriber reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

import audit
from audit import Actor
from models import Certificate, CertificateRequest, Device, RequestLine
from operations import paper_lines
from operations.custody_checks import RefusedByRule, certificates_on
from operations.paper_endings import end_paper
from operations.papers import Draw, Line, make_in
from operations.transactions import Refused, expect_version, transaction
from rules.incidents import check_text
from rules.names import nfc
from rules.papers import PaperKind, PaperState
from rules.requests import RequestKind, RequestState
from schema.custody import Paper

NOUN = "paper"
_LONGEST = 1000
_DEAD = (RequestState.CANCELLED, RequestState.SENT_BACK)
WITH_PARTS = (
    joinedload(Paper.giver),
    joinedload(Paper.agency),
    joinedload(Paper.certificate_request),
)


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, about which certificate or device of theirs (none: a first one)."""

    kind: RequestKind
    certificate_id: int | None = None
    device_id: int | None = None
    reason: str = ""
    before: str = ""
    after: str = ""
    digital: bool = False


def ask(session: Session, *, actor: Actor, wish: Wish, draw: Draw) -> int:
    """Draw a slip for the person who is logged in; returns the number of the paper.

    Raises `RefusedByRule` for a text that tells a PIN, `Refused` when the thing is not theirs, when
    the same is asked already, or when what the slip needs is missing.
    """
    for text in (wish.reason, wish.before, wish.after):
        if found := check_text(text):
            raise RefusedByRule(found)
    with transaction(session):
        person = paper_lines.people(session, {actor.person_id or 0}).get(actor.person_id or 0)
        if person is None:
            raise Refused("Tài khoản này chưa gắn với cá nhân nào trong sổ. Đề nghị báo quản trị.")
        certificate, device = _own(session, wish, person.id)
        _refuse_lacking(wish, certificate, device)
        _refuse_again(session, wish, person.id)
        agency = paper_lines.managing_agency(session, person.agency)
        about = _about(session, actor, certificate, device)
        paper = make_in(
            session,
            actor=actor,
            kind=PaperKind.SUBSCRIBER_SLIP,
            agency_id=agency.id,
            made_on=actor.today,
            lines=[
                Line(
                    device_id=device.id if device is not None else None,
                    certificate_id=certificate.id if certificate is not None else None,
                    person_id=person.id,
                    particulars=about,
                )
            ],
            giver_id=person.id,
            receiver_id=None,
            particulars={
                "request_kind": wish.kind.name,
                "reason": nfc(wish.reason).strip()[:_LONGEST],
                "information_before": nfc(wish.before).strip()[:_LONGEST],
                "information_after": nfc(wish.after).strip()[:_LONGEST],
                "about": about,
                "agency": paper_lines.of_agency(agency),
                "giver": paper_lines.of_person(person, actor.today),
                "medium": "digital" if wish.digital else "wet",
            },
            draw=draw,
            place=agency.place_name,
        )
        return paper.id


def take(session: Session, *, actor: Actor, paper_id: int, version: int, request_id: int) -> None:
    """Answer a slip with a request that has its subject among its lines.

    Raises `Refused` when the slip is answered or the request is about something else, `Conflict`.
    """
    with transaction(session):
        paper = _load(session, paper_id, version)
        if request_id not in {one.id for one in answers(session, paper)}:
            raise Refused("Văn bản này không đề nghị đúng việc ghi trong phiếu.")
        paper.request_id = request_id
        paper.version += 1
        audit.record(
            session,
            "slip.taken",
            actor=actor,
            noun=NOUN,
            object_id=paper.id,
            agency_id=paper.agency_id,
            document_sha256=paper.sha256,
            request=request_id,
        )


def decline(session: Session, *, actor: Actor, paper_id: int, version: int, reason: str) -> None:
    """Decline a slip with a reason, which the subscriber reads. Raises `Refused`, `Conflict`."""
    words = nfc(reason).strip()[:_LONGEST]
    if not words:
        raise Refused("Nêu lý do không thực hiện; người đề nghị sẽ đọc lý do này.")
    if found := check_text(words):
        raise RefusedByRule(found)
    with transaction(session):
        end_paper(session, actor, _load(session, paper_id, version), words)


def withdraw(session: Session, *, actor: Actor, paper_id: int, version: int) -> None:
    """Take one's own slip back while nobody has answered it. Raises `Refused`, `Conflict`."""
    with transaction(session):
        paper = _load(session, paper_id, version)
        if paper.giver_id is None or paper.giver_id != actor.person_id:
            raise Refused("Chỉ người đề nghị rút được phiếu của mình.")
        end_paper(session, actor, paper, "Người đề nghị đã tự rút phiếu.")


# Reading ------------------------------------------------------------------------------------------


def is_open() -> ColumnElement[bool]:
    """The condition on slips that wait for an answer."""
    return and_(
        Paper.kind == PaperKind.SUBSCRIBER_SLIP,
        Paper.state.in_([PaperState.ISSUED, PaperState.PROVEN]),
        Paper.request_id.is_(None),
    )


def answers(session: Session, paper: Paper) -> Sequence[CertificateRequest]:
    """The requests of the asked kind, made since the slip, that have its subject as a line."""
    ways: list[ColumnElement[bool]] = []
    for one in paper.lines:
        if one.certificate_id is not None:
            ways.append(RequestLine.certificate_id == one.certificate_id)
        if one.device_id is not None:
            ways.append(RequestLine.device_id == one.device_id)
        if one.person_id is not None and kind_of(paper) is RequestKind.ISSUANCE:
            ways.append(RequestLine.person_id == one.person_id)
    if not ways:
        return ()
    return session.scalars(
        select(CertificateRequest)
        .where(
            CertificateRequest.kind == kind_of(paper),
            CertificateRequest.state.not_in(_DEAD),
            CertificateRequest.created_at >= paper.created_at,
            CertificateRequest.id.in_(select(RequestLine.request_id).where(or_(*ways))),
        )
        .order_by(CertificateRequest.id.desc())
        .limit(10)
    ).all()


def kind_of(paper: Paper) -> RequestKind:
    """What the slip asks for."""
    return RequestKind[paper.particulars["request_kind"]]


# Parts --------------------------------------------------------------------------------------------


def _own(session: Session, wish: Wish, person_id: int) -> tuple[Certificate | None, Device | None]:
    """The certificate and device asked about, when they are this person's."""
    certificate = session.get(Certificate, wish.certificate_id) if wish.certificate_id else None
    device = session.get(Device, wish.device_id) if wish.device_id else None
    if certificate is not None and device is None and certificate.device_id is not None:
        device = session.get(Device, certificate.device_id)
        if device is not None and device.holder_id != person_id:
            device = None
    theirs = certificate is None or certificate.person_id == person_id
    if not theirs or (device is not None and device.holder_id != person_id):
        raise Refused("Chỉ đề nghị được cho chứng thư, thiết bị của chính mình.")
    return certificate, device


def _refuse_lacking(wish: Wish, certificate: Certificate | None, device: Device | None) -> None:
    kind = wish.kind
    if kind in (RequestKind.RENEWAL, RequestKind.AMENDMENT, RequestKind.REVOCATION):
        if certificate is None:
            raise Refused("Chọn chứng thư cần đề nghị.")
    if kind is RequestKind.UNLOCK and device is None:
        raise Refused("Chọn thiết bị bị khóa.")
    if kind is RequestKind.REVOCATION and not wish.reason.strip():
        raise Refused("Ghi lý do đề nghị thu hồi.")
    if kind is RequestKind.AMENDMENT and not wish.after.strip():
        raise Refused("Ghi thông tin mới cần ghi vào chứng thư.")


def _refuse_again(session: Session, wish: Wish, person_id: int) -> None:
    rows = session.scalars(
        select(Paper)
        .where(is_open(), Paper.giver_id == person_id)
        .options(selectinload(Paper.lines))
    )
    for one in rows:
        same = any(line.certificate_id == wish.certificate_id for line in one.lines)
        if kind_of(one) is wish.kind and same:
            raise Refused(
                f"Anh/chị đã gửi phiếu này ngày {one.made_on:%d/%m/%Y} và đầu mối chưa trả lời."
            )


def _about(
    session: Session, actor: Actor, certificate: Certificate | None, device: Device | None
) -> dict[str, str]:
    """What the slip tells of certificate and device, in the words of `paper_lines.of_device`."""
    if certificate is not None and device is None:
        return {
            "certificate_name": certificate.common_name,
            "certificate_serial": certificate.serial_number,
            "valid_until": certificate.expires_on.isoformat(),
        }
    if device is None:
        return {}
    known = [certificate] if certificate is not None else []
    known = known or certificates_on(session, [device]).get(device.id, [])
    return paper_lines.of_device(device, known, on=actor.today, holder=None)


def _load(session: Session, paper_id: int, version: int) -> Paper:
    paper = session.get_one(Paper, paper_id)
    expect_version(paper, version)
    answered = paper.state is PaperState.CANCELLED or paper.request_id is not None
    if paper.kind is not PaperKind.SUBSCRIBER_SLIP or answered:
        raise Refused("Phiếu này đã được trả lời.")
    return paper
