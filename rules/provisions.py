"""What a cited provision of law is, and how sure we are of its wording.

Only the shape lives here; the provisions themselves are data in `regulations/`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Certainty(StrEnum):
    """How a provision was obtained: the marks of the project's notes on the law."""

    CONFIRMED = "CONFIRMED"  # the instrument itself was read
    CONFIRMED_VIA = "CONFIRMED-VIA"  # restated by a later official document that names the article
    TRANSCRIBED = "TRANSCRIBED"  # a third party's copy, not compared with the original
    PREDECESSOR = "PREDECESSOR"  # from the instrument that was in force before
    INFERRED = "INFERRED"  # our own proposal
    NOT_FOUND = "NOT FOUND"  # searched, not reached

    @property
    def may_refuse(self) -> bool:
        """True when a person may be refused on this ground; everything else can only warn."""
        return self in (Certainty.CONFIRMED, Certainty.CONFIRMED_VIA)


@dataclass(frozen=True)
class Provision:
    """A place in a legal instrument, with its words and the days it is in force (half-open).

    `quote` is verbatim Vietnamese or empty; `form` names a prescribed form ("04") when the place is
    in the annex. A side of the period that is None is open. `unverified` says that nobody knows
    whether the instrument is still in force, however certain its wording.
    """

    instrument: str
    article: str
    clause: str
    point: str
    quote: str
    certainty: Certainty
    effective_from: date | None = None
    effective_until: date | None = None
    form: str = ""
    unverified: bool = False

    @property
    def may_refuse(self) -> bool:
        """True when a person may be refused on this ground: certain words, that stand in a certain
        place of an instrument in certain force.
        """
        has_place = bool(self.article or self.form)
        return self.certainty.may_refuse and has_place and not self.unverified

    @property
    def citation(self) -> str:
        """The provision as a letter cites it: "khoản 1 Điều 17 Nghị định số 68/2024/NĐ-CP"."""
        parts = [
            f"điểm {self.point}" if self.point else "",
            f"khoản {self.clause}" if self.clause else "",
            f"Điều {self.article}" if self.article else "",
            f"Mẫu số {self.form} Phụ lục" if self.form else "",
            self.instrument,
        ]
        return " ".join(part for part in parts if part)

    def in_force(self, on: date) -> bool:
        """True from the first day of force until, but not on, the day it ends."""
        begun = self.effective_from is None or self.effective_from <= on
        return begun and (self.effective_until is None or on < self.effective_until)
