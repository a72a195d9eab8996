"""Thất lạc: a lost device, from the report to the letters, and what it means when it is found.

Ground: Điều 20 NĐ 68/2024/NĐ-CP (Mẫu số 09) and Điều 17 khoản 1 điểm b (Mẫu số 05); both go
together. No text gives a number of days or hours for the report. A device found after its
certificate was revoked is handed back and never used again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rules.days import vietnam_day, written
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.recalls import CertificateOnDevice
from rules.revocations import HANDED_BACK
from rules.wording import by_weight, listed, shown_name


@dataclass(frozen=True)
class LossFacts:
    """A device reported lost; days after the day asked about are not known yet on that day.

    `minutes_on`: Mẫu số 09 was made. `revocation_sent_on`: Mẫu số 05 went out. `found_on`: it was
    found again. `circumstances`: when, where and how it was lost, in words.
    """

    label: str
    kind: DeviceKind
    certificates: tuple[CertificateOnDevice, ...]
    reported_on: date
    lost_on: date | None = None
    circumstances: str = ""
    minutes_on: date | None = None
    revocation_sent_on: date | None = None
    found_on: date | None = None


def check_loss(facts: LossFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """What is wrong with, or still to be done about, a reported loss on a day.

    When the device is found, what that means is said instead. Raises LawError for a day before the
    decree.
    """
    if _known(facts.found_on, on):
        return by_weight([*_check_days(facts, on), *_check_found(facts, on, law)])
    return by_weight(
        [
            *_check_days(facts, on),
            *_check_kind(facts),
            *_check_minutes(facts, on, law),
            *_check_revocation(facts, on, law),
        ]
    )


def may_be_used_again(facts: LossFacts, *, on: date) -> bool:
    """True for a device that was found before Mẫu số 05 went out and whose certificate holds."""
    found = _known(facts.found_on, on)
    sent = _known(facts.revocation_sent_on, on)
    holds = any(one.ended_on(on) is None for one in facts.certificates)
    return found and not sent and holds and not _revoked(facts, on)


def _known(day: date | None, on: date) -> bool:
    return day is not None and day <= on


def _revoked(facts: LossFacts, on: date) -> bool:
    return any(
        one.revoked_at is not None and vietnam_day(one.revoked_at) <= on
        for one in facts.certificates
    )


def _check_days(facts: LossFacts, on: date) -> Iterator[Finding]:
    lost, found = facts.lost_on, facts.found_on
    wrong = [
        words
        for words, is_wrong in (
            ("ngày báo sau ngày xem xét", facts.reported_on > on),
            ("ngày thất lạc sau ngày báo", lost is not None and lost > facts.reported_on),
            (
                "ngày tìm thấy trước ngày thất lạc",
                lost is not None and found is not None and found < lost,
            ),
        )
        if is_wrong
    ]
    if wrong:
        yield finding(
            "loss.days_out_of_order",
            Severity.SHOULD,
            f"Các ngày ghi về thiết bị {shown_name(facts.label)} không hợp lý: {listed(wrong)}.",
            "Sửa lại các ngày theo lời báo của thuê bao.",
        )


def _check_kind(facts: LossFacts) -> Iterator[Finding]:
    if facts.kind not in HANDED_BACK:
        yield finding(
            "loss.nothing_to_lose",
            Severity.SHOULD,
            f"{shown_name(facts.label)} không phải là thiết bị do thuê bao giữ.",
            "Kiểm tra lại loại thiết bị; nếu khóa bị lộ thì đề nghị thu hồi với lý do khóa bí mật "
            "bị lộ hoặc nghi bị lộ.",
        )


def _check_minutes(facts: LossFacts, on: date, law: Law) -> Iterator[Finding]:
    if not _known(facts.minutes_on, on):
        sent = _known(facts.revocation_sent_on, on)
        yield finding(
            "loss.minutes_missing",
            Severity.MUST if sent else Severity.SHOULD,
            f"Thiết bị {shown_name(facts.label)} bị thất lạc, báo ngày {written(facts.reported_on)}"
            f", chưa có biên bản xác nhận theo Mẫu số 09{'; Mẫu số 05 đã gửi' if sent else ''}.",
            "Lập biên bản xác nhận theo Mẫu số 09 và gửi về Cục cùng đề nghị thu hồi.",
            law.provision("form.loss", on=on),
        )
    if not facts.circumstances.strip():
        yield finding(
            "loss.circumstances_missing",
            Severity.SHOULD,
            "Chưa ghi thời gian, địa điểm, hoàn cảnh thất lạc.",
            "Hỏi thuê bao và ghi lại; biên bản theo Mẫu số 09 cần các nội dung này.",
        )


def _check_revocation(facts: LossFacts, on: date, law: Law) -> Iterator[Finding]:
    holds = any(one.ended_on(on) is None for one in facts.certificates)
    if holds and not _known(facts.revocation_sent_on, on):
        yield finding(
            "loss.revocation_missing",
            Severity.SHOULD,
            f"Chứng thư trên thiết bị thất lạc {shown_name(facts.label)} còn hiệu lực và chưa gửi "
            "đề nghị thu hồi.",
            "Lập Mẫu số 05 với lý do thiết bị lưu khóa bí mật bị thất lạc, gửi cùng Mẫu số 09; nếu "
            "tìm thấy trước khi gửi thì ghi nhận đã tìm thấy.",
            law.provision("revocation.subscriber_request", on=on),
        )


def _check_found(facts: LossFacts, on: date, law: Law) -> Iterator[Finding]:
    label = shown_name(facts.label)
    if _revoked(facts, on):
        yield finding(
            "loss.found_after_revocation",
            Severity.MUST,
            f"Thiết bị {label} được tìm thấy sau khi chứng thư đã bị thu hồi nên không được dùng "
            "lại.",
            "Thu lại thiết bị và giao nộp theo Mẫu số 08, ghi rõ đã tìm thấy; nếu cần thì đề nghị "
            "cấp mới.",
            law.provision("recall.subscriber", on=on),
        )
    elif _known(facts.revocation_sent_on, on):
        yield finding(
            "loss.found_after_sending",
            Severity.SHOULD,
            f"Thiết bị {label} được tìm thấy sau khi đã gửi đề nghị thu hồi; Cục có thể thu hồi "
            "chứng thư bất cứ lúc nào.",
            "Tạm giữ thiết bị, thông báo cho Cục bằng văn bản và chờ kết quả; không giao lại để "
            "dùng.",
            law.provision("revocation.subscriber_request", on=on),
        )
    else:
        yield finding(
            "loss.found_before_sending",
            Severity.SHOULD,
            f"Thiết bị {label} được tìm thấy trước khi gửi đề nghị thu hồi.",
            "Xem người khác có thể đã dùng thiết bị không: nếu nghi bị lộ thì đề nghị thu hồi; nếu "
            "không thì hủy dự thảo Mẫu số 05, Mẫu số 09 và giao lại cho thuê bao.",
        )
