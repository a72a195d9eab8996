"""The column "SIM PKI" of Mẫu số 01: the carrier, and whether the number in use is kept.

Note of the form (transcribed, not compared with the official annex): a new registration names the
carrier; a number in use that becomes a SIM PKI adds "cs" ("Viettel/cs"); otherwise blank.
"""

from dataclasses import dataclass
from enum import StrEnum

from rules.names import fold

KEEPS_NUMBER = "cs"


class SimCarrier(StrEnum):
    """The carriers that the note of the form names, spelt as it spells them."""

    VIETTEL = "Viettel"
    VINAPHONE = "Vinaphone"
    MOBIFONE = "Mobifone"


@dataclass(frozen=True)
class SimRegistration:
    """One wish for a SIM PKI. `keeps_number`: the number in use becomes a SIM PKI."""

    carrier: SimCarrier
    keeps_number: bool = False

    @property
    def column(self) -> str:
        """The words of the column."""
        return f"{self.carrier}/{KEEPS_NUMBER}" if self.keeps_number else str(self.carrier)


def read_sim_registration(text: str) -> SimRegistration | None:
    """The registration that a column means, however it was typed; None when it is blank.

    Raises ValueError (Vietnamese) when the words are not those of the form.
    """
    words = fold(text).replace(" ", "")
    if not words:
        return None
    name, slash, mark = words.partition("/")
    carriers = {str(one).lower(): one for one in SimCarrier}
    if name not in carriers or (slash and mark != KEEPS_NUMBER):
        raise ValueError(
            "cột SIM PKI chỉ ghi Viettel, Vinaphone hoặc Mobifone, thêm “/cs” nếu giữ số"
        )
    return SimRegistration(carriers[name], keeps_number=bool(slash))
