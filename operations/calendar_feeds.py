"""Địa chỉ lịch: a secret address under which one account's due days can be read as a calendar."""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import Refused, transaction
from schema.daily import CalendarFeed

NOUN = "calendar_feed"
KEY_BYTES = 20
MOST_FEEDS = 5


def key_hash(key: str) -> str:
    """What the database keeps of the secret in an address."""
    return hashlib.sha256(key.encode()).hexdigest()


def create(session: Session, *, actor: Actor) -> str:
    """Make an address; returns its secret, which is shown once. Raises `Refused` for too many."""
    if actor.user_id is None:
        raise Refused("Chỉ tài khoản của một người mới có địa chỉ lịch.")
    with transaction(session):
        if len(feeds_of(session, actor.user_id)) >= MOST_FEEDS:
            raise Refused(f"Mỗi tài khoản có tối đa {MOST_FEEDS} địa chỉ lịch. Hãy thu hồi bớt.")
        key = secrets.token_hex(KEY_BYTES)
        row = CalendarFeed(user_id=actor.user_id, key_hash=key_hash(key), created_at=actor.at)
        session.add(row)
        session.flush()
        audit.record(session, "calendar_feed.created", actor=actor, noun=NOUN, object_id=row.id)
    return key


def revoke(session: Session, *, actor: Actor, feed_id: int) -> None:
    """End one of the account's own addresses. Raises `Refused` when it is not theirs."""
    with transaction(session):
        done = session.execute(
            update(CalendarFeed)
            .where(
                CalendarFeed.id == feed_id,
                CalendarFeed.user_id == actor.user_id,
                CalendarFeed.revoked_at.is_(None),
            )
            .values(revoked_at=actor.at)
            .returning(CalendarFeed.id)
        ).all()
        if not done:
            raise Refused("Địa chỉ lịch này không còn dùng được.")
        audit.record(session, "calendar_feed.revoked", actor=actor, noun=NOUN, object_id=feed_id)


def feeds_of(session: Session, user_id: int) -> Sequence[CalendarFeed]:
    """The addresses of an account that still work."""
    return session.scalars(
        select(CalendarFeed)
        .where(CalendarFeed.user_id == user_id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.id)
    ).all()
