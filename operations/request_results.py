"""The answer to a request, line by line; lines withdrawn; the whole letter sent back.

A line that is closed lets go of what it held, so that the same subject may be asked for again.
No form for a withdrawal letter exists in the decree: what is recorded here is the register's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest, RequestLine
from operations import follow_ups
from operations.request_devices import unlock_granted
from operations.request_documents import record
from operations.request_rows import load_for_change, move
from operations.transactions import Refused, transaction
from rules.requests import (
    CLOSES_LINES,
    LineState,
    RequestAct,
    RequestKind,
    act_that_answers,
)

NOTICE_WANTED = (
    "Chứng thư được thu hồi thì ghi bằng thông báo thu hồi, kèm tệp thông báo, để sổ có ngày thu "
    "hồi và thời hạn bàn giao thiết bị. Ở đây chỉ ghi các dòng không được giải quyết."
)


@dataclass(frozen=True)
class Answer:
    """What the receiving body said of one line; a refusal has its reason."""

    line_id: int
    granted: bool
    reason: str = ""


@dataclass(frozen=True)
class Answers:
    """Answers that came on one day. `handled`: given by the department itself, in this program."""

    on: date
    lines: tuple[Answer, ...]
    note: str = ""
    handled: bool = False


def record_answers(
    session: Session, *, actor: Actor, request_id: int, version: int, answers: Answers
) -> None:
    """Write down answers to some lines; the last one completes the request.

    Raises `Refused` for a refusal without reason, a line already closed, a day before the sending
    and a revocation that was granted (`revocation_notices`), and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        move(request, RequestAct.RECORD_ANSWER)
        check_day(request, answers.on, actor)
        if not answers.lines:
            raise Refused("Chưa chọn kết quả cho dòng nào.")
        if request.kind is RequestKind.REVOCATION and any(one.granted for one in answers.lines):
            raise Refused(NOTICE_WANTED)
        for one in answers.lines:
            _answer(_open_line(request, one.line_id), one, answers.on)
        if request.kind is RequestKind.UNLOCK:
            granted = {one.line_id for one in answers.lines if one.granted}
            unlock_granted(session, actor, request, granted, answers.on)
        act = settle(request, answers.on, answers.note)
        done = sum(one.granted for one in answers.lines)
        counts: dict[str, audit.Value] = {"done": done, "refused": len(answers.lines) - done}
        if answers.handled:
            event = "certificate_request.handled"
        else:
            counts["day"] = answers.on.isoformat()
            closed = act is RequestAct.RECORD_COMPLETION
            event = f"certificate_request.{'completed' if closed else 'line_answered'}"
        record(session, event, request, actor, document_sha256=None, **counts)


def settle(request: CertificateRequest, on: date, note: str = "") -> RequestAct:
    """Move the request on after some of its lines were answered; returns the act that it was."""
    act = act_that_answers([line.state for line in request.lines], answered=True)
    request.state = move(request, act)
    if act is RequestAct.RECORD_COMPLETION:
        request.result_on = on
    request.result_note = note.strip() or request.result_note
    request.version += 1
    return act


def close(line: RequestLine, state: LineState, on: date, note: str = "") -> None:
    """Close one line; what it held is free again."""
    line.state = state
    line.is_open = False
    line.result_on = on
    line.result_note = note.strip()


def _open_line(request: CertificateRequest, line_id: int) -> RequestLine:
    line = next((one for one in request.lines if one.id == line_id), None)
    if line is None or not line.is_open:
        raise Refused("Một dòng đã chọn không còn chờ kết quả. Hãy xem lại danh sách.")
    return line


def _answer(line: RequestLine, answer: Answer, on: date) -> None:
    if not answer.granted and not answer.reason.strip():
        raise Refused("Hãy ghi lý do cho từng dòng không được giải quyết.")
    close(line, LineState.GRANTED if answer.granted else LineState.REFUSED, on, answer.reason)


def record_sent_back(
    session: Session, *, actor: Actor, request_id: int, version: int, on: date, note: str
) -> None:
    """Write down that the whole letter came back, and why; its open lines become free.

    Raises `Refused` without a reason, and `Conflict`.
    """
    words = note.strip()
    if not words:
        raise Refused("Hãy ghi lý do văn bản bị trả lại.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.RECORD_SENDING_BACK)
        check_day(request, on, actor)
        request.state = state
        for line in request.lines:
            if line.is_open:
                close(line, CLOSES_LINES[RequestAct.RECORD_SENDING_BACK], on, words)
        request.result_on = on
        request.result_note = words
        request.version += 1
        follow_ups.reopen(session, request_id=request.id)
        record(
            session,
            "certificate_request.sent_back",
            request,
            actor,
            day=on.isoformat(),
            reason_sha256=audit.sealed(words),
        )


def withdraw(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    line_ids: Sequence[int],
    reason: str,
) -> None:
    """Withdraw lines of a request that has left, or all that are open when none is named.

    The receiving body is told by other means; the lines stay, marked as withdrawn. Raises `Refused`
    without a reason, and `Conflict`.
    """
    words = reason.strip()
    if not words:
        raise Refused("Hãy ghi lý do rút đề nghị.")
    with transaction(session):
        request = load_for_change(session, request_id, version)
        move(request, RequestAct.WITHDRAW_LINE)
        wanted = line_ids or [line.id for line in request.lines if line.is_open]
        for number in wanted:
            close(_open_line(request, number), LineState.WITHDRAWN, actor.today, words)
        act = act_that_answers([line.state for line in request.lines], answered=False)
        request.state = move(request, act)
        if act is not RequestAct.WITHDRAW_LINE:
            request.result_on = actor.today
            request.result_note = request.result_note or words
        if act is RequestAct.WITHDRAW:
            follow_ups.reopen(session, request_id=request.id)
        request.version += 1
        record(
            session,
            "certificate_request.withdrawn",
            request,
            actor,
            lines=sorted(wanted),
            reason_sha256=audit.sealed(words),
        )


def check_day(request: CertificateRequest, on: date, actor: Actor) -> None:
    """Raise `Refused` for a result before the sending or in the future."""
    if on > actor.today:
        raise Refused("Ngày nhận kết quả không được sau ngày hôm nay.")
    if request.sent_on is not None and on < request.sent_on:
        raise Refused(f"Ngày nhận kết quả không được trước ngày gửi ({request.sent_on:%d/%m/%Y}).")
