"""Who signs which paper digitally, and in which turn."""

import re

import pytest

from rules.documents import SigningAct
from rules.paper_signatures import ORDERS, now_due, sides_of
from rules.papers import FILE_WORDS, PaperKind

FORMS = [kind for kind in PaperKind if kind is not PaperKind.STOCKTAKE]


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_of_paper_has_its_signers_the_agency_last(kind: PaperKind) -> None:
    blocks = {side for side, _ in ORDERS[kind]}
    sides = sides_of(kind, blocks)
    assert [one.turn for one in sides] == list(range(len(blocks)))
    assert not any(one.by_agency for one in sides[:-1])


def test_a_block_that_a_paper_does_not_have_is_signed_by_nobody() -> None:
    (alone,) = sides_of(PaperKind.CORRECTION, {"giver", "number"})
    assert (alone.side, alone.turn, alone.by_agency) == ("giver", 0, False)


def test_the_members_of_a_committee_sign_in_any_order_and_its_head_last() -> None:
    blocks = {f"member_{number}" for number in range(1, 12)} | {"number"}
    *members, head = sides_of(PaperKind.STOCKTAKE, blocks)
    assert [one.side for one in members] == [f"member_{number}" for number in range(2, 12)]
    assert {one.turn for one in members} == {0}
    assert (head.side, head.turn, head.act) == ("member_1", 1, SigningAct.MEMBER)


def test_a_committee_of_one_and_of_nobody() -> None:
    (alone,) = sides_of(PaperKind.STOCKTAKE, {"member_1"})
    assert alone.turn == 0
    assert sides_of(PaperKind.STOCKTAKE, {"number"}) == ()


def test_all_of_the_earliest_turn_not_complete_are_due() -> None:
    assert now_due([(0, True), (0, False), (0, False), (1, False)]) == {1, 2}
    assert now_due([(0, True), (1, False)]) == {1}
    assert now_due([(0, True)]) == frozenset()
    assert now_due([]) == frozenset()


def test_every_kind_of_paper_has_a_name_for_its_file() -> None:
    assert set(FILE_WORDS) == set(PaperKind)
    assert all(re.fullmatch(r"[a-z0-9-]+", words) for words in FILE_WORDS.values())
