"""The law the program goes by: every value and provision, its words, and how sure we are of it."""

from datetime import date
from typing import Any

from flask import Blueprint, Flask, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

import clock
import regulations
from regulations.clause_map import charts
from rules.clauses import ClauseKind
from rules.law import Instrument
from rules.law_parsing import Entry
from rules.permissions import Permission
from rules.regulation_status import standing
from views.clauses import KIND_WORDS, chapters_of, chart_at, regulation_list
from views.current_law import current_law
from views.guards import account, requires
from views.law_links import article_anchor, articles_of, make_known, named, slug
from views.law_words import KEY_WORDS

bp = Blueprint("law", __name__, url_prefix="/can-cu-phap-ly")


@bp.get("")
@requires(Permission.LAW_VIEW)
def index() -> ResponseReturnValue:
    """Every instrument with its values and provisions; what is only inferred is named apart."""
    law, today = current_law(), clock.today()
    instruments: list[dict[str, Any]] = [
        {
            "row": one,
            "anchor": slug(one.key),
            "standing": standing(one, on=today),
            "entries": _rows(one, today),
            "articles": {article: article_anchor(one, article) for article in articles_of(one)},
            "text": slug(one.key) if one.key in charts() else None,
        }
        for one in sorted(law.instruments, key=_newest_first)
    ]
    weak = [shown for one in instruments for shown in one["entries"] if not shown["may_refuse"]]
    return render_template(
        "law/index.html",
        instruments=instruments,
        weak=weak,
        problems=law.problems(),
        regulations=regulation_list(today),
    )


@bp.get(f"/<any({', '.join(map(repr, map(slug, charts())))}):regulation>")
@requires(Permission.LAW_VIEW)
def regulation(regulation: str) -> ResponseReturnValue:
    """The whole wording of one regulation, and what the program does about each clause."""
    chart = chart_at(regulation)
    instrument = next(one for one in current_law().instruments if one.key == chart.key)
    kind = KIND_WORDS.get(request.args.get("loai", ""))
    return render_template(
        "law/regulation.html",
        row=instrument,
        standing=standing(instrument, on=clock.today()),
        counts=chart.counts(),
        leads=chart.counts()[ClauseKind.PARTS],
        chapters=chapters_of(chart, kind, account()),
        kind=kind,
        choices=[
            (word, one, url_for("law.regulation", regulation=regulation, loai=word))
            for word, one in KIND_WORDS.items()
        ],
        whole_url=url_for("law.regulation", regulation=regulation),
        values_url=url_for("law.index", _anchor=regulation),
        enact_url=enact_url(chart.key),
    )


def enact_url(key: str) -> str | None:
    """Where number and days of a draft are entered; None for others, and for who may not."""
    draft = any(one.key == key and one.is_draft for one in regulations.load().instruments)
    if not draft or not account().can(Permission.REGULATION_EDIT):
        return None
    return url_for("regulation_acts.enact", regulation=slug(key))


def _newest_first(one: Instrument) -> tuple[bool, int, str]:
    """Decrees before what lies over them, the newest first."""
    issued = one.issued_on.toordinal() if one.issued_on else 0
    return one.over is not None, -issued, one.citation


def _rows(instrument: Instrument, today: date) -> list[dict[str, Any]]:
    """Its entries; the first of each article carries the anchor of the article."""
    rows = [_shown(instrument, name, entry, today) for name, entry in named(instrument)]
    seen = {""}
    for row in rows:
        article = row["entry"].provision.article
        row["begins"] = None if article in seen else article_anchor(instrument, article)
        seen.add(article)
    return rows


def _shown(instrument: Instrument, name: str, entry: Entry, today: date) -> dict[str, Any]:
    return {
        "entry": entry,
        "words": KEY_WORDS.get(entry.key, entry.key),
        "anchor": name,
        "value": entry.shown,
        "place": entry.provision.citation.removesuffix(instrument.citation).strip(),
        "may_refuse": entry.provision.certainty.may_refuse,
        "in_force": entry.provision.in_force(today),
    }


def _make_known(state: BlueprintSetupState) -> None:
    app: Flask = state.app
    make_known(app)


bp.record(_make_known)
