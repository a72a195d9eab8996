"""Who signs a letter, in which capacity, and on what paper (Điều 13 NĐ 30/2020/NĐ-CP).

Whether the paper covers this very kind of letter is for a person to read; it is not modelled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.days import written
from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.provisions import Provision


class SigningAuthority(StrEnum):
    """Quyền hạn of the signer: the head himself, or the mark that stands before the position."""

    HEAD = "head"
    TM = "tm"
    Q = "q"
    KT = "kt"
    TL = "tl"
    TUQ = "tuq"


@dataclass(frozen=True)
class AuthorityNeeds:
    """What a capacity asks for: the mark printed, the head's title, the paper and its last day."""

    mark: str
    needs_head_title: bool
    needs_collective: bool
    paper: Severity | None
    needs_term: bool
    provision_key: str


AUTHORITIES: Mapping[SigningAuthority, AuthorityNeeds] = {
    SigningAuthority.HEAD: AuthorityNeeds("", False, False, None, False, "signing.head"),
    SigningAuthority.TM: AuthorityNeeds("TM.", False, True, None, False, "signing.tm"),
    SigningAuthority.Q: AuthorityNeeds("Q.", False, False, Severity.SHOULD, False, "signing.q"),
    SigningAuthority.KT: AuthorityNeeds("KT.", True, False, Severity.SHOULD, False, "signing.kt"),
    SigningAuthority.TL: AuthorityNeeds("TL.", True, False, Severity.MUST, False, "signing.tl"),
    SigningAuthority.TUQ: AuthorityNeeds("TUQ.", True, False, Severity.MUST, True, "signing.tuq"),
}

_MAY_NAME_COLLECTIVE = (SigningAuthority.TM, SigningAuthority.Q, SigningAuthority.KT)


@dataclass(frozen=True)
class SignerFacts:
    """The signer of a letter. Titles are in ordinary case; `head_title` stands behind KT., TL.,
    TUQ.

    `collective` is the body in whose name a TM. letter is signed ("Ủy ban nhân dân"); it may also
    stand above Q. and KT. `paper` names the authorising paper; its term is inclusive, None is open.
    """

    authority: SigningAuthority
    title: str
    head_title: str = ""
    collective: str = ""
    paper: str = ""
    paper_from_on: date | None = None
    paper_until_on: date | None = None


def signature_lines(facts: SignerFacts) -> tuple[str, ...]:
    """The lines of quyền hạn, chức vụ in capitals (NĐ 30/2020, Phụ lục I, Phần I, mục II.7).

    KT. CHỦ TỊCH / PHÓ CHỦ TỊCH; TM. ỦY BAN NHÂN DÂN / CHỦ TỊCH. Missing words leave no line, so
    that nothing is invented.
    """
    needs = AUTHORITIES[facts.authority]
    lines = []
    if facts.collective and facts.authority in _MAY_NAME_COLLECTIVE:
        lines.append(f"TM. {facts.collective}")
    if needs.needs_head_title and facts.head_title:
        lines.append(f"{needs.mark} {facts.head_title}")
    if facts.title:
        acting = facts.authority is SigningAuthority.Q
        lines.append(f"{needs.mark} {facts.title}" if acting else facts.title)
    return tuple(line.upper() for line in lines)


def capacity_words(facts: SignerFacts) -> str:
    """The capacity in one line, as it is told on screens and in the log: KT. CHỦ TỊCH – PHÓ CHỦ
    TỊCH."""
    return " – ".join(signature_lines(facts))


def check_signer(facts: SignerFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Whether the signer may sign in this capacity on a day: titles, paper and term."""
    needs = AUTHORITIES[facts.authority]
    found = [*_missing_words(facts, needs)]
    ground = law.provision(needs.provision_key, on=on)
    if needs.paper is not None and not facts.paper:
        found.append(
            finding(
                "signer.paper_missing",
                needs.paper,
                f"Ký {needs.mark} phải có căn cứ giao ký, nhưng chưa nhập văn bản nào.",
                "Nhập số, ngày của văn bản giao quyền, phân công, quy chế hoặc giấy ủy quyền.",
                ground,
            )
        )
    if needs.needs_term and facts.paper and facts.paper_until_on is None:
        found.append(
            finding(
                "signer.term_missing",
                Severity.MUST,
                f"Văn bản {facts.paper} phải giới hạn thời gian, nhưng chưa nhập ngày kết thúc.",
                "Nhập ngày kết thúc thời hạn ủy quyền ghi trong văn bản.",
                ground,
            )
        )
    found.extend(_outside_term(facts, on, ground))
    return tuple(found)


def _outside_term(facts: SignerFacts, on: date, ground: Provision) -> Iterator[Finding]:
    if facts.paper_from_on is not None and on < facts.paper_from_on:
        yield finding(
            "signer.term_not_begun",
            Severity.MUST,
            f"Văn bản {facts.paper} chỉ có hiệu lực từ ngày {written(facts.paper_from_on)}, "
            f"sau ngày ký {written(on)}.",
            "Chọn người ký khác, hoặc đợi đến ngày văn bản có hiệu lực.",
            ground,
        )
    if facts.paper_until_on is not None and facts.paper_until_on < on:
        yield finding(
            "signer.term_ended",
            Severity.MUST,
            f"Văn bản {facts.paper} đã hết hiệu lực ngày {written(facts.paper_until_on)}, "
            f"trước ngày ký {written(on)}.",
            "Chọn người ký khác, hoặc nhập văn bản giao ký mới.",
            ground,
        )


def _missing_words(facts: SignerFacts, needs: AuthorityNeeds) -> Iterator[Finding]:
    if not facts.title:
        yield _blank("signer.title_missing", "Chưa có chức vụ của người ký")
    if needs.needs_head_title and not facts.head_title:
        yield _blank(
            "signer.head_title_missing", f"Chưa có chức vụ người đứng đầu sau {needs.mark}"
        )
    if needs.needs_collective and not facts.collective:
        yield _blank("signer.collective_missing", f"Chưa có tên tập thể lãnh đạo sau {needs.mark}")


def _blank(code: str, what: str) -> Finding:
    # A missing word leaves a visible blank in the letter; it is the signer's to see, not a refusal.
    return finding(
        code,
        Severity.SHOULD,
        f"{what}; văn bản sẽ để trống chỗ này.",
        "Bổ sung trong thông tin người ký của đề nghị.",
    )
