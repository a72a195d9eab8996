"""Thay đổi nội dung thông tin: whether a certificate may be put up for amendment.

Grounds: Điều 14 (at least 30 days left, counted on the planned day of receipt as for a renewal; the
expiry stays), Điều 15 (the cases, by kind of subscriber) NĐ 68/2024/NĐ-CP, and Mẫu số 04, in which
one line may ask for both services. A change of position alone is no case of Điều 15: it is shown as
a choice and never decided here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.certificates import SubscriberKind
from rules.days import DEFAULT_MARGIN_DAYS, days_left, expires_on, vietnam_day, written
from rules.findings import Finding, Severity, blocking, finding
from rules.law import Law
from rules.renewals import ISSUANCE_FORMS, RenewalFacts, RenewedCertificate, check_renewal
from rules.wording import by_weight, shown_name, shown_serial


class AmendmentCase(StrEnum):
    """What changed; the values are the words of `amendment.cases.*` in `regulations/`. POSITION and
    OTHER are not in the list of Điều 15.
    """

    WORKPLACE = "workplace_changed"
    EMAIL = "official_email_changed"
    NAME = "name_changed"
    ADDRESS = "address_changed"
    VERSION = "version_upgraded"
    FEATURE = "feature_added"
    POSITION = "position_changed"
    OTHER = "other"


def listed_cases(kind: SubscriberKind, *, on: date, law: Law) -> tuple[AmendmentCase, ...]:
    """The cases that Điều 15, or the regulation over it, lists for a kind of subscriber."""
    return tuple(map(AmendmentCase, law.parameter(_cases_key(kind), on=on).texts))


def cases_for(kind: SubscriberKind, *, on: date, law: Law) -> tuple[AmendmentCase, ...]:
    """The cases to choose from for a kind of subscriber, the listed ones first."""
    beside: tuple[AmendmentCase, ...] = (AmendmentCase.OTHER,)
    if kind is SubscriberKind.INDIVIDUAL:
        beside = (AmendmentCase.POSITION, AmendmentCase.OTHER)
    return listed_cases(kind, on=on, law=law) + beside


@dataclass(frozen=True)
class Change:
    """One change: columns "Thông tin cần thay đổi" and "Thông tin mới" of Mẫu số 04."""

    case: AmendmentCase
    old: str
    new: str


@dataclass(frozen=True)
class AmendmentFacts:
    """A certificate whose contents no longer fit.

    `certificate_email` is the address registered when it was issued, which Mẫu số 04 asks for.
    `open_request` names a request that already asks for an amendment of the same certificate.
    """

    name: str
    serial_number: str
    kind: SubscriberKind
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    changes: tuple[Change, ...]
    certificate_email: str = ""
    open_request: str = ""


def check_amendment(
    facts: AmendmentFacts, *, on: date, law: Law, received_on: date | None = None
) -> tuple[Finding, ...]:
    """Everything that speaks against, or must be said about, proposing this amendment on a day.

    `received_on` is the planned day of receipt, `on` itself when None or already past. Raises
    LawError for a day before the decree.
    """
    receipt = max(on, received_on or on)
    return by_weight(
        [
            *_check_standing(facts, on, law),
            *_check_days(facts, on, receipt, law),
            *_check_changes(facts, on, law),
            *_check_line(facts, on, law),
        ]
    )


def check_both_services(
    renewal: RenewalFacts,
    amendment: AmendmentFacts,
    *,
    on: date,
    law: Law,
    received_on: date | None = None,
    margin_days: int = DEFAULT_MARGIN_DAYS,
) -> tuple[Finding, ...]:
    """One line of Mẫu số 04 with both columns ticked: the findings of both services.

    A refusal of one service alone says which column to leave empty. What comes back has another
    expiry, so that it is judged as a renewal (`check_renewed_certificate`). Raises ValueError when
    the two are not of one certificate.
    """
    if renewal.serial_number != amendment.serial_number:
        raise ValueError("both services of one line are asked for one certificate")
    renewing = check_renewal(
        renewal, on=on, law=law, received_on=received_on, margin_days=margin_days
    )
    amending = check_amendment(amendment, on=on, law=law, received_on=received_on)
    said = [*renewing, *amending]
    no_renewal, no_amendment = bool(blocking(renewing)), bool(blocking(amending))
    if no_renewal != no_amendment:
        tick = "Gia hạn" if no_renewal else "TĐTT"
        said.append(
            finding(
                "amendment.one_service_only",
                Severity.INFO,
                f"Chỉ một trong hai dịch vụ của dòng {shown_name(amendment.name)} bị từ chối.",
                f"Bỏ dấu × ở cột “{tick}” để gửi dịch vụ còn lại.",
                law.provision("form.04.fields", on=on),
            )
        )
    return by_weight(said)


def check_amended_certificate(
    old: RenewedCertificate, new: RenewedCertificate, *, on: date, law: Law
) -> tuple[Finding, ...]:
    """Whether `new` can be the amended `old`: an amendment does not change the expiry (Điều 14).

    Days of expiry are compared, in Vietnam. `on` is the day whose law applies.
    """
    old_ends, new_ends = expires_on(old.not_after), expires_on(new.not_after)
    if old_ends == new_ends:
        return ()
    kind = "gia hạn" if new_ends > old_ends else "cấp mới"
    return (
        finding(
            "amendment.expiry_changed",
            Severity.MUST,
            f"Chứng thư {shown_serial(new.serial_number)} hết hạn ngày {written(new_ends)}, chứng "
            f"thư cũ hết hạn ngày {written(old_ends)}; thay đổi nội dung thông tin không làm thay "
            "đổi thời hạn sử dụng.",
            f"Kiểm tra lại: đây có thể là chứng thư {kind}; nếu đúng là thay đổi nội dung thông "
            "tin thì hỏi lại Tổ chức cung cấp dịch vụ chứng thực.",
            law.provision("amendment.keeps_expiry", on=on),
        ),
    )


def _check_standing(facts: AmendmentFacts, on: date, law: Law) -> Iterator[Finding]:
    name, begins = shown_name(facts.name), vietnam_day(facts.not_before)
    if facts.revoked_at is not None:
        yield finding(
            "amendment.revoked",
            Severity.MUST,
            f"Chứng thư của {name} đã bị thu hồi ngày {written(vietnam_day(facts.revoked_at))} nên "
            "không thay đổi nội dung thông tin được.",
            f"Lập đề nghị cấp mới theo {ISSUANCE_FORMS[facts.kind]}.",
            law.provision("reissue", on=on),
        )
    if on < begins:
        yield finding(
            "amendment.not_yet_valid",
            Severity.SHOULD,
            f"Chứng thư của {name} chỉ có hiệu lực từ ngày {written(begins)}.",
            "Kiểm tra lại ngày hiệu lực của chứng thư trước khi đề nghị.",
        )


def _check_days(facts: AmendmentFacts, on: date, receipt: date, law: Law) -> Iterator[Finding]:
    ends = expires_on(facts.not_after)
    least = law.parameter("amendment.min_days_left", on=on)
    left = days_left(ends, receipt)
    if left >= least.number:
        return
    last = written(ends - timedelta(days=least.number))
    new_issue = f"lập đề nghị cấp mới theo {ISSUANCE_FORMS[facts.kind]} với thông tin mới"
    if ends < on:
        words = f"đã hết hạn ngày {written(ends)}"
        remedy = f"{new_issue[0].upper()}{new_issue[1:]}."
    else:
        words = f"hết hạn ngày {written(ends)}, đến ngày dự kiến tiếp nhận {written(receipt)} " + (
            f"chỉ còn {left} ngày" if left >= 0 else "thì đã hết hạn"
        )
        in_time = days_left(ends, on) >= least.number
        early = f"Gửi để được tiếp nhận chậm nhất ngày {last}; nếu không kịp thì "
        remedy = f"{early if in_time else 'Giữ nguyên đến khi hết hạn rồi '}{new_issue}."
    yield finding(
        "amendment.too_few_days_left",
        Severity.MUST,
        f"Chứng thư của {shown_name(facts.name)} {words}; phải còn ít nhất {least.number} ngày "
        f"(phần mềm tính đến ngày tiếp nhận), tức là được tiếp nhận chậm nhất ngày {last}.",
        remedy,
        least.provision,
    )


def _check_changes(facts: AmendmentFacts, on: date, law: Law) -> Iterator[Finding]:
    name = shown_name(facts.name)
    if not facts.changes:
        yield finding(
            "amendment.nothing_changes",
            Severity.MUST,
            f"Đề nghị thay đổi của {name} chưa nêu thông tin nào thay đổi.",
            "Chọn trường hợp thay đổi và ghi thông tin mới, hoặc bỏ dòng này.",
        )
    columns = law.provision("form.04.fields", on=on)
    for change in facts.changes:
        old, new = change.old.strip(), change.new.strip()
        if not old or not new:
            yield finding(
                "amendment.words_missing",
                Severity.SHOULD,
                f"Dòng của {name} chưa ghi đủ “Thông tin cần thay đổi” và “Thông tin mới”.",
                "Ghi cả hai cột; thông tin cần thay đổi đọc từ chứng thư.",
                columns,
            )
        elif old.casefold() == new.casefold():
            yield finding(
                "amendment.same_words",
                Severity.SHOULD,
                f"Dòng của {name}: thông tin mới giống thông tin đang ghi trong chứng thư.",
                "Sửa thông tin mới, hoặc bỏ thay đổi này.",
                columns,
            )
    yield from _check_cases(facts, on, law)


def _check_cases(facts: AmendmentFacts, on: date, law: Law) -> Iterator[Finding]:
    name = shown_name(facts.name)
    cases = {change.case for change in facts.changes}
    if AmendmentCase.POSITION in cases and facts.kind is SubscriberKind.INDIVIDUAL:
        yield finding(
            "amendment.position_only",
            Severity.SHOULD,
            f"Thay đổi chức vụ của {name} không có trong các trường hợp thay đổi nội dung thông "
            "tin; chứng thư bị thu hồi nếu vị trí công tác mới không phù hợp với thông tin trong "
            "chứng thư.",
            "Người có thẩm quyền chọn: giữ nguyên nếu thông tin trong chứng thư vẫn phù hợp; hoặc "
            "đề nghị thu hồi theo Mẫu số 05 rồi cấp mới; hoặc hỏi Cục trước khi gửi Mẫu số 04.",
            law.provision("revocation.position", on=on),
        )
        cases.discard(AmendmentCase.POSITION)
    if cases - set(listed_cases(facts.kind, on=on, law=law)):
        yield finding(
            "amendment.case_not_listed",
            Severity.SHOULD,
            f"Thay đổi của {name} không thuộc các trường hợp quy định cho loại thuê bao này.",
            "Chọn lại trường hợp thay đổi; nếu đúng là trường hợp khác thì hỏi Cục trước khi gửi.",
            law.provision(_cases_key(facts.kind), on=on),
        )


def _check_line(facts: AmendmentFacts, on: date, law: Law) -> Iterator[Finding]:
    name = shown_name(facts.name)
    if not facts.serial_number.strip() or not facts.certificate_email.strip():
        yield finding(
            "amendment.particulars_missing",
            Severity.SHOULD,
            f"Dòng của {name} chưa có số hiệu chứng thư hoặc địa chỉ thư điện tử đã đăng ký khi "
            "cấp; văn bản sẽ để trống chỗ này.",
            "Đọc lại chứng thư từ tệp hoặc từ thiết bị để có đủ thông tin.",
            law.provision("form.04.fields", on=on),
        )
    if facts.open_request:
        yield finding(
            "amendment.open_request",
            Severity.SHOULD,
            f"Chứng thư của {name} đang nằm trong đề nghị {facts.open_request} chưa kết thúc.",
            f"Theo dõi đề nghị {facts.open_request}; gộp gia hạn và thay đổi vào một Mẫu số 04 nếu "
            "chưa gửi.",
        )


def _cases_key(kind: SubscriberKind) -> str:
    return f"amendment.cases.{kind}"
