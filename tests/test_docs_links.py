"""Links and pictures of the pages in docs lead somewhere, and every page is led to."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

import version
from config import ROOT
from signing import agent

HOW_TO = ROOT / "docs/how-to"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def targets(page: Path) -> list[Path]:
    """What a page links to or shows within the repository."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [one.split("#")[0] for one in found if "://" not in one and not one.startswith("#")]
    return [(page.parent / unquote(one)).resolve() for one in inside]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_exist(page: Path) -> None:
    assert [one for one in targets(page) if not one.exists()] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = {PAGES[0]}, [PAGES[0]]
    while waiting:
        page = waiting.pop()
        folders = [one for one in targets(page) if one.is_dir()]
        found = [*targets(page), *(each for one in folders for each in one.glob("*.md"))]
        new = {one for one in found if one.suffix == ".md"} - reached
        reached |= new
        waiting += new
    assert {str(page.relative_to(ROOT)) for page in set(PAGES) - reached} == set()


def test_the_index_of_the_how_to_lists_every_page() -> None:
    listed = set(targets(HOW_TO / "README.md"))
    assert {one.name for one in HOW_TO.glob("*.md") if one not in listed} == {"README.md"}


def test_the_newest_version_of_the_changelog_is_the_one_that_the_programs_tell() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d+\.\d+\.\d+)\] – \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)[0]
    assert newest == version.VERSION == agent.VERSION
