"""Signing programs and their pairing with accounts.

What is said between web and agent is in `signing/messages.py`; here only its traces are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import AgentNonce, PairingOffer, SigningAgent
from operations.transactions import Refused, transaction

NOUN = "signing_agent"
MOST_OPEN_OFFERS = 50
MOST_TRIES = 10


@dataclass(frozen=True)
class Offer:
    """An agent that asks to be paired. Keys are hexadecimal; `offer_id` is the agent's own id."""

    offer_id: str
    commitment: str
    name: str
    agent_key: str
    seal_key: str
    port: int


def keep_offer(session: Session, offer: Offer, *, at: datetime, lifetime: timedelta) -> None:
    """Keep an offer until somebody types its code; a newer one of the same agent replaces it.

    No event of the log: until a person confirms it, an offer is a stranger's claim. Raises
    `Refused` when too many wait, so that strangers cannot fill the table.
    """
    with transaction(session):
        session.execute(
            delete(PairingOffer).where(
                (PairingOffer.expires_at < at) | (PairingOffer.offer_id == offer.offer_id)
            )
        )
        waiting = session.scalars(select(PairingOffer.id).limit(MOST_OPEN_OFFERS)).all()
        if len(waiting) >= MOST_OPEN_OFFERS:
            raise Refused("Có quá nhiều yêu cầu ghép nối đang chờ. Hãy thử lại sau ít phút.")
        session.add(
            PairingOffer(
                offer_id=offer.offer_id,
                commitment=offer.commitment,
                name=offer.name[:120],
                agent_key=offer.agent_key,
                seal_key=offer.seal_key,
                port=offer.port,
                created_at=at,
                expires_at=at + lifetime,
            )
        )


def open_offers(session: Session, *, at: datetime) -> Sequence[PairingOffer]:
    """The offers that nobody has confirmed yet and that are not too old."""
    return session.scalars(
        select(PairingOffer).where(
            PairingOffer.expires_at >= at,
            PairingOffer.proof.is_(None),
            PairingOffer.tries < MOST_TRIES,
        )
    ).all()


def confirm_pairing(
    session: Session,
    *,
    actor: Actor,
    answer: Callable[[PairingOffer], str | None],
) -> int:
    """Pair the actor's account with the agent whose offer fits the code that was typed.

    `answer` gives the server's answer for the offer that fits and None for the others. Returns the
    agent's number. Raises `Refused` when no offer fits; each wrong code counts against all open
    offers, so that codes cannot be ground.
    """
    paired = None
    with transaction(session):
        for offer in open_offers(session, at=actor.at):
            found = answer(offer)
            if found is None:
                offer.tries += 1
                continue
            offer.proof = found
            offer.user_id = actor.user_id
            paired = _pair(session, actor, offer)
            break
    if paired is None:
        raise Refused(
            "Mã ghép nối không khớp hoặc đã hết hạn. Xem lại mã trên trang của Trình ký số, "
            "hoặc lấy mã mới."
        )
    return paired


def _pair(session: Session, actor: Actor, offer: PairingOffer) -> int:
    agent = session.scalars(
        select(SigningAgent).where(
            SigningAgent.user_id == actor.user_id, SigningAgent.agent_key == offer.agent_key
        )
    ).one_or_none()
    if agent is None:
        agent = SigningAgent(user_id=actor.user_id, agent_key=offer.agent_key)
        session.add(agent)
    agent.name, agent.seal_key, agent.port = offer.name, offer.seal_key, offer.port
    agent.paired_at = agent.seen_at = actor.at
    agent.revoked_at = None
    session.flush()  # The event names the agent by its number.
    audit.record(
        session,
        "signing_agent.paired",
        actor=actor,
        noun=NOUN,
        object_id=agent.id,
        agent=offer.offer_id,
    )
    return agent.id


def remove(session: Session, *, actor: Actor, agent_id: int) -> None:
    """End the pairing of one of the actor's own agents. Raises `Refused` when it is not theirs."""
    with transaction(session):
        agent = session.get(SigningAgent, agent_id)
        if agent is None or agent.user_id != actor.user_id or agent.revoked_at is not None:
            raise Refused("Không tìm thấy chương trình ký này trong tài khoản của anh/chị.")
        agent.revoked_at = actor.at
        audit.record(
            session,
            "signing_agent.removed",
            actor=actor,
            noun=NOUN,
            object_id=agent.id,
            agent=agent.agent_key[:32],
        )


def agents_of(session: Session, user_id: int) -> Sequence[SigningAgent]:
    """The paired agents of a user, the one heard of last first."""
    return session.scalars(
        select(SigningAgent)
        .where(SigningAgent.user_id == user_id, SigningAgent.revoked_at.is_(None))
        .order_by(SigningAgent.seen_at.desc())
    ).all()


def remember_nonce(session: Session, agent_id: str, nonce: str, until: datetime) -> bool:
    """Keep the nonce of an agent's call; False when it was there (a replay). No event: traffic."""
    try:
        with transaction(session):
            session.execute(
                delete(AgentNonce).where(AgentNonce.expires_at < until - timedelta(minutes=30))
            )
            session.add(AgentNonce(nonce=f"{agent_id[:20]}:{nonce}"[:64], expires_at=until))
            session.flush()
    except IntegrityError:
        return False
    return True


def heard_of(session: Session, agent_key: str, *, port: int, version: str, at: datetime) -> None:
    """Note port, version and time of a heartbeat. No event of the log: it changes nothing legal."""
    with transaction(session):
        for agent in session.scalars(
            select(SigningAgent).where(SigningAgent.agent_key == agent_key)
        ):
            agent.port, agent.program_version, agent.seen_at = port, version[:40], at
