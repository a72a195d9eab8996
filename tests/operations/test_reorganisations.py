"""Whole agencies that change: two communes merged, a part split off, a new name, an end."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from models import Agency, AgencyChange, Certificate, Device, Person, UserRole
from operations import follow_ups, reorganisations
from operations import law as house
from operations.reorganisation_scope import Plan, scope_of
from operations.transactions import Refused, transaction
from rules.agency_changes import AgencyChange as Kind
from rules.certificates import SubscriberKind
from rules.permissions import Role
from schema.changes import Reorganisation
from schema.custody import CustodyMove
from tests import factories
from tests.cast import Cast, agency, person

MakeActor = Callable[..., audit.Actor]
TODAY = date(2026, 11, 21)
DECISION = "Nghị quyết thử nghiệm số 1"
LAW = regulations.load()


class Province:
    """Commune A with a school and devices, to be merged into commune B, which has some too."""

    def __init__(self, session: Session, cast: Cast, make: MakeActor) -> None:
        self.session, self.cast, self.actor = session, cast, make(cast.khanh)
        with transaction(session):
            commune = session.get_one(Agency, cast.commune_a)
            em = session.get_one(Person, cast.person_em)
            giang = session.get_one(Person, cast.person_giang)
            self.school = agency(session, "Trường Thử A", commune).id
            token = factories.device(session, cast.office_a, "TK-1", em)
            stamp = factories.device(session, cast.commune_a, "TK-DAU", giang)
            factories.device(session, cast.commune_b, "TK-1")
            self.token, self.stamp = token.id, stamp.id
            self.long = factories.certificate(session, em, days_left=400, token=token).id
            self.short = factories.certificate(session, giang, days_left=10).id
            organisation = SubscriberKind.ORGANISATION
            self.seal = factories.certificate(
                session, giang, days_left=400, token=stamp, kind=organisation, serial="5AFFA1"
            ).id

    def plan(self, kind: Kind, **more: Any) -> int:
        """Plan an act for commune A."""
        on = more.pop("effective_on", TODAY)
        wish = Plan(self.cast.commune_a, kind, on, DECISION, **more)
        return reorganisations.plan(self.session, actor=self.actor, wish=wish, law=LAW)

    def apply(self, number: int) -> None:
        """Carry it out."""
        version = self.session.get_one(Reorganisation, number).version
        reorganisations.apply(
            self.session, actor=self.actor, reorganisation_id=number, version=version, law=LAW
        )

    def proposed(self, number: int) -> dict[tuple[str, int | None], int]:
        """Code and certificate of what was proposed -> the agency whose letter it is."""
        rows = follow_ups.of(self.session, reorganisations.NOUN, number)
        return {(one.code.split(".")[1], one.certificate_id): one.agency_id for one in rows}


@pytest.fixture
def province(db_session: Session, cast: Cast, actor: MakeActor) -> Province:
    return Province(db_session, cast, actor)


def test_two_communes_become_one_with_all_they_have(province: Province) -> None:
    session, cast = province.session, province.cast
    number = province.plan(Kind.MERGE, successor_id=cast.commune_b, new_email_domain="thub.example")
    # Before the day only the old agency's own certificate is spoken of: Mẫu số 05, by itself.
    assert province.proposed(number) == {("revocation", province.seal): cast.commune_a}
    province.apply(number)
    old, new = session.get_one(Agency, cast.commune_a), session.get_one(Agency, cast.commune_b)
    em, token = session.get_one(Person, cast.person_em), session.get_one(Device, province.token)

    assert (old.ended_on, old.has_own_seal, old.path) == (TODAY, False, f"{new.path}{old.id}/")
    assert session.get_one(Agency, cast.office_a).ended_on == TODAY
    school = session.get_one(Agency, province.school)
    assert (school.parent_id, school.ended_on, school.has_own_seal) == (new.id, None, True)
    change = session.scalars(select(AgencyChange)).one()
    assert (change.kind, change.old_name, change.decision) == ("merger", "UBND xã Thử A", DECISION)

    assert em.agency_id == token.agency_id == new.id
    assert [(one.title, one.agency_id) for one in em.positions if not one.until_on] == [
        ("Công chức", new.id)
    ]
    assert em.email == "pham.van.em@thub.example"
    assert [one.email for one in em.emails] == [
        "pham.van.em@thunghiem.example",
        "pham.van.em@thub.example",
    ]
    assert token.internal_code == "TK-1-VAN-PHONG-XA-THU-A"
    move = session.scalars(select(CustodyMove)).one()
    assert (move.agency_before_id, move.agency_after_id) == (cast.office_a, new.id)
    # The old seal's token stays in the old books until it is returned; the successor writes.
    assert session.get_one(Device, province.stamp).agency_id == old.id
    assert house.sender_for(session, old) is new

    found = province.proposed(number)
    assert set(found.values()) == {new.id}
    assert set(found) == {
        ("revocation", province.seal),
        ("successor_issuance", None),
        ("amendment", province.long),
        ("issuance", province.short),
        ("signers", None),
    }
    grants = {
        (one.user_id, one.role): one.agency_id for one in session.scalars(select(UserRole)).all()
    }
    assert grants[(cast.an, Role.FOCAL_POINT)] == new.id
    assert grants[(cast.binh, Role.FOCAL_POINT)] == new.id
    with pytest.raises(Refused, match="Còn 5 việc chưa xong"):
        reorganisations.close(session, actor=province.actor, reorganisation_id=number, version=2)


def test_nobody_gets_the_same_role_twice(province: Province) -> None:
    session, cast = province.session, province.cast
    with transaction(session):
        role = UserRole(user_id=cast.an, role=Role.FOCAL_POINT, agency_id=cast.commune_b)
        session.add(role)
    province.apply(province.plan(Kind.MERGE, successor_id=cast.commune_b))
    roles = select(UserRole.agency_id).where(UserRole.user_id == cast.an)
    assert session.scalars(roles).all() == [cast.commune_b]


def test_a_new_name_amends_those_with_days_enough_and_issues_to_the_others(
    province: Province,
) -> None:
    number = province.plan(Kind.RENAME, new_name="UBND phường Thử A")
    province.apply(number)
    row = province.session.get_one(Agency, province.cast.commune_a)
    assert (row.name, row.has_own_seal) == ("UBND phường Thử A", True)
    assert set(province.proposed(number)) == {
        ("amendment", province.long),
        ("amendment", province.seal),
        ("issuance", province.short),
    }


def test_a_split_takes_the_units_and_people_named_and_leaves_the_rest(province: Province) -> None:
    session, cast = province.session, province.cast
    number = province.plan(
        Kind.SPLIT,
        successor_id=cast.commune_b,
        unit_ids=(cast.office_a,),
        person_ids=(cast.person_giang,),
    )
    province.apply(number)
    office = session.get_one(Agency, cast.office_a)
    assert office.parent_id == cast.commune_b
    assert session.get_one(Person, cast.person_em).agency_id == office.id
    assert session.get_one(Person, cast.person_giang).agency_id == cast.commune_b
    assert session.get_one(Certificate, province.short).agency_id == cast.commune_b
    assert session.get_one(Agency, cast.commune_a).ended_on is None
    assert session.get_one(UserRole, 1).agency_id == cast.commune_a


def test_a_split_agency_ends_only_when_everybody_has_gone_over(province: Province) -> None:
    cast = province.cast
    number = province.plan(
        Kind.SPLIT, successor_id=cast.commune_b, unit_ids=(cast.office_a,), ends=True
    )
    with pytest.raises(Refused, match="Còn 1 người ở UBND xã Thử A"):
        province.apply(number)


def test_what_is_dissolved_without_successor_revokes_everything(province: Province) -> None:
    number = province.plan(Kind.DISSOLVE)
    assert set(province.proposed(number)) == {
        ("revocation", province.seal),
        ("revocation", province.long),
        ("revocation", province.short),
    }
    province.apply(number)
    assert province.session.get_one(Agency, province.cast.commune_a).ended_on == TODAY


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        (Kind.MERGE, {}, "Chưa chọn cơ quan tiếp nhận"),
        (Kind.MERGE, {"to": "office_a"}, "không được nằm trong"),
        (Kind.RENAME, {}, "Chưa nhập tên mới"),
        (Kind.SPLIT, {"to": "commune_b"}, "Chọn đơn vị hoặc người"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    province: Province, kind: Kind, more: dict[str, Any], message: str
) -> None:
    if place := more.pop("to", None):
        more["successor_id"] = getattr(province.cast, place)
    with pytest.raises(Refused, match=message):
        province.plan(kind, **more)


def test_a_plan_waits_for_its_day_and_may_be_dropped(province: Province) -> None:
    ahead = {"effective_on": date(2026, 12, 1), "successor_id": province.cast.commune_b}
    number = province.plan(Kind.MERGE, **ahead)
    with pytest.raises(Refused, match="từ ngày 01/12/2026"):
        province.apply(number)
    with pytest.raises(Refused, match="đã có phương án"):
        province.plan(Kind.MERGE, **ahead)
    reorganisations.cancel(
        province.session,
        actor=province.actor,
        reorganisation_id=number,
        version=1,
        reason="Hoãn",
    )
    assert province.plan(Kind.MERGE, **ahead)


def test_thousands_move_in_a_fixed_number_of_statements(
    province: Province, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    session, cast = province.session, province.cast

    def cost(name: str, people: int) -> int:
        with transaction(session):
            home = agency(session, name, session.get_one(Agency, cast.province))
            for number in range(people):
                row = person(session, f"{name} {number}", home, "Việc")
                token = factories.device(session, home.id, f"T-{number}", row)
                factories.certificate(session, row, token=token)
        wish = Plan(home.id, Kind.MERGE, TODAY, DECISION, cast.commune_b, "", "thub.example")
        number = reorganisations.plan(session, actor=province.actor, wish=wish, law=LAW)
        with count_statements() as statements:
            province.apply(number)
        # The history of custody is one row for each device, written one by one.
        return len([one for one in statements if "INSERT INTO custody_move" not in one])

    assert cost("UBND xã Thử D", 40) - cost("UBND xã Thử C", 1) <= 3
    whole = scope_of(session, Plan(cast.commune_b, Kind.RENAME, TODAY), on=TODAY)
    assert (len(whole.people), whole.devices) == (42, 42)
