"""Papers signed digitally here: by whom, in which turn, and what each signature does."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Certificate, SigningJob
from operations import papers
from operations.paper_signatures import due_for
from operations.signatures import Wanted
from operations.signing_certificates import (
    certificates_for_side,
    certificates_to_seal,
    certificates_to_sign,
)
from operations.signing_job_records import give_up
from operations.transactions import Refused, expect_version, transaction
from rules.documents import SigningAct
from rules.papers import PaperState
from rules.permissions import Permission
from schema.custody import Paper, PaperSignature

_SIDES = (SigningAct.GIVER, SigningAct.RECEIVER)


def needed_permission(act: SigningAct) -> Permission:
    """Who may sign: anybody whose turn it is; for the agency the clerk."""
    return Permission.DOCUMENT_ISSUE if act is SigningAct.ISSUE else Permission.RECEIPT_CONFIRM


def usable_certificates(
    session: Session, paper: Paper, act: SigningAct, actor: Actor
) -> Sequence[Certificate]:
    """The certificates with which this person may give this signature now.

    A person who gives or receives for the agency may use the agency's, entrusted to them.
    """
    person_id, at = actor.person_id, actor.at
    if act is SigningAct.ISSUE:
        agency_id = paper.agency_id
        return certificates_to_seal(session, agency_id=agency_id, person_id=person_id, at=at)
    if act in _SIDES:
        agency_id = paper.agency_id
        return certificates_for_side(session, agency_id=agency_id, person_id=person_id, at=at)
    return certificates_to_sign(session, person_id=person_id, at=at)


def _turn(session: Session, paper: Paper, actor: Actor, wanted: Wanted) -> PaperSignature:
    if paper.state in (PaperState.CANCELLED, PaperState.PROVEN):
        raise Refused("Biên bản này không còn chờ ký.")
    if papers.returned(paper):
        raise Refused("Biên bản đã bị trả lại nên không ký tiếp. Lập biên bản mới cho đúng.")
    found = due_for(paper, actor.person_id, may_seal=wanted.act is SigningAct.ISSUE)
    own = next((one for one in found if one.act is wanted.act), None)
    if own is None:
        raise Refused(
            "Chưa đến lượt ký này, hoặc người ký ghi trên biên bản là người khác; mỗi bên ký một "
            "lần, theo thứ tự."
        )
    if wanted.act is SigningAct.ISSUE and not paper.number:
        raise Refused("Chưa ghi số của biên bản, giấy tờ. Ghi trước khi ký số của cơ quan.")
    usable = usable_certificates(session, paper, wanted.act, actor)
    if wanted.certificate_id not in {each.id for each in usable}:
        raise Refused("Chứng thư dùng để ký đã hết hạn, bị thu hồi hoặc không phải của người ký.")
    return own


def paper_to_sign(session: Session, actor: Actor, wanted: Wanted) -> Paper:
    """The paper, when this person gives this signature now. Raises `Refused` and `Conflict`."""
    paper = papers.load_paper(session, wanted.object_id)
    expect_version(paper, wanted.version)
    _turn(session, paper, actor, wanted)
    return paper


def sign_paper(
    session: Session, actor: Actor, wanted: Wanted, job_id: int, signed_pdf: bytes
) -> str:
    """Keep what one side has signed; the devices move on as far as the proof allows.

    Inside the transaction that accepts the signature. Raises `Refused` and `Conflict`.
    """
    paper = papers.load_paper(session, wanted.object_id)
    expect_version(paper, wanted.version)
    own = _turn(session, paper, actor, wanted)
    return papers.signed_in(
        session,
        actor=actor,
        paper=paper,
        signature=own,
        content=signed_pdf,
        job_id=job_id,
        certificate=session.get_one(Certificate, wanted.certificate_id),
    )


def send_back(session: Session, *, actor: Actor, paper_id: int, version: int, reason: str) -> None:
    """Return a paper unsigned, with a reason: who signs next finds that it is not true.

    Nobody signs it any more; who made it cancels it and makes another. Raises `Refused` without a
    reason, or when it is not this person's turn, and `Conflict`.
    """
    words = " ".join(reason.split())[:500]
    if not words:
        raise Refused("Nêu lý do trả lại.")
    with transaction(session):
        paper = papers.load_paper(session, paper_id)
        expect_version(paper, version)
        if not paper_waits(paper) or not due_for(paper, actor.person_id, may_seal=False):
            raise Refused("Chỉ người đến lượt ký trả lại được biên bản này.")
        give_up(session, SigningJob.paper_id == paper.id, actor)
        paper.particulars = {
            **paper.particulars,
            papers.RETURNED: {"reason": words, "person_id": actor.person_id},
        }
        paper.version += 1
        audit.record(
            session,
            "paper.returned",
            actor=actor,
            noun=papers.NOUN,
            object_id=paper.id,
            agency_id=paper.agency_id,
            document_sha256=paper.sha256,
            reason_sha256=audit.sealed(words),
        )


def paper_waits(paper: Paper) -> bool:
    """True while the paper waits for digital signatures at all."""
    return paper.state is PaperState.ISSUED and not papers.returned(paper)
