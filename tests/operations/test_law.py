"""Under which regulation an agency and its units are."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from audit import Actor
from models import Agency, Device, Person
from operations import agencies, follow_ups, incidents
from operations.incidents import Report
from operations.law import followed, law_for, laws_for
from operations.transactions import Refused, transaction
from rules.incidents import IncidentKind
from rules.law import Law
from schema.law import RegulationEnactment
from tests import factories
from tests.cast import NOW, Cast

LAW = regulations.load()
DRAFT = "dong_nai_draft_2026"


@pytest.fixture
def em(actor: Callable[..., Actor], cast: Cast) -> Actor:
    return actor(cast.em, cast.person_em)


def choose(session: Session, cast: Cast, commune: str | None, office: str | None) -> Agency:
    """Let the commune and its office say which regulation they follow; returns the office."""
    with transaction(session):
        session.get_one(Agency, cast.commune_a).regulation = commune
        row = session.get_one(Agency, cast.office_a)
        row.regulation = office
    return row


@pytest.mark.parametrize("regulation", ["tuyen_quang_06_2026", "bac_ninh_60_2025", DRAFT])
@pytest.mark.parametrize("office_says", [None, "decree_68_2024", "thua_thien_hue_2289_2024"])
def test_a_unit_is_under_the_regulation_of_the_agency_that_signs_for_it(
    db_session: Session, cast: Cast, regulation: str, office_says: str | None
) -> None:
    office = choose(db_session, cast, regulation, office_says)
    with transaction(db_session):
        db_session.add(
            RegulationEnactment(
                regulation=DRAFT,
                number="15/2026/QĐ-UBND",
                issued_on=factories.day(-40),
                effective_from=factories.day(-30),
                entered_at=NOW,
                entered_by_id=cast.dung,
            )
        )
    commune = db_session.get_one(Agency, cast.commune_a)
    assert followed(LAW, office) == regulation
    known = texts(law_for(LAW, commune))
    assert known != texts(LAW)
    assert texts(law_for(LAW, office)) == known
    many = laws_for(db_session, LAW, [office, commune, db_session.get_one(Agency, cast.commune_b)])
    assert texts(many[office.id]) == texts(many[commune.id]) == known
    assert texts(many[cast.commune_b]) == texts(LAW)


def texts(law: Law) -> set[str]:
    """What the pages cite for the kinds of matter in which regulations differ."""
    keys = ("agency.hands_over", "routing.device_loss", "subscriber.reports")
    found = (law.optional(key, on=factories.day(0)) for key in keys)
    return {one.provision.citation for one in found if one is not None}


def test_what_nobody_chose_is_said_by_the_next_agency_above(
    db_session: Session, cast: Cast
) -> None:
    office = choose(db_session, cast, None, None)
    above = db_session.scalars(
        select(Agency).where(Agency.id == db_session.get_one(Agency, cast.commune_a).parent_id)
    ).one()
    assert followed(LAW, office) is None
    with transaction(db_session):
        above.regulation = "tuyen_quang_06_2026"
    assert followed(LAW, office) == "tuyen_quang_06_2026"


def test_an_incident_in_a_unit_cites_the_regulation_of_its_agency(
    db_session: Session, cast: Cast, em: Actor
) -> None:
    choose(db_session, cast, "tuyen_quang_06_2026", "decree_68_2024")
    with transaction(db_session):
        holder = db_session.get_one(Person, cast.person_em)
        token: Device = factories.device(db_session, cast.office_a, "TB-7", holder)
    wish = Report(IncidentKind.LOSS, token.id, NOW - timedelta(hours=2), circumstances="Ở trụ sở")
    number = incidents.report(db_session, actor=em, wish=wish, law=LAW)
    steps = follow_ups.of(db_session, incidents.NOUN, number)
    assert any("06/2026/QĐ-CTUBND" in one.basis for one in steps)


def test_a_unit_whose_papers_another_agency_signs_chooses_no_regulation(
    db_session: Session, cast: Cast, em: Actor
) -> None:
    row = choose(db_session, cast, "tuyen_quang_06_2026", None)
    with pytest.raises(Refused, match="theo quy chế của UBND xã Thử A"):
        agencies.follow_regulation(
            db_session,
            actor=em,
            agency_id=row.id,
            version=row.version,
            regulation="bac_ninh_60_2025",
            known=["bac_ninh_60_2025"],
        )
