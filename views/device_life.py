"""The life of one device for its page: what can be done, what cannot, its steps, hands and gaps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import current_app, url_for

from extensions import db
from labels import label
from models import Certificate, Device
from operations import custody
from operations.custody_checks import recall_facts_from
from operations.custody_history import LossPast, revocation_letters
from operations.paper_effects import waiting_for
from operations.paper_proofs import level_of_paper
from rules.certificates import SubscriberKind
from rules.days import vietnam_day, written
from rules.device_gaps import Step, gaps
from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence
from rules.findings import Finding
from rules.lifecycle import SUSPENSION_WORDS, CustodyAct, Move, acts_from
from rules.papers import PaperState
from rules.permissions import Permission
from rules.recalls import RecallFacts, check_recall
from schema.custody import CustodyMove, Paper
from views.current_law import calendar_on, law_of
from views.custody import SLUGS
from views.filters import gio
from views.guards import account
from views.handovers import ACTS, address_of

_A = CustodyAct
INCIDENTS = frozenset(
    {
        _A.REPORT_LOCK,
        _A.REPORT_DAMAGE,
        _A.REPORT_MISSING,
        _A.CONFIRM_LOSS,
        _A.FOUND,
        _A.FOUND_AFTER_REVOCATION,
    }
)
"""Acts that belong to an incident, where the report, the timers and Mẫu số 09 are."""
SELDOM = frozenset({_A.CORRECT_HOLDER, _A.AWAIT_RECALL, _A.PARCEL_CAME_BACK, _A.TAKE_BACK})
_LENDING = (_A.ENTRUST.value, _A.END_ENTRUSTMENT.value)
ELSEWHERE = {
    _A.TRANSFER: "thực hiện theo biến động nhân sự hoặc sắp xếp cơ quan, có biên bản điều chuyển."
}


def life_of(device: Device, certificates: Sequence[Certificate], today: date) -> dict[str, Any]:
    """Everything that the page of a device shows of its life, in a fixed number of statements.

    `certificates` are all that were ever on the device, with their people.
    """
    moves = custody.history(db.session(), device.id)
    waiting = waiting_for(db.session(), [device.id]).get(device.id)
    letters = revocation_letters(db.session(), [device.id])
    sent = device.id in LossPast.told_by(standing(moves), letters).revoked
    facts = recall_facts_from([device], {device.id: certificates}, letters)[device.id]
    entered = min((vietnam_day(one.created_at) for one in certificates), default=today)
    return {
        "acts": buttons(device, certificates, moves, waiting, revocation_sent=sent),
        "not_now": not_now(device, waiting),
        "hands": hands(device, moves, today),
        "gaps": [
            *gaps(
                device.kind, steps_of(device, moves, entered), on=today, law=law_of(device.agency)
            ),
            *_recall(device, facts, today),
        ],
        "steps": steps(device, moves),
        "waiting": waiting,
        "suspension": SUSPENSION_WORDS if device.kind is not DeviceKind.CENTRAL else "",
    }


def buttons(
    device: Device,
    certificates: Sequence[Certificate],
    moves: Sequence[CustodyMove],
    waiting: Paper | None,
    *,
    revocation_sent: bool,
) -> dict[str, list[dict[str, Any]]]:
    """The legal acts that this person may do, each with its page, in three groups: what comes next
    in a life, what went wrong, and what is seldom needed. None but the second while a paper waits.
    """
    pointless = _pointless(device, certificates, moves)
    found: dict[str, list[dict[str, Any]]] = {"next": [], "incident": [], "seldom": []}
    for move in acts_from(device.kind, device.state, revocation_sent=revocation_sent):
        url = "" if move.act in pointless else _page_of(move, device)
        if url and _may(move, device) and (waiting is None or move.act in INCIDENTS):
            words = ACTS[move.act].button if move.act in ACTS else label(move.act)
            group = "incident" if move.act in INCIDENTS else "next"
            group = "seldom" if move.act in SELDOM else group
            found[group].append({"label": words, "url": url, "act": move.act})
    return found


def _pointless(
    device: Device, certificates: Sequence[Certificate], moves: Sequence[CustodyMove]
) -> frozenset[CustodyAct]:
    """Legal moves that nothing calls for: a personal token is never lent, what has minutes needs
    none.
    """
    found = set()
    kinds = {one.kind for one in certificates}
    if SubscriberKind.INDIVIDUAL in kinds or not kinds:
        found |= {_A.ENTRUST, _A.END_ENTRUSTMENT}
    turns = [one.act for one in standing(moves) if one.act in _LENDING]
    if not turns or turns[-1] != _A.ENTRUST.value:
        found.add(_A.END_ENTRUSTMENT)
    if device.handover_minutes:
        found.add(_A.CONFIRM_STATUS)
    return frozenset(found)


def _page_of(move: Move, device: Device) -> str:
    if move.act in INCIDENTS:
        known = current_app.view_functions
        if "incidents.new" in known:
            asked = {"thiet-bi": device.id, "viec": move.act.name}
            return url_for("incidents.new", **asked)
        return ""
    if move.act is _A.PUT_IN_USE and device.kind is DeviceKind.PKI_TOKEN:
        return ""  # Follows from the signed Mẫu số 07.
    if move.act is _A.PUT_IN_USE and device.kind is DeviceKind.SIM_PKI:
        return url_for("custody.act", device_id=device.id, slug=SLUGS[move.act])
    if move.act in ACTS:
        return address_of(move.act, [device.id])
    if move.act in SLUGS:
        return url_for("custody.act", device_id=device.id, slug=SLUGS[move.act])
    return ""


def _may(move: Move, device: Device) -> bool:
    person = account()
    own = device.holder_id is not None and device.holder_id == person.user.person_id
    if move.permission is Permission.RECEIPT_CONFIRM:
        return own
    wanted = Permission.INCIDENT_EDIT if move.act in INCIDENTS else Permission.CUSTODY_MOVE
    over = person.can(wanted) and person.scope(wanted).covers(device.agency_id)
    return over or (own and move.act in INCIDENTS and person.can(move.permission))


def not_now(device: Device, waiting: Paper | None) -> list[dict[str, Any]]:
    """What people look for and cannot do now, with the reason."""
    found = []
    if waiting is not None:
        found.append(
            {
                "label": "Thao tác khác",
                "reason": f"đang chờ {label(waiting.kind).lower()} lập ngày "
                f"{written(waiting.made_on)} được xác nhận hoặc ký.",
                "remedy": {
                    "label": "Mở biên bản",
                    "url": url_for("papers.show", paper_id=waiting.id),
                },
            }
        )
    if device.kind is DeviceKind.CENTRAL:
        reason = "ký số tập trung chỉ có tài khoản của thuê bao, không có thiết bị để giao, nhận."
        found.append({"label": "Bàn giao, thu hồi thiết bị", "reason": reason})
    elif device.state is DeviceState.HANDED_OVER and device.kind is DeviceKind.PKI_TOKEN:
        found.append(
            {
                "label": "Đưa vào sử dụng",
                "reason": "người nhận xác nhận, hoặc lưu Mẫu số 07 đã ký thì sổ tự chuyển.",
            }
        )
    if device.state is DeviceState.IN_USE and device.kind is not DeviceKind.CENTRAL:
        found.append({"label": "Tạm dừng", "reason": SUSPENSION_WORDS})
    if device.state is DeviceState.IN_USE:
        found.append({"label": label(_A.TRANSFER), "reason": ELSEWHERE[_A.TRANSFER]})
    return found


# The past -----------------------------------------------------------------------------------------


def standing(moves: Sequence[CustodyMove]) -> list[CustodyMove]:
    """The moves that count: neither taken back nor taking one back."""
    taken_back = {one.undoes_id for one in moves if one.undoes_id is not None}
    return [one for one in moves if one.undoes_id is None and one.id not in taken_back]


def hands(device: Device, moves: Sequence[CustodyMove], today: date) -> list[dict[str, Any]]:
    """Whose hands it was in, newest first, with the paper of each step and what can be undone."""
    taken_back = {one.undoes_id for one in moves if one.undoes_id is not None}
    alive = standing(moves)
    last = alive[-1].id if alive else 0
    own = account().user.id
    found = []
    for one in reversed(moves):
        undone = one.id in taken_back
        word = label(CustodyAct(one.act))
        if one.act == _A.OPENING_BALANCE.value and device.handover_minutes:
            if all(each.paper is None for each in alive):  # Minutes made outside, by their number.
                word = f"Ghi số dư ban đầu (đang sử dụng, biên bản {device.handover_minutes})"
        what = f"Hoàn tác: {word}" if one.undoes_id is not None else word
        who = one.holder_after.full_name if one.holder_after else "cơ quan"
        state = label(one.state_after)
        undoable = (
            one.id == last
            and one.moved_by_id == own
            and one.state_before is not None
            and vietnam_day(one.moved_at) == today
            and (one.paper is None or one.paper.state is PaperState.ISSUED)
        )
        found.append(
            {
                "what": what + (" (đã hoàn tác)" if undone else ""),
                "when": f"ngày {written(one.moved_on)}",
                "who": f"ở {who}",
                "detail": " · ".join(filter(None, (state, one.reason))),
                "bad": undone,
                "recorded": gio(one.moved_at),
                "papers": _papers(one),
                "undo": url_for("custody.undo", move_id=one.id) if undoable else "",
            }
        )
    return found


def _papers(move: CustodyMove) -> list[dict[str, str]]:
    paper = move.paper
    if paper is None:
        return []
    number = f" số {paper.number}" if paper.number else ""
    url = url_for("papers.show", paper_id=paper.id)
    return [{"label": f"{label(paper.kind)}{number} – {label(paper.state)}", "url": url}]


def steps_of(device: Device, moves: Sequence[CustodyMove], entered: date) -> list[Step]:
    """The steps of a life for `rules/device_gaps.py`.

    A device that was entered without its history begins with what the register said of it then;
    `entered` is a day on which it was known.
    """
    alive = standing(moves)
    found: list[Step] = []
    if not alive or alive[0].state_before is not None:
        state = alive[0].state_before if alive else device.state
        found += _entry(device, state, alive, entered)
    for one in alive:
        level = Evidence.NONE
        if one.paper is not None and one.paper.state is not PaperState.CANCELLED:
            level = level_of_paper(one.paper, one.holder_after_id if _many(one.paper) else None)
        elif one.act == _A.OPENING_BALANCE.value and device.handover_minutes:
            level = Evidence.SCAN  # Older minutes on paper, known by their number.
        found.append(Step(CustodyAct(one.act), one.moved_on, level))
    return found


def _many(paper: Paper) -> bool:
    return paper.receiver_id is None


def _entry(
    device: Device, state: DeviceState | None, alive: Sequence[CustodyMove], entered: date
) -> list[Step]:
    described = (alive[0].described_before or {}) if alive else {}
    minutes = described.get("handover_minutes") if alive else device.handover_minutes
    known = Evidence.SCAN if minutes else Evidence.NONE
    first = device.received_on or device.handed_over_on
    on = first or (alive[0].moved_on if alive else entered)
    if device.kind is DeviceKind.CENTRAL:
        return [Step(_A.OPEN_ACCOUNT, on)]
    if state is DeviceState.IN_STOCK:
        return [Step(_A.RECEIVE, on, Evidence.SCAN)]
    if device.kind is DeviceKind.SIM_PKI and state is DeviceState.HANDED_OVER:
        return [Step(_A.REGISTER_SIM, on)]
    if state is DeviceState.IN_USE:
        return [Step(_A.OPENING_BALANCE, device.handed_over_on or on, known)]
    return []


def _recall(device: Device, facts: RecallFacts, today: date) -> Sequence[Finding]:
    if device.state is DeviceState.RETURNED_TO_CA:
        return ()
    law, calendar = law_of(device.agency), calendar_on(today)
    return check_recall(facts, on=today, law=law, calendar=calendar)


# The strip ----------------------------------------------------------------------------------------

_TROUBLE = (DeviceState.LOCKED, DeviceState.DAMAGED, DeviceState.MISSING, DeviceState.LOST)
_STRIP: tuple[tuple[str, frozenset[CustodyAct], frozenset[DeviceState]], ...] = (
    (
        "Nhận về cơ quan",
        frozenset({_A.RECEIVE, _A.OPEN_ACCOUNT, _A.REGISTER_SIM}),
        frozenset({DeviceState.IN_STOCK}),
    ),
    ("Bàn giao", frozenset({_A.HAND_OVER}), frozenset({DeviceState.HANDED_OVER})),
    (
        "Sử dụng",
        frozenset({_A.PUT_IN_USE, _A.CONFIRM_RECEIPT, _A.CONFIRM_STATUS}),
        frozenset({DeviceState.IN_USE, DeviceState.HELD, *_TROUBLE}),
    ),
    (
        "Thu hồi",
        frozenset({_A.RECALL, _A.CLOSE_ACCOUNT, _A.AWAIT_RECALL}),
        frozenset({DeviceState.AWAITING_RECALL, DeviceState.RECALLED}),
    ),
    (
        "Nộp về Cục",
        frozenset({_A.SEND_TO_AUTHORITY, _A.AUTHORITY_RECEIVED}),
        frozenset({DeviceState.RETURNED_TO_CA}),
    ),
)


# What a step is called, and whether it belongs to the life of that kind of device at all.
_OWN_WORDS: Mapping[DeviceKind, tuple[str, ...]] = {
    DeviceKind.SIM_PKI: ("", "Thuê bao nhận SIM", "Kích hoạt, sử dụng", "Thu hồi", "Nộp về Cục"),
    DeviceKind.HSM: ("Nhận về cơ quan", "", "Lắp đặt, sử dụng", "Thu hồi", "Nộp về Cục"),
    DeviceKind.CENTRAL: ("", "", "Mở tài khoản, sử dụng", "Đóng tài khoản", ""),
}


def steps(device: Device, moves: Sequence[CustodyMove]) -> list[dict[str, Any]]:
    """The strip of a life, each step with the day on which it was last reached; of a kind of device
    only the steps that it has.
    """
    alive = standing(moves)
    here = next(at for at, one in enumerate(_STRIP) if device.state in one[2])
    words = _OWN_WORDS.get(device.kind, tuple(one[0] for one in _STRIP))
    found: list[dict[str, Any]] = []
    for at, (name, acts, _states) in enumerate(_STRIP):
        days = [one.moved_on for one in alive if CustodyAct(one.act) in acts]
        day = days[-1] if days and at <= here else None
        step: dict[str, Any] = {"label": words[at] or name, "state": _look(at, here)}
        if at == 0:
            day = device.received_on or day
        if at == 1 and here >= 1:
            day = device.handed_over_on or day
            step["note"] = _minutes(device) if here < 3 else ""
        step["date"] = f"{day:%d/%m/%Y}" if day else ""
        if at == here:
            _mark_here(device, step, last=here == len(_STRIP) - 1)
        if words[at] or at == here:
            found.append(step)
    return found


def _look(at: int, here: int) -> str:
    return "done" if at < here else "now" if at == here else "todo"


def _minutes(device: Device) -> str:
    if device.handover_minutes:
        return f"Biên bản: {device.handover_minutes}"
    return "Chưa có biên bản" if device.kind is DeviceKind.PKI_TOKEN else ""


def _mark_here(device: Device, step: dict[str, Any], *, last: bool) -> None:
    if device.state in _TROUBLE or device.state is DeviceState.HELD:
        step |= {"state": "problem", "note": label(device.state)}
    elif device.state in (DeviceState.AWAITING_RECALL, DeviceState.RECALLED):
        step["note"] = label(device.state)
    elif last:
        step["state"] = "done"
