"""Labels for devices: the log remembers for which they were printed."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import transaction

NOUN = "agency"


def record_printed(
    session: Session, *, actor: Actor, agency_id: int, device_ids: Sequence[int]
) -> None:
    """Write down that labels of these devices were printed for their managing agency."""
    with transaction(session):
        audit.record(
            session,
            "labels.printed",
            actor=actor,
            noun=NOUN,
            object_id=agency_id,
            agency_id=agency_id,
            devices=list(device_ids),
        )
