"""Mutants of signed files: what was changed is never intact, and nothing crashes or hangs.

`python -m bench.mutants` runs many more (docs/attack-corpus.md).
"""

import tomllib

import pytest

from signing.pades.report import Verdict
from signing.trust.store import TrustStore
from tests.data.mutants import FOLDER, Base, bases, judge, run

AT = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))["checked_at"]


@pytest.fixture(scope="module")
def trust() -> TrustStore:
    return TrustStore.load(FOLDER / "trust")


@pytest.fixture(scope="module")
def sources(trust: TrustStore) -> list[Base]:
    return bases(trust, AT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_five_hundred_mutants_each_deceive_nobody(trust, sources, seed):
    tally = run(seed, 500, trust, AT, sources)
    assert tally.wrong == []
    assert tally.made == 500
    # The generator is worth something only while it reaches every kind of verdict.
    assert len(tally.verdicts) == 4
    assert len(tally.operators) == 11


def test_the_oracle_notices_an_intact_signature_over_changed_bytes(trust, sources):
    honest = sources[0]
    strange = Base(honest.name, b"%" + honest.data[1:], honest.ranges, honest.holes, honest.looks)
    moved = Base(strange.name, b"x" * len(honest.data), strange.ranges, (), honest.looks)
    report, wrong = judge(moved, honest.data, trust, AT)
    assert report is not None
    assert report.verdict == Verdict.VALID
    assert "signed bytes changed" in wrong


def test_the_oracle_notices_a_valid_file_that_looks_different(trust, sources):
    honest = sources[0]
    other = Base(honest.name, honest.data, honest.ranges, honest.holes, frozenset({"khac"}))
    assert "looks different" in judge(other, honest.data, trust, AT)[1]
