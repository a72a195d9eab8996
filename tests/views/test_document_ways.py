"""Two of the four ways of Bắc Ninh Điều 15: the seal over a scan, and people among themselves."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import clock
from models import Person, Position
from operations.transactions import transaction
from rules.office_documents import DocumentState, DocumentWay
from signing.pades.report import Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.cast import Cast
from tests.documents import Office, brought, office, position_of
from tests.signing.pki import pki, usual_trust
from tests.signing_desk import Login
from tests.views.requests import words
from views import office_document_acts


@pytest.fixture
def at_work(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Office:
    """Commune A with everything ready to sign, under an authority that the server trusts."""
    usual_trust(instance / "trust", practice=True)
    return office(app, db_session, cast, login)


def test_a_scan_of_a_signed_paper_gets_the_agencys_signature_alone_and_is_issued(
    at_work: Office, instance: Path
) -> None:
    cast = at_work.cast
    number = brought(at_work.login(cast.chi), cast, DocumentWay.SEAL_OF_SCAN)
    at_work.submits(number)
    assert [step.person_id for step in at_work.document(number).steps] == [None]
    for page in ("/van-ban", f"/van-ban/{number}"):  # Nobody has signed it yet.
        assert "Chờ ký số của cơ quan" in words(at_work.login(cast.chi).get(page))
    assert "văn thư ghi" not in words(at_work.login(cast.chi).get(f"/van-ban/{number}/ky-so"))
    at_work.signs(cast.chi, number, pki().agency)
    assert at_work.document(number).state is DocumentState.ISSUED
    assert signers(at_work, number, instance) == 1


def test_people_sign_among_themselves_and_nothing_is_issued(
    at_work: Office, instance: Path
) -> None:
    cast = at_work.cast
    number = brought(at_work.login(cast.chi), cast, DocumentWay.MANY_INSIDE)
    people = (cast.person_em, cast.person_giang)
    rows = [
        (position_of(at_work.session, who), act)
        for who, act in zip(people, ("COMMENT", "APPROVE"), strict=True)
    ]
    at_work.people(number, *rows)
    at_work.submits(number)
    at_work.signs(cast.em, number, pki().staff)
    at_work.signs(cast.giang, number, pki().leader)
    row = at_work.document(number)
    assert row.issued_at is None
    assert row.state is DocumentState.SIGNED
    assert signers(at_work, number, instance) == 2


def test_two_people_of_the_same_name_and_title_are_told_apart_where_one_is_chosen(
    at_work: Office,
) -> None:
    cast, session = at_work.cast, at_work.session
    of_em = session.get_one(Position, position_of(session, cast.person_em))
    with transaction(session):
        namesake = Person(
            agency_id=of_em.agency_id,
            staff_number="TN-0099",
            full_name=of_em.person.full_name,
            name_fold=of_em.person.name_fold,
            sort_key=of_em.person.sort_key,
        )
        session.add(
            Position(
                person=namesake,
                agency_id=of_em.agency_id,
                title=of_em.title,
                from_on=of_em.from_on,
            )
        )
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.MANY_INSIDE)
    for page in (f"/van-ban/{number}/nguoi-ky", "/hinh-chu-ky"):
        assert "TN-0099" in words(chi.get(page))


def test_too_many_to_choose_from_begin_with_those_of_the_agency_itself(
    at_work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, session = at_work.cast, at_work.session
    own, of_unit = (
        session.scalars(select(Position).where(Position.agency_id == number)).first()
        for number in (cast.commune_a, cast.office_a)
    )
    assert own is not None
    assert of_unit is not None
    chi = at_work.login(cast.chi)
    page = f"/van-ban/{brought(chi, cast, DocumentWay.MANY_INSIDE)}/nguoi-ky"
    assert of_unit.person.full_name in words(chi.get(page)).partition("không chọn")[2]
    monkeypatch.setattr(office_document_acts, "MOST_POSITIONS", 1)
    shown = words(chi.get(page)).partition("không chọn")[2]
    assert of_unit.person.full_name not in shown
    assert own.person.full_name in shown


def signers(at_work: Office, number: int, instance: Path) -> int:
    """How many signatures the file has, all of them good."""
    trust = TrustStore.load(instance / "trust")
    report = verify(at_work.file(number), trust=trust, at=clock.now())
    assert report.verdict == Verdict.PRACTICE, report.reasons
    return len(report.signatures)
