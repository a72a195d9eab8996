"""What proves a handover, and what is still missing."""

from datetime import date

import pytest

import regulations
from rules.evidence import Evidence, Proof, check_proof, level_of
from rules.findings import Severity

E = Evidence
ON = date(2026, 7, 12)
LAW = regulations.load().under("tuyen_quang_06_2026")


@pytest.mark.parametrize(
    ("proof", "level"),
    [
        (Proof(1, 2), E.NONE),
        (Proof(1, 2, confirmed_by_id=3), E.NONE),
        (Proof(1, 2, confirmed_by_id=2), E.INTERIM),
        (Proof(1, 2, scan_sha256="ab"), E.SCAN),
        (Proof(1, 2, document_sha256="cd", giver_signed=True), E.NONE),
        (Proof(1, 2, giver_signed=True, receiver_signed_with="5A"), E.NONE),
        (Proof(1, 2, None, "", "cd", True, "5A"), E.DIGITAL),
        (Proof(1, 2, 2, "ab", "cd", True, "5A"), E.DIGITAL),
        (Proof(1, None, document_sha256="cd", giver_signed=True, one_sided=True), E.DIGITAL),
    ],
)
def test_the_best_proof_counts_and_half_a_signature_is_none(proof: Proof, level: Evidence) -> None:
    assert level_of(proof) is level


def test_only_paper_signed_by_hand_or_both_signatures_close_the_gap() -> None:
    assert [one for one in Evidence if one.closes_gap] == [E.SCAN, E.DIGITAL]
    assert E.SCAN.reaches(E.INTERIM)
    assert not E.NONE.reaches(E.INTERIM)


def codes(proof: Proof, done_on: date = ON) -> dict[str, Severity]:
    return {one.code: one.severity for one in check_proof(proof, done_on=done_on, on=ON, law=LAW)}


def test_nothing_is_said_about_minutes_that_both_sides_signed() -> None:
    assert codes(Proof(1, 2, None, "", "cd", True, "5A", frozenset({"5A"}))) == {}


def test_nobody_confirms_for_the_receiver() -> None:
    found = codes(Proof(1, 2, confirmed_by_id=3))
    assert found == {
        "evidence.confirmed_by_other": Severity.MUST,
        "evidence.none": Severity.SHOULD,
    }


def test_a_confirmation_is_a_gap_after_a_week() -> None:
    proof = Proof(1, 2, confirmed_by_id=2)
    assert codes(proof) == {"evidence.interim": Severity.INFO}
    assert codes(proof, date(2026, 7, 1)) == {"evidence.interim": Severity.SHOULD}


def test_both_sides_in_one_person_and_another_certificate_are_pointed_out() -> None:
    proof = Proof(1, 1, None, "", "cd", True, "5A", frozenset({"7B"}))
    assert codes(proof) == {
        "evidence.same_person": Severity.SHOULD,
        "evidence.other_certificate": Severity.INFO,
    }


def test_the_ground_is_that_of_the_regulation_else_that_of_the_decree() -> None:
    here = check_proof(Proof(1, 2), done_on=ON, on=ON, law=LAW)
    elsewhere = check_proof(Proof(1, 2), done_on=ON, on=ON, law=regulations.load())
    assert "khoản 2 Điều 10" in here[0].basis
    assert "khoản 2 Điều 37 Nghị định số 68/2024/NĐ-CP" in elsewhere[0].basis
