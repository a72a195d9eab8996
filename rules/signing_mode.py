"""Whether a letter can be signed digitally at all, or goes out signed by hand.

A proposal with its reason, never a refusal: the register may not know every certificate, so that
nothing known of somebody proposes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from rules.days import vietnam_day, written
from rules.devices import DeviceState

_STATES = {
    DeviceState.LOCKED: "bị khóa",
    DeviceState.DAMAGED: "bị hỏng",
    DeviceState.MISSING: "đang tìm",
    DeviceState.LOST: "thất lạc",
    DeviceState.HELD: "đang tạm giữ",
    DeviceState.AWAITING_RECALL: "đang chờ thu hồi",
    DeviceState.RECALLED: "đã thu hồi",
    DeviceState.RETURNED_TO_CA: "đã nộp về Cục",
}


@dataclass(frozen=True)
class SigningMeans:
    """One certificate with which somebody could sign; `device_state` None: no device is known."""

    not_after: datetime
    revoked_at: datetime | None = None
    device_state: DeviceState | None = None


def why_not_digital(means: Collection[SigningMeans], *, whose: str, first: bool, on: date) -> str:
    """Why `whose` cannot sign digitally on a day, as a sentence; "" when they can or it is unknown.

    `first`: their very first certificate is what the letter asks for.
    """
    if not means:
        return f"{whose} chưa có chứng thư; văn bản này đề nghị cấp lần đầu." if first else ""
    reasons = [_flaw(one, on) for one in means]
    if not all(reasons):
        return ""
    return f"{whose} chưa ký số được: {'; '.join(dict.fromkeys(reasons))}."


def _flaw(means: SigningMeans, on: date) -> str:
    """Why this certificate cannot sign; "" when it can."""
    if means.revoked_at is not None:
        return f"chứng thư đã bị thu hồi ngày {written(vietnam_day(means.revoked_at))}"
    ends = vietnam_day(means.not_after)
    if ends < on:
        return f"chứng thư đã hết hạn ngày {written(ends)}"
    if means.device_state in _STATES:
        return f"thiết bị {_STATES[means.device_state]}"
    return ""
