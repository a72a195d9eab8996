"""What the house decides about a request: submitted, approved, returned, revised, given up.

Each function is one row of `rules.requests.TRANSITIONS`; what follows is in
`operations/request_signing_moves.py`, `request_sendings.py` and `request_results.py`. Bytes of
letters come from outside: a `Draw` is called inside the transaction, so the letter shows exactly
the rows that are written.
"""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest
from operations import law as house
from operations import request_findings
from operations.certificate_requests import facts_of_signer, signer_in_list
from operations.request_attachments import kept_papers
from operations.request_documents import SUFFIXES, Drawn, attach
from operations.request_documents import record as _record
from operations.request_findings import needed_papers, reasons_wanted
from operations.request_routes import check_recipients
from operations.request_rows import RefusedByLaw, load_for_change, move
from operations.transactions import Refused, transaction
from rules.attachments import check_attachments
from rules.documents import DocumentKind
from rules.findings import Finding, blocking
from rules.law import Law
from rules.requests import CLOSES_LINES, RequestAct, check_approval
from rules.signers import check_signer

__all__ = ["SUFFIXES", "Draw", "Drawn", "attach"]

Draw = Callable[[CertificateRequest], Drawn]


def findings_of(
    session: Session, request: CertificateRequest, *, law: Law, on: date
) -> dict[int, tuple[Finding, ...]]:
    """The findings on every line of a request, by the number of the line."""
    return request_findings.findings_of(session, request, law=law, on=on)


def submit(
    session: Session, *, actor: Actor, request_id: int, version: int, law: Law, draw: Draw
) -> None:
    """Send the draft to the leader, with the letter as it will be signed.

    Raises `RefusedByLaw` when a rule speaks against a line or the signer, `Refused` when nobody is
    chosen to sign, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.SUBMIT)
        found = _checked(session, request, actor, law)
        request.state = state
        request.submitted_at = actor.at
        request.decision_reason = ""
        request.version += 1
        drawn = draw(request)
        attach(session, request, actor, DocumentKind.LETTER, drawn.pdf, anchors=drawn.anchors)
        _record(
            session,
            "certificate_request.submitted",
            request,
            actor,
            certificates=[line.certificate_id for line in request.lines if line.certificate_id],
            warnings=sorted({each.code for each in found if each not in blocking(found)}),
        )


def _checked(
    session: Session, request: CertificateRequest, actor: Actor, law: Law
) -> list[Finding]:
    """All findings on lines, signer, papers and recipients; raises when one refuses."""
    signer = facts_of_signer(request)
    if signer is None:
        raise Refused("Chưa chọn người ký. Hãy chọn người có thẩm quyền ký văn bản.")
    found = list(check_signer(signer, on=actor.today, law=house.law_for(law, request.agency)))
    for each in findings_of(session, request, law=law, on=actor.today).values():
        found.extend(each)
    found.extend(missing_papers(request, law=law, on=actor.today))
    found.extend(check_recipients(request, law=law, on=actor.today))
    if refusals := blocking(found):
        raise RefusedByLaw(refusals)
    return found


def missing_papers(request: CertificateRequest, *, law: Law, on: date) -> tuple[Finding, ...]:
    """What the dossier still lacks beside its letter (`rules/attachments.py`)."""
    return check_attachments(needed_papers(request, law=law, on=on), kept_papers(request))


def approve(
    session: Session, *, actor: Actor, request_id: int, version: int, law: Law, reason: str = ""
) -> None:
    """Approve what was submitted. The drafter does not approve; warnings of law want a reason.

    Raises `RefusedByLaw`, `Refused` when the reason is missing, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.APPROVE)
        self_listed = signer_in_list(request)
        refusals = blocking(
            check_approval(
                drafter_id=request.drafted_by_id,
                approver_id=actor.user_id or 0,
                signer_in_list=self_listed,
            )
        )
        if refusals:
            raise RefusedByLaw(refusals)
        found = _checked(session, request, actor, law)
        wanted = reasons_wanted(found)
        if wanted and not reason.strip():
            raise Refused(
                "Có cảnh báo cần lãnh đạo cân nhắc: hãy ghi lý do vẫn đồng ý, hoặc trả lại."
            )
        request.state = state
        request.decided_by_id = actor.user_id
        request.decided_at = actor.at
        request.decision_reason = reason.strip()
        request.version += 1
        _record(
            session,
            "certificate_request.approved",
            request,
            actor,
            self_listed=self_listed,
            overridden=sorted({each.code for each in wanted}),
            reason_sha256=audit.sealed(reason.strip()),
        )


def return_to_drafter(
    session: Session, *, actor: Actor, request_id: int, version: int, reason: str
) -> None:
    """Give the request back with a reason. Raises `Refused` without one, and `Conflict`."""
    words = reason.strip()
    if not words:
        raise Refused("Hãy ghi lý do trả lại để người soạn biết cần sửa gì.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        request.state = move(request, RequestAct.RETURN)
        request.decided_by_id = actor.user_id
        request.decided_at = actor.at
        request.decision_reason = words
        request.version += 1
        _record(
            session,
            "certificate_request.returned",
            request,
            actor,
            reason_sha256=audit.sealed(words),
        )


def revise(session: Session, *, actor: Actor, request_id: int, version: int) -> None:
    """Open a returned request again as a draft. Raises `Refused`, `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        request.state = move(request, RequestAct.REVISE)
        request.version += 1
        _record(session, "certificate_request.edited", request, actor, changed=["state"])


def cancel(session: Session, *, actor: Actor, request_id: int, version: int, reason: str) -> None:
    """Give the request up; its certificates become free. Raises `Refused`, `Conflict`."""
    words = reason.strip()
    if not words:
        raise Refused("Hãy ghi lý do hủy văn bản đề nghị.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        request.state = move(request, RequestAct.CANCEL)
        _close_lines(request, RequestAct.CANCEL)
        request.result_note = words
        request.version += 1
        seal = audit.sealed(words)
        _record(session, "certificate_request.cancelled", request, actor, reason_sha256=seal)


def _close_lines(request: CertificateRequest, act: RequestAct) -> None:
    for line in request.lines:
        if line.is_open:
            line.state = CLOSES_LINES[act]
            line.is_open = False
