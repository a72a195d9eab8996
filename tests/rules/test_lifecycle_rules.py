"""The life of a device, as a focal point would tell it."""

from datetime import date
from pathlib import Path

import pytest

from labels import label
from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence
from rules.findings import blocking
from rules.lifecycle import (
    HOLDER_FORBIDDEN,
    HOLDER_NEEDED,
    LOSABLE,
    MOVES,
    SUSPENSION_WORDS,
    CustodyAct,
    Holder,
    IllegalMove,
    Undo,
    acts_from,
    check_holder,
    check_undo,
    lifecycle_table_markdown,
    move_of,
    next_state,
    state_before,
)
from rules.lifecycle_words import ASKS, KIND_ASKS, STANDS

A, K, S, E = CustodyAct, DeviceKind, DeviceState, Evidence
ON = date(2026, 3, 2)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"


def road(kind: DeviceKind, *acts: CustodyAct, revocation_sent: bool = False) -> DeviceState | None:
    state: DeviceState | None = None
    before: DeviceState | None = None
    for act in acts:
        after = next_state(kind, state, act, before=before, revocation_sent=revocation_sent)
        before, state = state_before(state, act, before), after
    return state


@pytest.mark.parametrize(
    ("kind", "acts", "end"),
    [
        (K.PKI_TOKEN, [A.RECEIVE, A.HAND_OVER, A.CONFIRM_RECEIPT], S.IN_USE),
        (K.PKI_TOKEN, [A.RECEIVE, A.HAND_OVER, A.PUT_IN_USE], S.IN_USE),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.CONFIRM_STATUS, A.HOLD, A.GIVE_BACK], S.IN_USE),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.ENTRUST, A.END_ENTRUSTMENT], S.IN_USE),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.TAKE_BACK, A.HAND_OVER], S.HANDED_OVER),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.CORRECT_HOLDER, A.TRANSFER], S.IN_USE),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.REPORT_MISSING, A.TRANSFER, A.FOUND], S.IN_USE),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.REPORT_LOCK, A.UNLOCK_DONE], S.IN_USE),
        (K.PKI_TOKEN, [A.OPENING_BALANCE, A.RECALL, A.SEND_TO_AUTHORITY], S.RETURNED_TO_CA),
        (
            K.PKI_TOKEN,
            [A.OPENING_BALANCE, A.REPORT_DAMAGE, A.AWAIT_RECALL, A.RECALL],
            S.RECALLED,
        ),
        (
            K.PKI_TOKEN,
            [A.OPENING_BALANCE, A.RECALL, A.SEND_TO_AUTHORITY, A.PARCEL_CAME_BACK],
            S.RECALLED,
        ),
        (K.SIM_PKI, [A.REGISTER_SIM, A.CONFIRM_RECEIPT, A.PUT_IN_USE], S.IN_USE),
        (K.HSM, [A.RECEIVE, A.PUT_IN_USE, A.AWAIT_RECALL, A.RECALL], S.RECALLED),
        (K.CENTRAL, [A.OPEN_ACCOUNT, A.AWAIT_RECALL, A.CLOSE_ACCOUNT], S.RECALLED),
    ],
)
def test_each_kind_of_device_goes_its_own_road(
    kind: DeviceKind, acts: list[CustodyAct], end: DeviceState
) -> None:
    assert road(kind, *acts) is end


def test_a_device_found_in_time_goes_back_to_where_it_was() -> None:
    for state in LOSABLE:
        found = next_state(K.PKI_TOKEN, S.MISSING, A.FOUND, before=state)
        assert found is state
    loss = [A.OPENING_BALANCE, A.REPORT_LOCK, A.REPORT_MISSING, A.CONFIRM_LOSS, A.FOUND]
    assert road(K.PKI_TOKEN, *loss) is S.LOCKED


def test_a_device_found_after_the_letter_waits_to_be_recalled() -> None:
    loss = [A.OPENING_BALANCE, A.REPORT_MISSING, A.CONFIRM_LOSS, A.FOUND_AFTER_REVOCATION]
    assert road(K.PKI_TOKEN, *loss, revocation_sent=True) is S.AWAITING_RECALL
    with pytest.raises(IllegalMove, match="FOUND") as refused:
        next_state(K.PKI_TOKEN, S.LOST, A.FOUND, before=S.IN_USE, revocation_sent=True)
    assert "Mẫu số 08" in refused.value.message
    with pytest.raises(IllegalMove):
        next_state(K.PKI_TOKEN, S.LOST, A.FOUND_AFTER_REVOCATION)


def test_without_the_state_before_nothing_is_invented() -> None:
    with pytest.raises(IllegalMove) as refused:
        next_state(K.PKI_TOKEN, S.MISSING, A.FOUND)
    assert "Không rõ" in refused.value.message


def test_the_buttons_of_a_missing_device_depend_on_the_letter() -> None:
    before = {move.act for move in acts_from(K.PKI_TOKEN, S.MISSING)}
    after = {move.act for move in acts_from(K.PKI_TOKEN, S.MISSING, revocation_sent=True)}

    assert before == {A.TRANSFER, A.CONFIRM_LOSS, A.FOUND}
    assert after == {A.TRANSFER, A.CONFIRM_LOSS, A.FOUND_AFTER_REVOCATION}


@pytest.mark.parametrize(
    ("kind", "state", "act", "word"),
    [
        (K.PKI_TOKEN, S.RETURNED_TO_CA, A.HAND_OVER, "đã nộp về Cục"),
        (K.PKI_TOKEN, S.LOST, A.HAND_OVER, "Mẫu số 09"),
        (K.PKI_TOKEN, None, A.HAND_OVER, "chưa được ghi vào sổ"),
        (K.CENTRAL, S.IN_USE, A.HAND_OVER, "không có thiết bị để bàn giao"),
        (K.SIM_PKI, None, A.RECEIVE, "nhà mạng"),
        (K.HSM, S.IN_STOCK, A.HAND_OVER, "lắp đặt"),
        (K.PKI_TOKEN, None, A.OPEN_ACCOUNT, "không áp dụng"),
    ],
)
def test_whatever_is_not_in_the_table_is_refused_with_a_reason(
    kind: DeviceKind, state: DeviceState | None, act: CustodyAct, word: str
) -> None:
    with pytest.raises(IllegalMove) as refused:
        move_of(kind, state, act)
    assert word in refused.value.message
    assert (refused.value.kind, refused.value.state, refused.value.act) == (kind, state, act)


@pytest.mark.parametrize(
    ("state", "act", "weak", "enough"),
    [
        (S.HANDED_OVER, A.CONFIRM_RECEIPT, E.NONE, E.INTERIM),
        (S.HANDED_OVER, A.PUT_IN_USE, E.INTERIM, E.SCAN),
        (S.MISSING, A.CONFIRM_LOSS, E.INTERIM, E.SCAN),
        (S.IN_USE, A.RECALL, E.NONE, E.INTERIM),
    ],
)
def test_a_move_that_needs_a_proof_is_refused_without(
    state: DeviceState, act: CustodyAct, weak: Evidence, enough: Evidence
) -> None:
    with pytest.raises(IllegalMove) as refused:
        next_state(K.PKI_TOKEN, state, act, evidence=weak)
    assert refused.value.message.startswith("Cần")
    assert next_state(K.PKI_TOKEN, state, act, evidence=enough)


def test_every_row_can_be_reached_and_no_two_rows_contradict() -> None:
    keys = [(kind, move.from_, move.act) for move in MOVES for kind in move.kinds]
    assert len(keys) == len(set(keys))
    for kind in DeviceKind:
        reached: set[DeviceState | None] = {None}
        for _ in DeviceState:
            reached |= {
                move.to
                for move in MOVES
                if kind in move.kinds and move.from_ in reached and move.to
            }
        for move in MOVES:
            assert kind not in move.kinds or move.from_ in reached, (kind, move)


def test_holders_come_and_go_as_the_state_says() -> None:
    for move in MOVES:
        if move.to in HOLDER_FORBIDDEN:
            assert move.holder is Holder.LEAVES or move.from_ in (None, *HOLDER_FORBIDDEN)
        if move.to in HOLDER_NEEDED and move.from_ not in HOLDER_NEEDED:
            assert move.holder is Holder.GETS
        if move.holder is Holder.LEAVES:
            assert move.to in HOLDER_FORBIDDEN


def test_a_device_in_use_has_a_holder_and_one_in_stock_has_none() -> None:
    assert blocking(check_holder(S.IN_USE, has_holder=False))
    assert blocking(check_holder(S.IN_STOCK, has_holder=True))
    assert check_holder(S.IN_USE, has_holder=True) == check_holder(S.HELD, has_holder=False) == ()
    assert check_holder(S.LOST, has_holder=True) == check_holder(S.LOST, has_holder=False) == ()


def test_a_wrong_click_is_taken_back_on_the_day_by_who_made_it_while_nothing_rests_on_it() -> None:
    click = Undo(A.HAND_OVER, ON, 7)
    assert check_undo(click, by_id=7, on=ON) == ()

    late = check_undo(Undo(A.HAND_OVER, ON, 7, ("biên bản 05",)), by_id=8, on=date(2026, 3, 3))
    assert [one.code for one in blocking(late)] == [
        "undo.another_day",
        "undo.another_person",
        "undo.rested_upon",
    ]
    assert "biên bản 05" in late[2].message


def test_every_state_act_and_kind_has_its_reason_in_words() -> None:
    assert set(STANDS) == {None, *DeviceState}
    assert set(ASKS) == {act.value for act in CustodyAct}
    assert set(KIND_ASKS) == set(DeviceKind)
    assert "không quy định thủ tục" in SUSPENSION_WORDS


def test_the_table_in_the_documents_is_the_table_of_the_code() -> None:
    table = lifecycle_table_markdown(label)
    assert table in DOCUMENT.read_text(encoding="utf-8"), (
        "docs/lifecycle.md: put rules.lifecycle.lifecycle_table_markdown(labels.label) in again"
    )
    assert SUSPENSION_WORDS in " ".join(DOCUMENT.read_text(encoding="utf-8").split())
