"""Minutes of two sides, signed digitally by both: the giver first, then the receiver."""

from sqlalchemy.orm import Session

from audit import Actor
from models import SigningJob
from operations import papers
from operations.paper_proofs import signed_sides
from operations.signing_certificates import certificates_for_side
from operations.transactions import Refused, expect_version
from rules.documents import SigningAct
from rules.papers import PaperState
from schema.custody import Paper

SIDES = {SigningAct.GIVER: "giver", SigningAct.RECEIVER: "receiver"}


def check_side(
    session: Session, paper: Paper, actor: Actor, act: SigningAct, certificate_id: int | None
) -> None:
    """Raise `Refused` unless this person signs this side of the paper now, with a certificate of
    theirs.
    """
    if paper.state in (PaperState.CANCELLED, PaperState.PROVEN):
        raise Refused("Biên bản này không còn chờ ký.")
    wanted = paper.giver_id if act is SigningAct.GIVER else paper.receiver_id
    if actor.person_id is None or actor.person_id != wanted:
        raise Refused("Người ký ghi trên biên bản là người khác; chỉ người đó ký được.")
    done = signed_sides(paper)
    if SIDES[act] in done or (act is SigningAct.RECEIVER and SIDES[SigningAct.GIVER] not in done):
        raise Refused("Chưa đến lượt ký này: bên giao ký trước, bên nhận ký sau, mỗi bên một lần.")
    usable = certificates_for_side(
        session, agency_id=paper.agency_id, person_id=actor.person_id, at=actor.at
    )
    if certificate_id not in {each.id for each in usable}:
        raise Refused("Chứng thư dùng để ký đã hết hạn, bị thu hồi hoặc không phải của người ký.")


def sign_side(session: Session, job: SigningJob, actor: Actor, signed_pdf: bytes) -> str:
    """Keep what one side has signed; the devices move on as far as the proof allows.

    Raises `Refused` and, when the paper was changed after it was prepared, `Conflict`.
    """
    paper = papers.load_paper(session, job.paper_id or 0)
    expect_version(paper, job.payload["version"])
    check_side(session, paper, actor, job.act, job.certificate_id)
    certificate = job.certificate
    return papers.signed_in(
        session,
        actor=actor,
        paper=paper,
        side=SIDES[job.act],
        serial=certificate.serial_number if certificate is not None else "",
        content=signed_pdf,
        anchors={},
        job_id=job.id,
        certificate_id=job.certificate_id,
    )
