"""The road of a request, as the issue tells it."""

import pytest

from rules.findings import Severity
from rules.permissions import GRANTS, Permission, roles_with
from rules.requests import (
    CLOSES_LINES,
    LEFT_THE_HOUSE,
    NOT_YET_SENT,
    TRANSITIONS,
    IllegalMove,
    LineState,
    RequestAct,
    RequestState,
    act_that_answers,
    acts_from,
    check_approval,
    is_final,
    may_go_again,
    next_state,
    transition,
)

A = RequestAct
S = RequestState


def after(*acts: RequestAct) -> RequestState:
    state = S.DRAFT
    for act in acts:
        state = next_state(state, act)
    return state


def test_the_main_road_goes_from_draft_to_completed() -> None:
    road = [A.SUBMIT, A.APPROVE, A.SIGN, A.NUMBER, A.SEAL, A.RECORD_SENDING, A.RECORD_COMPLETION]

    assert after(*road) is S.COMPLETED
    assert after(*road[:-1], A.RECORD_SENDING_BACK) is S.SENT_BACK


@pytest.mark.parametrize("act", [A.ATTACH_SIGNED_ELSEWHERE, A.ATTACH_PAPER])
def test_a_letter_signed_elsewhere_or_on_paper_is_ready_to_send_in_one_act(act: RequestAct) -> None:
    assert after(A.SUBMIT, A.APPROVE, act) is S.SEALED
    assert after(A.SUBMIT, A.APPROVE, act, A.RECORD_SENDING) is S.SENT


def test_a_letter_signed_here_may_be_sealed_elsewhere() -> None:
    assert after(A.SUBMIT, A.APPROVE, A.SIGN, A.ATTACH_SIGNED_ELSEWHERE) is S.SEALED
    assert after(A.SUBMIT, A.APPROVE, A.SIGN, A.NUMBER, A.ATTACH_SIGNED_ELSEWHERE) is S.SEALED


def test_a_mistyped_number_is_put_right_until_the_agency_has_sealed() -> None:
    assert after(A.SUBMIT, A.APPROVE, A.SIGN, A.NUMBER, A.NUMBER) is S.NUMBERED
    with pytest.raises(IllegalMove):
        next_state(S.SEALED, A.NUMBER)


@pytest.mark.parametrize("state", [S.AWAITING_APPROVAL, S.APPROVED])
def test_changing_the_signer_voids_the_approval(state: RequestState) -> None:
    assert next_state(state, A.CHANGE_SIGNER) is S.DRAFT


@pytest.mark.parametrize("state", [S.SIGNED, S.NUMBERED, S.SEALED, S.SENT])
def test_the_signer_cannot_be_changed_once_the_letter_is_signed(state: RequestState) -> None:
    with pytest.raises(IllegalMove) as refusal:
        next_state(state, A.CHANGE_SIGNER)
    assert refusal.value.state is state
    assert refusal.value.act is A.CHANGE_SIGNER
    assert "không thực hiện được" in refusal.value.message


def test_a_returned_request_is_revised_before_it_is_submitted_again() -> None:
    assert after(A.SUBMIT, A.RETURN) is S.RETURNED
    assert after(A.SUBMIT, A.RETURN, A.REVISE, A.SUBMIT) is S.AWAITING_APPROVAL


def test_only_three_states_are_ends_and_all_states_can_be_reached() -> None:
    assert {state for state in S if is_final(state)} == {S.COMPLETED, S.SENT_BACK, S.CANCELLED}
    assert {move.to for move in TRANSITIONS} == set(S)


def test_what_was_sent_cannot_be_cancelled() -> None:
    cancellable = {move.from_ for move in TRANSITIONS if move.act is A.CANCEL}

    assert cancellable == set(S) - {S.SENT, S.COMPLETED, S.SENT_BACK, S.CANCELLED}


def test_what_was_sent_is_withdrawn_instead_in_part_or_as_a_whole() -> None:
    assert next_state(S.SENT, A.WITHDRAW_LINE) is S.SENT
    assert next_state(S.SENT, A.WITHDRAW) is S.CANCELLED
    assert {move.from_ for move in TRANSITIONS if move.act is A.WITHDRAW} == {S.SENT}


def test_receipt_and_answers_leave_it_on_its_way_until_the_last_line_is_closed() -> None:
    assert next_state(S.SENT, A.RECORD_RECEIPT) is S.SENT
    assert next_state(S.SENT, A.RECORD_ANSWER) is S.SENT


L = LineState


@pytest.mark.parametrize(
    ("lines", "answered", "act"),
    [
        ([L.OPEN, L.GRANTED], True, A.RECORD_ANSWER),
        ([L.OPEN, L.WITHDRAWN], False, A.WITHDRAW_LINE),
        ([L.GRANTED, L.REFUSED], True, A.RECORD_COMPLETION),
        ([L.REFUSED, L.WITHDRAWN], False, A.RECORD_COMPLETION),
        ([L.WITHDRAWN, L.WITHDRAWN], False, A.WITHDRAW),
    ],
)
def test_the_lines_decide_which_act_their_answers_are(
    lines: list[LineState], answered: bool, act: RequestAct
) -> None:
    assert act_that_answers(lines, answered=answered) is act
    assert transition(S.SENT, act)


def test_only_refused_and_withdrawn_lines_of_an_ended_or_answered_letter_go_again() -> None:
    assert may_go_again(S.SENT, L.REFUSED)
    assert may_go_again(S.SENT_BACK, L.REFUSED)
    assert may_go_again(S.CANCELLED, L.WITHDRAWN)
    assert not may_go_again(S.SENT, L.OPEN)
    assert not may_go_again(S.COMPLETED, L.GRANTED)
    assert not may_go_again(S.DRAFT, L.REFUSED)


def test_a_letter_has_left_the_house_or_may_still_change_or_was_given_up() -> None:
    assert not LEFT_THE_HOUSE & NOT_YET_SENT
    assert set(S) - LEFT_THE_HOUSE - NOT_YET_SENT == {S.CANCELLED}


def test_saying_no_needs_a_reason() -> None:
    for move in TRANSITIONS:
        needed = move.act in (
            A.RETURN,
            A.CANCEL,
            A.RECORD_SENDING_BACK,
            A.WITHDRAW,
            A.WITHDRAW_LINE,
        )
        assert move.needs_reason is needed, move


def test_each_move_is_in_the_table_once_and_somebody_may_make_it() -> None:
    assert len({(move.from_, move.act) for move in TRANSITIONS}) == len(TRANSITIONS)
    assert all(roles_with(move.permission) for move in TRANSITIONS)
    assert transition(S.APPROVED, A.SIGN).permission is Permission.CERTIFICATE_REQUEST_SIGN
    assert [move.act for move in acts_from(S.SEALED)] == [A.RECORD_SENDING, A.CANCEL]


def test_an_end_closes_the_lines_that_are_still_open() -> None:
    closing = {move.act for move in TRANSITIONS if is_final(move.to)}

    assert set(CLOSES_LINES) == closing
    assert LineState.OPEN not in CLOSES_LINES.values()


def test_the_drafter_does_not_approve() -> None:
    (found,) = check_approval(drafter_id=7, approver_id=7)

    assert found.code == "request.drafter_approves"
    assert found.severity is Severity.MUST
    assert found.basis == "Quy tắc của phần mềm"
    assert check_approval(drafter_id=7, approver_id=8) == ()


def test_a_head_whose_own_certificate_is_in_the_list_is_flagged_and_may_sign() -> None:
    (found,) = check_approval(drafter_id=7, approver_id=8, signer_in_list=True)

    assert found.code == "request.signer_in_list"
    assert found.severity is Severity.INFO


def test_no_role_both_drafts_and_approves() -> None:
    for granted in GRANTS.values():
        assert not {
            Permission.CERTIFICATE_REQUEST_DRAFT,
            Permission.CERTIFICATE_REQUEST_APPROVE,
        } <= set(granted)
