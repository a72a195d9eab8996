"""Giving and taking devices: papers and moves together, and what the rules and the table refuse."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from audit import Actor
from models import Agency, Device, Entrustment, LoginSession, Person, SigningJob
from operations import custody, handovers, papers
from operations.custody_checks import Decision, RefusedByRule
from operations.handovers import Item, Wish
from operations.transactions import Refused, transaction
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.documents import JobState, SigningAct
from rules.lifecycle import CustodyAct
from rules.office_documents import StepState
from rules.papers import PaperFileRole, PaperState
from schema.custody import CustodyMove, Paper, PaperSignature
from tests import factories
from tests.cast import NOW, Cast
from tests.letters.reading import plain_text
from views import papers_data_agency, papers_data_handovers  # noqa: F401 - they register makers
from views.papers_data import draw_paper

DAY = factories.day(0)
Actors = Callable[..., Actor]


@pytest.fixture
def an(cast: Cast, actor: Actors) -> Actor:
    """The focal point of A."""
    return actor(cast.an, cast.person_an)


@pytest.fixture
def em(cast: Cast, actor: Actors) -> Actor:
    """A member of the staff, who receives."""
    return actor(cast.em, cast.person_em)


def token(
    session: Session, cast: Cast, code: str = "TB-1", state: DeviceState = DeviceState.IN_STOCK,
    owner_id: int | None = None, **more: Any,
) -> int:  # fmt: skip
    """A token with the certificate of Em (or of another) on it."""
    with transaction(session):
        owner = session.get_one(Person, owner_id or cast.person_em)
        held = state not in (DeviceState.IN_STOCK, DeviceState.HELD, DeviceState.RECALLED)
        row = factories.device(
            session, cast.office_a, code, owner if held else None, state=state, **more
        )
        factories.certificate(session, owner, token=row)
        return row.id


def wish(act: CustodyAct, items: list[Item], cast: Cast, **more: Any) -> Wish:
    return Wish(act, DAY, tuple(items), agency_person_id=cast.person_an, **more)


def done(session: Session, wanted: Wish, who: Actor) -> list[int]:
    return handovers.carry_out(session, wanted, actor=who, law=regulations.load(), draw=draw_paper)


def device(session: Session, number: int) -> Device:
    session.rollback()
    return session.get_one(Device, number)


def hand_over(session: Session, cast: Cast, an: Actor, **more: Any) -> tuple[int, int]:
    """One token given to Em; returns the device and the paper."""
    number = token(session, cast)
    items = [Item(number, cast.person_em)]
    (paper,) = done(session, wish(CustodyAct.HAND_OVER, items, cast, **more), an)
    return number, paper


def scan(session: Session, who: Actor, paper_id: int) -> None:
    papers.add_evidence(
        session,
        actor=who,
        paper_id=paper_id,
        role=PaperFileRole.SCAN,
        content=b"%PDF-1.7 scan",
        media_type="application/pdf",
        name="quet.pdf",
    )


def test_a_handover_freezes_the_minutes_and_gives_the_device_in_one_act(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number, paper_id = hand_over(db_session, cast, an, number="12")
    row, paper = device(db_session, number), db_session.get_one(Paper, paper_id)
    assert (row.state, row.holder_id) == (DeviceState.HANDED_OVER, cast.person_em)
    assert (row.handed_over_on, row.handover_minutes) == (DAY, "12")
    assert paper.state is PaperState.ISSUED
    assert paper.sha256 is not None
    assert paper.witness_seq is not None
    (moved,) = custody.history(db_session, number)
    assert (moved.act, moved.paper_id) == ("hand_over", paper_id)


def test_a_personal_token_goes_to_nobody_but_its_subscriber(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number = token(db_session, cast)
    wanted = wish(CustodyAct.HAND_OVER, [Item(number, cast.person_chi)], cast)
    with pytest.raises(RefusedByRule) as caught:
        done(db_session, wanted, an)
    assert caught.value.findings[0].code == "handover.not_the_subscriber"
    assert device(db_session, number).state is DeviceState.IN_STOCK


def test_the_receivers_click_is_a_proof_for_the_time_being_and_a_scan_ends_it(
    db_session: Session, cast: Cast, an: Actor, em: Actor
) -> None:
    number, paper_id = hand_over(db_session, cast, an)
    with pytest.raises(Refused, match="Chỉ người nhận"):
        papers.confirm_receipt(db_session, actor=an, paper_id=paper_id)
    papers.confirm_receipt(db_session, actor=em, paper_id=paper_id)
    assert device(db_session, number).state is DeviceState.IN_USE
    assert db_session.get_one(Paper, paper_id).state is PaperState.ISSUED
    scan(db_session, an, paper_id)
    db_session.rollback()
    assert db_session.get_one(Paper, paper_id).state is PaperState.PROVEN


def test_a_scan_of_the_signed_minutes_puts_the_token_in_use(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number, paper_id = hand_over(db_session, cast, an)
    scan(db_session, an, paper_id)
    assert device(db_session, number).state is DeviceState.IN_USE


def test_a_wrong_click_is_taken_back_with_its_paper_the_same_day_by_the_same_person(
    db_session: Session, cast: Cast, an: Actor, actor: Actors
) -> None:
    number, paper_id = hand_over(db_session, cast, an)
    (moved,) = custody.history(db_session, number)
    with pytest.raises(RefusedByRule, match="Chỉ người đã thực hiện"):
        custody.undo(db_session, actor=actor(cast.chi, cast.person_chi), move_id=moved.id)
    custody.undo(db_session, actor=an, move_id=moved.id)
    row = device(db_session, number)
    assert (row.state, row.holder_id) == (DeviceState.IN_STOCK, None)
    assert (row.handed_over_on, row.handover_minutes) == (None, None)
    assert db_session.get_one(Paper, paper_id).state is PaperState.CANCELLED
    with pytest.raises(Refused, match="đã được hoàn tác"):
        custody.undo(db_session, actor=an, move_id=moved.id)


def test_a_wrong_click_without_a_paper_is_taken_back_once(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number = token(db_session, cast, state=DeviceState.IN_USE)
    with transaction(db_session):
        custody.apply(
            db_session, an, db_session.get_one(Device, number), CustodyAct.REPORT_DAMAGE, on=DAY
        )
    (moved,) = custody.history(db_session, number)
    custody.undo(db_session, actor=an, move_id=moved.id)
    with pytest.raises(Refused, match="đã được hoàn tác"):
        custody.undo(db_session, actor=an, move_id=moved.id)


def test_a_paper_that_goes_with_a_wrong_click_stops_the_signature_that_is_under_way(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number, paper_id = hand_over(db_session, cast, an)
    with transaction(db_session):
        db_session.add(
            PaperSignature(
                paper_id=paper_id, place=0, turn=0, side="receiver", act=SigningAct.RECEIVER,
                person_id=cast.person_em, state=StepState.DUE,
            )
        )  # fmt: skip
        db_session.add(
            SigningJob(
                public_id="a" * 22, user_id=cast.em, login_session_id=_session(db_session, cast.em),
                paper_id=paper_id, act=SigningAct.RECEIVER, state=JobState.CLAIMED, is_open=True,
                manifest={}, payload={"agency_id": cast.commune_a}, issued_at=NOW, expires_at=NOW,
            )
        )  # fmt: skip
    (moved,) = custody.history(db_session, number)
    custody.undo(db_session, actor=an, move_id=moved.id)
    paper = db_session.get_one(Paper, paper_id)
    assert [one.state for one in paper.signatures] == [StepState.SKIPPED]
    job = db_session.scalars(select(SigningJob)).one()
    assert (job.state, job.is_open) == (JobState.CANCELLED, False)


def _session(session: Session, user_id: int) -> int:
    row = LoginSession(
        key_hash="0" * 64, user_id=user_id, address="", browser="", created_at=NOW, seen_at=NOW,
        reauthenticated_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def test_what_was_proved_cannot_be_taken_back_or_cancelled(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number, paper_id = hand_over(db_session, cast, an)
    scan(db_session, an, paper_id)
    first = custody.history(db_session, number)[0]
    with pytest.raises(RefusedByRule):
        custody.undo(db_session, actor=an, move_id=first.id)
    version = db_session.get_one(Paper, paper_id).version
    with pytest.raises(Refused, match="không hủy được"):
        papers.cancel(db_session, actor=an, paper_id=paper_id, version=version, reason="nhầm")


def test_taking_devices_back_makes_a_paper_for_each_holder_and_proves_itself_by_the_taker(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    one = token(db_session, cast, "TB-1", DeviceState.IN_USE)
    two = token(db_session, cast, "TB-2", DeviceState.IN_USE, cast.person_chi)
    made = done(db_session, wish(CustodyAct.RECALL, [Item(one), Item(two)], cast), an)
    assert len(made) == 2
    assert {device(db_session, each).state for each in (one, two)} == {DeviceState.RECALLED}
    assert device(db_session, one).holder_id is None


def test_what_somebody_else_takes_waits_for_their_word(
    db_session: Session, cast: Cast, an: Actor, actor: Actors
) -> None:
    number = token(db_session, cast, "TB-1", DeviceState.IN_USE)
    wanted = Wish(CustodyAct.TAKE_BACK, DAY, (Item(number),), agency_person_id=cast.person_chi)
    (paper_id,) = done(db_session, wanted, an)
    assert device(db_session, number).state is DeviceState.IN_USE
    with pytest.raises(Refused, match="chờ xác nhận"):
        done(db_session, wanted, an)
    papers.confirm_receipt(db_session, actor=actor(cast.chi, cast.person_chi), paper_id=paper_id)
    assert device(db_session, number).state is DeviceState.IN_STOCK


def test_one_paper_of_status_closes_the_gap_of_many_holders_once_it_is_signed(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    one = token(db_session, cast, "TB-1", DeviceState.IN_USE)
    two = token(db_session, cast, "TB-2", DeviceState.IN_USE, cast.person_chi)
    items = [Item(one, cast.person_em), Item(two, cast.person_chi)]
    (paper_id,) = done(db_session, wish(CustodyAct.CONFIRM_STATUS, items, cast), an)
    assert device(db_session, one).handover_minutes is None
    scan(db_session, an, paper_id)
    assert device(db_session, one).handover_minutes is not None
    assert device(db_session, two).handover_minutes is not None


def test_the_way_to_the_authority_is_recorded_step_by_step(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_em)
        row = factories.device(db_session, cast.office_a, "TB-1", state=DeviceState.RECALLED)
        factories.certificate(db_session, owner, token=row, days_left=-3)
        number = row.id
    (paper_id,) = done(db_session, wish(CustodyAct.SEND_TO_AUTHORITY, [Item(number)], cast), an)
    assert device(db_session, number).state is DeviceState.RECALLED
    common = {"actor": an, "paper_id": paper_id}
    papers.record_sending(
        db_session, **common, version=1, sent_on=DAY, channel="POST", reference="EB000000001VN"
    )
    assert device(db_session, number).state is DeviceState.RETURNED_TO_CA
    papers.record_received(db_session, **common, version=2, received_on=DAY)
    acts = [one.act for one in custody.history(db_session, number)]
    assert acts == ["send_to_authority", "authority_received"]


def test_a_device_with_a_living_certificate_is_not_sent_away(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number = token(db_session, cast, state=DeviceState.RECALLED)
    with pytest.raises(RefusedByRule, match="chưa hết hạn"):
        done(db_session, wish(CustodyAct.SEND_TO_AUTHORITY, [Item(number)], cast), an)


def agencys_token(session: Session, cast: Cast, state: DeviceState) -> int:
    """The token of A itself, with Chi where it is in use."""
    with transaction(session):
        chi = session.get_one(Person, cast.person_chi)
        held = chi if state is DeviceState.IN_USE else None
        row = factories.device(session, cast.commune_a, "TB-CQ", held, state=state)
        factories.certificate(
            session, chi, token=row, kind=SubscriberKind.ORGANISATION, agency_id=cast.commune_a
        )
        return row.id


def test_the_agencys_token_is_entrusted_with_the_decision_for_its_term(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number = agencys_token(db_session, cast, DeviceState.IN_STOCK)
    wanted = wish(CustodyAct.HAND_OVER, [Item(number, cast.person_chi)], cast)
    with pytest.raises(Refused, match="Nêu lý do"):  # no decision: a warning under the decree
        done(db_session, wanted, an)
    decision = Decision("Quyết định số 1/QĐ-UBND", DAY, factories.day(100))
    wanted = wish(CustodyAct.HAND_OVER, [Item(number, cast.person_chi)], cast, decision=decision)
    done(db_session, wanted, an)
    entrusted = db_session.scalars(select(Entrustment)).one()
    assert (entrusted.person_id, entrusted.until_on) == (cast.person_chi, factories.day(100))


def test_a_deputy_gets_it_by_written_permission_and_loses_it_when_the_clerk_is_back(
    db_session: Session, cast: Cast, an: Actor, em: Actor, actor: Actors
) -> None:
    number = agencys_token(db_session, cast, DeviceState.IN_USE)
    permission = Decision("Văn bản số 2/UBND", DAY, factories.day(7))
    wanted = wish(CustodyAct.ENTRUST, [Item(number, cast.person_em)], cast, decision=permission)
    (paper_id,) = done(db_session, wanted, an)
    assert db_session.scalars(select(Entrustment)).all() == []
    papers.confirm_receipt(db_session, actor=em, paper_id=paper_id)
    assert device(db_session, number).holder_id == cast.person_em
    assert db_session.scalars(select(Entrustment)).one().until_on == factories.day(7)
    (back,) = done(
        db_session, wish(CustodyAct.END_ENTRUSTMENT, [Item(number, cast.person_chi)], cast), an
    )
    papers.confirm_receipt(db_session, actor=actor(cast.chi, cast.person_chi), paper_id=back)
    assert device(db_session, number).holder_id == cast.person_chi
    assert db_session.scalars(select(Entrustment)).one().until_on == DAY


def test_a_unit_is_under_the_regulation_of_the_agency_that_signs_its_papers(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).regulation = "bac_ninh_60_2025"
        db_session.get_one(Agency, cast.office_a).regulation = None
        chi = db_session.get_one(Person, cast.person_chi)
        row = factories.device(db_session, cast.office_a, "TB-9", state=DeviceState.IN_STOCK)
        factories.certificate(
            db_session, chi, token=row, kind=SubscriberKind.ORGANISATION, agency_id=cast.office_a
        )
        number = row.id
    wanted = wish(CustodyAct.HAND_OVER, [Item(number, cast.person_chi)], cast)
    with pytest.raises(RefusedByRule, match="quyết định"):
        done(db_session, wanted, an)


def test_swapped_tokens_are_corrected_by_one_paper_that_both_sign(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    one = token(db_session, cast, "TB-1", DeviceState.IN_USE)
    two = token(db_session, cast, "TB-2", DeviceState.IN_USE, cast.person_chi)
    items = [Item(one, cast.person_chi), Item(two, cast.person_em)]
    wanted = wish(CustodyAct.CORRECT_HOLDER, items, cast)
    # Both bear the certificate of Em: with Chi the first one may be written down, not be left.
    with pytest.raises(Refused, match="Nêu lý do"):
        done(db_session, wanted, an)
    (paper_id,) = done(db_session, replace(wanted, reason="Ghi để thu lại"), an)
    minutes = plain_text(draw_paper(db_session.get_one(Paper, paper_id)).pdf)
    assert "thành 03 (ba) bản có giá trị như nhau, mỗi bên giữ 01 bản" in " ".join(minutes.split())
    scan(db_session, an, paper_id)
    assert device(db_session, one).holder_id == cast.person_chi
    assert device(db_session, two).holder_id == cast.person_em


def test_each_kind_of_device_keeps_to_its_own_road(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    number = token(db_session, cast, state=DeviceState.IN_USE, kind=DeviceKind.CENTRAL)
    with pytest.raises(Refused, match="tập trung"):
        done(db_session, wish(CustodyAct.RECALL, [Item(number)], cast), an)
    short = {"actor": an, "device_ids": [number], "on": DAY, "law": regulations.load()}
    custody.move(db_session, **short, act=CustodyAct.AWAIT_RECALL)
    custody.move(db_session, **short, act=CustodyAct.CLOSE_ACCOUNT)
    assert device(db_session, number).state is DeviceState.RECALLED


def test_digital_minutes_are_made_for_each_receiver_apart(
    db_session: Session, cast: Cast, an: Actor
) -> None:
    one = token(db_session, cast, "TB-1")
    two = token(db_session, cast, "TB-2", owner_id=cast.person_chi)
    items = [Item(one, cast.person_em), Item(two, cast.person_chi)]
    wanted = wish(CustodyAct.HAND_OVER, items, cast, digital=True)
    shown = handovers.preview(db_session, wanted, actor=an, law=regulations.load(), draw=draw_paper)
    assert len(shown.papers) == 2
    assert db_session.scalars(select(Paper)).all() == []
    assert len(done(db_session, wanted, an)) == 2


@pytest.mark.parametrize("many", [2, 300])
def test_a_handover_of_three_hundred_asks_no_more_than_one_of_two(
    db_session: Session, cast: Cast, an: Actor, count_statements: Any, many: int
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_em)
        ids = []
        for at in range(many):
            row = factories.device(db_session, cast.office_a, f"M-{at}", state=DeviceState.IN_STOCK)
            factories.certificate(db_session, owner, token=row)
            ids.append(row.id)
    wanted = wish(CustodyAct.HAND_OVER, [Item(one, cast.person_em) for one in ids], cast)
    with count_statements() as counted:
        done(db_session, wanted, an)
    assert len(counted) <= 50
    moves = db_session.scalars(select(CustodyMove)).all()
    assert len(moves) == many
