"""Lists out of the register as Excel, and the templates to fill in."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, Person
from sheets.tables_in import read_table
from tests import factories
from tests.cast import NOW, Cast
from tests.views.sheets import NEW, PEOPLE, Login, bring, em_of, workbook, write


def exported(browser: FlaskClient, address: str) -> list[tuple[Any, ...]]:
    answer = browser.get(f"/bang-tinh/xuat/{address}", buffered=True)
    assert answer.status_code == 200, answer.text
    table = read_table(answer.data, "x.xlsx")
    return [table.headings, *(row.cells for row in table.rows)]


def test_every_list_goes_out_whole_within_the_scope_and_into_the_log(
    login: Login, cast: Cast, db_session: Session
) -> None:
    em = em_of(db_session, cast, full_name="=1+1")
    binh = db_session.get_one(Person, cast.person_binh)
    factories.device(db_session, cast.office_a, "TB-1", em, serial="0541000000000000001")
    factories.device(db_session, cast.commune_b, "TB-2", binh)
    factories.certificate(db_session, em, serial="00E5")
    db_session.commit()
    browser = login(cast.an)
    devices = exported(browser, "thiet-bi")
    assert [row[1] for row in devices[1:]] == ["TB-1"]
    assert "0541000000000000001" in devices[1]
    assert "=1+1" in devices[1]
    assert [row[1] for row in exported(browser, "chung-thu")[1:]] == ["=1+1"]
    people = exported(browser, "ca-nhan?q=pham")
    assert [row[1] for row in people[1:]] == ["=1+1"]
    assert not any("định danh" in str(heading) for heading in people[0])
    assert 'href="/bang-tinh/xuat/thiet-bi?q=em"' in browser.get("/thiet-bi?q=em").text
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()
    assert (event.event, event.body) == ("sheet.exported", '{"kind":"people","rows":1}')


@pytest.mark.parametrize("address", ["yeu-cau", "giao-nhan", "su-co", "thiet-bi", "chung-thu"])
def test_a_list_without_rows_goes_out_as_a_heading(login: Login, cast: Cast, address: str) -> None:
    answer = login(cast.huong).get(f"/bang-tinh/xuat/{address}", buffered=True)
    assert answer.data.startswith(b"PK")
    assert login(cast.em).get(f"/bang-tinh/xuat/{address}").status_code == 403


def test_citizen_ids_go_out_only_by_their_own_door_with_the_password_just_given(
    login: Login, cast: Cast, db_session: Session, instance: object
) -> None:
    from datetime import timedelta

    from models import LoginSession

    browser = login(cast.an)
    number = bring(browser, cast.commune_a, workbook(PEOPLE, NEW))
    write(browser, db_session, number)
    door = "/bang-tinh/xuat/ca-nhan-kem-so-dinh-danh"
    answer = browser.post(door, data={"don-vi": cast.commune_a}, buffered=True)
    table = read_table(answer.data, "x.xlsx")
    assert any("000185000001" in row.cells for row in table.rows)
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()
    assert "people_with_citizen_ids" in event.body
    assert browser.post(door, data={"don-vi": cast.commune_b}).status_code == 404
    assert login(cast.huong).post(door, data={"don-vi": cast.commune_a}).status_code == 404
    for row in db_session.scalars(select(LoginSession)):
        row.reauthenticated_at = NOW - timedelta(days=1)
    db_session.commit()
    late = browser.post(door, data={"don-vi": cast.commune_a})
    assert late.status_code == 302


@pytest.mark.parametrize("kind", ["can-bo", "thiet-bi", "ban-giao", "chung-thu", "bien-dong"])
def test_a_template_comes_back_as_the_kind_it_was_made_for(
    login: Login, cast: Cast, kind: str
) -> None:
    answer = login(cast.an).get(f"/bang-tinh/mau/{kind}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
