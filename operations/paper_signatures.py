"""The signatures that a paper waits for, as rows: made when it is frozen, given one by one."""

from collections.abc import Collection, Sequence

from rules.office_documents import StepState
from rules.paper_signatures import MEMBER, PaperSide, now_due, sides_of
from schema.custody import Paper, PaperSignature


def add_signatures(paper: Paper, blocks: Collection[str]) -> None:
    """Note whose signatures a paper with these blocks for fields waits for.

    A block without anybody who could sign is left for the pen.
    """
    places = [
        (one, person)
        for one in sides_of(paper.kind, blocks)
        if (person := _person(paper, one)) is not None or one.by_agency
    ]
    for place, (side, person_id) in enumerate(places):
        paper.signatures.append(
            PaperSignature(
                place=place,
                turn=side.turn,
                side=side.side,
                act=side.act,
                person_id=None if side.by_agency else person_id,
                state=StepState.WAITING,
            )
        )
    pass_on(paper)


def _person(paper: Paper, side: PaperSide) -> int | None:
    """Who signs a block, as the paper was made."""
    told = paper.particulars
    if side.side in ("signer", "signature"):
        return _id(told.get("signer"))
    if side.side == "witness":
        return _id(told.get("witness"))
    if side.side.startswith(MEMBER):
        committee = told.get("committee") or ()
        number = int(side.side.removeprefix(MEMBER))
        return _id(committee[number - 1]) if number <= len(committee) else None
    return paper.receiver_id if side.side == "receiver" else paper.giver_id


def _id(told: object) -> int | None:
    found = told.get("person_id") if isinstance(told, dict) else None
    return int(found) if found else None


def pass_on(paper: Paper) -> None:
    """Let those sign whose turn it is now."""
    rows = list(paper.signatures)
    given = [(one.turn, one.state is StepState.SIGNED) for one in rows]
    due = now_due(given)
    for place, one in enumerate(rows):
        if one.state is not StepState.SIGNED:
            one.state = StepState.DUE if place in due else StepState.WAITING


def end_signatures(paper: Paper) -> None:
    """Nobody signs the paper any more: it is cancelled, or proved in another way."""
    for one in paper.signatures:
        if one.state is not StepState.SIGNED:
            one.state = StepState.SKIPPED


def due_for(
    paper: Paper, person_id: int | None, *, may_seal: bool = False
) -> Sequence[PaperSignature]:
    """What this person signs now; the agency's own signature when they may give it."""
    return [
        one
        for one in paper.signatures
        if one.state is StepState.DUE
        and (may_seal if one.person_id is None else one.person_id == person_id)
    ]


def left_of(paper: Paper) -> Sequence[PaperSignature]:
    """The signatures that are still to be given."""
    return [one for one in paper.signatures if one.state in (StepState.WAITING, StepState.DUE)]
