"""The corpus of attacks (tests/data/make_attacks.py): none of them is ever called valid."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from signing.pades.report import Verdict
from signing.pades.sandbox import Sandbox
from signing.pades.verify import verify
from signing.trust.store import TrustStore

FOLDER = Path(__file__).resolve().parents[2] / "data" / "attacks"
CORPUS = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))


BOMB = "95-bom-nen.pdf"


@pytest.fixture(scope="module")
def trust() -> TrustStore:
    return TrustStore.load(FOLDER / "trust")


@pytest.mark.parametrize("case", CORPUS["file"], ids=lambda case: case["name"])
def test_each_file_gets_its_verdict_with_the_reason(trust: TrustStore, case: dict[str, Any]):
    if case["name"] == BOMB:
        pytest.skip("judged in the sandbox below")
    report = verify((FOLDER / case["name"]).read_bytes(), trust=trust, at=CORPUS["checked_at"])
    reasons = [*report.reasons, *(r for s in report.signatures for r in s.reasons)]
    assert report.verdict == case["verdict"], reasons
    assert case["because"] in " ".join(reasons), reasons
    if case["verdict"] != Verdict.VALID:
        assert reasons


def test_a_bomb_costs_its_own_process_and_nothing_else():
    with Sandbox(workers=1, time_limit=2.0) as sandbox:
        bomb = (FOLDER / BOMB).read_bytes()
        report = sandbox.verify(bomb, FOLDER / "trust", CORPUS["checked_at"])
    assert report.verdict == Verdict.UNREADABLE
    assert report.reasons


def test_the_files_and_the_list_are_the_same():
    assert {path.name for path in FOLDER.glob("*.pdf")} == {each["name"] for each in CORPUS["file"]}
    assert sum(each["verdict"] == Verdict.VALID for each in CORPUS["file"]) == 4
