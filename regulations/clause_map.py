"""The wording of the regulations and the clause map over it; reading the files is all that happens.

`texts/<key>.txt` is the regulation as published, one paragraph a line; `clauses/<key>.toml` has a
row for each of its clauses. The keys are the names of the regulations themselves.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from rules.clauses import Chart, Passage, Place, chart_of, passages_of


@cache
def charts() -> Mapping[str, Chart]:
    """Each regulation's map by its key, in the order of the provinces; read once.

    LawError says what is wrong with a file.
    """
    folder = resources.files("regulations") / "clauses"
    names = (entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    read = [
        chart_of(name.removesuffix(".toml"), tomllib.loads((folder / name).read_text("utf-8")))
        for name in sorted(names)
    ]
    return MappingProxyType({chart.key: chart for chart in read})


@cache
def passages(key: str) -> Mapping[Place, Passage]:
    """The wording of a regulation by place, in the order of its text; read once."""
    text = (resources.files("regulations") / "texts" / f"{key}.txt").read_text("utf-8")
    return MappingProxyType({passage.place: passage for passage in passages_of(text)})
