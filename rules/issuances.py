"""Cấp mới: whether a first certificate may be asked for, and whether an issued one is right.

Grounds: Điều 9, 10, 11 NĐ 68/2024/NĐ-CP and the notes of Mẫu số 01-03; what a regulation adds
(Đồng Nai, Điều 9 khoản 1 điểm c: an official e-mail account) is asked for by its key. The
conditions for devices, services and software (Điều 10) were not found, so that there everything
only warns. Who may send the letter is `rules.agencies.check_sender`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from rules.attachments import AttachmentKind, NeededAttachment
from rules.certificates import SubscriberKind
from rules.days import add_years, expires_on, vietnam_day, written
from rules.devices import DeviceKind
from rules.emails import check_official_email
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.identity_papers import IdentityPaper, check_identity_paper
from rules.law import Law
from rules.provisions import Provision
from rules.sim_registrations import read_sim_registration
from rules.systems import SystemKind
from rules.wording import by_weight, listed, shown_name, shown_serial

OFFICIAL_EMAIL = "issuance.official_email_required"


@dataclass(frozen=True)
class IndividualIssuance:
    """A person for whom a certificate is wanted: one line of Mẫu số 01.

    `belongs`: works for a body of Điều 2. `standing_serial` is a certificate of the same person
    still valid that this one does not replace, `open_request` a request that already asks for one.
    `official_domains` are mail domains known to be state-issued beside gov.vn.
    """

    name: str
    birth_on: date | None = None
    paper: IdentityPaper = field(default_factory=IdentityPaper)
    email: str = ""
    agency_name: str = ""
    province: str = ""
    position: str = ""
    phone: str = ""
    sim: str = ""
    device_kind: DeviceKind = DeviceKind.PKI_TOKEN
    belongs: bool = True
    has_need: bool = True
    standing_serial: str = ""
    open_request: str = ""
    official_domains: Collection[str] = ()


@dataclass(frozen=True)
class OrganisationIssuance:
    """A body for which a certificate is wanted: one line of Mẫu số 02."""

    name: str
    address: str = ""
    tax_code: str = ""
    budget_code: str = ""
    province: str = ""
    email: str = ""
    has_legal_personality: bool = True
    standing_serial: str = ""
    open_request: str = ""
    official_domains: Collection[str] = ()


@dataclass(frozen=True)
class SystemIssuance:
    """A device, service or software for which a certificate is wanted: one line of Mẫu số 03."""

    name: str
    system_kind: SystemKind | None = None
    version: str = ""
    agency_name: str = ""
    province: str = ""
    email: str = ""
    standing_serial: str = ""
    open_request: str = ""
    official_domains: Collection[str] = ()


IssuanceFacts = IndividualIssuance | OrganisationIssuance | SystemIssuance

KIND_OF: dict[type, SubscriberKind] = {
    IndividualIssuance: SubscriberKind.INDIVIDUAL,
    OrganisationIssuance: SubscriberKind.ORGANISATION,
    SystemIssuance: SubscriberKind.SYSTEM,
}
FORMS = {
    SubscriberKind.INDIVIDUAL: "01",
    SubscriberKind.ORGANISATION: "02",
    SubscriberKind.SYSTEM: "03",
}


@dataclass(frozen=True)
class Receiver:
    """Người tiếp nhận: mục 1 of Mẫu số 01-05; `address` is where the device goes or is fetched."""

    name: str
    paper: IdentityPaper = field(default_factory=IdentityPaper)
    position: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    official_domains: Collection[str] = ()


def check_issuance(facts: IssuanceFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Everything that speaks against, or must be said about, asking for this certificate on a day.

    MUST refuses; SHOULD lets a leader go on with a recorded reason; refusals come first. The papers
    of the dossier are `attachments_of` with `check_attachments`, asked when it is submitted. Raises
    LawError for a day before the decree.
    """
    kind = KIND_OF[type(facts)]
    columns = law.provision(f"form.{FORMS[kind]}.fields", on=on)
    found: list[Finding] = []
    if isinstance(facts, IndividualIssuance):
        found += _check_individual(facts, on, law, columns)
    elif isinstance(facts, OrganisationIssuance):
        found += _check_organisation(facts, on, law, columns)
    else:
        found += _check_system(facts, columns)
    mail_ground = ground(law, OFFICIAL_EMAIL, on=on) or law.provision(
        f"form.{FORMS[kind]}.email", on=on
    )
    found += check_official_email(
        facts.email,
        whose=shown_name(facts.name),
        ground=mail_ground,
        official=facts.official_domains,
    )
    return by_weight([*found, *_check_twice(facts)])


def attachments_of(facts: IssuanceFacts, *, on: date, law: Law) -> tuple[NeededAttachment, ...]:
    """The papers that the dossier of a first issue needs beside its letter (Điều 10)."""
    if not isinstance(facts, OrganisationIssuance):
        return ()
    return (
        NeededAttachment(
            (AttachmentKind.FOUNDING_DECISION, AttachmentKind.SUPERIOR_CONFIRMATION),
            f"quyết định thành lập {shown_name(facts.name)} hoặc xác nhận của người đứng đầu cơ "
            "quan, tổ chức cấp trên trực tiếp",
            Severity.MUST,
            law.provision("issuance.attachment.organisation", on=on),
        ),
    )


def check_receiver(receiver: Receiver, *, form: str, on: date, law: Law) -> tuple[Finding, ...]:
    """Whether mục 1 of a form ("01" to "05") can be filled in; every lack leaves a blank."""
    columns = law.provision(f"form.{form}.fields", on=on)
    found = [
        *_check_missing(
            "người tiếp nhận",
            columns,
            ("họ và tên", receiver.name),
            ("chức vụ", receiver.position),
            ("số điện thoại di động", receiver.phone),
            ("địa chỉ tiếp nhận", receiver.address),
        ),
        *check_identity_paper(receiver.paper, whose="Người tiếp nhận", on=on, columns=columns),
    ]
    found += check_official_email(
        receiver.email,
        whose="Người tiếp nhận",
        ground=columns,
        official=receiver.official_domains,
    )
    return tuple(found)


def check_issued_certificate(
    *, serial_number: str, not_before: datetime, not_after: datetime, on: date, law: Law
) -> tuple[Finding, ...]:
    """Whether a certificate just issued lasts no longer than Điều 9 allows.

    Days are counted in Vietnam. `on` is the day whose law applies: that of the issue.
    """
    most = law.parameter("issuance.max_years", on=on)
    begins, ends = vietnam_day(not_before), expires_on(not_after)
    last = add_years(begins, most.number)
    if ends <= last:
        return ()
    return (
        finding(
            "issuance.span_too_long",
            Severity.MUST,
            f"Chứng thư {shown_serial(serial_number)} có hiệu lực từ ngày {written(begins)} đến "
            f"ngày {written(ends)}; cấp mới tối đa {most.number:02d} năm, tức là đến ngày "
            f"{written(last)}.",
            "Kiểm tra lại tệp chứng thư; nếu đúng thì hỏi lại Tổ chức cung cấp dịch vụ chứng thực.",
            most.provision,
        ),
    )


def _check_individual(
    facts: IndividualIssuance, on: date, law: Law, columns: Provision
) -> Iterator[Finding]:
    name = shown_name(facts.name)
    condition = law.provision("issuance.condition.individual", on=on)
    if not facts.belongs:
        yield finding(
            "issuance.not_of_the_body",
            Severity.MUST,
            f"{name} không thuộc cơ quan, tổ chức được cấp chứng thư chữ ký số chuyên dùng công "
            "vụ.",
            "Bỏ khỏi danh sách; nếu đã chuyển công tác thì cơ quan nơi đến lập đề nghị.",
            condition,
        )
    if not facts.has_need:
        yield finding(
            "issuance.no_need",
            Severity.MUST,
            f"{name} không có nhu cầu giao dịch điện tử.",
            "Chỉ đề nghị cấp cho người có nhu cầu giao dịch điện tử.",
            condition,
        )
    yield from _check_missing(
        name,
        columns,
        ("họ và tên", facts.name),
        ("ngày sinh", facts.birth_on),
        ("tên cơ quan, tổ chức công tác", facts.agency_name),
        ("tỉnh, thành phố", facts.province),
        ("chức vụ", facts.position),
        ("số điện thoại di động", facts.phone),
    )
    yield from check_identity_paper(facts.paper, whose=name, on=on, columns=columns)
    yield from _check_sim(facts, columns)


def _check_sim(facts: IndividualIssuance, columns: Provision) -> Iterator[Finding]:
    try:
        registration = read_sim_registration(facts.sim)
    except ValueError as error:
        yield finding(
            "issuance.sim_unreadable",
            Severity.SHOULD,
            f"{shown_name(facts.name)}: {error}.",
            "Ghi tên nhà mạng theo ghi chú của Mẫu số 01, ví dụ “Viettel” hoặc “Viettel/cs”.",
            columns,
        )
        return
    wanted = facts.device_kind is DeviceKind.SIM_PKI
    if wanted and registration is None:
        yield finding(
            "issuance.sim_carrier_missing",
            Severity.SHOULD,
            f"{shown_name(facts.name)} đăng ký SIM PKI nhưng chưa ghi tên nhà mạng.",
            "Ghi Viettel, Vinaphone hoặc Mobifone; thêm “/cs” nếu chuyển số đang dùng sang SIM "
            "PKI.",
            columns,
        )
    if not wanted and registration is not None:
        yield finding(
            "issuance.sim_not_wanted",
            Severity.SHOULD,
            f"{shown_name(facts.name)} không đăng ký SIM PKI nhưng cột SIM PKI ghi "
            f"{registration.column}.",
            "Để trống cột SIM PKI, hoặc chọn loại thiết bị SIM PKI.",
            columns,
        )


def _check_organisation(
    facts: OrganisationIssuance, on: date, law: Law, columns: Provision
) -> Iterator[Finding]:
    name = shown_name(facts.name)
    if not facts.has_legal_personality:
        yield finding(
            "issuance.no_legal_personality",
            Severity.MUST,
            f"{name} không có tư cách pháp nhân nên không được cấp chứng thư cho cơ quan, tổ chức.",
            "Dùng chứng thư của cơ quan có tư cách pháp nhân cấp trên, hoặc đề nghị cấp cho cá "
            "nhân theo Mẫu số 01; nếu sổ ghi sai thì sửa trong danh mục cơ quan.",
            law.provision("issuance.condition.organisation", on=on),
        )
    yield from _check_missing(
        name,
        columns,
        ("tên cơ quan, tổ chức", facts.name),
        ("địa chỉ", facts.address),
        ("mã số thuế", facts.tax_code),
        ("mã quan hệ ngân sách", facts.budget_code),
        ("tỉnh, thành phố", facts.province),
    )


def _check_system(facts: SystemIssuance, columns: Provision) -> Iterator[Finding]:
    yield from _check_missing(
        shown_name(facts.name),
        columns,
        ("tên thiết bị, dịch vụ, phần mềm", facts.name),
        ("loại (thiết bị, dịch vụ, phần mềm)", facts.system_kind),
        ("phiên bản, thông số", facts.version),
        ("cơ quan, tổ chức quản lý", facts.agency_name),
        ("tỉnh, thành phố", facts.province),
    )


def _check_missing(
    whose: str, columns: Provision, *named: tuple[str, str | date | None]
) -> Iterator[Finding]:
    missing = [
        words
        for words, value in named
        if value is None or (isinstance(value, str) and not value.strip())
    ]
    if missing:
        yield finding(
            "issuance.particulars_missing",
            Severity.SHOULD,
            f"Chưa có {listed(missing)} của {whose}; văn bản sẽ để trống chỗ này.",
            "Bổ sung vào sổ trước khi lập văn bản.",
            columns,
        )


def _check_twice(facts: IssuanceFacts) -> Iterator[Finding]:
    """House rules: one certificate, and one request, at a time."""
    name = shown_name(facts.name)
    if facts.standing_serial:
        yield finding(
            "issuance.has_certificate",
            Severity.SHOULD,
            f"{name} đang có chứng thư {shown_serial(facts.standing_serial)} còn hiệu lực.",
            "Xem có gia hạn hoặc thay đổi nội dung thông tin được không; nếu cần thêm chứng thư "
            "(ví dụ SIM PKI) thì ghi rõ lý do.",
        )
    if facts.open_request:
        yield finding(
            "issuance.open_request",
            Severity.SHOULD,
            f"{name} đang có trong đề nghị cấp mới {facts.open_request} chưa kết thúc.",
            f"Theo dõi đề nghị {facts.open_request}, hoặc hủy đề nghị đó trước.",
        )
