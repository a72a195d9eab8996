"""Who signs, in which capacity and on what paper."""

from dataclasses import replace
from datetime import date

import pytest

import regulations
from rules.findings import Severity, blocking
from rules.signers import SignerFacts, SigningAuthority, check_signer, signature_lines

ON = date(2026, 11, 21)
A = SigningAuthority
HEAD = SignerFacts(A.HEAD, "Giám đốc")
DEPUTY = SignerFacts(A.KT, "Phó Chủ tịch", "Chủ tịch", "Ủy ban nhân dân", "QĐ 12/QĐ-UBND")
BY_ORDER = SignerFacts(A.TL, "Chánh Văn phòng", "Chủ tịch", paper="Quy chế làm việc")
DELEGATE = SignerFacts(
    A.TUQ,
    "Trưởng phòng",
    "Chủ tịch",
    paper="Giấy ủy quyền số 03",
    paper_from_on=date(2026, 11, 1),
    paper_until_on=date(2026, 12, 31),
)


def codes(facts: SignerFacts, on: date = ON) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in check_signer(facts, on=on, law=regulations.load())]


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        (HEAD, ("GIÁM ĐỐC",)),
        (
            SignerFacts(A.TM, "Chủ tịch", collective="Ủy ban nhân dân"),
            ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
        ),
        (SignerFacts(A.Q, "Chủ tịch"), ("Q. CHỦ TỊCH",)),
        (DEPUTY, ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")),
        (replace(DEPUTY, collective=""), ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")),
        (BY_ORDER, ("TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG")),
        (DELEGATE, ("TUQ. CHỦ TỊCH", "TRƯỞNG PHÒNG")),
        (SignerFacts(A.KT, ""), ()),
        (SignerFacts(A.Q, ""), ()),
    ],
)
def test_the_signature_block_prints_the_capacity_and_invents_nothing(
    facts: SignerFacts, lines: tuple[str, ...]
) -> None:
    assert signature_lines(facts) == lines


@pytest.mark.parametrize("facts", [HEAD, DEPUTY, BY_ORDER, DELEGATE])
def test_a_signer_with_the_right_paper_is_not_questioned(facts: SignerFacts) -> None:
    assert codes(facts) == []


@pytest.mark.parametrize(
    ("facts", "severity", "basis"),
    [
        (DEPUTY, Severity.SHOULD, "khoản 1 Điều 13 Nghị định số 30/2020/NĐ-CP"),
        (BY_ORDER, Severity.SHOULD, "khoản 4 Điều 13 Nghị định số 30/2020/NĐ-CP"),
        (DELEGATE, Severity.SHOULD, "khoản 3 Điều 13 Nghị định số 30/2020/NĐ-CP"),
    ],
)
def test_a_missing_paper_is_said_with_its_article(
    facts: SignerFacts, severity: Severity, basis: str
) -> None:
    bare = replace(facts, paper="", paper_from_on=None, paper_until_on=None)
    (found,) = check_signer(bare, on=ON, law=regulations.load())

    assert (found.code, found.severity) == ("signer.paper_missing", severity)
    assert found.basis == basis


def test_a_delegation_without_an_end_is_questioned() -> None:
    assert codes(replace(DELEGATE, paper_until_on=None)) == [
        ("signer.term_missing", Severity.SHOULD)
    ]


def test_article_13_was_read_in_a_copy_only_so_it_never_refuses() -> None:
    bare = SignerFacts(A.TUQ, "Trưởng phòng", "Chủ tịch")
    assert blocking(check_signer(bare, on=ON, law=regulations.load())) == ()
    law = regulations.load()
    for mark in ("head", "tm", "q", "kt", "tl", "tuq"):
        assert not law.provision(f"signing.{mark}", on=ON).certainty.may_refuse


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 10, 31), [("signer.term_not_begun", Severity.SHOULD)]),
        (date(2026, 11, 1), []),
        (date(2026, 12, 31), []),
        (date(2027, 1, 1), [("signer.term_ended", Severity.SHOULD)]),
    ],
)
def test_the_term_of_a_delegation_counts_both_its_days(
    on: date, expected: list[tuple[str, Severity]]
) -> None:
    assert codes(DELEGATE, on) == expected


def test_a_rule_that_is_only_inferred_never_refuses() -> None:
    acting = SignerFacts(A.Q, "Chủ tịch", paper="QĐ 5", paper_until_on=date(2026, 1, 1))
    found = check_signer(acting, on=ON, law=regulations.load())

    assert [one.code for one in found] == ["signer.term_ended"]
    assert blocking(found) == ()


def test_missing_words_leave_a_blank_and_a_warning() -> None:
    assert codes(SignerFacts(A.TM, "")) == [
        ("signer.title_missing", Severity.SHOULD),
        ("signer.collective_missing", Severity.SHOULD),
    ]
    assert ("signer.head_title_missing", Severity.SHOULD) in codes(replace(DEPUTY, head_title=""))
