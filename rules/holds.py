"""What an open line of a request keeps for itself, so that nothing is asked for twice at a time.

A hold is a word kept with the line ("renewal/12"); an index allows each once among open lines. The
law speaks of it for renewals only (Điều 12 NĐ 68/2024/NĐ-CP: once); the rest is a rule of the
house: two letters about one thing cross each other at the authority.
"""

from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.requests import RequestKind
from rules.wording import shown_name

_WORDS = {
    RequestKind.ISSUANCE: "đề nghị cấp mới",
    RequestKind.RENEWAL: "đề nghị gia hạn",
    RequestKind.AMENDMENT: "đề nghị thay đổi nội dung thông tin",
    RequestKind.REVOCATION: "đề nghị thu hồi",
    RequestKind.UNLOCK: "đề nghị khôi phục thiết bị",
}
_NOUNS = {
    SubscriberKind.INDIVIDUAL: "person",
    SubscriberKind.ORGANISATION: "agency",
    SubscriberKind.SYSTEM: "system",
}


def renewal_hold(chain_id: int) -> str:
    """One renewal at a time along a chain."""
    return f"renewal/{chain_id}"


def amendment_hold(certificate_id: int) -> str:
    """One amendment at a time of a certificate."""
    return f"amendment/{certificate_id}"


def revocation_hold(certificate_id: int) -> str:
    """One revocation of a certificate."""
    return f"revocation/{certificate_id}"


def unlock_hold(device_id: int) -> str:
    """One unlock at a time of a device."""
    return f"unlock/{device_id}"


def issuance_hold(kind: SubscriberKind, number: int, device_kind: DeviceKind) -> str:
    """One first issue at a time for a subscriber on a kind of device."""
    return f"issuance/{_NOUNS[kind]}/{number}/{device_kind}"


def check_crossing(name: str, holder: str) -> tuple[Finding, ...]:
    """The warning where a letter of another kind about the same certificate is still open.

    A renewal and a revocation that cross at the authority undo each other; which one is meant is
    for a person to say. House rule.
    """
    if not holder:
        return ()
    return (
        finding(
            "request.crossing",
            Severity.SHOULD,
            f"Chứng thư của {shown_name(name)} đang nằm trong đề nghị khác, {holder}, chưa kết "
            "thúc; hai văn bản có thể trái nhau.",
            f"Xem đề nghị {holder}: rút dòng ở đó, hoặc chờ có kết quả rồi mới gửi.",
        ),
    )


def check_hold(kind: RequestKind, name: str, holder: str) -> tuple[Finding, ...]:
    """The refusal where another open request, named `holder`, has the same subject; "" is none."""
    if not holder:
        return ()
    return (
        finding(
            "request.already_open",
            Severity.MUST,
            f"{shown_name(name)} đang nằm trong {_WORDS[kind]} {holder} chưa kết thúc; mỗi việc "
            "chỉ có một đề nghị đang mở.",
            f"Theo dõi đề nghị {holder}, hoặc hủy đề nghị đó trước khi lập đề nghị mới.",
        ),
    )
