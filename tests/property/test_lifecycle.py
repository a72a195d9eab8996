"""No sequence of acts leaves the table, brings a lost device back by itself, or loses a holder."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence
from rules.lifecycle import (
    CustodyAct,
    Holder,
    IllegalMove,
    Move,
    acts_from,
    check_holder,
    move_of,
    next_state,
    state_before,
)

#: An act; or the number of one of the buttons that are shown, so that long lives are tried too.
wishes = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(CustodyAct), st.integers(0, 20)),
        st.sampled_from(Evidence),
        st.booleans(),
    ),
    max_size=40,
)
AWAY = {DeviceState.MISSING, DeviceState.LOST}
BACK = {CustodyAct.FOUND, CustodyAct.FOUND_AFTER_REVOCATION}


@dataclass(frozen=True)
class Taken:
    """A step that was possible."""

    move: Move
    before: DeviceState | None
    after: DeviceState
    evidence: Evidence
    held: bool


def live(kind: DeviceKind, wanted: list[tuple[CustodyAct | int, Evidence, bool]]) -> list[Taken]:
    state: DeviceState | None = None
    before: DeviceState | None = None
    held = False
    steps = []
    for wish, evidence, sent in wanted:
        buttons = acts_from(kind, state, revocation_sent=sent)
        if not buttons:
            break
        act = buttons[wish % len(buttons)].act if isinstance(wish, int) else wish
        try:
            after = next_state(
                kind, state, act, before=before, evidence=evidence, revocation_sent=sent
            )
        except IllegalMove:
            continue
        move = move_of(kind, state, act)
        held = {Holder.KEEPS: held, Holder.GETS: True, Holder.LEAVES: False}[move.holder]
        steps.append(Taken(move, state, after, evidence, held))
        before, state = state_before(state, act, before), after
    return steps


@given(st.sampled_from(DeviceKind), wishes)
def test_only_legal_moves_are_made_and_the_holder_is_as_the_state_says(
    kind: DeviceKind, wanted: list[tuple[CustodyAct | int, Evidence, bool]]
) -> None:
    for step in live(kind, wanted):
        assert step.move in acts_from(kind, step.before) + acts_from(
            kind, step.before, revocation_sent=True
        )
        assert check_holder(step.after, has_holder=step.held) == ()
        assert step.evidence.reaches(step.move.papers.evidence)


@given(st.sampled_from(DeviceKind), wishes)
def test_a_lost_device_comes_back_only_when_it_is_found(
    kind: DeviceKind, wanted: list[tuple[CustodyAct | int, Evidence, bool]]
) -> None:
    for step in live(kind, wanted):
        if step.before in AWAY and step.after not in AWAY:
            assert step.move.act in BACK


@given(st.sampled_from(DeviceKind), wishes)
def test_nobody_gets_a_device_that_left_and_loss_has_its_paper(
    kind: DeviceKind, wanted: list[tuple[CustodyAct | int, Evidence, bool]]
) -> None:
    for step in live(kind, wanted):
        if step.before in (DeviceState.RECALLED, DeviceState.RETURNED_TO_CA):
            assert step.move.holder is not Holder.GETS
        if step.after is DeviceState.LOST and step.before is not DeviceState.LOST:
            assert step.move.papers.form == "09"
            assert step.evidence.closes_gap
        if step.before is DeviceState.RECALLED and step.after is DeviceState.RETURNED_TO_CA:
            assert step.move.papers.form == "08"
