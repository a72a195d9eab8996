"""What becomes of a document that came in, by what the check of its signatures said.

Bắc Ninh Điều 16: không hợp lệ is told to the sender and deleted, hợp lệ goes into the register at
once. Thừa Thiên Huế Điều 31.3: không hợp lệ is refused with the reason. Where a regulation says
nothing the house refuses with the reason.
"""

from datetime import date
from typing import Literal

from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.office_documents import IncomingState
from rules.provisions import Provision

Judged = Literal["valid", "undecided", "invalid"]
DELETE_AND_NOTIFY = "delete_and_notify"

_OPEN = (IncomingState.CHECKED, IncomingState.HELD)


def ordered_for_invalid(law: Law, on: date) -> tuple[IncomingState, Provision | None]:
    """What the law orders for a document that is not valid, with its ground (None: the house)."""
    found = law.optional("incoming.invalid", on=on)
    if found is None:
        return IncomingState.REFUSED, None
    deletes = found.text == DELETE_AND_NOTIFY and found.provision.may_refuse
    return (IncomingState.DELETED if deletes else IncomingState.REFUSED), found.provision


def choices(
    state: IncomingState, judged: Judged, *, on: date, law: Law
) -> tuple[IncomingState, ...]:
    """What the clerk may decide now; nothing any more once it was decided."""
    if state not in _OPEN:
        return ()
    if judged == "valid":
        return (IncomingState.ACCEPTED,)
    if judged == "undecided":
        held = () if state is IncomingState.HELD else (IncomingState.HELD,)
        return (IncomingState.ACCEPTED, *held, IncomingState.REFUSED)
    return (ordered_for_invalid(law, on)[0],)


def check_decision(
    wanted: IncomingState,
    state: IncomingState,
    judged: Judged,
    reason: str,
    *,
    on: date,
    law: Law,
) -> tuple[Finding, ...]:
    """Whether this may be decided: among the choices, and with a reason wherever one is owed."""
    if wanted not in choices(state, judged, on=on, law=law):
        ground = ordered_for_invalid(law, on)[1] if judged == "invalid" else None
        return (
            finding(
                "incoming.choice",
                Severity.MUST,
                "Văn bản đến này không xử lý theo cách đó được.",
                "Xem lại kết quả kiểm tra và cách xử lý được phép.",
                ground,
            ),
        )
    if not (judged == "valid" or reason.strip()):
        return (
            finding(
                "incoming.reason",
                Severity.MUST,
                "Chưa nêu lý do.",
                "Ghi lý do: kết quả kiểm tra không phải là hợp lệ.",
            ),
        )
    return ()
