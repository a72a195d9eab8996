"""What happens to a request after its draft: submitted, decided, signed, numbered, sent, answered.

Each function is one row of `rules.requests.TRANSITIONS`. Bytes of letters come from outside: a
`Draw` is called inside the transaction, so the letter shows exactly the rows that are written.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest, RequestDocument, RequestSending
from operations import files
from operations import law as house
from operations.certificate_requests import (
    NOUN,
    RefusedByLaw,
    facts_of_signer,
    load_for_change,
    move,
    signer_in_list,
)
from operations.renewal_findings import judge, reasons_wanted
from operations.transactions import Refused, transaction
from rules.documents import DocumentKind
from rules.findings import Finding, blocking
from rules.law import Law
from rules.requests import CLOSES_LINES, LineState, RequestAct, check_approval
from rules.signers import check_signer


@dataclass(frozen=True)
class Drawn:
    """A letter as drawn: its bytes, where its fields and signatures go, and what it lacks."""

    pdf: bytes
    anchors: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


Draw = Callable[[CertificateRequest], Drawn]


def findings_of(
    session: Session, request: CertificateRequest, *, law: Law, on: date
) -> dict[int, tuple[Finding, ...]]:
    """The findings on every line of a request, by certificate."""
    return judge(
        session,
        [line.certificate for line in request.lines if line.certificate is not None],
        on=on,
        received_on=request.planned_receipt_on,
        law=house.law_for(law, request.agency),
        margin_days=house.margin_days(session, request.agency),
        request_id=request.id,
    )


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
    """All findings on lines and signer; raises when one refuses."""
    signer = facts_of_signer(request)
    if signer is None:
        raise Refused("Chưa chọn người ký. Hãy chọn người có thẩm quyền ký văn bản.")
    found = list(check_signer(signer, on=actor.today, law=house.law_for(law, request.agency)))
    for each in findings_of(session, request, law=law, on=actor.today).values():
        found.extend(each)
    if refusals := blocking(found):
        raise RefusedByLaw(refusals)
    return found


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


def record_number(
    session: Session, *, actor: Actor, request_id: int, version: int, number: str, day: date
) -> None:
    """Write down the number and date that the clerk gives; they are typed, never allocated by us.

    Raises `Refused` for an empty number or a day before the signature, and `Conflict`.
    """
    typed = number.strip()
    if not typed:
        raise Refused("Hãy nhập số văn bản theo sổ đăng ký văn bản đi.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.NUMBER)
        if request.signed_at is not None:
            signed_on = request.signed_at.astimezone(audit.VIETNAM).date()
            if day < signed_on:
                raise Refused(f"Ngày văn bản không được trước ngày ký ({signed_on:%d/%m/%Y}).")
        if day > actor.today:
            raise Refused("Ngày văn bản không được sau ngày hôm nay.")
        request.state = state
        request.document_number = typed
        request.document_on = day
        request.version += 1
        _record(
            session,
            "certificate_request.numbered",
            request,
            actor,
            number=typed,
            day=day.isoformat(),
        )


def take_signed_elsewhere(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    pdf: bytes,
    number: str,
    day: date,
    verdict: str,
) -> None:
    """Tie a letter that was signed in another document system to its request.

    The caller has checked that it is the same document and what its signatures are worth; `verdict`
    goes into the log. Raises `Refused`, `Conflict`.
    """
    _take_back(
        session,
        actor,
        request_id,
        version,
        RequestAct.ATTACH_SIGNED_ELSEWHERE,
        [(DocumentKind.SIGNED_ELSEWHERE, pdf, files.PDF)],
        number,
        day,
        "certificate_request.signed_elsewhere",
        {"verdict": verdict},
    )


def take_paper(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    scan: bytes,
    media_type: str,
    number: str,
    day: date,
) -> None:
    """Keep the scan of a letter signed and sealed on paper. Raises `Refused`, `Conflict`."""
    _take_back(
        session,
        actor,
        request_id,
        version,
        RequestAct.ATTACH_PAPER,
        [(DocumentKind.PAPER_SCAN, scan, media_type)],
        number,
        day,
        "certificate_request.signed_on_paper",
        {},
    )


def _take_back(
    session: Session,
    actor: Actor,
    request_id: int,
    version: int,
    act: RequestAct,
    papers: Sequence[tuple[DocumentKind, bytes, str]],
    number: str,
    day: date,
    event: str,
    body: Mapping[str, audit.Value],
) -> None:
    typed = number.strip()
    if not typed:
        raise Refused("Hãy nhập số văn bản ghi trên văn bản đã ký.")
    if day > actor.today:
        raise Refused("Ngày văn bản không được sau ngày hôm nay.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        request.state = move(request, act)
        request.document_number = typed
        request.document_on = day
        request.sealed_at = actor.at
        request.version += 1
        for kind, content, media_type in papers:
            attach(session, request, actor, kind, content, media_type=media_type)
        sha256 = hashlib.sha256(papers[0][1]).hexdigest()
        _record(session, event, request, actor, document_sha256=sha256, **body)


def record_sending(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    on: date,
    channel: str,
    reference: str,
    proof: tuple[bytes, str] | None = None,
) -> None:
    """Write down that the letter has left: when, by which channel, under which reference.

    `proof` is an optional receipt (bytes and media type). Raises `Refused`, `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.RECORD_SENDING)
        if on > actor.today:
            raise Refused("Ngày gửi không được sau ngày hôm nay.")
        if request.document_on is not None and on < request.document_on:
            raise Refused(
                f"Ngày gửi không được trước ngày văn bản ({request.document_on:%d/%m/%Y})."
            )
        request.state = state
        request.sent_on = on
        request.version += 1
        sha256 = None
        if proof is not None:
            kind = DocumentKind.PROOF_OF_SENDING
            sha256 = attach(session, request, actor, kind, proof[0], media_type=proof[1])
        request.sendings.append(
            RequestSending(
                recipient=request.addressee,
                recipient_code=request.addressee_code,
                channel=channel,
                sent_on=on,
                reference=reference.strip(),
                proof_sha256=sha256,
                recorded_by_id=actor.user_id,
                recorded_at=actor.at,
            )
        )
        _record(
            session,
            "certificate_request.sent",
            request,
            actor,
            channel=channel,
            day=on.isoformat(),
        )


def record_result(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    on: date,
    refused_line_ids: Sequence[int] = (),
    note: str = "",
) -> None:
    """Write down the authority's answer: all lines granted except those named as refused.

    The renewed certificates themselves come in by import. Raises `Refused`, `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.RECORD_COMPLETION)
        _check_result_day(request, on, actor)
        request.state = state
        refused = set(refused_line_ids)
        for line in request.lines:
            if line.is_open:
                line.state = LineState.REFUSED if line.id in refused else LineState.GRANTED
                line.is_open = False
        request.result_on = on
        request.result_note = note.strip()
        request.version += 1
        states = [line.state for line in request.lines]
        _record(
            session,
            "certificate_request.completed",
            request,
            actor,
            done=states.count(LineState.GRANTED),
            refused=states.count(LineState.REFUSED),
            day=on.isoformat(),
        )


def record_sent_back(
    session: Session, *, actor: Actor, request_id: int, version: int, on: date, note: str
) -> None:
    """Write down that the authority sent the whole letter back, and why; its lines become free.

    Raises `Refused` without a reason, and `Conflict`.
    """
    words = note.strip()
    if not words:
        raise Refused("Hãy ghi lý do văn bản bị trả lại.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.RECORD_SENDING_BACK)
        _check_result_day(request, on, actor)
        request.state = state
        _close_lines(request, RequestAct.RECORD_SENDING_BACK)
        request.result_on = on
        request.result_note = words
        request.version += 1
        _record(
            session,
            "certificate_request.sent_back",
            request,
            actor,
            day=on.isoformat(),
            reason_sha256=audit.sealed(words),
        )


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


def attach(
    session: Session,
    request: CertificateRequest,
    actor: Actor,
    kind: DocumentKind,
    content: bytes,
    *,
    media_type: str = files.PDF,
    anchors: Mapping[str, object] | None = None,
) -> str:
    """Keep a file with the request, in place of an earlier one of its kind; returns its SHA-256.

    For use inside another operation's transaction; earlier versions stay, marked as not current.
    """
    sha256 = files.store(session, content, media_type, at=actor.at)
    for document in request.documents:
        if document.kind is kind:
            document.is_current = False
    request.documents.append(
        RequestDocument(
            kind=kind,
            sha256=sha256,
            name=f"{kind.value}-{request.id}.{SUFFIXES.get(media_type, 'bin')}",
            anchors=dict(anchors or {}),
            is_current=True,
            created_at=actor.at,
            created_by_id=actor.user_id,
        )
    )
    session.flush()
    return sha256


SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def _check_result_day(request: CertificateRequest, on: date, actor: Actor) -> None:
    if on > actor.today:
        raise Refused("Ngày nhận kết quả không được sau ngày hôm nay.")
    if request.sent_on is not None and on < request.sent_on:
        raise Refused(f"Ngày nhận kết quả không được trước ngày gửi ({request.sent_on:%d/%m/%Y}).")


def _close_lines(request: CertificateRequest, act: RequestAct) -> None:
    for line in request.lines:
        if line.is_open:
            line.state = CLOSES_LINES[act]
            line.is_open = False


def _record(
    session: Session,
    event: str,
    request: CertificateRequest,
    actor: Actor,
    *,
    document_sha256: str | None = None,
    **body: audit.Value,
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=request.id,
        agency_id=request.agency_id,
        document_sha256=document_sha256,
        **body,
    )
