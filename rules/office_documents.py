"""Documents of the office besides our own letters: the ways of signing them, and their life.

The four ways are those of Bắc Ninh Điều 15; copies and annexes in a file of their own follow NĐ
30/2020, Phụ lục I. What may be done when is decided by `next_state`, what a document needs before
it goes out to be signed by `check_steps`, and before the agency's signature by `check_before_seal`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.documents import SigningAct
from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.provisions import Provision
from rules.signers import SignerFacts, check_signer


class DocumentWay(StrEnum):
    """How a document is signed on its way out, or inside the office."""

    SEAL_OF_SCAN = "seal_of_scan"  # Điều 15.1: one signature of the agency over a scan
    PERSON_AND_AGENCY = "person_and_agency"  # Điều 15.2
    MANY_AND_AGENCY = "many_and_agency"  # Điều 15.3
    MANY_INSIDE = "many_inside"  # Điều 15.4: not issued
    COPY = "copy"  # sao y, sao lục, trích sao
    ANNEX = "annex"  # phụ lục in a file of its own
    DIGITISED = "digitised"  # số hóa tài liệu


class DocumentState(StrEnum):
    """Where a document of the office is."""

    DRAFT = "draft"
    SIGNING = "signing"
    SIGNED = "signed"  # all people have signed; the clerk's turn, or the end inside the office
    ISSUED = "issued"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """One signature that is wanted: its turn comes, it is given, or the document is returned."""

    WAITING = "waiting"
    DUE = "due"
    SIGNED = "signed"
    RETURNED = "returned"
    SKIPPED = "skipped"


class DocumentAct(StrEnum):
    """What is done with a document of the office; `next_state` says when."""

    CHANGE = "change"  # of way, steps and places; a returned document begins again
    SUBMIT = "submit"
    SIGN = "sign"  # one person's signature
    NUMBER = "number"
    ISSUE = "issue"  # the agency's signature
    RETURN = "return"
    CANCEL = "cancel"


class IncomingState(StrEnum):
    """What became of a document that came in."""

    CHECKED = "checked"
    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    DELETED = "deleted"  # Bắc Ninh Điều 16.2; hash and verdict stay


class PictureKind(StrEnum):
    """What a stored picture shows."""

    SIGNATURE = "signature"  # blue, of a person
    SEAL = "seal"  # red, of an agency, in its true size
    INITIALS = "initials"


@dataclass(frozen=True)
class WayNeeds:
    """What a way of signing asks for: how many people, whose signature ends it, which numbers.

    `agency_acts` are the acts that the agency's signature may be; none means not issued. `numbered`
    documents get number and date in fields, filled with the agency's signature; `symbol_first` ones
    show the number of the document they belong to beside the signature.
    """

    least_people: int
    most_people: int | None
    agency_acts: tuple[SigningAct, ...]
    numbered: bool = False
    symbol_first: bool = False
    inferred_layout: bool = False


COPIES = (SigningAct.COPY_TRUE, SigningAct.COPY_OF_COPY, SigningAct.COPY_EXTRACT)
PEOPLES_ACTS = (SigningAct.INITIAL, SigningAct.COMMENT, SigningAct.APPROVE)
AGENCY_ACTS = (SigningAct.ISSUE, *COPIES, SigningAct.ANNEX, SigningAct.DIGITISE)

WAYS: Mapping[DocumentWay, WayNeeds] = {
    # Bắc Ninh Điều 14.4: what is issued from paper looks like an electronic copy.
    DocumentWay.SEAL_OF_SCAN: WayNeeds(0, 0, (SigningAct.COPY_TRUE,)),
    DocumentWay.PERSON_AND_AGENCY: WayNeeds(1, 1, (SigningAct.ISSUE,), numbered=True),
    DocumentWay.MANY_AND_AGENCY: WayNeeds(2, None, (SigningAct.ISSUE,), numbered=True),
    DocumentWay.MANY_INSIDE: WayNeeds(1, None, ()),
    DocumentWay.COPY: WayNeeds(0, 0, COPIES),
    DocumentWay.ANNEX: WayNeeds(0, 0, (SigningAct.ANNEX,), symbol_first=True),
    # Thông tư 05/2025/TT-BNV Điều 8 was not found; the layout follows a later official letter.
    DocumentWay.DIGITISED: WayNeeds(0, 0, (SigningAct.DIGITISE,), inferred_layout=True),
}

_MOVES: Mapping[DocumentAct, Mapping[DocumentState, DocumentState]] = {
    DocumentAct.CHANGE: {
        DocumentState.DRAFT: DocumentState.DRAFT,
        DocumentState.RETURNED: DocumentState.DRAFT,
    },
    DocumentAct.SUBMIT: {DocumentState.DRAFT: DocumentState.SIGNING},
    DocumentAct.SIGN: {DocumentState.SIGNING: DocumentState.SIGNING},
    DocumentAct.NUMBER: {DocumentState.SIGNED: DocumentState.SIGNED},
    DocumentAct.ISSUE: {DocumentState.SIGNED: DocumentState.ISSUED},
    DocumentAct.RETURN: {
        DocumentState.SIGNING: DocumentState.RETURNED,
        DocumentState.SIGNED: DocumentState.RETURNED,
    },
    DocumentAct.CANCEL: dict.fromkeys(
        (DocumentState.DRAFT, DocumentState.SIGNING, DocumentState.SIGNED, DocumentState.RETURNED),
        DocumentState.CANCELLED,
    ),
}


def next_state(
    state: DocumentState, act: DocumentAct, *, people_left: int = 0
) -> DocumentState | None:
    """Where an act leads; None when it may not be done now.

    `people_left` counts the people who still have to sign after the act: without any, a document
    that was sent out to be signed is SIGNED at once.
    """
    after = _MOVES[act].get(state)
    if after is DocumentState.SIGNING and not people_left:
        return DocumentState.SIGNED
    return after


# What a document needs ----------------------------------------------------------------------------


@dataclass(frozen=True)
class StepFacts:
    """One wanted signature. `capacities` counts the positions that the person holds in the agency;
    `capacity_chosen` says that one of them was named. `signer` tells the mark and the paper of who
    signs with authority, None while no mark is known.
    """

    act: SigningAct
    person_id: int | None
    capacities: int = 0
    capacity_chosen: bool = False
    signer: SignerFacts | None = None

    @property
    def by_agency(self) -> bool:
        """True for the agency's own signature."""
        return self.person_id is None


def check_declaration(not_secret: bool, *, on: date, law: Law) -> tuple[Finding, ...]:
    """A document may come in only when a person declared that it is no state secret.

    Bắc Ninh Điều 2.2, Đồng Nai Điều 6.1 and Tuyên Quang Điều 9.5 where they apply; elsewhere a rule
    of the house, because the program keeps files unencrypted.
    """
    if not_secret:
        return ()
    return (
        finding(
            "documents.state_secret",
            Severity.MUST,
            "Chưa cam kết văn bản không chứa bí mật nhà nước. Chưa có tệp nào được lưu.",
            "Văn bản mật, tuyệt mật, tối mật không được đưa vào phần mềm này; xử lý theo quy định "
            "về bảo vệ bí mật nhà nước.",
            _ground(law, "documents.state_secrets_excluded", on),
        ),
    )


def check_steps(
    way: DocumentWay, steps: Sequence[StepFacts], *, on: date, law: Law
) -> tuple[Finding, ...]:
    """Whether these signatures, in this order, are what the way asks for (Bắc Ninh Điều 15)."""
    return (
        *_wrong_number(WAYS[way], steps),
        *_wrong_acts(WAYS[way], steps),
        *_wrong_order(steps, on, law),
        *_wrong_capacity(steps, on, law),
        *_wrong_authority(WAYS[way], steps, on, law),
    )


def _ground(law: Law, key: str, on: date) -> Provision | None:
    found = law.optional(key, on=on)
    return found.provision if found is not None else None


def _wrong_number(needs: WayNeeds, steps: Sequence[StepFacts]) -> Iterator[Finding]:
    people = sum(not one.by_agency for one in steps)
    if people < needs.least_people:
        yield finding(
            "documents.people_missing",
            Severity.MUST,
            f"Cách ký này cần ít nhất {needs.least_people} người ký, mới chọn {people}.",
            "Thêm người ký, hoặc chọn cách ký khác.",
        )
    if needs.most_people is not None and people > needs.most_people:
        yield finding(
            "documents.people_too_many",
            Severity.MUST,
            f"Cách ký này có nhiều nhất {needs.most_people} người ký, đã chọn {people}.",
            "Bỏ bớt người ký, hoặc chọn cách ký khác.",
        )
    agencys = len(steps) - people
    wanted = 1 if needs.agency_acts else 0
    if agencys != wanted:
        yield finding(
            "documents.agency_signature",
            Severity.MUST,
            "Cách ký này cần đúng một chữ ký số của cơ quan."
            if wanted
            else "Cách ký này không có chữ ký số của cơ quan.",
            "Chọn lại cách ký.",
        )


def _wrong_acts(needs: WayNeeds, steps: Sequence[StepFacts]) -> Iterator[Finding]:
    allowed = all(
        one.act in (needs.agency_acts if one.by_agency else PEOPLES_ACTS) for one in steps
    )
    if not allowed:
        yield finding(
            "documents.act_not_of_way",
            Severity.MUST,
            "Có việc ký không thuộc cách ký đã chọn.",
            "Chọn lại việc ký của từng người.",
        )
    approvals = sum(one.act is SigningAct.APPROVE for one in steps)
    if needs.numbered and approvals != 1:
        yield finding(
            "documents.one_approval",
            Severity.MUST,
            "Văn bản phát hành phải có đúng một chữ ký của người có thẩm quyền.",
            "Chọn việc “Ký của người có thẩm quyền” cho đúng một người.",
        )


def _wrong_order(steps: Sequence[StepFacts], on: date, law: Law) -> Iterator[Finding]:
    kinds = [one.by_agency for one in steps]
    if kinds != sorted(kinds):
        yield finding(
            "documents.people_first",
            Severity.MUST,
            "Chữ ký số của cá nhân phải có trước, chữ ký số của cơ quan sau cùng.",
            "Chuyển chữ ký số của cơ quan xuống cuối.",
            _ground(law, "signing.order", on),
        )
    acts = [one.act for one in steps if not one.by_agency]
    if SigningAct.APPROVE in acts[:-1]:
        yield finding(
            "documents.approval_last",
            Severity.SHOULD,
            "Người có thẩm quyền ký trước người kiểm tra; ký nháy và góp ý thường ở trước.",
            "Đưa người có thẩm quyền xuống sau cùng trong những người ký.",
        )


def _wrong_capacity(steps: Sequence[StepFacts], on: date, law: Law) -> Iterator[Finding]:
    if any(one.capacities > 1 and not one.capacity_chosen for one in steps):
        yield finding(
            "documents.capacity",
            Severity.MUST,
            "Người giữ nhiều chức vụ phải chọn ký với chức vụ nào.",
            "Chọn chức vụ của người ký.",
            _provision(law, "signing.own_title_only", on),
        )


def _wrong_authority(
    needs: WayNeeds, steps: Sequence[StepFacts], on: date, law: Law
) -> Iterator[Finding]:
    """KT., TL., TM., Q., TUQ. of who signs with authority, and the paper behind it (NĐ 30/2020,
    Điều 13). People who check or comment sign as what they are, without a mark.
    """
    for one in steps:
        if one.by_agency or one.act is not SigningAct.APPROVE:
            continue
        if one.signer is not None:
            yield from check_signer(one.signer, on=on, law=law)
        elif needs.numbered:
            yield finding(
                "documents.authority_missing",
                Severity.MUST,
                "Chưa ghi người có thẩm quyền ký với quyền hạn nào (người đứng đầu, TM., Q., KT., "
                "TL., TUQ.).",
                "Chọn quyền hạn ký ở trang Người ký.",
            )


def _provision(law: Law, key: str, on: date) -> Provision | None:
    """A provision that stands alone in some regulation; None where the law has none."""
    return next(
        (
            entry.provision
            for one in law.instruments
            if one.key == law.top and not one.is_draft
            for entry in one.entries
            if entry.key == key and entry.provision.in_force(on)
        ),
        None,
    )


# Who signs ----------------------------------------------------------------------------------------


def check_own_certificate(own: bool, *, on: date, law: Law) -> tuple[Finding, ...]:
    """A person signs with their own certificate, also "ký thay" and "ký thừa lệnh".

    Thừa Thiên Huế Điều 22.3 where it applies; elsewhere a rule of the house.
    """
    if own:
        return ()
    return (
        finding(
            "documents.own_certificate",
            Severity.MUST,
            "Chứng thư dùng để ký phải còn hiệu lực và là của chính người ký, kể cả khi ký thay, "
            "ký thừa lệnh.",
            "Cắm thiết bị của người ký và chọn chứng thư của người đó.",
            _provision(law, "signing.deputy_uses_own_certificate", on),
        ),
    )


@dataclass(frozen=True)
class SignatureFacts:
    """What our verification said of one signature that must be on the document."""

    signer: str
    present: bool
    invalid: bool
    undecided: bool


def check_before_seal(
    signatures: Sequence[SignatureFacts], *, on: date, law: Law
) -> tuple[Finding, ...]:
    """Văn thư checks each signature before the agency's own (Bắc Ninh Điều 15.3).

    What is missing or not valid refuses; what could not be decided warns, and is to be seen.
    """
    ground = _ground(law, "signing.clerk_checks_each", on)
    found = []
    for one in signatures:
        if one.invalid or not one.present:
            found.append(
                finding(
                    "documents.signature_invalid",
                    Severity.MUST,
                    f"Chữ ký số của {one.signer} không hợp lệ hoặc không có trên văn bản.",
                    "Trả lại văn bản để ký lại.",
                    ground,
                )
            )
        elif one.undecided:
            found.append(
                finding(
                    "documents.signature_undecided",
                    Severity.SHOULD,
                    f"Chưa xác định được giá trị chữ ký số của {one.signer}.",
                    "Xem lý do trong kết quả kiểm tra; xác nhận đã xem nếu vẫn ký.",
                    ground,
                )
            )
    return tuple(found)
