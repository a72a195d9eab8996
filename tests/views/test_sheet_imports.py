"""Excel into the register: columns, preview, one commit, undo; and the lists that go out."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.orm import Session

from extensions import db
from models import AuditEvent, Device, Person
from operations import search
from operations.personal import CitizenIds
from rules.devices import DeviceState
from schema.changes import StaffChange
from schema.custody import CustodyMove
from schema.daily import SheetImport, SheetImportRow
from sheets.tables_in import read_table
from sheets.tables_out import OutColumn, write_table
from tests import factories
from tests.cast import NOW, Cast
from tests.sheets.messy import FOLDER, READ, Expected
from views.guards import settings

Login = Callable[[int], FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]
ADDRESS = "/bang-tinh/nhap"
NOT_COMPARED = {"audit_event", "audit_head", "sheet_import", "sheet_import_row", "stored_file",
                "login_session", "sqlite_sequence"}  # fmt: skip


def workbook(headings: list[str], *rows: list[Any]) -> bytes:
    """A small .xlsx with these headings and rows."""
    stream = BytesIO()
    write_table(stream, [OutColumn(one, text=True) for one in headings], rows)
    return stream.getvalue()


def upload(browser: FlaskClient, agency: int, content: bytes, name: str, kind: str = "") -> int:
    """Bring a file; returns the number of the import."""
    answer = browser.post(
        ADDRESS, data={"agency_id": agency, "kind": kind, "file": (BytesIO(content), name)}
    )
    assert answer.status_code == 303, answer.text
    return int(re.findall(r"/nhap/(\d+)/cot", answer.location)[0])


def columns_of(browser: FlaskClient, number: int) -> dict[str, str]:
    """The form of the columns as the page offers it."""
    page = browser.get(f"{ADDRESS}/{number}/cot").text
    return {
        name: (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
        for name, options in re.findall(
            r'<select class="input" name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL
        )
    }


def bring(
    browser: FlaskClient, agency: int, content: bytes, name: str = "tep.xlsx", kind: str = ""
) -> int:
    """Upload and check with the columns as guessed."""
    number = upload(browser, agency, content, name, kind)
    answer = browser.post(f"{ADDRESS}/{number}/cot", data=columns_of(browser, number))
    assert answer.status_code == 303, answer.text
    return number


def rows_of(session: Session, number: int) -> dict[int, SheetImportRow]:
    session.rollback()
    found = session.scalars(select(SheetImportRow).where(SheetImportRow.import_id == number))
    return {one.number: one for one in found}


def verdicts(session: Session, number: int) -> dict[int, str]:
    return {key: one.verdict for key, one in rows_of(session, number).items()}


def version_of(session: Session, number: int) -> int:
    session.rollback()
    return session.get_one(SheetImport, number).version


def write(browser: FlaskClient, session: Session, number: int) -> str:
    """Commit and return the page that follows."""
    data = {"version": version_of(session, number)}
    return browser.post(f"{ADDRESS}/{number}/ghi", data=data, follow_redirects=True).text


def decide(browser: FlaskClient, session: Session, number: int, **chosen: Any) -> None:
    data = {"version": version_of(session, number)} | {
        key.replace("_", "-"): value for key, value in chosen.items()
    }
    assert browser.post(f"{ADDRESS}/{number}/chon", data=data).status_code == 303


def em_of(session: Session, cast: Cast, **known: Any) -> Person:
    """Em as the program itself would have entered him: with search terms, and what is known."""
    em = session.get_one(Person, cast.person_em)
    for key, value in known.items():
        setattr(em, key, value)
    session.flush()
    search.reindex(session, search.PERSON, em.id, search.terms_of_person(em))
    session.commit()
    return em


def dump(engine: Engine) -> dict[str, list[Any]]:
    """Every table but the log, the files and the imports themselves, row by row."""
    db.session.rollback()
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"'))))  # noqa: S608
            for name in inspect(engine).get_table_names()
            if name not in NOT_COMPARED
        }


PEOPLE = ["Họ và tên", "Ngày sinh", "Số định danh cá nhân", "Thư điện tử công vụ", "Điện thoại",
          "Chức vụ", "Đơn vị công tác", "Mã số cán bộ"]  # fmt: skip


def person(name: str, email: str = "", **more: str) -> list[str]:
    keys = ("born", "citizen", "email", "phone", "title", "unit", "staff")
    values = {"email": email} | more
    return [name, *(values.get(key, "") for key in keys)]


NEW = person("Nguyễn Thử Nghiệm Ánh", "anh@thunghiem.gov.vn", born="05/03/1985",
             citizen="000185000001", phone="0912345678", title="Chuyên viên",
             unit="Văn phòng xã Thử A", staff="TN-1")  # fmt: skip


# The ten messy files -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "expected"), READ.items(), ids=READ)
def test_a_messy_file_is_previewed_with_the_findings_of_the_reader_and_taken_back_whole(
    login: Login, cast: Cast, db_session: Session, name: str, expected: Expected
) -> None:
    browser = login(cast.an)
    before = dump(db.engine)
    number = bring(browser, cast.commune_a, (FOLDER / name).read_bytes(), name)
    row = db_session.get_one(SheetImport, number)
    assert (row.kind, row.state) == (expected.kind.value, "previewed")
    found = rows_of(db_session, number)
    said = {
        key: tuple(f"{'!' * one['blocks']}{one['field']}" for one in each.problems
                   if not one.get("late"))
        for key, each in found.items()
    }  # fmt: skip
    assert {key: fields for key, fields in said.items() if fields} == {
        key: fields for key, fields in expected.problems.items() if fields
    }
    assert set(expected.problems) <= set(found)
    for key, fields in expected.problems.items():
        if any(one.startswith("!") for one in fields):
            assert found[key].verdict == "problem"
    page = browser.get(f"{ADDRESS}/{number}").text
    assert "Xem trước" in page
    assert "99887766" not in page
    units = list(row.counts["units"])
    if units:
        chosen = [str(cast.office_a)] * len(units)
        decide(browser, db_session, number, ten_don_vi=units, don_vi_chon=chosen)
        assert not db_session.get_one(SheetImport, number).counts["units"]
    assert dump(db.engine) == before
    if "new" in verdicts(db_session, number).values():
        assert "Đã ghi vào sổ" in write(browser, db_session, number)
        assert dump(db.engine) != before
        browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


# People --------------------------------------------------------------------------------------------


def test_people_are_written_once_with_sealed_numbers_and_found_by_search(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    number = bring(browser, cast.commune_a, workbook(PEOPLE, NEW))
    assert (
        db_session.scalar(select(func.count(Person.id)).where(Person.staff_number == "TN-1")) == 0
    )
    page = browser.get(f"{ADDRESS}/{number}").text
    assert "000185000001" not in page
    assert "•••001" in page
    assert "1 dòng mới" in write(browser, db_session, number)
    again = browser.post(f"{ADDRESS}/{number}/ghi", data={"version": 1}, follow_redirects=True).text
    assert "không ghi lần nữa" in again
    one = db_session.scalars(select(Person).where(Person.staff_number == "TN-1")).one()
    assert (one.agency_id, one.email, one.positions[0].title) == (
        cast.office_a, "anh@thunghiem.gov.vn", "Chuyên viên",
    )  # fmt: skip
    ids = CitizenIds(settings().citizen_key)
    assert ids.open(one.citizen_id_cipher or b"", one.id) == "000185000001"
    assert one.citizen_id_hash == ids.lookup("000185000001")
    assert "Nguyễn Thử Nghiệm Ánh" in browser.get("/ca-nhan?q=nghiem+anh").text
    events = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(2)).all()
    assert [one.event for one in events] == ["sheet.committed", "sheet.uploaded"]
    assert "185000001" not in "".join(one.body for one in events)


def test_no_citizen_id_of_a_file_lies_open_in_the_database(
    login: Login, cast: Cast, db_session: Session
) -> None:
    number = bring(login(cast.an), cast.commune_a, workbook(PEOPLE, NEW))
    for name in ("sheet_import", "sheet_import_row", "stored_file"):
        kept = db_session.execute(text(f"SELECT * FROM {name}")).all()  # noqa: S608
        assert kept
        assert "000185000001" not in repr(kept)
    assert rows_of(db_session, number)


def test_gaps_are_filled_and_other_values_change_only_where_chosen(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    email = em_of(db_session, cast, phone="0900000000").email or ""
    before = dump(db.engine)
    rows = workbook(PEOPLE, person("Phạm Văn Em", email, phone="0912345678", born="01/02/1990"))
    number = bring(browser, cast.commune_a, rows)
    row = rows_of(db_session, number)[2]
    assert row.verdict == "changed"
    assert row.differences == {
        "phone": ["0900000000", "0912345678"],
        "birth_on": ["", "01/02/1990"],
    }
    write(browser, db_session, number)
    em = db_session.get_one(Person, cast.person_em)
    assert (em.phone, str(em.birth_on)) == ("0900000000", "1990-02-01")
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before
    number = bring(browser, cast.commune_a, rows)
    decide(browser, db_session, number, co_ghi_de="1", ghi_de="phone", dong="2", **{
        "co-lay-2": "birth_on", "lay-2": "birth_on"})  # fmt: skip
    write(browser, db_session, number)
    assert db_session.get_one(Person, cast.person_em).phone == "0912345678"
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


def test_a_new_address_and_title_join_the_history_and_leave_it_again(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    em_of(db_session, cast, staff_number="EM-1")
    before = dump(db.engine)
    rows = workbook(PEOPLE, person("Phạm Văn Em", "em.moi@thunghiem.gov.vn", staff="EM-1",
                                   title="Phó phòng", citizen="000190000009"))  # fmt: skip
    number = bring(browser, cast.commune_a, rows)
    decide(browser, db_session, number, co_ghi_de="1", ghi_de=["email", "title"])
    write(browser, db_session, number)
    em = db_session.get_one(Person, cast.person_em)
    assert em.email == "em.moi@thunghiem.gov.vn"
    assert [one.title for one in em.positions] == ["Công chức", "Phó phòng"]
    assert em.citizen_id_hash
    assert "Phạm Văn Em" in browser.get("/ca-nhan?q=em.moi").text
    browser.post(f"{ADDRESS}/{number}/hoan-tac")
    assert dump(db.engine) == before


def test_namesakes_are_asked_for_and_the_answer_is_obeyed(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    number = bring(
        browser, cast.commune_a, workbook(PEOPLE, person("phạm văn em", phone="0912345678"))
    )
    assert verdicts(db_session, number) == {2: "ambiguous"}
    assert "người mới, chưa có trong sổ" in browser.get(f"{ADDRESS}/{number}").text
    decide(browser, db_session, number, dong="2", nguoi_2=str(cast.person_em))
    row = rows_of(db_session, number)[2]
    assert (row.verdict, row.object_id) == ("changed", cast.person_em)
    decide(browser, db_session, number, dong="2", nguoi_2="new")
    assert verdicts(db_session, number) == {2: "new"}
    decide(browser, db_session, number, dong="2", bo_2="on")
    assert verdicts(db_session, number) == {2: "skipped"}
    assert "Không có dòng nào để ghi" in write(browser, db_session, number)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (person("Nguyễn Lạ", unit="Phòng Không Có"), "Phòng Không Có"),
        (person("Trần Thị Bình", "tran.thi.binh@thunghiem.example"), "ngoài phạm vi nhập"),
        (person("Phạm Văn Em", "le.thi.chi@thunghiem.example", staff="EM-1"), "những người khác"),
    ],
)
def test_what_cannot_go_in_is_named_and_given_back_as_a_file(
    login: Login, cast: Cast, db_session: Session, row: list[str], word: str
) -> None:
    browser = login(cast.an)
    em_of(db_session, cast, staff_number="EM-1")
    number = bring(browser, cast.commune_a, workbook(PEOPLE, row, NEW))
    assert verdicts(db_session, number) == {2: "problem", 3: "new"}
    assert word in browser.get(f"{ADDRESS}/{number}?ket-qua=problem").text
    table = read_table(browser.get(f"{ADDRESS}/{number}/dong-loi").data, "loi.xlsx")
    assert table.headings[-1] == "Lý do"
    assert [one.cells[1] for one in table.rows] == [row[0]]
    assert word in str(table.rows[0].cells[-1])


def test_a_book_that_changed_after_the_preview_is_not_overwritten(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    first = bring(browser, cast.commune_a, workbook(PEOPLE, NEW))
    second = bring(browser, cast.commune_a, workbook(PEOPLE, NEW))
    write(browser, db_session, first)
    assert "Sổ đã thay đổi sau khi kiểm tra" in write(browser, db_session, second)
    browser.post(f"{ADDRESS}/{second}/kiem-tra")
    assert verdicts(db_session, second) == {2: "same"}


def test_an_import_that_others_rest_on_is_not_undone(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    number = bring(browser, cast.commune_a, workbook(PEOPLE, NEW))
    write(browser, db_session, number)
    one = db_session.scalars(select(Person).where(Person.staff_number == "TN-1")).one()
    factories.device(db_session, cast.office_a, "TB-7", one)
    db_session.commit()
    kept = dump(db.engine)
    answer = browser.post(f"{ADDRESS}/{number}/hoan-tac", follow_redirects=True).text
    assert "Không hoàn tác được: 1 dòng đã được dùng ở nơi khác (thiết bị)" in answer
    one.version += 1
    db_session.commit()
    answer = browser.post(f"{ADDRESS}/{number}/hoan-tac", follow_redirects=True).text
    assert "đã được sửa sau khi nhập (dòng 2 của tệp)" in answer
    assert dump(db.engine)["device"] == kept["device"]


# Devices, handovers, certificates, staff changes ----------------------------------------------------

DEVICES = ["Mã quản lý", "Số hiệu in trên thiết bị", "Người giữ", "Email", "Tình trạng",
           "Ngày bàn giao", "Số biên bản bàn giao", "Loại thiết bị"]  # fmt: skip


def test_devices_in_use_enter_as_the_opening_balance_and_handed_over_ones_by_two_moves(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
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
    moves = db_session.scalars(select(CustodyMove.act).order_by(CustodyMove.id)).all()
    assert sorted(moves) == ["hand_over", "opening_balance", "receive", "receive"]
    assert "5410000000000001" in browser.get("/thiet-bi?q=pham+van+em").text
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
    number = bring(browser, cast.commune_a, workbook(
        DEVICES, ["TB-1", "5410000000000001", "Lê Thị Chi", "", "", "05/01/2026", "", ""]))  # fmt: skip
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


# The way there -------------------------------------------------------------------------------------


def test_columns_are_open_to_correction_and_remembered_for_the_next_file(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    content = workbook(
        ["Họ và tên", "Cột lạ", "Mã PIN"], ["Nguyễn Thử Nghiệm Ánh", "0912345678", "1"]
    )
    number = upload(browser, cast.commune_a, content, "a.xlsx")
    page = browser.get(f"{ADDRESS}/{number}/cot").text
    assert "không đọc (mã PIN, mật khẩu)" in page
    form = columns_of(browser, number)
    assert "cot-2" not in form
    answer = browser.post(f"{ADDRESS}/{number}/cot", data=form | {"cot-0": ""})
    assert "Chưa có cột nào là “Họ và tên”." in answer.text
    browser.post(f"{ADDRESS}/{number}/cot", data=form | {"cot-1": "phone"})
    assert rows_of(db_session, number)[2].said["phone"] == "0912345678"
    second = upload(browser, cast.commune_a, content, "b.xlsx")
    assert columns_of(browser, second)["cot-1"] == "phone"


def test_large_files_are_checked_beside_the_request_and_can_be_given_up(
    login: Login, cast: Cast, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from operations import sheet_imports as imports
    from views import sheet_jobs

    browser = login(cast.an)
    monkeypatch.setattr(sheet_jobs, "AT_ONCE", 0)
    started: list[Any] = []
    monkeypatch.setattr(sheet_jobs.Thread, "start", lambda self: started.append(self))
    number = bring(browser, cast.commune_a, workbook(PEOPLE, NEW))
    page = browser.get(f"{ADDRESS}/{number}").text
    assert "<progress" in page
    assert 'http-equiv="refresh"' in page
    version = version_of(db_session, number)
    imports.note_progress(db_session, number, version, 1)
    browser.post(f"{ADDRESS}/{number}/bo")
    with pytest.raises(imports.Stopped):
        imports.note_progress(db_session, number, version, 2)
    db_session.rollback()
    started[0].run()
    assert not rows_of(db_session, number)
    assert db_session.get_one(SheetImport, number).state == "cancelled"
    assert "Đã bỏ" in browser.get(f"{ADDRESS}/{number}").text


def test_a_broken_file_is_refused_in_words_and_leaves_nothing(
    login: Login, cast: Cast, db_session: Session
) -> None:
    content = (FOLDER / "11-dat-mat-khau.xlsx").read_bytes()
    answer = login(cast.an).post(
        ADDRESS,
        data={"agency_id": cast.commune_a, "kind": "", "file": (BytesIO(content), "a.xlsx")},
    )
    assert "mật khẩu" in answer.text
    assert not db_session.scalars(select(SheetImport)).all()


def test_strangers_to_the_agency_find_no_import_of_it(
    login: Login, cast: Cast, db_session: Session
) -> None:
    number = bring(login(cast.an), cast.commune_a, workbook(PEOPLE, NEW))
    assert login(cast.binh).get(f"{ADDRESS}/{number}").status_code == 404
    assert login(cast.binh).post(f"{ADDRESS}/{number}/ghi").status_code == 404
    assert login(cast.huong).get(f"{ADDRESS}/{number}").status_code == 403
    other = login(cast.binh).post(
        ADDRESS, data={"agency_id": cast.commune_a, "kind": "",
                       "file": (BytesIO(workbook(PEOPLE, NEW)), "a.xlsx")},
    )  # fmt: skip
    assert other.status_code in (200, 404)
    assert db_session.scalar(select(func.count(SheetImport.id))) == 1


def test_the_preview_and_the_start_page_ask_as_often_for_many_rows_as_for_few(
    login: Login, cast: Cast, db_session: Session, count_statements: Counting
) -> None:
    browser = login(cast.an)
    asked = []
    for many in (1, 120):
        rows = [person(f"Nguyễn Thử {'Nghiệm ' * (one % 5)}Ánh {chr(97 + one % 26)}",
                       f"a{one}@thunghiem.gov.vn") for one in range(many)]  # fmt: skip
        number = bring(browser, cast.commune_a, workbook(PEOPLE, *rows))
        with count_statements() as statements:
            assert browser.get(f"{ADDRESS}/{number}").status_code == 200
            assert browser.get("/bang-tinh").status_code == 200
        asked.append(len(statements))
    assert asked[0] == asked[1]
    assert asked[0] <= 20
    second = browser.get(f"{ADDRESS}/{number}?sau=51&ket-qua=new").text
    assert "a50@thunghiem.gov.vn" in second
    assert "a49@thunghiem.gov.vn" not in second


# Out -------------------------------------------------------------------------------------------------


def exported(browser: FlaskClient, address: str) -> list[tuple[Any, ...]]:
    answer = browser.get(f"/bang-tinh/xuat/{address}")
    assert answer.status_code == 200, answer.text
    table = read_table(answer.data, "x.xlsx")
    return [table.headings, *(row.cells for row in table.rows)]


def test_every_list_goes_out_whole_within_the_scope_and_into_the_log(
    login: Login, cast: Cast, db_session: Session
) -> None:
    em = db_session.get_one(Person, cast.person_em)
    em.full_name, binh = "=1+1", db_session.get_one(Person, cast.person_binh)
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
    people = exported(browser, "ca-nhan?q=thi+chi")
    assert [row[1] for row in people[1:]] == ["Lê Thị Chi"]
    assert not any("định danh" in str(heading) for heading in people[0])
    assert 'href="/bang-tinh/xuat/thiet-bi?q=em"' in browser.get("/thiet-bi?q=em").text
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()
    assert (event.event, event.body) == ("sheet.exported", '{"kind":"people","rows":1}')


@pytest.mark.parametrize("address", ["yeu-cau", "giao-nhan", "su-co", "thiet-bi", "chung-thu"])
def test_a_list_without_rows_goes_out_as_a_heading(login: Login, cast: Cast, address: str) -> None:
    assert login(cast.huong).get(f"/bang-tinh/xuat/{address}").data.startswith(b"PK")
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
    answer = browser.post(door, data={"don-vi": cast.commune_a})
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
