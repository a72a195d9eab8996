"""The road of a yêu cầu chứng thực, as one table of moves. Nobody else compares states.

Besides the road on which we sign, two ways stay open: the letter comes back signed elsewhere, or as
a scan of paper signed by hand; both go in one act to SEALED, from where it may be sent. What
happens while it is sent are days and lines, not states: received, some lines answered, copies owed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.findings import Finding, Severity, finding
from rules.permissions import Permission


class RequestKind(StrEnum):
    """The five yêu cầu chứng thực of Điều 3 NĐ 68/2024/NĐ-CP; there is none to suspend."""

    ISSUANCE = "issuance"
    RENEWAL = "renewal"
    AMENDMENT = "amendment"
    REVOCATION = "revocation"
    UNLOCK = "unlock"


class RequestState(StrEnum):
    """Where a request is. COMPLETED, SENT_BACK and CANCELLED are ends."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    RETURNED = "returned"
    SIGNED = "signed"
    NUMBERED = "numbered"
    SEALED = "sealed"
    SENT = "sent"
    COMPLETED = "completed"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


class RequestAct(StrEnum):
    """What people do with a request."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    REVISE = "revise"
    CHANGE_SIGNER = "change_signer"
    SIGN = "sign"
    NUMBER = "number"
    SEAL = "seal"
    ATTACH_SIGNED_ELSEWHERE = "attach_signed_elsewhere"
    ATTACH_PAPER = "attach_paper"
    RECORD_SENDING = "record_sending"
    RECORD_RECEIPT = "record_receipt"
    RECORD_ANSWER = "record_answer"
    WITHDRAW_LINE = "withdraw_line"
    RECORD_COMPLETION = "record_completion"
    RECORD_SENDING_BACK = "record_sending_back"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"


class LineState(StrEnum):
    """What became of one certificate of a request; only OPEN lines hold their chain."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Transition:
    """One legal move. Who makes it needs `permission`, and words of reason if `needs_reason`."""

    from_: RequestState
    act: RequestAct
    to: RequestState
    permission: Permission
    needs_reason: bool = False


class IllegalMove(Exception):
    """The act is not possible in this state; `message` says so in Vietnamese for whoever shows
    it.
    """

    def __init__(self, state: RequestState, act: RequestAct) -> None:
        super().__init__(f"{act.name} is not possible from {state.name}")
        self.state = state
        self.act = act
        self.message = "Việc này không thực hiện được ở trạng thái hiện tại của đề nghị."


_S = RequestState
_A = RequestAct
_P = Permission

TRANSITIONS: tuple[Transition, ...] = (
    Transition(_S.DRAFT, _A.SUBMIT, _S.AWAITING_APPROVAL, _P.CERTIFICATE_REQUEST_SUBMIT),
    Transition(_S.DRAFT, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    Transition(_S.AWAITING_APPROVAL, _A.APPROVE, _S.APPROVED, _P.CERTIFICATE_REQUEST_APPROVE),
    Transition(_S.AWAITING_APPROVAL, _A.RETURN, _S.RETURNED, _P.CERTIFICATE_REQUEST_RETURN, True),
    # Another signer means another letter: what was approved is no longer what would be signed.
    Transition(_S.AWAITING_APPROVAL, _A.CHANGE_SIGNER, _S.DRAFT, _P.CERTIFICATE_REQUEST_DRAFT),
    Transition(_S.AWAITING_APPROVAL, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    Transition(_S.RETURNED, _A.REVISE, _S.DRAFT, _P.CERTIFICATE_REQUEST_DRAFT),
    Transition(_S.RETURNED, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    Transition(_S.APPROVED, _A.SIGN, _S.SIGNED, _P.CERTIFICATE_REQUEST_SIGN),
    Transition(_S.APPROVED, _A.RETURN, _S.RETURNED, _P.CERTIFICATE_REQUEST_RETURN, True),
    Transition(_S.APPROVED, _A.CHANGE_SIGNER, _S.DRAFT, _P.CERTIFICATE_REQUEST_DRAFT),
    Transition(
        _S.APPROVED, _A.ATTACH_SIGNED_ELSEWHERE, _S.SEALED, _P.CERTIFICATE_REQUEST_ATTACH_SIGNED
    ),
    Transition(_S.APPROVED, _A.ATTACH_PAPER, _S.SEALED, _P.CERTIFICATE_REQUEST_ATTACH_SIGNED),
    Transition(_S.APPROVED, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    Transition(_S.SIGNED, _A.NUMBER, _S.NUMBERED, _P.CERTIFICATE_REQUEST_NUMBER),
    # The leader may sign here and the clerk seal in the office's own document system.
    Transition(
        _S.SIGNED, _A.ATTACH_SIGNED_ELSEWHERE, _S.SEALED, _P.CERTIFICATE_REQUEST_ATTACH_SIGNED
    ),
    Transition(_S.SIGNED, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    # A number mistyped can be put right until the agency's signature locks it.
    Transition(_S.NUMBERED, _A.NUMBER, _S.NUMBERED, _P.CERTIFICATE_REQUEST_NUMBER),
    Transition(_S.NUMBERED, _A.SEAL, _S.SEALED, _P.CERTIFICATE_REQUEST_SEAL),
    Transition(
        _S.NUMBERED, _A.ATTACH_SIGNED_ELSEWHERE, _S.SEALED, _P.CERTIFICATE_REQUEST_ATTACH_SIGNED
    ),
    Transition(_S.NUMBERED, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    Transition(_S.SEALED, _A.RECORD_SENDING, _S.SENT, _P.CERTIFICATE_REQUEST_RECORD_SENDING),
    Transition(_S.SEALED, _A.CANCEL, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
    # On its way: received (a mistyped day can be put right), answered line by line as often as the
    # authority answers, withdrawn in part. The last answer completes it.
    Transition(_S.SENT, _A.RECORD_RECEIPT, _S.SENT, _P.CERTIFICATE_REQUEST_RECORD_RESULT),
    Transition(_S.SENT, _A.RECORD_ANSWER, _S.SENT, _P.CERTIFICATE_REQUEST_RECORD_RESULT),
    Transition(_S.SENT, _A.WITHDRAW_LINE, _S.SENT, _P.CERTIFICATE_REQUEST_CANCEL, True),
    Transition(_S.SENT, _A.RECORD_COMPLETION, _S.COMPLETED, _P.CERTIFICATE_REQUEST_RECORD_RESULT),
    Transition(
        _S.SENT, _A.RECORD_SENDING_BACK, _S.SENT_BACK, _P.CERTIFICATE_REQUEST_RECORD_RESULT, True
    ),
    Transition(_S.SENT, _A.WITHDRAW, _S.CANCELLED, _P.CERTIFICATE_REQUEST_CANCEL, True),
)

_MOVES: Mapping[tuple[RequestState, RequestAct], Transition] = {
    (move.from_, move.act): move for move in TRANSITIONS
}

# What an act makes of the lines that are still open when it is done.
CLOSES_LINES: Mapping[RequestAct, LineState] = {
    RequestAct.CANCEL: LineState.WITHDRAWN,
    RequestAct.WITHDRAW: LineState.WITHDRAWN,
    RequestAct.RECORD_COMPLETION: LineState.GRANTED,
    RequestAct.RECORD_SENDING_BACK: LineState.REFUSED,
}


def transition(state: RequestState, act: RequestAct) -> Transition:
    """The move that this act makes from this state; IllegalMove when there is none."""
    try:
        return _MOVES[state, act]
    except KeyError:
        raise IllegalMove(state, act) from None


def next_state(state: RequestState, act: RequestAct) -> RequestState:
    """The state after the act; IllegalMove when the table does not have it."""
    return transition(state, act).to


def acts_from(state: RequestState) -> tuple[Transition, ...]:
    """The moves that are possible from a state, in the order of the table; empty at an end."""
    return tuple(move for move in TRANSITIONS if move.from_ is state)


# Where a request has left the house; what is owed to others is then still owed.
LEFT_THE_HOUSE = frozenset({RequestState.SENT, RequestState.COMPLETED, RequestState.SENT_BACK})

# Where the words of the letter, its recipients and its papers may still change.
NOT_YET_SENT = frozenset(RequestState) - LEFT_THE_HOUSE - {RequestState.CANCELLED}


def act_that_answers(lines: Collection[LineState], *, answered: bool) -> RequestAct:
    """The act by which answers (or else withdrawals) leave a request, given all lines after them.

    Open lines keep it on its way; with none it is completed, or, when nobody ever answered any of
    them, withdrawn as a whole.
    """
    if LineState.OPEN in lines:
        return RequestAct.RECORD_ANSWER if answered else RequestAct.WITHDRAW_LINE
    if {LineState.GRANTED, LineState.REFUSED} & set(lines):
        return RequestAct.RECORD_COMPLETION
    return RequestAct.WITHDRAW


def may_go_again(state: RequestState, line: LineState) -> bool:
    """Whether a line may stand in a new letter that follows this one.

    Lines that were refused or withdrawn may; what is open elsewhere is held by its own letter.
    """
    ended = state in LEFT_THE_HOUSE or state is RequestState.CANCELLED
    return ended and line in (LineState.REFUSED, LineState.WITHDRAWN)


def is_final(state: RequestState) -> bool:
    """True when nothing more can be done with the request."""
    return not acts_from(state)


def check_approval(
    *, drafter_id: int, approver_id: int, signer_in_list: bool = False
) -> tuple[Finding, ...]:
    """Whether this user may approve what that user drafted (user ids, not people).

    `signer_in_list`: a certificate of the signer is among those of the request. A head may sign for
    his own certificate, since nobody stands above him in the agency; it is said and logged.
    """
    findings = []
    if drafter_id == approver_id:
        findings.append(
            finding(
                "request.drafter_approves",
                Severity.MUST,
                "Người soạn thảo đề nghị không được tự duyệt đề nghị đó.",
                "Trình lãnh đạo khác có quyền duyệt, hoặc để người khác soạn thảo lại đề nghị.",
            )
        )
    if signer_in_list:
        findings.append(
            finding(
                "request.signer_in_list",
                Severity.INFO,
                "Người ký văn bản có chứng thư của chính mình trong danh sách đề nghị.",
                "Vẫn được ký; việc này được đánh dấu và ghi vào nhật ký.",
            )
        )
    return tuple(findings)
