"""The law the program goes by: every value and provision, its words, and how sure we are of it."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from flask import Blueprint, Flask, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

import clock
import regulations
from rules.law import Instrument, Law
from rules.law_parsing import Entry
from rules.permissions import Permission
from rules.provisions import Provision
from views.guards import requires
from views.law_words import KEY_WORDS

bp = Blueprint("law", __name__, url_prefix="/can-cu-phap-ly")

_DRAFT_MARK = " (dự thảo)"


@bp.get("")
@requires(Permission.LAW_VIEW)
def index() -> ResponseReturnValue:
    """Every instrument with its values and provisions; what is only inferred is named apart."""
    law, today = regulations.load(), clock.today()
    instruments = [
        {
            "row": one,
            "anchor": one.key.replace("_", "-"),
            "entries": [_shown(one, name, entry, today) for name, entry in _named(one)],
        }
        for one in sorted(law.instruments, key=_newest_first)
    ]
    weak = [shown for one in instruments for shown in one["entries"] if not shown["may_refuse"]]
    return render_template(
        "law/index.html", instruments=instruments, weak=weak, problems=law.problems()
    )


def _newest_first(one: Instrument) -> tuple[bool, int, str]:
    """Decrees before what lies over them, the newest first."""
    issued = one.issued_on.toordinal() if one.issued_on else 0
    return one.over is not None, -issued, one.citation


def _shown(instrument: Instrument, name: str, entry: Entry, today: date) -> dict[str, Any]:
    return {
        "entry": entry,
        "words": KEY_WORDS.get(entry.key, entry.key),
        "anchor": name,
        "value": _value(entry),
        "place": entry.provision.citation.removesuffix(instrument.citation).strip(),
        "may_refuse": entry.provision.certainty.may_refuse,
        "in_force": entry.provision.in_force(today),
    }


def _value(entry: Entry) -> str:
    if entry.value is None:
        return ""
    if isinstance(entry.value, bool):
        return "có" if entry.value else "không"
    return f"{entry.value} {entry.unit}".strip()


# Addresses of provisions --------------------------------------------------------------------------


def _place(provision: Provision) -> tuple[object, ...]:
    """What tells one provision from another, whether or not it is marked as a draft."""
    return (
        provision.instrument.removesuffix(_DRAFT_MARK),
        provision.article,
        provision.clause,
        provision.point,
        provision.form,
        provision.quote,
        provision.effective_from,
        provision.effective_until,
    )


@cache
def anchors() -> dict[tuple[object, ...], str]:
    """The anchor of each provision on the page; provisions of the same words share the first."""
    return anchors_of(regulations.load())


def anchors_of(law: Law) -> dict[tuple[object, ...], str]:
    """The anchors for a given law."""
    found: dict[tuple[object, ...], str] = {}
    for instrument in law.instruments:
        for name, entry in _named(instrument):
            found.setdefault(_place(entry.provision), name)
    return found


def _named(instrument: Instrument) -> Iterator[tuple[str, Entry]]:
    """Each entry with its own anchor; a key with several periods is numbered."""
    seen: dict[str, int] = {}
    for entry in instrument.entries:
        seen[entry.key] = seen.get(entry.key, 0) + 1
        again = f"-{seen[entry.key]}" if seen[entry.key] > 1 else ""
        name = f"{instrument.key}-{entry.key}{again}"
        yield name.replace(".", "-").replace("_", "-"), entry


def law_url(provision: Provision | None) -> str:
    """The address of the row that shows this provision; the page itself when it is not there."""
    found = anchors().get(_place(provision)) if provision is not None else None
    return url_for("law.index", _anchor=found)


def _make_known(state: BlueprintSetupState) -> None:
    app: Flask = state.app
    app.jinja_env.globals["law_url"] = law_url


bp.record(_make_known)
