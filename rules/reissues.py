"""Cấp lại: a new certificate in place of one that expired or was revoked (Điều 21).

The dossier is that of a first issue (`rules.issuances`); here stands only what the old certificate
adds: its serial in Mẫu số 01, the day on which the wish is in time, and that a new chain begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rules.certificates import SubscriberKind
from rules.days import days_left, expires_on, vietnam_day, written
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.renewals import RenewedCertificate
from rules.revocations import HANDED_BACK
from rules.serials import normalise_serial
from rules.wording import by_weight, shown_name, shown_serial


@dataclass(frozen=True)
class ReissueFacts:
    """The certificate to be replaced. `carried_serial` is what column "Số hiệu chứng thư chữ ký số
    cũ (nếu có)" of Mẫu số 01 says; `renewals` counts along the old chain, None is unknown.
    """

    name: str
    serial_number: str
    kind: SubscriberKind
    not_after: datetime
    revoked_at: datetime | None
    renewals: int | None
    carried_serial: str = ""
    device_kind: DeviceKind | None = None
    device_handed_over: bool = False


def check_reissue(
    facts: ReissueFacts, *, on: date, law: Law, received_on: date | None = None
) -> tuple[Finding, ...]:
    """What must be said about asking for a new certificate in place of this one on a day.

    Nothing here refuses: "sau khi … hết hạn hoặc … bị thu hồi" does not say that an earlier letter
    is returned. `received_on` is the planned day of receipt, `on` when None or already past. Raises
    LawError for a day before the decree.
    """
    receipt = max(on, received_on or on)
    return by_weight(
        [
            *_check_day(facts, on, receipt, law),
            *_check_serial(facts, on, law),
            *_check_device(facts, on, law),
        ]
    )


def check_reissued_certificate(
    old: RenewedCertificate, new: RenewedCertificate
) -> tuple[Finding, ...]:
    """Whether `new` can begin a chain of its own after `old`: another key (RFC 3647, 4.6 and 4.7).

    How long it may last is `rules.issuances.check_issued_certificate`.
    """
    if old.public_key_sha256 is None or old.public_key_sha256 != new.public_key_sha256:
        return ()
    return (
        finding(
            "reissue.same_key",
            Severity.SHOULD,
            f"Chứng thư {shown_serial(new.serial_number)} có cùng khóa công khai với chứng thư cũ "
            f"{shown_serial(old.serial_number)}; cấp mới thường có cặp khóa mới.",
            "Kiểm tra lại: đây có thể là chứng thư gia hạn hoặc thay đổi nội dung thông tin, thuộc "
            "chuỗi cũ.",
        ),
    )


def _check_day(facts: ReissueFacts, on: date, receipt: date, law: Law) -> Iterator[Finding]:
    ends = expires_on(facts.not_after)
    revoked = facts.revoked_at is not None and vietnam_day(facts.revoked_at) <= on
    if revoked or ends < receipt:
        return
    name = shown_name(facts.name)
    yield finding(
        "reissue.before_expiry",
        Severity.SHOULD,
        f"Chứng thư cũ của {name} còn hiệu lực đến hết ngày {written(ends)}; cấp mới được xem xét "
        "sau khi chứng thư cũ hết hạn hoặc bị thu hồi.",
        "Chuẩn bị sẵn hồ sơ và gửi ngay khi chứng thư cũ hết hạn; hoặc hỏi Cục về việc nhận hồ sơ "
        "sớm; hoặc đề nghị thu hồi chứng thư cũ trước.",
        law.provision("reissue", on=on),
    )
    least = law.parameter("renewal.min_days_left", on=on)
    if facts.renewals == 0 and days_left(ends, receipt) >= least.number:
        yield finding(
            "reissue.renewal_possible",
            Severity.SHOULD,
            f"Chứng thư của {name} chưa gia hạn lần nào và còn đủ điều kiện gia hạn.",
            "Đề nghị gia hạn theo Mẫu số 04 thì giữ được thiết bị và cặp khóa.",
            least.provision,
        )


def _check_serial(facts: ReissueFacts, on: date, law: Law) -> Iterator[Finding]:
    """Only Mẫu số 01 has a column for the old serial number."""
    if facts.kind is not SubscriberKind.INDIVIDUAL:
        return
    if normalise_serial(facts.carried_serial) != normalise_serial(facts.serial_number):
        yield finding(
            "reissue.old_serial",
            Severity.SHOULD,
            f"Mẫu số 01 chưa ghi số hiệu chứng thư cũ {shown_serial(facts.serial_number)} của "
            f"{shown_name(facts.name)}.",
            "Ghi vào cột “Số hiệu chứng thư chữ ký số cũ (nếu có)”.",
            law.provision("form.01.fields", on=on),
        )


def _check_device(facts: ReissueFacts, on: date, law: Law) -> Iterator[Finding]:
    if facts.device_kind in HANDED_BACK and not facts.device_handed_over:
        yield finding(
            "reissue.old_device",
            Severity.INFO,
            f"Thiết bị cũ của {shown_name(facts.name)} chưa giao nộp về Cục.",
            "Sau khi chứng thư cũ hết hạn hoặc bị thu hồi, giao nộp thiết bị theo Mẫu số 08.",
            law.provision("recall.subscriber", on=on),
        )
