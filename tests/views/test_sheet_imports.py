"""Excel into the register: the messy files, people, columns, progress, undo."""

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from extensions import db
from models import Agency, AuditEvent, Person
from operations.personal import CitizenIds
from operations.sheet_rows import Row
from schema.custody import FollowUp
from schema.daily import SheetImport
from sheets.tables_in import read_table
from tests import factories
from tests.cast import Cast
from tests.sheets.messy import FOLDER, READ, Expected
from tests.views.sheets import (
    ADDRESS,
    NEW,
    PEOPLE,
    Counting,
    Login,
    bring,
    columns_of,
    decide,
    dump,
    em_of,
    person,
    rows_of,
    upload,
    verdicts,
    version_of,
    workbook,
    write,
)
from views.guards import settings


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


def test_what_was_ticked_just_before_the_commit_is_kept_and_shown_first(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    number = bring(browser, cast.commune_a, workbook(PEOPLE, NEW, person("Nguyễn Lạ")))
    page = {"version": version_of(db_session, number), "dong": ["2", "3"], "bo-3": "on"}
    address = f"{ADDRESS}/{number}/ghi"
    first = browser.post(address, data=page, follow_redirects=True).text
    assert "Xem lại rồi bấm" in first
    assert verdicts(db_session, number) == {2: "new", 3: "skipped"}
    page["version"] = version_of(db_session, number)
    assert "1 dòng mới" in browser.post(address, data=page, follow_redirects=True).text


def test_a_row_under_a_group_says_where_it_goes(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    office = db_session.get_one(Agency, cast.office_a).name
    lines = [
        [f"I. {office}", "", ""],
        ["1", "Lê Thử Nhóm", "A"],
        ["II. Các ban khác", "", ""],
        ["2", "Lê Thử Ban", "B"],
    ]
    number = bring(browser, cast.commune_a, workbook(["STT", "Họ và tên", "Chức vụ"], *lines))
    known, unknown = rows_of(db_session, number).values()
    assert known.said["agency_id"] == cast.office_a
    assert not known.problems
    assert unknown.said["agency_id"] == cast.commune_a
    assert ["Các ban khác" in one["text"] for one in unknown.problems] == [True]
    assert "Nhóm trong tệp" in browser.get(f"{ADDRESS}/{number}").text


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
    db_session.add(
        FollowUp(noun="person", object_id=one.id, agency_id=cast.office_a, code="x", sentence="x")
    )
    db_session.commit()
    kept = dump(db.engine)
    answer = browser.post(f"{ADDRESS}/{number}/hoan-tac", follow_redirects=True).text
    assert "1 dòng đã được dùng ở nơi khác (thiết bị, việc phải làm tiếp)" in answer
    one.version += 1
    db_session.commit()
    answer = browser.post(f"{ADDRESS}/{number}/hoan-tac", follow_redirects=True).text
    assert "đã được sửa sau khi nhập (dòng 2 của tệp)" in answer
    assert dump(db.engine)["device"] == kept["device"]


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
    from operations import sheet_store
    from views import sheet_jobs

    browser = login(cast.an)
    monkeypatch.setattr(sheet_jobs, "AT_ONCE", 0)
    started: list[Any] = []
    monkeypatch.setattr(sheet_jobs.Thread, "start", lambda self: started.append(self))
    second = person("Nguyễn Thử Nghiệm Bích", "bich@thunghiem.gov.vn")
    number = bring(browser, cast.commune_a, workbook(PEOPLE, NEW, second))
    page = browser.get(f"{ADDRESS}/{number}").text
    assert "<progress" in page
    assert 'http-equiv="refresh"' in page
    put = sheet_store.put_rows

    def given_up_after_the_first_piece(session: Session, import_id: int, rows: list[Row]) -> None:
        put(session, import_id, rows)
        session.get_one(SheetImport, import_id).version += 1

    monkeypatch.setattr(sheet_store, "PIECE", 1)
    monkeypatch.setattr(sheet_store, "put_rows", given_up_after_the_first_piece)
    started[0].run()
    assert len(rows_of(db_session, number)) == 1
    browser.post(f"{ADDRESS}/{number}/bo")
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
