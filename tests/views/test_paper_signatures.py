"""Papers of the house signed digitally by the right people in the right order, alone or undone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from models import SigningJob
from operations import files, paper_signing, papers
from operations.paper_proofs import level_of_paper
from operations.transactions import Conflict, Refused
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct
from rules.office_documents import StepState
from rules.papers import PaperFileRole, PaperKind, PaperState
from schema.custody import Paper
from signing.errors import SigningError
from signing.pades.report import Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.cast import Cast
from tests.documents import Office, office
from tests.papers import digital
from tests.signing.pki import Holder, pki, usual_trust
from tests.signing_desk import Login, opened
from tests.views.requests import words

MakeActor = Callable[..., audit.Actor]
K = PaperKind


@pytest.fixture
def at_work(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Office:
    usual_trust(instance / "trust", practice=True)
    return office(app, db_session, cast, login)


@pytest.fixture
def an(actor: MakeActor, cast: Cast) -> audit.Actor:
    return actor(cast.an, cast.person_an)


def paper_of(session: Session, paper_id: int) -> Paper:
    session.rollback()
    return session.get_one(Paper, paper_id)


def presses(at_work: Office, who: int, paper_id: int) -> str:
    """Press "Chuyển sang Trình ký số"; the address that follows."""
    at_work.agent(who)
    browser, address = at_work.login(who), f"/bien-ban/{paper_id}/ky-so"
    page = browser.get(address)
    if page.status_code != 200:
        return str(page.location)
    data: dict[str, object] = {"version": paper_of(at_work.session, paper_id).version}
    for name in ("certificate_id", "agent_id"):
        data[name] = re.search(rf'name="{name}"[^>]*value="(\d+)"', page.text).group(1)
    return opened(browser.post(address, data=data))


def signs(at_work: Office, who: int, paper_id: int, holder: Holder) -> None:
    address = presses(at_work, who, paper_id)
    agent = at_work.agent(who)
    agent.signs(agent.opens(at_work.login(who).get(address).text), holder)


def told(paper: Paper) -> list[tuple[str, str]]:
    return [(one.side, one.state.name) for one in paper.signatures]


def test_form_08_is_signed_by_its_giver_then_sealed_once_it_has_its_number(
    at_work: Office, an: audit.Actor, instance: Path
) -> None:
    cast, session = at_work.cast, at_work.session
    number = digital(session, cast, an, K.RETURN_TO_AUTHORITY, receiver_id=None)
    assert told(paper_of(session, number)) == [("giver", "DUE"), ("giver_seal", "WAITING")]
    assert presses(at_work, cast.chi, number) == f"/bien-ban/{number}"
    signs(at_work, cast.em, number, pki().staff)
    assert presses(at_work, cast.chi, number) == f"/bien-ban/{number}"
    version = paper_of(session, number).version
    papers.give_number(session, actor=an, paper_id=number, version=version, number="08/BB")
    signs(at_work, cast.chi, number, pki().agency)
    paper = paper_of(session, number)
    assert told(paper) == [("giver", "SIGNED"), ("giver_seal", "SIGNED")]
    signed = [one for one in paper.files if one.role is PaperFileRole.SIGNED]
    pdf = files.read(session, signed[-1].sha256)
    report = verify(pdf, trust=TrustStore.load(instance / "trust"), at=clock.now())
    assert report.verdict == Verdict.PRACTICE, report.reasons
    assert [len(one.locked_fields) for one in report.signatures] == [0, 1]
    with pytest.raises(Refused, match="ký số"):
        papers.give_number(session, actor=an, paper_id=number, version=paper.version, number="9/BB")


def test_a_decision_has_day_and_number_filled_with_the_agencys_signature(
    at_work: Office, an: audit.Actor
) -> None:
    cast, session = at_work.cast, at_work.session
    number = digital(session, cast, an, K.ENTRUSTMENT_DECISION, number="21")
    signs(at_work, cast.giang, number, pki().leader)
    assert level_of_paper(paper_of(session, number)) is Evidence.NONE
    assert "Ký số của cơ quan" in words(at_work.login(cast.chi).get(f"/bien-ban/{number}"))
    signs(at_work, cast.chi, number, pki().agency)
    paper = paper_of(session, number)
    assert (paper.state, level_of_paper(paper)) == (PaperState.PROVEN, Evidence.DIGITAL)


def test_a_stocktake_is_proved_once_the_head_has_signed_after_the_members(
    at_work: Office, an: audit.Actor
) -> None:
    cast, session = at_work.cast, at_work.session
    number = digital(session, cast, an, K.STOCKTAKE, giver_id=None, receiver_id=None)
    assert presses(at_work, cast.giang, number) == f"/bien-ban/{number}"
    signs(at_work, cast.em, number, pki().staff)
    assert paper_of(session, number).state is PaperState.ISSUED
    signs(at_work, cast.giang, number, pki().leader)
    assert paper_of(session, number).state is PaperState.PROVEN


@pytest.mark.parametrize(
    ("kind", "sides"),
    [
        (K.HANDOVER, ["giver", "receiver"]),
        (K.INTERNAL_RETURN, ["giver", "receiver"]),
        (K.PERMISSION, ["giver", "receiver"]),
        (K.LOSS, ["subscriber", "signer", "signer_seal"]),
        (K.STATUS, ["maker", "signer", "signer_seal"]),
        (K.INTAKE, ["witness", "receiver"]),
        (K.INCIDENT_REPORT, ["signature", "seal"]),
        (K.SUBSCRIBER_SLIP, ["applicant"]),
    ],
)
def test_every_paper_made_to_be_signed_waits_for_its_people(
    app: Flask, db_session: Session, cast: Cast, an: audit.Actor, kind: PaperKind, sides: list[str]
) -> None:
    act = {"act": CustodyAct.ENTRUST.value} if kind is K.PERMISSION else {}
    paper = paper_of(db_session, digital(db_session, cast, an, kind, particulars=act))
    assert [one.side for one in paper.signatures] == sides
    assert [one.state for one in paper.signatures].count(StepState.DUE) == 1
    drawn = paper.files[0].anchors
    assert set(sides) <= drawn.keys()


@pytest.mark.parametrize("how", ["returned", "cancelled", "scanned"])
def test_a_paper_that_ends_another_way_takes_no_signature_that_is_under_way(
    at_work: Office, an: audit.Actor, how: str
) -> None:
    cast, session = at_work.cast, at_work.session
    number = digital(session, cast, an, K.HANDOVER)
    address = presses(at_work, cast.em, number)
    agent = at_work.agent(cast.em)
    ticket = agent.opens(at_work.login(cast.em).get(address).text)
    container = agent.signature(ticket, pki().staff)
    agent.claims(ticket)
    version = paper_of(session, number).version
    if how == "returned":
        done = at_work.login(cast.em).post(
            f"/bien-ban/{number}/tra-lai", data={"tra-version": version, "tra-reason": "Sai số"}
        )
        assert done.status_code == 303
        page = words(at_work.login(cast.an).get(f"/bien-ban/{number}"))
        assert "không ký tiếp. Lý do: Sai số" in page
    elif how == "cancelled":
        papers.cancel(session, actor=an, paper_id=number, version=version, reason="Lập nhầm")
    else:
        papers.add_evidence(
            session,
            actor=an,
            paper_id=number,
            role=PaperFileRole.SCAN,
            content=b"%PDF-1.7 quet",
            media_type=files.PDF,
            name="quet.pdf",
        )
    with pytest.raises(SigningError):
        agent.returns(ticket, container)
    paper = paper_of(session, number)
    assert not [one for one in paper.files if one.role is PaperFileRole.SIGNED]
    job = session.scalars(select(SigningJob)).one()
    assert (job.is_open, job.state.name) == (False, "CANCELLED")
    assert presses(at_work, cast.em, number) == f"/bien-ban/{number}"


def test_only_whose_turn_it_is_returns_a_paper_and_says_why(
    app: Flask, db_session: Session, cast: Cast, an: audit.Actor, actor: MakeActor
) -> None:
    number = digital(db_session, cast, an, K.HANDOVER)
    em = actor(cast.em, cast.person_em)
    for who, version, reason, error in (
        (actor(cast.giang, cast.person_giang), 1, "Sai", Refused),
        (em, 1, " ", Refused),
        (em, 9, "Sai", Conflict),
    ):
        with pytest.raises(error):
            paper_signing.send_back(
                db_session, actor=who, paper_id=number, version=version, reason=reason
            )
    paper_signing.send_back(db_session, actor=em, paper_id=number, version=1, reason="Sai số")
    assert papers.returned(paper_of(db_session, number)) == "Sai số"
