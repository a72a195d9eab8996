"""Checked signatures: that a check was made is logged; the file itself is not kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import transaction

NOUN = "verification"


@dataclass(frozen=True)
class Made:
    """What the log keeps of one check: which bytes, which verdict, how many signatures."""

    sha256: str
    verdict: str
    signatures: int


def record(session: Session, *, actor: Actor, made: Sequence[Made]) -> None:
    """Log the checks of one upload, one event for each file, in one transaction."""
    with transaction(session):
        for one in made:
            audit.record(
                session,
                "verification.made",
                actor=actor,
                noun=NOUN,
                object_id=one.sha256,
                document_sha256=one.sha256,
                verdict=one.verdict,
                signatures=one.signatures,
            )
