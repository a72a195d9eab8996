"""Biên bản kiểm kê from its row: committee, figures and lists as they were at the closing."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import clock
from labels import label
from letters import stocktake_minutes
from letters.stocktake_minutes import Member, StocktakeMinutes, Tally
from rules.devices import DeviceKind
from rules.names import spelt_out
from rules.papers import PaperKind
from rules.stocktakes import FOLLOW_UPS, CountOutcome, CountWay
from schema.custody import Paper
from views.papers_data import Letter, lines, maker, person, record

_LISTS = {
    CountOutcome.MISSING: "missing",
    CountOutcome.SURPLUS: "surplus",
    CountOutcome.WRONG_HOLDER: "wrong_holder",
    CountOutcome.DAMAGED: "broken",
    CountOutcome.NOT_COUNTED: "uncounted",
}


SETTLED = "Sổ đã ghi lại sau khi chốt số liệu"
ELSEWHERE = "Có trong sổ, ngoài danh sách của đợt này; xác minh, ghi lại nơi giữ"


@maker(PaperKind.STOCKTAKE)
def _stocktake(paper: Paper) -> Letter:
    told = paper.particulars
    data = StocktakeMinutes(
        **record(paper),
        decision=str(told.get("decision") or ""),
        committee=tuple(
            Member(person=person(one), role=str(one.get("part") or ""))
            for one in told.get("committee", ())
        ),
        scope=_ended(spelt_out(str(told.get("scope") or ""))),
        counted_from=_instant(told.get("counted_from")),
        counted_until=_instant(told.get("counted_until")),
        book_at=_instant(told.get("book_at")),
        methods=_ended(", ".join(_small(CountWay[one]) for one in told.get("ways", ()))),
        tallies=tuple(_tally(one) for one in told.get("tallies", ())),
        conclusions=tuple(told.get("conclusions", ())),
        **_lists(paper),
    )
    return Letter(stocktake_minutes, data)


def _lists(paper: Paper) -> dict[str, Any]:
    """The lines of the paper by what was found; each remark says what will be done, if anything."""
    found: dict[str, list[Any]] = {name: [] for name in _LISTS.values()}
    for row, line in zip(paper.lines, lines(paper), strict=True):
        outcome = CountOutcome[row.particulars["list"]]
        act = FOLLOW_UPS[outcome]
        wanted = label(act) if act is not None else ""
        if outcome is CountOutcome.SURPLUS and row.device_id is not None:
            wanted = ELSEWHERE
        remarks = [line.remark, SETTLED if row.particulars.get("settled") else wanted]
        shown = ". ".join(one.rstrip(".") for one in remarks if one)
        found[_LISTS[outcome]].append(replace(line, remark=shown))
    return {name: tuple(each) for name, each in found.items()}


def _tally(told: dict[str, Any]) -> Tally:
    kind = told["kind"]
    return Tally(
        device_kind=label(DeviceKind[kind]) if kind else "Chưa rõ loại",
        book=told["book"],
        right=told[CountOutcome.RIGHT.name],
        **{name: told[outcome.name] for outcome, name in _LISTS.items()},
    )


def _ended(words: str) -> str:
    return f"{words}." if words else ""


def _small(way: CountWay) -> str:
    word = label(way)
    return word[0].lower() + word[1:]


def _instant(told: Any) -> str:
    if not told:
        return ""
    at = datetime.fromisoformat(str(told)).astimezone(clock.VIETNAM)
    return f"{at:%H} giờ {at:%M} phút ngày {at:%d/%m/%Y}"
