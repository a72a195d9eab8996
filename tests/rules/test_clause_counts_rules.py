"""The figures of the clause map: those of the page are those of the files."""

from dataclasses import replace
from pathlib import Path

import pytest

from regulations import clause_map
from regulations.clause_counts import BEGIN, END, NoPlaceForCounts, counted, rewritten
from rules.clauses import ClauseKind

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clause-map.md"


def test_the_page_shows_the_figures_of_the_files() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert rewritten(text, clause_map.charts()) == text


def test_every_regulation_has_its_line_and_every_open_clause_its_issue() -> None:
    charts = clause_map.charts()
    tables = counted(charts)
    assert all(f"| {key} |" in tables for key in charts)
    assert "| **all** |" in tables
    assert tables.endswith("No clause is open.")
    key, chart = next(iter(charts.items()))
    first, *others = chart.clauses
    waiting = replace(chart, clauses=(replace(first, kind=ClauseKind.OPEN, issue=7), *others))
    assert "\n| 7 | 1 | " in counted({**charts, key: waiting}).partition("## Open clauses")[2]


@pytest.mark.parametrize("text", ["", BEGIN, END])
def test_a_text_without_both_marks_is_refused(text: str) -> None:
    with pytest.raises(NoPlaceForCounts):
        rewritten(text, {})
