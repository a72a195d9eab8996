"""From a provision to the place where it can be read: its clause, or its row among the values."""

from collections.abc import Iterator
from functools import cache

from flask import Flask, url_for

import regulations
from regulations.clause_map import charts
from rules.clauses import Chart, Part, Place
from rules.law import Instrument, Law, unmarked
from rules.law_parsing import Entry
from rules.provisions import Provision


def url_of(provision: Provision | None) -> str | None:
    """The address of the words of a provision; None for a rule of the house and for a law that is
    not kept here.

    A clause of a regulation is found in its whole text, however deep it lies; where the text has
    no such place, the nearest above it is shown. A provision of a decree is found in its row, or
    in the first row of its article.
    """
    if provision is None:
        return None
    instrument = _instrument(unmarked(provision.instrument))
    if instrument is not None and instrument.key in charts():
        place = _nearest(charts()[instrument.key], provision)
        return url_for(
            "law.regulation",
            regulation=slug(instrument.key),
            _anchor=place.anchor if place else None,
        )
    found = anchors().get(_place(provision))
    if found is None and instrument is not None and provision.article in articles_of(instrument):
        found = article_anchor(instrument, provision.article)
    return url_for("law.index", _anchor=found) if found else None


def law_url(provision: Provision | None) -> str:
    """The address of a provision's words; the page of the law itself where there are none."""
    return url_of(provision) or url_for("law.index")


def make_known(app: Flask) -> None:
    """Give every template the way to the law."""
    app.jinja_env.globals.update(law_url=law_url, clause_url=url_of)


def slug(key: str) -> str:
    """The key of an instrument as part of an address or an anchor."""
    return key.replace("_", "-")


def article_anchor(instrument: Instrument, article: str) -> str:
    """The anchor of the first row of an article."""
    return f"{slug(instrument.key)}-dieu-{article}"


def _nearest(chart: Chart, provision: Provision) -> Place | None:
    """The place in the text, or what it is a part of; None when the article is not there."""
    known = {clause.place for clause in chart.clauses}
    place: Place | None = Place(Part.ANNEX, provision.article, provision.clause, provision.point)
    while place is not None and place not in known:
        place = place.above
    return place


def _instrument(citation: str) -> Instrument | None:
    """The instrument of a citation; a draft whose number was entered is cited by that number."""
    if (found := _instruments().get(citation)) is not None:
        return found
    issued = [
        one
        for one in _instruments().values()
        if one.is_draft and citation.startswith(one.enacted_citation.partition("{number}")[0])
    ]
    return issued[0] if len(issued) == 1 else None


@cache
def _instruments() -> dict[str, Instrument]:
    return {one.citation: one for one in regulations.load().instruments}


def articles_of(instrument: Instrument) -> tuple[str, ...]:
    """The articles that any of its values and provisions stand in, in their order."""
    found = {entry.provision.article for entry in instrument.entries} - {""}
    return tuple(sorted(found, key=lambda article: (article.zfill(6), article)))


# Rows of values and provisions ------------------------------------------------------------------


def _place(provision: Provision) -> tuple[object, ...]:
    """What tells one provision from another, whether or not it is marked as a draft."""
    return (
        unmarked(provision.instrument),
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
        for name, entry in named(instrument):
            found.setdefault(_place(entry.provision), name)
    return found


def named(instrument: Instrument) -> Iterator[tuple[str, Entry]]:
    """Each entry with its own anchor; a key with several periods is numbered."""
    seen: dict[str, int] = {}
    for entry in instrument.entries:
        seen[entry.key] = seen.get(entry.key, 0) + 1
        again = f"-{seen[entry.key]}" if seen[entry.key] > 1 else ""
        name = f"{instrument.key}-{entry.key}{again}"
        yield name.replace(".", "-").replace("_", "-"), entry
