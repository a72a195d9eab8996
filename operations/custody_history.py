"""What the moves of devices tell: which of them stand, and where a missing device was before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Certificate, CertificateRequest, Device, RequestLine
from rules.devices import DeviceState
from rules.lifecycle import CustodyAct
from rules.requests import RequestKind, RequestState
from schema.custody import CustodyMove, Paper

_LEFT_THE_HOUSE = (RequestState.SENT, RequestState.COMPLETED)


def effective() -> Select[CustodyMove]:
    """A statement for all moves that stand: neither taken back nor taking one back."""
    taken_back = select(CustodyMove.undoes_id).where(CustodyMove.undoes_id.is_not(None))
    return (
        select(CustodyMove)
        .where(CustodyMove.undoes_id.is_(None), CustodyMove.id.not_in(taken_back))
        .order_by(CustodyMove.id)
    )


def history(session: Session, device_id: int) -> Sequence[CustodyMove]:
    """All moves of a device, oldest first, those taken back included, with papers and people."""
    return session.scalars(
        select(CustodyMove)
        .where(CustodyMove.device_id == device_id)
        .options(
            joinedload(CustodyMove.holder_before),
            joinedload(CustodyMove.holder_after),
            joinedload(CustodyMove.paper).options(
                selectinload(Paper.files),
                selectinload(Paper.confirmations),
                selectinload(Paper.lines),
            ),
        )
        .order_by(CustodyMove.id)
    ).all()


@dataclass(frozen=True)
class LossPast:
    """For missing devices: where each was before, and for which Mẫu số 05 has left the house."""

    states: Mapping[int, DeviceState]
    revoked: frozenset[int]

    @classmethod
    def of(cls, session: Session, devices: Sequence[Device]) -> "LossPast":
        ids = [one.id for one in devices]
        missing = session.scalars(
            effective().where(
                CustodyMove.device_id.in_(ids),
                CustodyMove.act == CustodyAct.REPORT_MISSING.value,
            )
        )
        last = {one.device_id: one for one in missing}
        sent = session.execute(
            select(Certificate.device_id, CertificateRequest.sent_on)
            .join(RequestLine, RequestLine.certificate_id == Certificate.id)
            .join(CertificateRequest, CertificateRequest.id == RequestLine.request_id)
            .where(
                Certificate.device_id.in_(ids),
                CertificateRequest.kind == RequestKind.REVOCATION,
                CertificateRequest.state.in_(_LEFT_THE_HOUSE),
            )
        )
        revoked = {
            device_id
            for device_id, day in sent
            if device_id is not None
            and device_id in last
            and day is not None
            and day >= last[device_id].moved_on
        }
        states = {key: one.state_before for key, one in last.items() if one.state_before}
        return cls(states, frozenset(revoked))


def revocation_sent(session: Session, device_ids: Sequence[int]) -> frozenset[int]:
    """The missing devices for which Mẫu số 05 left the house after they were reported missing."""
    devices = session.scalars(select(Device).where(Device.id.in_(device_ids))).all()
    return LossPast.of(session, devices).revoked


def last_moves(session: Session, device_ids: Iterable[int]) -> dict[int, int]:
    rows = session.scalars(effective().where(CustodyMove.device_id.in_(list(device_ids))))
    return {one.device_id: one.id for one in rows}
