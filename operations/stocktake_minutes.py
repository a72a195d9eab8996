"""The closing minutes of a stocktake and what follows from it, from its items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from audit import Actor
from models import Certificate, Device, Person
from operations import paper_lines
from operations.custody_checks import certificates_on, living
from operations.follow_ups import Item as Proposal
from operations.papers import Draw, Line, make_in
from operations.stocktake_counts import Sheet
from rules.devices import DeviceState
from rules.grounds import ground
from rules.law import Law
from rules.papers import PaperKind
from rules.stocktakes import (
    COUNTING_REQUIRED,
    FOLLOW_UPS,
    NOT_EXPECTED,
    CountOutcome,
    FollowUpAct,
    Item,
)
from schema.custody import Paper
from schema.stocktakes import Stocktake, StocktakeItem, StocktakeMember

CODE = "stocktake.{}"
"""Codes of the follow-ups: "stocktake.report_loss" and so on, by `FollowUpAct`."""
HAND_BACK = "stocktake.hand_back"
UNKNOWN_KIND = ""
"""Of a thing that no book has: nobody said yet what kind of device it is."""
_LONGEST_CONCLUSION = 1000
_GONE = frozenset({DeviceState.MISSING, *NOT_EXPECTED})
_WHERE_FOUND = frozenset({FollowUpAct.CORRECT_HOLDER, FollowUpAct.ENTER_IN_REGISTER})


@dataclass(frozen=True)
class Words:
    """What is typed at the closing. `reason` answers warnings and stands in the minutes."""

    place: str = ""
    conclusion: str = ""
    reason: str = ""
    digital: bool = False


def make_minutes(
    session: Session,
    row: Stocktake,
    sheet: Sheet,
    items: Sequence[Item],
    actor: Actor,
    words: Words,
    draw: Draw,
) -> Paper:
    """Draw and freeze the minutes inside the closing's transaction. Raises `Refused`."""
    managing = paper_lines.managing_agency(session, row.agency)
    differing = [one for one in items if one.outcome is not CountOutcome.RIGHT]
    devices = [one.device for one in map(sheet.row_of, differing) if one.device is not None]
    certificates = certificates_on(session, devices)
    wanted = {one.person_id for one in row.members}
    wanted |= {each for one in differing if (each := sheet.row_of(one).expected_holder_id)}
    people = paper_lines.people(session, wanted)
    when = [count.counted_at for one in items for count in one.counts]
    told = {
        "agency": paper_lines.of_agency(managing),
        "name": row.name,
        "decision": row.basis,
        "committee": [_seat(one, people, actor.today) for one in row.members],
        "scope": _scope(row),
        "book_at": row.opened_at.isoformat(),
        "counted_from": min(when).isoformat() if when else "",
        "counted_until": max(when).isoformat() if when else "",
        "ways": sorted({count.way.name for one in items for count in one.counts}),
        "tallies": tallies(sheet, items),
        "conclusions": _conclusions(words),
        "copies": 2,
        "medium": "digital" if words.digital else "wet",
    }
    return make_in(
        session,
        actor=actor,
        kind=PaperKind.STOCKTAKE,
        agency_id=managing.id,
        made_on=actor.today,
        lines=[_line(sheet, one, certificates, people, actor.today) for one in differing],
        giver_id=None,
        receiver_id=None,
        particulars=told,
        draw=draw,
        place=words.place or f"Trụ sở {managing.name}",
    )


def _seat(one: StocktakeMember, people: Mapping[int, Person], on: date) -> dict[str, Any]:
    told = paper_lines.of_person(people.get(one.person_id), on)
    return {**told, "part": one.part, "person_id": one.person_id}


def tallies(sheet: Sheet, items: Sequence[Item]) -> list[dict[str, Any]]:
    """By the book and in fact, for each kind of device; names of kinds and outcomes."""
    found: dict[str, dict[str, Any]] = {}
    for one in items:
        device = sheet.row_of(one).device
        kind = device.kind.name if device is not None else UNKNOWN_KIND
        row = found.setdefault(
            kind, {"kind": kind, "book": 0, **{each.name: 0 for each in CountOutcome}}
        )
        row[one.outcome.name] += 1
        row["book"] += one.outcome is not CountOutcome.SURPLUS
    return [found[kind] for kind in sorted(found, reverse=True)]


def proposals(
    sheet: Sheet, items: Sequence[Item], law: Law, on: date, owners: Mapping[str, str]
) -> Iterator[Proposal]:
    """What must follow, thing by thing; what was not counted is one line for all. `owners`: by the
    code of a thing that is in no book here, the agency in whose register it is.
    """
    left = 0
    for one in items:
        act = FOLLOW_UPS[one.outcome]
        if act is FollowUpAct.COUNT_LATER:
            left += 1
        elif act is not None and not settled(row := sheet.row_of(one)):
            owner = owners.get(row.code_seen, "")
            yield Proposal(
                code=HAND_BACK if owner else CODE.format(act.value),
                sentence=_handed_back(row, owner) if owner else _sentence(act, row),
                device_id=row.device_id,
                person_id=row.found_holder_id if act in _WHERE_FOUND else None,
                code_seen=row.code_seen,
            )
    if left:
        duty = ground(law, COUNTING_REQUIRED, on=on)
        yield Proposal(
            code=CODE.format(FollowUpAct.COUNT_LATER.value),
            sentence=f"Kiểm bổ sung {left} thiết bị chưa kiểm trong đợt này.",
            basis=duty.citation if duty is not None else "",
        )


def settled(row: StocktakeItem) -> bool:
    """True when the books have caught up since the opening: handed over, reported, written off."""
    device, outcome = row.device, CountOutcome(row.outcome)
    if device is None:
        return False
    if outcome is CountOutcome.WRONG_HOLDER:
        return row.found_holder_id is not None and device.holder_id == row.found_holder_id
    if outcome is CountOutcome.MISSING:
        return device.state in _GONE
    return outcome is CountOutcome.DAMAGED and device.state is DeviceState.DAMAGED


def _handed_back(row: StocktakeItem, owner: str) -> str:
    return (
        f"Thiết bị mang số hiệu “{row.code_seen}”: có trong sổ của {owner}. Trả lại cơ quan đó, "
        "giữ giấy giao nhận rồi ghi là đã xong."
    )


def _sentence(act: FollowUpAct, row: StocktakeItem) -> str:
    device = row.device
    name = device.internal_code if device is not None else f"có mã “{row.code_seen}”"
    if act is FollowUpAct.REPORT_LOSS:
        return f"Thiết bị {name}: kiểm kê không thấy. Tìm lại; không thấy thì báo mất."
    if act is FollowUpAct.REPORT_DAMAGE:
        return f"Thiết bị {name}: kiểm kê thấy bị hỏng. Báo hỏng để thu hồi, đề nghị cấp mới."
    if act is FollowUpAct.CORRECT_HOLDER:
        booked = row.expected_holder.full_name if row.expected_holder else "không ai"
        found = row.found_holder.full_name if row.found_holder else "người khác"
        return (
            f"Thiết bị {name}: sổ ghi {booked} giữ, thực tế {found} giữ. Đổi lại cho đúng, hoặc "
            "lập biên bản đính chính người giữ."
        )
    if device is None:
        return f"Thiết bị {name}: không có trong sổ. Xác minh nguồn gốc rồi ghi vào sổ."
    return f"Thiết bị {name}: thấy khi kiểm kê, {_not_expected(device)}"


def _not_expected(device: Device) -> str:
    """Why a device of the register stood in no list, and what settles it."""
    if device.state in (DeviceState.LOST, DeviceState.MISSING):
        return "nhưng sổ ghi đã mất. Ghi việc tìm thấy."
    if device.state is DeviceState.RETURNED_TO_CA:
        return "nhưng sổ ghi đã nộp về Cục. Xác minh; bưu gửi bị trả lại thì ghi lại vào sổ."
    kept = f", do {device.holder.full_name} giữ" if device.holder is not None else ""
    return (
        f"nhưng sổ ghi thuộc {device.agency.name}{kept}. Trả lại nơi đó, hoặc lập biên bản theo "
        "đúng người đang giữ."
    )


def _line(
    sheet: Sheet,
    one: Item,
    certificates: dict[int, list[Certificate]],
    people: dict[int, Person],
    on: date,
) -> Line:
    row = sheet.row_of(one)
    kept = {"list": one.outcome.name, "settled": settled(row)}
    found_with = row.found_holder.full_name if row.found_holder is not None else ""
    if row.device is None:
        told = {"device_serial": row.code_seen, "found_with": found_with, **kept}
        return Line(note=row.note[:300], particulars=told)
    holder = people.get(row.expected_holder_id or 0)
    own = certificates.get(row.device.id, [])
    title = paper_lines.title_of(holder, on) if holder else ""
    told = paper_lines.of_device(row.device, own, on=on, holder=holder, title=title)
    known = living(own, on)
    return Line(
        device_id=row.device.id,
        certificate_id=known[-1].id if known else None,
        person_id=row.expected_holder_id,
        note=row.note[:300],
        particulars={**told, "found_with": found_with, **kept},
    )


def _scope(row: Stocktake) -> str:
    below = ", gồm các đơn vị trực thuộc" if row.with_subtree else ", không gồm đơn vị trực thuộc"
    return f"thiết bị lưu khóa bí mật của {row.agency.name}{below}"


def _conclusions(words: Words) -> list[str]:
    lines = [one.strip() for one in words.conclusion[:_LONGEST_CONCLUSION].splitlines()]
    found = [one for one in lines if one]
    if words.reason.strip():
        found.append(f"Lý do khóa sổ khi còn lưu ý: {words.reason.strip()[:500]}")
    return found
