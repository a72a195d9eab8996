"""Khôi phục thiết bị lưu khóa bí mật (mở khóa): whether Mẫu số 06 may be sent for a device.

Ground: Điều 22 NĐ 68/2024/NĐ-CP: only a device that was locked by wrong passwords. How long it
takes (khoản 3) was not found. To whom the letter goes is `rules.routing`. No password ever stands
here, in a letter or in the register.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rules.days import expires_on, vietnam_day
from rules.devices import DeviceKind, DeviceState
from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.wording import by_weight, listed, shown_name

_INSTEAD = {
    DeviceState.DAMAGED: "Thiết bị hỏng: đề nghị thu hồi theo Mẫu số 05 và đề nghị cấp mới.",
    DeviceState.MISSING: "Thiết bị đang tìm: chờ tìm thấy, hoặc xác nhận thất lạc theo Mẫu số 09.",
    DeviceState.LOST: "Thiết bị thất lạc: đề nghị thu hồi theo Mẫu số 05 và đề nghị cấp mới.",
    DeviceState.RETURNED_TO_CA: "Thiết bị đã nộp về Cục: đề nghị cấp mới nếu còn nhu cầu.",
}


@dataclass(frozen=True)
class UnlockFacts:
    """A device to be unlocked: one line of Mẫu số 06.

    `name` is that of the certificate on it. `open_request` names a request that already asks for
    the same device.
    """

    name: str
    device_serial: str
    kind: DeviceKind
    state: DeviceState
    agency_name: str = ""
    email: str = ""
    phone_number: str = ""
    not_after: datetime | None = None
    revoked_at: datetime | None = None
    open_request: str = ""


def check_unlock(facts: UnlockFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Everything that speaks against, or must be said about, asking for this unlock on a day.

    Raises LawError for a day before the decree.
    """
    return by_weight(
        [
            *_check_device(facts, on, law),
            *_check_certificate(facts, on, law),
            *_check_line(facts, on, law),
        ]
    )


def _check_device(facts: UnlockFacts, on: date, law: Law) -> Iterator[Finding]:
    locked = law.provision("unlock.when", on=on)
    name = shown_name(facts.name)
    if facts.kind is DeviceKind.CENTRAL:
        yield finding(
            "unlock.no_device",
            Severity.MUST,
            f"{name} dùng ký số tập trung, không có thiết bị do thuê bao quản lý để khôi phục.",
            "Liên hệ Tổ chức cung cấp dịch vụ chứng thực để được cấp lại thông tin tài khoản.",
            locked,
        )
        return
    if facts.kind is DeviceKind.HSM:
        yield finding(
            "unlock.hsm",
            Severity.SHOULD,
            f"Thiết bị của {name} là HSM; Điều 22 nói về thiết bị do thuê bao quản lý và chưa rõ "
            "có áp dụng Mẫu số 06 cho HSM hay không.",
            "Hỏi Tổ chức cung cấp dịch vụ chứng thực trước khi gửi.",
            locked,
        )
    if facts.state is not DeviceState.LOCKED:
        yield finding(
            "unlock.not_locked",
            Severity.MUST,
            f"Thiết bị của {name} không ghi là bị khóa; chỉ khôi phục thiết bị bị khóa do nhập sai "
            "mật khẩu quá số lần quy định.",
            _INSTEAD.get(facts.state, "Nếu thiết bị đang bị khóa thì báo khóa trong sổ trước."),
            locked,
        )


def _check_certificate(facts: UnlockFacts, on: date, law: Law) -> Iterator[Finding]:
    revoked = facts.revoked_at is not None and vietnam_day(facts.revoked_at) <= on
    expired = facts.not_after is not None and expires_on(facts.not_after) < on
    if revoked or expired:
        yield finding(
            "unlock.certificate_ended",
            Severity.SHOULD,
            f"Chứng thư của {shown_name(facts.name)} đã {'bị thu hồi' if revoked else 'hết hạn'}; "
            "khôi phục thiết bị không làm chứng thư có hiệu lực trở lại.",
            "Đề nghị cấp mới nếu còn nhu cầu; giao nộp thiết bị theo Mẫu số 08.",
            law.provision("reissue", on=on),
        )


def _check_line(facts: UnlockFacts, on: date, law: Law) -> Iterator[Finding]:
    named = [
        ("số hiệu thiết bị lưu khóa bí mật", facts.device_serial),
        ("tên chứng thư", facts.name),
        ("cơ quan, tổ chức công tác", facts.agency_name),
        ("địa chỉ thư điện tử công vụ", facts.email),
    ]
    if facts.kind is DeviceKind.SIM_PKI:
        named.append(("số điện thoại ký số", facts.phone_number))
    missing = [words for words, value in named if not value.strip()]
    if missing:
        yield finding(
            "unlock.particulars_missing",
            Severity.SHOULD,
            f"Chưa có {listed(missing)} của {shown_name(facts.name)}; văn bản sẽ để trống chỗ này.",
            "Bổ sung vào sổ trước khi lập văn bản.",
            law.provision("form.06.fields", on=on),
        )
    if facts.open_request:
        yield finding(
            "unlock.open_request",
            Severity.SHOULD,
            f"Thiết bị của {shown_name(facts.name)} đang nằm trong đề nghị khôi phục "
            f"{facts.open_request} chưa kết thúc.",
            f"Theo dõi đề nghị {facts.open_request}, hoặc hủy đề nghị đó trước.",
        )
