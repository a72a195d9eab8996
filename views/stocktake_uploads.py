"""What a telephone sends of a stocktake: JSON that may come late, twice and in any order.

Its clock may be wrong: what counts is how long before the sending something was counted.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from labels import label
from operations.stocktake_counts import Answer, Sighting
from rules.stocktakes import CountOutcome, CountWay

MOST_BACK = timedelta(days=60)
"""Longer ago than any campaign runs; a clock that says more is broken."""


class BadUpload(Exception):
    """The body is not what our own page sends."""


def sightings_of(payload: Any, *, now: datetime, opened_at: datetime) -> list[Sighting]:
    """The sightings of a body {"now": ms, "counts": [{id, at, code, holder, damaged, note}]}.

    Raises `BadUpload` when it has another shape.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("counts"), list):
        raise BadUpload
    sent = _number(payload.get("now"))
    return [_sighting(one, sent, now, opened_at) for one in payload["counts"]]


def _sighting(told: Any, sent: float, now: datetime, opened_at: datetime) -> Sighting:
    if not isinstance(told, dict):
        raise BadUpload
    holder = told.get("holder")
    if holder is not None and (not isinstance(holder, int) or isinstance(holder, bool)):
        raise BadUpload
    ago = timedelta(milliseconds=min(max(sent - _number(told.get("at")), 0), _MOST_MS))
    return Sighting(
        client_id=_text(told.get("id")),
        counted_at=max(now - ago, min(opened_at, now)),
        code=_text(told.get("code")),
        damaged=told.get("damaged") is True,
        found_holder_id=holder,
        way=CountWay.SCAN,
        note=_text(told.get("note", "")),
    )


_MOST_MS = MOST_BACK / timedelta(milliseconds=1)


def _number(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not abs(told) < 1e16:
        raise BadUpload
    return float(told)


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise BadUpload
    return told


def as_json(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """Answers as the page reads them; `outcome` is the word on screen, `as_booked` that nobody need
    look twice."""
    return [
        {
            "id": one.client_id,
            "outcome": label(one.outcome) if one.outcome is not None else "",
            "as_booked": one.outcome in (CountOutcome.RIGHT, CountOutcome.DAMAGED),
            "repeated": one.repeated,
            "problem": one.problem,
        }
        for one in answers
    ]
