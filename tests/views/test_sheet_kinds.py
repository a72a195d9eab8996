"""Excel into the register: devices, handovers, certificates and staff changes."""

import secrets
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from config import Config
from extensions import db
from models import Device, LoginSession, Person
from rules.devices import DeviceState
from schema.changes import StaffChange
from schema.custody import CustodyMove, FollowUp
from tests import cast as the_cast
from tests import factories
from tests.cast import NOW, Cast
from tests.views.sheets import (
    ADDRESS,
    NEW,
    PEOPLE,
    Login,
    bring,
    dump,
    person,
    rows_of,
    verdicts,
    workbook,
    write,
)
from views.guards import key_hash

DEVICES = ["Mã quản lý", "Số hiệu in trên thiết bị", "Người giữ", "Email", "Tình trạng",
           "Ngày bàn giao", "Số biên bản bàn giao", "Loại thiết bị"]  # fmt: skip


def test_devices_in_use_enter_as_the_opening_balance_and_handed_over_ones_by_two_moves(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    seen = {"code": "stocktake.enter_in_register", "code_seen": "5410 0000 0000 0003"}
    told = {"noun": "stocktake", "object_id": 1, "agency_id": cast.commune_a, "sentence": "Có"}
    db_session.add(FollowUp(**told, **seen))
    db_session.commit()
    before = dump(db.engine)
    number = bring(browser, cast.commune_a, workbook(
        DEVICES,
        ["", "5410000000000001", "Phạm Văn Em", "", "", "05/01/2026", "", ""],
        ["TB-9", "5410000000000002", "", "le.thi.chi@thunghiem.example", "Đã bàn giao",
         "06/01/2026", "02/BB", ""],
        ["", "5410000000000003", "", "", "Trong kho", "", "", ""],
        ["", "5410000000000004", "Người Lạ Mặt", "", "", "", "", ""],
        ["", "5410000000000005", "", "", "Trong kho", "", "", "SIM PKI"],
    ))  # fmt: skip
    assert verdicts(db_session, number) == {
        2: "new", 3: "new", 4: "new", 5: "problem", 6: "problem",
    }  # fmt: skip
    write(browser, db_session, number)
    found = db_session.scalars(select(Device).order_by(Device.printed_serial)).all()
    assert [one.state for one in found] == [
        DeviceState.IN_USE, DeviceState.HANDED_OVER, DeviceState.IN_STOCK,
    ]  # fmt: skip
    assert [one.holder_id for one in found] == [cast.person_em, cast.person_chi, None]
    assert (found[1].internal_code, found[1].handover_minutes) == ("TB-9", "02/BB")
    asked = db_session.scalars(select(FollowUp)).one()
    assert (asked.device_id, asked.done_at is None) == (found[2].id, False)
    moves = db_session.scalars(select(CustodyMove.act).order_by(CustodyMove.id)).all()
    assert sorted(moves) == ["hand_over", "opening_balance", "receive", "receive"]
    assert "5410000000000001" in browser.get("/thiet-bi?q=pham+van+em").text
    for way in (f"/thiet-bi/{found[0].id}", f"/ca-nhan/{cast.person_em}"):
        told = browser.get(way).text
        assert ("Nhập dữ liệu từ bảng tính" in told) == way.startswith("/thiet-bi")
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


def test_a_known_device_takes_descriptions_but_no_other_holder(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    em = db_session.get_one(Person, cast.person_em)
    factories.device(db_session, cast.office_a, "TB-1", em, serial="5410000000000001")
    db_session.commit()
    before = dump(db.engine)
    said = ["TB-1", "5410000000000001", "Lê Thị Chi", "", "", "05/01/2026", "", ""]
    number = bring(browser, cast.commune_a, workbook(DEVICES, said))
    row = rows_of(db_session, number)[2]
    assert row.differences == {"printed_serial": ["", "5410000000000001"]}
    assert "Người giữ trong tệp khác với sổ" in row.problems[-1]["text"]
    write(browser, db_session, number)
    device = db_session.scalars(select(Device)).one()
    assert (device.printed_serial, device.holder_id) == ("5410000000000001", cast.person_em)
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


HANDOVERS = ["Mã thiết bị", "Ngày giao nhận", "Việc giao nhận", "Người nhận", "Số biên bản"]


def test_past_handovers_become_moves_and_complete_what_the_book_knows(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    em = db_session.get_one(Person, cast.person_em)
    stock = factories.device(db_session, cast.office_a, "TB-1", state=DeviceState.IN_STOCK)
    used = factories.device(db_session, cast.office_a, "TB-2", em)
    db_session.commit()
    before = dump(db.engine)
    number = bring(browser, cast.commune_a, workbook(
        HANDOVERS,
        ["TB-1", "05/03/2026", "Trả lại", "", "02/BB"],
        ["TB-1", "05/01/2026", "Bàn giao", "Lê Thị Chi", "01/BB"],
        ["TB-2", "07/01/2026", "", "Phạm Văn Em", "03/BB"],
        ["TB-1", "06/04/2026", "Nộp về Cục", "", ""],
        ["TB-8", "07/01/2026", "", "Phạm Văn Em", "03/BB"],
    ))  # fmt: skip
    assert verdicts(db_session, number) == {
        2: "new", 3: "new", 4: "changed", 5: "problem", 6: "problem",
    }  # fmt: skip
    write(browser, db_session, number)
    moves = db_session.scalars(select(CustodyMove).order_by(CustodyMove.id)).all()
    assert [(one.act, one.device_id, str(one.moved_on)) for one in moves] == [
        ("hand_over", stock.id, "2026-01-05"), ("take_back", stock.id, "2026-03-05"),
    ]  # fmt: skip
    assert db_session.get_one(Device, used.id).handover_minutes == "03/BB"
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


def test_a_device_entered_under_its_serial_as_code_is_found_by_the_serial(
    login: Login, cast: Cast, db_session: Session
) -> None:
    em = db_session.get_one(Person, cast.person_em)
    factories.device(db_session, cast.office_a, "540102004001", em)
    db_session.commit()
    browser, headings = login(cast.an), ["Số serial", *HANDOVERS[1:]]
    said = ["540102004001", "07/01/2026", "Bàn giao", "Phạm Văn Em", "03/BB"]
    number = bring(browser, cast.commune_a, workbook(headings, said))
    assert verdicts(db_session, number) == {2: "changed"}


def test_a_list_of_certificates_ties_known_ones_and_names_those_without_a_file(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    em = db_session.get_one(Person, cast.person_em)
    token = factories.device(db_session, cast.office_a, "TB-1", em, serial="5410000000000001")
    row = factories.certificate(db_session, em, serial="2A05F812673607B0")
    db_session.commit()
    before = dump(db.engine)
    heads = ["Số hiệu chứng thư", "Tên chứng thư", "Số hiệu thiết bị", "Ngày hết hạn"]
    ends = f"{row.expires_on:%d/%m/%Y}"
    number = bring(browser, cast.commune_a, workbook(
        heads,
        ["2A:05:F8:12:67:36:07:B0", "Phạm Văn Em", "5410000000000001", ends],
        ["2A05F812673607B1", "Lê Thị Chi", "", ends],
    ))  # fmt: skip
    assert verdicts(db_session, number) == {2: "changed", 3: "problem"}
    assert "nhập tệp chứng thư" in browser.get(f"{ADDRESS}/{number}").text
    write(browser, db_session, number)
    db_session.refresh(row)
    assert row.device_id == token.id
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


def test_staff_changes_are_recorded_with_their_import_and_taken_back(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    before = dump(db.engine)
    number = bring(browser, cast.commune_a, workbook(
        ["Họ và tên", "Biến động", "Từ ngày", "Quyết định"],
        ["Phạm Văn Em", "Nghỉ hưu", "01/01/2027", "12/QĐ-UBND"],
    ), kind="staff_changes")  # fmt: skip
    assert verdicts(db_session, number) == {2: "new"}
    write(browser, db_session, number)
    change = db_session.scalars(select(StaffChange)).one()
    assert (change.person_id, change.kind, change.sheet_import_id) == (
        cast.person_em, "retired", number,
    )  # fmt: skip
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


@pytest.mark.postgresql
def test_on_postgresql_lists_go_in_and_out_and_back_alike(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SO_TOKEN_NOW", NOW.isoformat())
    app = create_app(Config.load(tmp_path / "instance", testing=True, database_url=postgresql_url))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        upgrade()
        session: Session = db.session()
        cast = the_cast.enter(session)
        browser = logged_in(app, session, cast.an)
        before = dump(db.engine)
        people = bring(browser, cast.commune_a, workbook(PEOPLE, NEW, person("Phạm Văn Em")))
        assert verdicts(session, people) == {2: "new", 3: "ambiguous"}
        assert "Xem trước" in browser.get(f"{ADDRESS}/{people}?ket-qua=new").text
        assert "1 dòng mới" in write(browser, session, people)
        said = ["", "5410000000000001", "Nguyễn Thử Nghiệm Ánh", "", "", "05/01/2026", "", ""]
        tokens = bring(browser, cast.commune_a, workbook(DEVICES, said))
        assert "1 dòng mới" in write(browser, session, tokens)
        with browser.get("/bang-tinh/xuat/ca-nhan") as answer:
            assert answer.data.startswith(b"PK")
        assert browser.get("/bang-tinh").status_code == 200
        for number in (tokens, people):
            assert "Đã hoàn tác" in browser.post(
                f"{ADDRESS}/{number}/hoan-tac", follow_redirects=True
            ).text  # fmt: skip
        assert dump(db.engine) == before
        db.session.remove()
        db.engine.dispose()


def logged_in(app: Flask, session: Session, user_id: int) -> FlaskClient:
    """A browser of this user, without the password page."""
    key = secrets.token_hex(32)
    session.add(
        LoginSession(
            key_hash=key_hash(key), user_id=user_id, address="127.0.0.1", browser="pytest",
            created_at=NOW, seen_at=NOW, reauthenticated_at=NOW,
        )
    )  # fmt: skip
    session.commit()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = key
        cookie["_fresh"] = True
    return browser
