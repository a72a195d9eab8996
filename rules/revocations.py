"""Thu hồi chứng thư: whether a revocation may be asked for on this ground, and what goes with it.

Grounds: Điều 17, 20 NĐ 68/2024/NĐ-CP and Mẫu số 05. Who may ask (Điều 18) and how long it takes
(Điều 19) were not found and are not modelled. A revoked certificate is never revived.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from rules.attachments import AttachmentKind, NeededAttachment
from rules.certificates import SubscriberKind
from rules.days import expires_on, vietnam_day, written
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.identity_papers import IdentityPaper, check_identity_paper
from rules.law import Law
from rules.revocation_grounds import (
    AT_SUBSCRIBER_REQUEST,
    GROUND_RULES,
    RevocationGround,
    ground_provision,
)
from rules.wording import by_weight, listed, shown_name

# Kinds of which something is handed back; nothing is with the subscriber for the others.
HANDED_BACK = frozenset({DeviceKind.PKI_TOKEN, DeviceKind.SIM_PKI})

_PAPER_WORDS = {
    AttachmentKind.SUBSCRIBER_REQUEST: (
        "văn bản yêu cầu của thuê bao có xác nhận của cơ quan, tổ chức quản lý trực tiếp"
    ),
    AttachmentKind.PROCEEDINGS_REQUEST: (
        "văn bản yêu cầu của cơ quan tiến hành tố tụng hoặc cơ quan công an"
    ),
    AttachmentKind.PERSONNEL_DECISION: "quyết định về nhân sự",
    AttachmentKind.REORGANISATION_DECISION: "quyết định giải thể, chia tách hoặc sáp nhập",
}
# What lacking the paper weighs: only for khoản 1 điểm b does the law itself ask for one.
_PAPER_SEVERITY = {
    AttachmentKind.SUBSCRIBER_REQUEST: Severity.MUST,
    AttachmentKind.PROCEEDINGS_REQUEST: Severity.SHOULD,
    AttachmentKind.PERSONNEL_DECISION: Severity.INFO,
    AttachmentKind.REORGANISATION_DECISION: Severity.INFO,
}


@dataclass(frozen=True)
class RevocationFacts:
    """A certificate that is to be revoked: one line of Mẫu số 05.

    `subscriber_is_sender`: the agency asks for its own certificate, so that its letter is the
    written request itself. `open_renewal` and `open_request` name requests that hold the chain.
    """

    name: str
    serial_number: str
    kind: SubscriberKind
    ground: RevocationGround
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    paper: IdentityPaper = field(default_factory=IdentityPaper)
    tax_code: str = ""
    email: str = ""
    device_serial: str = ""
    device_kind: DeviceKind | None = None
    subscriber_is_sender: bool = False
    open_request: str = ""
    open_renewal: str = ""


def check_revocation(facts: RevocationFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Everything that speaks against, or must be said about, asking for this revocation on a day.

    The papers of the file are `attachments_of`, asked when the request is submitted. Raises
    LawError for a day before the decree.
    """
    return by_weight(
        [
            *_check_standing(facts, on, law),
            *_check_ground(facts, on, law),
            *_check_line(facts, on, law),
            *_check_open(facts),
            *_say_what_follows(facts, on, law),
        ]
    )


def attachments_of(facts: RevocationFacts, *, on: date, law: Law) -> tuple[NeededAttachment, ...]:
    """The papers that go with Mẫu số 05 on this ground, those that the law asks for first.

    A lost device: Mẫu số 09 (Điều 20). Grounds of khoản 1 điểm b: the subscriber's written request.
    """
    needed = []
    if facts.ground is RevocationGround.DEVICE_LOST:
        needed.append(
            NeededAttachment(
                (AttachmentKind.LOSS_MINUTES,),
                "biên bản xác nhận thiết bị lưu khóa bí mật bị thất lạc (Mẫu số 09)",
                Severity.MUST,
                law.provision("form.loss", on=on),
            )
        )
    paper = GROUND_RULES[facts.ground].paper
    own = facts.ground in AT_SUBSCRIBER_REQUEST and facts.subscriber_is_sender
    if paper is not None and not own:
        needed.append(
            NeededAttachment(
                (paper,),
                _PAPER_WORDS[paper],
                _PAPER_SEVERITY[paper],
                ground_provision(facts.ground, on=on, law=law),
            )
        )
    return tuple(needed)


def _check_standing(facts: RevocationFacts, on: date, law: Law) -> Iterator[Finding]:
    name, ends = shown_name(facts.name), expires_on(facts.not_after)
    if facts.revoked_at is not None:
        yield finding(
            "revocation.already_revoked",
            Severity.MUST,
            f"Chứng thư của {name} đã bị thu hồi ngày {written(vietnam_day(facts.revoked_at))}.",
            "Bỏ khỏi danh sách; thiết bị còn giữ thì giao nộp theo Mẫu số 08.",
        )
    if facts.ground is RevocationGround.EXPIRED and on <= ends:
        yield finding(
            "revocation.not_yet_expired",
            Severity.SHOULD if on == ends else Severity.MUST,
            f"Chứng thư của {name} hết hạn ngày {written(ends)}, chưa hết hạn sử dụng.",
            "Chờ đến khi chứng thư hết hạn, hoặc chọn lý do thu hồi khác.",
            law.provision("revocation.expired", on=on),
        )
    if facts.ground is not RevocationGround.EXPIRED and ends < on:
        yield finding(
            "revocation.already_expired",
            Severity.SHOULD,
            f"Chứng thư của {name} đã hết hạn ngày {written(ends)}.",
            "Chọn lý do “chứng thư hết hạn sử dụng”; thiết bị giao nộp theo Mẫu số 08.",
            law.provision("revocation.expired", on=on),
        )


def _check_ground(facts: RevocationFacts, on: date, law: Law) -> Iterator[Finding]:
    known = ground_provision(facts.ground, on=on, law=law) is not None
    if known and facts.kind in GROUND_RULES[facts.ground].kinds:
        return
    why = (
        "không áp dụng cho loại thuê bao này"
        if known
        else f"không có trong quy định áp dụng cho cơ quan vào ngày {written(on)}"
    )
    yield finding(
        "revocation.ground_not_open",
        Severity.MUST,
        f"Lý do thu hồi đã chọn cho {shown_name(facts.name)} {why}.",
        "Chọn lý do khác; nếu cơ quan quyết định thu hồi thì chọn “theo yêu cầu của cơ quan, tổ "
        "chức quản lý trực tiếp”.",
        law.provision("revocation.grounds", on=on),
    )


def _check_line(facts: RevocationFacts, on: date, law: Law) -> Iterator[Finding]:
    columns = law.provision("form.05.fields", on=on)
    name = shown_name(facts.name)
    named = [("số hiệu chứng thư", facts.serial_number), ("địa chỉ thư điện tử", facts.email)]
    if facts.device_kind in HANDED_BACK:
        named.append(("số hiệu thiết bị lưu khóa bí mật", facts.device_serial))
    if facts.kind is SubscriberKind.INDIVIDUAL:
        yield from check_identity_paper(facts.paper, whose=name, on=on, columns=columns)
    if facts.kind is SubscriberKind.ORGANISATION:
        named.append(("mã số thuế", facts.tax_code))
    missing = [words for words, value in named if not value.strip()]
    if missing:
        yield finding(
            "revocation.particulars_missing",
            Severity.SHOULD,
            f"Chưa có {listed(missing)} của {name}; văn bản sẽ để trống chỗ này.",
            "Bổ sung vào sổ trước khi lập văn bản.",
            columns,
        )
    if facts.kind is SubscriberKind.INDIVIDUAL and facts.tax_code.strip():
        yield finding(
            "revocation.columns_of_both",
            Severity.SHOULD,
            f"Dòng của {name} là thu hồi của cá nhân nhưng có mã số thuế của cơ quan.",
            "Chỉ ghi số định danh cá nhân cho cá nhân, mã số thuế cho cơ quan.",
            columns,
        )


def _check_open(facts: RevocationFacts) -> Iterator[Finding]:
    """House rules: one request at a time."""
    name = shown_name(facts.name)
    if facts.open_request:
        yield finding(
            "revocation.open_request",
            Severity.SHOULD,
            f"Chứng thư của {name} đang nằm trong đề nghị thu hồi {facts.open_request} chưa kết "
            "thúc.",
            f"Theo dõi đề nghị {facts.open_request}, hoặc hủy đề nghị đó trước.",
        )
    if facts.open_renewal:
        yield finding(
            "revocation.open_renewal",
            Severity.SHOULD,
            f"Chứng thư của {name} đang nằm trong đề nghị {facts.open_renewal} chưa kết thúc; thu "
            "hồi thì không còn gì để gia hạn hoặc thay đổi.",
            f"Rút dòng này khỏi đề nghị {facts.open_renewal} trước khi gửi đề nghị thu hồi.",
        )


def _say_what_follows(facts: RevocationFacts, on: date, law: Law) -> Iterator[Finding]:
    if facts.ground is RevocationGround.KEY_EXPOSED:
        yield finding(
            "revocation.stop_using",
            Severity.INFO,
            f"Khóa bí mật của {shown_name(facts.name)} bị lộ hoặc nghi bị lộ.",
            "Ngừng dùng thiết bị ngay, gửi đề nghị trong ngày và lập báo cáo sự cố.",
            ground_provision(facts.ground, on=on, law=law),
        )
    lost = facts.ground is RevocationGround.DEVICE_LOST
    if facts.device_kind in HANDED_BACK and not lost:
        within = law.parameter("recall.device_working_days", on=on)
        yield finding(
            "revocation.return_device",
            Severity.INFO,
            f"Sau khi chứng thư của {shown_name(facts.name)} bị thu hồi phải thu hồi thiết bị lưu "
            "khóa bí mật và bàn giao theo Mẫu số 08.",
            f"Ghi ngày nhận thông báo thu hồi; thời hạn {within.number:02d} ngày làm việc tính từ "
            "ngày đó.",
            within.provision,
        )
