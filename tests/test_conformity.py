"""docs/conformity.md may only point to tests that exist."""

import re

from config import ROOT


def test_every_test_that_the_statement_of_conformity_names_exists() -> None:
    page = (ROOT / "docs/conformity.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", page))
    files = (ROOT / "tests").rglob("test_*.py")
    known = {
        name
        for file in files
        for name in re.findall(r"^ *def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 40
    assert not named - known


def test_nothing_whose_words_were_not_found_is_claimed_to_be_met() -> None:
    page = (ROOT / "docs/conformity.md").read_text(encoding="utf-8")
    for row in page.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) >= 3 and cells[1] == "NOT FOUND":
            assert cells[2] == "Không đánh giá được", row
