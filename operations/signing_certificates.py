"""The certificates with which a person may sign at an instant: their own, and those entrusted."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

import audit
from models import Certificate, Entrustment
from rules.certificates import SubscriberKind


def certificates_to_sign(
    session: Session, *, person_id: int | None, at: datetime
) -> Sequence[Certificate]:
    """A person's own certificates that are valid at this instant (NĐ 68/2024, Điều 31)."""
    if person_id is None:
        return ()
    return _usable(
        session,
        at,
        Certificate.person_id == person_id,
        Certificate.kind == SubscriberKind.INDIVIDUAL,
    )


def certificates_to_seal(
    session: Session, *, agency_id: int, person_id: int | None, at: datetime
) -> Sequence[Certificate]:
    """The agency's own certificates that are valid and entrusted to this person at this instant."""
    return certificates_to_seal_any(session, agency_ids=(agency_id,), person_id=person_id, at=at)


def certificates_to_seal_any(
    session: Session, *, agency_ids: Collection[int], person_id: int | None, at: datetime
) -> Sequence[Certificate]:
    """As `certificates_to_seal`, for several agencies in one statement."""
    if person_id is None:
        return ()
    on = at.astimezone(audit.VIETNAM).date()
    entrusted = select(Entrustment.certificate_id).where(
        Entrustment.person_id == person_id,
        Entrustment.from_on <= on,
        or_(Entrustment.until_on.is_(None), Entrustment.until_on >= on),
    )
    return _usable(
        session,
        at,
        Certificate.agency_id.in_(agency_ids),
        Certificate.kind == SubscriberKind.ORGANISATION,
        Certificate.id.in_(entrusted),
    )


def _usable(session: Session, at: datetime, *whose: ColumnElement[bool]) -> Sequence[Certificate]:
    return session.scalars(
        select(Certificate)
        .where(
            *whose,
            Certificate.revoked_at.is_(None),
            Certificate.not_before <= at,
            Certificate.not_after >= at,
        )
        .options(joinedload(Certificate.device))
        .order_by(Certificate.expires_on.desc(), Certificate.id)
    ).all()


def certificates_for_side(
    session: Session, *, agency_id: int, person_id: int | None, at: datetime
) -> list[Certificate]:
    """What a person signs minutes with: their own certificates, then those entrusted to them."""
    own = certificates_to_sign(session, person_id=person_id, at=at)
    agencys = certificates_to_seal(session, agency_id=agency_id, person_id=person_id, at=at)
    return [*own, *agencys]
