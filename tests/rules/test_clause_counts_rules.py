"""The figures of the clause map: those of the page are those of the files."""

from pathlib import Path

import pytest

from regulations import clause_map
from regulations.clause_counts import BEGIN, END, NoPlaceForCounts, counted, rewritten

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clause-map.md"


def test_the_page_shows_the_figures_of_the_files() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert rewritten(text, clause_map.charts()) == text


def test_every_regulation_has_its_line_and_every_open_clause_its_issue() -> None:
    tables = counted(clause_map.charts())
    assert all(f"| {key} |" in tables for key in clause_map.charts())
    assert "| **all** |" in tables
    assert "| 5 |" in tables.partition("## Open clauses by issue")[2]


@pytest.mark.parametrize("text", ["", BEGIN, END])
def test_a_text_without_both_marks_is_refused(text: str) -> None:
    with pytest.raises(NoPlaceForCounts):
        rewritten(text, {})
