"""Stocktakes: what is frozen, what counts once, what closing asks for and leaves behind."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import audit
import regulations
from models import AuditEvent, Device, Person
from operations import devices, papers, stocktakes
from operations import stocktake_corrections as corrections
from operations.devices import Custody, Description
from operations.request_documents import Drawn
from operations.stocktake_counts import MOST_AT_ONCE, Answer, Sighting, confirm_own, record
from operations.stocktake_minutes import Words
from operations.stocktakes import Plan, Seat
from operations.transactions import Conflict, Refused, transaction
from rules.devices import DeviceKind, DeviceState
from rules.stocktakes import CountOutcome, CountWay
from schema.custody import FollowUp, Paper
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem
from tests import factories
from tests.cast import NOW, Cast

LAW = regulations.load()
GOT = CountOutcome


def by(cast: Cast, minutes: int = 0, user: str = "an") -> audit.Actor:
    person = getattr(cast, f"person_{user}", None)
    at = NOW + timedelta(minutes=minutes)
    return audit.Actor(getattr(cast, user), person, ("FOCAL_POINT",), "127.0.0.1", at)


def plan(cast: Cast, **changed: object) -> Plan:
    seats = (Seat(cast.person_an, "Tổ trưởng"), Seat(cast.person_chi, "Thư ký"))
    return replace(
        Plan(cast.commune_a, "Kiểm kê cuối năm", factories.day(10), seats=seats), **changed
    )


def opened(session: Session, cast: Cast, **changed: object) -> int:
    return stocktakes.open_campaign(session, actor=by(cast), plan=plan(cast, **changed))


def seen(code: str = "", *, at: int = 1, name: str = "", **more: object) -> Sighting:
    when = NOW + timedelta(minutes=at)
    return Sighting(name or f"c-{code}-{at}", when, code, **more)  # type: ignore[arg-type] # told


def count(session: Session, cast: Cast, number: int, *told: Sighting) -> list[Answer]:
    return record(session, actor=by(cast, 60), stocktake_id=number, sightings=told)


def outcomes(session: Session, number: int) -> dict[str, CountOutcome]:
    rows = session.execute(
        select(Device.internal_code, StocktakeItem.code_seen, StocktakeItem.outcome)
        .outerjoin(Device, Device.id == StocktakeItem.device_id)
        .where(StocktakeItem.stocktake_id == number)
    )
    return {code or seen: CountOutcome(outcome) for code, seen, outcome in rows}


def items(session: Session, number: int) -> dict[str, StocktakeItem]:
    session.expire_all()
    rows = session.scalars(select(StocktakeItem).where(StocktakeItem.stocktake_id == number))
    return {one.device.internal_code if one.device else one.code_seen: one for one in rows}


@pytest.fixture
def shelf(db_session: Session, cast: Cast) -> Session:
    """Five devices of commune A, one of commune B, and three that no campaign expects."""
    with transaction(db_session):
        em, chi = (db_session.get_one(Person, one) for one in (cast.person_em, cast.person_chi))
        office = cast.office_a
        factories.device(db_session, office, "TB-00001", em, serial="54:10:AB:01")
        factories.certificate(db_session, em, token=db_session.scalars(select(Device)).one())
        factories.device(db_session, office, "TB-00002", chi, serial="5410AB02")
        factories.device(db_session, office, "TB-00003", None, state=DeviceState.IN_STOCK)
        factories.device(db_session, cast.commune_a, "TB-00004", None, state=DeviceState.IN_STOCK)
        factories.device(db_session, office, "TB-00005", em, state=DeviceState.DAMAGED)
        factories.device(db_session, office, "MAT-1", em, state=DeviceState.LOST)
        factories.device(db_session, office, "NOP-1", None, state=DeviceState.RETURNED_TO_CA)
        factories.device(db_session, office, "TK-1", em, kind=DeviceKind.CENTRAL)
        factories.device(db_session, cast.commune_b, "TB-00009", None, serial="5410AB09")
    return db_session


def draw(paper: Paper) -> Drawn:
    from views import papers_data_stocktakes  # noqa: F401 - registers the maker
    from views.papers_data import draw_paper

    return draw_paper(paper)


# Opening ------------------------------------------------------------------------------------------


def test_a_campaign_freezes_what_the_books_expect_of_its_scope(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast)
    kept = items(shelf, number)
    assert sorted(kept) == [f"TB-0000{one}" for one in range(1, 6)]
    assert kept["TB-00001"].expected_holder_id == cast.person_em
    assert {one.outcome for one in kept.values()} == {GOT.NOT_COUNTED}
    with transaction(shelf):
        shelf.scalars(select(Device).where(Device.internal_code == "TB-00001")).one().holder = None
    assert items(shelf, number)["TB-00001"].expected_holder_id == cast.person_em
    event = shelf.scalars(select(AuditEvent).where(AuditEvent.event == "stocktake.opened")).one()
    assert event.body == '{"devices":5}'


def test_without_its_subtree_a_campaign_counts_the_agency_alone(shelf: Session, cast: Cast) -> None:
    assert list(items(shelf, opened(shelf, cast, with_subtree=False))) == ["TB-00004"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "  "}, "Nhập tên"),
        ({"due_on": factories.day(-1)}, "không được trước ngày hôm nay"),
        ({"seats": (Seat(99_999),)}, "không còn trong sổ"),
        ({"agency_id": 2}, "chưa có thiết bị nào"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(
    shelf: Session, cast: Cast, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        opened(shelf, cast, **changed)
    assert shelf.scalars(select(Stocktake)).all() == []


def test_one_campaign_of_an_agency_at_a_time_and_the_committee_is_taken_over(
    shelf: Session, cast: Cast
) -> None:
    number = opened(shelf, cast)
    with pytest.raises(Refused, match="chưa khóa sổ"):
        opened(shelf, cast, name="Đợt hai")
    assert stocktakes.last_seats(shelf, cast.commune_a) == plan(cast).seats
    fewer = plan(cast, name="Kiểm kê đột xuất", seats=(Seat(cast.person_chi, "Tổ trưởng"),))
    stocktakes.change(shelf, actor=by(cast), stocktake_id=number, version=1, plan=fewer)
    assert stocktakes.last_seats(shelf, cast.commune_a) == fewer.seats
    with pytest.raises(Conflict):
        stocktakes.change(shelf, actor=by(cast), stocktake_id=number, version=1, plan=fewer)


def test_three_thousand_devices_are_frozen_in_a_few_statements(
    shelf: Session, cast: Cast, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    row = {"kind": DeviceKind.PKI_TOKEN, "state": DeviceState.IN_STOCK, "agency_id": cast.office_a}
    with transaction(shelf):
        rows = [{**row, "internal_code": f"N-{one}"} for one in range(3_000)]
        shelf.execute(insert(Device), rows)
    with count_statements() as statements:
        number = opened(shelf, cast)
    assert len(statements) <= 14
    total = select(func.count()).where(StocktakeItem.stocktake_id == number)
    assert shelf.scalar(total) == 3_005
    told = [seen(f"N-{one}", at=2) for one in range(400)]
    with count_statements() as many:
        count(shelf, cast, number, *told)
    with count_statements() as few:
        count(shelf, cast, number, seen("N-999", at=3))
    assert len(many) == len(few) <= 16


# Counting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["TB-00001", "tb-00001", "TB00001", "54:10:ab:01", "0x5410AB01", "5410 AB01", "cert"]
)
def test_any_notation_of_code_serial_or_certificate_finds_the_device(
    shelf: Session, cast: Cast, code: str
) -> None:
    number = opened(shelf, cast)
    answer = count(shelf, cast, number, seen("5A00000000000001" if code == "cert" else code))[0]
    assert (answer.problem, answer.outcome) == ("", GOT.RIGHT)
    assert outcomes(shelf, number)["TB-00001"] is GOT.RIGHT


def test_each_outcome_is_kept_apart(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast)
    ticked = items(shelf, number)["TB-00003"].id
    count(
        shelf,
        cast,
        number,
        seen("TB-00001", found_holder_id=cast.person_chi),
        seen("TB-00002", damaged=True),
        seen(item_id=ticked, seen=False, name="tick", way=CountWay.TICK),
        seen("TB-00005", damaged=True),
        seen("MAT-1"),
        seen("LA-77"),
        seen("la 77", at=2),
    )
    assert outcomes(shelf, number) == {
        "TB-00001": GOT.WRONG_HOLDER,
        "TB-00002": GOT.DAMAGED,
        "TB-00003": GOT.MISSING,
        "TB-00004": GOT.NOT_COUNTED,
        "TB-00005": GOT.RIGHT,  # The books know that it is damaged.
        "MAT-1": GOT.SURPLUS,
        "LA-77": GOT.SURPLUS,
    }


def test_what_cannot_be_taken_is_answered_and_does_not_hold_up_the_rest(
    shelf: Session, cast: Cast
) -> None:
    number = opened(shelf, cast)
    with transaction(shelf):
        factories.device(shelf, cast.office_a, "TRUNG-1", serial="AA11")
        factories.device(shelf, cast.office_a, "TRUNG-2", serial="AA11")
    told = count(
        shelf,
        cast,
        number,
        seen("AA11"),
        seen("TB-00001", at=600),
        seen("---"),
        seen(item_id=99_999, name="gone"),
        seen("TB-00002", found_holder_id=cast.person_binh),
        replace(seen("TB-00003"), client_id=" "),
        seen("mã PIN: 12345678"),
        seen("TB-00004"),
    )
    expected = ["ứng với 2", "tương lai", "Chưa đọc", "không còn", "cơ quan này", "Thiếu mã"]
    expected += ["không lưu mật khẩu", ""]
    assert all(words in one.problem for words, one in zip(expected, told, strict=True))
    assert [bool(one.problem) for one in told] == [True] * 7 + [False]
    assert shelf.scalar(select(func.count()).select_from(StocktakeCount)) == 1
    with pytest.raises(Refused, match="nhiều nhất"):
        count(shelf, cast, number, *[seen(f"X{one}") for one in range(MOST_AT_ONCE + 1)])


def test_a_device_of_another_agency_is_an_unknown_thing(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast)
    count(shelf, cast, number, seen("5410AB09"))
    assert items(shelf, number)["5410AB09"].device_id is None


def test_holders_confirm_what_the_books_give_them_and_nothing_else(
    shelf: Session, cast: Cast
) -> None:
    number = opened(shelf, cast)
    own, other = (items(shelf, number)[code].id for code in ("TB-00001", "TB-00002"))
    em = by(cast, 5, "em")
    assert confirm_own(shelf, actor=em, item_id=own, client_id="e1").outcome is GOT.RIGHT
    assert confirm_own(shelf, actor=em, item_id=own, client_id="e1").repeated
    with pytest.raises(Refused, match="không phải là người đang giữ"):
        confirm_own(shelf, actor=em, item_id=other, client_id="e2")
    with pytest.raises(Refused, match="không còn"):
        confirm_own(shelf, actor=em, item_id=99_999, client_id="e3")


# Correcting ---------------------------------------------------------------------------------------


def test_a_decision_overrules_earlier_counts_and_keeps_note_and_photo(
    shelf: Session, cast: Cast
) -> None:
    number = opened(shelf, cast)
    count(shelf, cast, number, seen("TB-00001", found_holder_id=cast.person_chi))
    item = items(shelf, number)["TB-00001"]
    version = item.version
    wish = corrections.Verdict(
        holder_id=cast.person_em,
        note="Để nhầm bàn",
        photo=corrections.Photo(b"\x89PNG", "image/png"),
    )
    how = {"actor": by(cast, 70), "item_id": item.id}
    assert corrections.decide(shelf, **how, version=version, verdict=wish) is GOT.RIGHT
    kept = items(shelf, number)["TB-00001"]
    assert (kept.note, kept.found_holder_id) == ("Để nhầm bàn", cast.person_em)
    photos = select(StocktakeCount.photo_sha256).where(StocktakeCount.photo_sha256.is_not(None))
    assert shelf.scalars(photos).all()
    # The overruled count does not come back with the next one.
    count(shelf, cast, number, seen("TB-00001", at=50))
    assert outcomes(shelf, number)["TB-00001"] is GOT.RIGHT
    with pytest.raises(Conflict):
        corrections.decide(shelf, **how, version=version, verdict=wish)
    strange = replace(wish, holder_id=cast.person_binh)
    version = items(shelf, number)["TB-00001"].version
    with pytest.raises(Refused, match="không thuộc cơ quan"):
        corrections.decide(shelf, **how, version=version, verdict=strange)


def test_mistakes_are_set_aside_and_do_not_count_again(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast)
    told = (seen("TB-00002"), seen("RAC"))
    count(shelf, cast, number, *told)
    kept = items(shelf, number)
    for code, stays in (("TB-00002", True), ("RAC", False)):
        row = kept[code]
        how = {"actor": by(cast, 70), "item_id": row.id, "version": row.version}
        assert corrections.set_aside(shelf, **how) is stays
    count(shelf, cast, number, *told)
    assert "RAC" not in outcomes(shelf, number)
    assert outcomes(shelf, number)["TB-00002"] is GOT.NOT_COUNTED
    assert shelf.scalar(select(func.count()).select_from(StocktakeCount)) == 2
    row = items(shelf, number)["TB-00002"]
    with pytest.raises(Refused, match="chưa có kết quả"):
        corrections.set_aside(shelf, actor=by(cast), item_id=row.id, version=row.version)


@pytest.mark.parametrize(("code", "outcome"), [("TB-00003", GOT.RIGHT), ("MAT-1", GOT.SURPLUS)])
def test_a_thing_without_a_label_turns_out_to_be_a_device(
    shelf: Session, cast: Cast, code: str, outcome: CountOutcome
) -> None:
    number = opened(shelf, cast)
    count(shelf, cast, number, seen("KHONG-NHAN"))
    row = items(shelf, number)["KHONG-NHAN"]
    how = {"actor": by(cast, 70), "item_id": row.id, "version": row.version}
    with pytest.raises(Refused, match="không ứng với thiết bị nào"):
        corrections.identify(shelf, **how, code="XYZ")
    corrections.identify(shelf, **how, code=code)
    assert outcomes(shelf, number)[code] is outcome
    assert "KHONG-NHAN" not in outcomes(shelf, number)


# Closing ------------------------------------------------------------------------------------------


def closed(session: Session, cast: Cast, number: int, **words: str) -> int:
    version = session.get_one(Stocktake, number).version
    return stocktakes.close(
        session,
        actor=by(cast, 90),
        stocktake_id=number,
        version=version,
        words=Words(**words),
        law=LAW,
        draw=draw,
        all_sent=True,
    )


def test_closing_draws_minutes_proposes_what_follows_and_locks(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast, basis="Quyết định số 12/QĐ-UBND")
    lost = items(shelf, number)["TB-00003"].id
    swapped = (
        seen("TB-00001", found_holder_id=cast.person_chi),
        seen("TB-00002", found_holder_id=cast.person_em),
    )
    missing = seen(item_id=lost, seen=False, name="tick")
    count(shelf, cast, number, *swapped, missing, seen("LA-1"), seen("TB-00005"))
    with pytest.raises(Refused, match="Nêu lý do"):  # One is not counted.
        closed(shelf, cast, number)
    paper = shelf.get_one(Paper, closed(shelf, cast, number, reason="Kho khóa", conclusion="Đạt."))
    told = paper.particulars
    assert told["conclusions"] == ["Đạt.", "Lý do khóa sổ khi còn lưu ý: Kho khóa"]
    assert paper.sha256
    assert paper.witness_seq
    row = told["tallies"][0]
    assert (row["book"], row["RIGHT"], row["MISSING"], row["NOT_COUNTED"]) == (5, 1, 1, 1)
    open_ = shelf.scalars(select(FollowUp).where(FollowUp.noun == "stocktake")).all()
    assert Counter(one.code for one in open_) == {
        "stocktake.correct_holder": 2,
        "stocktake.report_loss": 1,
        "stocktake.enter_in_register": 1,
        "stocktake.count_later": 1,
    }
    event = shelf.scalars(select(AuditEvent).where(AuditEvent.event == "stocktake.closed")).one()
    assert event.body == '{"missing":1,"right":1,"surplus":1,"wrong_holder":2}'
    with pytest.raises(Refused, match="không hủy được"):
        papers.cancel(shelf, actor=by(cast), paper_id=paper.id, version=1, reason="sai")
    late = count(shelf, cast, number, seen("TB-00004"))[0]
    assert "đã khóa sổ" in late.problem
    kept = items(shelf, number)["TB-00004"]
    with pytest.raises(Refused, match="khóa sổ"):
        corrections.decide(
            shelf,
            actor=by(cast, 95),
            item_id=kept.id,
            version=kept.version,
            verdict=corrections.Verdict(),
        )
    with pytest.raises(Refused, match="đã khóa sổ"):
        stocktakes.change(shelf, actor=by(cast), stocktake_id=number, version=2, plan=plan(cast))
    with pytest.raises(Refused, match="đã khóa sổ"):
        closed(shelf, cast, number, reason="lại")
    never = select(Device.internal_code).where(Device.agency_id == cast.commune_a)
    seen_not = stocktakes.never_counted(Device.id.in_(select(Device.id))).with_only_columns(
        Device.internal_code
    )
    assert set(shelf.scalars(never)) <= set(shelf.scalars(seen_not))


def test_what_is_found_beside_the_list_leads_to_what_settles_it(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast)
    with_em = {"found_holder_id": cast.person_em}
    count(shelf, cast, number, seen("MAT-1"), seen("NOP-1"), seen("54 10 ab 09"))
    count(shelf, cast, number, seen("5410AB77", **with_em))
    closed(shelf, cast, number, reason="Kho khóa")
    rows = shelf.scalars(select(FollowUp).where(FollowUp.code != "stocktake.count_later")).all()
    told = {one.device.internal_code if one.device else one.code_seen: one for one in rows}
    assert "Ghi việc tìm thấy" in told["MAT-1"].sentence
    assert "đã nộp về Cục" in told["NOP-1"].sentence
    back = next(one for one in rows if one.code == "stocktake.hand_back")
    assert "có trong sổ của UBND xã Thử B" in back.sentence
    new = told["5410AB77"]
    assert (new.code, new.person_id) == ("stocktake.enter_in_register", cast.person_em)
    description = Description(DeviceKind.PKI_TOKEN, printed_serial="54:10:AB:77")
    kept = Custody(DeviceState.IN_USE, cast.person_em)
    device_id = devices.add(
        shelf, actor=by(cast, 99), agency_id=cast.office_a, description=description, custody=kept
    )
    shelf.refresh(new)
    assert new.done_at is not None
    assert new.device_id == device_id


def test_what_the_books_say_by_now_needs_no_follow_up(shelf: Session, cast: Cast) -> None:
    number = opened(shelf, cast)
    lost = items(shelf, number)["TB-00003"].id
    count(
        shelf,
        cast,
        number,
        seen("TB-00001", found_holder_id=cast.person_chi),
        seen("TB-00002", damaged=True),
        seen(item_id=lost, seen=False, name="tick"),
        seen("TB-00004"),
        seen("TB-00005"),
    )
    with transaction(shelf):  # Handed over, reported damaged and missing while it went on.
        rows = {one.internal_code: one for one in shelf.scalars(select(Device))}
        rows["TB-00001"].holder_id = cast.person_chi
        rows["TB-00002"].state = DeviceState.DAMAGED
        rows["TB-00003"].state = DeviceState.MISSING
    paper = shelf.get_one(Paper, closed(shelf, cast, number))
    assert [one.particulars["settled"] for one in paper.lines] == [True] * 3
    assert shelf.scalars(select(FollowUp)).all() == []


def test_two_counts_that_contradict_each_other_keep_a_campaign_open(
    shelf: Session, cast: Cast
) -> None:
    number = opened(shelf, cast)
    count(
        shelf,
        cast,
        number,
        seen("TB-00001", found_holder_id=cast.person_chi),
        seen("TB-00001", at=2, found_holder_id=cast.person_em),
    )
    with pytest.raises(Refused, match="hai kết quả kiểm đếm khác nhau"):
        closed(shelf, cast, number, reason="x")
    assert shelf.scalars(select(Paper)).all() == []
