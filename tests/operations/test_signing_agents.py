"""Traces of signing programs: offers, pairings, nonces."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import AgentNonce, PairingOffer, SigningAgent
from operations import signing_agents
from operations.signing_agents import Offer
from operations.transactions import Refused
from tests.cast import NOW, Cast

MakeActor = Callable[..., audit.Actor]
KEY = b"k" * 32
OFFER = Offer("agent-1", "c" * 64, "MAY-01", "a" * 64, "b" * 64, 17995, "10.0.0.1")
MINUTES = timedelta(minutes=10)


def keep(session: Session, offer: Offer = OFFER) -> None:
    signing_agents.keep_offer(session, offer, at=NOW, lifetime=MINUTES)


def confirm(session: Session, actor: audit.Actor, *, fits: bool = True) -> int:
    return signing_agents.confirm_pairing(
        session, actor=actor, answer=lambda _row: "proof" if fits else None, throttle_key=KEY
    )


def test_a_confirmed_offer_becomes_an_agent_of_the_account(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    keep(db_session)
    number = confirm(db_session, actor(cast.giang))
    agent = db_session.get_one(SigningAgent, number)
    assert (agent.user_id, agent.agent_id, agent.name) == (cast.giang, "agent-1", "MAY-01")
    assert db_session.scalars(select(PairingOffer.proof)).one() == "proof"
    assert audit.verify(db_session).sound


def test_an_offer_is_confirmed_once(db_session: Session, cast: Cast, actor: MakeActor) -> None:
    keep(db_session)
    confirm(db_session, actor(cast.giang))
    with pytest.raises(Refused, match="không khớp"):
        confirm(db_session, actor(cast.chi))


def test_pairing_again_renews_the_row_and_revives_a_removed_agent(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    keep(db_session)
    first = confirm(db_session, actor(cast.giang))
    signing_agents.remove(db_session, actor=actor(cast.giang), agent_id=first)
    assert signing_agents.paired(db_session, "agent-1") is None
    keep(db_session, replace(OFFER, name="MAY-02", port=18000))
    assert confirm(db_session, actor(cast.giang)) == first
    (agent,) = signing_agents.agents_of(db_session, cast.giang)
    assert (agent.name, agent.port, agent.revoked_at) == ("MAY-02", 18000, None)


def test_only_the_owner_removes_an_agent_and_only_once(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    keep(db_session)
    number = confirm(db_session, actor(cast.giang))
    with pytest.raises(Refused):
        signing_agents.remove(db_session, actor=actor(cast.chi), agent_id=number)
    signing_agents.remove(db_session, actor=actor(cast.giang), agent_id=number)
    with pytest.raises(Refused):
        signing_agents.remove(db_session, actor=actor(cast.giang), agent_id=number)


def test_a_wrong_code_spoils_no_offer_and_slows_down_its_typist(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    keep(db_session)
    for _ in range(5):
        with pytest.raises(Refused, match="không khớp"):
            confirm(db_session, actor(cast.chi), fits=False)
    with pytest.raises(Refused, match="Hãy thử lại sau"):
        confirm(db_session, actor(cast.chi))
    assert confirm(db_session, actor(cast.giang))


def test_expired_offers_make_room(db_session: Session, cast: Cast) -> None:
    for number in range(50):
        keep(db_session, replace(OFFER, agent_id=f"a{number}", address=f"10.0.1.{number}"))
    with pytest.raises(Refused, match="quá nhiều"):
        keep(db_session)
    after = NOW + MINUTES + timedelta(seconds=1)
    signing_agents.keep_offer(db_session, OFFER, at=after, lifetime=MINUTES)
    assert db_session.scalars(select(PairingOffer.offer_id)).all() == ["agent-1"]


def test_a_nonce_is_taken_once_per_agent_and_then_forgotten(
    db_session: Session, cast: Cast
) -> None:
    def seen(agent: str, nonce: str, minutes: int = 0) -> bool:
        at = NOW + timedelta(minutes=minutes)
        return signing_agents.remember_nonce(db_session, agent, nonce, until=at + MINUTES, at=at)

    assert seen("a", "x")
    assert not seen("a", "x")
    assert seen("b", "x")
    assert not seen("a", "x", minutes=10)
    assert seen("a", "x", minutes=11)
    assert len(db_session.scalars(select(AgentNonce)).all()) == 1
