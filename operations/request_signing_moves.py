"""The letter of a request gets its number, or comes back signed: elsewhere, or on paper."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest
from operations import files
from operations.request_documents import attach, record
from operations.request_rows import load_for_change, move, symbol_of
from operations.transactions import Refused, transaction
from rules.documents import DocumentKind
from rules.names import fold
from rules.requests import RequestAct


def record_number(
    session: Session, *, actor: Actor, request_id: int, version: int, number: str, day: date
) -> None:
    """Write down the number and date that the clerk gives; they are typed, never allocated by us.

    Raises `Refused` for an empty number or a day before the signature, and `Conflict`.
    """
    if not number.strip():
        raise Refused("Hãy nhập số văn bản theo sổ đăng ký văn bản đi.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        typed = _without_symbol(number, request)
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
        record(
            session,
            "certificate_request.numbered",
            request,
            actor,
            number=typed,
            day=day.isoformat(),
        )


def _without_symbol(number: str, request: CertificateRequest) -> str:
    """The number alone: the letter has its symbol printed already, and would show it twice.

    Raises `Refused` for a symbol that is not that of the letter.
    """
    typed, slash, symbol = (part.strip() for part in number.partition("/"))
    printed = symbol_of(request)
    if slash and fold(symbol) != fold(printed):
        raise Refused(
            f"Ký hiệu in trên văn bản là {printed or '(bỏ trống)'}; hãy chỉ nhập số. Nếu ký hiệu "
            "sai thì trả lại để sửa đơn vị soạn thảo."
        )
    if not typed:
        raise Refused("Hãy nhập số văn bản.")
    return typed


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
    if not number.strip():
        raise Refused("Hãy nhập số văn bản ghi trên văn bản đã ký.")
    if day > actor.today:
        raise Refused("Ngày văn bản không được sau ngày hôm nay.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        request.state = move(request, act)
        request.document_number = _without_symbol(number, request)
        request.document_on = day
        request.sealed_at = actor.at
        request.wet_signature = act is RequestAct.ATTACH_PAPER  # As it came back, not as planned.
        request.version += 1
        for kind, content, media_type in papers:
            attach(session, request, actor, kind, content, media_type=media_type)
        sha256 = hashlib.sha256(papers[0][1]).hexdigest()
        record(session, event, request, actor, document_sha256=sha256, **body)
