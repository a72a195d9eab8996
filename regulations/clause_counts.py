"""The figures of the clause map as docs/clause-map.md shows them, so that nobody counts by hand."""

from collections.abc import Iterable, Mapping

from rules.clauses import Chart, ClauseKind

BEGIN, END = "<!-- counts: written by `cli regulations clauses` -->", "<!-- end of counts -->"


class NoPlaceForCounts(ValueError):
    """A text without the two marks between which the figures stand; the message is Vietnamese."""


def counted(charts: Mapping[str, Chart]) -> str:
    """Both tables: clauses by regulation and kind, and open ones, if any, by issue."""
    kinds = [kind.value for kind in ClauseKind]
    totals = dict.fromkeys(ClauseKind, 0)
    lines = [f"| regulation | {' | '.join(kinds)} | rows |", "|---" * (len(kinds) + 2) + "|"]
    for key, chart in charts.items():
        counts = chart.counts()
        totals = {kind: totals[kind] + counts[kind] for kind in ClauseKind}
        lines.append(_row(key, counts.values()))
    lines.append(_row("**all**", totals.values()))
    waiting = [row for chart in charts.values() for row in chart.clauses if row.issue is not None]
    if not waiting:
        return "\n".join([*lines, "", "No clause is open."])
    lines += ["", "## Open clauses by issue", ""]
    lines += ["| issue | clauses | of these with a page that does a part |", "|---|---|---|"]
    for issue in sorted({row.issue for row in waiting if row.issue is not None}):
        of_issue = [row for row in waiting if row.issue == issue]
        partly = sum(bool(row.pages) for row in of_issue)
        lines.append(f"| {issue} | {len(of_issue)} | {partly} |")
    return "\n".join(lines)


def rewritten(text: str, charts: Mapping[str, Chart]) -> str:
    """The same text with the present figures between the two marks. Raises NoPlaceForCounts."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlaceForCounts(f"Tệp không có hai dòng “{BEGIN}” và “{END}”.")
    return f"{before}{BEGIN}\n\n{counted(charts)}\n\n{END}{after}"


def _row(name: str, counts: Iterable[int]) -> str:
    numbers = list(counts)
    return f"| {name} | {' | '.join(map(str, [*numbers, sum(numbers)]))} |"
