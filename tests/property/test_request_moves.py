"""No sequence of acts leaves the table, revives an end, or keeps an approval of another letter."""

from hypothesis import given
from hypothesis import strategies as st

from rules.requests import IllegalMove, RequestAct, RequestState, acts_from, is_final, next_state

acts = st.lists(st.sampled_from(RequestAct), max_size=40)
SIGNED_ON_THE_WAY = {
    RequestState.SIGNED,
    RequestState.NUMBERED,
    RequestState.SEALED,
    RequestState.SENT,
    RequestState.COMPLETED,
    RequestState.SENT_BACK,
}


def walk(sequence: list[RequestAct]) -> list[tuple[RequestState, RequestAct, RequestState]]:
    state, steps = RequestState.DRAFT, []
    for act in sequence:
        try:
            after = next_state(state, act)
        except IllegalMove:
            continue
        steps.append((state, act, after))
        state = after
    return steps


@given(acts)
def test_every_step_is_in_the_table_and_none_leaves_an_end(sequence: list[RequestAct]) -> None:
    for before, act, after in walk(sequence):
        assert (act, after) in {(move.act, move.to) for move in acts_from(before)}
        assert not is_final(before)


@given(acts)
def test_nothing_is_signed_without_an_approval_after_the_last_change(
    sequence: list[RequestAct],
) -> None:
    approved = False
    for _, act, after in walk(sequence):
        if after in (RequestState.DRAFT, RequestState.RETURNED):
            approved = False
        approved = approved or act is RequestAct.APPROVE
        assert approved or after not in SIGNED_ON_THE_WAY


@given(acts)
def test_what_is_signed_never_goes_back_to_a_draft(sequence: list[RequestAct]) -> None:
    signed = False
    for _, _, after in walk(sequence):
        signed = signed or after in SIGNED_ON_THE_WAY
        assert not (signed and after in (RequestState.DRAFT, RequestState.AWAITING_APPROVAL))
