"""Gia hạn: whether a certificate may be put up for renewal, and whether a renewed one is right.

Grounds: Điều 9, 12, 13, 17, 20, 21 of NĐ 68/2024/NĐ-CP. The decree does not say on which day "còn
thời hạn sử dụng ít nhất 30 ngày" is counted; we count on the planned day of receipt, the safe
reading. Not modelled: how long the authority takes (only its predecessor's period is known), and
working days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rules.certificates import SubscriberKind
from rules.days import (
    DEFAULT_MARGIN_DAYS,
    RENEWAL_DUE_DAYS,
    add_years,
    days_left,
    expires_on,
    file_by_on,
    last_receipt_on,
    vietnam_day,
    written,
)
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.law import Law, Parameter
from rules.provisions import Provision
from rules.serials import display_serial

ISSUANCE_FORMS = {
    SubscriberKind.INDIVIDUAL: "Mẫu số 01 (cá nhân)",
    SubscriberKind.ORGANISATION: "Mẫu số 02 (cơ quan, tổ chức)",
    SubscriberKind.SYSTEM: "Mẫu số 03 (thiết bị, dịch vụ, phần mềm)",
}


@dataclass(frozen=True)
class RenewalFacts:
    """A certificate that somebody wants renewed.

    `renewals` counts them along the whole chain, None is unknown and not attested. `open_request`
    names the request that already holds an open renewal line of the same chain. `email` is the
    subscriber's present official address, `certificate_email` the one in the certificate.
    """

    name: str
    serial_number: str
    kind: SubscriberKind
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    renewals: int | None
    email: str | None = None
    certificate_email: str | None = None
    open_request: str | None = None
    device_kind: DeviceKind | None = None
    sim_phone: str | None = None


@dataclass(frozen=True)
class RenewedCertificate:
    """One side of a renewal already granted; `public_key_sha256` is hexadecimal, None if
    unknown.
    """

    serial_number: str
    not_before: datetime
    not_after: datetime
    public_key_sha256: str | None = None


def check_renewal(
    facts: RenewalFacts,
    *,
    on: date,
    law: Law,
    received_on: date | None = None,
    margin_days: int = DEFAULT_MARGIN_DAYS,
) -> tuple[Finding, ...]:
    """Everything that speaks against, or must be said about, proposing this renewal on a day.

    `received_on` is the planned day of receipt, `on` itself when None or already past. MUST
    refuses; SHOULD lets a leader go on with a recorded reason; the order is that of weight. Raises
    LawError for a day before the decree.
    """
    receipt = max(on, received_on or on)
    found = [
        *_check_standing(facts, on, law),
        *_check_once(facts, on, law),
        *_check_days(facts, on, receipt, law, margin_days),
        *_check_particulars(facts, on, law),
    ]
    if received_on is not None and received_on < on:
        found.append(
            finding(
                "renewal.receipt_day_passed",
                Severity.SHOULD,
                f"Ngày dự kiến tiếp nhận {written(received_on)} đã qua; số ngày còn lại được "
                "tính đến "
                f"ngày {written(on)}.",
                "Sửa ngày dự kiến tiếp nhận trong đề nghị.",
            )
        )
    return tuple(sorted(found, key=lambda one: list(Severity).index(one.severity)))


def check_renewed_certificate(
    old: RenewedCertificate, new: RenewedCertificate, *, on: date, law: Law
) -> tuple[Finding, ...]:
    """Whether `new` can be the renewal of `old`: at most 3 years more, counted from the old expiry.

    A renewal keeps the key (RFC 3647, 4.6); another key means a new issue. `on` is the day whose
    law applies: that on which the renewal was granted.
    """
    return tuple(_check_span(old, new, on, law)) + tuple(_check_same_key(old, new))


def what_instead(facts: RenewalFacts) -> str:
    """What to do when a renewal is not possible: a first issue, and the way back for the old
    one.
    """
    return (
        f"{_issue_anew(facts)}; sau khi chứng thư cũ hết hạn hoặc bị thu hồi thì đề nghị thu hồi "
        "theo Mẫu số 05 và giao nộp thiết bị lưu khóa bí mật theo Mẫu số 08."
    )


def _issue_anew(facts: RenewalFacts) -> str:
    """The form of a first issue; only Mẫu số 01 has a column for the old serial number."""
    words = f"Lập đề nghị cấp mới theo {ISSUANCE_FORMS[facts.kind]}"
    if facts.kind is SubscriberKind.INDIVIDUAL:
        words += f", ghi số hiệu chứng thư cũ {_serial(facts)}"
    return words


def _check_standing(facts: RenewalFacts, on: date, law: Law) -> Iterator[Finding]:
    """Revoked, expired, not yet valid."""
    ends = expires_on(facts.not_after)
    begins = vietnam_day(facts.not_before)
    if facts.revoked_at is not None:
        yield finding(
            "renewal.revoked",
            Severity.MUST,
            f"Chứng thư của {_name(facts)} đã bị thu hồi ngày "
            f"{written(vietnam_day(facts.revoked_at))} nên không gia hạn được.",
            f"{_issue_anew(facts)}; giao nộp thiết bị lưu khóa bí mật theo Mẫu số 08.",
            law.provision("reissue", on=on),
        )
    if ends < on:
        yield finding(
            "renewal.expired",
            Severity.MUST,
            f"Chứng thư của {_name(facts)} đã hết hạn ngày {written(ends)}, cách đây "
            f"{-days_left(ends, on)} ngày, nên không gia hạn được.",
            f"{_issue_anew(facts)}; thu hồi theo Mẫu số 05 và giao nộp thiết bị lưu khóa bí mật "
            "theo Mẫu số 08.",
            law.provision("renewal.min_days_left", on=on),
        )
    if on < begins:
        yield finding(
            "renewal.not_yet_valid",
            Severity.SHOULD,
            f"Chứng thư của {_name(facts)} chỉ có hiệu lực từ ngày {written(begins)}.",
            "Kiểm tra lại ngày hiệu lực của chứng thư trước khi đề nghị gia hạn.",
        )


def _check_once(facts: RenewalFacts, on: date, law: Law) -> Iterator[Finding]:
    """Once only along the chain; an open request for the same chain would be a second time."""
    most = law.parameter("renewal.max_times", on=on)
    if facts.renewals is None:
        yield finding(
            "renewal.history_unknown",
            Severity.SHOULD,
            f"Chưa rõ chứng thư của {_name(facts)} đã được gia hạn lần nào chưa; chỉ được đề "
            "nghị gia "
            f"hạn {most.number:02d} lần.",
            "Tra hồ sơ cấp, gia hạn rồi xác nhận lịch sử gia hạn của chứng thư; nếu đã gia hạn thì "
            f"lập đề nghị cấp mới theo {ISSUANCE_FORMS[facts.kind]}.",
            most.provision,
        )
    elif facts.renewals >= most.number:
        yield finding(
            "renewal.already_renewed",
            Severity.MUST,
            f"Chứng thư của {_name(facts)} đã được gia hạn {facts.renewals:02d} lần; chỉ được "
            "đề nghị "
            f"gia hạn {most.number:02d} lần.",
            what_instead(facts),
            most.provision,
        )
    if facts.open_request is not None:
        yield finding(
            "renewal.open_request",
            Severity.MUST,
            f"Chứng thư của {_name(facts)} đang nằm trong đề nghị gia hạn {facts.open_request} "
            "chưa "
            "kết thúc.",
            f"Theo dõi đề nghị {facts.open_request}, hoặc hủy đề nghị đó trước khi lập đề nghị "
            "mới.",
            most.provision,
        )


def _check_days(
    facts: RenewalFacts, on: date, receipt: date, law: Law, margin_days: int
) -> Iterator[Finding]:
    """Days left on the planned day of receipt: too few, urgent, or early."""
    ends = expires_on(facts.not_after)
    left = days_left(ends, receipt)
    least = law.parameter("renewal.min_days_left", on=on)
    if ends < on:
        return
    if left < least.number:
        yield _too_late(facts, on, receipt, least)
    elif left < margin_days:
        yield finding(
            "renewal.urgent",
            Severity.SHOULD,
            f"Gấp: chứng thư của {_name(facts)} hết hạn ngày {written(ends)}, đến ngày dự kiến "
            "tiếp "
            f"nhận {written(receipt)} còn {left} ngày; đã quá ngày nên nộp hồ sơ "
            f"({written(file_by_on(ends, margin_days))}).",
            f"Gửi ngay để được tiếp nhận chậm nhất ngày {written(last_receipt_on(ends))}.",
        )
    elif left > RENEWAL_DUE_DAYS:
        yield finding(
            "renewal.early",
            Severity.INFO,
            f"Chứng thư của {_name(facts)} còn {left} ngày, chưa đến kỳ gia hạn "
            f"({RENEWAL_DUE_DAYS} ngày trở xuống); chỉ được gia hạn một lần.",
            "Cân nhắc để đến kỳ gia hạn, trừ khi có lý do gia hạn sớm.",
        )


def _too_late(facts: RenewalFacts, on: date, receipt: date, least: Parameter) -> Finding:
    """Too few days on the planned day of receipt; an earlier receipt may still be in time."""
    ends = expires_on(facts.not_after)
    last = written(last_receipt_on(ends))
    instead = what_instead(facts)
    if days_left(ends, on) >= least.number:
        instead = (
            f"Nếu kịp để được tiếp nhận chậm nhất ngày {last} thì sửa ngày dự kiến tiếp nhận; nếu "
            f"không: {instead}"
        )
    return finding(
        "renewal.too_few_days_left",
        Severity.MUST,
        f"Chứng thư của {_name(facts)} hết hạn ngày {written(ends)}, đến ngày dự kiến tiếp nhận "
        f"{written(receipt)} chỉ còn {days_left(ends, receipt)} ngày; phải còn ít nhất "
        f"{least.number} ngày (phần mềm tính đến ngày tiếp nhận; Nghị định không nói rõ tính vào "
        f"ngày nào), tức là được tiếp nhận chậm nhất ngày {last}.",
        instead,
        least.provision,
    )


def _check_particulars(facts: RenewalFacts, on: date, law: Law) -> Iterator[Finding]:
    """What Mẫu số 04 has columns for; a missing one leaves a visible blank."""
    columns = law.provision("form.04.fields", on=on)
    missing = [
        words
        for words, value in (
            ("tên chứng thư", facts.name),
            ("số hiệu chứng thư", facts.serial_number),
        )
        if not value.strip()
    ]
    if missing:
        yield finding(
            "renewal.particulars_missing",
            Severity.SHOULD,
            f"Chứng thư của {_name(facts)} chưa có {' và '.join(missing)}; văn bản sẽ để trống "
            "chỗ này.",
            "Đọc lại chứng thư từ tệp hoặc từ thiết bị để có đủ thông tin.",
            columns,
        )
    yield from _check_email(facts, columns)
    if facts.device_kind is DeviceKind.SIM_PKI and not facts.sim_phone:
        yield finding(
            "renewal.sim_phone_missing",
            Severity.SHOULD,
            f"Chứng thư của {_name(facts)} nằm trên SIM PKI nhưng chưa có số điện thoại ký số.",
            "Bổ sung số điện thoại ký số của SIM PKI.",
            columns,
        )


def _check_email(facts: RenewalFacts, columns: Provision) -> Iterator[Finding]:
    if not facts.email and not facts.certificate_email:
        yield finding(
            "renewal.email_missing",
            Severity.SHOULD,
            f"{_name(facts)} chưa có địa chỉ thư điện tử công vụ; văn bản sẽ để trống chỗ này.",
            "Bổ sung địa chỉ thư điện tử công vụ đã đăng ký khi cấp chứng thư.",
            columns,
        )
    elif facts.email and facts.certificate_email and not _same_email(facts):
        yield finding(
            "renewal.email_changed",
            Severity.SHOULD,
            f"Địa chỉ thư điện tử công vụ hiện nay của {_name(facts)} khác địa chỉ đã đăng ký "
            "khi cấp "
            "chứng thư.",
            "Dùng địa chỉ đã đăng ký khi cấp, hoặc đề nghị thay đổi nội dung thông tin theo Mẫu "
            "số 04.",
            columns,
        )


def _check_span(
    old: RenewedCertificate, new: RenewedCertificate, on: date, law: Law
) -> Iterator[Finding]:
    most = law.parameter("renewal.max_years", on=on)
    old_ends, new_ends = expires_on(old.not_after), expires_on(new.not_after)
    last = add_years(old_ends, most.number)
    if new_ends > last:
        yield finding(
            "renewal.span_too_long",
            Severity.MUST,
            f"Chứng thư {display_serial(new.serial_number)} hết hạn ngày {written(new_ends)}; "
            "gia hạn "
            f"từ ngày {written(old_ends)} tối đa {most.number:02d} năm chỉ đến ngày "
            f"{written(last)}.",
            "Kiểm tra lại: đây có thể là chứng thư cấp mới; nếu đúng là gia hạn thì hỏi lại Tổ "
            "chức cung "
            "cấp dịch vụ chứng thực.",
            most.provision,
        )
    if new.not_after <= old.not_after:
        yield finding(
            "renewal.not_extended",
            Severity.SHOULD,
            f"Chứng thư {display_serial(new.serial_number)} hết hạn ngày {written(new_ends)}, "
            "không muộn "
            f"hơn chứng thư cũ ({written(old_ends)}).",
            "Kiểm tra lại: đây có thể là chứng thư đã thay đổi nội dung thông tin, không phải "
            "gia hạn.",
        )


def _check_same_key(old: RenewedCertificate, new: RenewedCertificate) -> Iterator[Finding]:
    keys = (old.public_key_sha256, new.public_key_sha256)
    if None not in keys and keys[0] != keys[1]:
        yield finding(
            "renewal.key_changed",
            Severity.SHOULD,
            f"Chứng thư {display_serial(new.serial_number)} có khóa công khai khác chứng thư "
            f"{display_serial(old.serial_number)}; gia hạn thường giữ nguyên cặp khóa.",
            "Kiểm tra lại: đây có thể là chứng thư cấp mới, mở đầu một chuỗi mới.",
        )


def _name(facts: RenewalFacts) -> str:
    return facts.name.strip() or "(chưa có tên)"


def _serial(facts: RenewalFacts) -> str:
    return display_serial(facts.serial_number) or "(chưa có số hiệu)"


def _same_email(facts: RenewalFacts) -> bool:
    return (facts.email or "").casefold() == (facts.certificate_email or "").casefold()
