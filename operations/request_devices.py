"""What the answer to a request does to the device it is about: unlocked, or waiting to be recalled.

The moves are those of `rules/lifecycle.py`. A device that the table does not let move stays as it
is: the answer of the authority is written down all the same.
"""

from datetime import date

from sqlalchemy.orm import Session

from audit import Actor
from models import CertificateRequest, Device
from operations import custody
from operations.request_rows import name_of
from operations.transactions import Refused
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct


def move_device(
    session: Session,
    actor: Actor,
    device: Device,
    act: CustodyAct,
    *,
    on: date,
    reason: str,
) -> bool:
    """Make one move inside the caller's transaction; False when the table does not have it.

    The notice or letter that is kept with the request is the proof.
    """
    try:
        custody.apply(session, actor, device, act, on=on, reason=reason, evidence=Evidence.DIGITAL)
    except Refused:
        return False
    custody.record_moved(session, actor, [device], act, None)
    return True


def unlock_granted(
    session: Session, actor: Actor, request: CertificateRequest, line_ids: set[int], on: date
) -> None:
    """Put the unlocked devices of these lines back into use."""
    for line in request.lines:
        if line.id in line_ids and line.device is not None:
            reason = f"Khôi phục theo đề nghị số {request.id} trong sổ ({name_of(line)})."
            move_device(session, actor, line.device, CustodyAct.UNLOCK_DONE, on=on, reason=reason)
