"""How the rules per act write names, serials and lists in a sentence, and order what they say."""

from collections.abc import Iterable

from rules.findings import Finding, Severity
from rules.serials import display_serial


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, refusals first, otherwise in their order."""
    return tuple(sorted(findings, key=lambda one: list(Severity).index(one.severity)))


def shown_name(name: str) -> str:
    """A name for a sentence; words in brackets where there is none."""
    return name.strip() or "(chưa có tên)"


def shown_serial(serial: str) -> str:
    """A certificate serial for a sentence; words in brackets where there is none."""
    return display_serial(serial) or "(chưa có số hiệu)"


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them, at least one: "a, b và c"."""
    *most, last = words
    return f"{', '.join(most)} và {last}" if most else last
