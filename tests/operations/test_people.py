"""People: histories that stay, numbers that stay secret, and an index that keeps up."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import AuditEvent, Certificate, Device, Person, SearchTerm
from operations import people
from operations.people import Office, Particulars
from operations.personal import CitizenIds
from operations.transactions import Conflict, Refused, transaction
from rules.names import sort_key
from tests import factories
from tests.cast import Cast

MakeActor = Callable[..., audit.Actor]
CITIZEN_IDS = CitizenIds(b"k" * 32)
NUMBER = "012345678901"
TODAY = date(2026, 11, 21)


def particulars(agency_id: int, name: str = "Hoàng Thị Lụa", **more: object) -> Particulars:
    return Particulars(agency_id=agency_id, full_name=name, **more)  # type: ignore[arg-type]


@pytest.fixture
def add(db_session: Session, cast: Cast, actor: MakeActor) -> Callable[..., Person]:
    """Add a person to the office of commune A, as An does."""

    def run(name: str = "Hoàng Thị Lụa", **more: object) -> Person:
        fields = {
            key: more.pop(key) for key in list(more) if key in Particulars.__dataclass_fields__
        }
        number = people.create_person(
            db_session,
            actor=actor(cast.an),
            particulars=particulars(fields.pop("agency_id", cast.office_a), name, **fields),  # type: ignore[arg-type]
            citizen_ids=CITIZEN_IDS,
            **more,  # type: ignore[arg-type]
        )
        return db_session.get_one(Person, number)

    return run


def terms(session: Session, noun: str, number: int) -> set[str]:
    return set(
        session.scalars(
            select(SearchTerm.term).where(SearchTerm.noun == noun, SearchTerm.object_id == number)
        )
    )


def test_a_new_person_has_history_search_terms_and_an_event_without_names(
    db_session: Session, add: Callable[..., Person], cast: Cast
) -> None:
    row = add(
        "  hoàng   Thị Lụa ",
        email="Lua@ThuNghiem.example",
        office=Office(cast.office_a, "Chuyên viên", TODAY),
        staff_number="CB-7",
    )
    assert row.full_name == "hoàng Thị Lụa"
    assert row.email == "lua@thunghiem.example"
    assert [(one.email, one.until_on) for one in row.emails] == [("lua@thunghiem.example", None)]
    assert [one.title for one in row.positions] == ["Chuyên viên"]
    assert {"hoang", "thi", "lua", "lua@thunghiem.example"} <= terms(db_session, "person", row.id)
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert event.event == "person.created"
    assert "Lụa" not in event.body


def test_the_citizen_id_is_sealed_masked_and_shown_only_on_record(
    db_session: Session, add: Callable[..., Person], actor: MakeActor, cast: Cast
) -> None:
    row = add(citizen_id=" 012 345 678 901 ")
    assert row.citizen_id_cipher is not None
    assert NUMBER.encode() not in row.citizen_id_cipher
    assert people.masked(NUMBER) == "*********901"
    shown = people.show_citizen_id(
        db_session, actor=actor(cast.an), person_id=row.id, citizen_ids=CITIZEN_IDS
    )
    assert shown == NUMBER
    events = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    assert events[-1].event == "person.citizen_id_shown"
    assert all(NUMBER not in event.body for event in events)


@pytest.mark.parametrize("typed", ["123456789", "01234567890x", "0123456789012"])
def test_a_citizen_id_has_twelve_digits(add: Callable[..., Person], typed: str) -> None:
    with pytest.raises(Refused, match="đúng 12 chữ số"):
        add(citizen_id=typed)


def test_what_belongs_to_one_person_is_not_written_for_another(
    db_session: Session, add: Callable[..., Person]
) -> None:
    add(citizen_id=NUMBER, email="lua@thunghiem.example", staff_number="CB-7")
    for more, words in (
        ({"citizen_id": NUMBER}, "Số định danh này đã có"),
        ({"email": "LUA@thunghiem.example"}, "đang được ghi cho một cá nhân khác"),
        ({"staff_number": "CB-7"}, "đã có trong đơn vị này"),
    ):
        with pytest.raises(Refused, match=words):
            add("Hoàng Thị Là", **more)
    assert (
        len(db_session.scalars(select(Person).where(Person.name_fold == "hoang thi la")).all()) == 0
    )


def test_changing_a_name_reorders_and_reindexes_what_the_person_holds(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        token = factories.device(db_session, cast.office_a, "TB-01", em)
        factories.certificate(db_session, em, token=token)
        number, version = token.id, em.version
    people.change_person(
        db_session,
        actor=actor(cast.an),
        person_id=cast.person_em,
        version=version,
        particulars=particulars(cast.office_a, "Phạm Văn Ứng"),
        citizen_ids=CITIZEN_IDS,
    )
    device = db_session.get_one(Device, number)
    assert device.sort_key == sort_key("Phạm Văn Ứng")
    assert "ung" in terms(db_session, "device", number)
    certificate = db_session.scalars(select(Certificate)).one()
    assert certificate.common_name == "Phạm Văn Em"  # what a certificate says is never changed
    assert terms(db_session, "certificate", certificate.id)


def test_an_old_address_stays_in_the_history(
    db_session: Session, add: Callable[..., Person], actor: MakeActor, cast: Cast
) -> None:
    row = add(email="cu@thunghiem.example")
    row_id = row.id
    with transaction(db_session):
        db_session.get_one(Person, row_id).emails[0].from_on = date(2025, 1, 1)
    people.change_email(
        db_session,
        actor=actor(cast.an),
        person_id=row_id,
        version=1,
        email="moi@thunghiem.example",
        from_on=TODAY,
    )
    row = db_session.get_one(Person, row_id)
    assert row.email == "moi@thunghiem.example"
    assert [(one.email, one.until_on) for one in row.emails] == [
        ("cu@thunghiem.example", TODAY - timedelta(days=1)),
        ("moi@thunghiem.example", None),
    ]
    found = terms(db_session, "person", row_id)
    assert "moi@thunghiem.example" in found
    assert "cu@thunghiem.example" not in found


def test_an_address_without_a_known_beginning_is_kept_with_the_day_it_ended(
    db_session: Session, actor: MakeActor, cast: Cast
) -> None:
    people.change_email(
        db_session,
        actor=actor(cast.an),
        person_id=cast.person_em,
        version=1,
        email="em@thunghiem.example",
        from_on=TODAY,
    )
    old, new = db_session.get_one(Person, cast.person_em).emails
    assert (old.email, old.until_on) == (
        "pham.van.em@thunghiem.example",
        TODAY - timedelta(days=1),
    )
    assert new.until_on is None


@pytest.mark.parametrize(
    ("email", "from_on", "words"),
    [
        ("khong-phai-thu", TODAY, "không đúng"),
        ("pham.van.em@thunghiem.example", TODAY, "không có gì để đổi"),
        ("nguyen.van.an@thunghiem.example", TODAY, "một cá nhân khác"),
        ("", TODAY, "Hãy nhập địa chỉ"),
        ("moi@thunghiem.example", TODAY + timedelta(days=1), "sau ngày hôm nay"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    db_session: Session, cast: Cast, actor: MakeActor, email: str, from_on: date, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        people.change_email(
            db_session,
            actor=actor(cast.an),
            person_id=cast.person_em,
            version=1,
            email=email,
            from_on=from_on,
        )


def test_positions_come_and_go_with_their_days(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    by = actor(cast.an)
    people.add_position(
        db_session,
        actor=by,
        person_id=cast.person_em,
        version=1,
        office=Office(cast.commune_a, "Phó Chủ tịch", TODAY),
    )
    em = db_session.get_one(Person, cast.person_em)
    first, second = em.positions
    assert (first.is_primary, second.is_primary) == (False, True)
    first_id, second_id = first.id, second.id
    with pytest.raises(Refused, match="không được trước ngày bắt đầu"):
        people.end_position(
            db_session,
            actor=by,
            person_id=cast.person_em,
            version=2,
            position_id=second_id,
            until_on=TODAY - timedelta(days=1),
        )
    people.end_position(
        db_session,
        actor=by,
        person_id=cast.person_em,
        version=2,
        position_id=first_id,
        until_on=TODAY,
    )
    assert db_session.get_one(Person, cast.person_em).positions[0].until_on == TODAY
    with pytest.raises(Refused, match="không còn để kết thúc"):
        people.end_position(
            db_session,
            actor=by,
            person_id=cast.person_em,
            version=3,
            position_id=first_id,
            until_on=TODAY,
        )


def test_leaving_ends_the_positions_once_nothing_is_in_their_hands(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        token = factories.device(db_session, cast.office_a, "TB-01", em)
    leaving = {"actor": actor(cast.an), "person_id": cast.person_em, "version": 1, "left_on": TODAY}
    with pytest.raises(Refused, match="còn giữ 1 thiết bị: TB-01"):
        people.record_leaving(db_session, **leaving)
    with transaction(db_session):
        db_session.get_one(Device, token.id).holder_id = None
    people.record_leaving(db_session, **leaving)
    em = db_session.get_one(Person, cast.person_em)
    assert (em.left_on, em.positions[0].until_on) == (TODAY, TODAY)
    with pytest.raises(Refused, match="không thêm chức vụ"):
        people.add_position(
            db_session,
            actor=actor(cast.an),
            person_id=cast.person_em,
            version=2,
            office=Office(cast.office_a, "Chuyên viên", TODAY),
        )


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(Conflict):
        people.change_person(
            db_session,
            actor=actor(cast.an),
            person_id=cast.person_em,
            version=7,
            particulars=particulars(cast.office_a),
            citizen_ids=CITIZEN_IDS,
        )


def test_a_change_of_nothing_leaves_no_event(
    db_session: Session, add: Callable[..., Person], actor: MakeActor, cast: Cast
) -> None:
    add()
    before = audit.verify(db_session).events
    people.change_person(
        db_session,
        actor=actor(cast.an),
        person_id=db_session.scalars(
            select(Person.id).where(Person.name_fold == "hoang thi lua")
        ).one(),
        version=1,
        particulars=particulars(cast.office_a),
        citizen_ids=CITIZEN_IDS,
    )
    assert audit.verify(db_session).events == before
