"""Signing programs and their pairing with accounts.

What is said between web and agent is in `signing/messages.py`; here only its traces are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import AgentNonce, PairingOffer, SigningAgent
from operations import throttles
from operations.transactions import Refused, transaction

NOUN = "signing_agent"
MOST_OFFERS = 50
MOST_OFFERS_OF_ADDRESS = 5
"""So that one computer cannot keep all others from pairing."""


@dataclass(frozen=True)
class Offer:
    """An agent that asks to be paired. Keys are hexadecimal; `agent_id` is a hash over both."""

    agent_id: str
    commitment: str
    name: str
    agent_key: str
    seal_key: str
    port: int
    address: str


def keep_offer(session: Session, offer: Offer, *, at: datetime, lifetime: timedelta) -> None:
    """Keep an offer until somebody types its code; a newer one of the same agent replaces it.

    No event of the log: until a person confirms it, an offer is a stranger's claim. Raises
    `Refused` when too many wait, so that strangers cannot fill the table.
    """
    with transaction(session):
        session.execute(
            delete(PairingOffer).where(
                or_(PairingOffer.expires_at < at, PairingOffer.offer_id == offer.agent_id)
            )
        )
        waiting = list(session.scalars(select(PairingOffer.address)))
        if len(waiting) >= MOST_OFFERS or waiting.count(offer.address) >= MOST_OFFERS_OF_ADDRESS:
            raise Refused("Có quá nhiều yêu cầu ghép nối đang chờ. Hãy thử lại sau ít phút.")
        session.add(
            PairingOffer(
                offer_id=offer.agent_id,
                commitment=offer.commitment,
                name=offer.name[:120],
                agent_key=offer.agent_key,
                seal_key=offer.seal_key,
                port=offer.port,
                address=offer.address[:64],
                created_at=at,
                expires_at=at + lifetime,
            )
        )


def open_offers(session: Session, *, at: datetime) -> Sequence[PairingOffer]:
    """The offers that nobody has confirmed yet and that are not too old."""
    return session.scalars(
        select(PairingOffer).where(PairingOffer.expires_at >= at, PairingOffer.proof.is_(None))
    ).all()


def offer_of(session: Session, agent_id: str) -> PairingOffer | None:
    """The latest offer of an agent, confirmed or not, in its term or not."""
    return session.scalars(
        select(PairingOffer).where(PairingOffer.offer_id == agent_id)
    ).one_or_none()


def confirm_pairing(
    session: Session,
    *,
    actor: Actor,
    answer: Callable[[PairingOffer], str | None],
    throttle_key: bytes,
) -> int:
    """Pair the actor's account with the agent whose offer fits the code that was typed.

    `answer` gives the server's answer for the offer that fits and None for the others. Returns the
    agent's number. Raises `Refused` when no offer fits. Wrong codes slow down who types them, and
    never spoil the offer of somebody else: a code has 80 bits, it cannot be guessed.
    """
    pair = throttles.pair_hash(
        throttle_key, username=f"ghép nối:{actor.user_id}", address=actor.address
    )
    try:
        throttles.count_try(session, pair, at=actor.at)
    except throttles.TooManyTries as refusal:
        words = throttles.in_words(refusal.seconds)
        raise Refused(f"Đã nhập sai mã ghép nối nhiều lần. Hãy thử lại sau {words}.") from refusal
    with transaction(session):
        for offer in open_offers(session, at=actor.at):
            found = answer(offer)
            if found is not None:
                throttles.forgive(session, pair)
                offer.proof = found
                offer.user_id = actor.user_id
                return _pair(session, actor, offer)
    raise Refused(
        "Mã ghép nối không khớp hoặc đã hết hạn. Xem lại mã trên trang của Trình ký số, "
        "hoặc lấy mã mới."
    )


def _pair(session: Session, actor: Actor, offer: PairingOffer) -> int:
    agent = session.scalars(
        select(SigningAgent).where(
            SigningAgent.user_id == actor.user_id, SigningAgent.agent_key == offer.agent_key
        )
    ).one_or_none()
    if agent is None:
        agent = SigningAgent(user_id=actor.user_id, agent_key=offer.agent_key)
        session.add(agent)
    agent.agent_id, agent.seal_key = offer.offer_id, offer.seal_key
    agent.name, agent.port = offer.name, offer.port
    agent.paired_at = agent.seen_at = actor.at
    agent.revoked_at = None
    session.flush()  # The event names the agent by its number.
    audit.record(
        session,
        "signing_agent.paired",
        actor=actor,
        noun=NOUN,
        object_id=agent.id,
        agent=agent.agent_id,
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
            agent=agent.agent_id,
        )


def agents_of(session: Session, user_id: int) -> Sequence[SigningAgent]:
    """The paired agents of a user, the one heard of last first."""
    return session.scalars(
        select(SigningAgent)
        .where(SigningAgent.user_id == user_id, SigningAgent.revoked_at.is_(None))
        .order_by(SigningAgent.seen_at.desc(), SigningAgent.id.desc())
    ).all()


def paired(session: Session, agent_id: str) -> SigningAgent | None:
    """An agent that is paired with anybody, by its own id; its keys are the same in every row."""
    return session.scalars(
        select(SigningAgent)
        .where(SigningAgent.agent_id == agent_id, SigningAgent.revoked_at.is_(None))
        .limit(1)
    ).one_or_none()


def remember_nonce(
    session: Session, agent_id: str, nonce: str, *, until: datetime, at: datetime
) -> bool:
    """Keep the nonce of an agent's call; False when it was there (a replay). No event: traffic."""
    try:
        with transaction(session):
            session.execute(delete(AgentNonce).where(AgentNonce.expires_at < at))
            session.add(AgentNonce(nonce=f"{agent_id[:20]}:{nonce}"[:64], expires_at=until))
            session.flush()
    except IntegrityError:
        return False
    return True


def heard_of(session: Session, agent_id: str, *, port: int, version: str, at: datetime) -> None:
    """Note port, version and time of a heartbeat; port 0 is an agent that only asks for the time.

    No event of the log: it changes nothing legal.
    """
    with transaction(session):
        for agent in session.scalars(
            select(SigningAgent).where(
                SigningAgent.agent_id == agent_id, SigningAgent.revoked_at.is_(None)
            )
        ):
            agent.port = port or agent.port
            agent.program_version, agent.seen_at = version[:40], at
