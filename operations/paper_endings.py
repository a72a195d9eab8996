"""How a paper ends that nobody has proved or sent: cancelled, with all that rested on it."""

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import SigningJob
from operations.entrustments import forget_entrustments
from operations.paper_signatures import end_signatures
from operations.signing_job_records import give_up
from rules.papers import PaperState
from schema.custody import Paper

_LONGEST = 500


def end_paper(session: Session, actor: Actor, paper: Paper, reason: str) -> None:
    """Cancel a paper inside the transaction of another act: nobody signs it any more, a signature
    that is under way stops, and what it had entrusted is forgotten. Whether it may end, and what
    becomes of its moves, is up to that act.
    """
    forget_entrustments(session, paper)
    give_up(session, SigningJob.paper_id == paper.id, actor)
    end_signatures(paper)
    paper.state = PaperState.CANCELLED
    paper.particulars = {**paper.particulars, "cancelled": reason[:_LONGEST]}
    paper.version += 1
    audit.record(
        session,
        "paper.cancelled",
        actor=actor,
        noun="paper",
        object_id=paper.id,
        agency_id=paper.agency_id,
        document_sha256=paper.sha256,
        reason_sha256=audit.sealed(reason),
    )
