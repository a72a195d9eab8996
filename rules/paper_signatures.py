"""Who signs which paper digitally, and in which turn.

The blocks are those of the forms; a paper that goes out ends with the agency's signature, people
first (Bắc Ninh Điều 15.2, NĐ 30/2020 Điều 12, 13). In which turn several people sign is a rule of
the house, since no text orders it: the giver before the receiver, who signs for what was given; the
head of a committee after its members.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.documents import SigningAct
from rules.papers import PaperKind

MEMBER = "member_"


@dataclass(frozen=True)
class PaperSide:
    """One signature on a paper: the block `side`, the act, and the turn in which it is given."""

    side: str
    act: SigningAct
    turn: int

    @property
    def by_agency(self) -> bool:
        """True for the agency's own signature."""
        return self.act is SigningAct.ISSUE


_Order = tuple[tuple[str, SigningAct], ...]
_BOTH: _Order = (("giver", SigningAct.GIVER), ("receiver", SigningAct.RECEIVER))
_ISSUED: _Order = (("signature", SigningAct.APPROVE), ("seal", SigningAct.ISSUE))
_LED: _Order = (("signer", SigningAct.APPROVE), ("signer_seal", SigningAct.ISSUE))

ORDERS: Mapping[PaperKind, _Order] = {
    PaperKind.HANDOVER: _BOTH,
    PaperKind.INTERNAL_RETURN: _BOTH,
    PaperKind.PERMISSION: _BOTH,
    PaperKind.CORRECTION: _BOTH,
    # The authority signs its own side elsewhere, when the devices have come.
    PaperKind.RETURN_TO_AUTHORITY: (
        ("giver", SigningAct.GIVER),
        ("giver_seal", SigningAct.ISSUE),
    ),
    PaperKind.LOSS: (("subscriber", SigningAct.SUBSCRIBER), *_LED),
    PaperKind.STATUS: (("maker", SigningAct.MAKER), *_LED),
    PaperKind.INTAKE: (("witness", SigningAct.WITNESS), ("receiver", SigningAct.RECEIVER)),
    PaperKind.ENTRUSTMENT_DECISION: _ISSUED,
    PaperKind.INCIDENT_REPORT: _ISSUED,
    PaperKind.REJECTION_NOTICE: _ISSUED,
    PaperKind.SUBSCRIBER_SLIP: (("applicant", SigningAct.SUBSCRIBER),),
}


def sides_of(kind: PaperKind, blocks: Collection[str]) -> tuple[PaperSide, ...]:
    """The signatures that a paper of this kind waits for, of those for which it has a block."""
    if kind is PaperKind.STOCKTAKE:
        return tuple(_committee(blocks))
    places = [one for one in ORDERS[kind] if one[0] in blocks]
    return tuple(PaperSide(side, act, turn) for turn, (side, act) in enumerate(places))


def _committee(blocks: Collection[str]) -> Iterator[PaperSide]:
    """All members in any order, then the head, whose block is the first."""
    members = sorted(int(one.removeprefix(MEMBER)) for one in blocks if one.startswith(MEMBER))
    for number in members[1:]:
        yield PaperSide(f"{MEMBER}{number}", SigningAct.MEMBER, 0)
    if members:
        yield PaperSide(f"{MEMBER}{members[0]}", SigningAct.MEMBER, int(len(members) > 1))


def now_due(given: Sequence[tuple[int, bool]]) -> frozenset[int]:
    """The positions whose turn it is, of (turn, signed): all of the earliest turn not complete."""
    open_turns = [turn for turn, signed in given if not signed]
    if not open_turns:
        return frozenset()
    first = min(open_turns)
    return frozenset(
        place for place, (turn, signed) in enumerate(given) if turn == first and not signed
    )
