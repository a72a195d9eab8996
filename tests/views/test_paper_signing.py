"""Mẫu 07 signed digitally by both sides: the giver first, then the receiver with the very token."""

import io
import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Agency, Certificate, Device, Person
from operations import files
from operations.transactions import transaction
from rules.devices import DeviceState
from rules.papers import PaperFileRole, PaperState
from schema.custody import Paper
from tests import factories
from tests.cast import Cast
from tests.signing.pki import pki
from tests.signing_desk import Agent, opened, register
from views.verifier import sandbox

Login = Callable[[int], FlaskClient]


def press(browser: FlaskClient, paper_id: int, version: int) -> str:
    """Press "Chuyển sang Trình ký số" with what the page offers first; the watching page."""
    address = f"/bien-ban/{paper_id}/ky-so"
    page = browser.get(address).text
    data: dict[str, object] = {"version": version}
    for name in ("certificate_id", "agent_id"):
        found = re.search(rf'name="{name}"[^>]*value="(\d+)"', page)
        assert found is not None, page
        data[name] = found.group(1)
    return opened(browser.post(address, data=data))


def test_both_sides_sign_form_07_and_the_token_is_in_use(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    giver, receiver = pki().leader, pki().staff
    given = register(db_session, giver, cast.person_an)
    received = register(db_session, receiver, cast.person_em)
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).name = "UBND xã Đồi Mẫu"
        row = factories.device(db_session, cast.office_a, "TB-1", state=DeviceState.IN_STOCK)
        db_session.get_one(Certificate, received).device_id = row.id
        device_id = row.id
    an, em = login(cast.an), login(cast.em)
    page = f"/ban-giao/moi?viec=ban-giao&thiet-bi={device_id}"
    wanted = {
        "on": f"{factories.day(0):%d/%m/%Y}",
        "place": "Trụ sở",
        "agency_person_id": cast.person_an,
        "receivers": "thue-bao",
        "signing": "ky-so",
        "lap": "1",
    }
    made = an.post(page, data=wanted)
    paper_id = int(made.location.rsplit("/", 1)[1])
    assert "Chưa đến lượt" in em.get(f"/bien-ban/{paper_id}/ky-so", follow_redirects=True).text

    first = Agent(app).pairs(an)
    watching = press(an, paper_id, 1)
    receipt = first.signs(first.opens(an.get(watching).text), giver)
    assert receipt.return_path == f"/bien-ban/{paper_id}"
    assert "Ký số biên bản" in em.get(f"/bien-ban/{paper_id}").text
    db_session.rollback()
    assert db_session.get_one(Paper, paper_id).state is PaperState.ISSUED

    second = Agent(app, name="MAY-THU-02").pairs(em)
    version = db_session.get_one(Paper, paper_id).version
    second.signs(second.opens(em.get(press(em, paper_id, version)).text), receiver)
    db_session.rollback()
    paper = db_session.get_one(Paper, paper_id)
    assert paper.state is PaperState.PROVEN
    assert db_session.get_one(Device, device_id).state is DeviceState.IN_USE
    signed = [one for one in paper.files if one.role is PaperFileRole.SIGNED]
    assert [one.anchors["sides"] for one in signed] == [["giver"], ["giver", "receiver"]]
    pdf = files.read(db_session, signed[-1].sha256)
    assert sandbox().same_document(files.read(db_session, paper.sha256 or ""), pdf).findings == ()
    assert given != received
    assert "Ký số của các bên" in an.get(f"/bien-ban/{paper_id}").text


def test_a_copy_signed_elsewhere_must_be_the_frozen_paper_with_a_sides_signature(
    app: Flask, db_session: Session, cast: Cast, login: Login
) -> None:
    an = login(cast.an)
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        row = factories.device(db_session, cast.office_a, "TB-1", state=DeviceState.IN_STOCK)
        factories.certificate(db_session, em, token=row)
        number = row.id
    wanted = {
        "on": f"{factories.day(0):%d/%m/%Y}",
        "agency_person_id": cast.person_an,
        "receivers": "thue-bao",
        "signing": "giay",
        "lap": "1",
    }
    made = an.post(f"/ban-giao/moi?viec=ban-giao&thiet-bi={number}", data=wanted)
    unsigned = an.get(f"{made.location}/ban-hien-tai.pdf").data
    sent = {"file": (io.BytesIO(unsigned), "ban.pdf")}
    told = an.post(f"{made.location}/ky-o-noi-khac", data=sent).text
    assert "Tệp không có chữ ký số nào" in told
