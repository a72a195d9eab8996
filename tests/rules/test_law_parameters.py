"""docs/law-parameters.md names every parameter of the law, with its words and who sets it."""

import re
from pathlib import Path

import regulations
from rules.law import Law

PAGE = Path(__file__).resolve().parents[2] / "docs" / "law-parameters.md"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def written() -> dict[str, set[str]]:
    """The words of the program per key, as the page has them."""
    text = PAGE.read_text(encoding="utf-8")
    return {row[0]: set(re.findall("`([^`]+)`", row[3])) for row in ROW.findall(text)}


def used(law: Law) -> dict[str, set[str]]:
    """The words of the program per key, as the files have them."""
    found: dict[str, set[str]] = {}
    for one in law.instruments:
        for entry in one.parameters:
            words = found.setdefault(entry.key, set())
            if entry.words:
                value = entry.value
                words.update(value if isinstance(value, tuple) else [str(value)])
    return found


def test_every_parameter_of_the_law_is_on_the_page_with_its_words() -> None:
    assert written() == used(regulations.load())


def test_the_page_lists_the_keys_in_order_and_once() -> None:
    keys = [row[0] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert keys == sorted(set(keys))
