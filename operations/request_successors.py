"""Lập lại văn bản với các dòng bị trả: a new draft that follows a letter, with its lines."""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit import Actor
from models import CertificateRequest, RequestLine, RequestSending
from operations.request_attachments import carry_attachments
from operations.request_documents import record
from operations.request_findings import findings_of
from operations.request_rows import RefusedByLaw, load_for_change
from operations.transactions import Conflict, Refused, transaction
from rules.findings import blocking
from rules.law import Law
from rules.requests import LineState, RequestState, may_go_again

_CARRIED = (
    "agency_id",
    "kind",
    "subscriber_kind",
    "central_signing",
    "addressee",
    "addressee_code",
    "addressee_agency_id",
    "copies_to",
    "drafting_unit",
    "wet_signature",
    "note",
    "contact_id",
    "contact_address",
    "signer_id",
    "signer_title",
    "signer_authority",
    "signer_head_title",
    "signer_collective",
    "authority_paper",
    "authority_until_on",
)
_LINE_CARRIED = (
    "certificate_id",
    "chain_id",
    "person_id",
    "subject_agency_id",
    "system_id",
    "device_id",
    "hold",
    "renews",
    "amends",
    "amendment_case",
    "information_before",
    "information_after",
    "revocation_ground",
    "sim_pki",
    "note",
)


def returned_lines(request: CertificateRequest) -> list[RequestLine]:
    """The lines that may stand in a letter that follows this one."""
    return [line for line in request.lines if may_go_again(request.state, line.state)]


def draft_again(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    line_ids: Sequence[int],
    law: Law,
) -> int:
    """Open a draft with lines that came back or were withdrawn; returns its number.

    Subjects, particulars, signer, recipients and papers come along; both letters keep their
    history. Raises `RefusedByLaw` when the law of today speaks against a line, `Refused` when a
    line may not go again, and `Conflict` when another open request took one of them meanwhile.
    """
    with transaction(session):
        old = load_for_change(session, request_id, version)
        wanted = set(line_ids)
        lines = [line for line in returned_lines(old) if line.id in wanted]
        if not lines or len(lines) != len(wanted):
            raise Refused("Chọn các dòng bị trả lại hoặc đã rút để lập lại văn bản.")
        new = CertificateRequest(
            **{name: getattr(old, name) for name in _CARRIED},
            state=RequestState.DRAFT,
            planned_receipt_on=max(actor.today, old.planned_receipt_on),
            drafted_by_id=actor.user_id,
            created_at=actor.at,
            follows_id=old.id,
        )
        session.add(new)
        session.flush()  # Lines and event name its number.
        _carry_lines(session, lines, new)
        carry_attachments(session, actor, old, new)
        session.refresh(new, ["lines"])
        _owe_sendings(old, new)
        found = findings_of(session, new, law=law, on=actor.today)
        if refusals := [one for each in found.values() for one in blocking(each)]:
            raise RefusedByLaw(refusals)
        record(session, "certificate_request.sent_again", new, actor, follows=old.id)
        return new.id


def _owe_sendings(old: CertificateRequest, new: CertificateRequest) -> None:
    """The new letter goes the way of the old one, to its addressee and to whoever got a copy."""
    for one in old.sendings:
        new.sendings.append(
            RequestSending(
                is_copy=one.is_copy,
                recipient=one.recipient,
                recipient_code=one.recipient_code,
                channel=one.channel,
            )
        )


def _carry_lines(session: Session, lines: Sequence[RequestLine], new: CertificateRequest) -> None:
    for position, line in enumerate(lines, start=1):
        session.add(
            RequestLine(
                **{name: getattr(line, name) for name in _LINE_CARRIED},
                request_id=new.id,
                position=position,
                state=LineState.OPEN,
                is_open=True,
                previous_id=line.id,
            )
        )
    try:
        session.flush()
    except IntegrityError as error:
        # The index behind "one open line per hold" has the last word.
        raise Conflict(
            "Một trong các dòng vừa được đưa vào văn bản đề nghị khác. Hãy xem lại danh sách."
        ) from error
