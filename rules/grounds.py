"""Grounds that the law of one day and place may lack."""

from datetime import date

from rules.law import Law, LawError
from rules.provisions import Provision


def ground(law: Law, key: str, *, on: date) -> Provision | None:
    """The provision of this key on a day; None where the law of that day and place has none."""
    try:
        return law.provision(key, on=on)
    except LawError:
        return None
