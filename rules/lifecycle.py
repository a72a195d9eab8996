"""The life of a device as one table of moves. Nobody else compares states or decides on a button.

Each kind of device has its own road: a PKI Token goes from hand to hand with minutes (Mẫu số 07,
08); a SIM PKI is bought by the subscriber from the network and only activated; an HSM is installed
and handed over without Mẫu số 07 (QĐ 2051/QĐ-BTC, Điều 4); ký số tập trung is an account, where
nothing is handed over or given back. The decree knows no procedure to suspend anything, whatever
Tuyên Quang Điều 7.1 calls "tạm dừng" (`SUSPENSION_WORDS`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence
from rules.findings import Finding, Severity, finding
from rules.lifecycle_words import ASKS, BEFORE_UNKNOWN, KIND_ASKS, PROOF_MISSING, STANDS
from rules.permissions import Permission

SUSPENSION_WORDS = (
    "Quy chế có nhắc đến việc “tạm dừng”, nhưng Nghị định số 68/2024/NĐ-CP không quy định thủ tục "
    "và mẫu tạm dừng chứng thư. Khi cần ngừng sử dụng một thời gian, cơ quan tạm giữ thiết bị "
    "(biên bản nội bộ); khi không dùng nữa, đề nghị thu hồi theo Mẫu số 05."
)


class CustodyAct(StrEnum):
    """What people do with a device, in the order of its life."""

    RECEIVE = "receive"
    REGISTER_SIM = "register_sim"
    OPEN_ACCOUNT = "open_account"
    OPENING_BALANCE = "opening_balance"
    HAND_OVER = "hand_over"
    CONFIRM_RECEIPT = "confirm_receipt"
    PUT_IN_USE = "put_in_use"
    CONFIRM_STATUS = "confirm_status"
    ENTRUST = "entrust"
    END_ENTRUSTMENT = "end_entrustment"
    CORRECT_HOLDER = "correct_holder"
    TRANSFER = "transfer"
    HOLD = "hold"
    GIVE_BACK = "give_back"
    TAKE_BACK = "take_back"
    REPORT_LOCK = "report_lock"
    UNLOCK_DONE = "unlock_done"
    REPORT_DAMAGE = "report_damage"
    REPORT_MISSING = "report_missing"
    CONFIRM_LOSS = "confirm_loss"
    FOUND = "found"
    FOUND_AFTER_REVOCATION = "found_after_revocation"
    AWAIT_RECALL = "await_recall"
    RECALL = "recall"
    CLOSE_ACCOUNT = "close_account"
    SEND_TO_AUTHORITY = "send_to_authority"
    AUTHORITY_RECEIVED = "authority_received"
    PARCEL_CAME_BACK = "parcel_came_back"


class Holder(StrEnum):
    """What a move does to the person who holds the device."""

    KEEPS = "keeps"
    GETS = "gets"
    LEAVES = "leaves"


@dataclass(frozen=True)
class Papers:
    """The paper of a move, and the least proof without which it is refused.

    `form` is a prescribed form ("07") or the name of minutes of the house, "" when there is none.
    `provision_key` asks `rules.grounds.ground`; "" is a rule of the house.
    """

    form: str = ""
    evidence: Evidence = Evidence.NONE
    provision_key: str = ""


@dataclass(frozen=True)
class Move:
    """One legal move. `from_` None is a device not yet in the register; `to` None is the state
    before it went missing.

    """

    from_: DeviceState | None
    act: CustodyAct
    to: DeviceState | None
    kinds: frozenset[DeviceKind]
    permission: Permission
    holder: Holder
    papers: Papers


class IllegalMove(Exception):
    """The act is not possible here; `message` gives the reason in Vietnamese."""

    def __init__(self, kind: DeviceKind, state: DeviceState | None, act: CustodyAct, why: str):
        super().__init__(f"{act.name} is not possible for {kind.name} from {state}")
        self.kind = kind
        self.state = state
        self.act = act
        self.message = why


_S = DeviceState
_A = CustodyAct
_P = Permission
_E = Evidence
_T = frozenset({DeviceKind.PKI_TOKEN})
_SIM = frozenset({DeviceKind.SIM_PKI})
_HSM = frozenset({DeviceKind.HSM})
_ACCOUNT = frozenset({DeviceKind.CENTRAL})
_CARRIED = _T | _SIM  # a person carries it and can lock it
_DEVICES = _T | _SIM | _HSM  # there is a thing that can break, vanish and be given back
_ALL = _DEVICES | _ACCOUNT

INTAKE_MINUTES = "Biên bản tiếp nhận"
STATUS_MINUTES = "Biên bản xác nhận hiện trạng"
INTERNAL_MINUTES = "Biên bản giao nhận nội bộ"
INSTALLATION_MINUTES = "Biên bản bàn giao, lắp đặt"
WRITTEN_PERMISSION = "Văn bản cho phép và biên bản giao nhận"
MOVING_MINUTES = "Biên bản điều chuyển"
CORRECTION_MINUTES = "Biên bản đính chính người giữ"

LOSABLE = (
    _S.IN_STOCK,
    _S.HANDED_OVER,
    _S.IN_USE,
    _S.HELD,
    _S.LOCKED,
    _S.DAMAGED,
    _S.AWAITING_RECALL,
    _S.RECALLED,
)
"""States in which a device can go missing, and to which it returns when it is found in time."""

HOLDER_NEEDED = frozenset({_S.HANDED_OVER, _S.IN_USE, _S.LOCKED})
"""Somebody has the device."""
HOLDER_FORBIDDEN = frozenset({_S.IN_STOCK, _S.HELD, _S.RECALLED, _S.RETURNED_TO_CA})
"""The agency or the authority has it. In all other states whoever had it answers for it."""

_NOTHING = Papers()
_FORM_06 = Papers("06", _E.NONE, "form.unlock")
_FORM_07 = Papers("07", _E.NONE, "form.handover")
_FORM_07_SIGNED = Papers("07", _E.SCAN, "form.handover")
_FORM_08 = Papers("08", _E.NONE, "form.return_to_authority")
_FORM_09_SIGNED = Papers("09", _E.SCAN, "form.loss")
_INTAKE = Papers(INTAKE_MINUTES, _E.NONE, "agency.hands_over")
_INSTALLED = Papers(INSTALLATION_MINUTES, _E.INTERIM, "agency.hands_over")
_STATUS = Papers(STATUS_MINUTES, _E.INTERIM, "handover.minutes_required")
_RECEIPT = Papers("", _E.INTERIM, "subscriber.receives")
_INTERNAL = Papers(INTERNAL_MINUTES, _E.INTERIM, "handover.minutes_required")
_RECALL = Papers(INTERNAL_MINUTES, _E.INTERIM, "recall.subscriber")
_PERMISSION = Papers(WRITTEN_PERMISSION, _E.INTERIM, "entrustment.handing_on_by_written_permission")
_MOVED = Papers(MOVING_MINUTES, _E.NONE, "handover.minutes_required")
_CORRECTION = Papers(CORRECTION_MINUTES, _E.INTERIM, "handover.minutes_required")
_REPORT = Papers("", _E.NONE, "subscriber.reports")
_NOTICE = Papers("", _E.NONE, "recall.subscriber")

_KEEPS, _GETS, _LEAVES = Holder.KEEPS, Holder.GETS, Holder.LEAVES
_DO, _OWN, _TELL = _P.CUSTODY_MOVE, _P.RECEIPT_CONFIRM, _P.INCIDENT_REPORT
_NEW = None
_BEFORE = None

_Row = tuple[
    DeviceState | None,
    CustodyAct,
    DeviceState | None,
    frozenset[DeviceKind],
    Permission,
    Holder,
    Papers,
]
_ROWS: tuple[_Row, ...] = (
    (_NEW, _A.RECEIVE, _S.IN_STOCK, _T | _HSM, _DO, _KEEPS, _INTAKE),
    (_NEW, _A.REGISTER_SIM, _S.HANDED_OVER, _SIM, _DO, _GETS, _NOTHING),
    (_NEW, _A.OPEN_ACCOUNT, _S.IN_USE, _ACCOUNT, _DO, _GETS, _NOTHING),
    (_NEW, _A.OPENING_BALANCE, _S.IN_USE, _DEVICES, _DO, _GETS, _NOTHING),
    (_S.IN_STOCK, _A.HAND_OVER, _S.HANDED_OVER, _CARRIED, _DO, _GETS, _FORM_07),
    (_S.HANDED_OVER, _A.CONFIRM_RECEIPT, _S.IN_USE, _T, _OWN, _KEEPS, _RECEIPT),
    # A SIM that was received works only when the authority has activated it.
    (_S.HANDED_OVER, _A.CONFIRM_RECEIPT, _S.HANDED_OVER, _SIM, _OWN, _KEEPS, _RECEIPT),
    (_S.HANDED_OVER, _A.PUT_IN_USE, _S.IN_USE, _T, _DO, _KEEPS, _FORM_07_SIGNED),
    (_S.HANDED_OVER, _A.PUT_IN_USE, _S.IN_USE, _SIM, _DO, _KEEPS, _NOTHING),
    (_S.IN_STOCK, _A.PUT_IN_USE, _S.IN_USE, _HSM, _DO, _GETS, _INSTALLED),
    (_S.IN_USE, _A.CONFIRM_STATUS, _S.IN_USE, _DEVICES, _DO, _KEEPS, _STATUS),
    (_S.LOCKED, _A.CONFIRM_STATUS, _S.LOCKED, _CARRIED, _DO, _KEEPS, _STATUS),
    (_S.IN_USE, _A.ENTRUST, _S.IN_USE, _T | _HSM, _DO, _GETS, _PERMISSION),
    (_S.IN_USE, _A.END_ENTRUSTMENT, _S.IN_USE, _T | _HSM, _DO, _GETS, _INTERNAL),
    # Tokens that had been swapped, as a count or a person finds out.
    (_S.HANDED_OVER, _A.CORRECT_HOLDER, _S.HANDED_OVER, _CARRIED, _DO, _GETS, _CORRECTION),
    (_S.IN_USE, _A.CORRECT_HOLDER, _S.IN_USE, _DEVICES, _DO, _GETS, _CORRECTION),
    (_S.LOCKED, _A.CORRECT_HOLDER, _S.LOCKED, _CARRIED, _DO, _GETS, _CORRECTION),
    # To another agency: with the person who holds it, or with everything when agencies merge.
    (_S.IN_STOCK, _A.TRANSFER, _S.IN_STOCK, _DEVICES, _DO, _KEEPS, _MOVED),
    (_S.HANDED_OVER, _A.TRANSFER, _S.HANDED_OVER, _CARRIED, _DO, _KEEPS, _MOVED),
    (_S.IN_USE, _A.TRANSFER, _S.IN_USE, _ALL, _DO, _KEEPS, _MOVED),
    (_S.HELD, _A.TRANSFER, _S.HELD, _T, _DO, _KEEPS, _MOVED),
    (_S.LOCKED, _A.TRANSFER, _S.LOCKED, _CARRIED, _DO, _KEEPS, _MOVED),
    (_S.DAMAGED, _A.TRANSFER, _S.DAMAGED, _DEVICES, _DO, _KEEPS, _MOVED),
    (_S.MISSING, _A.TRANSFER, _S.MISSING, _DEVICES, _DO, _KEEPS, _MOVED),
    (_S.LOST, _A.TRANSFER, _S.LOST, _DEVICES, _DO, _KEEPS, _MOVED),
    (_S.AWAITING_RECALL, _A.TRANSFER, _S.AWAITING_RECALL, _ALL, _DO, _KEEPS, _MOVED),
    (_S.RECALLED, _A.TRANSFER, _S.RECALLED, _DEVICES, _DO, _KEEPS, _MOVED),
    (_S.IN_USE, _A.HOLD, _S.HELD, _T, _DO, _LEAVES, _INTERNAL),
    (_S.HELD, _A.GIVE_BACK, _S.IN_USE, _T, _DO, _GETS, _INTERNAL),
    (_S.HANDED_OVER, _A.TAKE_BACK, _S.IN_STOCK, _CARRIED, _DO, _LEAVES, _INTERNAL),
    (_S.IN_USE, _A.TAKE_BACK, _S.IN_STOCK, _DEVICES, _DO, _LEAVES, _INTERNAL),
    (_S.HELD, _A.TAKE_BACK, _S.IN_STOCK, _T, _DO, _LEAVES, _INTERNAL),
    (_S.HANDED_OVER, _A.REPORT_LOCK, _S.LOCKED, _CARRIED, _TELL, _KEEPS, _REPORT),
    (_S.IN_USE, _A.REPORT_LOCK, _S.LOCKED, _CARRIED, _TELL, _KEEPS, _REPORT),
    # Whoever locked it has it in hand: it comes back as in use, and a missing paper stays a gap.
    (_S.LOCKED, _A.UNLOCK_DONE, _S.IN_USE, _CARRIED, _DO, _KEEPS, _FORM_06),
    (_S.IN_STOCK, _A.REPORT_DAMAGE, _S.DAMAGED, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.HANDED_OVER, _A.REPORT_DAMAGE, _S.DAMAGED, _CARRIED, _TELL, _KEEPS, _REPORT),
    (_S.IN_USE, _A.REPORT_DAMAGE, _S.DAMAGED, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.HELD, _A.REPORT_DAMAGE, _S.DAMAGED, _T, _TELL, _KEEPS, _REPORT),
    (_S.LOCKED, _A.REPORT_DAMAGE, _S.DAMAGED, _CARRIED, _TELL, _KEEPS, _REPORT),
    (_S.IN_STOCK, _A.REPORT_MISSING, _S.MISSING, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.HANDED_OVER, _A.REPORT_MISSING, _S.MISSING, _CARRIED, _TELL, _KEEPS, _REPORT),
    (_S.IN_USE, _A.REPORT_MISSING, _S.MISSING, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.HELD, _A.REPORT_MISSING, _S.MISSING, _T, _TELL, _KEEPS, _REPORT),
    (_S.LOCKED, _A.REPORT_MISSING, _S.MISSING, _CARRIED, _TELL, _KEEPS, _REPORT),
    (_S.DAMAGED, _A.REPORT_MISSING, _S.MISSING, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.AWAITING_RECALL, _A.REPORT_MISSING, _S.MISSING, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.RECALLED, _A.REPORT_MISSING, _S.MISSING, _DEVICES, _TELL, _KEEPS, _REPORT),
    (_S.MISSING, _A.CONFIRM_LOSS, _S.LOST, _DEVICES, _DO, _KEEPS, _FORM_09_SIGNED),
    (_S.MISSING, _A.FOUND, _BEFORE, _DEVICES, _DO, _KEEPS, _NOTHING),
    (_S.LOST, _A.FOUND, _BEFORE, _DEVICES, _DO, _KEEPS, _NOTHING),
    (_S.MISSING, _A.FOUND_AFTER_REVOCATION, _S.AWAITING_RECALL, _DEVICES, _DO, _KEEPS, _NOTICE),
    (_S.LOST, _A.FOUND_AFTER_REVOCATION, _S.AWAITING_RECALL, _DEVICES, _DO, _KEEPS, _NOTICE),
    (_S.HANDED_OVER, _A.AWAIT_RECALL, _S.AWAITING_RECALL, _CARRIED, _DO, _KEEPS, _NOTICE),
    (_S.IN_USE, _A.AWAIT_RECALL, _S.AWAITING_RECALL, _ALL, _DO, _KEEPS, _NOTICE),
    (_S.LOCKED, _A.AWAIT_RECALL, _S.AWAITING_RECALL, _CARRIED, _DO, _KEEPS, _NOTICE),
    (_S.DAMAGED, _A.AWAIT_RECALL, _S.AWAITING_RECALL, _DEVICES, _DO, _KEEPS, _NOTICE),
    # Who leaves hands it in on the last day, before any notice: to be recalled needs no waiting.
    (_S.IN_STOCK, _A.RECALL, _S.RECALLED, _DEVICES, _DO, _LEAVES, _NOTHING),
    (_S.HELD, _A.RECALL, _S.RECALLED, _T, _DO, _LEAVES, _NOTHING),
    (_S.HANDED_OVER, _A.RECALL, _S.RECALLED, _CARRIED, _DO, _LEAVES, _RECALL),
    (_S.IN_USE, _A.RECALL, _S.RECALLED, _DEVICES, _DO, _LEAVES, _RECALL),
    (_S.LOCKED, _A.RECALL, _S.RECALLED, _CARRIED, _DO, _LEAVES, _RECALL),
    (_S.DAMAGED, _A.RECALL, _S.RECALLED, _DEVICES, _DO, _LEAVES, _RECALL),
    (_S.AWAITING_RECALL, _A.RECALL, _S.RECALLED, _DEVICES, _DO, _LEAVES, _RECALL),
    (_S.AWAITING_RECALL, _A.CLOSE_ACCOUNT, _S.RECALLED, _ACCOUNT, _DO, _LEAVES, _NOTHING),
    (_S.RECALLED, _A.SEND_TO_AUTHORITY, _S.RETURNED_TO_CA, _DEVICES, _DO, _KEEPS, _FORM_08),
    (_S.RETURNED_TO_CA, _A.AUTHORITY_RECEIVED, _S.RETURNED_TO_CA, _DEVICES, _DO, _KEEPS, _FORM_08),
    (_S.RETURNED_TO_CA, _A.PARCEL_CAME_BACK, _S.RECALLED, _DEVICES, _DO, _KEEPS, _NOTHING),
)

MOVES: tuple[Move, ...] = tuple(Move(*row) for row in _ROWS)
_FOUND: Mapping[tuple[DeviceKind, DeviceState | None, CustodyAct], Move] = {
    (kind, move.from_, move.act): move for move in MOVES for kind in move.kinds
}

_FROM: Mapping[tuple[DeviceKind, DeviceState | None], tuple[Move, ...]] = {
    (kind, state): tuple(one for one in MOVES if kind in one.kinds and one.from_ is state)
    for kind in DeviceKind
    for state in (None, *DeviceState)
}


def move_of(kind: DeviceKind, state: DeviceState | None, act: CustodyAct) -> Move:
    """The move that this act makes from this state (None: not yet in the register).

    Raises IllegalMove, whose `message` says in Vietnamese why not and from where it is possible.
    """
    try:
        return _FOUND[kind, state, act]
    except KeyError:
        raise IllegalMove(kind, state, act, _why_not(kind, state, act)) from None


def acts_from(
    kind: DeviceKind, state: DeviceState | None, *, revocation_sent: bool = False
) -> tuple[Move, ...]:
    """The moves possible for a device, in the order of the table; these are its buttons.

    `revocation_sent`: Mẫu số 05 for its certificate has left the house; a device found afterwards
    waits to be recalled instead of going back to where it was.
    """
    unfit = CustodyAct.FOUND if revocation_sent else CustodyAct.FOUND_AFTER_REVOCATION
    return tuple(move for move in _FROM[kind, state] if move.act is not unfit)


def next_state(
    kind: DeviceKind,
    state: DeviceState | None,
    act: CustodyAct,
    *,
    before: DeviceState | None = None,
    evidence: Evidence = Evidence.DIGITAL,
    revocation_sent: bool = False,
) -> DeviceState:
    """The state after the act.

    `before` is the state in which the device went missing (`state_before`), which FOUND needs. The
    evidence is that at hand. Raises IllegalMove when the table does not have the move, the proof is
    too weak, or the way back is barred because Mẫu số 05 was sent (or was not).
    """
    move = move_of(kind, state, act)
    if not evidence.reaches(move.papers.evidence):
        raise IllegalMove(kind, state, act, PROOF_MISSING[move.papers.evidence])
    if move not in acts_from(kind, state, revocation_sent=revocation_sent):
        raise IllegalMove(kind, state, act, ASKS[act.value])
    if move.to is not None:
        return move.to
    if before not in LOSABLE:
        raise IllegalMove(kind, state, act, BEFORE_UNKNOWN)
    return before


def state_before(
    state: DeviceState | None, act: CustodyAct, before: DeviceState | None
) -> DeviceState | None:
    """What to remember as the state before the loss once the act is done; None when it is over."""
    if act is CustodyAct.REPORT_MISSING:
        return state
    return before if act in (CustodyAct.CONFIRM_LOSS, CustodyAct.TRANSFER) else None


def check_holder(state: DeviceState, *, has_holder: bool) -> tuple[Finding, ...]:
    """Whether a device in this state may, or must, have a person who holds it (house rule)."""
    if state in HOLDER_NEEDED and not has_holder:
        message = "Thiết bị đang ở người sử dụng thì phải ghi người giữ."
        return (finding("device.holder_missing", Severity.MUST, message, "Chọn người giữ."),)
    if state in HOLDER_FORBIDDEN and has_holder:
        message = "Thiết bị đang ở cơ quan hoặc đã nộp Cục thì không có người giữ."
        return (finding("device.holder_left", Severity.MUST, message, "Bỏ người giữ."),)
    return ()


@dataclass(frozen=True)
class Undo:
    """A wrong click that somebody wants to take back. `dependants` names what rests on it."""

    act: CustodyAct
    done_on: date
    done_by_id: int
    dependants: tuple[str, ...] = ()


def check_undo(undo: Undo, *, by_id: int, on: date) -> tuple[Finding, ...]:
    """Whether the last act on a device may be taken back: the same day, by the same person, while
    nothing rests on it (house rule). The log keeps both.
    """
    reasons = []
    if undo.done_on != on:
        reasons.append(("undo.another_day", "Chỉ bỏ được thao tác ghi nhầm trong cùng ngày."))
    if undo.done_by_id != by_id:
        reasons.append(("undo.another_person", "Chỉ người đã thực hiện mới bỏ được thao tác này."))
    if undo.dependants:
        things = ", ".join(undo.dependants)
        reasons.append(("undo.rested_upon", f"Đã có việc khác dựa trên thao tác này: {things}."))
    remedy = "Ghi một thao tác tiếp theo cho đúng thực tế và nêu lý do đính chính."
    return tuple(finding(code, Severity.MUST, words, remedy) for code, words in reasons)


def lifecycle_table_markdown(word: Callable[[StrEnum], str]) -> str:
    """The table for docs/lifecycle.md; `word` gives the Vietnamese word of a member (labels.py)."""
    heads = (
        "Từ",
        "Việc",
        "Đến",
        "Loại thiết bị",
        "Người giữ",
        "Giấy tờ",
        "Chứng cứ ít nhất",
        "Quyền",
    )
    lines = [f"| {' | '.join((*heads, 'Căn cứ'))} |", f"|{'---|' * (len(heads) + 1)}"]
    for move in MOVES:
        papers = move.papers
        cells = (
            word(move.from_) if move.from_ else "(chưa vào sổ)",
            word(move.act),
            word(move.to) if move.to else "(như trước khi mất)",
            ", ".join(word(kind) for kind in DeviceKind if kind in move.kinds),
            word(move.holder),
            f"Mẫu số {papers.form}" if papers.form.isdigit() else papers.form,
            word(papers.evidence) if papers.evidence is not Evidence.NONE else "",
            word(move.permission),
            f"`{papers.provision_key}`" if papers.provision_key else "quy tắc của phần mềm",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _why_not(kind: DeviceKind, state: DeviceState | None, act: CustodyAct) -> str:
    if not any(kind in move.kinds and move.act is act for move in MOVES):
        return KIND_ASKS[kind]
    return f"{STANDS[state]} {ASKS[act.value]}"
