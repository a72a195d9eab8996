"""What a rule has to say: a finding, with its weight, its ground and what to do next.

A finding is never heavier than its ground is certain (`finding` lowers it); a rule of the house
says so and never poses as law.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rules.provisions import Provision

HOUSE_RULE = "Quy tắc của phần mềm"


class Severity(StrEnum):
    """MUST refuses; SHOULD warns, and a leader may go on with a recorded reason; INFO tells."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One thing a rule found. `code` is stable and dotted; `message` and `remedy` are Vietnamese.

    `provision` None means a rule of the house. Raises ValueError when a MUST rests on a provision
    whose certainty may not refuse.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    provision: Provision | None = None

    def __post_init__(self) -> None:
        if self.severity is Severity.MUST and not _may_refuse(self.provision):
            raise ValueError(f"{self.code}: a MUST needs a confirmed provision")

    @property
    def basis(self) -> str:
        """The ground as shown on screen: a citation, or the words for a rule of the house."""
        return HOUSE_RULE if self.provision is None else self.provision.citation


def finding(
    code: str, wanted: Severity, message: str, remedy: str, provision: Provision | None = None
) -> Finding:
    """A finding of the wanted severity, lowered to SHOULD when its ground is not certain enough."""
    lowered = wanted is Severity.MUST and not _may_refuse(provision)
    return Finding(code, Severity.SHOULD if lowered else wanted, message, remedy, provision)


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that refuse, in their order."""
    return tuple(found for found in findings if found.severity is Severity.MUST)


def warnings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that need a recorded reason before going on, in their order."""
    return tuple(found for found in findings if found.severity is Severity.SHOULD)


def _may_refuse(provision: Provision | None) -> bool:
    # A house rule has no certainty to exceed: it may refuse what would break the register itself.
    return provision is None or provision.may_refuse
