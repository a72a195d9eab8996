"""Agencies: a tree whose decisions leave traces and lose nothing."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import Agency, AgencyChange, AuditEvent, Person
from operations import agencies
from operations import law as house
from operations.agencies import Particulars
from operations.transactions import Conflict, Refused, transaction
from rules.agencies import AgencyKind, AgencyLevel
from tests.cast import Cast

MakeActor = Callable[..., audit.Actor]
TODAY = date(2026, 11, 21)
DECISION = "Quyết định số 01/QĐ-THUNGHIEM"


def particulars(code: str = "VP-MOI", name: str = "Văn phòng Mới", **more: object) -> Particulars:
    return Particulars(
        code=code,
        name=name,
        level=AgencyLevel.SUB_UNIT,
        kind=AgencyKind.DIVISION,
        **more,  # type: ignore[arg-type]
    )


def events(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)))


def test_a_new_unit_hangs_under_its_parent(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    number = agencies.create_agency(
        db_session,
        actor=actor(cast.an),
        parent_id=cast.commune_a,
        particulars=particulars(email="VP@ThuNghiem.example"),
    )
    row = db_session.get_one(Agency, number)
    parent = db_session.get_one(Agency, cast.commune_a)
    assert row.path == f"{parent.path}{row.id}/"
    assert (row.name_fold, row.email) == ("van phong moi", "vp@thunghiem.example")
    assert house.sender_for(db_session, row) is parent
    assert events(db_session)[-1] == "agency.created"


def test_a_unit_follows_the_mail_domains_of_everything_above_it(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    number = agencies.create_agency(
        db_session,
        actor=actor(cast.an),
        parent_id=cast.commune_a,
        particulars=particulars(official_domains="@Vp.vn, chung.vn"),
    )
    with transaction(db_session) as session:
        session.get_one(Agency, cast.commune_a).official_domains = "xa.vn chung.vn"
    chain = house.chain_of(db_session, db_session.get_one(Agency, number))
    assert house.official_domains(chain) == ("vp.vn", "chung.vn", "xa.vn")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (particulars(official_domains="gmail.com"), "thư cá nhân"),
        (particulars(official_domains=" ".join(f"{n}{'a' * 60}.vn" for n in range(10))), "600"),
        (particulars(code="có dấu"), "chữ không dấu"),
        (particulars(code="UBND-XA-THU-B"), "đã được dùng"),
        (particulars(name="   "), "Hãy nhập tên"),
    ],
)
def test_an_agency_that_cannot_be_is_refused(
    db_session: Session, cast: Cast, actor: MakeActor, made: Particulars, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        agencies.create_agency(
            db_session, actor=actor(cast.an), parent_id=cast.commune_a, particulars=made
        )


def test_a_correction_names_what_changed_and_an_old_page_changes_nothing(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    row = db_session.get_one(Agency, cast.office_a)
    made = particulars(code=row.code, name=row.name, address="Số 2")
    agencies.change_agency(
        db_session, actor=actor(cast.an), agency_id=cast.office_a, version=1, particulars=made
    )
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert '"address"' in event.body
    assert "Số 2" not in event.body
    with pytest.raises(Conflict):
        agencies.change_agency(
            db_session, actor=actor(cast.an), agency_id=cast.office_a, version=1, particulars=made
        )


def test_a_new_name_keeps_the_old_one_in_the_history(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with transaction(db_session):
        agencies.rename_in(
            db_session,
            actor(cast.an),
            db_session.get_one(Agency, cast.commune_a),
            new_name="UBND phường Thử A",
            effective_on=TODAY,
            decision=DECISION,
        )
    row = db_session.get_one(Agency, cast.commune_a)
    assert (row.name, row.name_fold) == ("UBND phường Thử A", "ubnd phuong thu a")
    change = db_session.scalars(select(AgencyChange)).one()
    assert (change.kind, change.old_name, change.new_name, change.decision) == (
        "rename",
        "UBND xã Thử A",
        "UBND phường Thử A",
        DECISION,
    )


def test_a_merged_agency_hangs_under_its_successor_with_all_it_has(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with transaction(db_session):
        agencies.merge_in(
            db_session,
            actor(cast.khanh),
            db_session.get_one(Agency, cast.commune_a),
            db_session.get_one(Agency, cast.commune_b),
            effective_on=TODAY,
            decision=DECISION,
        )
    old, new = (
        db_session.get_one(Agency, cast.commune_a),
        db_session.get_one(Agency, cast.commune_b),
    )
    office = db_session.get_one(Agency, cast.office_a)
    assert old.ended_on == TODAY
    assert old.path == f"{new.path}{old.id}/"
    assert office.path == f"{old.path}{office.id}/"
    assert db_session.get_one(Person, cast.person_em).agency_id == office.id
    assert house.sender_for(db_session, office) is new  # an ended agency has no seal any more
    assert events(db_session)[-1] == "agency.merged"
    with pytest.raises(Refused, match="đã kết thúc hoạt động"):
        agencies.create_agency(
            db_session, actor=actor(cast.an), parent_id=cast.commune_a, particulars=particulars()
        )


@pytest.mark.parametrize(
    ("which", "into", "day", "words"),
    [
        ("province", "commune_a", TODAY, "ở gốc"),
        ("commune_a", "office_a", TODAY, "không được nằm trong"),
        ("commune_a", "commune_a", TODAY, "không được nằm trong"),
        ("commune_a", "commune_b", TODAY + timedelta(days=1), "không được sau hôm nay"),
    ],
)
def test_a_merger_that_cannot_be_is_refused(
    db_session: Session,
    cast: Cast,
    actor: MakeActor,
    which: str,
    into: str,
    day: date,
    words: str,
) -> None:
    with pytest.raises(Refused, match=words), transaction(db_session):
        agencies.merge_in(
            db_session,
            actor(cast.khanh),
            db_session.get_one(Agency, getattr(cast, which)),
            db_session.get_one(Agency, getattr(cast, into)),
            effective_on=day,
            decision=DECISION,
        )
    assert db_session.scalars(select(AgencyChange)).all() == []


def test_a_split_makes_a_sibling_and_may_end_the_old_one(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    for code, ends in (("XA-C", False), ("XA-D", True)):
        row = db_session.get_one(Agency, cast.commune_a)
        number = agencies.split(
            db_session,
            actor=actor(cast.khanh),
            agency_id=cast.commune_a,
            version=row.version,
            particulars=particulars(code, f"UBND xã {code}"),
            effective_on=TODAY,
            decision=DECISION,
            ends=ends,
        )
        new = db_session.get_one(Agency, number)
        assert new.parent_id == cast.province
        assert new.established_on == TODAY
    assert db_session.get_one(Agency, cast.commune_a).ended_on == TODAY
    assert [row.kind for row in db_session.scalars(select(AgencyChange))] == ["split", "split"]
    assert audit.verify(db_session).sound
