"""The notice to the sender of a document that was not taken, from the row of its paper."""

from letters import rejection_notice
from letters.decree30 import Signer
from letters.rejection_notice import RejectionNotice
from rules.names import spelt_out
from rules.papers import PaperKind
from schema.custody import Paper
from views.papers_data import Letter, day, issuer, maker


@maker(PaperKind.REJECTION_NOTICE)
def _notice(paper: Paper) -> Letter:
    told = paper.particulars
    signer = told.get("signer") or {}
    data = RejectionNotice(
        **issuer(paper),
        sender=spelt_out(told.get("addressee", "")),
        received_on=day(told.get("received_on")),
        document=told["document"],
        file_name=told["file_name"],
        sha256=told["sha256"],
        basis=told.get("basis", ""),
        checked_at=told["checked_at"],
        verdict=told["verdict"],
        faults=tuple(told.get("faults", ())),
        reason=told.get("reason", ""),
        deleted=bool(told.get("deleted")),
        signer=Signer(tuple(signer.get("titles", ())), signer.get("name", "")),
    )
    return Letter(rejection_notice, data)
