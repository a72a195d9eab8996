"""Words and pages of the acts of `rules.requests`: one row for each, and the steps of the road."""

from typing import NamedTuple

from rules.requests import RequestAct, RequestState


class Act(NamedTuple):
    """How one act looks: its button, the page that asks for what it needs, and its weight."""

    label: str
    endpoint: str
    primary: bool = False
    danger: bool = False


ACTS: dict[RequestAct, Act] = {
    RequestAct.SUBMIT: Act("Trình lãnh đạo", "request_acts.submit", primary=True),
    RequestAct.APPROVE: Act("Xem xét, duyệt hoặc trả lại", "request_acts.decide", primary=True),
    RequestAct.RETURN: Act("Trả lại người soạn", "request_acts.decide"),
    RequestAct.REVISE: Act("Sửa lại dự thảo", "request_acts.revise", primary=True),
    RequestAct.CHANGE_SIGNER: Act("Đổi người ký", "certificate_requests.signer"),
    RequestAct.SIGN: Act("Ký số", "signing_jobs.sign", primary=True),
    RequestAct.NUMBER: Act("Ghi số và ngày văn bản", "request_acts.number", primary=True),
    RequestAct.SEAL: Act("Ký số của cơ quan", "signing_jobs.seal", primary=True),
    RequestAct.ATTACH_SIGNED_ELSEWHERE: Act(
        "Nhận văn bản ký ở nơi khác", "request_acts.signed_elsewhere"
    ),
    RequestAct.ATTACH_PAPER: Act("Nhận bản quét văn bản giấy", "request_acts.paper"),
    RequestAct.RECORD_SENDING: Act("Ghi nhận đã gửi", "request_tracking.sending", primary=True),
    RequestAct.RECORD_RECEIPT: Act("Ghi tiếp nhận, mã hồ sơ", "request_tracking.receipt"),
    RequestAct.RECORD_ANSWER: Act("Ghi kết quả", "request_results.answers", primary=True),
    RequestAct.WITHDRAW_LINE: Act(
        "Rút đề nghị hoặc từng dòng", "request_tracking.withdraw", danger=True
    ),
    RequestAct.WITHDRAW: Act(
        "Rút đề nghị hoặc từng dòng", "request_tracking.withdraw", danger=True
    ),
    RequestAct.RECORD_COMPLETION: Act("Ghi kết quả", "request_results.answers", primary=True),
    RequestAct.RECORD_SENDING_BACK: Act("Ghi bị trả lại", "request_tracking.sent_back"),
    RequestAct.CANCEL: Act("Hủy văn bản đề nghị", "request_acts.cancel", danger=True),
}

STEPS = ("Dự thảo", "Duyệt", "Ký", "Số, ngày và đóng dấu", "Gửi", "Kết quả")

_STEP = {
    RequestState.DRAFT: 1,
    RequestState.RETURNED: 1,
    RequestState.AWAITING_APPROVAL: 2,
    RequestState.APPROVED: 3,
    RequestState.SIGNED: 4,
    RequestState.NUMBERED: 4,
    RequestState.SEALED: 5,
    RequestState.SENT: 6,
    RequestState.COMPLETED: 7,
    RequestState.SENT_BACK: 7,
    RequestState.CANCELLED: 0,
}


def step_of(state: RequestState) -> int:
    """Which of STEPS is being done, counted from 1; 7 when all are done, 0 for a cancelled one."""
    return _STEP[state]
