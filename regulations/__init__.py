"""The law as data, one TOML file per instrument; reading the files is all that happens here."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from rules.law import Law


@cache
def load() -> Law:
    """The law from every `*.toml` beside this file, read once; LawError says what is wrong."""
    return Law.parse(texts())


def texts() -> Mapping[str, str]:
    """The TOML text of every file by its name, unread: what `Law.parse` and `Law.errors` take."""
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in resources.files(__name__).iterdir()
        if entry.name.endswith(".toml")
    }
