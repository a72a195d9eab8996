"""What the moves of devices tell: which of them stand, and where a missing device was before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Certificate, CertificateRequest, Device, RequestLine
from rules.devices import DeviceState
from rules.lifecycle import CustodyAct
from rules.requests import LineState, RequestKind, RequestState
from schema.custody import CustodyMove, Paper

_LEFT_THE_HOUSE = (RequestState.SENT, RequestState.COMPLETED)


def stands() -> ColumnElement[bool]:
    """The condition on a move that it stands: neither taken back nor taking one back."""
    taken_back = select(CustodyMove.undoes_id).where(CustodyMove.undoes_id.is_not(None))
    # Nearly all rows have no `undoes_id`; SQLite takes its unique index for a way to find one row
    # and would read them all. A sum has no index.
    takes_none_back = (CustodyMove.undoes_id + 0).is_(None)
    return and_(takes_none_back, CustodyMove.id.not_in(taken_back))


def effective() -> Select[CustodyMove]:
    """A statement for all moves that stand, oldest first."""
    return select(CustodyMove).where(stands()).order_by(CustodyMove.id)


def history(session: Session, device_id: int) -> Sequence[CustodyMove]:
    """All moves of a device, oldest first, those taken back included, with papers and people."""
    rows = session.scalars(
        select(CustodyMove)
        .where(CustodyMove.device_id == device_id)
        .options(
            joinedload(CustodyMove.holder_before),
            joinedload(CustodyMove.holder_after),
            # Of the parts of a paper only the files are few enough to come with each move.
            joinedload(CustodyMove.paper).options(
                joinedload(Paper.files),
                selectinload(Paper.confirmations),
                selectinload(Paper.lines),
            ),
        )
        .order_by(CustodyMove.id)
    )
    return rows.unique().all()


@dataclass(frozen=True)
class RevocationLetter:
    """Mẫu số 05 about the certificate of a device: how far it came, and the days it knows."""

    device_id: int
    state: RequestState
    sent_on: date | None
    noticed_on: date | None
    """The notice of revocation was received."""


def revocation_letters(session: Session, device_ids: Sequence[int]) -> tuple[RevocationLetter, ...]:
    """Every Mẫu số 05 about certificates on these devices, in the order of its lines.

    Only a line that was granted brings the notice from which the working days are counted.
    """
    answered_on = func.coalesce(RequestLine.result_on, CertificateRequest.result_on)
    rows = session.execute(
        select(
            Certificate.device_id,
            CertificateRequest.state,
            CertificateRequest.sent_on,
            case((RequestLine.state == LineState.GRANTED, answered_on)),
        )
        .join(RequestLine, RequestLine.certificate_id == Certificate.id)
        .join(CertificateRequest, CertificateRequest.id == RequestLine.request_id)
        .where(
            Certificate.device_id.in_(device_ids),
            CertificateRequest.kind == RequestKind.REVOCATION,
        )
        .order_by(RequestLine.id)
    )
    return tuple(
        RevocationLetter(device_id or 0, state, sent_on, noticed_on)
        for device_id, state, sent_on, noticed_on in rows
    )


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
        return cls.told_by(missing, revocation_letters(session, ids))

    @classmethod
    def told_by(
        cls, moves: Iterable[CustodyMove], letters: Iterable[RevocationLetter]
    ) -> "LossPast":
        """The same from moves that stand, oldest first, and letters that are known already."""
        last = {one.device_id: one for one in moves if one.act == CustodyAct.REPORT_MISSING.value}
        revoked = {
            one.device_id
            for one in letters
            if one.state in _LEFT_THE_HOUSE
            and one.device_id in last
            and one.sent_on is not None
            and one.sent_on >= last[one.device_id].moved_on
        }
        states = {key: one.state_before for key, one in last.items() if one.state_before}
        return cls(states, frozenset(revoked))


def revocation_sent(session: Session, devices: Sequence[Device]) -> frozenset[int]:
    """The missing devices for which Mẫu số 05 left the house after they were reported missing."""
    return LossPast.of(session, devices).revoked


def last_moves(session: Session, device_ids: Iterable[int]) -> dict[int, int]:
    rows = session.scalars(effective().where(CustodyMove.device_id.in_(list(device_ids))))
    return {one.device_id: one.id for one in rows}
