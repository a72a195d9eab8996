"""Gaps in the life of one device: steps without their paper, steps that do not join, loose ends.

A gap never stops the work; it is pointed out until a paper closes it. The duty to have minutes is
Tuyên Quang Điều 10.2a where that regulation applies, Điều 37 NĐ 68/2024/NĐ-CP elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rules.days import written
from rules.devices import DeviceKind, DeviceState
from rules.evidence import AGENCY_HANDS_OVER, INTERIM_DAYS, MINUTES_NEEDED, Evidence
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.lifecycle import CustodyAct, IllegalMove, Move, move_of, state_before
from rules.provisions import Provision

_A = CustodyAct


@dataclass(frozen=True)
class Step:
    """One act in the life of a device. `evidence` is the best proof at hand today."""

    act: CustodyAct
    on: date
    evidence: Evidence = Evidence.NONE


@dataclass(frozen=True)
class _Open:
    """A step whose paper is still missing."""

    step: Step
    form: str


# What a later paper also proves, beside its own step.
_PROVES: dict[CustodyAct, frozenset[CustodyAct]] = {
    _A.PUT_IN_USE: frozenset({_A.HAND_OVER}),
    _A.CONFIRM_STATUS: frozenset(_A) - {_A.SEND_TO_AUTHORITY, _A.CONFIRM_LOSS, _A.UNLOCK_DONE},
    _A.AUTHORITY_RECEIVED: frozenset({_A.SEND_TO_AUTHORITY}),
}
OPENING_WORDS = "Đang sử dụng, chưa có biên bản"


def gaps(kind: DeviceKind, steps: Sequence[Step], *, on: date, law: Law) -> tuple[Finding, ...]:
    """What is missing in the life of a device, in the order of its steps, seen on a day."""
    basis = ground(law, MINUTES_NEEDED, on=on) or ground(law, AGENCY_HANDS_OVER, on=on)
    return (
        *_check_order(steps),
        *_check_joins(kind, steps),
        *(_missing_paper(one, on, basis) for one in _open_papers(kind, steps)),
        *_check_end(steps, on, law),
    )


def _check_order(steps: Sequence[Step]) -> Iterator[Finding]:
    for earlier, later in pairwise(steps):
        if later.on < earlier.on:
            yield finding(
                "history.order",
                Severity.SHOULD,
                f"Lần giao nhận ghi sau có ngày {written(later.on)}, trước ngày "
                f"{written(earlier.on)} của lần ghi trước.",
                "Kiểm tra lại ngày trên biên bản và đính chính.",
            )


def _check_joins(kind: DeviceKind, steps: Sequence[Step]) -> Iterator[Finding]:
    """A step that the table does not have from where the device stood (imported histories)."""
    for step, move in _walk(kind, steps):
        if move is None:
            yield finding(
                "history.broken",
                Severity.SHOULD,
                f"Lịch sử không liền mạch: việc ghi ngày {written(step.on)} không thực hiện "
                "được từ trạng thái trước đó; có lần giao nhận chưa được ghi.",
                "Bổ sung lần giao nhận còn thiếu, hoặc lập biên bản xác nhận hiện trạng.",
            )


def _walk(kind: DeviceKind, steps: Sequence[Step]) -> Iterator[tuple[Step, Move | None]]:
    state: DeviceState | None = None
    before: DeviceState | None = None
    for step in steps:
        try:
            move = move_of(kind, state, step.act)
        except IllegalMove:
            yield step, None
            # Go on from where the act leads, so that one missing step is reported once.
            state, before = _leads_to(kind, step.act, before), None
            continue
        yield step, move
        after = move.to or before
        before = state_before(state, step.act, before)
        state = after


def _leads_to(kind: DeviceKind, act: CustodyAct, before: DeviceState | None) -> DeviceState | None:
    for state in DeviceState:
        try:
            return move_of(kind, state, act).to or before
        except IllegalMove:
            continue
    return before


def _open_papers(kind: DeviceKind, steps: Sequence[Step]) -> list[_Open]:
    still_open: list[_Open] = []
    for step, move in _walk(kind, steps):
        if step.evidence.closes_gap:
            proved = _PROVES.get(step.act, frozenset())
            still_open = [one for one in still_open if one.step.act not in proved]
        elif step.act is _A.OPENING_BALANCE:
            still_open.append(_Open(step, ""))
        elif move is not None and move.papers.form:
            still_open.append(_Open(step, move.papers.form))
    return still_open


def _missing_paper(one: _Open, on: date, basis: Provision | None) -> Finding:
    day = written(one.step.on)
    if not one.form:
        return finding(
            "gap.opening",
            Severity.SHOULD,
            f"{OPENING_WORDS} (ghi số dư ban đầu ngày {day}).",
            "Lập biên bản xác nhận hiện trạng, có thể cho nhiều người cùng lúc.",
            basis,
        )
    paper = f"Mẫu số {one.form}" if one.form.isdigit() else one.form
    if one.step.evidence is Evidence.INTERIM:
        fresh = (on - one.step.on).days <= INTERIM_DAYS
        return finding(
            "gap.interim",
            Severity.INFO if fresh else Severity.SHOULD,
            f"Ngày {day}: mới có xác nhận tạm thời, chưa có bản ký của {paper}.",
            "Lưu bản quét giấy tờ đã ký, hoặc để các bên ký số.",
            basis,
        )
    return finding(
        "gap.paper",
        Severity.SHOULD,
        f"Ngày {day}: chưa có {paper} đã ký.",
        "Lưu bản quét giấy tờ đã ký, hoặc để các bên ký số.",
        basis,
    )


def _check_end(steps: Sequence[Step], on: date, law: Law) -> Iterator[Finding]:
    acts = [step.act for step in steps]
    if acts and acts[-1] is _A.SEND_TO_AUTHORITY:
        yield finding(
            "gap.not_received",
            Severity.INFO,
            f"Đã gửi thiết bị về Cục ngày {written(steps[-1].on)}, chưa ghi ngày Cục nhận.",
            "Tra mã bưu gửi rồi ghi ngày Cục nhận.",
            ground(law, "form.return_to_authority", on=on),
        )
