"""What the answer to a request does to the device it is about: unlocked, or waiting to be recalled.

The moves are those of `rules/lifecycle.py`. A device that the table does not let move stays as it
is: the answer of the authority is written down all the same.
"""

from datetime import date

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest, Device
from operations.request_rows import name_of
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct, IllegalMove, next_state
from schema.custody import CustodyMove


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
        after = next_state(device.kind, device.state, act, evidence=Evidence.DIGITAL)
    except IllegalMove:
        return False
    row = CustodyMove(
        device_id=device.id,
        act=act.value,
        state_before=device.state,
        state_after=after,
        holder_before_id=device.holder_id,
        holder_after_id=device.holder_id,
        agency_before_id=device.agency_id,
        agency_after_id=device.agency_id,
        moved_on=on,
        moved_at=actor.at,
        moved_by_id=actor.user_id,
        reason=reason,
    )
    device.state = after
    device.version += 1
    session.add(row)
    audit.record(
        session,
        "custody.moved",
        actor=actor,
        noun="device",
        object_id=device.id,
        agency_id=device.agency_id,
        act=act.value,
        devices=[device.id],
        paper=None,
    )
    return True


def unlock_granted(
    session: Session, actor: Actor, request: CertificateRequest, line_ids: set[int], on: date
) -> None:
    """Put the unlocked devices of these lines back into use."""
    for line in request.lines:
        if line.id in line_ids and line.device is not None:
            reason = f"Khôi phục theo đề nghị số {request.id} trong sổ ({name_of(line)})."
            move_device(
                session, actor, line.device, CustodyAct.UNLOCK_DONE, on=on, reason=reason[:500]
            )
