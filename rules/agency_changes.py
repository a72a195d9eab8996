"""Sắp xếp cơ quan: what a merger, split, new name or dissolution asks of each certificate.

Grounds: Điều 15 (change of name; change of a person's agency or official address), Điều 17 khoản 3
điểm b (giải thể, chia tách, sáp nhập), Điều 14 and 21 NĐ 68/2024/NĐ-CP. The letters for the old
agency's certificate (Mẫu số 05) come before, those of the successor (Mẫu số 02, 04, 01) after the
day of the change. Nothing is done silently: every act is proposed with its ground.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.amendments import AmendmentCase
from rules.certificates import SubscriberKind
from rules.days import days_left, expires_on, written
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.provisions import Provision
from rules.renewals import ISSUANCE_FORMS
from rules.requests import RequestKind
from rules.revocation_grounds import RevocationGround, ground_provision


class AgencyChange(StrEnum):
    """What happens to an agency."""

    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    DISSOLVE = "dissolve"


REVOCATION_GROUNDS: Mapping[AgencyChange, RevocationGround] = {
    AgencyChange.MERGE: RevocationGround.MERGED,
    AgencyChange.SPLIT: RevocationGround.SPLIT,
    AgencyChange.DISSOLVE: RevocationGround.DISSOLVED,
}


@dataclass(frozen=True)
class ChangeFacts:
    """One change of one agency. `successor` is "" when nobody takes over.

    `survives`: the agency goes on under its name (the one that others are merged into, or from
    which a part was split off). `successor_has_certificate`: then no Mẫu số 02 is needed.
    """

    change: AgencyChange
    agency: str
    effective_on: date
    successor: str = ""
    new_name: str = ""
    new_email_domain: str = ""
    decision: str = ""
    survives: bool = False
    successor_has_certificate: bool = False
    successor_may_send: bool = True


@dataclass(frozen=True)
class AffectedCertificate:
    """A certificate of the agency, of one of its people or of its systems.

    `stays`: the person goes on to the successor, the system goes on running. `content_changes`: the
    agency, the official address or the name in the certificate will no longer be right.
    """

    certificate_id: int
    name: str
    kind: SubscriberKind
    not_after: datetime
    revoked_at: datetime | None = None
    stays: bool = True
    content_changes: bool = True


@dataclass(frozen=True)
class Proposal:
    """One act to be confirmed by a person. `certificate_id` None is the successor's first one.

    `by_successor`: the letter is the successor's. `form` is the number of the prescribed form.
    `optional`: a person decides whether it is needed at all.
    """

    code: str
    request_kind: RequestKind
    subscriber_kind: SubscriberKind
    form: str
    certificate_id: int | None
    by_successor: bool
    sentence: str
    provision: Provision | None
    ground: RevocationGround | None = None
    case: AmendmentCase | None = None
    optional: bool = False


_FORM_KEYS = {
    SubscriberKind.INDIVIDUAL: "form.issuance.individual",
    SubscriberKind.ORGANISATION: "form.issuance.organisation",
    SubscriberKind.SYSTEM: "form.issuance.system",
}


def check_change(facts: ChangeFacts) -> tuple[Finding, ...]:
    """What is missing or wrong in the description of the change itself (rules of the house)."""
    return tuple(_check_change(facts))


def propose(
    facts: ChangeFacts, certificates: Iterable[AffectedCertificate], *, received_on: date, law: Law
) -> tuple[Proposal, ...]:
    """Every act that the change asks for: first the successor's own, then certificate by
    certificate.

    `received_on` is the planned day of receipt, on which the days left are counted. Expired and
    revoked certificates ask for nothing here; their devices are recalled anyway. Raises LawError
    for a day before the decree.
    """
    found = [*_successors_own(facts, received_on, law)]
    for one in certificates:
        if one.revoked_at is None and received_on <= expires_on(one.not_after):
            found.extend(_PROPOSE[one.kind](facts, one, received_on, law))
    return tuple(found)


def new_email(old: str, domain: str) -> str:
    """The address to propose under a new domain; "" when the old one is no address or nothing
    changes. A person confirms it, since the mail office decides.
    """
    local, at, old_domain = old.strip().partition("@")
    wanted = domain.strip().lower().removeprefix("@")
    if not at or not local or not wanted or old_domain.lower() == wanted:
        return ""
    return f"{local}@{wanted}"


def _successor(facts: ChangeFacts) -> str:
    return facts.new_name if facts.change is AgencyChange.RENAME else facts.successor


def _successors_own(facts: ChangeFacts, on: date, law: Law) -> Iterator[Proposal]:
    if facts.change is AgencyChange.RENAME or not facts.successor:
        return
    if not facts.successor_has_certificate:
        form = law.parameter(_FORM_KEYS[SubscriberKind.ORGANISATION], on=on)
        yield Proposal(
            "reorganisation.successor_issuance",
            RequestKind.ISSUANCE,
            SubscriberKind.ORGANISATION,
            form.text,
            None,
            True,
            f"{facts.successor} đề nghị cấp chứng thư của cơ quan theo Mẫu số {form.text}; khi "
            "chưa có chứng thư nào để ký số thì văn bản đầu tiên ký tay, đóng dấu.",
            form.provision,
        )


def _for_organisation(
    facts: ChangeFacts, one: AffectedCertificate, on: date, law: Law
) -> Iterator[Proposal]:
    if facts.change is AgencyChange.RENAME:
        yield from _amend_or_issue(facts, one, on, law, AmendmentCase.NAME)
        return
    if facts.survives and facts.change is AgencyChange.MERGE:
        return  # Others come to it; it stays who it was.
    optional = facts.survives
    words = (
        " Cơ quan vẫn tiếp tục hoạt động với tên cũ: cân nhắc có cần thu hồi hay không."
        if optional
        else ""
    )
    yield _revocation(facts, one, on, law, REVOCATION_GROUNDS[facts.change], words, optional)


def _for_individual(
    facts: ChangeFacts, one: AffectedCertificate, on: date, law: Law
) -> Iterator[Proposal]:
    if not one.stays or not _successor(facts):
        yield _revocation(
            facts,
            one,
            on,
            law,
            RevocationGround.MANAGING_AGENCY,
            " Nếu người này nghỉ hưu, thôi việc hoặc chuyển công tác thì ghi ở biến động nhân sự.",
            False,
        )
    elif one.content_changes:
        yield from _amend_or_issue(facts, one, on, law, AmendmentCase.WORKPLACE)


def _for_system(
    facts: ChangeFacts, one: AffectedCertificate, on: date, law: Law
) -> Iterator[Proposal]:
    if not one.stays:
        stopped = RevocationGround.SYSTEM_STOPPED
        yield _revocation(facts, one, on, law, stopped, "", False)
    elif one.content_changes:
        yield from _amend_or_issue(facts, one, on, law, AmendmentCase.NAME)


_PROPOSE = {
    SubscriberKind.INDIVIDUAL: _for_individual,
    SubscriberKind.ORGANISATION: _for_organisation,
    SubscriberKind.SYSTEM: _for_system,
}


def _revocation(
    facts: ChangeFacts,
    one: AffectedCertificate,
    on: date,
    law: Law,
    why: RevocationGround,
    words: str,
    optional: bool,
) -> Proposal:
    form = law.parameter("form.revocation", on=on).text
    return Proposal(
        "reorganisation.revocation",
        RequestKind.REVOCATION,
        one.kind,
        form,
        one.certificate_id,
        False,
        f"Thu hồi chứng thư của {one.name} theo Mẫu số {form}, thu lại thiết bị và nộp về Cục theo "
        f"Mẫu số 08.{words}",
        ground_provision(why, on=on, law=law),
        why,
        optional=optional,
    )


def _amend_or_issue(
    facts: ChangeFacts, one: AffectedCertificate, on: date, law: Law, case: AmendmentCase
) -> Iterator[Proposal]:
    least = law.parameter("amendment.min_days_left", on=on)
    left = days_left(expires_on(one.not_after), on)
    if left >= least.number:
        form = law.parameter("form.amendment", on=on).text
        cases = ground(law, f"amendment.cases.{one.kind}", on=on)
        yield Proposal(
            "reorganisation.amendment",
            RequestKind.AMENDMENT,
            one.kind,
            form,
            one.certificate_id,
            True,
            f"{_successor(facts) or facts.agency} đề nghị thay đổi nội dung thông tin chứng thư "
            f"của {one.name} theo Mẫu số {form}; còn {left} ngày, giữ nguyên ngày hết hạn.",
            cases or least.provision,
            case=case,
        )
        return
    form = law.parameter(_FORM_KEYS[one.kind], on=on).text
    yield Proposal(
        "reorganisation.issuance",
        RequestKind.ISSUANCE,
        one.kind,
        form,
        one.certificate_id,
        True,
        f"Chứng thư của {one.name} chỉ còn {left} ngày (phải còn ít nhất {least.number} ngày) nên "
        "không thay đổi nội dung thông tin được; đề nghị cấp mới theo "
        f"{ISSUANCE_FORMS[one.kind]}.",
        least.provision,
    )


def _check_change(facts: ChangeFacts) -> Iterator[Finding]:
    renamed = facts.change is AgencyChange.RENAME
    if renamed and not facts.new_name.strip():
        yield finding(
            "reorganisation.new_name_missing",
            Severity.MUST,
            "Chưa nhập tên mới của cơ quan.",
            "Nhập tên mới đúng như trong quyết định.",
        )
    needs_successor = facts.change in (AgencyChange.MERGE, AgencyChange.SPLIT)
    if needs_successor and not facts.successor:
        yield finding(
            "reorganisation.successor_missing",
            Severity.MUST,
            "Chưa chọn cơ quan tiếp nhận sau sáp nhập, chia tách.",
            "Thêm cơ quan mới vào danh mục rồi chọn làm cơ quan tiếp nhận.",
        )
    if facts.successor and facts.successor == facts.agency:
        yield finding(
            "reorganisation.successor_itself",
            Severity.MUST,
            "Cơ quan tiếp nhận trùng với cơ quan đang sắp xếp.",
            "Chọn cơ quan khác.",
        )
    if facts.successor and not facts.successor_may_send:
        yield finding(
            "reorganisation.successor_cannot_send",
            Severity.SHOULD,
            f"{facts.successor} chưa ghi tư cách pháp nhân và con dấu riêng nên chưa đứng tên văn "
            "bản đề nghị được.",
            "Ghi tư cách pháp nhân, con dấu riêng và ngày có con dấu mới.",
        )
    if not facts.decision.strip():
        yield finding(
            "reorganisation.decision_missing",
            Severity.SHOULD,
            f"Chưa nhập quyết định sắp xếp có hiệu lực từ ngày {written(facts.effective_on)}.",
            "Nhập số, ngày của nghị quyết hoặc quyết định.",
        )
